"""Which conditions are learnt from and which are judged on: splits of doubles, of singles and of whole module pairs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from linear_signal.errors import InputError, listed
from linear_signal.files import disk_errors, write_whole
from linear_signal.seeds import generator
from linear_signal.studies.ahlmann2025.conditions import CONTROL, all_canonical, targets_of
from linear_signal.studies.ahlmann2025.pseudobulk import Pseudobulk

PARTS = ("train", "test", "val")


@dataclass(frozen=True, kw_only=True)
class PerturbationSplit:
    """Conditions dealt out, in the notation of :func:`~linear_signal.studies.ahlmann2025.conditions.canonical`.

    Attributes:
        train: learnt from, the control among them.
        test, val: held out. The paper scores both; the deep models stopped early by the second.
    """

    train: tuple[str, ...]
    test: tuple[str, ...]
    val: tuple[str, ...]

    @property
    def judged(self) -> tuple[str, ...]:
        """All that is held out."""
        return self.test + self.val

    def check(self, data: Pseudobulk) -> None:
        """Refuse a split that is not one of this data set.

        Raises:
            InputError: a condition that the data lack, or no control to learn from.
        """
        data.rows(self.train + self.judged)
        if data.control not in self.train:
            raise InputError(f"The split does not learn from the control {data.control!r}; add it to train.")


def split_of(*, train: Sequence[str], test: Sequence[str], val: Sequence[str], control: str = CONTROL) -> PerturbationSplit:
    """Make a split of conditions in any notation; the control is added to those learnt from, as the authors do.

    Raises:
        InputError: nothing to learn from or to judge on, or a condition in two parts.
    """
    parts = {
        name: all_canonical(names, control=control, what=name) for name, names in zip(PARTS, (train, test, val), strict=True)
    }
    if control not in parts["train"]:
        parts["train"].append(control)
    if len(parts["train"]) == 1 or not parts["test"] + parts["val"]:
        raise InputError(f"A split needs conditions to learn from and to judge on; got {_counts(parts)}.")
    all_canonical([one for names in parts.values() for one in names], control=control, what="The split")
    return PerturbationSplit(**{name: tuple(names) for name, names in parts.items()})


def split_doubles(data: Pseudobulk, *, seed: int = 1) -> PerturbationSplit:
    """Learn from all singles and half of the doubles; of the others one half is test, one val.

    Raises:
        InputError: fewer than four doubles.

    Source: Ahlmann-Eltze et al. 2025, Methods; the authors' ``prepare_perturbation_data.py``.
    """
    doubles = _shuffled(data, data.doubles, "doubles", seed, least=4)
    learnt, left = len(doubles) // 2, len(doubles) - len(doubles) // 2
    test = doubles[learnt : learnt + left // 2]
    return split_of(
        train=[data.control, *data.singles, *doubles[:learnt]],
        test=test,
        val=doubles[learnt + len(test) :],
        control=data.control,
    )


def split_singles(data: Pseudobulk, *, seed: int = 1, learnt: float = 0.75, train: float = 0.9) -> PerturbationSplit:
    """Hold single perturbations out that no other condition shows.

    Args:
        data: whose singles are dealt out; its doubles take no part.
        seed: which deal.
        learnt: share of the singles that is not test; of these ``train`` are learnt from and the others are val.
        train: see there.

    Raises:
        InputError: fewer than four singles.

    Source: the split ``simulation`` of GEARS for data of singles, with the shares of Ahlmann-Eltze et al. 2025.
    """
    singles = _shuffled(data, data.singles, "singles", seed, least=4)
    kept = min(round(learnt * len(singles)), len(singles) - 1)
    first = max(1, round(train * kept))
    return split_of(
        train=[data.control, *singles[:first]], test=singles[kept:], val=singles[first:kept], control=data.control
    )


def split_module_pairs(
    data: Pseudobulk, modules: Mapping[str, str | int], *, seed: int = 1, held_out: float = 0.5
) -> PerturbationSplit:
    """Hold out all doubles of whole pairs of modules; a random split of doubles shows every pair of modules in training.

    Args:
        data: whose doubles are dealt out.
        modules: perturbed gene -> module.
        seed: which pairs of modules.
        held_out: share of the doubles to hold out at least.

    Raises:
        InputError: a perturbed gene without a module, or fewer than two pairs of modules.
    """
    pair = {double: tuple(targets_of(double, control=data.control)) for double in data.doubles}
    without = sorted({target for targets in pair.values() for target in targets} - set(modules))
    if without:
        raise InputError(f"No module is given for {listed(without, most=3)}; name one for each gene of a double.")
    of = {double: tuple(sorted(str(modules[one]) for one in targets)) for double, targets in pair.items()}
    kinds = sorted(set(of.values()))
    if len(kinds) < 2:
        raise InputError(f"The doubles are of {len(kinds)} pair of modules; at least two are needed to hold one out.")
    test: list[str] = []
    for kind in (kinds[place] for place in generator("module pairs", data.name, seed).permutation(len(kinds))[:-1]):
        if len(test) >= held_out * len(of):
            break
        test += [double for double, its in of.items() if its == kind]
    train = [double for double in of if double not in set(test)]
    return split_of(train=[data.control, *data.singles, *train], test=test, val=[], control=data.control)


def write_split(split: PerturbationSplit, path: Path) -> None:
    """Write a split as the field does: JSON with the lists "train", "test" and "val".

    Raises:
        InputError: the disk is full or the place cannot be written.
    """
    with disk_errors("The split"):
        write_whole(Path(path), json.dumps({name: list(getattr(split, name)) for name in PARTS}, indent=1).encode())


def read_split(path: Path, *, control: str = CONTROL) -> PerturbationSplit:
    """Read a split as the field writes it: JSON with lists "train", "test" and, where there is one, "val".

    Raises:
        InputError: no such file, or something else than a split.
    """
    try:
        parts = json.loads(Path(path).read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path} cannot be read as JSON: {error}. It should hold lists of conditions: train, test, val."
        ) from error
    if not isinstance(parts, dict) or not {"train", "test"} <= set(parts) or set(parts) - set(PARTS):
        raise InputError(f"{path} should hold 'train', 'test' and 'val', lists of conditions; it holds {list(parts)[:5]}.")
    return split_of(train=parts["train"], test=parts["test"], val=parts.get("val", []), control=control)


def _shuffled(data: Pseudobulk, names: list[str], what: str, seed: int, *, least: int) -> list[str]:
    if len(names) < least:
        raise InputError(f"Data set {data.name!r} has {len(names)} {what}; this split needs at least {least}.")
    return [names[place] for place in generator(what, data.name, seed).permutation(len(names))]


def _counts(parts: Mapping[str, list[str]]) -> str:
    return ", ".join(f"{name} {len(names)}" for name, names in parts.items())

"""What chapter 25 says in words: on which rung the non-linear signal ends, and how much each rung takes away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from linear_signal.analysis.rules import BELOW_RESOLUTION, FAILS
from linear_signal.analysis.signal import Signal
from linear_signal.analysis.training_state import training_warnings
from linear_signal.analysis.verdict import rests_on, upper_first
from linear_signal.models.titles import model_phrase
from linear_signal.numbers import accuracy, chance, difference, interval
from linear_signal.studies.heil2023.kinds import MADE_EQUAL, Kind, best_on, kind_of_signal, steps_table
from linear_signal.studies.heil2023.shown import LEFT_OUT, NO_GENUINE, questions_on

# By whether the data of the page are synthetic.
CAVEATS = {
    True: "The miniature was made so that the answer is known: in some tissues whole groups of genes are switched up or "
    "down together, which leaves spreads, shapes and covariances, and little else.",
    False: "",
}
ASKED = "That is asked here."
NOTHING_TAKEN = "No model that sees anything was found above chance with equal means, so there is nothing to take away."


def kind_answers(questions: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Answer what kind of signal is left, for the mean of the pairs and for all tissues.

    Args:
        questions: fits by name of the question, the pairs first, of
            :func:`~linear_signal.studies.heil2023.shown.tissue_questions`.

    Returns:
        ``kind_pairs``, ``taken_pairs``, ``kind_all``, ``taken_all``: sentences.
    """
    said = {"kind_all": LEFT_OUT, "taken_all": LEFT_OUT}
    for place, (task, fits) in zip(("pairs", "all"), questions.items(), strict=False):
        said |= {f"kind_{place}": kind_sentence(fits, task), f"taken_{place}": taken_sentence(fits, task)}
    return said


def genuine_answers(tables: Mapping[str, pd.DataFrame]) -> str:
    """Answer the same for results tables measured on genuine data, by the title of the set; says so where there are none."""
    said = []
    for title, fits in tables.items():
        pairs = [task for task in dict.fromkeys(fits["task"]) if " vs " in task]
        questions = questions_on(fits, pairs)
        said.append(f"{title}. {' '.join(kind_sentence(table, task) for task, table in questions.items())}")
    return " ".join(said) or NO_GENUINE


def in_short(tables: Mapping[str, pd.DataFrame]) -> str:
    """Answer in one sentence by the first measured set that can, for the first lines of the page."""
    for title, fits in tables.items():
        pairs = [task for task in dict.fromkeys(fits["task"]) if " vs " in task]
        task, table = next(iter(questions_on(fits, pairs).items()))
        taken = _Taken.of(table, kind_of_signal(table, task))
        if taken is not None and taken.mostly:
            takes = next(_takes(step) for step in taken.steps if MADE_EQUAL[step["rung"]] == taken.mostly)
            return (
                f"On genuine data ({title}; {task.removeprefix('the ')} of tissues) mostly by {taken.mostly}: of "
                f"{_beyond(taken)}, {takes}."
            )
    return ASKED


def repeated(genes: Mapping[str, pd.DataFrame], pairs: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Say how what was picked in one half of the donors did in the other: ``genes_repeated`` and ``pairs_repeated``."""
    found = {"genes_repeated": _repeated(genes, "log2_ratio", "genes", "the ratio of spreads (log2)")}
    return found | {"pairs_repeated": _repeated(pairs, "difference", "pairs", "the difference in correlation")}


def kind_sentence(fits: pd.DataFrame, task: str) -> str:
    """Say where on the ladder the non-linear signal of a task ends, and which rung takes how much of the best model."""
    kind = kind_of_signal(fits, task)
    asked = [signal for signal in kind.rungs.values() if len(signal.candidates)]
    if not asked:
        return f"{upper_first(task)}: this run has no model that could see non-linear signal."
    first = asked[0].candidates.iloc[0]
    head = f"{upper_first(task)} (chance {chance(first['second_mean'])}, {rests_on(first)})"
    sentence = f"{head}: {_ended(kind)}."
    taken = _Taken.of(fits, kind)
    if taken is not None:
        parts = ", ".join(_takes(step) for step in taken.steps)
        mostly = f"Most of it goes with {taken.mostly}: of" if taken.mostly else "Of"
        sentence += f" {mostly} {_beyond(taken)}, {parts}; {_left(taken)}."
    warnings = training_warnings(fits[(fits["task"] == task) & (fits["fraction"] == fits["fraction"].max())])
    return f"{sentence} Of the training: {'; '.join(warnings)}." if warnings else sentence


def taken_sentence(fits: pd.DataFrame, task: str) -> str:
    """Say with intervals how much of what the best model has above chance with equal means each further rung takes."""
    taken = _Taken.of(fits, kind_of_signal(fits, task))
    if taken is None:
        return f"{upper_first(task)}: {NOTHING_TAKEN}"
    parts = [f"{_takes(step)} ({interval(-step['upper'], -step['lower'], of=difference)})" for step in taken.steps]
    several = max(int(step["adjusted_for"]) for step in taken.steps)
    holding = f", allowing for the choice among {several} models" if several > 1 else ""
    folds = max(int(step["n_runs"]) for step in taken.steps)
    return (
        f"{upper_first(task)}: of {_beyond(taken)}, {', '.join(parts)} (95 % intervals, paired over {folds} "
        f"folds{holding}); {_left(taken)}."
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class _Taken:
    """What the rungs below equal means take from a model.

    Attributes:
        model: the best with equal means among those that may see anything.
        beyond, left: how far it is above chance with equal means, and on the last rung.
        steps: rows of ``steps_table``.
    """

    model: str
    beyond: float
    left: float
    steps: list[dict[str, object]]

    @classmethod
    def of(cls, fits: pd.DataFrame, kind: Kind) -> _Taken | None:
        """Look it up; None where there is no non-linear signal to take from, or no such model was run."""
        best = best_on(fits, kind.task, "removed")
        if not best or not kind.survived:
            return None
        steps = steps_table(fits[(fits["task"] == kind.task)])
        steps = steps[(steps["model"] == best) & (steps["above"] != "full")]
        of_best = fits[(fits["task"] == kind.task) & (fits["model"] == best) & (fits["fraction"] == fits["fraction"].max())]
        means = of_best.groupby("signal")[["balanced_accuracy", "naive_accuracy"]].mean()
        beyond = means["balanced_accuracy"] - means["naive_accuracy"]
        if steps.empty or beyond["removed"] <= 0:
            return None
        left = float(beyond[steps["rung"].iloc[-1]])
        return cls(model=best, beyond=float(beyond["removed"]), left=left, steps=steps.to_dict("records"))

    @property
    def mostly(self) -> str:
        """The rung that takes more than half; empty where none does."""
        most = min(self.steps, key=lambda step: step["difference"])
        return MADE_EQUAL[most["rung"]] if -most["difference"] > self.beyond / 2 else ""


def _beyond(taken: _Taken) -> str:
    return f"{difference(taken.beyond, signed=False)} above chance with equal means ({model_phrase(taken.model)})"


def _takes(step: Mapping[str, Any]) -> str:
    verb = "take" if step["difference"] <= 0 else "add"
    return f"equal {MADE_EQUAL[step['rung']]} {verb} {difference(abs(step['difference']), signed=False)}"


def _left(taken: _Taken) -> str:
    left = difference(max(taken.left, 0.0), signed=False)
    return "nothing is left" if left == difference(0.0, signed=False) else f"{left} is left"


def _ended(kind: Kind) -> str:
    *_, last = kind.rungs
    best = _at_best(kind.rungs[kind.ended_by or last])
    if not kind.ended_by:
        return f"there is non-linear signal on every rung, even with equal {MADE_EQUAL[last]} ({best})"
    what, end = MADE_EQUAL[kind.ended_by], kind.end
    if not kind.survived:
        if end.verdict == FAILS:
            return f"there is no non-linear signal to explain ({best})"
        return f"whether there is non-linear signal at all cannot be said ({end.cause}: {best})"
    if end.verdict == FAILS:
        return f"what is left is gone once {what} are equal as well, and not before ({best})"
    survivor = MADE_EQUAL[kind.survived[-1]]
    if end.cause == BELOW_RESOLUTION:
        return f"what is left survives equal {survivor}, and hardly any of it equal {what} ({best})"
    return (
        f"what is left survives equal {survivor}; whether any is left with equal {what} as well cannot be said "
        f"({end.cause}: {best})"
    )


def _at_best(signal: Signal) -> str:
    best = signal.candidates.loc[signal.candidates["first_mean"].idxmax()]
    return f"at best {model_phrase(best['model'])} {accuracy(best['first_mean'])}"


def _repeated(tables: Mapping[str, pd.DataFrame], column: str, noun: str, what: str) -> str:
    table = pd.concat(tables.values()) if tables else pd.DataFrame()
    if table.empty:
        return "Halves of the donors of these data are too small to describe."
    same = int((table[column] * table["picked_at"] > 0).sum())
    picked, again = (table[name].abs().mean() for name in ("picked_at", column))
    return (
        f"Of {len(table)} {noun} picked, {same} differ in the same direction in the other half; there {what} is "
        f"{again:.2f} on average, where they were picked {picked:.2f}."
    )

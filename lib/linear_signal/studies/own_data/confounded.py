"""Whether a label can be told from a group: nested by design, crossed, or confounded beyond repair."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from linear_signal.analysis.confounding import confounding

REPEATED = 10
"""Groups of a class, from which on classes are compared over groups: each is then one of many."""
_FEWEST = 10


@dataclass(frozen=True, eq=False, kw_only=True)
class Confounded:
    """How a label goes with a group.

    Attributes:
        counts: samples, labels x groups.
        cramers_v: 0 where they are independent, 1 where one follows from the other; NaN for a single group.
        told: share of samples whose label is the commonest one of their group.
        nested: every group holds one class alone, and every class many groups: donors, patients, studies of one tissue.
        lost: classes that cannot be told from groups.
    """

    counts: pd.DataFrame
    cramers_v: float
    told: float
    nested: bool
    lost: tuple[str, ...]

    @property
    def is_total(self) -> bool:
        """Whether fewer than two classes are left that can be told from groups."""
        return len(self.counts) - len(self.lost) < 2

    def sentence(self, group: str) -> str:
        """Say what it is."""
        if self.nested:
            fewest = int((self.counts > 0).sum(axis=1).min())
            return (
                f"Every {group} holds one class, and every class has at least {fewest:,}: classes are compared "
                "over whole groups, of which each is one of many."
            )
        if not self.lost:
            return f"Classes share values of {group}, or have {REPEATED} of them: their difference can be told from it."
        lost = ", ".join(map(repr, self.lost))
        return (
            f"Label and {group} are confounded: {lost} cannot be told from {group}, having fewer than {REPEATED} values "
            f"of it and fewer than {_FEWEST} samples beside other classes. What a model learns of them may be the {group}."
        )


def confounded_with(labels: np.ndarray, groups: np.ndarray) -> Confounded:
    """Compare labels and groups of the same samples, without a gene.

    Two ways lead from a group to a class, and a class must have one of them. Either it has many groups, so that what is
    peculiar to one of them averages out and no split sees the group it is judged on; or samples of it lie beside those of
    other classes in the same groups, at least ten of either, and the design with both factors has full rank over these.

    Args:
        labels, groups: str [samples] each.

    Raises:
        InputError: as of :func:`~linear_signal.analysis.confounding.confounding`.

    >>> day = confounded_with(np.repeat(["ill", "well"], 20), np.repeat(["Monday", "Friday"], 20))
    >>> day.is_total, day.nested
    (True, False)
    """
    found = confounding(labels, groups)
    table = found.counts.to_numpy()
    n_groups = (table > 0).sum(axis=1)
    shared = (table > 0).sum(axis=0) > 1
    beside = table[:, shared]
    lost = []
    connected = _largest_part(beside)
    for row, label in enumerate(found.counts.index):
        within = row in connected and beside[row].sum() >= _FEWEST and _others(beside, row) >= _FEWEST
        # Where each sample is a group of its own, as a patient may be, a class is small and not confounded.
        if n_groups[row] < REPEATED and table[row].sum() > n_groups[row] and not within:
            lost.append(str(label))
    # A single class that is told leaves nothing to compare it with.
    alone = len(found.counts) - len(lost) == 1
    return Confounded(
        counts=found.counts,
        cramers_v=found.cramers_v,
        told=found.told_by_batch,
        nested=not shared.any() and not lost,
        lost=tuple(found.counts.index.astype(str)) if alone else tuple(lost),
    )


def _others(beside: np.ndarray, row: int) -> int:
    """Count samples of other classes in the groups that a class shares."""
    return int(np.delete(beside, row, axis=0)[:, beside[row] > 0].sum())


def _largest_part(beside: np.ndarray) -> set[int]:
    """Classes that are connected by groups they share: within these the design has full rank."""
    best: set[int] = set()
    left = set(range(len(beside)))
    while left:
        part, new = set(), {left.pop()}
        while new:
            part |= new
            groups = beside[sorted(part)].any(axis=0)
            new = set(np.flatnonzero(beside[:, groups].any(axis=1)).tolist()) - part
        left -= part
        best = max(best, part, key=len)
    return best

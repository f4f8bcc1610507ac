"""Splits for scikit-learn's ``cross_validate`` and its kin: dealt by seeds from names, as the folds of the book are."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from linear_signal.errors import InputError, listed
from linear_signal.estimators.on_arrays import NAME, as_codes, dealt_folds

Rows = tuple[np.ndarray, np.ndarray]


class GroupFolds:
    """Whole groups held out: no donor, patient or study is on both sides.

    The same name, groups and seed give the same folds, here and in :func:`~linear_signal.compare`.

    Args:
        n_folds: three or more.
        seed: of the deal.
        name: of the data, from which the deal is derived as well.
    """

    def __init__(self, n_folds: int = 5, *, seed: int = 0, name: str = NAME) -> None:
        self.n_folds, self.seed, self.name = n_folds, seed, name

    def split(self, X: Any, y: Any = None, groups: Iterable[Hashable] | None = None) -> Iterator[Rows]:
        """Give (train rows, test rows) of every fold, int64, sorted.

        Raises:
            InputError: no groups, fewer of them than folds, or fewer than three folds.
        """
        if groups is None:
            raise InputError("GroupFolds needs groups, one per sample: cross_validate(..., cv=folds, groups=donors).")
        yield from dealt_folds(_n_samples(X, y), groups, n_folds=self.n_folds, seed=self.seed, name=self.name)

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of folds."""
        return self.n_folds

    def __repr__(self) -> str:
        """Write it as it is made."""
        return f"{type(self).__name__}({self.n_folds}, seed={self.seed}, name={self.name!r})"


class SampleFolds(GroupFolds):
    """Single samples held out. Where several come from one donor this leaks: a donor is then on both sides.

    Args:
        n_folds: three or more.
        seed: of the deal.
        name: of the data, from which the deal is derived as well.
    """

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[Rows]:
        """Give (train rows, test rows) of every fold, int64, sorted; groups play no part.

        Raises:
            InputError: fewer samples than folds, or fewer than three folds.
        """
        yield from dealt_folds(_n_samples(X, y), None, n_folds=self.n_folds, seed=self.seed, name=self.name)


class GivenFolds:
    """Folds that somebody else dealt, checked before they are used.

    Args:
        rows: (train rows, test rows) of every fold.

    Raises:
        InputError: there are none, one side is empty, or a row is on both sides.
    """

    def __init__(self, rows: Iterable[tuple[Sequence[int], Sequence[int]]]) -> None:
        self.rows = [tuple(np.asarray(side) for side in pair) for pair in rows]
        if not self.rows:
            raise InputError("There are no folds; give (train rows, test rows) of one or more.")
        for number, pair in enumerate(self.rows):
            if len(pair) != 2 or any(side.ndim != 1 or side.dtype.kind not in "iu" or not len(side) for side in pair):
                raise InputError(f"Fold {number} must be (train rows, test rows), each with one or more row numbers.")
            both = np.intersect1d(*pair)
            if len(both):
                raise InputError(f"Fold {number} has rows on both sides: {listed(both, most=3)}. Leave them out of one.")

    def split(self, X: Any, y: Any = None, groups: Iterable[Hashable] | None = None) -> Iterator[Rows]:
        """Give (train rows, test rows) of every fold, as they were handed over.

        Raises:
            InputError: a row that X does not have; or, where groups are named, a group on both sides of a fold.
        """
        n_samples = _n_samples(X, y)
        codes = None if groups is None else as_codes(groups, n_samples, what="groups")
        for number, (train, test) in enumerate(self.rows):
            smallest, largest = min(train.min(), test.min()), max(train.max(), test.max())
            if smallest < 0 or largest >= n_samples:
                raise InputError(f"Fold {number} has rows {smallest} to {largest}; X has the rows 0 to {n_samples - 1}.")
            if codes is not None and len(np.intersect1d(codes[train], codes[test])):
                raise InputError(f"Fold {number} has a group on both sides. Deal whole groups out, or leave groups away.")
            yield train, test

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of folds."""
        return len(self.rows)


def _n_samples(X: Any, y: Any) -> int:
    shape = getattr(X, "shape", None)
    return int(shape[0]) if shape else len(X if X is not None else y)

"""A split whose rows are given: named ones to train, to tune and to judge on, fold by fold."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from linear_signal.data.splits import SPLITS, Fold, Split
from linear_signal.data.tasks import Task
from linear_signal.errors import InputError, listed


@dataclass(frozen=True, eq=False, kw_only=True)
class GivenFold:
    """Rows of a task, int64.

    Attributes:
        train: learnt from.
        tune: whose loss stops the training, and chooses hyperparameters where these are tuned.
        judge: judged on.
    """

    train: np.ndarray
    tune: np.ndarray
    judge: np.ndarray


@dataclass(frozen=True)
class GivenSplit(Split):
    """Deals nothing out: every fold is what it was given.

    Where hyperparameters are tuned, the models of all settings learn from ``train`` and ``tune`` chooses among them; models
    that do not stop early then learn from both. Equal to any other split of the same name and rows.

    Attributes:
        name: in tables; not that of another split.
        digest: SHA-256 of all rows, 16 hexadecimal digits; what a key holds of them.
        given: the folds (not compared; the digest says the same).

    Raises:
        InputError: as of :func:`given_split`, which makes one.
    """

    name: str
    digest: str
    given: tuple[GivenFold, ...] = field(compare=False)

    @property
    def settings(self) -> Any:
        """Its name, and the digest of its rows."""
        return {"given": self.name, "rows": self.digest}

    @property
    def n_folds(self) -> int:
        """Number of folds."""
        return len(self.given)

    def check_folds(self, n_folds: int, n_inner: int) -> None:
        """Refuse another number of folds than were given, or more than one inner fold."""
        if n_folds != self.n_folds:
            raise InputError(f"n_folds is {n_folds}; split {self.name!r} was given {self.n_folds}. Set n_folds to that.")
        if n_inner != 1:
            raise InputError(f"n_inner_folds is {n_inner}; split {self.name!r} has one set to tune on. Set it to 1.")

    def folds(self, task: Task, *, n_folds: int | None = None, seed: int = 0) -> list[Fold]:
        """Return the folds as they were given, whatever the seed.

        Raises:
            InputError: another number of folds, rows that the task lacks, or a group of the task that is torn apart.
        """
        self.check_folds(n_folds or self.n_folds, 1)
        groups = self.groups(task)
        for number, fold in enumerate(self.given):
            largest = max(fold.train.max(), fold.tune.max(), fold.judge.max())
            if largest >= task.n_samples:
                raise InputError(
                    f"Fold {number} of split {self.name!r} names row {largest}; task {task.name!r} has "
                    f"{task.n_samples:,} samples, counted from 0."
                )
            learnt = np.concatenate([fold.train, fold.tune])
            torn = np.intersect1d(groups[learnt], groups[fold.judge])
            if len(torn):
                raise InputError(
                    f"Fold {number} of split {self.name!r} learns from samples of {listed(torn)} and judges on others of "
                    f"it, but task {task.name!r} keeps them together. Give other rows, or make the task with another group."
                )
        return [Fold(fold.train, fold.judge, fold.judge, tune=fold.tune) for fold in self.given]

    def inner_folds(self, folds: list[Fold], outer: int, *, n_inner: int = 1) -> list[Fold]:
        """Return the one inner fold there is: it learns from the training rows and judges on those to tune on."""
        self.check_folds(self.n_folds, n_inner)
        fold = folds[outer]
        return [Fold(fold.train, fold.tune, fold.tune)]

    def with_pretraining(self, folds: list[Fold], outer: int) -> Fold:
        """Refuse: nothing says which rows would pretrain."""
        raise InputError(f"Split {self.name!r} gives no rows to pretrain on. Use split 'group'.")


def given_split(name: str, folds: Sequence[GivenFold]) -> GivenSplit:
    """Make a split of given rows.

    Args:
        name: in tables ("chromosomes and cell types").
        folds: one or more; rows in any order, or boolean masks.

    Raises:
        InputError: the name of another split, no fold, an empty set, or a row that is there twice or in two sets of a fold.
    """
    if name in SPLITS or not name:
        raise InputError(f"A given split cannot be called {name!r}; choose a name other than {', '.join(SPLITS)}.")
    if not folds:
        raise InputError(f"Split {name!r} has no fold; at least one is needed.")
    digest, sorted_folds = hashlib.sha256(), []
    for number, fold in enumerate(folds):
        sets = {kind: _rows(name, number, kind, getattr(fold, kind)) for kind in ("train", "tune", "judge")}
        rows, counts = np.unique(np.concatenate(list(sets.values())), return_counts=True)
        if (counts > 1).any():
            raise InputError(f"Fold {number} of split {name!r} names row {rows[counts > 1][0]} twice.")
        for some in sets.values():
            digest.update(f"{len(some)}\x1f".encode())
            digest.update(some.tobytes())
        sorted_folds.append(GivenFold(**sets))
    return GivenSplit(name=name, digest=digest.hexdigest()[:16], given=tuple(sorted_folds))


def _rows(name: str, number: int, kind: str, rows: np.ndarray) -> np.ndarray:
    rows = np.asarray(rows)
    if rows.dtype == bool:
        rows = np.flatnonzero(rows)
    if rows.ndim != 1 or not len(rows) or not np.issubdtype(rows.dtype, np.integer) or rows.min() < 0:
        raise InputError(
            f"Fold {number} of split {name!r}: {kind} must be row numbers from 0 on, at least one; got {rows.dtype} of "
            f"shape {rows.shape}."
        )
    return np.sort(rows.astype(np.int64))

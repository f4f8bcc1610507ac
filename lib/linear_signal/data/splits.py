"""Splits: objects that deal the samples of a task out to folds; which learn, which stop the training, which judge."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from linear_signal.data.tasks import Task
from linear_signal.errors import InputError, unknown
from linear_signal.seeds import generator, seed_of

_NONE = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Fold:
    """Rows of a task, int64, sorted; ``train``, ``tune``, ``validation`` and ``pretrain`` are disjoint.

    Attributes:
        train: learnt from.
        validation: judged on.
        left_out: what this fold keeps out of ``train``. That is ``validation``, but for a transfer between data sets, which
            judges on the other data set.
        pretrain: learnt from before ``train``; empty where nothing is pretrained.
        tune: whose loss stops the training; empty where it is held out from ``train``.
    """

    train: np.ndarray
    validation: np.ndarray
    left_out: np.ndarray
    pretrain: np.ndarray = field(default_factory=lambda: _NONE)
    tune: np.ndarray = field(default_factory=lambda: _NONE)


class Split(ABC):
    """How the samples of a task are dealt out; small, frozen and equal to another that deals alike.

    The same task, split and seed give the same folds for every model and signal, so that comparisons are paired.

    Attributes:
        name: in tables, and what people write.
    """

    name: str

    @property
    def settings(self) -> Any:
        """What a key holds of it: all that decides rows, as plain values."""
        return self.name

    def check_folds(self, n_folds: int, n_inner: int) -> None:
        """Refuse numbers of outer and of inner folds that cannot be.

        Raises:
            InputError: fewer than three folds, or not fewer inner than outer ones.
        """
        if n_folds < 3:
            raise InputError(f"n_folds is {n_folds}; nested tuning needs at least 3.")
        if not 1 <= n_inner < n_folds:
            raise InputError(f"n_inner_folds is {n_inner}; with n_folds {n_folds} it can be 1 to {n_folds - 1}.")

    @abstractmethod
    def folds(self, task: Task, *, n_folds: int = 5, seed: int = 0) -> list[Fold]:
        """Deal a task's samples out to outer folds.

        Args:
            task: what is predicted.
            n_folds: at least three.
            seed: of the deal.

        Raises:
            InputError: a task that it does not fit, fewer than three folds, or fewer groups than folds.

        Source: Heil et al. 2023, Methods, "Model training": five folds, split by study (GTEx: donor).
        """

    def groups(self, task: Task) -> np.ndarray:
        """Return what this split keeps together, str [samples].

        Raises:
            InputError: a task that it does not fit.
        """
        if task.trains_on is not None:
            raise InputError(f"Split {self.name!r} does not fit task {task.name!r}; use split 'transfer'.")
        return task.groups

    def with_pretraining(self, folds: list[Fold], outer: int) -> Fold:
        """Share out the training folds of outer fold ``outer``: the first half of those after it pretrains, the rest trains.

        Of five folds two pretrain, two train and one validates; over all outer folds each fold takes every part.

        Raises:
            InputError: an even number of folds, whose training folds cannot be halved.

        Source: Heil et al. 2023, Methods, "Pretraining".
        """
        n_folds = len(folds)
        if n_folds % 2 == 0:
            raise InputError(
                f"n_folds is {n_folds}; pretraining halves the training folds, so it must be odd: 5 as in the paper, or 3."
            )
        pretrain = [folds[(outer + step) % n_folds].left_out for step in range(1, n_folds // 2 + 1)]
        rows = np.sort(np.concatenate(pretrain))
        fold = folds[outer]
        return Fold(np.setdiff1d(fold.train, rows), fold.validation, fold.left_out, pretrain=rows)

    def inner_folds(self, folds: list[Fold], outer: int, *, n_inner: int) -> list[Fold]:
        """Leave the training folds of outer fold ``outer`` out in turn: the folds on which hyperparameters are tuned.

        Args:
            folds: all outer folds of the task.
            outer: index of the outer fold whose validation samples must not be seen.
            n_inner: how many of the training folds take a turn (the paper: all of them, ``len(folds) - 1``).

        Raises:
            InputError: as of ``check_folds``.

        Source: Heil et al. 2023, Methods, "Hyperparameter selection": nested cross-validation.
        """
        self.check_folds(len(folds), n_inner)
        others = [folds[(outer + step) % len(folds)].left_out for step in range(1, len(folds))]
        return [Fold(np.setdiff1d(folds[outer].train, held), held, held) for held in others[:n_inner]]

    def tune_set(
        self, task: Task, rows: np.ndarray, *, names: tuple[str | int, ...], share: float = 0.2
    ) -> tuple[np.ndarray, np.ndarray] | None:
        """Hold out ``share`` of the groups among ``rows`` for early stopping.

        Groups are drawn at random, at least one. Where those hold one class only, groups are added until a second class is
        there, since neither a loss over classes nor signal removal means anything for one class.

        Returns:
            (fit rows, tune rows), int64, sorted, disjoint, no group in both and at least two classes in each; None where no
            such pair was found.

        Source: Heil et al. 2023, their code: 20 % of the training groups.
        """
        groups = self.groups(task)[rows]
        order = generator("tune set", *names, self.name).permutation(np.unique(groups))
        for n_tune in range(max(1, round(share * len(order))), len(order)):
            held_out = np.isin(groups, order[:n_tune])
            fit, tune = rows[~held_out], rows[held_out]
            if len(np.unique(task.classes[fit])) < 2:
                return None
            if len(np.unique(task.classes[tune])) >= 2:
                return fit, tune
        return None

    def smallest_class_groups(self, task: Task) -> int:
        """Count the groups of the class that has the fewest.

        Of a transfer between two data sets either is counted by itself, and the smaller count is returned.
        """
        groups = self.groups(task)
        sides = [np.arange(len(groups))] if task.trains_on is None else [task.trains_on, ~task.trains_on]
        return min(
            len(np.unique(groups[side][task.classes[side] == one])) for side in sides for one in range(task.n_classes)
        )


@dataclass(frozen=True)
class ByGroup(Split):
    """Keeps a donor or study in one fold."""

    name: ClassVar[str] = "group"

    def folds(self, task: Task, *, n_folds: int = 5, seed: int = 0) -> list[Fold]:
        """Deal groups out evenly by their number."""
        self.check_folds(n_folds, 1)
        groups = self.groups(task)
        dealt = _dealt(task, groups, np.arange(len(groups)), n_folds, _names(task, self, seed))
        return [Fold(kept, held, held) for kept, held in dealt]


@dataclass(frozen=True)
class BySample(ByGroup):
    """Deals single samples out, so that a donor or study can be on both sides: that leaks, and is there to show how much."""

    name: ClassVar[str] = "sample"

    def groups(self, task: Task) -> np.ndarray:
        """Return each sample by itself."""
        super().groups(task)
        return task.sample_ids


@dataclass(frozen=True)
class Transfer(Split):
    """For a task over two data sets: learns on the one and judges on the other.

    The groups of either are dealt out; every fold joins the training samples of the one with the validation samples of the
    other, so that runs differ in what they learn from and in what judges them.
    """

    name: ClassVar[str] = "transfer"

    def folds(self, task: Task, *, n_folds: int = 5, seed: int = 0) -> list[Fold]:
        """Deal the groups of both data sets out."""
        self.check_folds(n_folds, 1)
        groups, names = self.groups(task), _names(task, self, seed)
        sides = (np.flatnonzero(task.trains_on), np.flatnonzero(~task.trains_on))
        dealt = [_dealt(task, groups[rows], rows, n_folds, (*names, side)) for side, rows in enumerate(sides)]
        return [Fold(kept, judged, held) for (kept, held), (_, judged) in zip(*dealt, strict=True)]

    def groups(self, task: Task) -> np.ndarray:
        """Return the groups of the task."""
        if task.trains_on is None:
            raise InputError(f"Split 'transfer' does not fit task {task.name!r}; make it with transfer_tasks.")
        return task.groups


_BY_NAME: dict[str, Split] = {split.name: split for split in (ByGroup(), BySample(), Transfer())}
SPLITS = tuple(_BY_NAME)


def find_split(split: str | Split) -> Split:
    """Find a split by what people write; one that is an object already is handed back.

    Raises:
        InputError: unknown split.
    """
    if isinstance(split, Split):
        return split
    if split not in _BY_NAME:
        raise unknown("split", split, SPLITS)
    return _BY_NAME[split]


def training_fractions(
    rows: np.ndarray, fractions: tuple[float, ...], *, names: tuple[str | int, ...]
) -> dict[float, np.ndarray]:
    """Cut the training rows to fractions of the samples, at random; a smaller cut is part of every larger one.

    Nested cuts make a learning curve smoother than independent ones and have the same expectation.

    Returns:
        For every fraction the kept rows, int64, sorted.

    Raises:
        InputError: a fraction outside (0, 1].
    """
    for fraction in fractions:
        if not 0 < fraction <= 1:
            raise InputError(f"Training fraction {fraction} is outside (0, 1].")
    order = generator("training fractions", *names).permutation(rows)
    return {fraction: np.sort(order[: max(1, round(fraction * len(rows)))]) for fraction in fractions}


def _names(task: Task, split: Split, seed: int) -> tuple[str | int, ...]:
    return ("outer folds", task.dataset.name, task.name, split.name, seed)


def _dealt(
    task: Task, groups: np.ndarray, rows: np.ndarray, n_folds: int, names: tuple[str | int, ...]
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Deal the groups of ``rows`` out: per fold the rows that stay and those that are held out.

    They are those of scikit-learn's shuffled ``GroupKFold``, whose import alone takes longer than all folds of a chapter.
    """
    known = np.unique(groups)
    if len(known) < n_folds:
        raise InputError(
            f"Task {task.name!r} has {len(known)} groups (donors or studies) for {n_folds} folds. Lower n_folds or add data."
        )
    # It takes 32-bit seeds, and draws by NumPy's older generator.
    order = np.random.RandomState(seed_of(*names) % 2**32).permutation(known)
    held_out = [np.isin(groups, some) for some in np.array_split(order, n_folds)]
    return [(rows[~held], rows[held]) for held in held_out]

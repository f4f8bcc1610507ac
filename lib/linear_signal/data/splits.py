"""Folds, tune sets and training fractions: which samples train, which stop the training, which judge."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from sklearn.model_selection import GroupKFold

from linear_signal.data.tasks import Task
from linear_signal.errors import InputError, unknown
from linear_signal.seeds import generator, seed_of

SPLITS = ("group", "sample", "transfer")
_NONE = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Fold:
    """Row indices of one fold: int64, sorted; ``train``, ``validation`` and ``pretrain`` are disjoint.

    Attributes:
        train: learnt from.
        validation: judged on.
        left_out: what this fold keeps out of ``train``. That is ``validation``, but for a transfer between data sets, which
            judges on the other data set.
        pretrain: learnt from before ``train``; empty where nothing is pretrained.
    """

    train: np.ndarray
    validation: np.ndarray
    left_out: np.ndarray
    pretrain: np.ndarray = field(default_factory=lambda: _NONE)


def outer_folds(task: Task, *, split: str = "group", n_folds: int = 5, seed: int = 0) -> list[Fold]:
    """Deal a task's samples out to folds.

    The same task, split and seed give the same folds whatever is trained on them, so that comparisons are paired.

    Args:
        task: what is predicted.
        split: "group" keeps a donor or study in one fold; "sample" deals single samples out; "transfer", for a task over two
            data sets, deals the groups of either out and joins, in every fold, the training samples of the one with the
            validation samples of the other, so that runs differ in what they learn from and in what judges them.
        n_folds: at least three.
        seed: of the deal.

    Raises:
        InputError: unknown split, one that does not fit the task, fewer than three folds, or fewer groups than folds.

    Source: Heil et al. 2023, Methods, "Model training": five folds, split by study (GTEx: donor).
    """
    groups = unit_groups(task, split)
    if n_folds < 3:
        raise InputError(f"n_folds is {n_folds}; nested tuning needs at least 3.")
    names = ("outer folds", task.dataset.name, task.name, split, seed)
    if task.trains_on is None:
        return [Fold(kept, held, held) for kept, held in _dealt(task, groups, np.arange(len(groups)), n_folds, names)]
    sides = (np.flatnonzero(task.trains_on), np.flatnonzero(~task.trains_on))
    dealt = [_dealt(task, groups[rows], rows, n_folds, (*names, side)) for side, rows in enumerate(sides)]
    return [Fold(kept, judged, held) for (kept, held), (_, judged) in zip(*dealt, strict=True)]


def with_pretraining(folds: list[Fold], outer: int) -> Fold:
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


def inner_folds(folds: list[Fold], outer: int, *, n_inner: int) -> list[Fold]:
    """Leave the training folds of outer fold ``outer`` out in turn: the folds on which hyperparameters are tuned.

    Args:
        folds: all outer folds of the task.
        outer: index of the outer fold whose validation samples must not be seen.
        n_inner: how many of the training folds take a turn (the paper: all of them, ``len(folds) - 1``).

    Source: Heil et al. 2023, Methods, "Hyperparameter selection": nested cross-validation.
    """
    if not 1 <= n_inner <= len(folds) - 1:
        raise InputError(f"n_inner_folds is {n_inner}; with {len(folds)} outer folds it can be 1 to {len(folds) - 1}.")
    others = [folds[(outer + step) % len(folds)].left_out for step in range(1, len(folds))]
    return [Fold(np.setdiff1d(folds[outer].train, held), held, held) for held in others[:n_inner]]


def tune_set(
    task: Task, rows: np.ndarray, *, names: tuple[str | int, ...], split: str, share: float = 0.2
) -> tuple[np.ndarray, np.ndarray] | None:
    """Hold out ``share`` of the groups among ``rows`` for early stopping.

    Groups are drawn at random, at least one. Where those hold one class only, groups are added until a second class is
    there, since neither a loss over classes nor signal removal means anything for one class.

    Returns:
        (fit rows, tune rows), int64, sorted, disjoint, no group in both and at least two classes in each; None where no
        such pair was found.

    Source: Heil et al. 2023, their code: 20 % of the training groups.
    """
    groups = unit_groups(task, split)[rows]
    order = generator("tune set", *names, split).permutation(np.unique(groups))
    for n_tune in range(max(1, round(share * len(order))), len(order)):
        held_out = np.isin(groups, order[:n_tune])
        fit, tune = rows[~held_out], rows[held_out]
        if len(np.unique(task.classes[fit])) < 2:
            return None
        if len(np.unique(task.classes[tune])) >= 2:
            return fit, tune
    return None


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


def unit_groups(task: Task, split: str) -> np.ndarray:
    """Return what must stay together, str [samples]: the groups, or each sample by itself for ``split="sample"``.

    Raises:
        InputError: unknown split, or one that does not fit the task.
    """
    if split not in SPLITS:
        raise unknown("split", split, SPLITS)
    if (split == "transfer") != (task.trains_on is not None):
        advice = "make it with make_transfer_task" if split == "transfer" else "use split 'transfer'"
        raise InputError(f"Split {split!r} does not fit task {task.name!r}; {advice}.")
    return task.dataset.sample_ids if split == "sample" else task.dataset.groups


def smallest_class_groups(task: Task, split: str) -> int:
    """Count the groups of the class that has the fewest, as the split counts groups (``unit_groups``).

    Of a transfer between two data sets either is counted by itself, and the smaller count is returned.
    """
    groups = unit_groups(task, split)
    sides = [np.arange(len(groups))] if task.trains_on is None else [task.trains_on, ~task.trains_on]
    return min(len(np.unique(groups[side][task.classes[side] == one])) for side in sides for one in range(task.n_classes))


def _dealt(
    task: Task, groups: np.ndarray, rows: np.ndarray, n_folds: int, names: tuple[str | int, ...]
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Deal the groups of ``rows`` out: per fold the rows that stay and those that are held out."""
    n_groups = len(np.unique(groups))
    if n_groups < n_folds:
        raise InputError(
            f"Task {task.name!r} has {n_groups} groups (donors or studies) for {n_folds} folds. Lower n_folds or add data."
        )
    # scikit-learn takes 32-bit seeds.
    splitter = GroupKFold(n_splits=n_folds, shuffle=True, random_state=seed_of(*names) % 2**32)
    return [(rows[kept], rows[held]) for kept, held in splitter.split(groups, groups=groups)]

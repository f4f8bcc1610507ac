"""Folds, tune sets and training fractions: which samples train, which stop the training, which judge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import GroupKFold

from linear_signal.data.tasks import Task
from linear_signal.errors import InputError, unknown
from linear_signal.seeds import generator, seed_of

SPLITS = ("group", "sample")


@dataclass(frozen=True, eq=False)
class Fold:
    """Row indices of one fold: int64, sorted, disjoint."""

    train: np.ndarray
    validation: np.ndarray


def outer_folds(task: Task, *, split: str = "group", n_folds: int = 5, seed: int = 0) -> list[Fold]:
    """Deal a task's samples out to folds; with ``split="group"`` no donor or study is in two of them.

    The same task, split and seed give the same folds for every model and condition, so that comparisons are paired.

    Raises:
        InputError: unknown split, fewer than three folds, or fewer groups than folds.

    Source: Heil et al. 2023, Methods, "Model training": five folds, split by study (GTEx: donor).
    """
    groups = unit_groups(task, split)
    if n_folds < 3:
        raise InputError(f"n_folds is {n_folds}; nested tuning needs at least 3.")
    n_groups = len(np.unique(groups))
    if n_groups < n_folds:
        raise InputError(
            f"Task {task.name!r} has {n_groups} groups (donors or studies) for {n_folds} folds. Lower n_folds or add data."
        )
    return _folds(groups, n_folds, ("outer folds", task.dataset.name, task.name, split, seed))


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
    others = [(outer + step) % len(folds) for step in range(1, len(folds))]
    return [
        Fold(np.setdiff1d(folds[outer].train, folds[left_out].validation), folds[left_out].validation)
        for left_out in others[:n_inner]
    ]


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
    """Return what must stay together, str [samples]: the groups, or each sample by itself for ``split="sample"``."""
    if split not in SPLITS:
        raise unknown("split", split, SPLITS)
    return task.dataset.groups if split == "group" else task.dataset.sample_ids


def _folds(groups: np.ndarray, n_folds: int, names: tuple[str | int, ...]) -> list[Fold]:
    # scikit-learn takes 32-bit seeds.
    splitter = GroupKFold(n_splits=n_folds, shuffle=True, random_state=seed_of(*names) % 2**32)
    return [Fold(train, validation) for train, validation in splitter.split(groups, groups=groups)]

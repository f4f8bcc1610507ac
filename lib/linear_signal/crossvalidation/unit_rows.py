"""Which samples a unit sees: all rows of its tuning and of its fits, made here and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from linear_signal.crossvalidation.unit import CrossValidationUnit
from linear_signal.data.splits import Fold, training_fractions


@dataclass(frozen=True, eq=False, kw_only=True)
class FitRows:
    """The samples of one fit: rows of the task, int64, sorted.

    Attributes:
        names: what its random numbers are derived from.
        train: all that the model may learn from.
        fit: those it learns from; none where no fit is possible, since one of the sets would hold a single class.
        tune: those whose loss stops the training; none for models that do not stop early, which learn from all of ``train``.
        judge: those it is judged on.
    """

    names: tuple[str | int, ...]
    train: np.ndarray
    fit: np.ndarray
    tune: np.ndarray
    judge: np.ndarray

    @property
    def is_possible(self) -> bool:
        """Whether the fit can be made."""
        return len(self.fit) > 0


@dataclass(frozen=True, eq=False, kw_only=True)
class UnitRows:
    """The samples of a unit.

    Attributes:
        fold: its outer fold.
        finals: the fit at every training fraction.
        inner: the fits that choose hyperparameters, by number of the inner fold; those that are possible, and where the
            judged samples are of two classes that were learnt from.
        pretraining: the fit before all others; None without pretraining.
    """

    fold: Fold
    finals: dict[float, FitRows]
    inner: dict[int, FitRows]
    pretraining: FitRows | None


def unit_rows(unit: CrossValidationUnit, *, stops_early: bool, is_tuned: bool) -> UnitRows:
    """Deal the samples of a unit out.

    Args:
        unit: whose task, design, seed and fold decide.
        stops_early: whether its model needs samples to stop its training by.
        is_tuned: whether hyperparameters are chosen.

    Raises:
        InputError: the split does not fit the task.
    """
    task, design, split = unit.task, unit.design, unit.design.split
    folds = split.folds(task, n_folds=design.n_folds, seed=unit.seed)
    fold = split.with_pretraining(folds, unit.fold) if design.set_aside_for_pretraining else folds[unit.fold]
    cuts = training_fractions(fold.train, design.fractions, names=unit.seed_names)

    def of_fit(train: np.ndarray, judge: np.ndarray, *purpose: str | int, tune: np.ndarray = fold.train[:0]) -> FitRows:
        names = (*unit.seed_names, *purpose)
        whole = np.union1d(train, tune) if len(tune) else train
        fit, held = (train, tune) if stops_early else (whole, tune[:0])
        is_possible = all(len(np.unique(task.classes[rows])) > 1 for rows in (whole, judge))
        if is_possible and stops_early and not len(tune):
            held_out = split.tune_set(task, train, names=names, share=design.tune_share)
            is_possible = held_out is not None
            fit, held = held_out or (fit, held)
        elif is_possible and stops_early:
            is_possible = all(len(np.unique(task.classes[rows])) > 1 for rows in (fit, held))
        if not is_possible:
            fit = held = train[:0]
        return FitRows(names=names, train=whole, fit=fit, tune=held, judge=judge)

    inner = {}
    for number, one in enumerate(split.inner_folds(folds, unit.fold, n_inner=design.n_inner_folds) if is_tuned else ()):
        known = np.intersect1d(task.classes[one.train], task.classes[one.validation])
        # On other classes no setting could do well, and on a single one any constant answer is right.
        rows = of_fit(one.train, one.validation, "inner", number) if len(known) > 1 else None
        if rows is not None and rows.is_possible:
            inner[number] = rows
    return UnitRows(
        fold=fold,
        finals={
            fraction: of_fit(cut, fold.validation, "fraction", str(fraction), tune=fold.tune)
            for fraction, cut in cuts.items()
        },
        inner=inner,
        pretraining=of_fit(fold.pretrain, fold.validation, "pretraining") if unit.pretraining != "none" else None,
    )

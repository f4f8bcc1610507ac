"""Jobs: the samples of a unit put together for one fit, and what a fit leaves behind as numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from linear_signal.crossvalidation.feature_rows import FeatureRows
from linear_signal.crossvalidation.fitters import Fitter, Job, Outcome
from linear_signal.crossvalidation.unit import CrossValidationUnit
from linear_signal.data.splits import tune_set


def make_job(
    unit: CrossValidationUnit,
    rows: FeatureRows,
    train: np.ndarray,
    judge: np.ndarray,
    fitter: Fitter,
    purpose: tuple[str | int, ...],
    *,
    also_removed: bool = False,
    keep_scores: bool = False,
) -> Job | None:
    """Prepare samples to learn from and to judge on; None where one of the sets would hold a single class.

    Args:
        also_removed: predict the judged samples a second time, with their own linear signal removed (``Job.further_rows``).
        keep_scores: as of a ``Job``.
    """
    classes = unit.task.classes
    if min(len(np.unique(classes[train])), len(np.unique(classes[judge]))) < 2:
        return None
    names = (*unit.seed_names, *purpose)
    fit, tune = train, train[:0]
    if fitter.stops_early:
        held_out = tune_set(unit.task, train, names=names, split=unit.design.split, share=unit.design.tune_share)
        if held_out is None:
            return None
        fit, tune = held_out
    return Job(
        names=names,
        fit_rows=rows.add(fit, learnt_from=train),
        tune_rows=rows.add(tune, learnt_from=train) if len(tune) else tune,
        judge_rows=rows.add(judge, learnt_from=train),
        further_rows=rows.add_removed(judge, learnt_from=train) if also_removed else judge[:0],
        keep_scores=keep_scores,
    )


def balanced_accuracy(classes: np.ndarray, predicted: np.ndarray) -> float:
    """Mean recall over the classes that are present in ``classes``.

    >>> balanced_accuracy(np.array([0] * 9 + [1]), np.array([0] * 8 + [1, 0])).__round__(2)
    0.44
    """
    # By hand: scikit-learn's recall_score checks what it is given for far longer than it counts.
    present, truth = np.unique(classes, return_inverse=True)
    hits = np.bincount(truth[predicted == classes], minlength=len(present))
    return float((hits / np.bincount(truth)).mean())


def epoch_table(outcome: Outcome, **names: float) -> pd.DataFrame:
    """One row per epoch: training and tune loss, behind the columns ``names``."""
    epochs = np.arange(1, len(outcome.tune_loss) + 1)
    return pd.DataFrame({**names, "epoch": epochs, "train_loss": outcome.train_loss, "tune_loss": outcome.tune_loss})

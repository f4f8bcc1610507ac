"""Jobs: the samples of a unit put together for one fit, and what a fit leaves behind as numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from linear_signal.crossvalidation.feature_rows import FeatureRows
from linear_signal.crossvalidation.fit_interface import Job, Outcome
from linear_signal.crossvalidation.unit_rows import FitRows


def make_job(features: FeatureRows, rows: FitRows, *, also_removed: bool = False, keep_scores: bool = False) -> Job:
    """Put the samples of a fit into a feature matrix.

    Args:
        features: the matrix.
        rows: of a fit that is possible.
        also_removed: predict the judged samples a second time, with their own linear signal removed (``Job.further_rows``).
        keep_scores: as of a ``Job``.
    """
    train, none = rows.train, rows.judge[:0]
    return Job(
        names=rows.names,
        fit_rows=features.add(rows.fit, learnt_from=train, judged=rows.judge),
        tune_rows=features.add(rows.tune, learnt_from=train, judged=rows.judge) if len(rows.tune) else none,
        judge_rows=features.add(rows.judge, learnt_from=train, judged=rows.judge),
        further_rows=features.add_removed(rows.judge, learnt_from=train) if also_removed else none,
        keep_scores=keep_scores,
    )


def balanced_accuracy(classes: np.ndarray, predicted: np.ndarray) -> float:
    """Mean recall over the classes that are present in ``classes``.

    >>> balanced_accuracy(np.array([0] * 9 + [1]), np.array([0] * 8 + [1, 0])).__round__(2)
    0.44
    """
    # scikit-learn's recall_score gives the same digits, and takes a twelfth of a quick unit's time for its checks.
    samples = np.bincount(classes)
    right = np.bincount(classes[predicted == classes], minlength=len(samples))
    return float(np.mean(right[samples > 0] / samples[samples > 0]))


def epoch_table(outcome: Outcome, **names: float) -> pd.DataFrame:
    """One row per epoch: training and tune loss, behind the columns ``names``."""
    epochs = np.arange(1, len(outcome.tune_loss) + 1)
    return pd.DataFrame({**names, "epoch": epochs, "train_loss": outcome.train_loss, "tune_loss": outcome.tune_loss})

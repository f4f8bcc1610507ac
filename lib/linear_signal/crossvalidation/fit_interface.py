"""What goes into a fit, what comes out of it, and what a way of fitting has to offer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol as Interface

import numpy as np

from linear_signal.crossvalidation.feature_rows import FeatureRows
from linear_signal.training.hyperparameters import Trial


@dataclass(frozen=True, eq=False, kw_only=True)
class Job:
    """Samples to learn from and samples to judge on; rows of the matrix of a ``FeatureRows``.

    Attributes:
        names: what random numbers are derived from.
        fit_rows, tune_rows: int64; models without early stopping learn from both.
        judge_rows: int64.
        further_rows: int64, rows of its matrix ``removed``, predicted besides; they take no part in the loss.
        first_weights, start: as of a ``Member``; models that are not trained from first weights take no notice.
        keep_scores: whether the outcome is to hold the scores of the judge rows.
    """

    names: tuple[str | int, ...]
    fit_rows: np.ndarray
    tune_rows: np.ndarray
    judge_rows: np.ndarray
    further_rows: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    first_weights: tuple[str | int, ...] | None = None
    start: dict[str, np.ndarray] | None = None
    keep_scores: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class Outcome:
    """What came of fitting one job with one trial.

    Attributes:
        predicted: int64 [judge rows], predicted classes.
        further_predicted: int64 [further rows].
        scores: [judge rows, classes], where they were asked for: logarithms of probabilities, or margins (of a hinge loss or
            a decision function), NaN where a classifier has neither; of shape [0, 0] otherwise.
        loss: class-weighted loss on the judge rows of classes that were learnt from; NaN where there are none, and for
            models without scores.
        best_epoch: epoch whose state was kept; 0 for models that have no epochs.
        train_loss, tune_loss: float64 [epochs].
        ended_at_last_epoch: whether training went on to the last epoch, patience not having stopped it; None for models that
            have no epochs.
        left_start: whether a network with hidden layers ever did better on its fit rows than a constant answer
            (``constant_answer``); None for other models.
        converged: whether a solver reached its tolerance; None for models that are not solved to one.
        state: the fitted model by name, where it was asked for: of a network as in ``Trained.state``, of the exact
            logistic regression weights [genes, classes] and intercepts [classes], and the ``state`` of the features that
            were derived from genes (``SquaredGenes``, ``PairProducts``), float64.
    """

    predicted: np.ndarray
    loss: float
    further_predicted: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    scores: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))
    best_epoch: int = 0
    train_loss: np.ndarray = field(default_factory=lambda: np.empty(0))
    tune_loss: np.ndarray = field(default_factory=lambda: np.empty(0))
    ended_at_last_epoch: bool | None = None
    left_start: bool | None = None
    converged: bool | None = None
    state: dict[str, np.ndarray] = field(default_factory=dict)


class Fitter(Interface):
    """How a kind of model is fitted."""

    stops_early: bool
    """Whether a tune set is held out from the training samples."""

    default: Trial
    """Hyperparameters where nothing is tuned."""

    tunable: bool
    """Whether learning rate or weight decay mean anything to it."""

    def fit(
        self,
        rows: FeatureRows,
        jobs: Sequence[Job],
        trials: Sequence[Trial],
        n_classes: int,
        *,
        keep_states: bool = False,
    ) -> list[list[Outcome]]:
        """Fit every job with every trial: outcomes [job][trial]."""
        ...

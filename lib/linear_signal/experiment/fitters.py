"""One way of fitting per kind of model: networks trained side by side, the exact solver, and scikit-learn's classifiers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol as Interface

import numpy as np
import torch

from linear_signal.errors import InputError
from linear_signal.experiment.feature_rows import FeatureRows
from linear_signal.experiment.protocol import Protocol
from linear_signal.models import ExactLogisticRegression, Model, Network, ScikitLearnClassifier
from linear_signal.seeds import seed_of
from linear_signal.training.exact_linear import ridge_path, weighted_loss
from linear_signal.training.hyperparameters import Trial
from linear_signal.training.loop import train
from linear_signal.training.member import Member


@dataclass(frozen=True, eq=False, kw_only=True)
class Job:
    """Samples to learn from and samples to judge on; rows of a ``FeatureRows`` matrix.

    Attributes:
        names: what random numbers are derived from.
        fit_rows, tune_rows: int64; models without early stopping learn from both.
        judge_rows: int64.
        first_weights, start: as of a ``Member``; models that are not trained from first weights take no notice.
    """

    names: tuple[str | int, ...]
    fit_rows: np.ndarray
    tune_rows: np.ndarray
    judge_rows: np.ndarray
    first_weights: tuple[str | int, ...] | None = None
    start: dict[str, np.ndarray] | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Outcome:
    """What came of fitting one job with one trial.

    Attributes:
        predicted: int64 [judge rows], predicted classes.
        loss: class-weighted loss on the judge rows; NaN for models without scores.
        best_epoch: epoch whose state was kept; 0 for models that have no epochs.
        train_loss, tune_loss: float64 [epochs].
        converged: whether a solver reached its tolerance; None for models that are not solved to one.
        state: the fitted model by name, where it was asked for: of a network as in ``Trained.state``, of the exact
            logistic regression weights [genes, classes] and intercepts [classes], float64.
    """

    predicted: np.ndarray
    loss: float
    best_epoch: int = 0
    train_loss: np.ndarray = field(default_factory=lambda: np.empty(0))
    tune_loss: np.ndarray = field(default_factory=lambda: np.empty(0))
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


class NetworkFitter:
    """Networks and linear models trained with Adam, all jobs and trials at a time."""

    stops_early = True
    tunable = True

    def __init__(self, model: Network, protocol: Protocol, device: torch.device) -> None:
        self.model, self.settings, self.device = model, protocol.training, device
        self.default = Trial(protocol.network_learning_rate if model.hidden else protocol.linear_learning_rate, 0.0)

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
        members = [
            Member(
                names=job.names,
                fit_rows=job.fit_rows,
                tune_rows=job.tune_rows,
                judge_rows=job.judge_rows,
                learning_rate=trial.learning_rate,
                weight_decay=trial.weight_decay,
                first_weights=job.first_weights,
                start=job.start,
            )
            for job in jobs
            for trial in trials
        ]
        # A copy, because the dataset's own memory is read-only and PyTorch has no such tensors.
        features = torch.tensor(rows.features(), device=self.device)
        classes = torch.tensor(rows.classes(), device=self.device)
        trained = train(
            features,
            classes,
            members,
            self.model,
            n_classes=n_classes,
            settings=self.settings,
            keep_states=keep_states,
        )
        outcomes = [
            Outcome(
                predicted=one.scores.argmax(axis=1),
                loss=one.judge_loss,
                best_epoch=one.best_epoch,
                train_loss=one.train_loss,
                tune_loss=one.tune_loss,
                state=one.state,
            )
            for one in trained
        ]
        return [outcomes[start : start + len(trials)] for start in range(0, len(outcomes), len(trials))]


class ExactFitter:
    """Ridge logistic regression solved to tolerance; the trial's weight decay is the penalty."""

    stops_early = False
    tunable = True

    def __init__(self, model: ExactLogisticRegression) -> None:
        self.default = Trial(float("nan"), model.penalty)

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
        features, classes = rows.features(), rows.classes()
        outcomes = []
        for job in jobs:
            learn = np.concatenate([job.fit_rows, job.tune_rows])
            path = ridge_path(features[learn], classes[learn], [trial.weight_decay for trial in trials], n_classes=n_classes)
            scores = [fit.scores(features[job.judge_rows].astype(np.float64)) for fit in path]
            losses = [weighted_loss(some, classes[job.judge_rows], classes[learn]) for some in scores]
            outcomes.append(
                [
                    Outcome(
                        predicted=some.argmax(axis=1),
                        loss=loss,
                        converged=fit.converged,
                        state={"weights": fit.weights, "intercepts": fit.intercepts} if keep_states else {},
                    )
                    for some, loss, fit in zip(scores, losses, path, strict=True)
                ]
            )
        return outcomes


class ScikitLearnFitter:
    """A scikit-learn classifier with its own settings; nothing is tuned."""

    stops_early = False
    tunable = False
    default = Trial(float("nan"), float("nan"))

    def __init__(self, model: ScikitLearnClassifier) -> None:
        self.model = model

    def fit(
        self,
        rows: FeatureRows,
        jobs: Sequence[Job],
        trials: Sequence[Trial],
        n_classes: int,
        *,
        keep_states: bool = False,
    ) -> list[list[Outcome]]:
        """Fit every job once per trial (there is one, the default): outcomes [job][trial].

        Raises:
            InputError: the fitted classifier is asked for, which has no plain arrays to hand out; or it cannot be fitted.
        """
        if keep_states:
            raise InputError(f"A fitted {self.model.path} cannot be handed out as arrays.")
        features, classes = rows.features(), rows.classes()
        outcomes = []
        for job in jobs:
            learn = np.concatenate([job.fit_rows, job.tune_rows])
            predicted = self.model.fit_and_predict(
                features[learn],
                classes[learn],
                features[job.judge_rows],
                n_classes=n_classes,
                seed=seed_of("scikit-learn", *job.names),
            )
            outcomes.append([Outcome(predicted=predicted, loss=float("nan"))] * len(trials))
        return outcomes


def make_fitter(model: Model, protocol: Protocol, device: torch.device) -> Fitter:
    """Choose the way of fitting for a model."""
    match model:
        case Network():
            return NetworkFitter(model, protocol, device)
        case ExactLogisticRegression():
            return ExactFitter(model)
        case ScikitLearnClassifier():
            return ScikitLearnFitter(model)

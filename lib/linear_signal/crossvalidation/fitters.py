"""One way of fitting per kind of model: networks trained side by side, the exact solver, and scikit-learn's classifiers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol as Interface

import numpy as np
import torch

from linear_signal.crossvalidation.design import Design
from linear_signal.crossvalidation.feature_rows import FeatureRows
from linear_signal.crossvalidation.scores import log_probabilities
from linear_signal.errors import InputError
from linear_signal.models import ExactLogisticRegression, Model, Network, ScikitLearnClassifier
from linear_signal.seeds import seed_of
from linear_signal.training.class_weights import class_weights
from linear_signal.training.constant_answer import constant_losses, left_start
from linear_signal.training.exact.ridge import ridge_path, weighted_loss
from linear_signal.training.hyperparameters import Trial
from linear_signal.training.loop import train
from linear_signal.training.member import Member, Trained
from linear_signal.training.squares import squares_of


@dataclass(frozen=True, eq=False, kw_only=True)
class Job:
    """Samples to learn from and samples to judge on; rows of a ``FeatureRows`` matrix.

    Attributes:
        names: what random numbers are derived from.
        fit_rows, tune_rows: int64; models without early stopping learn from both.
        judge_rows: int64.
        further_rows: int64, predicted besides; they take no part in the loss.
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
            logistic regression weights [genes, classes] and intercepts [classes], and on squares mean and deviation [genes]
            (``SquaredGenes``), float64.
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


class NetworkFitter:
    """Networks and linear models trained with Adam, all jobs and trials at a time."""

    stops_early = True
    tunable = True

    def __init__(self, model: Network, design: Design, device: torch.device) -> None:
        self.model, self.settings, self.device = model, design.training, device
        self.default = Trial(design.network_learning_rate if model.hidden else design.linear_learning_rate, 0.0)

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
                further_rows=job.further_rows,
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
        classes = rows.classes()
        trained = train(
            features,
            torch.tensor(classes, device=self.device),
            members,
            self.model,
            n_classes=n_classes,
            settings=self.settings,
            keep_states=keep_states,
        )
        outcomes = []
        for number, job in enumerate(jobs):
            of_job = trained[number * len(trials) : (number + 1) * len(trials)]
            constant = self._constant_losses(job, classes, of_job, n_classes) if self._may_not_start else None
            outcomes.append(
                [
                    Outcome(
                        predicted=one.scores.argmax(axis=1),
                        further_predicted=one.further_scores.argmax(axis=1),
                        scores=self._kept(one.scores) if job.keep_scores else np.empty((0, 0)),
                        loss=one.judge_loss,
                        best_epoch=one.best_epoch,
                        train_loss=one.train_loss,
                        tune_loss=one.tune_loss,
                        ended_at_last_epoch=not one.out_of_patience,
                        left_start=None if constant is None else left_start(one.train_loss, constant),
                        state=one.state,
                    )
                    for one in of_job
                ]
            )
        return outcomes

    def _kept(self, scores: np.ndarray) -> np.ndarray:
        return log_probabilities(scores) if self.model.loss == "cross_entropy" else scores

    @property
    def _may_not_start(self) -> bool:
        # Without hidden layers the loss is convex, and every small enough step lowers it.
        return bool(self.model.hidden) and self.model.loss == "cross_entropy"

    def _constant_losses(self, job: Job, classes: np.ndarray, trained: Sequence[Trained], n_classes: int) -> np.ndarray:
        return constant_losses(
            job.names,
            job.fit_rows,
            classes,
            class_weights(classes[np.concatenate([job.fit_rows, job.tune_rows])], n_classes),
            batch_size=self.settings.batch_size,
            n_epochs=max(len(one.train_loss) for one in trained),
        )


class ExactFitter:
    """Ridge logistic regression solved to tolerance, on genes or their squares; the trial's weight decay is the penalty."""

    stops_early = False
    tunable = True

    def __init__(self, model: ExactLogisticRegression) -> None:
        self.default, self.squares = Trial(float("nan"), model.penalty), model.features == "squares"

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
            squares = squares_of(features[learn]) if self.squares else None
            learnt, judged, further = (
                squares.apply(features[some]) if squares else features[some]
                for some in (learn, job.judge_rows, job.further_rows)
            )
            path = ridge_path(learnt, classes[learn], [trial.weight_decay for trial in trials], n_classes=n_classes)
            state = {"mean": squares.mean, "deviation": squares.deviation} if squares else {}
            of_trials = []
            for fit in path:
                scores = fit.scores(judged.astype(np.float64))
                of_trials.append(
                    Outcome(
                        predicted=scores.argmax(axis=1),
                        further_predicted=fit.scores(further.astype(np.float64)).argmax(axis=1),
                        scores=log_probabilities(scores) if job.keep_scores else np.empty((0, 0)),
                        loss=weighted_loss(scores, classes[job.judge_rows], classes[learn]),
                        converged=fit.converged,
                        state=state | {"weights": fit.weights, "intercepts": fit.intercepts} if keep_states else {},
                    )
                )
            outcomes.append(of_trials)
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
            answered, scores = self.model.fit_and_predict(
                features[learn],
                classes[learn],
                features[np.concatenate([job.judge_rows, job.further_rows])],
                n_classes=n_classes,
                seed=seed_of("scikit-learn", *job.names),
                n_scored=len(job.judge_rows) if job.keep_scores else 0,
            )
            predicted, further = np.split(answered, [len(job.judge_rows)])
            outcome = Outcome(predicted=predicted, further_predicted=further, scores=scores, loss=float("nan"))
            outcomes.append([outcome] * len(trials))
        return outcomes


def make_fitter(model: Model, design: Design, device: torch.device) -> Fitter:
    """Choose the way of fitting for a model."""
    match model:
        case Network():
            return NetworkFitter(model, design, device)
        case ExactLogisticRegression():
            return ExactFitter(model)
        case ScikitLearnClassifier():
            return ScikitLearnFitter(model)

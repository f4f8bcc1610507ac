"""One way of fitting per kind of model: networks trained side by side, the exact solver, and scikit-learn's classifiers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from linear_signal.crossvalidation.design import Design
from linear_signal.crossvalidation.feature_rows import FeatureRows
from linear_signal.crossvalidation.fit_interface import Fitter, Job, Outcome
from linear_signal.crossvalidation.scores import log_probabilities
from linear_signal.data.row_blocks import taken
from linear_signal.errors import InputError
from linear_signal.models import ExactLogisticRegression, Model, Network, ScikitLearnClassifier
from linear_signal.seeds import seed_of
from linear_signal.training.class_weights import class_weights
from linear_signal.training.constant_answer import constant_losses, left_start
from linear_signal.training.derived_features import LEARN
from linear_signal.training.exact.ridge import ridge_path, weighted_loss
from linear_signal.training.hyperparameters import Trial
from linear_signal.training.loop import train
from linear_signal.training.member import Member, Trained


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
        features, classes, further = rows.features(), rows.classes(), rows.removed()
        if self.device.type != "cpu":
            features, classes, jobs = rows_of(jobs, features, classes)
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
        # The processor reads the features where they lie, in the data set's own memory if need be; a GPU has its own.
        there = (features, classes, further)
        if self.device.type != "cpu":
            there = tuple(torch.tensor(array, device=self.device) for array in there)
        trained = train(
            *there[:2],
            members,
            self.model,
            n_classes=n_classes,
            settings=self.settings,
            further=there[2],
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
    """Ridge logistic regression solved to tolerance, on genes or features of them; the weight decay is the penalty."""

    stops_early = False
    tunable = True

    def __init__(self, model: ExactLogisticRegression) -> None:
        self.default, self.features = Trial(float("nan"), model.penalty), model.features

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
        features, classes, removed = rows.features(), rows.classes(), rows.removed()
        outcomes = []
        for job in jobs:
            learn, penalties = np.concatenate([job.fit_rows, job.tune_rows]), [trial.weight_decay for trial in trials]
            derived, state = None, {}
            if self.features in LEARN:
                learnt = features[learn]
                derived = LEARN[self.features](learnt)
                path = ridge_path(derived.apply(learnt), classes[learn], penalties, n_classes=n_classes)
                state = derived.state
            else:
                path = ridge_path(features, classes[learn], penalties, n_classes=n_classes, rows=learn)
            judged, further = (
                derived.apply(matrix[some]) if derived else taken(matrix, some, dtype=np.float64)
                for matrix, some in ((features, job.judge_rows), (removed, job.further_rows))
            )
            of_trials = []
            for fit in path:
                scores = fit.scores(judged)
                of_trials.append(
                    Outcome(
                        predicted=scores.argmax(axis=1),
                        further_predicted=fit.scores(further).argmax(axis=1),
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
        features, classes, removed = rows.features(), rows.classes(), rows.removed()
        outcomes = []
        for job in jobs:
            learn = np.concatenate([job.fit_rows, job.tune_rows])
            judged = features[job.judge_rows]
            if len(job.further_rows):
                judged = np.concatenate([judged, removed[job.further_rows]])
            answered, scores = self.model.fit_and_predict(
                features[learn],
                classes[learn],
                judged,
                n_classes=n_classes,
                seed=seed_of("scikit-learn", *job.names),
                n_scored=len(job.judge_rows) if job.keep_scores else 0,
            )
            predicted, further = np.split(answered, [len(job.judge_rows)])
            outcome = Outcome(predicted=predicted, further_predicted=further, scores=scores, loss=float("nan"))
            outcomes.append([outcome] * len(trials))
        return outcomes


def rows_of(jobs: Sequence[Job], features: np.ndarray, classes: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[Job]]:
    """Cut a matrix that many tasks share to the rows that the jobs need, for where it has to be copied anyhow."""
    kinds = ("fit_rows", "tune_rows", "judge_rows")
    used = np.unique(np.concatenate([getattr(job, kind) for job in jobs for kind in kinds]))
    moved = [replace(job, **{kind: np.searchsorted(used, getattr(job, kind)) for kind in kinds}) for job in jobs]
    return features[used], classes[used], moved


def make_fitter(model: Model, design: Design, device: torch.device) -> Fitter:
    """Choose the way of fitting for a model."""
    match model:
        case Network():
            return NetworkFitter(model, design, device)
        case ExactLogisticRegression():
            return ExactFitter(model)
        case ScikitLearnClassifier():
            return ScikitLearnFitter(model)

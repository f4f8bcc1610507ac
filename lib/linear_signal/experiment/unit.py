"""Compute one unit: tune inside the training folds, then fit at every training fraction and judge on the validation fold."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import torch
from sklearn.metrics import accuracy_score, recall_score

from linear_signal.data.preprocessing import ZeroOneScaling
from linear_signal.data.splits import (
    Fold,
    inner_folds,
    outer_folds,
    training_fractions,
    tune_set,
    unit_groups,
    with_pretraining,
)
from linear_signal.experiment.feature_rows import FeatureRows
from linear_signal.experiment.fitters import Fitter, Job, Outcome, make_fitter
from linear_signal.experiment.plan import Unit
from linear_signal.experiment.protocol import PRETRAINING
from linear_signal.experiment.provenance import run_record
from linear_signal.models import find_model
from linear_signal.training.hyperparameters import Trial, draw_trials


@dataclass(frozen=True, eq=False, kw_only=True)
class UnitResult:
    """All that a unit leaves behind; the tables lack the columns that name the unit.

    Attributes:
        fits: one row per training fraction; ``converged`` is missing where nothing is solved to a tolerance.
        trials: one row per setting tried; ``converged`` if the setting did on all inner folds.
        trial_folds: one row per setting tried and inner fold: its loss there, and on how many samples.
        epochs: one row per training fraction and epoch: training and tune loss.
        tuning_epochs: one row per setting tried, inner fold and epoch: training and tune loss.
        predictions: one row per training fraction and validation sample.
        run: when, where, from what and with what it was computed, and how long it took.
        models: fitted models by training fraction, each as arrays by name (``Outcome.state``); empty unless the unit asks
            for them, and not part of what the store keeps.
        scalings: how each of these models sees raw values, by training fraction; without those that see them as they are.
    """

    fits: pd.DataFrame
    trials: pd.DataFrame
    trial_folds: pd.DataFrame
    epochs: pd.DataFrame
    tuning_epochs: pd.DataFrame
    predictions: pd.DataFrame
    run: dict[str, Any]
    models: dict[float, dict[str, np.ndarray]] = field(default_factory=dict)
    scalings: dict[float, ZeroOneScaling] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class _Tuning:
    chosen: Trial
    trials: pd.DataFrame = field(default_factory=pd.DataFrame)
    trial_folds: pd.DataFrame = field(default_factory=pd.DataFrame)
    epochs: pd.DataFrame = field(default_factory=pd.DataFrame)


def compute(unit: Unit, *, device: torch.device) -> UnitResult:
    """Compute a unit from nothing but its settings and its task."""
    start = time.perf_counter()
    task, protocol = unit.task, unit.protocol
    folds = outer_folds(task, split=protocol.split, n_folds=protocol.n_folds, seed=unit.seed)
    fold = with_pretraining(folds, unit.fold) if unit.condition in PRETRAINING else folds[unit.fold]
    fitter = make_fitter(find_model(unit.model), protocol, device)
    tuning = _tune(unit, folds, fitter)
    fits, epochs, predictions, models, scalings = _fit(unit, fold, fitter, tuning.chosen)
    return UnitResult(
        # Nullable: an object column of None and bool would change its type with every table it is put beside.
        fits=pd.DataFrame(fits).astype({"converged": "boolean"}),
        trials=tuning.trials,
        trial_folds=tuning.trial_folds,
        epochs=pd.concat(epochs, ignore_index=True),
        tuning_epochs=tuning.epochs,
        predictions=pd.concat(predictions, ignore_index=True),
        run=run_record(unit, device, seconds=time.perf_counter() - start),
        models=models,
        scalings=scalings,
    )


def balanced_accuracy(classes: np.ndarray, predicted: np.ndarray) -> float:
    """Mean recall over the classes that are present in ``classes``.

    >>> balanced_accuracy(np.array([0] * 9 + [1]), np.array([0] * 8 + [1, 0])).__round__(2)
    0.44
    """
    return float(recall_score(classes, predicted, labels=np.unique(classes), average="macro"))


def _tune(unit: Unit, folds: list[Fold], fitter: Fitter) -> _Tuning:
    """Choose the setting with the smallest loss, averaged over the inner folds."""
    task, protocol = unit.task, unit.protocol
    if not protocol.n_trials or not fitter.tunable:
        return _Tuning(fitter.default)
    condition = "full" if protocol.tune_on == "full" else unit.condition
    rows = FeatureRows(task, condition, engine=protocol.removal_engine, scale_on=protocol.scale_on)
    jobs, judged, numbers = [], [], []
    for number, inner in enumerate(inner_folds(folds, unit.fold, n_inner=protocol.n_inner_folds)):
        job = _job(unit, rows, inner.train, inner.validation, fitter, ("inner", number))
        if job is not None:
            jobs.append(job)
            judged.append(inner.validation)
            numbers.append(number)
    if not jobs:
        return _Tuning(fitter.default)
    trials = draw_trials(
        protocol.n_trials,
        learning_rate_range=protocol.learning_rate_range,
        weight_decay_range=protocol.weight_decay_range,
        names=unit.names,
    )
    outcomes = fitter.fit(rows, jobs, trials, task.n_classes)
    losses = np.array([[outcome.loss for outcome in of_job] for of_job in outcomes]).mean(axis=0)
    losses = np.where(np.isfinite(losses), losses, np.inf)
    accuracies = [
        [balanced_accuracy(task.classes[on], outcome.predicted) for outcome in of_job]
        for of_job, on in zip(outcomes, judged, strict=True)
    ]
    best = int(losses.argmin())
    table = pd.DataFrame(
        {
            "trial": np.arange(len(trials)),
            # Where no epochs are run there is no learning rate.
            "learning_rate": [trial.learning_rate if fitter.stops_early else np.nan for trial in trials],
            "weight_decay": [trial.weight_decay for trial in trials],
            "inner_loss": losses,
            "inner_balanced_accuracy": np.mean(accuracies, axis=0),
            "inner_folds": len(jobs),
            "converged": pd.array([_all_converged(of_trial) for of_trial in zip(*outcomes, strict=True)], dtype="boolean"),
            "chosen": np.arange(len(trials)) == best,
        }
    )
    # Of all inner folds together, trial by trial: a reader of a trial finds its folds below one another.
    places = [(trial, place) for trial in range(len(trials)) for place in range(len(jobs))]
    trial_folds = pd.DataFrame(
        {
            "trial": trial,
            "inner_fold": numbers[place],
            "loss": outcomes[place][trial].loss,
            "balanced_accuracy": accuracies[place][trial],
            "epochs": len(outcomes[place][trial].tune_loss),
            "best_epoch": outcomes[place][trial].best_epoch,
            "fit_samples": len(jobs[place].fit_rows),
            "tune_samples": len(jobs[place].tune_rows),
            "judged_samples": len(jobs[place].judge_rows),
        }
        for trial, place in places
    )
    epochs = [
        _epoch_table(outcomes[place][trial], trial=trial, inner_fold=numbers[place])
        for trial, place in places
        if len(outcomes[place][trial].tune_loss)
    ]
    return _Tuning(
        Trial(float(table.learning_rate[best]), trials[best].weight_decay),
        table,
        trial_folds,
        pd.concat(epochs, ignore_index=True) if epochs else pd.DataFrame(),
    )


def _all_converged(outcomes: Sequence[Outcome]) -> bool | None:
    """Say whether all did; None where the model is not solved to a tolerance."""
    return None if outcomes[0].converged is None else all(outcome.converged for outcome in outcomes)


def _fit(unit: Unit, fold: Fold, fitter: Fitter, chosen: Trial) -> tuple[list[dict], list, list, dict, dict]:
    task, protocol = unit.task, unit.protocol
    rows = FeatureRows(task, unit.condition, engine=protocol.removal_engine, scale_on=protocol.scale_on)
    cuts = training_fractions(fold.train, protocol.fractions, names=unit.names)
    jobs = {
        fraction: _job(unit, rows, cut, fold.validation, fitter, ("fraction", str(fraction)))
        for fraction, cut in cuts.items()
    }
    possible = {fraction: job for fraction, job in jobs.items() if job is not None}
    pretraining = None
    if unit.condition in PRETRAINING:
        possible, pretraining = _pretrained(unit, rows, fold, fitter, possible, chosen)
    outcomes = (
        fitter.fit(rows, list(possible.values()), [chosen], task.n_classes, keep_states=unit.keep_models) if possible else []
    )
    by_fraction = {fraction: of_job[0] for fraction, of_job in zip(possible, outcomes, strict=True)}
    groups = unit_groups(task, protocol.split)
    truth = task.classes[fold.validation]
    fits, epochs, predictions = [], [], []
    for fraction, cut in cuts.items():
        job = possible.get(fraction)
        pretrained = pretraining is not None and job is not None
        record: dict[str, Any] = {
            "fraction": fraction,
            "balanced_accuracy": np.nan,
            "accuracy": np.nan,
            "naive_accuracy": task.naive_accuracy,
            "learning_rate": chosen.learning_rate,
            "weight_decay": chosen.weight_decay,
            "train_samples": len(cut),
            "train_groups": len(np.unique(groups[cut])),
            "fit_samples": len(job.fit_rows) if job else 0,
            "tune_samples": len(job.tune_rows) if job else 0,
            "pretraining_samples": len(fold.pretrain) if pretrained else 0,
            "pretraining_epochs": len(pretraining.tune_loss) if pretrained else 0,
            "validation_samples": len(fold.validation),
            "validation_groups": len(np.unique(groups[fold.validation])),
            "n_classes": task.n_classes,
            "classes_missing_in_training": task.n_classes - len(np.unique(task.classes[cut])),
            "classes_missing_in_validation": task.n_classes - len(np.unique(truth)),
            "epochs": 0,
            "best_epoch": 0,
            "converged": None,
        }
        if job:
            outcome = by_fraction[fraction]
            record |= {
                "balanced_accuracy": balanced_accuracy(truth, outcome.predicted),
                "accuracy": float(accuracy_score(truth, outcome.predicted)),
                "epochs": len(outcome.tune_loss),
                "best_epoch": outcome.best_epoch,
                "converged": outcome.converged,
            }
            epochs.append(_epoch_table(outcome, fraction=fraction))
            predictions.append(_prediction_table(unit, fraction, fold.validation, outcome.predicted))
        fits.append(record)
    models = {fraction: outcome.state for fraction, outcome in by_fraction.items() if outcome.state}
    scalings = {fraction: rows.scaling(cuts[fraction]) for fraction in models}
    scalings = {fraction: scaling for fraction, scaling in scalings.items() if scaling is not None}
    return fits, epochs or [pd.DataFrame()], predictions or [pd.DataFrame()], models, scalings


def _pretrained(
    unit: Unit, rows: FeatureRows, fold: Fold, fitter: Fitter, jobs: dict[float, Job], chosen: Trial
) -> tuple[dict[float, Job], Outcome | None]:
    """Give all jobs one start: the first weights of this seed and fold, or what the pretraining folds made of them.

    Both conditions start from the same first weights and meet the same samples in the same order afterwards.
    """
    first_weights = (*unit.names, "first weights")
    alike = {fraction: replace(job, first_weights=first_weights) for fraction, job in jobs.items()}
    if unit.condition == "not_pretrained" or not jobs:
        return alike, None
    before = _job(unit, rows, fold.pretrain, fold.validation, fitter, ("pretraining",))
    if before is None:
        return {}, None
    job = replace(before, first_weights=first_weights)
    [[outcome]] = fitter.fit(rows, [job], [chosen], unit.task.n_classes, keep_states=True)
    return {fraction: replace(job, start=outcome.state) for fraction, job in alike.items()}, outcome


def _job(
    unit: Unit, rows: FeatureRows, train: np.ndarray, judge: np.ndarray, fitter: Fitter, purpose: tuple[str | int, ...]
) -> Job | None:
    """Prepare samples to learn from and to judge on; None where one of the sets would hold a single class."""
    classes = unit.task.classes
    if min(len(np.unique(classes[train])), len(np.unique(classes[judge]))) < 2:
        return None
    names = (*unit.names, *purpose)
    fit, tune = train, train[:0]
    if fitter.stops_early:
        held_out = tune_set(unit.task, train, names=names, split=unit.protocol.split, share=unit.protocol.tune_share)
        if held_out is None:
            return None
        fit, tune = held_out
    return Job(
        names=names,
        fit_rows=rows.add(fit, learnt_from=train),
        tune_rows=rows.add(tune, learnt_from=train) if len(tune) else tune,
        judge_rows=rows.add(judge, learnt_from=train),
    )


def _epoch_table(outcome: Outcome, **names: float) -> pd.DataFrame:
    epochs = np.arange(1, len(outcome.tune_loss) + 1)
    return pd.DataFrame({**names, "epoch": epochs, "train_loss": outcome.train_loss, "tune_loss": outcome.tune_loss})


def _prediction_table(unit: Unit, fraction: float, rows: np.ndarray, predicted: np.ndarray) -> pd.DataFrame:
    names = np.array(unit.task.class_names)
    return pd.DataFrame(
        {
            "fraction": fraction,
            "sample_id": unit.task.dataset.sample_ids[rows],
            "label": names[unit.task.classes[rows]],
            "predicted": names[predicted],
        }
    )

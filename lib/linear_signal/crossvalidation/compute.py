"""Compute a unit of cross-validation: tune inside the training folds, fit every fraction, judge on the validation fold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import torch

from linear_signal.crossvalidation.before_and_after_fits import balanced_accuracy, epoch_table, make_job
from linear_signal.crossvalidation.design import OF_ENGINE
from linear_signal.crossvalidation.feature_rows import FeatureRows, feature_rows
from linear_signal.crossvalidation.fit_interface import Fitter, Job, Outcome
from linear_signal.crossvalidation.model_fitters import make_fitter
from linear_signal.crossvalidation.scores import keeps, score_table
from linear_signal.crossvalidation.tuning import Tuning, tune
from linear_signal.crossvalidation.unit import CrossValidationUnit
from linear_signal.crossvalidation.unit_rows import FitRows, UnitRows, unit_rows
from linear_signal.data.signal_removal import limma_versions
from linear_signal.errors import InputError
from linear_signal.experiment.provenance import version_or_unknown
from linear_signal.models import Model, ScikitLearnClassifier, definition, find_model
from linear_signal.training.hyperparameters import Trial


def compute_tables(unit: CrossValidationUnit, device: torch.device) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """Compute a unit from nothing but its settings and its task.

    Returns:
        Tables by name, which lack the columns that name the unit:

        - fits: one row per training fraction. ``balanced_accuracy_on_removed``: that of the model trained with full signal
          on the validation samples without theirs, of linear models (NaN elsewhere).
          ``naive_accuracy``: of a constant answer. ``at_edge``: as of a ``Tuning``. ``smallest_class_groups``: of the task.
          ``predicted_classes``: different classes among the predictions; 0 without a fit. ``ended_at_last_epoch``,
          ``failed_training`` (never left its start, though there was something to learn) and ``converged`` are missing for
          models without epochs, without hidden layers, and not solved to a tolerance;
        - trials: one row per setting tried; ``converged`` if the setting did on all inner folds;
        - trial_folds: one row per setting tried and inner fold: its loss there, and on how many samples;
        - epochs: one row per training fraction and epoch: training and tune loss;
        - tuning_epochs: one row per setting tried, inner fold and epoch: training and tune loss;
        - predictions: one row per training fraction and validation sample;
        - scores: as ``score_table``, of the fits whose scores are kept.

        And by-products: models, fitted ones by training fraction, each as arrays by name (``Outcome.state``), none unless
        the unit asks for them; scalings, how each of these sees raw values, without those that see them as they are.

    Raises:
        InputError: the model is another one here than where the unit was planned, or cannot be fitted.
    """
    fitter = make_fitter(_model_of(unit), unit.design, device)
    is_tuned = fitter.tunable and unit.design.n_trials > 0
    rows = unit_rows(unit, stops_early=fitter.stops_early, is_tuned=is_tuned)
    tuning = tune(unit, rows.inner, fitter)
    tables, by_products = _fit(unit, rows, fitter, tuning)
    tuned = {"trials": tuning.trials, "trial_folds": tuning.trial_folds, "tuning_epochs": tuning.epochs}
    return {**tables, **tuned}, by_products


def origin_of(unit: CrossValidationUnit, device: torch.device) -> dict[str, Any]:
    """Say where the samples come from (``data``), and versions of what only some units rest on (``versions``).

    The latter are R with limma, and the package of a classifier named by path.
    """
    dataset, further = unit.task.dataset, {}
    if unit.design.removal_engine == "limma" and (unit.signal in OF_ENGINE or unit.is_judged_on_removed):
        further |= limma_versions()
    model = find_model(unit.model, unit.allow_models)
    if isinstance(model, ScikitLearnClassifier):
        package = model.path.partition(".")[0]
        if package != "sklearn":
            further[package] = version_or_unknown(package)
    data = {
        "name": dataset.name,
        "fingerprint": unit.task.fingerprint,
        "source": dataset.source,
        "synthetic": dataset.synthetic,
        "notes": [*dataset.notes, *unit.task.notes],
        "samples": unit.task.n_samples,
        "genes": dataset.n_genes,
    }
    return {"data": data, "versions": further}


def _model_of(unit: CrossValidationUnit) -> Model:
    """Find the model, and make sure that it is what the key of the unit says: this may be another process, or machine."""
    if definition(unit.model, unit.allow_models) != unit.definition:
        raise InputError(
            f"The model {unit.model} is not the same where it was planned and where it is computed: its package was edited "
            "in between, or differs between machines. Run the chapter again, with one version everywhere."
        )
    return find_model(unit.model, unit.allow_models)


def _fit(unit: CrossValidationUnit, rows: UnitRows, fitter: Fitter, tuning: Tuning) -> tuple[dict[str, pd.DataFrame], dict]:
    task, design, chosen, fold = unit.task, unit.design, tuning.chosen, rows.fold
    features = feature_rows(task, unit.signal, design)
    also_removed = unit.is_judged_on_removed
    possible = {
        fraction: make_job(
            features, one, also_removed=also_removed, keep_scores=keeps(unit.keep_scores, fraction, design.fractions)
        )
        for fraction, one in rows.finals.items()
        if one.is_possible
    }
    pretraining = None
    if design.set_aside_for_pretraining:
        possible, pretraining = _pretrained(unit, features, rows.pretraining, fitter, possible, chosen)
    outcomes = (
        fitter.fit(features, list(possible.values()), [chosen], task.n_classes, keep_states=unit.keep_models)
        if possible
        else []
    )
    by_fraction = {fraction: of_job[0] for fraction, of_job in zip(possible, outcomes, strict=True)}
    groups = design.split.groups(task)
    fewest = design.split.smallest_class_groups(task)
    truth = task.classes[fold.validation]
    fits, epochs, predictions, scores = [], [], [], []
    for fraction, cut in ((fraction, one.train) for fraction, one in rows.finals.items()):
        job = possible.get(fraction)
        pretrained = pretraining is not None and job is not None
        record: dict[str, Any] = {
            "fraction": fraction,
            "balanced_accuracy": np.nan,
            "accuracy": np.nan,
            "balanced_accuracy_on_removed": np.nan,
            # What any constant answer gets: balanced accuracy is the mean over the classes that are there.
            "naive_accuracy": 1 / len(np.unique(truth)),
            "learning_rate": chosen.learning_rate,
            "weight_decay": chosen.weight_decay,
            "at_edge": tuning.at_edge,
            "train_samples": len(cut),
            "train_groups": len(np.unique(groups[cut])),
            "fit_samples": len(job.fit_rows) if job else 0,
            "tune_samples": len(job.tune_rows) if job else 0,
            "pretraining_samples": len(fold.pretrain) if pretrained else 0,
            "pretraining_epochs": len(pretraining.tune_loss) if pretrained else 0,
            "validation_samples": len(fold.validation),
            "left_out_samples": len(fold.left_out),
            "validation_groups": len(np.unique(groups[fold.validation])),
            "smallest_class_groups": fewest,
            "n_classes": task.n_classes,
            "classes_missing_in_training": task.n_classes - len(np.unique(task.classes[cut])),
            "classes_missing_in_validation": task.n_classes - len(np.unique(truth)),
            "predicted_classes": 0,
            "epochs": 0,
            "best_epoch": 0,
            "ended_at_last_epoch": None,
            "failed_training": None,
            "converged": None,
        }
        if job:
            outcome = by_fraction[fraction]
            record |= {
                "balanced_accuracy": balanced_accuracy(truth, outcome.predicted),
                "accuracy": float(np.mean(outcome.predicted == truth)),
                "predicted_classes": len(np.unique(outcome.predicted)),
                "epochs": len(outcome.tune_loss),
                "best_epoch": outcome.best_epoch,
                "ended_at_last_epoch": outcome.ended_at_last_epoch,
                "failed_training": None if outcome.left_start is None else not outcome.left_start and tuning.to_be_learnt,
                "converged": outcome.converged,
            }
            if also_removed:
                record["balanced_accuracy_on_removed"] = balanced_accuracy(truth, outcome.further_predicted)
            epochs.append(epoch_table(outcome, fraction=fraction))
            predictions.append(_prediction_table(unit, fraction, fold.validation, outcome.predicted))
            if job.keep_scores:
                scores.append(score_table(fraction, task.sample_ids[fold.validation], outcome.scores))
        fits.append(record)
    models = {fraction: outcome.state for fraction, outcome in by_fraction.items() if outcome.state}
    scalings = {fraction: features.scaling(rows.finals[fraction].train) for fraction in models}
    scalings = {fraction: scaling for fraction, scaling in scalings.items() if scaling is not None}
    tables = {"epochs": epochs, "predictions": predictions, "scores": scores}
    tables = {name: pd.concat(parts, ignore_index=True) if parts else pd.DataFrame() for name, parts in tables.items()}
    return {"fits": _fit_table(fits), **tables}, {"models": models, "scalings": scalings}


def _pretrained(
    unit: CrossValidationUnit,
    features: FeatureRows,
    before: FitRows | None,
    fitter: Fitter,
    jobs: dict[float, Job],
    chosen: Trial,
) -> tuple[dict[float, Job], Outcome | None]:
    """Give all jobs one start: the first weights of this seed and fold, or what the pretraining folds made of them.

    Pretrained or not, they start from the same first weights, and meet the same samples in the same order afterwards.
    """
    first_weights = (*unit.seed_names, "first weights")
    alike = {fraction: replace(job, first_weights=first_weights) for fraction, job in jobs.items()}
    if before is None or not jobs:
        return alike, None
    if not before.is_possible:
        return {}, None
    job = replace(make_job(features, before), first_weights=first_weights)
    [[outcome]] = fitter.fit(features, [job], [chosen], unit.task.n_classes, keep_states=True)
    return {fraction: replace(job, start=outcome.state) for fraction, job in alike.items()}, outcome


def _fit_table(fits: list[dict[str, Any]]) -> pd.DataFrame:
    columns = {name: [fit[name] for fit in fits] for name in fits[0]}
    # Nullable: an object column of None and bool would change its type with every table it is put beside.
    nullable = ("ended_at_last_epoch", "failed_training", "converged")
    return pd.DataFrame(columns | {name: pd.array(columns[name], dtype="boolean") for name in nullable})


def _prediction_table(unit: CrossValidationUnit, fraction: float, rows: np.ndarray, predicted: np.ndarray) -> pd.DataFrame:
    names = np.array(unit.task.class_names)
    return pd.DataFrame(
        {
            "fraction": fraction,
            "sample_id": unit.task.sample_ids[rows],
            "label": names[unit.task.classes[rows]],
            "predicted": names[predicted],
        }
    )

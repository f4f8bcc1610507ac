"""Tuning: the setting of learning rate and weight decay that does best on the inner folds of a unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from linear_signal.crossvalidation.before_and_after_fits import balanced_accuracy, epoch_table, make_job
from linear_signal.crossvalidation.feature_rows import feature_rows
from linear_signal.crossvalidation.fit_interface import Fitter, Outcome
from linear_signal.crossvalidation.unit import CrossValidationUnit
from linear_signal.crossvalidation.unit_rows import FitRows
from linear_signal.training.hyperparameters import Trial, draw_trials

_EDGE = 0.1  # share of a range, on the log scale, that counts as its edge


@dataclass(frozen=True, eq=False)
class Tuning:
    """The setting that was chosen, and the tables of those that were tried (``UnitResult``).

    Attributes:
        chosen: the setting.
        at_edge: "lower" or "upper" where its learning rate, or for a model without one its penalty, lies in the outermost
            tenth of the range on the log scale; "" elsewhere, and where nothing was tuned.
        to_be_learnt: False where a network with this setting never left its start on any inner fold while another setting
            did: a constant answer was the best, as it is where there is nothing to find, and not for want of training.
    """

    chosen: Trial
    at_edge: str = ""
    to_be_learnt: bool = True
    trials: pd.DataFrame = field(default_factory=pd.DataFrame)
    trial_folds: pd.DataFrame = field(default_factory=pd.DataFrame)
    epochs: pd.DataFrame = field(default_factory=pd.DataFrame)


def tune(unit: CrossValidationUnit, inner: Mapping[int, FitRows], fitter: Fitter) -> Tuning:
    """Choose the setting with the smallest loss, averaged over the inner folds (``UnitRows.inner``)."""
    task, design = unit.task, unit.design
    if not inner:
        return Tuning(fitter.default)
    signal = "full" if design.tune_on == "full" else unit.signal
    rows = feature_rows(task, signal, design)
    numbers, jobs = list(inner), [make_job(rows, one) for one in inner.values()]
    trials = draw_trials(
        design.n_trials,
        learning_rate_range=design.learning_rate_range,
        weight_decay_range=design.weight_decay_range,
        names=unit.seed_names,
    )
    outcomes = fitter.fit(rows, jobs, trials, task.n_classes)
    losses = np.array([[outcome.loss for outcome in of_job] for of_job in outcomes]).mean(axis=0)
    losses = np.where(np.isfinite(losses), losses, np.inf)
    accuracies = [
        [balanced_accuracy(task.classes[one.judge], outcome.predicted) for outcome in of_job]
        for of_job, one in zip(outcomes, inner.values(), strict=True)
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
        epoch_table(outcomes[place][trial], trial=trial, inner_fold=numbers[place])
        for trial, place in places
        if len(outcomes[place][trial].tune_loss)
    ]
    learnt = [any(outcome.left_start is not False for outcome in of_trial) for of_trial in zip(*outcomes, strict=True)]
    chosen = Trial(float(table.learning_rate[best]), trials[best].weight_decay)
    return Tuning(
        chosen,
        _edge(chosen.learning_rate, design.learning_rate_range)
        if fitter.stops_early
        else _edge(chosen.weight_decay, design.weight_decay_range),
        learnt[best] or not any(learnt),
        table,
        trial_folds,
        pd.concat(epochs, ignore_index=True) if epochs else pd.DataFrame(),
    )


def _edge(value: float, bounds: tuple[float, float]) -> str:
    """Say whether a value lies in the outermost tenth of a range, on the log scale."""
    place = (np.log(value) - np.log(bounds[0])) / (np.log(bounds[1]) - np.log(bounds[0]))
    return "lower" if place < _EDGE else "upper" if place > 1 - _EDGE else ""


def _all_converged(outcomes: Sequence[Outcome]) -> bool | None:
    """Say whether all did; None where the model is not solved to a tolerance."""
    return None if outcomes[0].converged is None else all(outcome.converged for outcome in outcomes)

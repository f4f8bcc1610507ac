"""The plan of a nested cross-validation: every unit of work it consists of, known and checked before anything runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from linear_signal.crossvalidation.best_so_far import BestSoFar
from linear_signal.crossvalidation.design import PRETRAINING, RENAMED, SIGNALS, Design
from linear_signal.crossvalidation.scores import KEEP_SCORES
from linear_signal.crossvalidation.unit import CrossValidationUnit
from linear_signal.data.tasks import Task
from linear_signal.errors import InputError, listed, unknown
from linear_signal.experiment.plan import Plan
from linear_signal.experiment.unit import UnitResult
from linear_signal.models import Network, check_model, find_model
from linear_signal.numbers import TIMES
from linear_signal.stored_names import stored_design

if TYPE_CHECKING:
    from linear_signal.experiment.execution import Execution
    from linear_signal.experiment.expected_time import ExpectedTime

# Beyond the largest plan anybody could compute; a list of so many units fits into memory.
MOST_UNITS = 1_000_000
FEWEST_SAMPLES = 4


@dataclass(frozen=True, eq=False)
class CrossValidationPlan(Plan):
    """A list of units with one design."""

    units: tuple[CrossValidationUnit, ...]
    design: Design

    @property
    def n_fits(self) -> int:
        """Number of trained models that end up in the results table."""
        return len(self.units) * len(self.design.fractions)

    @property
    def n_tuning_fits(self) -> int:
        """Number of models trained only to choose hyperparameters."""
        return sum(unit.n_tuning_fits for unit in self.units)

    def summary(self) -> str:
        """One sentence on the size of the plan."""

        def count(values: set, noun: str) -> str:
            return f"{len(values)} {noun}{'' if len(values) == 1 else 's'}"

        kinds, set_aside = {unit.pretraining for unit in self.units}, self.design.set_aside_for_pretraining
        parts = (
            count({unit.task.name for unit in self.units}, "task"),
            count({unit.model for unit in self.units}, "model"),
            count({unit.signal for unit in self.units}, "signal"),
            *([f"{len(kinds)} kind{'' if len(kinds) == 1 else 's'} of pretraining"] if set_aside else []),
            count({unit.seed for unit in self.units}, "seed"),
            count({unit.fold for unit in self.units}, "fold"),
            count(set(self.design.fractions), "training-set size"),
        )
        return f"{f' {TIMES} '.join(parts)}: {self.n_fits:,} fits, after {self.n_tuning_fits:,} to choose hyperparameters."

    def parameters(self) -> dict[str, Any]:
        """The design as plain values, for the record, by the names that stored results know."""
        return {"protocol": stored_design(self.design.as_dict())}

    def expected_time(self, units: Sequence[CrossValidationUnit], place: Execution) -> ExpectedTime | None:
        """Foretell how long units take there, from a short calibration; None where that is not worth the while."""
        from linear_signal.crossvalidation.expected_time import expected_time, worth_calibrating

        return expected_time(units, place) if worth_calibrating(units) else None

    def watcher(self) -> Callable[[CrossValidationUnit, UnitResult], str]:
        """Return what names the best model so far as units are done."""
        return BestSoFar().add


def make_plan(
    tasks: Sequence[Task],
    *,
    models: Sequence[str],
    signals: Sequence[str] = ("full", "removed"),
    pretraining: Sequence[str] = ("none",),
    seeds: Sequence[int] = (0, 1, 2),
    design: Design | None = None,
    allow_models: Sequence[str] = (),
    keep_scores: str = "largest",
) -> CrossValidationPlan:
    """List the units of an experiment; whatever cannot run is found here, before any compute.

    Args:
        tasks, models, signals, pretraining, seeds: every combination of them is computed, on every fold.
        design: of all units; with pretraining half of the training folds are set aside for it, in all of them.
        allow_models: packages beside scikit-learn that models may be imported from.
        keep_scores: of which fits the scores per class are kept: "largest" (training set), "all" or "none".

    Raises:
        InputError: no task, an unknown or repeated model, signal or pretraining, a model that cannot be trained, two tasks
            of the same name, an unknown keep_scores, fewer groups than folds, too few samples at a training fraction, or
            pretraining that cannot be: tuned, in an even number of folds, or of models that have no first weights.
    """
    design = (design or Design()).for_pretraining(pretraining)
    if keep_scores not in KEEP_SCORES:
        raise unknown("keep_scores", keep_scores, KEEP_SCORES)
    n_units = len(tasks) * len(models) * len(signals) * len(pretraining) * len(seeds) * design.n_folds
    for kind, values in (
        ("task", [task.name for task in tasks]),
        ("model", models),
        ("signal", signals),
        ("kind of pretraining", pretraining),
        ("seed", seeds),
    ):
        if not values:
            raise InputError(f"The plan has no {kind}; at least one is needed.")
        if len(values) > MOST_UNITS:
            raise InputError(
                f"The plan names a {kind} {len(values):,} times; at most {MOST_UNITS:,} units of work are allowed."
            )
        twice = [value for value, count in Counter(values).items() if count > 1]
        if twice:
            raise InputError(f"The plan names a {kind} twice: {listed(twice)}.")
    if n_units > MOST_UNITS:
        raise InputError(f"The plan has {n_units:,} units of work; at most {MOST_UNITS:,} are allowed. Ask for less.")
    for model in models:
        check_model(model, allow_models)
    for kind, values, allowed in (("signal", signals, SIGNALS), ("pretraining", pretraining, PRETRAINING)):
        for value in values:
            if value not in allowed:
                raise unknown(kind, value, allowed, renamed=RENAMED)
    if design.set_aside_for_pretraining:
        _check_pretraining(models, design, allow_models)
    for task in tasks:
        folds = design.split.folds(task, n_folds=design.n_folds, seed=seeds[0])
        _check_sizes(task, [len(fold.train) for fold in folds], design.fractions)
        if design.set_aside_for_pretraining:
            design.split.with_pretraining(folds, 0)
    units = tuple(
        CrossValidationUnit(
            task=task,
            model=model,
            signal=signal,
            pretraining=start,
            seed=seed,
            fold=fold,
            design=design,
            allow_models=tuple(allow_models),
            keep_scores=keep_scores,
        )
        for task in tasks
        for signal in signals
        for start in pretraining
        for model in models
        for seed in seeds
        for fold in range(design.n_folds)
    )
    return CrossValidationPlan(units, design)


def _check_sizes(task: Task, train_samples: Sequence[int], fractions: Sequence[float]) -> None:
    smallest = round(min(fractions) * min(train_samples))
    if smallest < FEWEST_SAMPLES:
        raise InputError(
            f"fractions begin with {min(fractions)}, which of the {min(train_samples):,} training samples of {task.name!r} "
            f"leaves {smallest}. A fit needs at least {FEWEST_SAMPLES}: two classes to learn from, and two to stop by. Use "
            f"{-(-1000 * FEWEST_SAMPLES // min(train_samples)) / 1000} or more."
        )


def _check_pretraining(models: Sequence[str], design: Design, allow_models: Sequence[str]) -> None:
    for model in models:
        if not isinstance(find_model(model, allow_models), Network):
            raise InputError(
                f"Model {model!r} cannot be pretrained: its solution does not depend on where it starts. Leave it out; "
                "models trained with Adam can be pretrained."
            )
    if design.scale_on == "train":
        raise InputError(
            "scale_on is 'train'; the samples of the two trainings would have scales of their own, and the second would "
            "meet genes it does not know. Set scale_on to 'all'."
        )
    if design.n_trials:
        raise InputError(
            f"n_trials is {design.n_trials}; pretraining and its control share fixed learning rates. Set n_trials to 0 "
            "and linear_learning_rate and network_learning_rate to what you want."
        )

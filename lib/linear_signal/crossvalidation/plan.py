"""The plan: every unit of work an experiment consists of, known and checked before anything runs."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from linear_signal.crossvalidation.design import CONDITIONS, NUMERICS_VERSION, PRETRAINING, Protocol
from linear_signal.data.splits import outer_folds, with_pretraining
from linear_signal.data.tasks import Task
from linear_signal.errors import InputError, listed, unknown
from linear_signal.models import MODELS, Network, check_model, definition
from linear_signal.names import model_family
from linear_signal.numbers import TIMES

# Beyond the largest plan anybody could compute; a list of so many units fits into memory.
MOST_UNITS = 1_000_000
FEWEST_SAMPLES = 4


@dataclass(frozen=True, eq=False, kw_only=True)
class Unit:
    """What is computed and stored together: one tuning and the fits at all training fractions of one outer fold.

    Attributes:
        keep_models: whether the fitted models come back with the result; decides no number and is not part of the key.
        allow_models: packages beside scikit-learn from which the model may be imported; no part of the key either.
        definition: all that decides what the model is; found by its name where it is left out.
    """

    task: Task
    model: str
    condition: str
    seed: int
    fold: int
    protocol: Protocol
    keep_models: bool = False
    allow_models: tuple[str, ...] = ()
    definition: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.definition:
            object.__setattr__(self, "definition", definition(self.model, self.allow_models))

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Everything that decides the numbers of this unit, as plain values."""
        trains_on = self.task.trains_on
        return {
            "numerics_version": NUMERICS_VERSION,
            "dataset": self.task.dataset.name,
            "fingerprint": self.task.dataset.fingerprint,
            "task": self.task.name,
            "classes": list(self.task.class_names),
            "trains_on": None if trains_on is None else hashlib.sha256(np.packbits(trains_on).tobytes()).hexdigest()[:16],
            "model": self.model,
            "definition": self.definition,
            "condition": self.condition,
            "seed": self.seed,
            "fold": self.fold,
            "protocol": self.protocol.as_dict(),
        }

    @cached_property
    def key(self) -> str:
        """Name of the unit in the store: 24 hexadecimal digits of the SHA-256 of its settings."""
        text = json.dumps(self.settings, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:24]

    @property
    def names(self) -> tuple[str | int, ...]:
        """What the unit's splits and random numbers are derived from.

        Neither model nor condition is among them: all models and conditions meet the same folds, cuts and tune sets.
        """
        return (self.task.dataset.name, self.task.name, self.seed, self.fold)

    @property
    def is_judged_on_removed(self) -> bool:
        """Whether its models are judged a second time, on validation samples without their linear signal.

        Linear models that learnt from the full signal are: they can fail there, if any linear signal is left. A linear model
        trained on removed data cannot: its best weights are zero, whatever its validation samples hold.
        """
        return self.condition == "full" and model_family(self.model) == "linear"

    @property
    def n_tuning_fits(self) -> int:
        """Number of models trained only to choose hyperparameters."""
        return tuning_fits(self.model, self.protocol)


@dataclass(frozen=True, eq=False)
class Plan:
    """A list of units with one protocol."""

    units: tuple[Unit, ...]
    protocol: Protocol

    @property
    def n_fits(self) -> int:
        """Number of trained models that end up in the results table."""
        return len(self.units) * len(self.protocol.fractions)

    @property
    def n_tuning_fits(self) -> int:
        """Number of models trained only to choose hyperparameters."""
        return sum(unit.n_tuning_fits for unit in self.units)

    def summary(self) -> str:
        """One sentence on the size of the plan."""

        def count(values: set, noun: str) -> str:
            return f"{len(values)} {noun}{'' if len(values) == 1 else 's'}"

        parts = (
            count({unit.task.name for unit in self.units}, "task"),
            count({unit.model for unit in self.units}, "model"),
            count({unit.condition for unit in self.units}, "condition"),
            count({unit.seed for unit in self.units}, "seed"),
            count({unit.fold for unit in self.units}, "fold"),
            count(set(self.protocol.fractions), "training-set size"),
        )
        return f"{f' {TIMES} '.join(parts)}: {self.n_fits:,} fits, after {self.n_tuning_fits:,} to choose hyperparameters."


def make_plan(
    tasks: Sequence[Task],
    *,
    models: Sequence[str],
    conditions: Sequence[str] = ("full", "removed"),
    seeds: Sequence[int] = (0, 1, 2),
    protocol: Protocol | None = None,
    allow_models: Sequence[str] = (),
) -> Plan:
    """List the units of an experiment; whatever cannot run is found here, before any compute.

    Raises:
        InputError: no task, unknown or repeated model or condition, a model that cannot be trained, two tasks of the same
            name, fewer groups than folds, too few samples at a training fraction, or pretraining that cannot be: tuned, in
            an even number of folds, or of models that have no first weights.
    """
    protocol = protocol or Protocol()
    n_units = len(tasks) * len(models) * len(conditions) * len(seeds) * protocol.n_folds
    for kind, values in (
        ("task", [task.name for task in tasks]),
        ("model", models),
        ("condition", conditions),
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
    for condition in conditions:
        if condition not in CONDITIONS:
            raise unknown("condition", condition, CONDITIONS)
    pretrains = any(condition in PRETRAINING for condition in conditions)
    if pretrains:
        _check_pretraining(models, protocol)
    for task in tasks:
        folds = outer_folds(task, split=protocol.split, n_folds=protocol.n_folds, seed=seeds[0])
        _check_sizes(task, [len(fold.train) for fold in folds], protocol.fractions)
        if pretrains:
            with_pretraining(folds, 0)
    units = tuple(
        Unit(
            task=task,
            model=model,
            condition=condition,
            seed=seed,
            fold=fold,
            protocol=protocol,
            allow_models=tuple(allow_models),
        )
        for task in tasks
        for condition in conditions
        for model in models
        for seed in seeds
        for fold in range(protocol.n_folds)
    )
    return Plan(units, protocol)


def tuning_fits(model: str, protocol: Protocol) -> int:
    """Count the models that a unit trains only to choose hyperparameters; scikit-learn's classifiers keep their own."""
    return (model in MODELS) * protocol.n_trials * protocol.n_inner_folds


def _check_sizes(task: Task, train_samples: Sequence[int], fractions: Sequence[float]) -> None:
    smallest = round(min(fractions) * min(train_samples))
    if smallest < FEWEST_SAMPLES:
        raise InputError(
            f"fractions begin with {min(fractions)}, which of the {min(train_samples):,} training samples of {task.name!r} "
            f"leaves {smallest}. A fit needs at least {FEWEST_SAMPLES}: two classes to learn from, and two to stop by. Use "
            f"{-(-1000 * FEWEST_SAMPLES // min(train_samples)) / 1000} or more."
        )


def _check_pretraining(models: Sequence[str], protocol: Protocol) -> None:
    for model in models:
        if not isinstance(MODELS.get(model), Network):
            raise InputError(
                f"Model {model!r} cannot be pretrained: its solution does not depend on where it starts. Leave it out; "
                "models trained with Adam can be pretrained."
            )
    if protocol.scale_on == "train":
        raise InputError(
            "scale_on is 'train'; the samples of the two trainings would have scales of their own, and the second would "
            "meet genes it does not know. Set scale_on to 'all'."
        )
    if protocol.n_trials:
        raise InputError(
            f"n_trials is {protocol.n_trials}; pretraining and its control share fixed learning rates. Set n_trials to 0 "
            "and linear_learning_rate and network_learning_rate to what you want."
        )

"""One unit of nested cross-validation: a tuning, and the fits at all training fractions of one outer fold."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from linear_signal.crossvalidation.design import Design
from linear_signal.crossvalidation.scores import KEEP_SCORES
from linear_signal.data.dataset import Dataset
from linear_signal.data.tasks import Task
from linear_signal.errors import InputError
from linear_signal.experiment.unit import Tracked, Unit, UnitResult
from linear_signal.models import Network, ScikitLearnClassifier, definition, find_model
from linear_signal.models.titles import model_family
from linear_signal.software import NUMERICS_VERSION
from linear_signal.stored_names import stored_condition, stored_design

if TYPE_CHECKING:
    import pandas as pd
    import torch

# Below this many genes one thread trains a unit as fast as two; the cores are then better used by several workers. The
# number of threads depends on the unit alone, so that the number of workers does not change a single digit.
GENES_FOR_ALL_THREADS = 1500


@dataclass(frozen=True, eq=False, kw_only=True)
class CrossValidationUnit(Unit):
    """What is computed and stored together: one tuning and the fits at all training fractions of one outer fold.

    Attributes:
        signal: one of ``SIGNALS``.
        pretraining: one of ``PRETRAINING``.
        keep_scores: of which fits the scores per class are kept, one of ``KEEP_SCORES``; decides no number either.
        keep_models: whether the fitted models come back with the result; decides no number and is not part of the key.
        allow_models: packages beside scikit-learn from which the model may be imported; no part of the key either.
        definition: all that decides what the model is; found by its name where it is left out.
    """

    TABLES: ClassVar[tuple[str, ...]] = ("fits", "trials", "trial_folds", "epochs", "tuning_epochs", "predictions", "scores")
    BULK: ClassVar[frozenset[str]] = frozenset({"tuning_epochs", "predictions", "scores"})

    task: Task
    model: str
    signal: str
    seed: int
    fold: int
    design: Design
    pretraining: str = "none"
    keep_scores: str = "largest"
    keep_models: bool = False
    allow_models: tuple[str, ...] = ()
    definition: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.pretraining != "none" and not self.design.set_aside_for_pretraining:
            raise InputError(
                "A unit with pretraining needs a design that sets folds aside for it. Set set_aside_for_pretraining to True."
            )
        if not self.definition:
            object.__setattr__(self, "definition", definition(self.model, self.allow_models))

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Everything that decides the numbers of this unit, as plain values."""
        trains_on = self.task.trains_on
        return {
            "numerics_version": NUMERICS_VERSION,
            "dataset": self.task.dataset.name,
            "fingerprint": self.task.fingerprint,
            "task": self.task.name,
            "classes": list(self.task.class_names),
            "trains_on": None if trains_on is None else hashlib.sha256(np.packbits(trains_on).tobytes()).hexdigest()[:16],
            "model": self.model,
            "definition": self.definition,
            # Stored results know these by former names: others would be other keys.
            "condition": stored_condition(self.signal, self.pretraining, set_aside=self.design.set_aside_for_pretraining),
            "seed": self.seed,
            "fold": self.fold,
            "protocol": stored_design(self.design.as_dict()),
        }

    @property
    def names(self) -> dict[str, str | int | float]:
        """The columns that name the unit, in front of every row of its tables."""
        return {
            "dataset": self.task.dataset.name,
            "task": self.task.name,
            "model": self.model,
            "signal": self.signal,
            "pretraining": self.pretraining,
            "split": self.design.split.name,
            "scale_on": self.design.scale_on,
            "seed": self.seed,
            "fold": self.fold,
        }

    @property
    def title(self) -> str:
        """Name the unit for people."""
        return f"{self.task.name}, {self.model}, {self.seen}, seed {self.seed}, fold {self.fold}"

    @property
    def seen(self) -> str:
        """What its models see: the signal, and where folds are set aside for it whether they were pretrained."""
        if not self.design.set_aside_for_pretraining:
            return self.signal
        return f"{self.signal}, {'not pretrained' if self.pretraining == 'none' else self.pretraining}"

    @property
    def kind(self) -> tuple:
        """What decides how long it takes."""
        return self.model, self.task.name, self.signal, self.pretraining

    @property
    def seed_names(self) -> tuple[str | int, ...]:
        """What the unit's splits and random numbers are derived from.

        Model, signal and pretraining are not among them: all of these meet the same folds, cuts and tune sets.
        """
        return (self.task.dataset.name, self.task.name, self.seed, self.fold)

    @property
    def is_judged_on_removed(self) -> bool:
        """Whether its models are judged a second time, on validation samples without their linear signal.

        Linear models that learnt from the full signal are: they can fail there, if any linear signal is left. A linear model
        trained on removed data cannot: its best weights are zero, whatever its validation samples hold. Where folds are set
        aside for pretraining the question is another one.
        """
        is_asked = self.signal == "full" and not self.design.set_aside_for_pretraining
        return is_asked and model_family(self.model) == "linear"

    @property
    def n_tuning_fits(self) -> int:
        """Number of models trained only to choose hyperparameters."""
        return tuning_fits(self.model, self.design, self.allow_models)

    @property
    def data(self) -> tuple[Dataset, Task]:
        """The dataset, which many tasks share, and the rest of the task, which many units share."""
        return self.task.dataset, self.task.without_dataset

    def with_data(self, data: tuple[Dataset, Task] | tuple[()]) -> CrossValidationUnit:
        """Return the same unit with dataset and task put in, or with nothing in their place."""
        return replace(self, task=data[1].over(data[0]) if data else None)

    @property
    def is_large(self) -> bool:
        """Whether it is worth all cores."""
        return self.task.dataset.n_genes >= GENES_FOR_ALL_THREADS

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """The expression matrix."""
        return (self.task.dataset.expression,)

    @property
    def datasets(self) -> tuple[Dataset, ...]:
        """The data set of its task."""
        return (self.task.dataset,)

    def compute(self, device: torch.device) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
        """Tune inside the training folds, then fit at every training fraction and judge on the validation fold.

        Raises:
            InputError: the model is another one here than where the unit was planned, or cannot be fitted.
        """
        from linear_signal.crossvalidation.compute import compute_tables

        return compute_tables(self, device)

    def origin(self, device: torch.device) -> dict[str, Any]:
        """Say where the samples come from, and on which further software the numbers rest."""
        from linear_signal.crossvalidation.compute import origin_of

        return origin_of(self, device)

    @property
    def kept(self) -> dict[str, str]:
        """Say of which fits the scores are kept."""
        return {"scores": self.keep_scores}

    def is_enough(self, kept: Mapping[str, str]) -> bool:
        """Say whether scores were kept of all fits that this unit is asked to keep them of."""
        found = kept.get("scores", "none")
        return found in KEEP_SCORES and KEEP_SCORES.index(found) <= KEEP_SCORES.index(self.keep_scores)

    def tracked(self, result: UnitResult) -> Tracked:
        """Choose what a tracker is told: the chosen setting, losses by epoch, balanced accuracy by training samples."""
        fits = result.fits
        chosen = fits.iloc[0][["learning_rate", "weight_decay"]].dropna().to_dict()
        metrics = []
        for fit in fits.dropna(subset=["balanced_accuracy"]).itertuples():  # a fit that was impossible has none
            metrics.append(("balanced_accuracy", fit.balanced_accuracy, int(fit.train_samples)))
            metrics.append((f"balanced_accuracy/fraction_{fit.fraction:g}", fit.balanced_accuracy, 0))
        for epoch in result.epochs.itertuples():
            for name in ("train_loss", "tune_loss"):
                metrics.append((f"{name}/fraction_{epoch.fraction:g}", float(getattr(epoch, name)), int(epoch.epoch)))
        return Tracked({"chosen": chosen}, metrics, {"trials": result.trials})

    @classmethod
    def prepare(cls, units: Sequence[CrossValidationUnit], device: torch.device, say: Callable[[str], None] | None) -> None:
        """Compile the training steps of networks where no earlier run has, here and not in every worker."""
        if device.type == "cpu" and any(isinstance(find_model(unit.model, unit.allow_models), Network) for unit in units):
            from linear_signal.training.cpu.processor import prepare_steps

            prepare_steps(say)


def tuning_fits(model: str, design: Design, allow_models: Sequence[str] = ()) -> int:
    """Count the models that a unit trains only to choose hyperparameters; scikit-learn's classifiers keep their own."""
    is_tuned = not isinstance(find_model(model, allow_models), ScikitLearnClassifier)
    return is_tuned * design.n_trials * design.n_inner_folds

"""The folder of trained models: one file per final fit, beside the store and in step with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from linear_signal.crossvalidation.plan import CrossValidationPlan
from linear_signal.crossvalidation.unit import CrossValidationUnit
from linear_signal.errors import InputError
from linear_signal.experiment.unit import UnitResult
from linear_signal.models import find_model
from linear_signal.training.saved_models import architecture_of, check_can_be_saved, read_record, save_model


def model_folder(folder: Path | str) -> ModelFolder | None:
    """Return the folder of that name; None where the name is empty, and models are not to be kept."""
    return ModelFolder(folder) if folder else None


class ModelFolder:
    """A folder of trained models, ``<key>-fraction-<fraction>.safetensors``; a fit that was impossible has none.

    Args:
        folder: made by ``prepare``.

    Raises:
        InputError: the folder is a file.
    """

    what = "models"

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder).expanduser()
        if self.folder.exists() and not self.folder.is_dir():
            raise InputError(f"save_models names {self.folder}, which is a file. Name a folder.")

    def check(self, plan: CrossValidationPlan) -> None:
        """Refuse a plan with models that cannot be saved.

        Raises:
            InputError: there is one.
        """
        for unit in {unit.model: unit for unit in plan.units}.values():
            check_can_be_saved(unit.model, find_model(unit.model, unit.allow_models))

    def prepare(self) -> None:
        """Make the folder, before anything is computed.

        Raises:
            InputError: it cannot be made.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"The folder {self.folder} cannot be made ({error.strerror or error}). Name another one as save_models."
            ) from error

    def path(self, key: str, fraction: float) -> Path:
        """Where the model of one fit lies, or would lie."""
        return self.folder / f"{key}-fraction-{float(fraction)}.safetensors"

    def holds(self, unit: CrossValidationUnit, result: UnitResult) -> bool:
        """Whether all models of a stored unit are there and stem from the computation that the store tells of."""
        possible = result.fits.loc[result.fits["balanced_accuracy"].notna(), "fraction"]
        written = {fraction: self._written(self.path(unit.key, fraction)) for fraction in possible}
        return all(origin == (unit.key, fraction, result.run) for fraction, origin in written.items())

    def asked_of(self, unit: CrossValidationUnit) -> CrossValidationUnit:
        """Return the unit so that its result has its fitted models."""
        return replace(unit, keep_models=True)

    def save(self, unit: CrossValidationUnit, result: UnitResult) -> None:
        """Write the models of a unit that was computed with ``keep_models``.

        Raises:
            InputError: the disk is full or the folder cannot be written.
        """
        dataset = unit.task.dataset
        architecture = architecture_of(
            find_model(unit.model, unit.allow_models), n_genes=dataset.n_genes, n_classes=unit.task.n_classes
        )
        fits = result.fits.set_index("fraction")
        for fraction, state in result.by_products["models"].items():
            fit = fits.loc[fraction]
            record = {
                "architecture": architecture,
                "gene_ids": dataset.gene_ids.tolist(),
                "class_names": list(unit.task.class_names),
                "signal": unit.signal,
                "pretraining": unit.pretraining,
                "fraction": fraction,
                "train_samples": int(fit["train_samples"]),
                # Where no epochs are run there is no learning rate, and JSON has no NaN.
                "hyperparameters": {
                    name: float(fit[name]) for name in ("learning_rate", "weight_decay") if fit[name] == fit[name]
                },
                "best_epoch": int(fit["best_epoch"]),
                "balanced_accuracy": float(fit["balanced_accuracy"]),
                "key": unit.key,
                "settings": unit.settings,
                "run": result.run,
            }
            save_model(
                self.path(unit.key, fraction),
                state=state,
                record=record,
                scaling=result.by_products["scalings"].get(fraction),
            )

    def _written(self, path: Path) -> tuple[Any, ...] | None:
        """Say of which unit, training-set size and computation a model is, whatever its name; None where it is none."""
        try:
            record = read_record(path)
        except InputError:  # missing, torn or foreign: the unit is computed again and the file replaced
            return None
        return record.get("key"), record.get("fraction"), record.get("run")

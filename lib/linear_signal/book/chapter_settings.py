"""What a chapter's flat parameters say of cross-validation, models, store and tracker, found wrong before data are read."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

from linear_signal.book.parameters import Parameters
from linear_signal.book.paths import project_root
from linear_signal.crossvalidation.design import Design
from linear_signal.crossvalidation.model_folder import ModelFolder
from linear_signal.errors import InputError, unknown
from linear_signal.experiment.store import ResultsStore
from linear_signal.experiment.tracking import Tracker
from linear_signal.models import check_model, check_packages
from linear_signal.software import NUMERICS_VERSION
from linear_signal.training.saved_models import check_can_be_saved
from linear_signal.training.settings import TrainingSettings


def design_of(parameters: Parameters, **fixed: Any) -> Design:
    """Build the design from a chapter's flat parameters (``params/README.md`` explains each).

    Args:
        parameters: of the chapter; what it has no parameter for takes the design's default.
        fixed: what the chapter decides itself, whatever its parameters say.

    Raises:
        InputError: something fixed that is no setting, or a value outside what is allowed.
    """
    known = [each.name for each in (*fields(Design), *fields(TrainingSettings))]
    for name in fixed:
        if name not in known:
            raise unknown("setting", name, known, renamed={"conditions": "two: signals and pretraining"})
    values = parameters.as_dict() | fixed
    training = {each.name: values[each.name] for each in fields(TrainingSettings) if each.name in values}
    values |= {"training": TrainingSettings(**training)}
    settings = {each.name: values[each.name] for each in fields(Design) if each.name in values}
    return Design(**{name: tuple(value) if isinstance(value, list) else value for name, value in settings.items()})


def check_settings(parameters: Parameters, **fixed: Any) -> None:
    """Find what is wrong with models, design and the folder for models before data are read or fetched.

    Args:
        parameters: of the chapter.
        fixed: as for :func:`design_of`.
    """
    if "models" in parameters:  # a chapter on anything else has no such design
        design_of(parameters, **fixed)
    check_packages(allow_models_of(parameters))
    given = parameters.as_dict()
    for model in given.get("models", ()):
        found = check_model(model, allow_models_of(parameters))
        if given.get("save_models"):
            check_can_be_saved(model, found)
    if given.get("save_models"):
        if "models" not in given:
            raise InputError("save_models is set, but this chapter has no models that could be saved. Leave it empty.")
        ModelFolder(parameters.save_models)


def allow_models_of(parameters: Parameters) -> tuple[str, ...]:
    """Return the packages that models may be imported from beside scikit-learn; a chapter without classifiers has none."""
    return tuple(parameters.as_dict().get("allow_models", ()))


def store_of(parameters: Parameters) -> ResultsStore:
    """Open the results folder; left empty it is the book's own, one per version of the numerical code."""
    folder = parameters.results_folder or project_root() / "book" / "results" / f"numerics-{NUMERICS_VERSION}"
    return ResultsStore(Path(folder).expanduser())


def tracker_of(parameters: Parameters, chapter: str) -> Tracker | None:
    """Connect to the tracker that the parameter ``tracking`` names; None where it is empty."""
    return Tracker(parameters.tracking, experiment=chapter) if parameters.tracking else None

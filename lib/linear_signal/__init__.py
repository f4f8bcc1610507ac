"""Does the complex model see anything that a simple one does not? A thin library under an executable book.

What people import stands here, and is loaded when it is asked for: the package itself loads nothing heavy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from linear_signal.errors import InputError
    from linear_signal.estimators.comparison import Comparison, compare
    from linear_signal.estimators.folds import GivenFolds, GroupFolds, SampleFolds
    from linear_signal.estimators.networks import DenseNetwork, FiveLayerNetwork, ThreeLayerNetwork
    from linear_signal.estimators.removal import make_equal, remove_linear_signal
    from linear_signal.estimators.ridge import RidgeLogisticRegression
    from linear_signal.estimators.saved import load_classifier, save_classifier
    from linear_signal.estimators.scores import compare_scores
    from linear_signal.studies.own_data.assess import Assessment, assess
    from linear_signal.studies.own_data.several_labels import assess_each
    from linear_signal.studies.schreiber2020.constant_inputs import replace_constant_inputs
    from linear_signal.studies.schreiber2020.memorisation import check_memorisation

__version__ = "0.1.0"

_HOMES = {
    "Assessment": "studies.own_data.assess",
    "Comparison": "estimators.comparison",
    "DenseNetwork": "estimators.networks",
    "FiveLayerNetwork": "estimators.networks",
    "GivenFolds": "estimators.folds",
    "GroupFolds": "estimators.folds",
    "InputError": "errors",
    "RidgeLogisticRegression": "estimators.ridge",
    "SampleFolds": "estimators.folds",
    "ThreeLayerNetwork": "estimators.networks",
    "assess": "studies.own_data.assess",
    "assess_each": "studies.own_data.several_labels",
    "check_memorisation": "studies.schreiber2020.memorisation",
    "compare": "estimators.comparison",
    "compare_scores": "estimators.scores",
    "load_classifier": "estimators.saved",
    "make_equal": "estimators.removal",
    "remove_linear_signal": "estimators.removal",
    "replace_constant_inputs": "studies.schreiber2020.constant_inputs",
    "save_classifier": "estimators.saved",
}

__all__ = [
    "Assessment",
    "Comparison",
    "DenseNetwork",
    "FiveLayerNetwork",
    "GivenFolds",
    "GroupFolds",
    "InputError",
    "RidgeLogisticRegression",
    "SampleFolds",
    "ThreeLayerNetwork",
    "assess",
    "assess_each",
    "check_memorisation",
    "compare",
    "compare_scores",
    "load_classifier",
    "make_equal",
    "remove_linear_signal",
    "replace_constant_inputs",
    "save_classifier",
]


def __getattr__(name: str) -> Any:
    """Load what is asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module 'linear_signal' has no attribute {name!r}; it has {', '.join(_HOMES)}.")
    return getattr(import_module(f"linear_signal.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """List what can be imported."""
    return sorted({*globals(), *_HOMES})

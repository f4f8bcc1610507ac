"""What is trained: a registry of models by name."""

from linear_signal.models.imported import ScikitLearnClassifier, check_packages
from linear_signal.models.registry import (
    LINEAR_MODELS,
    MODELS,
    NETWORKS,
    ExactLogisticRegression,
    Model,
    Network,
    check_model,
    definition,
    find_model,
)

__all__ = [
    "LINEAR_MODELS",
    "MODELS",
    "NETWORKS",
    "ExactLogisticRegression",
    "Model",
    "Network",
    "ScikitLearnClassifier",
    "check_model",
    "check_packages",
    "definition",
    "find_model",
]

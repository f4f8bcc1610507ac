"""What is trained: one record per model with a name, a grammar for networks, and classifiers by import path."""

from linear_signal.models.catalogue import CATALOGUE, ExactLogisticRegression
from linear_signal.models.given import GivenName, given_model
from linear_signal.models.imported import ScikitLearnClassifier, check_packages
from linear_signal.models.networks import Network
from linear_signal.models.registry import Model, check_model, definition, find_model

__all__ = [
    "CATALOGUE",
    "ExactLogisticRegression",
    "GivenName",
    "Model",
    "Network",
    "ScikitLearnClassifier",
    "check_model",
    "check_packages",
    "definition",
    "find_model",
    "given_model",
]

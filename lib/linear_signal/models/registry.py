"""Models by name: what each one is, before anything is trained."""

from __future__ import annotations

import ast
import importlib
import inspect
from dataclasses import dataclass, field
from typing import Any

from linear_signal.errors import InputError, unknown


@dataclass(frozen=True, kw_only=True)
class Network:
    """A stack of dense layers, trained with Adam; without hidden layers it is a linear model.

    Attributes:
        hidden: width of each hidden layer as a share of the number of genes (0.5: genes / 2).
        loss: "cross_entropy" or "hinge" (multi-class hinge after Weston & Watkins, as in PyTorch's MultiMarginLoss).
        batch_norm: normalise each hidden layer after its ReLU and before its dropout (the order of the authors' code).
        dropout: share of hidden activations set to zero in training.
    """

    hidden: tuple[float, ...] = ()
    loss: str = "cross_entropy"
    batch_norm: bool = False
    dropout: float = 0.0

    def widths(self, n_genes: int, n_classes: int) -> tuple[int, ...]:
        """Layer widths from input to output: (genes, hidden ..., classes)."""
        return (n_genes, *(max(2, int(n_genes * share)) for share in self.hidden), n_classes)


@dataclass(frozen=True, kw_only=True)
class ExactLogisticRegression:
    """Ridge logistic regression solved to tolerance instead of trained by Adam; its penalty is the weight decay.

    Attributes:
        penalty: where nothing is tuned.
        features: "genes" as they are, or "squares": each gene minus its mean over the samples the model learns from, divided
            by their standard deviation, and squared. On squares the model is no linear one: it is a probe that sees classes
            which differ in the spread of single genes, whatever their means.
    """

    penalty: float = 1e-2
    features: str = "genes"


@dataclass(frozen=True, kw_only=True)
class ScikitLearnClassifier:
    """Any classifier with ``fit`` and ``predict``, named by import path, with its own settings and no tuning."""

    path: str
    settings: dict[str, Any] = field(default_factory=dict)

    def make(self, seed: int) -> Any:
        """Return a fresh classifier; ``seed`` becomes its ``random_state`` where it has one."""
        factory = _import(self.path)
        settings = dict(self.settings)
        if "random_state" in inspect.signature(factory).parameters:
            settings.setdefault("random_state", seed % 2**32)
        return factory(**settings)


Model = Network | ExactLogisticRegression | ScikitLearnClassifier

# Layers, dropout and batch norm: Heil et al. 2023, Methods, "Model architecture", and their code.
MODELS: dict[str, Model] = {
    "logistic_regression": Network(),
    "exact_logistic_regression": ExactLogisticRegression(),
    "linear_svm": Network(loss="hinge"),
    "three_layer": Network(hidden=(0.5, 0.25), dropout=0.5),
    "five_layer": Network(hidden=(0.5, 0.5, 0.5, 0.25), dropout=0.5, batch_norm=True),
    "squared_logistic": ExactLogisticRegression(features="squares"),
}

LINEAR_MODELS = ("logistic_regression", "exact_logistic_regression", "linear_svm")
NETWORKS = ("three_layer", "five_layer")


def find_model(name: str) -> Model:
    """Look a model up by name, or import a scikit-learn classifier by path.

    A path may carry settings: ``sklearn.ensemble.HistGradientBoostingClassifier(max_iter=50)``.

    Raises:
        InputError: the name is neither on the list nor the path of a class with ``fit`` and ``predict``.

    >>> find_model("three_layer").widths(5000, 2)
    (5000, 2500, 1250, 2)
    """
    if name in MODELS:
        return MODELS[name]
    if "." not in name.split("(")[0]:
        raise InputError(
            f"{unknown('model', name, MODELS)} Or the import path of a scikit-learn classifier, "
            "such as sklearn.ensemble.HistGradientBoostingClassifier."
        )
    path, settings = _parse(name)
    factory = _import(path)
    if not (isinstance(factory, type) and hasattr(factory, "fit") and hasattr(factory, "predict")):
        raise InputError(f"Model {path!r} is not a classifier: a class with fit and predict is needed.")
    accepted = inspect.signature(factory).parameters
    for setting in settings:
        if setting not in accepted:
            raise unknown(f"setting of {path}", setting, accepted)
    return ScikitLearnClassifier(path=path, settings=settings)


def _parse(name: str) -> tuple[str, dict[str, Any]]:
    try:
        expression = ast.parse(name, mode="eval").body
        if isinstance(expression, ast.Call):
            if expression.args:
                raise ValueError("settings need names")
            settings = {keyword.arg: ast.literal_eval(keyword.value) for keyword in expression.keywords if keyword.arg}
            return ast.unparse(expression.func), settings
        return ast.unparse(expression), {}
    except (SyntaxError, ValueError) as error:
        raise InputError(
            f"Model {name!r} cannot be read ({error}). Write an import path, with settings as name=value: "
            "sklearn.neighbors.KNeighborsClassifier(n_neighbors=3)."
        ) from None


def _import(path: str) -> Any:
    module, _, attribute = path.rpartition(".")
    try:
        return getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise InputError(
            f"Model {path!r} cannot be imported: {error}. Check the spelling and that it is installed."
        ) from None

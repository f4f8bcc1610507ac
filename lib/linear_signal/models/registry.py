"""Models by name: what each one is, before anything is trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from linear_signal.errors import InputError, unknown
from linear_signal.models.imported import ScikitLearnClassifier, check_fits, find_classifier


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


def find_model(name: str, allow_models: Sequence[str] = ()) -> Model:
    """Look a model up by name, or import a classifier by path.

    A path may carry settings: ``sklearn.ensemble.HistGradientBoostingClassifier(max_iter=50)``.

    Args:
        name: on the list, or an import path.
        allow_models: packages that may be imported beside scikit-learn.

    Raises:
        InputError: the name is neither on the list nor the path of a classifier that can be used
            (:func:`~linear_signal.models.imported.find_classifier`).

    >>> find_model("three_layer").widths(5000, 2)
    (5000, 2500, 1250, 2)
    """
    if name in MODELS:
        return MODELS[name]
    if "." not in name.partition("(")[0]:
        raise InputError(
            f"{unknown('model', name, MODELS)} Or the import path of a scikit-learn classifier, "
            "such as sklearn.ensemble.HistGradientBoostingClassifier."
        )
    return find_classifier(name, tuple(allow_models))


def check_model(name: str, allow_models: Sequence[str] = ()) -> Model:
    """Find a model and make sure that it can be trained: one named by path is fitted to a handful of made-up samples.

    Raises:
        InputError: as of :func:`find_model`, or the fit failed.
    """
    model = find_model(name, allow_models)
    if isinstance(model, ScikitLearnClassifier):
        check_fits(name, tuple(allow_models))
    return model


def definition(name: str, allow_models: Sequence[str] = ()) -> dict[str, Any]:
    """Say all that decides what a model is, as plain values for the key of a unit: two models that differ, differ here.

    Of a model on the list that is its kind and every attribute of it; of a classifier named by path the path, the
    settings, the version of its package and, outside scikit-learn, a digest of the package's source.

    Raises:
        InputError: as of :func:`find_model`.

    >>> definition("exact_logistic_regression")
    {'kind': 'ExactLogisticRegression', 'penalty': 0.01, 'features': 'genes'}
    """
    model = find_model(name, allow_models)
    values = model.definition() if isinstance(model, ScikitLearnClassifier) else asdict(model)
    plain = {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}
    return {"kind": type(model).__name__, **plain}

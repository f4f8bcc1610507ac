"""The classifiers on disk: weights and settings in one safetensors file, without pickle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from linear_signal.errors import InputError
from linear_signal.estimators.networks import DenseNetwork, FiveLayerNetwork, ThreeLayerNetwork
from linear_signal.estimators.on_arrays import LEARNT_FROM
from linear_signal.estimators.ridge import RidgeLogisticRegression
from linear_signal.models import ExactLogisticRegression
from linear_signal.training.saved_models import architecture_of, load_model, save_model

_KINDS = {kind.__name__: kind for kind in (RidgeLogisticRegression, ThreeLayerNetwork, FiveLayerNetwork, DenseNetwork)}
_LABELS = "USbiuf"  # kinds of NumPy types that JSON can hold: text, truth, numbers
_LEARNT = "learnt."
# What each kind has learnt beside its weights: arrays, and plain values.
_ARRAYS = ("losses_", "train_loss_", "tune_loss_", "coef_", "intercept_")
_VALUES = ("n_features_in_", "penalty_", "converged_", "n_epochs_", "best_epoch_")


def save_classifier(path: Path | str, classifier: Any) -> None:
    """Write a fitted classifier of this library: weights, classes, names of features, settings.

    Other programs can read the file, too: it is a safetensors file, whose header says in JSON what is in it.
    :func:`~linear_signal.training.saved_models.load_model` reads it as it reads the models of the book.

    Args:
        path: ends in ``.safetensors``; its folder is made where needed, and a file there is replaced.
        classifier: fitted.

    Raises:
        InputError: not fitted, another class, labels that are neither text nor numbers, another ending, or a place that
            cannot be written.
    """
    path = Path(path)
    kind = type(classifier).__name__
    if _KINDS.get(kind) is not type(classifier):
        raise InputError(f"A {kind} cannot be saved here; {', '.join(_KINDS)} can. Of a pipeline, save its last step.")
    if not hasattr(classifier, "classes_"):
        raise InputError(f"This {kind} has learnt nothing yet. Call fit first.")
    if path.suffix != ".safetensors":
        raise InputError(f"{path} should end in .safetensors, by which such files are known.")
    labels = classifier.classes_
    if labels.dtype.kind not in _LABELS and not all(isinstance(label, str) for label in labels):
        raise InputError(f"Classes such as {labels[0]!r} cannot be saved; text and numbers can. Rename them before fit.")
    n_features = classifier.n_features_in_
    features = getattr(classifier, "feature_names_in_", None)
    exact = isinstance(classifier, RidgeLogisticRegression)
    model = ExactLogisticRegression(penalty=classifier.penalty_) if exact else classifier.network()
    state = _weights(classifier) if exact else classifier.state_
    learnt = {f"{_LEARNT}{name}": np.asarray(getattr(classifier, name)) for name in _ARRAYS if hasattr(classifier, name)}
    record = {
        "architecture": architecture_of(model, n_genes=n_features, n_classes=len(labels)),
        "gene_ids": [f"feature {number}" for number in range(n_features)] if features is None else list(map(str, features)),
        "class_names": [str(label) for label in labels],
        **LEARNT_FROM,
        "classifier": {
            "kind": kind,
            "settings": {name: _plain(value) for name, value in classifier.get_params().items()},
            "labels": labels.tolist(),
            "labels_type": labels.dtype.str if labels.dtype.kind in _LABELS else "O",
            "named_features": features is not None,
            "values": {name: _plain(getattr(classifier, name)) for name in _VALUES if hasattr(classifier, name)},
        },
    }
    save_model(path, state=state | learnt, record=record, scaling=None)


def load_classifier(path: Path | str) -> Any:
    """Read a classifier back, fitted as it was: equal probabilities for equal samples.

    Raises:
        InputError: the file is missing, cut short, damaged, or holds no classifier of ``save_classifier``.
    """
    saved = load_model(path)
    about = saved.record.get("classifier")
    if not about or about["kind"] not in _KINDS:
        raise InputError(
            f"{path} holds a model of the book, not a classifier. Read it with "
            "linear_signal.training.saved_models.load_model, whose predict takes a table of samples."
        )
    settings = {name: tuple(value) if isinstance(value, list) else value for name, value in about["settings"].items()}
    try:
        classifier = _KINDS[about["kind"]](**settings)
    except TypeError as error:
        raise InputError(f"{path} was written by another version of the library ({error}). Read it with that one.") from None
    classifier.classes_ = np.array(about["labels"], dtype=about["labels_type"])
    if about["named_features"]:
        classifier.feature_names_in_ = np.array(saved.record["gene_ids"], dtype=object)
    for name, value in about["values"].items():
        setattr(classifier, name, value)
    learnt = {name: array for name, array in saved.state.items() if name.startswith(_LEARNT)}
    for name, array in learnt.items():
        setattr(classifier, name.removeprefix(_LEARNT), array)
    if not isinstance(classifier, RidgeLogisticRegression):
        classifier.state_ = {name: array for name, array in saved.state.items() if name not in learnt}
    return classifier


def _weights(classifier: RidgeLogisticRegression) -> dict[str, np.ndarray]:
    """Weights [features, classes] and intercepts [classes], as the library's own files have them."""
    weights, intercepts = classifier.coef_, classifier.intercept_
    if len(classifier.classes_) == 2:
        weights = np.concatenate([np.zeros_like(weights), weights])
        intercepts = np.concatenate([np.zeros_like(intercepts), intercepts])
    return {"weights": weights.T, "intercepts": intercepts}


def _plain(value: Any) -> Any:
    """Turn a setting into what JSON holds; a generator of random numbers, which it cannot, becomes the usual seed."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, bool | int | float | str) else 0

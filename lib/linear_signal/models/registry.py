"""Find a model: by its name in the catalogue, by the grammar of networks, or by the import path of a classifier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from linear_signal.errors import InputError, unknown
from linear_signal.models.catalogue import CATALOGUE, ExactLogisticRegression
from linear_signal.models.given import GivenName
from linear_signal.models.imported import ScikitLearnClassifier, check_fits, find_classifier
from linear_signal.models.networks import Network, is_dense, parse_dense

Model = Network | ExactLogisticRegression | ScikitLearnClassifier


def find_model(name: str, allow_models: Sequence[str] = ()) -> Model:
    """Look a model up by name, read a network's layers, or import a classifier by path.

    A path may carry settings: ``sklearn.ensemble.HistGradientBoostingClassifier(max_iter=50)``.

    Args:
        name: in the catalogue, ``dense(64, 64)``, an import path, or that of a classifier handed over as it is.
        allow_models: packages that may be imported beside scikit-learn.

    Raises:
        InputError: the name is neither in the catalogue nor a network nor the path of a classifier that can be used
            (:func:`~linear_signal.models.imported.find_classifier`).

    >>> find_model("three_layer").widths(5000, 2)
    (5000, 2500, 1250, 2)
    """
    if isinstance(name, GivenName):
        return name.classifier
    if name in CATALOGUE:
        return CATALOGUE[name].model
    if is_dense(name):
        return parse_dense(name)
    if "." not in name.partition("(")[0]:
        raise InputError(
            f"{unknown('model', name, CATALOGUE)} Or a network by its layers, such as dense(64, 64), or the import path of "
            "a scikit-learn classifier, such as sklearn.ensemble.RandomForestClassifier."
        )
    return find_classifier(name, tuple(allow_models))


def check_model(name: str, allow_models: Sequence[str] = ()) -> Model:
    """Find a model and make sure that it can be trained: one named by path is fitted to a handful of made-up samples.

    One that is handed over as it is may be set up for data of one shape, and shows with its first fit what it can do.

    Raises:
        InputError: as of :func:`find_model`, or the fit failed.
    """
    model = find_model(name, allow_models)
    if isinstance(model, ScikitLearnClassifier) and not isinstance(name, GivenName) and name not in CATALOGUE:
        check_fits(name, tuple(allow_models))
    return model


def definition(name: str, allow_models: Sequence[str] = ()) -> dict[str, Any]:
    """Say all that decides what a model is, as plain values for the key of a unit: two models that differ, differ here.

    Of a model of ours that is its kind and every attribute of it; of a scikit-learn classifier the path, the
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

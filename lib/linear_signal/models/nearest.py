"""The classifier that somebody may have meant who named a regressor, or something else that is none."""

from __future__ import annotations

import difflib
import importlib
import warnings

# Where the classifier of the same method has another name.
_PAIRS = {
    "LinearRegression": "sklearn.linear_model.LogisticRegression",
    "Ridge": "sklearn.linear_model.RidgeClassifier",
    "RidgeCV": "sklearn.linear_model.RidgeClassifierCV",
    "Lasso": "sklearn.linear_model.LogisticRegression(l1_ratio=1, solver='saga')",
    "ElasticNet": "sklearn.linear_model.LogisticRegression(l1_ratio=0.5, solver='saga')",
    "BayesianRidge": "sklearn.linear_model.LogisticRegression",
    "KernelRidge": "sklearn.svm.SVC",
    "SVR": "sklearn.svm.SVC",
    "LinearSVR": "sklearn.svm.LinearSVC",
    "NuSVR": "sklearn.svm.NuSVC",
    "KMeans": "sklearn.neighbors.NearestCentroid",
}
_OWN_CLASS = (
    " Name the import path of a classifier; a pipeline, or a model inside a model, is set up in a class of your own, whose "
    "module allow_models names."
)


def nearest_classifier(path: str) -> str:
    """Write a hint at the nearest classifier, with a space in front; where none is near, at a class of one's own.

    >>> nearest_classifier("sklearn.svm.SVR")
    " Did you mean 'sklearn.svm.SVC'?"
    """
    module, _, name = path.rpartition(".")
    twin = name.replace("Regressor", "Classifier")
    if name in _PAIRS:
        found = _PAIRS[name]
    elif twin != name and hasattr(importlib.import_module(module), twin):
        found = f"{module}.{twin}"
    else:
        found = _most_alike(name)
    return f" Did you mean {found!r}?" if found else _OWN_CLASS


def _most_alike(name: str) -> str:
    from sklearn.utils import all_estimators

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        classifiers = dict(all_estimators(type_filter="classifier"))
    close = difflib.get_close_matches(name, classifiers, n=1)
    if not close:
        return ""
    public = [part for part in classifiers[close[0]].__module__.split(".") if not part.startswith("_")]
    return f"{'.'.join(public)}.{close[0]}"

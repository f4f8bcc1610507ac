"""Classifiers handed over as they are, pipelines too: what they are called, and what decides their numbers."""

from __future__ import annotations

import hashlib
import importlib
import secrets
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from linear_signal.errors import InputError
from linear_signal.models.imported import SCIKIT_LEARN, ScikitLearnClassifier, source_digest, versioned
from linear_signal.models.nearest import nearest_classifier

# Steps that turn features into weighted sums of them, or leave some out: a linear model behind them is a linear model.
_LINEAR_STEPS = {
    *("StandardScaler", "MinMaxScaler", "MaxAbsScaler", "RobustScaler"),
    *("VarianceThreshold", "SelectKBest", "SelectPercentile", "SelectFpr", "SelectFdr", "SelectFwe", "SelectFromModel"),
    *("PCA", "IncrementalPCA", "TruncatedSVD", "FactorAnalysis", "SparseRandomProjection", "GaussianRandomProjection"),
}
# Classifiers that choose settings of another, or bring its answers into another form, and are of its family.
_AROUND = {"GridSearchCV", "RandomizedSearchCV", "HalvingGridSearchCV", "HalvingRandomSearchCV", "OneVsRestClassifier"}


class GivenName(str):
    """The name of a classifier that was handed over, which carries it along wherever the names of models travel.

    Attributes:
        classifier: what it names.
    """

    classifier: GivenClassifier

    def __new__(cls, name: str, classifier: GivenClassifier) -> GivenName:
        """Make the name."""
        made = super().__new__(cls, name)
        made.classifier = classifier
        return made

    def __getnewargs__(self) -> tuple[str, GivenClassifier]:
        """Return what it is made from, for worker processes."""
        return str(self), self.classifier


@dataclass(frozen=True, kw_only=True, eq=False)
class GivenClassifier(ScikitLearnClassifier):
    """A classifier that was handed over, with its own settings and no tuning.

    Attributes:
        estimator: as it was handed over; it is cloned for every fit.
        described: all that decides what it is, as plain values.
    """

    estimator: Any
    described: Any = field(default=None)

    def definition(self) -> dict[str, Any]:
        """All that decides what the classifier is, as plain values."""
        return {"path": self.path, "settings": self.described, "package": self.package, "source": self.source}

    def make(self, seed: int) -> Any:
        """Return a fresh copy; ``seed`` becomes every ``random_state`` in it that was left open."""
        from sklearn.base import clone

        made = clone(self.estimator)
        states = {name: value for name, value in made.get_params(deep=True).items() if name.endswith("random_state")}
        return made.set_params(**{name: seed % 2**32 for name, value in states.items() if value is None})

    def weighted(self, classifier: Any, weights: np.ndarray) -> dict[str, np.ndarray]:
        """Hand weights of samples to the classifier or, of a pipeline, to its last step, where they take some."""
        from sklearn.pipeline import Pipeline

        if not isinstance(classifier, Pipeline):
            return super().weighted(classifier, weights)
        name, last = classifier.steps[-1]
        return {f"{name}__{key}": value for key, value in self.weighted(last, weights).items()}


def given_model(estimator: Any) -> GivenName:
    """Take a classifier as it is.

    Args:
        estimator: a classifier or pipeline in the manner of scikit-learn, not fitted or fitted.

    Returns:
        Its name, by which plans and tables call it: the path of its class and the settings that are not the usual ones; of a
        pipeline those of its last step, then the steps before it. What a name begins with tells its family
        (:func:`~linear_signal.models.titles.model_family`): a linear model behind steps that are linear is linear, and
        behind others is not.

    Raises:
        InputError: it is no classifier.

    >>> from sklearn.linear_model import RidgeClassifier
    >>> given_model(RidgeClassifier(alpha=2))
    'sklearn.linear_model.RidgeClassifier(alpha=2)'
    """
    from sklearn.base import is_classifier

    kind = type(estimator)
    if isinstance(estimator, type):
        raise InputError(f"models holds the class {estimator.__name__}; hand over a classifier made with it.")
    if not all(hasattr(estimator, name) for name in ("fit", "predict", "get_params")):
        raise InputError(
            f"models holds a {kind.__name__}, which is no classifier. Each is a name ('three_layer'), an import path, or a "
            "classifier or pipeline of scikit-learn's kind."
        )
    if not is_classifier(estimator):
        raise InputError(f"models holds a {kind.__name__}, which is no classifier.{nearest_classifier(_path(kind))}")
    package = kind.__module__.partition(".")[0]
    classifier = GivenClassifier(
        path=_path(kind),
        package=versioned(package),
        source=_source(package),
        estimator=estimator,
        described=_described(estimator),
    )
    return GivenName(_named(estimator), classifier)


def _named(estimator: Any) -> str:
    from sklearn.pipeline import Pipeline

    if isinstance(estimator, Pipeline):
        steps = [step for _, step in estimator.steps if step not in (None, "passthrough")]
        before, last = steps[:-1], steps[-1]
        if all(type(step).__name__ in _LINEAR_STEPS for step in before):
            return _named(last) + (f" after {', '.join(map(_shown, before))}" if before else "")
        return f"pipeline.{' + '.join(map(_shown, steps))}"
    if type(estimator).__name__ in _AROUND:
        return f"{_named(estimator.estimator)} in {type(estimator).__name__}"
    return f"{_path(type(estimator)).rpartition('.')[0]}.{_shown(estimator)}"


def _shown(estimator: Any) -> str:
    """Write a class with the settings that are not the usual ones, on one line."""
    return " ".join(repr(estimator).split()).removesuffix("()")


def _path(kind: type) -> str:
    """Write the path by which people import a class: without the parts that begin with an underscore."""
    parts = [part for part in kind.__module__.split(".") if not part.startswith("_") or part == "__main__"]
    return ".".join([*parts, kind.__name__])


def _source(package: str) -> str:
    """Digest of a package's source; of scikit-learn, whose version says it, none."""
    if package == SCIKIT_LEARN:
        return ""
    module = importlib.import_module(package)
    # A class that was typed into a session has no file: it is like no other.
    is_typed = not getattr(module, "__file__", None) and not hasattr(module, "__path__")
    return secrets.token_hex(8) if is_typed else source_digest(module)


def _described(value: Any) -> Any:
    """Turn a setting into plain values that differ where it differs; what cannot be told is like nothing else."""
    if hasattr(value, "get_params") and not isinstance(value, type):
        settings = {name: _described(one) for name, one in sorted(value.get_params(deep=False).items())}
        source = _source(type(value).__module__.partition(".")[0])
        return {"class": f"{type(value).__module__}.{type(value).__qualname__}", "source": source, "settings": settings}
    if value is None or isinstance(value, bool | int | float | complex | str | bytes | np.generic):
        return repr(value)
    if isinstance(value, list | tuple):
        return [type(value).__name__, *map(_described, value)]
    if isinstance(value, dict):
        return [["dict", _described(key), _described(one)] for key, one in value.items()]
    if isinstance(value, np.ndarray) and value.dtype != object:
        return [value.dtype.str, list(value.shape), hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()]
    module = getattr(value, "__module__", None)
    if callable(value) and module and module.partition(".")[0] in (SCIKIT_LEARN, "numpy") and hasattr(value, "__qualname__"):
        return f"{module}.{value.__qualname__}"
    # A function of the user's own, a generator of random numbers: its results are never taken for another's.
    return f"{type(value).__name__} {secrets.token_hex(8)}"

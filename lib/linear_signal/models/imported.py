"""Classifiers named by import path: from scikit-learn or packages that the user allowed, and checked before any compute."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import packages_distributions, version
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from linear_signal.errors import InputError, unknown
from linear_signal.models.import_path import parse_path
from linear_signal.models.nearest import nearest_classifier

SCIKIT_LEARN = "sklearn"
# Made-up samples that a classifier must be able to learn before a plan is made: few; where that fails, many, because
# settings such as n_neighbors=50 are right for data of some size.
_SIZES = (30, 3000)
_GENES = 4


@dataclass(frozen=True, kw_only=True)
class ScikitLearnClassifier:
    """A classifier in the manner of scikit-learn, named by import path, with its own settings and no tuning.

    Attributes:
        path: of the class.
        settings: name -> plain value.
        package: what the class was imported from, with its version.
        source: SHA-256 of the package's Python files; empty for scikit-learn, whose version says it.
    """

    path: str
    settings: dict[str, Any] = field(default_factory=dict)
    package: str = ""
    source: str = ""

    def definition(self) -> dict[str, Any]:
        """All that decides what the classifier is, as plain values; settings as Python writes them: 1 is not True."""
        settings = {name: repr(value) for name, value in sorted(self.settings.items())}
        return {"path": self.path, "settings": settings, "package": self.package, "source": self.source}

    def make(self, seed: int) -> Any:
        """Return a fresh classifier; ``seed`` becomes its ``random_state`` where it has one."""
        factory = _imported(self.path)
        settings = dict(self.settings)
        if "random_state" in inspect.signature(factory).parameters:
            settings.setdefault("random_state", seed % 2**32)
        return factory(**settings)

    def weighted(self, classifier: Any, weights: np.ndarray) -> dict[str, np.ndarray]:
        """Return what hands weights of samples to the classifier's ``fit``; nothing where it takes none."""
        from sklearn.utils.validation import has_fit_parameter

        return {"sample_weight": weights} if has_fit_parameter(classifier, "sample_weight") else {}

    def fit_and_predict(
        self,
        features: np.ndarray,
        classes: np.ndarray,
        judged: np.ndarray,
        *,
        n_classes: int,
        seed: int,
        n_scored: int = 0,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Fit a fresh classifier and predict.

        Args:
            features: [samples, genes], to learn from.
            classes: int64 [samples]; those with fewer samples weigh more, where the classifier takes weights.
            judged: [judged samples, genes].
            n_classes: classes are 0 to ``n_classes - 1``.
            seed: of ``random_state``.
            n_scored: so many of the judged samples, from the first on, get scores.

        Returns:
            Predicted classes of the judged samples, int64; and scores [scored samples, classes] (:func:`_scores`).

        Raises:
            InputError: the classifier raised an error, or predicted something else than a known class for each sample.
        """
        counts = np.bincount(classes, minlength=n_classes)
        weights = (1 / (counts + 1))[classes]
        try:
            classifier = self.make(seed)
            # Mean weight one: settings such as C keep their usual meaning.
            classifier.fit(features, classes, **self.weighted(classifier, weights / weights.mean()))
            predicted = np.asarray(classifier.predict(judged))
            scores = _scores(classifier, judged[:n_scored], n_classes) if n_scored else np.empty((0, 0))
        except MemoryError:
            raise  # want of memory is no fault of the classifier, and has a sentence of its own where units are run
        except Exception as error:
            raise InputError(
                f"The model {self.path} with settings {self.settings} cannot be fitted: {_shown(error)}. "
                "Change its settings, or leave it out of models."
            ) from error
        if predicted.shape != (len(judged),) or not np.isin(predicted, np.unique(classes)).all():
            raise InputError(
                f"The model {self.path} predicts {predicted.ravel()[:3].tolist()} ... in the shape {predicted.shape}; a "
                f"classifier predicts one of the classes it has seen for each of {len(judged)} samples."
            )
        return predicted.astype(np.int64), scores


def _scores(classifier: Any, judged: np.ndarray, n_classes: int) -> np.ndarray:
    """Scores of a fitted classifier, float64 [samples, classes].

    They are logarithms of probabilities where it has them, else what its decision function says; NaN where it has neither,
    and for classes it has not seen.
    """
    scores = np.full((len(judged), n_classes), np.nan)
    if hasattr(classifier, "predict_proba"):
        with np.errstate(divide="ignore"):
            found = np.log(np.asarray(classifier.predict_proba(judged), dtype=np.float64))
    elif hasattr(classifier, "decision_function"):
        found = np.asarray(classifier.decision_function(judged), dtype=np.float64)
        if found.ndim == 1:  # of two classes the second's is given
            found = np.column_stack([-found, found])
    else:
        return scores
    known = np.asarray(getattr(classifier, "classes_", np.arange(n_classes)), dtype=np.int64)
    if found.shape == (len(judged), len(known)):  # a decision function may be one of pairs of classes
        scores[:, known] = found
    return scores


def find_classifier(name: str, allowed: tuple[str, ...] = ()) -> ScikitLearnClassifier:
    """Find a classifier by its import path.

    Args:
        name: path, with settings where wanted.
        allowed: packages that may be imported beside scikit-learn. Nothing else is imported.

    Raises:
        InputError: the path cannot be read, leads elsewhere, cannot be imported or is no classifier, or a setting is
            unknown or wrong.
    """
    return _found(name, tuple(allowed))


def check_packages(allowed: Iterable[str]) -> None:
    """Refuse names that no package can have.

    Raises:
        InputError: there is one.
    """
    for one in allowed:
        if not one.isidentifier():
            raise InputError(f"allow_models names {one!r}; name packages as they are imported, such as xgboost.")


@cache  # whatever is edited later: what was imported stays what it was, and its digest with it
def _found(name: str, allowed: tuple[str, ...]) -> ScikitLearnClassifier:
    path, settings = parse_path(name)
    package = path.partition(".")[0]
    check_packages(allowed)
    if package not in (SCIKIT_LEARN, *allowed):
        raise InputError(
            f"Model {path!r} is in the package {package!r}. Importing a package runs its code, so only scikit-learn's "
            f"classifiers are taken unasked. If you trust it, pass -y 'allow_models: [{package}]', or that line in a file."
        )
    factory = _imported(path)
    if not isinstance(factory, type):
        raise InputError(f"Model {path!r} is not a classifier: a class with fit and predict is needed.")
    accepted = inspect.signature(factory).parameters
    for setting in settings:
        if setting not in accepted and not _takes_any(factory):
            raise unknown(f"setting of {path}", setting, accepted)
    _check_settings(path, factory, settings)
    source = "" if package == SCIKIT_LEARN else source_digest(importlib.import_module(package))
    return ScikitLearnClassifier(path=path, settings=settings, package=versioned(package), source=source)


@cache
def check_fits(name: str, allowed: tuple[str, ...] = ()) -> None:
    """Fit a classifier on a handful of made-up samples: settings that exclude each other show in no other way.

    Args:
        name: path, with settings where wanted.
        allowed: as of :func:`find_classifier`.

    Raises:
        InputError: it cannot be fitted, on few samples or on many; or as of :func:`find_classifier`.
    """
    classifier = find_classifier(name, allowed)
    random = np.random.default_rng(0)
    problem = None
    for size in _SIZES:
        classes = np.arange(size) % 2
        features = (random.random((size, _GENES)) + classes[:, None]).astype(np.float32) / 2
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # it says nothing of real data whether these few converge
                classifier.fit_and_predict(features, classes, features, n_classes=2, seed=0)
            return
        except InputError as error:
            problem = error
    raise problem


def _takes_any(factory: type) -> bool:
    return any(each.kind is each.VAR_KEYWORD for each in inspect.signature(factory).parameters.values())


def _check_settings(path: str, factory: type, settings: dict[str, Any]) -> None:
    from sklearn.base import is_classifier

    if not (hasattr(factory, "fit") and hasattr(factory, "predict")):
        raise InputError(
            f"Model {path!r} is not a classifier: a class with fit and predict is needed.{nearest_classifier(path)}"
        )
    try:
        made = factory(**settings)
    except Exception as error:
        needed = [
            each.name
            for each in inspect.signature(factory).parameters.values()
            if each.default is each.empty and each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)
        ]
        missing = [each for each in needed if each not in settings]
        raise InputError(
            f"Model {path!r} cannot be made: {_shown(error)}."
            + (
                f" It needs {', '.join(missing)}: where that is another model, write a class of your own that makes both, "
                "and name its module in allow_models."
                if missing
                else ""
            )
        ) from None
    try:
        classifies = is_classifier(made)
    except Exception as error:  # no tags at all, or those of a missing inner model
        raise InputError(
            f"Model {path!r} does not say whether it is a classifier ({_shown(error)}). A class of your own derives from "
            "sklearn.base.ClassifierMixin and sklearn.base.BaseEstimator, in this order; an inner model must be a model."
        ) from None
    if not classifies:
        raise InputError(f"Model {path!r} is not a classifier.{nearest_classifier(path)}")
    if hasattr(made, "_parameter_constraints"):  # scikit-learn states what its settings may be; other packages need not
        try:
            made._validate_params()
        except Exception as error:
            raise InputError(f"Model {path!r} refuses its settings: {_shown(error)}") from None


@cache
def _imported(path: str) -> Any:
    module, _, attribute = path.rpartition(".")
    try:
        return getattr(importlib.import_module(module), attribute)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a module is a program: it can raise anything, even end the process
        raise InputError(
            f"Model {path!r} cannot be imported: {_shown(error)}. Check the spelling and that it is installed."
        ) from None


def _shown(error: BaseException) -> str:
    text = " ".join(str(error).split())[:300]
    return text if isinstance(error, ImportError | AttributeError) and text else f"{type(error).__name__}: {text}"


@cache  # it looks through everything that is installed
def versioned(package: str) -> str:
    """Name a package and its version; one that was never installed, such as a file of the user's own, has none."""
    distributions = sorted(set(packages_distributions().get(package, [])))
    return ", ".join(f"{each} {version(each)}" for each in distributions) or package


def source_digest(package: ModuleType) -> str:
    """Digest every Python file of a package, or the one file of a module."""
    folders = [Path(folder) for folder in getattr(package, "__path__", [])]
    named = [(path.relative_to(folder).as_posix(), path) for folder in folders for path in sorted(folder.rglob("*.py"))]
    file = getattr(package, "__file__", None)
    if not folders and file:
        named = [(Path(file).name, Path(file))]
    digest = hashlib.sha256()
    for name, path in named:
        content = path.read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()

"""What people read for a model: its title, its phrase, its family, and the order in which models are listed."""

from __future__ import annotations

from collections.abc import Iterable

from linear_signal.models.catalogue import CATALOGUE, FAMILIES
from linear_signal.models.networks import is_dense

_LINEAR_CLASSES = {"LinearSVC", "LinearDiscriminantAnalysis", "RidgeLogisticRegression"}
_KERNEL_MACHINES = {"SVC", "NuSVC"}


def model_title(name: str) -> str:
    """Name a model in a figure; an import path gives its last component, with its settings.

    >>> model_title("three_layer"), model_title("dense(64, 64)"), model_title("sklearn.svm.SVC(C=2.0)")
    ('Three-layer network', 'Dense network (64, 64)', 'SVC(C=2.0)')
    """
    if name in CATALOGUE:
        return CATALOGUE[name].title
    return name.replace("dense(", "Dense network (", 1) if is_dense(name) else _last(name)


def model_short(name: str) -> str:
    """Name a model where there is little room.

    >>> model_short("exact_logistic_regression"), model_short("sklearn.neural_network.MLPClassifier")
    ('Logistic (exact)', 'MLPClassifier')
    """
    return CATALOGUE[name].short if name in CATALOGUE else name if is_dense(name) else _last(name)


def model_phrase(name: str) -> str:
    """Name a model inside a sentence.

    >>> model_phrase("three_layer"), model_phrase("logistic_regression"), model_phrase("dense(8)")
    ('the three-layer network', 'logistic regression', 'the dense network (8)')
    """
    if name in CATALOGUE:
        return CATALOGUE[name].phrase
    return name.replace("dense(", "the dense network (", 1) if is_dense(name) else _last(name)


def model_family(name: str) -> str:
    """Say whether a model is ``linear``, ``network``, ``trees``, ``probe`` or ``other``; import paths by their name.

    >>> model_family("linear_svm"), model_family("sklearn.linear_model.Perceptron"), model_family("sklearn.svm.SVC")
    ('linear', 'linear', 'other')
    >>> model_family("dense(64)"), model_family("sklearn.ensemble.RandomForestClassifier")
    ('network', 'trees')
    >>> model_family("sklearn.svm.SVC(kernel='linear')")
    'linear'
    """
    if name in CATALOGUE:
        return CATALOGUE[name].family
    path = name.partition("(")[0]
    last = _last(path)
    if ".linear_model." in f".{path}" or last in _LINEAR_CLASSES:
        return "linear"
    if last in _KERNEL_MACHINES and "kernel='linear'" in name:
        return "linear"
    if is_dense(name) or last.startswith("MLP") or last.endswith("Network"):
        return "network"
    return "trees" if any(part in last for part in ("Forest", "GradientBoosting", "Tree", "XGB", "LGBM")) else "other"


def family_phrase(name: str) -> str:
    """Name a family of models inside a sentence.

    >>> family_phrase("network")
    'networks'
    """
    return FAMILIES[name]


def ordered_models(names: Iterable[str]) -> list[str]:
    """Sort model names by family, those of the catalogue first, in its order.

    >>> ordered_models(["five_layer", "sklearn.svm.SVC", "logistic_regression"])
    ['logistic_regression', 'five_layer', 'sklearn.svm.SVC']
    """
    known, families = list(CATALOGUE), list(FAMILIES)
    return sorted(
        set(names),
        key=lambda name: (
            families.index(model_family(name)),
            known.index(name) if name in CATALOGUE else len(known),
            name,
        ),
    )


def listed_models(names: Iterable[str]) -> str:
    """Name several models inside a sentence.

    >>> listed_models(["linear_svm", "three_layer", "five_layer"])
    'the linear SVM, the three-layer network and the five-layer network'
    """
    phrases = [model_phrase(name) for name in names]
    return " and ".join([", ".join(phrases[:-1]), phrases[-1]]) if len(phrases) > 1 else phrases[0]


def _last(name: str) -> str:
    # Settings stay, as two models may differ by them alone; dots inside them are not part of the path.
    path, bracket, settings = name.partition("(")
    return path.rsplit(".", 1)[-1] + bracket + settings

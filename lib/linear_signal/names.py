"""What people read for the names in the tables: titles, phrases and families of models, conditions and splits."""

from __future__ import annotations

import re
from collections.abc import Iterable

# name: (title in figures, words inside a sentence, family)
_MODELS = {
    "logistic_regression": ("Logistic regression", "logistic regression", "linear"),
    "exact_logistic_regression": ("Logistic regression, exact", "exactly solved logistic regression", "linear"),
    "linear_svm": ("Linear SVM", "the linear SVM", "linear"),
    "three_layer": ("Three-layer network", "the three-layer network", "network"),
    "five_layer": ("Five-layer network", "the five-layer network", "network"),
    "squared_logistic": ("Squares of genes", "logistic regression on squared genes", "other"),
}
_SHORT = {
    "logistic_regression": "Logistic",
    "exact_logistic_regression": "Logistic, exact",
    "linear_svm": "SVM",
    "three_layer": "Three-layer",
    "five_layer": "Five-layer",
    "squared_logistic": "Squares",
}
# name: (title in figures, words inside a sentence)
_CONDITIONS = {
    "full": ("Full signal", "with full signal"),
    "removed": ("Linear signal removed", "with the linear signal removed"),
    "removed_full_dataset": ("Removed on all data at once", "with the linear signal removed on all data at once"),
    "not_pretrained": ("Not pretrained", "without pretraining"),
    "pretrained": ("Pretrained", "with pretraining"),
}
_SPLITS = {
    "group": "Whole groups held out",
    "sample": "Single samples held out",
    "transfer": "Learnt on one data set, judged on another",
}
_SPLIT_PHRASES = {
    "group": "with whole groups held out",
    "sample": "with single samples held out",
    "transfer": "learnt on another data set",
}
_SCALINGS = {"all": "Scaled over all samples", "train": "Scaled over the training samples"}
_FAMILIES = {"linear": "linear models", "network": "networks", "other": "other models"}
_LINEAR_CLASSES = {"LinearSVC", "LinearDiscriminantAnalysis"}


def model_title(name: str) -> str:
    """Name a model in a figure; an import path gives its last component, with its settings.

    >>> model_title("three_layer"), model_title("sklearn.ensemble.HistGradientBoostingClassifier")
    ('Three-layer network', 'HistGradientBoostingClassifier')
    """
    return _MODELS[name][0] if name in _MODELS else _last(name)


def model_short(name: str) -> str:
    """Name a model where there is little room.

    >>> model_short("exact_logistic_regression"), model_short("sklearn.neural_network.MLPClassifier")
    ('Logistic, exact', 'MLPClassifier')
    """
    return _SHORT.get(name) or model_title(name)


def model_phrase(name: str) -> str:
    """Name a model inside a sentence.

    >>> model_phrase("three_layer"), model_phrase("logistic_regression")
    ('the three-layer network', 'logistic regression')
    """
    return _MODELS[name][1] if name in _MODELS else _last(name)


def model_family(name: str) -> str:
    """Say whether a model is ``linear``, a ``network`` or ``other``; import paths are judged by their name.

    >>> model_family("linear_svm"), model_family("sklearn.linear_model.Perceptron"), model_family("sklearn.svm.SVC")
    ('linear', 'linear', 'other')
    """
    if name in _MODELS:
        return _MODELS[name][2]
    path = name.partition("(")[0]
    if ".linear_model." in f".{path}" or _last(path) in _LINEAR_CLASSES:
        return "linear"
    return "network" if _last(path).startswith("MLP") else "other"


def condition_title(name: str) -> str:
    """Name a condition in a figure; an unknown one is shown as it is, with blanks.

    >>> condition_title("removed"), condition_title("half_removed")
    ('Linear signal removed', 'Half removed')
    """
    return _CONDITIONS[name][0] if name in _CONDITIONS else _spaced(name).capitalize()


def condition_phrase(name: str) -> str:
    """Name a condition inside a sentence.

    >>> condition_phrase("removed")
    'with the linear signal removed'
    """
    return _CONDITIONS[name][1] if name in _CONDITIONS else f"in condition {_spaced(name)}"


def split_title(name: str) -> str:
    """Name a kind of split in a figure.

    >>> split_title("sample")
    'Single samples held out'
    """
    return _SPLITS.get(name, _spaced(name).capitalize())


def split_phrase(name: str) -> str:
    """Name a kind of split inside a sentence, behind a model.

    >>> split_phrase("sample")
    'with single samples held out'
    """
    return _SPLIT_PHRASES[name]


def scaling_title(name: str) -> str:
    """Name in a figure what genes are scaled over.

    >>> scaling_title("train")
    'Scaled over the training samples'
    """
    return _SCALINGS.get(name, _spaced(name).capitalize())


def family_phrase(name: str) -> str:
    """Name a family of models inside a sentence.

    >>> family_phrase("network")
    'networks'
    """
    return _FAMILIES[name]


def ordered_models(names: Iterable[str]) -> list[str]:
    """Sort model names: linear ones, then networks, then whatever else, each in the order of this list.

    >>> ordered_models(["five_layer", "sklearn.svm.SVC", "logistic_regression"])
    ['logistic_regression', 'five_layer', 'sklearn.svm.SVC']
    """
    known, families = list(_MODELS), ["linear", "network", "other"]
    return sorted(
        set(names),
        key=lambda name: (
            families.index(model_family(name)),
            known.index(name) if name in _MODELS else len(known),
            name,
        ),
    )


def ordered_conditions(names: Iterable[str]) -> list[str]:
    """Sort conditions: full signal first, then the known ones, then the others by name.

    >>> ordered_conditions(["removed", "full"])
    ['full', 'removed']
    """
    known = list(_CONDITIONS)
    return sorted(set(names), key=lambda name: (known.index(name) if name in _CONDITIONS else len(known), name))


def listed_models(names: Iterable[str]) -> str:
    """Name several models inside a sentence.

    >>> listed_models(["linear_svm", "three_layer", "five_layer"])
    'the linear SVM, the three-layer network and the five-layer network'
    """
    phrases = [model_phrase(name) for name in names]
    return " and ".join([", ".join(phrases[:-1]), phrases[-1]]) if len(phrases) > 1 else phrases[0]


def counted(number: int, noun: str) -> str:
    """Write a count with its noun.

    >>> counted(1, "seed"), counted(1500, "fold"), counted(3, "study"), counted(2, "day")
    ('1 seed', '1,500 folds', '3 studies', '2 days')
    """
    if number == 1:
        return f"1 {noun}"
    return f"{number:,} {re.sub('(?<![aeiou])y$', 'ie', noun)}s"


def _last(name: str) -> str:
    # Settings stay, as two models may differ by them alone; dots inside them are not part of the path.
    path, bracket, settings = name.partition("(")
    return path.rsplit(".", 1)[-1] + bracket + settings


def _spaced(name: str) -> str:
    return name.replace("_", " ")

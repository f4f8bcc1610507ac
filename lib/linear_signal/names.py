"""What people read for the names in the tables: titles and phrases of signals, pretraining, splits, scalings, and counts."""

from __future__ import annotations

import re
from collections.abc import Iterable

# name: (title in figures, words inside a sentence)
_SIGNALS = {
    "full": ("Full signal", "with full signal"),
    "removed": ("Linear signal removed", "with the linear signal removed"),
    "spreads_removed": ("Means and spreads equal", "with equal means and spreads"),
    "distributions_removed": ("Distributions of genes equal", "with equal distributions of single genes"),
    "covariances_removed": ("Covariances equal as well", "with equal covariances as well"),
    "removed_without_traces": ("Means equal, without traces", "with equal means and without traces of the removal"),
    "removed_on_all_data": ("Removed on all data at once", "with the linear signal removed on all data at once"),
}
_GROUPS = ("study", "donor", "patient", "site", "hospital", "plate")
_PRETRAINING = {
    "none": ("Not pretrained", "without pretraining"),
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


def signal_title(name: str) -> str:
    """Name a signal in a figure; an unknown one is shown as it is, with blanks.

    >>> signal_title("removed"), signal_title("half_removed")
    ('Linear signal removed', 'Half removed')
    """
    return _SIGNALS[name][0] if name in _SIGNALS else _spaced(name).capitalize()


def signal_phrase(name: str) -> str:
    """Name a signal inside a sentence.

    >>> signal_phrase("removed")
    'with the linear signal removed'
    """
    return _SIGNALS[name][1] if name in _SIGNALS else f"with signal {_spaced(name)}"


def pretraining_title(name: str) -> str:
    """Name a kind of pretraining in a figure.

    >>> pretraining_title("none"), pretraining_title("pretrained")
    ('Not pretrained', 'Pretrained')
    """
    return _PRETRAINING[name][0] if name in _PRETRAINING else _spaced(name).capitalize()


def pretraining_phrase(name: str) -> str:
    """Name a kind of pretraining inside a sentence.

    >>> pretraining_phrase("pretrained")
    'with pretraining'
    """
    return _PRETRAINING[name][1] if name in _PRETRAINING else f"with pretraining {_spaced(name)}"


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
    return _SPLIT_PHRASES.get(name, f"with split {_spaced(name)}")


def scaling_title(name: str) -> str:
    """Name in a figure what genes are scaled over.

    >>> scaling_title("train")
    'Scaled over the training samples'
    """
    return _SCALINGS.get(name, _spaced(name).capitalize())


def ordered_signals(names: Iterable[str]) -> list[str]:
    """Sort signals: the full one first, then the known ones, then the others by name.

    >>> ordered_signals(["removed", "full"])
    ['full', 'removed']
    """
    return _known_first(names, _SIGNALS)


def ordered_pretraining(names: Iterable[str]) -> list[str]:
    """Sort kinds of pretraining: none first.

    >>> ordered_pretraining(["pretrained", "none"])
    ['none', 'pretrained']
    """
    return _known_first(names, _PRETRAINING)


def counted(number: int, noun: str) -> str:
    """Write a count with its noun.

    >>> counted(1, "seed"), counted(1500, "fold"), counted(3, "study"), counted(2, "day")
    ('1 seed', '1,500 folds', '3 studies', '2 days')
    """
    if number == 1:
        return f"1 {noun}"
    return f"{number:,} {re.sub('(?<![aeiou])y$', 'ie', noun)}s"


def counted_groups(number: int, column: str) -> str:
    """Write how many groups were kept together; a column of a table that is no such word is named as it is.

    >>> counted_groups(239, "study"), counted_groups(948, "donor"), counted_groups(12, "tss")
    ('239 studies', '948 donors', '12 groups (tss)')
    """
    return counted(number, column) if column in _GROUPS else f"{counted(number, 'group')} ({column})"


def _known_first(names: Iterable[str], known: Iterable[str]) -> list[str]:
    order = list(known)
    return sorted(set(names), key=lambda name: (order.index(name) if name in order else len(order), name))


def _spaced(name: str) -> str:
    return name.replace("_", " ")

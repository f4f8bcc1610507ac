"""What people read for the names in the tables: titles and phrases of conditions, splits and scalings, and counts."""

from __future__ import annotations

import re
from collections.abc import Iterable

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


def ordered_conditions(names: Iterable[str]) -> list[str]:
    """Sort conditions: full signal first, then the known ones, then the others by name.

    >>> ordered_conditions(["removed", "full"])
    ['full', 'removed']
    """
    known = list(_CONDITIONS)
    return sorted(set(names), key=lambda name: (known.index(name) if name in _CONDITIONS else len(known), name))


def counted(number: int, noun: str) -> str:
    """Write a count with its noun.

    >>> counted(1, "seed"), counted(1500, "fold"), counted(3, "study"), counted(2, "day")
    ('1 seed', '1,500 folds', '3 studies', '2 days')
    """
    if number == 1:
        return f"1 {noun}"
    return f"{number:,} {re.sub('(?<![aeiou])y$', 'ie', noun)}s"


def _spaced(name: str) -> str:
    return name.replace("_", " ")

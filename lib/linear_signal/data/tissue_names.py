"""Clean names for curated tissue labels: case and blanks by rule, plurals, spellings and synonyms by a written table."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from linear_signal.errors import listed

# The tissues with at least ten studies among the labelled samples of Recount3 (Heil et al. 2023, Methods, "Datasets").
PAPER_TISSUES = (
    "blood",
    "breast",
    "stem cell",
    "cervix",
    "brain",
    "kidney",
    "umbilical cord",
    "lung",
    "epithelium",
    "prostate",
    "liver",
    "heart",
    "skin",
    "colon",
    "bone marrow",
    "muscle",
    "tonsil",
    "blood vessel",
    "spinal cord",
    "testis",
    "placenta",
)
# The five most common of them, for the ten binary tasks.
BINARY_TISSUES = ("brain", "blood", "breast", "stem cell", "cervix")
KINDS = {
    "plural": "the plural of the name",
    "spelling": "another or a wrong spelling",
    "synonym": "another word for the same",
    "part": "a part of that tissue or organ",
    "stage": "the same organ before birth",
    "apart": "kept under its own name on purpose",
    "none": "says that there is no label",
}

_BLANKS = re.compile(r"[\s_\-\u2010-\u2015\u2212]+")


@dataclass(frozen=True, eq=False, kw_only=True)
class CleanedLabels:
    """What became of a list of labels.

    Attributes:
        names: str [samples], in the order of the labels; "" where there is none.
        changed: label as written -> name, for every label that reads otherwise now.
        by_table: those of ``changed`` that the written table decided; the rest is case and blanks.
        unknown: label as written -> samples, for labels that the table does not know. They keep their own words, in
            lower case and with single blanks.
    """

    names: np.ndarray
    changed: dict[str, str]
    by_table: frozenset[str]
    unknown: Counter[str]

    def notes(self) -> list[str]:
        """Say in sentences what was done, for the notes of a dataset."""
        without = int((self.names == "").sum())
        notes = [
            f"{len(self.changed)} spellings of tissues were cleaned: {len(self.changed) - len(self.by_table)} by case and "
            f"blanks, {len(self.by_table)} by the table of names; {len(set(self.names.tolist()) - {''})} names remain."
        ]
        if without:
            notes.append(f"Samples without a tissue label: {without:,}.")
        if self.unknown:
            most = [label for label, _ in self.unknown.most_common()]
            notes.append(f"The table does not know {listed(most, most=3)}; they stay as they are.")
        return notes


@dataclass(frozen=True, kw_only=True)
class TableRow:
    """One decision of ``tissue_names.csv``: the name of a folded label, what kind of change it is, and why."""

    name: str
    kind: str
    why: str


def clean_tissues(labels: Sequence[str | float | None]) -> CleanedLabels:
    """Give every label its clean name.

    Case, underscores, dashes and runs of blanks never matter (:func:`folded`); what else may differ is written in
    ``tissue_names.csv``, a row per variant with its reason. Cells sorted from a tissue, or grown from it, do not get the
    name of the tissue. Missing values (None, NaN, "", "NA", "unknown") give "".

    >>> cleaned = clean_tissues(["Whole_Blood", "prostrate", "blood", "hESCs", None, "T cells"])
    >>> cleaned.names.tolist()
    ['blood', 'prostate', 'blood', 'stem cell', '', 't cell']
    """
    table, known = tissue_table(), _known_names()
    names: list[str] = []
    changed: dict[str, str] = {}
    by_table: set[str] = set()
    unknown: Counter[str] = Counter()
    found: dict[str, str] = {}
    for label in labels:
        # NaN is the only value that differs from itself; pandas writes it for an empty field.
        written = "" if label is None or label != label else str(label)
        if written not in found:
            plain = folded(written)
            found[written] = name = table[plain].name if plain in table else plain
            if name != written:
                changed[written] = name
            if name != plain:
                by_table.add(written)
        names.append(found[written])
        if found[written] and found[written] not in known:
            unknown[written] += 1
    # A cell of blanks and a cell of nothing both say nothing: no label was cleaned there.
    blank = {label for label in changed if not label.strip()}
    return CleanedLabels(
        names=np.array(names, dtype=str),
        changed={label: name for label, name in changed.items() if label not in blank},
        by_table=frozenset(by_table - blank),
        unknown=unknown,
    )


def folded(label: str) -> str:
    """Make case, underscores, dashes and runs of blanks alike; compatibility forms of Unicode become the plain ones.

    >>> folded(" Skin_Sun-Exposed  Lower leg")
    'skin sun exposed lower leg'
    """
    return _BLANKS.sub(" ", unicodedata.normalize("NFKC", label)).strip().casefold()


def samples_and_studies(names: Iterable[str], studies: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Count per clean name its samples and the different studies they come from; no label is no name.

    >>> samples_and_studies(["brain", "brain", "", "skin"], ["S1", "S1", "S2", "S2"])
    {'brain': (2, 1), 'skin': (1, 1)}
    """
    samples: Counter[str] = Counter()
    of_name: dict[str, set[str]] = {}
    for name, study in zip(names, studies, strict=True):
        if name:
            samples[str(name)] += 1
            of_name.setdefault(str(name), set()).add(str(study))
    return {name: (count, len(of_name[name])) for name, count in samples.items()}


@cache
def tissue_table() -> dict[str, TableRow]:
    """Read ``tissue_names.csv``: folded label -> its row."""
    with files("linear_signal.data").joinpath("tissue_names.csv").open(encoding="utf-8", newline="") as file:
        return {row["label"]: TableRow(name=row["name"], kind=row["kind"], why=row["why"]) for row in csv.DictReader(file)}


@cache
def _known_names() -> frozenset[str]:
    return frozenset(PAPER_TISSUES) | {row.name for row in tissue_table().values()}

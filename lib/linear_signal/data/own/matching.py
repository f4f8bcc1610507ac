"""Which rows or columns of a table are the samples: those whose names the table of labels knows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from linear_signal.data.own.raw_table import RawTable
from linear_signal.errors import InputError, listed, unknown

AUTO, SAMPLES_IN_ROWS, GENES_IN_ROWS = "auto", "samples_in_rows", "genes_in_rows"
ORIENTATIONS = (AUTO, SAMPLES_IN_ROWS, GENES_IN_ROWS)
_LOOKED_AT = 500


@dataclass(frozen=True, eq=False, kw_only=True)
class Samples:
    """Where the samples of a table are, and what is known of them.

    Attributes:
        rows_are_samples: which way round the table lies.
        places: int64 [samples], sorted: rows, or columns of numbers.
        ids: str per sample.
        facts: one row per sample, in the same order.
        genes: names along the other side, all of them.
        notes: what was seen and left out.
        n_misspelt: of those left out, how many differ from an id of the labels in signs or case only.
    """

    rows_are_samples: bool
    places: np.ndarray
    ids: list[str]
    facts: pd.DataFrame
    genes: list[str]
    notes: tuple[str, ...] = ()
    n_misspelt: int = 0


def find_samples(raw: RawTable, labels: pd.DataFrame | None, *, name: str, orientation: str = AUTO) -> Samples:
    """Join a table with its labels.

    Args:
        raw: the table.
        labels: one row per sample; every column of text may be the one with the ids, the one that fits best is. None where
            the facts beside the numbers hold the labels.
        name: of the table of labels, for messages.
        orientation: :data:`ORIENTATIONS`; "auto" goes by where the ids are.

    Raises:
        InputError: nothing fits, both sides fit, or an id is there twice.
    """
    if orientation not in ORIENTATIONS:
        raise unknown("orientation", orientation, ORIENTATIONS)
    if labels is None:
        return _with_own_facts(raw, orientation)
    sides = _sides(raw, orientation)
    best = _best(sides, labels)
    if best is None:
        raise _nothing_fits(raw, sides, labels, name, orientation)
    side, column, _ = best
    rows_are_samples, names = sides[side]
    known = labels[column].astype(str).str.strip().tolist()
    both = set(names) & set(known) - {""}
    fits = np.array([one in both for one in names])
    _check_twice(raw.name, [one for one in names if one in both])
    _check_twice(name, [one for one in known if one in both])
    places = np.flatnonzero(fits)
    ids = [names[place] for place in places]
    of_id = {one: row for row, one in enumerate(known)}
    facts = labels.iloc[[of_id[one] for one in ids]].reset_index(drop=True)
    notes = [f"Samples were found in the {'rows' if rows_are_samples else 'columns'}, by column {column!r} of {name}."]
    misspelt: list[tuple[str, str]] = []
    if len(names) > len(ids):
        others = [one for one, fit in zip(names, fits, strict=True) if not fit]
        notes.append(
            f"{len(others):,} of {len(names):,} have no row in {name} and were left out ({listed(others, most=3)})."
        )
        misspelt = _misspelt(others, [one for one in known if one not in both])
    if misspelt:
        ours, theirs = misspelt[0]
        notes.append(
            f"{len(misspelt):,} of these differ from an id of {name} in signs or case only, as do {ours!r} and {theirs!r}. "
            "Write the ids alike, and they count."
        )
    if len(labels) > len(ids):
        notes.append(f"{len(labels) - len(ids):,} rows of {name} have no expression and were left out.")
    genes = raw.columns if rows_are_samples else _names_of_rows(raw)
    return Samples(
        rows_are_samples=rows_are_samples,
        places=places,
        ids=ids,
        facts=facts,
        genes=genes,
        notes=tuple(notes),
        n_misspelt=len(misspelt),
    )


def _with_own_facts(raw: RawTable, orientation: str) -> Samples:
    if orientation == GENES_IN_ROWS:
        raise InputError(f"{raw.name} has genes in rows, so its labels must come from a table of labels. Name one.")
    names = _names_of_rows(raw)
    _check_twice(raw.name, names)
    notes = []
    if raw.rows_are_samples is None:
        notes.append(
            f"{len(raw.columns):,} columns of numbers were taken for genes ({listed(raw.columns, most=3)}). One that is "
            "none, such as an age, would count as a gene: name it as covariate, or leave it out."
        )
    return Samples(
        rows_are_samples=True,
        places=np.arange(raw.n_rows),
        ids=names,
        facts=raw.facts,
        genes=raw.columns,
        notes=tuple(notes),
    )


def _sides(raw: RawTable, orientation: str) -> dict[str, tuple[bool, list[str]]]:
    """Names that samples may go by: of the columns, and every column of text beside the rows."""
    sides: dict[str, tuple[bool, list[str]]] = {}
    if orientation != GENES_IN_ROWS:
        for column in _text_columns(raw.facts):
            sides[f"rows {column}"] = (True, raw.facts[column].str.strip().tolist())
    if orientation == GENES_IN_ROWS or (orientation == AUTO and raw.rows_are_samples is None):
        sides["columns"] = (False, [one.strip() for one in raw.columns])
    return sides


def _best(sides: dict[str, tuple[bool, list[str]]], labels: pd.DataFrame) -> tuple[str, str, int] | None:
    """Name the side and the column of labels that have the most ids in common, and how many."""
    found = []
    of_column = {column: set(labels[column].astype(str).str.strip()) - {""} for column in _text_columns(labels)}
    for side, (rows, names) in sides.items():
        distinct = set(names)
        if 2 * len(distinct) <= len(names):
            continue  # a label, and no id
        found += [(len(distinct & known), rows, side, column) for column, known in of_column.items()]
    found = sorted(found, key=lambda one: -one[0])  # of equals the one that came first
    if not found or not found[0][0]:
        return None
    most, rows, side, column = found[0]
    if any(number == most and other != rows for number, other, _, _ in found[1:]):
        raise InputError(
            f"{most:,} sample ids fit rows and columns alike. Say which are the samples: orientation="
            f"'{SAMPLES_IN_ROWS}' or '{GENES_IN_ROWS}'."
        )
    return side, column, most


def _text_columns(table: pd.DataFrame) -> list[str]:
    return [column for column in table if table[column].dtype == object]


def _names_of_rows(raw: RawTable) -> list[str]:
    texts = _text_columns(raw.facts)
    for column in texts:
        names = raw.facts[column].str.strip()
        if names.is_unique and (names != "").all():
            return names.tolist()
    if texts and raw.facts[texts[0]].nunique() > raw.n_rows / 2:
        return raw.facts[texts[0]].str.strip().tolist()
    return [f"row {number}" for number in range(1, raw.n_rows + 1)]


def _check_twice(name: str, ids: Iterable[str]) -> None:
    repeated = [one for one, times in Counter(ids).items() if times > 1]
    if repeated:
        raise InputError(
            f"{name}: sample ids must be unique; repeated: {listed(repeated, most=3)}. Rename them, or keep one of each."
        )


def _nothing_fits(
    raw: RawTable, sides: dict[str, tuple[bool, list[str]]], labels: pd.DataFrame, name: str, orientation: str
) -> InputError:
    seen = [
        f"{'its columns' if side == 'columns' else 'its rows'} are called {_three(names)}"
        for side, (_, names) in sides.items()
    ][:3]
    if orientation != GENES_IN_ROWS and not any(rows for rows, _ in sides.values()):
        seen.insert(0, "its rows are only counted (set the ids of samples as index, or as a first column 'sample_id')")
    texts = _text_columns(labels)
    theirs = labels[texts[0]].astype(str).tolist() if texts else []
    hint = next(filter(None, (_hint(names, theirs) for _, names in sides.values())), "")
    if orientation != AUTO and not hint:
        other = next(one for one in ORIENTATIONS[1:] if one != orientation)
        if _best(_sides(raw, other), labels):
            hint = f" They fit with orientation='{other}'."
    return InputError(
        f"No sample of {raw.name} is in {name}: {'; '.join(seen) or 'its rows have no names'}, and those of {name} "
        f"{_three(theirs) if theirs else 'have no text'}.{hint} Write the ids alike."
    )


def _three(names: list[str]) -> str:
    return ", ".join(repr(one if len(one) <= 40 else f"{one[:37]}...") for one in names[:3]) + (
        " ..." if len(names) > 3 else ""
    )


def _hint(ours: list[str], theirs: list[str]) -> str:
    some, others = ours[:_LOOKED_AT], theirs[:_LOOKED_AT]
    plain = {_plain(one): one for one in others}
    for one in some:
        if _plain(one) and _plain(one) in plain:
            return f" {one!r} and {plain[_plain(one)]!r} differ in signs or case only."
        longer = next((other for other in others if other and one and one != other and _begins(one, other)), None)
        if longer:
            return f" {min(one, longer, key=len)!r} is the beginning of {max(one, longer, key=len)!r}."
    return ""


def _misspelt(ours: list[str], theirs: list[str]) -> list[tuple[str, str]]:
    """Pair names that differ in signs or case only."""
    plain = {_plain(one): one for one in theirs if _plain(one)}
    return [(one, plain[_plain(one)]) for one in ours if _plain(one) in plain]


def _plain(name: str) -> str:
    """Leave aside what programs change: case, signs, and the X that R puts in front of a digit."""
    return re.sub(r"^x(?=\d)", "", re.sub(r"[^a-z0-9]", "", name.lower()))


def _begins(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return len(short) >= 4 and long.startswith(short)

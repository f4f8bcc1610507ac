"""The columns that a question is asked with: label, groups and covariates, checked before anything is computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from linear_signal.data.own.delimited import MISSING
from linear_signal.errors import InputError, listed, unknown
from linear_signal.names import counted

_MOST_CLASSES = 200
_LARGEST = 1e15  # of a covariate: squares of it are summed
_CONTINUOUS = 12  # so many values of a number, and it is no class


@dataclass(frozen=True, eq=False, kw_only=True)
class Asked:
    """What is asked of which samples.

    Attributes:
        rows: int64, those that have a label and every group.
        table: label and groups as text, covariates as numbers or text; one row per sample that is kept.
        notes: what was left out.
        n_missing: samples without label or group.
    """

    rows: np.ndarray
    table: pd.DataFrame
    notes: tuple[str, ...]
    n_missing: int


def asked_of(
    facts: pd.DataFrame, *, name: str, label: str, groups: Sequence[str] = (), covariates: Sequence[str] = ()
) -> Asked:
    """Take the columns out of the facts of samples.

    Raises:
        InputError: a column is not there or named twice, no label is left, there is one class alone, every sample has a
            label of its own, or the label is a measurement and no class.
    """
    wanted = [label, *groups, *covariates]
    for column in wanted:
        if column not in facts:
            raise unknown(f"column of {name}", column, [str(one) for one in facts])
        if f"{column} (2)" in facts and (_texts(facts[column]) != _texts(facts[f"{column} (2)"])).any():
            raise InputError(f"{name} has two columns {column!r}, which differ. Give one of them another name.")
    twice = [one for one in dict.fromkeys(wanted) if wanted.count(one) > 1]
    if twice:
        raise InputError(f"{listed(twice)} is asked for twice. Label, groups and covariates are different columns.")
    table = pd.DataFrame({one: _texts(facts[one]) for one in (label, *groups)}, dtype=object)
    without = (table == "").to_numpy()
    rows = np.flatnonzero(~without.any(axis=1))
    notes = [
        f"{counted(int(missing.sum()), 'sample')} without {column} {'was' if missing.sum() == 1 else 'were'} left out."
        for column, missing in zip(table, without.T, strict=True)
        if missing.any()
    ]
    if not len(rows):
        raise InputError(f"No sample of {name} has {' and '.join(map(repr, table))}. Is it the right column?")
    table = table.iloc[rows].reset_index(drop=True)
    _check_label(name, label, table[label])
    notes += _spelt_alike(label, table[label])
    for column in covariates:
        table[column] = _numbers_or_texts(facts[column].iloc[rows].reset_index(drop=True))
        if table[column].dtype != object and np.nanmax(np.abs(table[column]), initial=0.0) > _LARGEST:
            raise InputError(f"Covariate {column!r} of {name} holds numbers beyond {_LARGEST:g}. Are they in other units?")
    return Asked(rows=rows, table=table, notes=tuple(notes), n_missing=int(without.any(axis=1).sum()))


def _check_label(name: str, label: str, values: pd.Series) -> None:
    counts = values.value_counts()
    numbers = pd.to_numeric(values, errors="coerce")
    if numbers.notna().all() and len(counts) > 2:
        broken = bool((numbers != np.floor(numbers)).any())
        if len(counts) > _CONTINUOUS or (broken and len(counts) > len(values) / 4):
            raise InputError(
                f"Label {label!r} of {name} is a measurement: numbers from {numbers.min():g} to {numbers.max():g}, "
                f"{len(counts):,} different ones. Classes are asked for; cut it into a few, such as low and high."
            )
    if len(counts) == len(values):
        raise InputError(
            f"Label {label!r} of {name} differs between all {len(values):,} samples ({listed(counts.index, most=2)}). "
            "Name the column that tells which class a sample belongs to."
        )
    if len(counts) < 2:
        raise InputError(f"Label {label!r} of {name} is {counts.index[0]!r} for every sample; two classes are needed.")
    if len(counts) > _MOST_CLASSES:
        raise InputError(
            f"Label {label!r} of {name} has {len(counts):,} classes; {_MOST_CLASSES} is the most. Is it the right column?"
        )


def _spelt_alike(label: str, values: pd.Series) -> list[str]:
    """Name classes that may be one, written in two ways."""
    names = pd.Series(sorted(values.unique()))
    plain = names.str.casefold().str.replace(r"[\W_]+", "", regex=True)
    alike = [listed(some, most=5) for _, some in names.groupby(plain) if len(some) > 1]
    return [f"Classes of {label} that differ in case or signs alone: {'; '.join(alike)}. Are they one?"] if alike else []


def _texts(values: pd.Series) -> np.ndarray:
    """Write values as text, "" where they are missing; whole numbers without a point."""
    if pd.api.types.is_float_dtype(values.dtype):
        found = [
            "" if one != one else f"{one:.0f}" if one == np.floor(one) and abs(one) < 1e15 else str(one) for one in values
        ]
    else:
        found = ["" if one is None or one is pd.NA else str(one).strip() for one in values.astype(object)]
    return np.array(["" if one in MISSING else one for one in found], dtype=object)


def _numbers_or_texts(values: pd.Series) -> np.ndarray:
    texts = _texts(values)
    numbers = pd.to_numeric(pd.Series(texts), errors="coerce")
    return numbers.to_numpy(dtype=np.float64) if (numbers.notna() | (texts == "")).all() and (texts != "").any() else texts

"""Tissues of GTEx samples, from the table of sample attributes."""

from __future__ import annotations

from pathlib import Path

from linear_signal.data.text_columns import read_text_columns
from linear_signal.errors import InputError, listed

LABEL_COLUMN = "SMTS"
ID_COLUMN = "SAMPID"
_NO_LABEL = {"", "NA", "nan"}


def read_tissues(attributes: Path) -> dict[str, str]:
    """Read sample id -> tissue (``""`` where none is given) from the attributes table.

    Raises:
        InputError: the file is no table of labels (:mod:`~linear_signal.data.text_columns`), lacks a column, or names a
            sample twice or not at all.
    """
    table = read_text_columns(attributes, (ID_COLUMN, LABEL_COLUMN))
    ids, labels = (table[column].str.strip() for column in (ID_COLUMN, LABEL_COLUMN))
    if (ids == "").any():
        raise InputError(
            f"{attributes}: {int((ids == '').sum()):,} rows have no {ID_COLUMN}; every row needs the id of its sample."
        )
    repeated = ids[ids.duplicated()].unique()
    if len(repeated):
        raise InputError(f"{attributes}: {ID_COLUMN} must be unique; repeated: {listed(repeated)}. Remove one row of each.")
    return {sample: "" if label in _NO_LABEL else label for sample, label in zip(ids, labels, strict=True)}

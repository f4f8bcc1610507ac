"""Checks that a table is small and holds results, no measurements of samples, before it is kept to be shipped."""

from __future__ import annotations

import io
import re
from typing import Any

import numpy as np
import pandas as pd

from linear_signal.errors import InputError, listed

MOST_BYTES = 750_000  # the fits of some ten tasks, eight models, two signals and ten sizes
MOST_COLUMNS = 80  # a results table has about 45; a matrix has hundreds
MOST_IN_A_CELL = 1000

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
# Columns that are genes or samples, of Ensembl, GTEx, TCGA and the sequence read archive: the table is a matrix then.
_MATRIX = re.compile(r"ENS[A-Z]*[GT]\d{11}(\.\d+)?|(GTEX|TCGA)-[\w-]+|[SED]RR\d{5,}")
# A row for each of these in each of those is the matrix again, written long.
_FEATURES, _SAMPLES = {"gene", "gene_id", "gene_name", "locus"}, {"sample", "sample_id", "donor", "cell_type"}


def check_name(what: str, name: str) -> None:
    """Check that something can go by a name in folders, files and Python alike.

    Raises:
        InputError: it cannot.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InputError(
            f"The {what} {name!r} is no name: it must begin with a small letter and hold small letters, digits and _ only, "
            "60 at most."
        )


def check_results(name: str, table: pd.DataFrame) -> None:
    """Check that a table has rows of results: plain values in few columns, none of them measured on a gene of a sample.

    Raises:
        InputError: it has not; the message says what was found.
    """
    if not isinstance(table, pd.DataFrame) or table.empty:
        found = "no rows or columns" if isinstance(table, pd.DataFrame) else f"type {type(table).__name__}"
        raise InputError(f"The table {name} has {found}; a DataFrame with rows of results is needed.")
    columns = list(map(str, table.columns))
    matrix = [column for column in columns if _MATRIX.fullmatch(column)]
    if matrix or len(columns) > MOST_COLUMNS:
        what = f"columns that are genes or samples ({listed(matrix)})" if matrix else f"{len(columns):,} columns"
        raise InputError(
            f"The table {name} has {what}, as a matrix of measurements has. Results alone are kept to be shipped, in "
            f"{MOST_COLUMNS} columns at most: summarise it first."
        )
    features, samples = sorted(_FEATURES & set(columns)), sorted(_SAMPLES & set(columns))
    if features and samples:
        raise InputError(
            f"The table {name} has the columns {features[0]!r} and {samples[0]!r}: values of genes in samples, which stay "
            "where the data are. Summarise over one of them first."
        )
    objects = table.select_dtypes("object")
    nested = [str(column) for column in objects if not objects[column].map(_is_plain).all()]
    if nested:
        raise InputError(
            f"The table {name} has something else than plain values in column {listed(nested)}; a cell must be a number, a "
            f"text, true or false, or a row of {MOST_IN_A_CELL:,} numbers at most, such as the draws of a bootstrap."
        )


def _is_plain(cell: Any) -> bool:
    if pd.api.types.is_scalar(cell):
        return True
    values = np.asarray(cell) if isinstance(cell, list | tuple | np.ndarray) else np.empty((0, 0))
    return values.ndim == 1 and len(values) <= MOST_IN_A_CELL and values.dtype.kind in "fiub"


def small_parquet(name: str, table: pd.DataFrame) -> bytes:
    """Write a checked table as Parquet, without its index.

    Raises:
        InputError: as :func:`check_results`, or it takes more than ``MOST_BYTES``.
    """
    check_results(name, table)
    content = io.BytesIO()
    table.to_parquet(content, index=False, compression="zstd", compression_level=19)
    if content.tell() > MOST_BYTES:
        raise InputError(
            f"The table {name} ({len(table):,} rows, {len(table.columns)} columns) takes {content.tell():,} bytes; "
            f"{MOST_BYTES:,} at most are shipped. Summarise it, or split the run by task and measure each part."
        )
    return content.getvalue()

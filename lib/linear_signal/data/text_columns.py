"""Read some columns of a table with commas or tabs, as the text that stands there."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from linear_signal.errors import InputError, unknown


def read_text_columns(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Read columns as text from a table, plain or gzip: nothing is taken for a number or as missing.

    Returns:
        The columns, str, "" where a field is empty.

    Raises:
        InputError: the file is missing, empty or damaged, lacks a column (with those it has), or has no rows.
    """
    if not path.is_file():
        raise InputError(f"There is no file {str(path)!r}. Name a table with a header line and one row per sample.")
    try:
        with path.open("rb") as file:
            zipped = file.read(2) == b"\x1f\x8b"  # by content, not by name: a renamed file still reads
        with gzip.open(path) if zipped else path.open("rb") as file:
            separator = "\t" if b"\t" in file.readline() else ","
            file.seek(0)
            text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
            header = pd.read_csv(text, sep=separator, nrows=0)
            for column in columns:
                if column not in header.columns:
                    raise unknown(f"column of {path.name}", column, [str(name) for name in header.columns])
            text.seek(0)
            chosen = list(dict.fromkeys(columns))
            table = pd.read_csv(text, sep=separator, usecols=chosen, dtype=str, keep_default_na=False)
    except pd.errors.EmptyDataError as error:
        raise InputError(f"{path.name} is empty; it needs a header line and one row per sample.") from error
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, pd.errors.ParserError) as error:
        raise InputError(f"{path.name} cannot be read as a table with commas or tabs ({error}). Get it again.") from error
    if table.empty:
        raise InputError(f"{path.name} has a header and no rows; it needs one row per sample.")
    # A line that ends early leaves a hole that no setting of the reader turns into text.
    return table.fillna("")

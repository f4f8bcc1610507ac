"""Read some columns of a table of labels, with tabs or commas, as the text that stands there: the one reader of such tables.

What is accepted: UTF-8 text (a byte order mark may stand in front), plain or gzip, with lines that end with LF or CR LF; a
header line, then rows of as many fields; empty lines are passed over. Where the header holds a tab, tabs separate the
fields, and quotes are characters like others, but a field that is asked for does not begin with one, as programs disagree on
what that means; else commas separate them, and fields may stand in double quotes (RFC 4180). The columns asked for are
there once, and each of their fields is empty or a name as in :mod:`~linear_signal.data.plain_text`, perhaps with blanks
around it. A line has a mebibyte at most, the table a gibibyte and four million lines, or fewer where a caller knows better.
"""

from __future__ import annotations

import csv
import difflib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import chain
from pathlib import Path

import pandas as pd

from linear_signal.data.plain_text import MOST_LETTERS, unprintable, why_no_name
from linear_signal.data.text_lines import TextLines
from linear_signal.errors import InputError, unknown

_MOST_BYTES_OF_LINE = 1 << 20
_MOST_BYTES = 1 << 30
_MOST_LINES = 4_000_000
_MOST_COLUMNS_SHOWN = 30


def read_text_columns(
    path: Path, columns: Sequence[str], *, most_lines: int = _MOST_LINES, may_be_empty: bool = False
) -> pd.DataFrame:
    """Read columns as text: nothing is taken for a number or as missing.

    Args:
        path: the table.
        columns: names in its header.
        most_lines: lines that it may have, with the header and empty ones.
        may_be_empty: take a header without rows.

    Returns:
        The columns, str, "" where a field is empty.

    Raises:
        InputError: the file is missing, empty or damaged, lacks a column (with those it has) or has it twice, has no rows,
            or is not as the module says.
    """
    chosen = list(dict.fromkeys(columns))
    with closing(TextLines(path, what="A table with a header line and one row per sample")) as lines:
        texts = _texts(lines, most_lines)
        first = next(texts, None)
        if first is None:
            raise InputError(f"{path.name} is empty; it needs a header line and one row per sample.")
        tabs = "\t" in first
        rows = (text.split("\t") for text in chain([first], texts)) if tabs else _records(lines, chain([first], texts))
        header = next(rows)
        places = [_place(path, header, column) for column in chosen]
        values: list[list[str]] = [[] for _ in chosen]
        for row in rows:
            if len(row) != len(header):
                raise InputError(
                    f"{path.name}: line {lines.number:,} has {len(row):,} fields; the header has {len(header):,}. Write "
                    "every field, empty ones as well."
                )
            for column, place, of_column in zip(chosen, places, values, strict=True):
                field = row[place]
                if len(field) > MOST_LETTERS or not field.isprintable() or (tabs and field.startswith('"')):
                    _check(path, lines.number, column, field, tabs=tabs)
                of_column.append(field)
    if not values[0] and not may_be_empty:
        raise InputError(f"{path.name} has a header and no rows; it needs one row per sample.")
    return pd.DataFrame(dict(zip(chosen, values, strict=True)), dtype=object)


def _texts(lines: TextLines, most_lines: int) -> Iterator[str]:
    """Yield the lines that are not empty, as text."""
    n_bytes = 0
    while (line := lines.next(_MOST_BYTES_OF_LINE)) is not None:
        n_bytes += len(line)
        if n_bytes > _MOST_BYTES or lines.number > most_lines:
            raise InputError(
                f"{lines.path.name} goes on behind {most_lines:,} lines or {_MOST_BYTES:,} bytes, the most that this table "
                "may have. Is it the right file? Keep the rows and columns that are needed."
            )
        try:
            text = line.decode("utf-8-sig" if lines.number == 1 else "utf-8")
        except UnicodeDecodeError:
            raise _no_text(lines) from None
        if "\0" in text or "\r" in text:
            raise _no_text(lines)
        if text:
            yield text


def _no_text(lines: TextLines) -> InputError:
    return InputError(
        f"{lines.path.name} cannot be read as a table: line {lines.number:,} is no text in UTF-8, or its lines end in "
        "another way than with LF or CR LF. Unpack it, unless it is packed with gzip, or save it anew as UTF-8."
    )


def _records(lines: TextLines, texts: Iterable[str]) -> Iterator[list[str]]:
    """Split lines at commas; a field in quotes may go over several."""
    try:
        yield from csv.reader((text + "\n" for text in texts), strict=True)
    except csv.Error as error:
        raise InputError(
            f"{lines.path.name} cannot be read as a table with commas: {error}, line {lines.number:,}. Are quotes closed?"
        ) from None


def _place(path: Path, header: list[str], column: str) -> int:
    if header.count(column) > 1:
        raise InputError(f"{path.name} has the column {column!r} {header.count(column)} times. Remove or rename the others.")
    if column in header:
        return header.index(column)
    shown = header[:_MOST_COLUMNS_SHOWN]
    if len(shown) < len(header):
        shown = [*difflib.get_close_matches(column, header, n=1), *shown, f"and {len(header) - len(shown):,} more"]
    raise unknown(f"column of {path.name}", column, shown)


def _check(path: Path, number: int, column: str, field: str, *, tabs: bool) -> None:
    wrong = f"is {field[:40]!r}, which begins with a quote" if tabs and field.startswith('"') else ""
    wrong = (why_no_name(field.strip()) if field.strip() else unprintable(field)) or wrong
    if wrong:
        raise InputError(
            f"{path.name}: the field of column {column!r} in line {number:,} {wrong}. Labels and ids are printable text of "
            f"at most {MOST_LETTERS} characters, without quotes around it where tabs separate the fields."
        )

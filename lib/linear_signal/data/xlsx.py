"""Sheets of Excel workbooks as tables, for published source data: values alone, by the standard library."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from linear_signal.errors import InputError, unknown

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_WRONG = (OSError, zipfile.BadZipFile, KeyError, ValueError, TypeError, IndexError, ET.ParseError)


def read_sheet(path: Path, sheet: str = "") -> pd.DataFrame:
    """Read one sheet of an ``.xlsx`` file whose first row names its columns.

    Numbers are float64, or int64 where all of a column are whole; empty cells and errors are missing. Formats, dates and
    formulas play no part: of a formula the value is read that was kept with it.

    Args:
        path: the workbook.
        sheet: its name; empty: the first one.

    Raises:
        InputError: no such file, no workbook, no such sheet, or a sheet without a row of names.
    """
    try:
        with zipfile.ZipFile(path) as book:
            sheets = _sheets(book)
            if sheet and sheet not in sheets:
                raise unknown(f"sheet of {Path(path).name}", sheet, sheets)
            strings = _strings(book)
            with book.open(sheets[sheet or next(iter(sheets))]) as content:
                rows = list(_rows(content, strings))
        names = [str(rows[0][column]) for column in range(len(rows[0]))]
    except _WRONG as error:
        raise InputError(f"{path} cannot be read as an Excel workbook: {error or type(error).__name__}.") from error
    columns = {name: [row.get(place) for row in rows[1:]] for place, name in enumerate(names)}
    return pd.DataFrame({name: _column(values) for name, values in columns.items()})


def _sheets(book: zipfile.ZipFile) -> dict[str, str]:
    """Sheets by name, in their order: which part of the archive each is."""
    targets = {one.get("Id"): one.get("Target") for one in ET.fromstring(book.read("xl/_rels/workbook.xml.rels"))}
    listed = ET.fromstring(book.read("xl/workbook.xml")).iter(f"{_MAIN}sheet")
    # A target is relative to xl/, or begins at the root.
    return {one.get("name"): f"xl/{targets[one.get(_RELATION)]}".rpartition("xl//")[2] for one in listed}


def _strings(book: zipfile.ZipFile) -> list[str]:
    """Texts that cells share; a file may have none and write each into its cell."""
    if "xl/sharedStrings.xml" not in book.namelist():
        return []
    return [_text(one) for one in ET.fromstring(book.read("xl/sharedStrings.xml")).iter(f"{_MAIN}si")]


def _rows(content: Any, strings: list[str]) -> Iterator[dict[int, Any]]:
    """Rows as values by the place of their column, read one by one: a sheet of many rows is large as a tree."""
    for _, row in ET.iterparse(content):
        if row.tag == f"{_MAIN}row":
            cells = list(row.iter(f"{_MAIN}c"))
            places = [_place(cell.get("r"), place) for place, cell in enumerate(cells)]
            yield {place: _value(cell, strings) for place, cell in zip(places, cells, strict=True)}
            row.clear()


def _place(reference: str | None, otherwise: int) -> int:
    """Place of a column from 0 on: of "AB7" that of AB."""
    if reference is None:
        return otherwise
    place = 0
    for letter in re.match("[A-Z]+", reference).group():
        place = 26 * place + ord(letter) - ord("A") + 1
    return place - 1


def _value(cell: ET.Element, strings: list[str]) -> Any:
    kind, value = cell.get("t", "n"), cell.findtext(f"{_MAIN}v")
    if kind == "inlineStr":
        return _text(cell)
    if value is None or kind == "e":
        return None
    if kind == "s":
        return strings[int(value)]
    return {"str": str, "b": lambda written: written == "1"}.get(kind, float)(value)


def _text(element: ET.Element) -> str:
    return "".join(part.text or "" for part in element.iter(f"{_MAIN}t"))


def _column(values: list[Any]) -> pd.Series:
    # Some write what is missing among numbers as an empty text.
    if any(isinstance(value, str) and value for value in values) or not any(isinstance(value, float) for value in values):
        return pd.Series(values, dtype=object).infer_objects()
    column = pd.Series([value if isinstance(value, float) else np.nan for value in values], dtype=np.float64)
    return column.astype(np.int64) if column.notna().all() and (column == column.round()).all() else column

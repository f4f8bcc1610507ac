"""Tables written column by column as small as they go, for the page; `common.js` reads them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from linear_signal.numbers import MISSING

# Codes of few levels are one letter each, which takes half the bytes of a list of numbers; a full stop: missing.
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-"
Packed = Mapping[str, Mapping[str, Any]]


def pack(table: pd.DataFrame, *, categories: Iterable[str], digits: int = 4) -> dict[str, dict[str, Any]]:
    """Write columns for the page.

    Args:
        table: the columns.
        categories: which of them are names that something is chosen by; these become text, with ``–`` where they lack one.
        digits: digits that are kept of a number with a fraction. Whole numbers are kept as they are.

    Returns:
        By column one of ``{"levels": [...], "codes": [...]}`` (a code of −1: missing; up to 64 levels have their codes as
        one text), ``{"values": [...]}``, and ``{"values": [...], "scale": 1000}``, where a value is the number written
        divided by the scale.

    >>> pack(pd.DataFrame({"a": ["x", "y", "x"], "b": [0.12345, 0.5, None]}), categories=["a"])
    {'a': {'levels': ['x', 'y'], 'codes': 'ABA'}, 'b': {'values': [0.1235, 0.5, None]}}
    """
    categories = set(categories)
    packed = {}
    for column in table:
        values = table[column]
        if column in categories or not _is_number(values):
            packed[str(column)] = _coded(values, as_names=column in categories)
        else:
            packed[str(column)] = _numbers(values, digits)
    return packed


def unpack(packed: Packed) -> pd.DataFrame:
    """Read what :func:`pack` wrote, as the page does."""
    columns = {}
    for name, column in packed.items():
        if "codes" in column:
            codes = column["codes"]
            codes = map(LETTERS.find, codes) if isinstance(codes, str) else codes
            columns[name] = [column["levels"][code] if code >= 0 else None for code in codes]
        else:
            scale = column.get("scale", 1)
            columns[name] = [None if value is None else value / scale for value in column["values"]]
    return pd.DataFrame(columns)


def names_of(values: pd.Series) -> pd.Series:
    """Return the names in a column as categories of text, in their order; a missing one is ``–``."""

    def text(value: object) -> str:
        return MISSING if pd.isna(value) or str(value) == "" else str(value)

    texts = [text(value) for value in values]
    order = values.cat.categories if isinstance(values.dtype, pd.CategoricalDtype) else values.unique()
    levels = dict.fromkeys(text(value) for value in order) | dict.fromkeys(texts)
    met = set(texts)
    return pd.Series(pd.Categorical(texts, categories=[level for level in levels if level in met]), index=values.index)


def _is_number(values: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)


def _coded(values: pd.Series, *, as_names: bool) -> dict[str, Any]:
    texts = names_of(values) if as_names else pd.Series(pd.Categorical(values.map(str, na_action="ignore")))
    return _levels(list(texts.cat.categories), texts.cat.codes.tolist())


def _levels(levels: list[Any], codes: list[int]) -> dict[str, Any]:
    if len(levels) > len(LETTERS):
        return {"levels": levels, "codes": codes}
    return {"levels": levels, "codes": "".join("." if code < 0 else LETTERS[code] for code in codes)}


def _numbers(values: pd.Series, digits: int) -> dict[str, Any]:
    """Choose the shortest way of writing numbers."""
    numbers = [_rounded(value, digits) for value in values]
    ways: list[dict[str, Any]] = [{"values": numbers}]
    known = [value for value in numbers if value is not None]
    places = max((_places(value) for value in known), default=0)
    if 0 < places <= 8:
        scaled = [None if value is None else round(value * 10**places) for value in numbers]
        # The page divides; where that is not the number to the last bit, this way is none.
        if all(number is None or number / 10**places == value for number, value in zip(scaled, numbers, strict=True)):
            ways.append({"values": scaled, "scale": 10**places})
    levels = list(dict.fromkeys(known))
    place = {value: code for code, value in enumerate(levels)}
    ways.append(_levels(levels, [-1 if value is None else place[value] for value in numbers]))
    return min(ways, key=lambda way: len(json.dumps(way, separators=(",", ":"))))


def _rounded(value: Any, digits: int) -> float | int | None:
    if pd.isna(value) or not math.isfinite(value):
        return None
    if float(value).is_integer():
        return int(value)
    rounded = float(f"{value:.{digits}g}")
    return int(rounded) if rounded.is_integer() else rounded


def _places(value: float | int) -> int:
    if isinstance(value, int):
        return 0
    text = repr(value)
    return 99 if "e" in text else len(text.partition(".")[2])

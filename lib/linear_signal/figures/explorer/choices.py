"""What readers choose by, and what is chosen when an explorer opens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from linear_signal.errors import InputError, unknown

ONE, MANY = "one", "many"  # values at a time: a list, or check boxes


def several(columns: str | Sequence[str] | None) -> list[str]:
    """Return one column, or several, or none, as a list.

    >>> several("x"), several(None)
    (['x'], [])
    """
    return [columns] if isinstance(columns, str) else list(columns or ())


def starting(options: Mapping[str, tuple[str, list[str]]], start: Mapping[str, str | Sequence[str]]) -> dict[str, list[str]]:
    """Return the values that are chosen at first: those given, or all, or the first where one is chosen at a time.

    Args:
        options: how many are chosen at a time, and the values, by column.
        start: values by column.

    Raises:
        InputError: an unknown column or value, or several where one is chosen.
    """
    for column in start:
        if column not in options:
            raise unknown("choice to start with", column, options)
    chosen = {}
    for column, (kind, values) in options.items():
        chosen[column] = several(start[column]) if column in start else values[:1] if kind == ONE else values
        for value in chosen[column]:
            if value not in values:
                raise unknown(f"value of {column} to start with", value, values)
        if kind == ONE and len(chosen[column]) != 1:
            raise InputError(f"The choice of {column} starts with one value; got {len(chosen[column])}.")
    return chosen

"""The surface explorer: numbers computed beforehand over a grid of two parameters, as a map with a slider for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from linear_signal.errors import InputError, unknown
from linear_signal.figures.explorer.choices import ONE, several, starting
from linear_signal.figures.explorer.look import BLUE, LOOK, ORANGE, diverging
from linear_signal.figures.explorer.packed import names_of, pack
from linear_signal.figures.explorer.page import BUDGET, Explorer, checked, checked_name
from linear_signal.figures.explorer.surface_still import draw_surface
from linear_signal.figures.style import Synthetic, caption, required

STEPS = 13  # colours, the middle one the page's own ground


def surface_explorer(
    table: pd.DataFrame,
    *,
    name: str,
    x: str,
    y: str,
    value: str | Sequence[str],
    alt: str,
    synthetic: Synthetic,
    low: str,
    high: str,
    colours: tuple[str, str] = (BLUE, ORANGE),
    choose: Sequence[str] = (),
    fields: Sequence[str] = (),
    start: Mapping[str, str | float] | None = None,
    titles: Mapping[str, str] | None = None,
    decimals: Mapping[str, int] | None = None,
    words: str = "",
    digits: int = 4,
    budget: int = BUDGET,
) -> Explorer:
    """Let readers move over a map of a difference, on which the line of no difference is drawn.

    Args:
        table: one row for every pair of ``x`` and ``y``, and for every one of ``choose``.
        name: what the explorer is called in addresses.
        x, y: the two parameters, numbers. Columns and rows of the map are as wide as each other, whatever their steps.
        value: the difference that is drawn, below and above 0; of several columns the reader chooses.
        alt: what the map shows, for those who do not see it.
        synthetic: whether what is shown was computed on simulated data.
        low, high: what a value below and one above 0 mean, such as "the average is better".
        colours: of these two.
        choose: columns of names of which the reader chooses one value each.
        fields: columns that are read at a place, in this order; the values where there are none.
        start: where the cross is at first: ``x`` and ``y`` (the nearest step of the grid), and values of ``choose``.
        titles, decimals: by column.
        words: caption below the map.
        digits: digits kept of a number with a fraction.
        budget: largest size in bytes.

    Raises:
        InputError: an empty table, an unknown column or value, no numbers where some are wanted, a grid with a place that
            is missing or there twice, or an explorer larger than its budget.
    """
    values, start = several(value), dict(start or {})
    fields = list(fields) or values
    checked_name(name)
    used = list(dict.fromkeys([*choose, x, y, *values, *fields]))
    table = required(table, used, what="the grid")[used]
    for column in (x, y, *values):
        if not pd.api.types.is_numeric_dtype(table[column]) or table[column].isna().any():
            raise InputError(f"The column {column!r} of the grid is drawn and has to hold a number in every row.")
    for column in choose:
        table[column] = names_of(table[column])
    table = table.sort_values([*choose, y, x], ignore_index=True)
    levels = {column: list(table[column].cat.categories) for column in choose}
    steps = {column: np.unique(table[column]).tolist() for column in (x, y)}
    _check_grid(table, levels, steps, x=x, y=y)
    for column in start:
        if column not in (x, y, *choose):
            raise unknown("choice to start with", column, [x, y, *choose])
    places = {column: _place(steps[column], start.get(column)) for column in (x, y)}
    chosen = {column: str(given) for column, given in start.items() if column in choose}
    starts = starting({column: (ONE, levels[column]) for column in choose}, chosen)
    declaration: dict[str, Any] = {
        "name": name,
        "alt": alt,
        "x": x,
        "y": y,
        "steps": [steps[x], steps[y]],
        "values": values,
        "limit": {column: float(table[column].abs().max()) or 1.0 for column in values},
        "choose": [{"column": column, "values": levels[column]} for column in choose],
        "fields": fields,
        "ends": [low, high],
        "colours": diverging(colours[0], colours[1], steps=STEPS),
        "titles": dict(titles or {}),
        "decimals": dict(decimals or {}),
        "start": {**starts, "_value": values[:1], "_x": [str(places[x])], "_y": [str(places[y])]},
        "look": LOOK,
    }
    explorer = Explorer(
        kind="surface",
        declaration=declaration,
        columns=pack(table, categories=choose, digits=digits),
        still=draw_surface(declaration, table),
        caption=" ".join(caption(words, synthetic=synthetic).split()),
    )
    return checked(explorer, budget=budget)


def _check_grid(
    table: pd.DataFrame, levels: Mapping[str, list[str]], steps: Mapping[str, list[float]], *, x: str, y: str
) -> None:
    """Refuse a grid that is none: the page finds a place by counting."""
    wanted = int(np.prod([len(values) for values in (*levels.values(), *steps.values())]))
    twice = table.duplicated([*levels, x, y])
    if twice.any():
        place = table.loc[twice, [*levels, x, y]].iloc[0].to_dict()
        raise InputError(f"The grid has more than one row for {place}; keep one, or choose by what sets them apart.")
    if len(table) != wanted:
        full = pd.MultiIndex.from_product([*levels.values(), steps[x], steps[y]])
        there = pd.MultiIndex.from_frame(table[[*levels, x, y]].astype(dict.fromkeys(levels, str)))
        lacking = dict(zip([*levels, x, y], full.difference(there)[0], strict=True))
        raise InputError(
            f"The grid has {len(table)} rows of {wanted}; it lacks one for {lacking}. Compute every place of it."
        )
    if min(len(values) for values in steps.values()) < 2:
        raise InputError(f"A map needs at least two values of {x!r} and of {y!r}.")


def _place(steps: Sequence[float], near: float | str | None) -> int:
    return len(steps) // 2 if near is None else int(np.argmin(np.abs(np.asarray(steps) - float(near))))

"""The scatter explorer: one point a row of a table, and what a reader may choose; what cannot be shown is refused."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pandas as pd

from linear_signal.errors import InputError, unknown
from linear_signal.figures.explorer.choices import MANY, ONE, several, starting
from linear_signal.figures.explorer.look import LOOK, SHAPES, colours_of, shapes_of
from linear_signal.figures.explorer.packed import names_of, pack, unpack
from linear_signal.figures.explorer.page import BUDGET, Explorer, checked, checked_name
from linear_signal.figures.explorer.scatter_still import draw_scatter
from linear_signal.figures.style import Synthetic, caption, required

NO_PANELS = "-"


def scatter_explorer(
    table: pd.DataFrame,
    *,
    name: str,
    x: str | Sequence[str],
    y: str | Sequence[str],
    alt: str,
    synthetic: Synthetic,
    choose: Mapping[str, str] | None = None,
    panels: str | Sequence[str] | None = None,
    colour: str | None = None,
    colours: Mapping[str, str] | None = None,
    marker: str | None = None,
    shapes: Mapping[str, str] | None = None,
    fields: Sequence[str] = (),
    intervals: Mapping[str, tuple[str, str]] | None = None,
    lines: pd.DataFrame | None = None,
    log: Collection[str] = (),
    limits: Mapping[str, tuple[float, float]] | None = None,
    start: Mapping[str, str | Sequence[str]] | None = None,
    titles: Mapping[str, str] | None = None,
    decimals: Mapping[str, int] | None = None,
    words: str = "",
    digits: int = 4,
    budget: int = BUDGET,
) -> Explorer:
    """Let readers explore a table of points.

    Args:
        table: one row a point.
        name: what the explorer is called in addresses (``#sizes.scheme=hybrid``); of its own on its page.
        x, y: columns of numbers; of several the reader chooses, and the first is shown first. Rows without a number stay in
            the table of the page and are not drawn.
        alt: what the figure shows, for those who do not see it.
        synthetic: whether what is shown was computed on simulated data.
        choose: columns whose values the reader chooses: "one" at a time (a list), or "many" (check boxes).
        panels: a column, or several to choose from, whose values stand beside each other.
        colour, marker: columns that are told apart by colour and by mark.
        colours, shapes: by value, such as ``{"signal": "#f08a24"}`` and ``{"signal": "^"}`` (as in the catalogue of models);
            the others get one. Each is made lighter or darker where it could not be told from the page.
        fields: columns that are read at a point, in this order; all that are named otherwise where there are none.
        intervals: of a ``y``, the columns with the ends of its 95 % interval.
        lines: reference lines: a column ``line`` with their names, one or more columns of ``y`` with their height, and any
            of the columns of ``choose`` and ``panels``, which say where a line holds.
        log: those of ``x`` and ``y`` with a logarithmic axis.
        limits: ends of an axis, by column; those of all data where there are none, so that axes stay as they are.
        start: what is chosen at first: by column of ``choose``, and ``"lines"`` for names of lines; all, or the first.
        titles: by column; also of what the table of the page lists.
        decimals: by column.
        words: caption below the figure.
        digits: digits kept of a number with a fraction.
        budget: largest size in bytes.

    Raises:
        InputError: an empty table, an unknown column or value, no numbers where some are wanted, numbers that a logarithmic
            axis cannot show, or an explorer larger than its budget.
    """
    choose, panels = dict(choose or {}), several(panels)
    xs, ys = several(x), several(y)
    titles, decimals, intervals, limits = (dict(given or {}) for given in (titles, decimals, intervals, limits))
    names = list(dict.fromkeys([*choose, *panels, *(column for column in (colour, marker) if column)]))
    ends = [column for pair in intervals.values() for column in pair]
    fields = list(fields) or list(dict.fromkeys([*names, *xs, *ys]))
    used = list(dict.fromkeys([*names, *fields, *xs, *ys, *ends]))
    checked_name(name)
    table = required(table, used, what="points")[used].reset_index(drop=True)
    if not xs or not ys:
        raise InputError("An explorer of points needs a column for x and one for y.")
    _check_kinds(choose)
    for column in (*intervals, *log, *limits):
        if column not in (*xs, *ys):
            raise unknown("axis", column, [*xs, *ys])
    _check_numbers(table, [*xs, *ys, *ends], log=log)
    for column in names:
        table[column] = names_of(table[column])
    lines = _checked_lines(lines, table, ys=ys, names=[*choose, *panels], log=log)
    columns = pack(table, categories=names, digits=digits)
    kept = unpack(columns)
    levels = {column: columns[column]["levels"] for column in names}
    line_names = list(dict.fromkeys(lines["line"]))
    options = {
        **{column: (kind, levels[column]) for column, kind in choose.items()},
        "lines": (MANY, line_names),
    }
    starts = starting(options, start or {})
    declaration: dict[str, Any] = {
        "name": name,
        "alt": alt,
        "x": xs,
        "y": ys,
        "log": list(log),
        "panels": [*panels, *([NO_PANELS] if len(panels) != 1 else [])],
        "choose": [{"column": column, "kind": kind, "values": levels[column]} for column, kind in choose.items()],
        "colour": {"column": colour, "of": colours_of(levels[colour], colours or {})} if colour else None,
        "marker": {"column": marker, "of": shapes_of(levels[marker], shapes or {})} if marker else None,
        "shape": SHAPES["o"],
        "fields": fields,
        "interval": {column: list(pair) for column, pair in intervals.items()},
        "interval_title": "95 % interval",
        "lines": {
            "names": line_names,
            "by": [column for column in lines if column in options or column in panels],
            "columns": pack(lines, categories=[column for column in lines if column not in ys], digits=digits),
        },
        "range": {
            column: _limits(limits[column], column, log=log)
            if column in limits
            else _range(kept, lines, column, intervals.get(column, ()))
            for column in (*xs, *ys)
        },
        "titles": titles,
        "decimals": decimals,
        "start": {
            **{column: starts[column] for column in choose},
            "_x": xs[:1],
            "_y": ys[:1],
            "_panels": (panels or [NO_PANELS])[:1],
            "_lines": starts["lines"],
            "_show": ["intervals"] if intervals else [],
            "_pin": [],
        },
        "look": LOOK,
    }
    explorer = Explorer(
        kind="scatter",
        declaration=declaration,
        columns=columns,
        still=draw_scatter(declaration, kept, lines),
        caption=" ".join(caption(words, synthetic=synthetic).split()),
    )
    return checked(explorer, budget=budget)


def _check_kinds(choose: Mapping[str, str]) -> None:
    for column, kind in choose.items():
        if kind not in (ONE, MANY):
            raise unknown(f"way to choose {column}", kind, (ONE, MANY))
        if column.startswith("_") or column in ("line", "lines"):
            raise InputError(f"A column that readers choose by is not called {column!r}; rename it.")


def _check_numbers(table: pd.DataFrame, columns: Sequence[str], *, log: Collection[str]) -> None:
    for column in columns:
        if not pd.api.types.is_numeric_dtype(table[column]):
            raise InputError(f"The column {column!r} is drawn and holds {table[column].dtype}; give it numbers.")
    for column in log:
        if column in table and (table[column] <= 0).any():
            raise InputError(
                f"The column {column!r} has a logarithmic axis and values down to {table[column].min():g}; leave them out, "
                "or the axis as it is."
            )


def _checked_lines(
    lines: pd.DataFrame | None, table: pd.DataFrame, *, ys: Sequence[str], names: Sequence[str], log: Collection[str]
) -> pd.DataFrame:
    """Return the reference lines with their names as text; those for values that the table lacks are left out."""
    if lines is None:
        return pd.DataFrame({"line": []})
    lines = required(lines, ["line"], what="reference lines").reset_index(drop=True)
    for column in lines:
        if column not in ("line", *ys, *names):
            raise unknown("column of reference lines", str(column), ["line", *ys, *names])
    heights = [column for column in lines if column in ys]
    if not heights:
        raise InputError(f"Reference lines have their height in one of the columns {', '.join(ys)}; there is none.")
    _check_numbers(lines, heights, log=log)
    for column in lines:
        if column not in ys:
            lines[column] = names_of(lines[column]).astype(str)
            if column != "line":
                lines = lines[lines[column].isin(table[column].cat.categories)]
    return lines.reset_index(drop=True)


def _limits(ends: tuple[float, float], column: str, *, log: Collection[str]) -> list[float]:
    low, high = ends
    if not low < high or (column in log and low <= 0):
        raise InputError(
            f"The axis of {column!r} goes from {low:g} to {high:g}; give it a low end and a high one"
            f"{', above 0 where it is logarithmic' if column in log else ''}."
        )
    return [float(low), float(high)]


def _range(table: pd.DataFrame, lines: pd.DataFrame, column: str, ends: Sequence[str]) -> list[float]:
    values = pd.concat([*(table[name] for name in (column, *ends)), *([lines[column]] if column in lines else [])]).dropna()
    if values.empty:
        raise InputError(f"The column {column!r} has no number; there is nothing to draw.")
    return [float(values.min()), float(values.max())]

"""The surface explorer as it opens, drawn for those without JavaScript."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from linear_signal.figures.explorer.contour import zero_lines
from linear_signal.figures.explorer.svg import WIDTH, element, figure, key, room_for, text

_TOP, _BELOW = 24, 46


def draw_surface(told: Mapping[str, Any], table: pd.DataFrame) -> str:
    """Draw the map of the first value with its contour, the cross, and what the colours mean."""
    look, start, (xs, ys) = told["look"], told["start"], told["steps"]
    for choice in told["choose"]:
        table = table[table[choice["column"]].isin(start[choice["column"]])]
    value = start["_value"][0]
    values = table[value].to_numpy().reshape(len(ys), len(xs))
    left = room_for((f"{step:g}" for step in ys), 52)
    wide, high = (WIDTH - left - 12) / len(xs), 340 / len(ys)
    bottom = _TOP + 340

    def over(column: float) -> float:
        return left + (column + 0.5) * wide

    def up(row: float) -> float:
        return bottom - (row + 0.5) * high

    cells: dict[int, str] = {}
    for (row, column), number in np.ndenumerate(values):
        place = f"M{over(column) - wide / 2:.1f} {up(row) - high / 2:.1f}h{wide:.1f}v{high:.1f}h-{wide:.1f}z"
        cells[colour_of(told, value, number)] = cells.get(colour_of(told, value, number), "") + place
    drawn = [
        element("path", d=path, fill=told["colours"][k], stroke=told["colours"][k], stroke_width=0.5)
        for k, path in cells.items()
    ]
    pieces = "".join(f"M{over(a):.1f} {up(b):.1f}L{over(c):.1f} {up(d):.1f}" for a, b, c, d in zero_lines(values))
    column, row = int(start["_x"][0]), int(start["_y"][0])
    drawn += [
        element("path", d=pieces, fill="none", stroke=look["ink"], stroke_width=2.5),
        element("path", d=f"M{over(column):.1f} {_TOP}V{bottom}M{left} {up(row):.1f}H{WIDTH - 12}", stroke=look["ink"]),
        text(f"↑ {told['titles'].get(told['y'], told['y'])}", x=0, y=13, fill=look["ink"]),
        text(
            f"{told['titles'].get(told['x'], told['x'])} →", x=WIDTH - 12, y=bottom + 38, fill=look["ink"], text_anchor="end"
        ),
    ]
    for k in shown_steps(len(xs), 8):
        drawn.append(text(f"{xs[k]:g}", x=over(k), y=bottom + 17, fill=look["muted"], text_anchor="middle"))
    for k in shown_steps(len(ys), 7):
        drawn.append(text(f"{ys[k]:g}", x=left - 7, y=up(k) + 4, fill=look["muted"], text_anchor="end"))
    means = zip(told["ends"], (told["colours"][1], told["colours"][-2]), strict=True)
    entries = [(element("path", d="M0-7h14v14h-14z", fill=colour), words, 14) for words, colour in means]
    entries.append((element("path", d="M0 0h26", stroke=look["ink"], stroke_width=2.5), "no difference", 26))
    keys, taken = key(entries, top=bottom + _BELOW, ink=look["ink"])
    return figure([*drawn, *keys], height=bottom + _BELOW + taken, alt=told["alt"])


def colour_of(told: Mapping[str, Any], column: str, number: float) -> int:
    """Return the place of the colour of a number."""
    half = len(told["colours"]) // 2
    return half + int(np.rint(number / told["limit"][column] * half))


def shown_steps(count: int, most: int) -> range:
    """Return which steps of a grid are labelled."""
    return range(0, count, -(-count // most))

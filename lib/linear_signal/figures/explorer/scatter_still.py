"""The scatter explorer as it opens, drawn for those without JavaScript."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from linear_signal.figures.explorer.svg import WIDTH, axis, element, figure, fitted, key, room_for, text, ticks

_GAP, _ABOVE, _BELOW, _HEAD = 16, 24, 24, 22
_SLANTED = 40  # what slanted names take below an axis, as in the page
_DASHES = ("", "8 4", "2 4", "10 3 2 3", "5 2", "1 3")  # those of common.js
_DOT = "h0"  # with round ends
_MOST = 500  # points of a panel; beyond that all are dots without intervals, which takes a fifth of the bytes


def draw_scatter(told: Mapping[str, Any], table: pd.DataFrame, lines: pd.DataFrame) -> str:
    """Draw the default view of a declaration; the module draws the same and more."""
    look, start = told["look"], told["start"]
    for choice in told["choose"]:
        table = table[table[choice["column"]].isin(start[choice["column"]])]
    (x,), (y,), (by,) = start["_x"], start["_y"], start["_panels"]
    log_x, log_y = x in told["log"], y in told["log"]
    levels = [None] if by not in table else [level for level in start.get(by, table[by].unique()) if level is not None]
    across = max(1, min(len(levels), 3))
    heights = ticks(told["range"][y], count=5, log=log_y)
    first = room_for((words for _, words in heights), 46)
    wide = (WIDTH - first - 12 - _GAP * (across - 1)) / across
    high = round(max(190, min(320, wide * 0.85)))
    down = -(-len(levels) // across)
    names = told.get("names") or []
    slanted = any(len(words) * 6.5 > wide / len(names) for _, words in names)
    below = _BELOW + (_SLANTED if slanted else 0)
    height = _HEAD + down * (_ABOVE + high + below) + 22
    drawn = [
        text(f"↑ {_title(told, y)}", x=0, y=13, fill=look["ink"]),
        text(
            f"{_title(told, x)}{' (log scale)' if log_x else ''} →",
            x=WIDTH - 12,
            y=height - 6,
            fill=look["ink"],
            text_anchor="end",
        ),
    ]
    for place, level in enumerate(levels):
        left = first + (place % across) * (wide + _GAP)
        top = _HEAD + place // across * (_ABOVE + high + below) + _ABOVE
        over = axis(told["range"][x], (left, left + wide), log=log_x)
        up = axis(told["range"][y], (top + high, top), log=log_y)
        if level is not None:
            drawn.append(text(fitted(str(level), wide), x=left, y=top - 8, fill=look["ink"], font_weight="bold"))
        for value, words in heights:
            drawn.append(element("path", d=f"M{left:.1f} {up(value):.1f}h{wide:.1f}", stroke=look["grid"]))
            if place % across == 0:
                drawn.append(text(words, x=first - 7, y=up(value) + 4, fill=look["muted"], text_anchor="end"))
        drawn.append(element("path", d=f"M{left:.1f} {top + high}h{wide:.1f}", stroke=look["muted"]))
        for value, words in names or ticks(told["range"][x], count=max(2, int(wide // 62)), log=log_x):
            at, low = over(value), top + high + 17
            turn = (
                {"transform": f"rotate(-35 {at:.1f} {low})", "text_anchor": "end"} if slanted else {"text_anchor": "middle"}
            )
            drawn.append(text(fitted(words, 105) if slanted else words, x=at, y=low, fill=look["muted"], **turn))
        for line in _lines_of(told, lines, y, by, level):
            drawn.append(_dashed(told, line["line"], f"M{left:.1f} {up(line[y]):.1f}h{wide:.1f}"))
        points = table if level is None else table[table[by] == level]
        drawn += _points(told, points.dropna(subset=[x, y]), x, y, over, up)
    keys, taken = key(_key(told, lines, y), top=height, ink=look["ink"])
    return figure([*drawn, *keys], height=height + taken, alt=told["alt"])


def _lines_of(told: Mapping[str, Any], lines: pd.DataFrame, y: str, by: str, level: str | None) -> list[dict[str, Any]]:
    if y not in lines:
        return []
    lines = lines[lines["line"].isin(told["start"]["_lines"]) & lines[y].notna()]
    for column in told["lines"]["by"]:
        wanted = [level] if column == by else told["start"].get(column)
        lines = lines if wanted is None else lines[lines[column].isin(wanted)]
    return lines.to_dict("records")


def _dashed(told: Mapping[str, Any], name: str, path: str) -> str:
    dash = _DASHES[told["lines"]["names"].index(name) % len(_DASHES)] or None
    return element("path", d=path, stroke=told["look"]["ink"], stroke_width=1.6, stroke_dasharray=dash)


def _key(told: Mapping[str, Any], lines: pd.DataFrame, y: str) -> list[tuple[str, str, int]]:
    """Say what colours, shapes and dashes stand for."""
    colour, marker = told["colour"], told["marker"]
    both = colour and marker and colour["column"] == marker["column"]
    entries = []
    for name, fill in (colour["of"] if colour else {}).items():
        shape = marker["of"][name] if both else told["shape"]
        entries.append((element("path", d=f"M5 0{shape}", fill=fill), name, 10))
    for name, shape in (marker["of"] if marker and not both else {}).items():
        entries.append((element("path", d=f"M5 0{shape}", fill=told["look"]["ink"]), name, 10))
    shown = told["start"]["_lines"] if y in lines else []
    return entries + [(_dashed(told, name, "M0 0h26"), name, 26) for name in shown]


def _points(
    told: Mapping[str, Any],
    points: pd.DataFrame,
    x: str,
    y: str,
    over: Callable[[float], float],
    up: Callable[[float], float],
) -> list[str]:
    """Draw intervals, then marks, one path for all of a colour and shape."""
    colour, marker, look = told["colour"], told["marker"], told["look"]
    bars: dict[str, str] = {}
    marks: dict[tuple[str, str], set[tuple[int, int]]] = {}
    for point in points.to_dict("records"):
        place = round(over(point[x])), round(up(point[y]))
        fill = colour["of"][point[colour["column"]]] if colour else look["ink"]
        shape = marker["of"][point[marker["column"]]] if marker and len(points) <= _MOST else _DOT
        low, high = (point[end] for end in told["interval"].get(y, (y, y)))
        if low < high and len(points) <= _MOST:
            bars[fill] = bars.get(fill, "") + f"M{place[0]} {up(low):.0f}V{up(high):.0f}"
        marks.setdefault((fill, shape), set()).add(place)
    dot = {"stroke_width": 8, "stroke_linecap": "round", "stroke_opacity": 0.85}
    return [
        *(element("path", d=path, stroke=fill, stroke_width=1.4, stroke_opacity=0.6) for fill, path in bars.items()),
        *(
            element("path", d=_path(places, shape), **({"stroke": fill} | dot if shape == _DOT else {"fill": fill}))
            for (fill, shape), places in marks.items()
        ),
    ]


def _path(places: set[tuple[int, int]], shape: str) -> str:
    """Draw a shape at every place; from one dot to the next is shorter than from the corner."""
    path, last = [], (0, 0)
    for place in sorted(places):
        step = f"{place[0] - last[0]} {place[1] - last[1]}".replace(" -", "-")
        path.append(f"m{step}{shape}" if shape == _DOT else f"M{place[0]} {place[1]}{shape}")
        last = place
    return "".join(path)


def _title(told: Mapping[str, Any], column: str) -> str:
    return told["titles"].get(column, column)

"""Figures of an assessment as SVG that follows the colours of the page around it: means with intervals, and curves."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from linear_signal.models.catalogue import CATALOGUE, SPARE_COLOURS
from linear_signal.models.titles import model_family, model_title

_WIDTH, _ROW, _TOP, _BOTTOM, _RIGHT = 760, 26, 14, 44, 24
_LETTER = 6.9  # pixels that a letter takes
_PLAIN = "#2565ae"


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A row of a chart: what it is called, its number with an interval, and perhaps a band that it is compared with."""

    title: str
    value: float
    lower: float = math.nan
    upper: float = math.nan
    band: tuple[float, float] | None = None
    hollow: bool = False
    colour: str = ""


def marks_chart(marks: Sequence[Mark], *, axis: str, alt: str, line: float | None = None) -> str:
    """Draw a dot with its interval for each row; a band is drawn pale behind it, ``line`` across all rows."""
    marks = [one for one in marks if not math.isnan(one.value)]
    if not marks:
        return ""
    left = min(300.0, 16 + _LETTER * max(len(one.title) for one in marks))
    ends = [
        value for one in marks for value in (one.value, one.lower, one.upper, *(one.band or ())) if not math.isnan(value)
    ]
    low, high = _ends([*ends, *([line] if line is not None else [])])
    height = _TOP + _ROW * len(marks) + _BOTTOM

    def x(value: float) -> float:
        return left + (value - low) / (high - low) * (_WIDTH - _RIGHT - left)

    drawn = _axis(low, high, x, top=_TOP, bottom=height - _BOTTOM, title=axis)
    if line is not None:
        drawn.append(_line(x(line), _TOP, x(line), height - _BOTTOM, kind="mark"))
    for number, one in enumerate(marks):
        y = _TOP + _ROW * (number + 0.5)
        if one.band:
            wide = max(x(one.band[1]) - x(one.band[0]), 2)
            drawn.append(f'<rect class="band" x="{x(one.band[0]):.1f}" y="{y - 8:.1f}" width="{wide:.1f}" height="16"/>')
        title = one.title if len(one.title) <= 42 else f"{one.title[:39]}..."
        drawn.append(_text(title, left - 10, y + 4, anchor="end"))
        drawn.append(f'<g style="color:{one.colour or _PLAIN}">')
        if not math.isnan(one.lower) and not math.isnan(one.upper):
            drawn.append(_line(x(one.lower), y, x(one.upper), y, kind="range"))
        drawn.append(f'<circle class="{"hollow" if one.hollow else "dot"}" cx="{x(one.value):.1f}" cy="{y:.1f}" r="5"/></g>')
    return _svg(drawn, height=height, alt=alt)


def probes_chart(probes: pd.DataFrame) -> str:
    """Draw what every probe reached, against where it lies without signal (two deviations to either side)."""
    marks = [
        Mark(
            title=str(row.probe).replace("_", " "),
            value=float(row.area),
            band=(row.null_mean - 2 * row.null_deviation, row.null_mean + 2 * row.null_deviation),
        )
        for row in probes.itertuples()
    ]
    return marks_chart(
        marks,
        axis="Area under the ROC curve once class means are equal; grey band: labels permuted",
        alt="Area under the curve of every probe after class means were made equal, and its range under permuted labels.",
    )


def models_chart(models: pd.DataFrame) -> str:
    """Draw mean balanced accuracies of models with intervals; floors, which see no gene, are hollow."""
    marks = [
        Mark(
            title=str(row.title),
            value=float(row.mean),
            lower=float(row.lower),
            upper=float(row.upper),
            hollow=row.model in ("group", "library_size"),
            colour=_colour(str(row.model)),
        )
        for row in models.itertuples()
    ]
    return marks_chart(
        marks,
        axis="Balanced accuracy; dashed line: chance; hollow: sees no gene",
        alt="Mean balanced accuracy of every model and of the floors, with intervals.",
        line=float(models["chance"].iloc[0]) if "chance" in models else None,
    )


def leak_chart(leak: pd.DataFrame) -> str:
    """Draw what models reach with single samples held out and with whole groups held out."""
    marks = [
        Mark(
            title=f"{model_title(str(row.model))}, {row.split}",
            value=float(row.mean),
            lower=float(row.lower),
            upper=float(row.upper),
            hollow=str(row.split).startswith("sample"),
            colour=_colour(str(row.model)),
        )
        for row in leak.itertuples()
    ]
    return marks_chart(
        marks,
        axis="Balanced accuracy; hollow: single samples held out",
        alt="Balanced accuracy by kind of split and model.",
    )


def curve_chart(curve: pd.DataFrame) -> str:
    """Draw balanced accuracy against the number of training samples, a line a model."""
    left, top, height = 56.0, 40.0, 300
    low, high = _ends(curve[["mean", "lower", "upper"]].to_numpy().ravel().tolist())
    first, last = _ends(curve["n_train"].tolist())

    def x(value: float) -> float:
        return left + (value - first) / (last - first) * (_WIDTH - _RIGHT - left)

    def y(value: float) -> float:
        return height - _BOTTOM - (value - low) / (high - low) * (height - _BOTTOM - top)

    drawn = _axis(first, last, x, top=top, bottom=height - _BOTTOM, title="Training samples")
    for value, text in _ticks(low, high):
        drawn.append(_line(left, y(value), _WIDTH - _RIGHT, y(value), kind="grid"))
        drawn.append(_text(text, left - 8, y(value) + 4, anchor="end"))
    at = left
    for model, part in curve.groupby("model", sort=False):
        colour, part = _colour(str(model)), part.sort_values("n_train")
        points = " ".join(f"{x(n):.1f},{y(mean):.1f}" for n, mean in zip(part["n_train"], part["mean"], strict=True))
        drawn.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for row in part.dropna(subset=["lower", "upper"]).itertuples():
            drawn.append(
                f'<line x1="{x(row.n_train):.1f}" x2="{x(row.n_train):.1f}" y1="{y(row.lower):.1f}" y2="{y(row.upper):.1f}" '
                f'stroke="{colour}" stroke-width="1"/>'
            )
        title = model_title(str(model))
        drawn.append(f'<circle cx="{at + 6:.1f}" cy="16" r="5" fill="{colour}"/>{_text(title, at + 16, 20)}')
        at += 34 + _LETTER * len(title)
    return _svg(drawn, height=height, alt="Balanced accuracy against the number of training samples, a line a model.")


def _colour(model: str) -> str:
    """The colour of its family, as in every figure of the book; a floor, which is no model, is plain."""
    if model in CATALOGUE:
        return CATALOGUE[model].colour
    return SPARE_COLOURS.get(model_family(model), (_PLAIN,))[0]


def _ends(values: Sequence[float]) -> tuple[float, float]:
    known = [value for value in values if not math.isnan(value)]
    low, high = min(known), max(known)
    room = 0.06 * (high - low) or 0.05 * max(abs(high), 1)
    return low - room, high + room


def _ticks(low: float, high: float, *, count: int = 5) -> list[tuple[float, str]]:
    step = 10 ** math.floor(math.log10((high - low) / count))
    step = next(step * factor for factor in (1, 2, 2.5, 5, 10) if (high - low) / (step * factor) <= count + 1)
    first = math.ceil(low / step) * step
    values = [first + step * number for number in range(int((high - first) / step) + 1)]
    return [(value, f"{round(value, 10):,g}".replace("-", "−")) for value in values]


def _axis(low: float, high: float, x: object, *, top: float, bottom: float, title: str) -> list[str]:
    drawn = []
    for value, text in _ticks(low, high):
        drawn.append(_line(x(value), top, x(value), bottom, kind="grid"))
        drawn.append(_text(text, x(value), bottom + 16, anchor="middle"))
    drawn.append(_text(title, _WIDTH - _RIGHT, bottom + 36, anchor="end"))
    return drawn


def _line(x1: float, y1: float, x2: float, y2: float, *, kind: str) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(words: str, x: float, y: float, *, anchor: str = "start") -> str:
    short = words if len(words) <= 96 else f"{words[:93]}..."
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{html.escape(short)}</text>'


def _svg(drawn: Sequence[str], *, height: float, alt: str) -> str:
    return (
        f'<svg class="own-chart" viewBox="0 0 {_WIDTH} {height:g}" role="img" aria-label="{html.escape(alt, quote=True)}" '
        f'xmlns="http://www.w3.org/2000/svg"><style>{STYLE}</style>{"".join(drawn)}</svg>'
    )


STYLE = (
    ".own-chart{width:100%;min-width:34rem;max-width:760px;height:auto;font:12px sans-serif}"
    ".own-chart text{fill:currentColor}"
    ".own-chart .grid{stroke:currentColor;opacity:.15}.own-chart .mark{stroke:currentColor;stroke-dasharray:4 3}"
    ".own-chart .range{stroke:currentColor;stroke-width:2}.own-chart .dot{fill:currentColor}"
    ".own-chart .hollow{fill:none;stroke:currentColor;stroke-width:2}.own-chart .band{fill:currentColor;opacity:.18}"
)

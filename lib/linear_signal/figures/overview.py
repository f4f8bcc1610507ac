"""All questions at a glance: a row each, full signal beside removed, every run a tick, on one scale from chance to perfect.

Drawn as HTML with small SVGs whose marks stand at per cents: text stays text, at any width and in the dark.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Mapping

import pandas as pd

from linear_signal.figures.style import required
from linear_signal.models.titles import model_family, model_short, ordered_models
from linear_signal.names import counted
from linear_signal.numbers import accuracy

COLUMNS = ("block", "question", "about", "chapter", "signal", "model", "published", "value", "chance")
_SIGNALS = {"full": "Full signal", "removed": "Linear signal removed"}
_LANE, _EDGE = 11, 6  # pixels
# Symbols of the catalogue's shapes, drawn around the origin; a model without one of these gets a circle.
_SHAPES = {
    "o": "M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0z",
    "s": "M-3.7,-3.7h7.4v7.4h-7.4z",
    "D": "M0,-4.9L4.9,0L0,4.9L-4.9,0z",
    "^": "M0,-4.7L4.6,3.7L-4.6,3.7z",
    "v": "M0,4.7L4.6,-3.7L-4.6,-3.7z",
    "P": "M-1.5,-4.4h3v2.9h2.9v3h-2.9v2.9h-3v-2.9h-2.9v-3h2.9z",
}
_MODELS = {
    "logistic_regression": "o",
    "exact_logistic_regression": "s",
    "linear_svm": "D",
    "three_layer": "^",
    "five_layer": "v",
    "boosted_trees": "P",
}
_TICKS = (("linear", 4), ("network", 9))  # in the key
_FAMILIES = {"linear": "linear", "network": "networks", "trees": "trees"}


def skill(value: float, chance: float) -> float:
    """Put an accuracy on a scale on which chance is 0 and perfect is 1, however many classes there are.

    >>> skill(0.5, 0.5), skill(1.0, 1 / 21), round(skill(0.75, 0.5), 2)
    (0.0, 1.0, 0.5)
    """
    return (value - chance) / (1 - chance)


def overview(rows: pd.DataFrame, *, links: Mapping[str, str]) -> str:
    """Draw the overview.

    Args:
        rows: one row a run, with the columns ``COLUMNS``: block (a heading, in the order of the rows), question and about
            (on the left), chapter, signal ("full" or "removed"), model, published (bool: a hollow diamond instead of a tick
            and a symbol), value (balanced accuracy) and chance. Models that are neither linear, nor networks, nor trees are
            left out.
        links: address of the page by chapter; questions of chapters without one get no link.

    Returns:
        HTML, with the numbers as a table below the figure.

    Raises:
        InputError: no rows, or a column is missing.
    """
    rows = required(rows, COLUMNS, what="questions")
    rows = rows[rows["model"].map(model_family).isin(_FAMILIES)]
    rows = rows.assign(skill=[skill(*pair) for pair in zip(rows["value"], rows["chance"], strict=True)])
    lowest = min(-0.25, math.floor(rows["skill"].min() * 4) / 4)
    parts, is_first = [], True
    for block, of_block in rows.groupby("block", sort=False):
        parts.append(f'<div class="ov-block">{block}</div>')
        for (question, about), one in of_block.groupby(["question", "about"], sort=False):
            models = ordered_models(one["model"])
            panels = [
                _panel(one[one["signal"] == signal], models, signal, lowest, named=is_first and signal == "removed")
                for signal in _SIGNALS
            ]
            lanes = "".join(f"<div>{panel}</div>" for panel in panels)
            label = _label(str(question), str(about), links.get(str(one["chapter"].iloc[0])))
            parts.append(f'<div class="ov-row">{label}{lanes}</div>')
            is_first = False
    head = "".join(f"<div>{title}</div>" for title in _SIGNALS.values())
    axis = f"<div>{_axis(lowest)}</div>" * len(_SIGNALS)
    figure = (
        f'<div class="ov-row ov-head"><div></div>{head}</div>{"".join(parts)}<div class="ov-row"><div></div>{axis}</div>'
    )
    return f'<div class="overview">{_symbols()}{_key(rows)}{figure}{_table(rows)}</div>'


def _at(value: float, lowest: float) -> float:
    return round(100 * (value - lowest) / (1.08 - lowest), 2)


def _panel(rows: pd.DataFrame, models: list[str], signal: str, lowest: float, *, named: bool) -> str:
    height = _LANE * len(models) + 2 * _EDGE
    marks = [_lines(lowest)]
    for lane, model in enumerate(models):
        marks += _marks(rows[rows["model"] == model], model, _EDGE + _LANE * (lane + 0.5), lowest)
    if named:
        marks += _names(rows, models, lowest)
    said = [f"{who} {accuracy(one['value'].mean())}" for who, one in _groups(rows)]
    alt = f"{_SIGNALS[signal]}, balanced accuracy: {', '.join(said) or 'not measured'}. Chance {_chance(rows)}."
    return f'<svg role="img" aria-label="{html.escape(alt)}" height="{height}">{"".join(marks)}</svg>'


def _chance(rows: pd.DataFrame) -> str:
    return " to ".join(dict.fromkeys(accuracy(one) for one in (rows["chance"].min(), rows["chance"].max())))


def _groups(rows: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    for model in ordered_models(rows["model"]):
        for published, one in rows[rows["model"] == model].groupby("published"):
            yield f"{model_short(model)}{' (published)' if published else ''}", one


def _marks(rows: pd.DataFrame, model: str, y: float, lowest: float) -> Iterator[str]:
    look = f'class="ov-{model_family(model)}"'
    own = rows[~rows["published"]]
    for value in own["skill"] if len(own) > 1 else ():
        at = _at(value, lowest)
        yield f'<line {look} x1="{at}%" x2="{at}%" y1="{y - 4}" y2="{y + 4}"/>'
    for value in rows.loc[rows["published"], "skill"]:
        yield f'<use {look[:-1]} ov-published" href="#ov-paper" x="{_at(value, lowest)}%" y="{y}"/>'
    if len(own):
        yield f'<use {look} href="#ov-{_shape(model)}" x="{_at(own["skill"].mean(), lowest)}%" y="{y}"/>'


def _names(rows: pd.DataFrame, models: list[str], lowest: float) -> Iterator[str]:
    """Name each family beside the mean of its last model, on the side where there is room."""
    own = rows[~rows["published"]]
    for family, name in _FAMILIES.items():
        named = [model for model in models if model_family(model) == family and (own["model"] == model).any()]
        if named:
            y = _EDGE + _LANE * (models.index(named[-1]) + 0.5) + 4
            mean = own.loc[own["model"] == named[-1], "skill"].mean()
            side, off = ("end", -12) if mean > 0.5 else ("start", 12)
            text = f'class="ov-{family} ov-name" text-anchor="{side}" x="{_at(mean, lowest)}%" dx="{off}" y="{y}"'
            yield f"<text {text}>{name}</text>"


def _lines(lowest: float) -> str:
    return "".join(
        f'<line class="ov-grid{" ov-chance" if value == 0 else ""}" x1="{_at(value, lowest)}%" '
        f'x2="{_at(value, lowest)}%" y1="0" y2="100%"/>'
        for value in (0, 0.5, 1)
    )


def _axis(lowest: float) -> str:
    ticks = "".join(
        f'<text x="{_at(value, lowest)}%" y="13" text-anchor="{anchor}">{name}</text>'
        for value, name, anchor in ((0, "chance", "middle"), (0.5, "half way", "middle"), (1, "perfect", "middle"))
    )
    return f'<svg class="ov-axis" height="18" aria-hidden="true">{ticks}</svg>'


def _shape(model: str) -> str:
    return {"^": "up", "v": "down"}.get(shape := _MODELS.get(model, "o"), shape)


def _symbols() -> str:
    names = {"^": "up", "v": "down"}
    shapes = {names.get(shape, shape): path for shape, path in _SHAPES.items()} | {"paper": _SHAPES["D"]}
    paths = "".join(f'<path id="ov-{name}" d="{path}"/>' for name, path in shapes.items())
    return f'<svg class="ov-symbols" width="0" height="0" aria-hidden="true">{paths}</svg>'


def _key(rows: pd.DataFrame) -> str:
    """Name the symbols, family by family."""
    entries = []
    own, published = rows[~rows["published"]], rows[rows["published"]]
    for model in ordered_models(own["model"]):
        symbol = f'<use class="ov-{model_family(model)}" href="#ov-{_shape(model)}" x="7" y="7"/>'
        entries.append(f"{_icon(symbol)} {html.escape(model_short(model))}")
    if len(published):
        symbol = '<use class="ov-linear ov-published" href="#ov-paper" x="7" y="7"/>'
        entries.append(f"{_icon(symbol)} published")
    ticks = "".join(f'<line class="ov-{family}" x1="{x}" x2="{x}" y1="3" y2="11"/>' for family, x in _TICKS)
    entries.append(f"{_icon(ticks)} single runs")
    return f'<div class="ov-key">{"".join(f"<span>{entry}</span>" for entry in entries)}</div>'


def _icon(symbol: str) -> str:
    return f'<svg width="14" height="14" aria-hidden="true">{symbol}</svg>'


def _label(question: str, about: str, link: str | None) -> str:
    name = f'<a href="{html.escape(link)}">{html.escape(question)}</a>' if link else html.escape(question)
    return f'<div class="ov-label">{name}<span>{about}</span></div>'


def _table(rows: pd.DataFrame) -> str:
    lines = []
    for (block, question, about), one in rows.groupby(["block", "question", "about"], sort=False):
        for signal, title in _SIGNALS.items():
            for who, runs in _groups(one[one["signal"] == signal]):
                spread = (
                    f"{accuracy(runs['value'].min())} to {accuracy(runs['value'].max())}, {counted(len(runs), 'run')}"
                    if len(runs) > 1
                    else ""
                )
                cells = (block, f"{html.escape(str(question))}, {about}", title, who, accuracy(runs["value"].mean()), spread)
                lines.append(f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}<td>{_chance(runs)}</td></tr>")
    names = ("Data", "Question", "Signal", "Model", "Balanced accuracy", "Runs", "Chance")
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    return (
        "<details><summary>The numbers of this figure, as a table</summary>"
        f'<div class="table-scroll"><table class="dataframe"><thead><tr>{head}</tr></thead><tbody>{"".join(lines)}</tbody>'
        "</table></div></details>"
    )

"""Figures for a telephone: the same one drawn narrow, its panels below one another, instead of shrunk letters."""

from __future__ import annotations

import textwrap
from copy import deepcopy
from dataclasses import fields
from typing import TYPE_CHECKING

import pandas as pd
from plotnine import coord_cartesian, element_text, facet_grid, facet_wrap, geom_text, guide_legend, theme

if TYPE_CHECKING:
    from plotnine import ggplot

NARROW = 3.6  # inches; 360 pixels, the width of a small telephone
_AROUND = 1.2  # inches of a figure that are no panels: legend and axis
_LEGEND_LINE, _TITLE_LINE = 0.19, 0.16  # inches
_LETTERS = 40  # of an axis title's line; letters of a browser may be wider than those it was measured with
_BESIDE = 0.025  # of the width, to the right: half of the last label of an axis may stand there
_OF_AXIS, _LETTER = 0.6, 0.0082  # inches: left of a panel, and across a letter, per point of its size
_LEGENDS = ("color", "fill", "shape", "linetype", "alpha", "size")
_TALLEST = 20.0  # of one column of panels; beyond it there are two


def narrowed(plot: ggplot) -> ggplot:
    """Lay a figure out at a telephone's width; panels that stood beside one another come below one another."""
    plot = deepcopy(plot)
    across, down = _layout(plot)
    _, height = plot.theme.getp("figure_size")
    if across > 1:
        one = (height - _AROUND) / down + _TITLE_LINE * _strip_lines(plot)
        panels = _panels(plot)
        columns = 1 if panels * one + _AROUND <= _TALLEST else 2
        scales = {(True, True): "free", (True, False): "free_x", (False, True): "free_y", (False, False): "fixed"}
        free = scales[plot.facet.free["x"], plot.facet.free["y"]]
        plot += facet_wrap(_variables(plot), ncol=columns, scales=free)
        height = _AROUND + one * -(-panels // columns)
    entries = max((_entries(plot, name) for name in _LEGENDS if _has_legend(plot, name)), default=0)
    for guide in _guides(plot).values():
        if isinstance(guide, guide_legend):
            guide.nrow, guide.ncol = None, 1  # two titles of models are wider than the screen
    plot += _room_for_names(plot)
    lines = _lines(plot.labels.x)
    if lines:
        plot.labels.x = "\n".join(lines)
    height += _LEGEND_LINE * entries + _TITLE_LINE * max(0, len(lines) - 1)
    plot += theme(figure_size=(NARROW, height), plot_margin_right=_BESIDE)
    plot += theme(legend_box="vertical", legend_direction="vertical", legend_justification="right")
    # Panels are narrow, and stand at the right: what is wider than one ends with it.
    plot += theme(axis_title_x=element_text(ha="right"), strip_text_x=element_text(ha="right"))
    return plot


def _room_for_names(plot: ggplot) -> coord_cartesian | None:
    """Let the axis go on until names at the ends of lines are inside, where it was given an end for their sake."""
    axes = plot.coordinates
    names = [one for one in plot.layers if isinstance(one.geom, geom_text) and one.geom.aes_params.get("ha") == "left"]
    if type(axes) is not coord_cartesian or axes.limits.x is None or len(names) != 1:
        return None
    (layer,) = names
    x, label = (layer.mapping.get(which, plot.mapping.get(which)) for which in ("x", "label"))
    table = layer._data  # has no other name before the figure is drawn
    if not isinstance(table, pd.DataFrame) or not {x, label} <= set(table):
        return None  # a note at a place of its own
    (low, high), start = axes.limits.x, float(table[x].max())
    longest = _LETTER * layer.geom.aes_params["size"] * table[label].astype(str).str.len().max()
    panel = NARROW - _OF_AXIS
    if longest < panel:
        high = max(high, (start * panel - low * longest) / (panel - longest))
    return coord_cartesian(xlim=(low, high), ylim=axes.limits.y, expand=axes.expand)


def _guides(plot: ggplot) -> dict[str, object]:
    return {each.name: getattr(plot.guides, each.name) for each in fields(plot.guides)}


def _has_legend(plot: ggplot, aesthetic: str) -> bool:
    hidden = [scale for scale in plot.scales if aesthetic in scale.aesthetics and scale.guide is None]
    return not hidden and _guides(plot).get(aesthetic) not in ("none", False)


def _lines(title: object) -> list[str]:
    whole = title.splitlines() if isinstance(title, str) else []
    return [part for line in whole for part in textwrap.wrap(line, _LETTERS)]


def _entries(plot: ggplot, aesthetic: str) -> int:
    mapped = [layer.mapping.get(aesthetic) for layer in plot.layers] + [plot.mapping.get(aesthetic)]
    return max((plot.data[name].nunique() for name in mapped if isinstance(name, str) and name in plot.data), default=0)


def _variables(plot: ggplot) -> list[str]:
    if isinstance(plot.facet, facet_wrap):
        return list(plot.facet.vars)
    return [*plot.facet.cols, *plot.facet.rows] if isinstance(plot.facet, facet_grid) else []


def _strip_lines(plot: ggplot) -> int:
    """Lines of the longest strip above a panel that had none of its own: those of its column and of its row."""
    if not isinstance(plot.facet, facet_grid):
        return 0
    known = [name for name in _variables(plot) if name in plot.data]
    strips = plot.data[known].drop_duplicates().astype(str).itertuples(index=False)
    return max((sum(text.count("\n") + 1 for text in strip) for strip in strips), default=0)


def _panels(plot: ggplot, variables: list[str] | None = None) -> int:
    known = [name for name in (_variables(plot) if variables is None else variables) if name in plot.data]
    return len(plot.data[known].drop_duplicates()) if known else 1


def _layout(plot: ggplot) -> tuple[int, int]:
    """Columns and rows of panels."""
    if isinstance(plot.facet, facet_grid):
        return _panels(plot, list(plot.facet.cols)), _panels(plot, list(plot.facet.rows))
    panels = _panels(plot)
    across = getattr(plot.facet, "_ncol", None) or panels
    return min(across, panels), -(-panels // across)

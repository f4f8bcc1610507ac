"""Figures for a telephone: the same one drawn narrow, its panels below one another, instead of shrunk letters."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import fields
from typing import TYPE_CHECKING

from plotnine import facet_grid, facet_wrap, guide_legend, theme

if TYPE_CHECKING:
    from plotnine import ggplot

NARROW = 3.6  # inches; 360 pixels, the width of a small telephone
_AROUND = 1.2  # inches of a figure that are no panels: legend and axis
_LEGEND_LINE = 0.19  # inches
_TALLEST = 13.0  # of one column of panels; beyond it there are two


def narrowed(plot: ggplot) -> ggplot:
    """Lay a figure out at a telephone's width; panels that stood beside one another come below one another."""
    plot = deepcopy(plot)
    across, down = _layout(plot)
    _, height = plot.theme.getp("figure_size")
    if across > 1:
        one = (height - _AROUND) / down
        panels = _panels(plot)
        columns = 1 if panels * one + _AROUND <= _TALLEST else 2
        scales = {(True, True): "free", (True, False): "free_x", (False, True): "free_y", (False, False): "fixed"}
        free = scales[plot.facet.free["x"], plot.facet.free["y"]]
        plot += facet_wrap(_variables(plot), ncol=columns, scales=free)
        height = _AROUND + one * -(-panels // columns)
    entries = 0
    for each in fields(plot.guides):
        guide = getattr(plot.guides, each.name)
        if isinstance(guide, guide_legend):
            guide.nrow, guide.ncol = None, 1  # two titles of models are wider than the screen
            entries = max(entries, _entries(plot, each.name))
    plot += theme(figure_size=(NARROW, height + _LEGEND_LINE * entries), legend_box="vertical", legend_justification="right")
    return plot


def _entries(plot: ggplot, aesthetic: str) -> int:
    mapped = [layer.mapping.get(aesthetic) for layer in plot.layers] + [plot.mapping.get(aesthetic)]
    return max((plot.data[name].nunique() for name in mapped if isinstance(name, str) and name in plot.data), default=0)


def _variables(plot: ggplot) -> list[str]:
    if isinstance(plot.facet, facet_wrap):
        return list(plot.facet.vars)
    return [*plot.facet.cols, *plot.facet.rows] if isinstance(plot.facet, facet_grid) else []


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

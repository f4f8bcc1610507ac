"""Lines told apart without a legend: their kinds, and names at their ends, pushed apart where they would touch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from linear_signal.models.catalogue import FAMILIES
from linear_signal.models.titles import model_family, model_short, ordered_models

_LINES = ("solid", "dashed", "dotted", "dashdot")
_TOGETHER = 0.03  # of the axis: lines of a family that end no further apart share a name


def line_types(models: Iterable[str]) -> list[str]:
    """Kinds of line in the order of the legend: the models of a family differ in theirs.

    >>> line_types(["logistic_regression", "linear_svm", "three_layer"])
    ['solid', 'dashed', 'solid']
    """
    seen: dict[str, int] = {}
    kinds = []
    for name in ordered_models(models):
        place = seen[model_family(name)] = seen.get(model_family(name), -1) + 1
        kinds.append(_LINES[min(place, len(_LINES) - 1)])
    return kinds


def line_labels(ends: pd.DataFrame, facets: Sequence[str], *, bottom: float, top: float, gap: float = 0.085) -> pd.DataFrame:
    """Place a name at the end of every line of a panel.

    Args:
        ends: a row per line: facets, ``model`` (names), ``x`` and ``y`` of its end.
        facets: columns that tell panels apart.
        bottom, top: of the axis.
        gap: least distance of two names, as a share of the axis.

    Returns:
        A row per name: facets, model (one of those named), x, y (of the name) and label.
    """
    panels = ends.groupby(list(facets), sort=False, observed=True) if facets else [((), ends)]
    rows = []
    for key, panel in panels:
        named = sorted(_shared(panel, (top - bottom) * _TOGETHER), key=lambda one: one["y"])
        places = _apart([one["y"] for one in named], gap * (top - bottom), bottom, top)
        known = dict(zip(facets, key if isinstance(key, tuple) else (key,), strict=True))
        rows += [known | one | {"x": panel["x"].max(), "y": place} for one, place in zip(named, places, strict=True)]
    return pd.DataFrame(rows)


def _shared(panel: pd.DataFrame, near: float) -> list[dict[str, object]]:
    """One name for all lines that end together, or for those of a family that do, and one each for the others."""
    if len(panel) > 2 and panel["y"].max() - panel["y"].min() <= near:
        return [_named(panel, f"all {len(panel)} models")]
    named = []
    for family, lines in panel.groupby(panel["model"].map(model_family), sort=False):
        if len(lines) > 1 and lines["y"].max() - lines["y"].min() <= near:
            named.append(_named(lines, f"{FAMILIES[family]} ({len(lines)})"))
        else:
            named += [_named(lines.iloc[[place]], model_short(name)) for place, name in enumerate(lines["model"])]
    return named


def _named(lines: pd.DataFrame, label: str) -> dict[str, object]:
    return {"model": lines["model"].iloc[0], "y": float(lines["y"].mean()), "label": label}


def _apart(places: Sequence[float], gap: float, bottom: float, top: float) -> list[float]:
    """Push sorted places apart, upwards first and then down from the top, as little as keeps them inside.

    >>> [round(place, 2) for place in _apart([0.5, 0.5, 0.9, 1.0], 0.2, 0.0, 1.0)]
    [0.4, 0.6, 0.8, 1.0]
    """
    moved: list[float] = []
    for place in places:
        moved.append(max(place, moved[-1] + gap) if moved else place)
    limit = top
    for number in range(len(moved) - 1, -1, -1):
        moved[number] = min(moved[number], limit)
        limit = moved[number] - gap
    shift = max(0.0, bottom - moved[0]) if moved else 0.0
    return [place + shift for place in moved]

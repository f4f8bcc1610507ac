"""Learning curves: a metric against the number of training samples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from plotnine import (
    aes,
    coord_cartesian,
    facet_grid,
    facet_wrap,
    geom_hline,
    geom_line,
    geom_linerange,
    geom_point,
    geom_rect,
    geom_text,
    ggplot,
    guide_legend,
    guides,
    labs,
    scale_color_manual,
    scale_linetype_manual,
    scale_shape_manual,
    scale_x_continuous,
)

from linear_signal.analysis.comparison import summarise
from linear_signal.analysis.metrics import BALANCED_ACCURACY, Metric
from linear_signal.errors import unknown
from linear_signal.figures.axes import few_breaks
from linear_signal.figures.comparisons import by_family
from linear_signal.figures.line_labels import line_labels, line_types
from linear_signal.figures.style import (
    FACETS,
    FITS_COLUMNS,
    GREY,
    INTERVAL,
    LEVEL_BAND,
    Synthetic,
    book_theme,
    caption,
    checked_facets,
    legend_rows,
    model_scale,
    required,
    runs_phrase,
    told,
    with_titles,
)
from linear_signal.numbers import share

_MOST_NAMED = 2  # panels beside each other that have room for names at the ends of lines


def learning_curves(
    fits: pd.DataFrame,
    *,
    synthetic: Synthetic,
    published: pd.DataFrame | None = None,
    facet_rows: str | None = "signal",
    facet_columns: str | None = "task",
    n_columns: int | None = None,
    x: str = "train_samples",
    confidence: float = 0.95,
    metric: Metric = BALANCED_ACCURACY,
) -> ggplot:
    """Draw a metric against the number of training samples, one line per model.

    Args:
        fits: the results table.
        synthetic: whether the data were simulated, all or in part; the caption says so.
        published: curves of :func:`~linear_signal.studies.heil2023.published.published_curves`; only those whose task,
            signal, pretraining, split and model are in ``fits`` are drawn, pale.
        facet_rows: column for the rows of panels (task, signal, pretraining, split), or None.
        facet_columns: column for the columns of panels, or None.
        n_columns: wrap all panels into so many columns; None makes a grid.
        x: ``train_samples``, or ``fraction`` of the largest training set, where published and own sizes differ much.
        confidence: of the whiskers; models with a single run get none.
        metric: what is drawn, one with a level of chance.

    Raises:
        InputError: an empty table, a missing column, an unknown facet or x, or values that would fall into one panel.
    """
    fits = required(fits, (*FITS_COLUMNS, metric.column, metric.chance), what="fits")
    facets = checked_facets(fits, facet_rows, facet_columns)
    if x not in ("train_samples", "fraction"):
        raise unknown("x axis", x, ["train_samples", "fraction"])
    means = numbers = summarise(fits, by=[*facets, "model", "fraction"], metric=metric, confidence=confidence)
    runs = fits.dropna(subset=[metric.column])
    curves = _matching(published, fits, metric)
    colours, shapes = model_scale(fits["model"])
    n_across, n_down, layout = _layout(means, facet_rows, facet_columns, n_columns)
    gridded = facet_rows and facet_columns and not n_columns
    wrap = {facet: 18 if gridded and facet == facet_rows else 78 // n_across for facet in facets}
    means = means.assign(name=means["model"])
    means, runs, curves = (with_titles(table, fits, wrap) for table in (means, runs, curves))
    means, runs = _side_by_side(means, facets, x), _side_by_side(runs, facets, x)
    banded = means.dropna(subset=["lower"])
    naive = means.groupby(facets, observed=True)[metric.chance].first().reset_index() if facets else means.head(1)
    level = naive[metric.chance]
    band = level.map(metric.margin)
    naive = naive.assign(low=level - band, high=level + band)
    seen = [runs[metric.column], banded["lower"], level, curves[metric.column]]
    lowest = min(values.min() for values in seen if len(values))
    # All figures of a chapter have one axis, so that a reader can go to and fro: from 0, or of two classes from 0.4.
    bottom = 0.4 if lowest >= 0.4 else 0.0
    plot = (
        ggplot(means, aes("place", "mean", color="model", shape="model"))
        + geom_rect(aes(ymin="low", ymax="high"), naive, xmin=-np.inf, xmax=np.inf, inherit_aes=False, **LEVEL_BAND)
        + geom_hline(aes(yintercept=metric.chance), naive, linetype="dashed", color=GREY, size=0.6)
        + geom_point(aes(y=metric.column), runs, shape="_", size=1.6, alpha=0.45, show_legend=False)
    )
    if len(curves):
        plot += geom_line(aes(x=x, y=metric.column), curves, size=1.1, alpha=0.3, show_legend=False)
    if len(banded):
        plot += geom_linerange(aes(ymin="lower", ymax="upper"), banded, size=0.6, alpha=0.7, show_legend=False)
    # A line needs two points; with one training size the points stand alone.
    if means["fraction"].nunique() > 1:
        plot += geom_line(aes(linetype="model"), size=0.8)
    plot += geom_point(size=1.9, stroke=0.2)
    named = n_across <= _MOST_NAMED
    legend = {"nrow": legend_rows(fits["model"])}
    if named:
        ends = means[means["fraction"] == means["fraction"].max()].rename(columns={"place": "x", "mean": "y"})
        ends = ends.assign(model=ends["name"])[[*facets, "model", "x", "y"]]
        labels = with_titles(line_labels(ends, facets, bottom=bottom, top=1.0), fits, {})
        style = {"ha": "left", "size": 8.5, "nudge_x": 0.03 * float(means["place"].max()), "show_legend": False}
        plot += geom_text(aes("x", "y", label="label", color="model"), labels, inherit_aes=False, **style)
    room = _room(labels["label"], n_across) if named else 0.05
    single = bool((means["n_runs"] == 1).all())
    plot = (
        plot
        + layout
        + scale_color_manual(values=colours)
        + scale_shape_manual(values=shapes)
        + scale_linetype_manual(values=dict(zip(colours, line_types(fits["model"]), strict=True)))
        + coord_cartesian(ylim=(bottom, 1.01))
        + _axis(x, sorted(fits["fraction"].unique()), room)
        + guides(**{name: "none" if named else guide_legend(**legend) for name in ("color", "shape", "linetype")})
        + labs(
            x="Training samples" if x == "train_samples" else "Share of the training samples (%)",
            y=metric.title,
            caption=caption(
                f"Each point is {'a single run: no interval' if single else 'the mean of ' + runs_phrase(means)}.",
                f"Whiskers: {share(confidence)} {INTERVAL}; ticks: single runs." if len(banded) else "",
                "Dashed: chance, with what counts as level in grey.",
                "Pale lines: smoothed curves of Heil et al. 2023." if len(curves) else "",
                synthetic=synthetic,
            ),
        )
        + book_theme(height=1.5 + (0.0 if named else 0.22 * legend["nrow"]) + (1.55 if n_across > 2 else 2.3) * n_down)
    )
    return told(plot, numbers=numbers, says=_said(numbers))


def _side_by_side(table: pd.DataFrame, facets: Sequence[str], x: str) -> pd.DataFrame:
    """Give every model a lane of its own at each size, so that whiskers do not hide one another."""
    widest = table.groupby(list(facets), observed=True)[x].transform("max") if facets else table[x].max()
    lanes = table["model"].cat.codes.to_numpy() - (len(table["model"].cat.categories) - 1) / 2
    return table.assign(place=table[x] + lanes * 0.011 * widest)


def _said(numbers: pd.DataFrame) -> str:
    largest = numbers[numbers["fraction"] == numbers["fraction"].max()]
    if "signal" not in largest:
        return ""
    return f"At the largest training set: {by_family(largest, list(dict.fromkeys(largest['signal'])))}"


def _room(labels: pd.Series, n_across: int) -> float:
    """Share of a panel to add at the right, for the longest name."""
    width, panel = 0.075 * labels.str.len().max() + 0.1, 6.9 / n_across
    return width / (panel - width)


def _axis(x: str, fractions: Sequence[float], room: float) -> scale_x_continuous:
    if x == "train_samples":
        return scale_x_continuous(labels=_thousands, breaks=few_breaks, expand=(0.05, 0, room, 0))
    shown = fractions if len(fractions) <= 4 else [0.0, 0.5, 1.0]
    return scale_x_continuous(breaks=shown, labels=[f"{100 * one:g}" for one in shown], expand=(0.05, 0, room, 0))


def _matching(published: pd.DataFrame | None, fits: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    columns = [*FACETS, "model", "train_samples", "fraction", metric.column]
    if published is None:
        return pd.DataFrame(columns=columns)
    published = required(published, columns, what="published curves")
    wanted = fits[[*FACETS, "model"]].drop_duplicates()
    return published.merge(wanted, on=[*FACETS, "model"])


def _layout(means: pd.DataFrame, rows: str | None, columns: str | None, n_columns: int | None) -> tuple[int, int, object]:
    facets = [facet for facet in (columns, rows) if facet]
    count = len(means[facets].drop_duplicates()) if facets else 1
    if not facets:
        return 1, 1, []
    if n_columns or len(facets) == 1:
        across = min(n_columns or (1 if facets == [rows] else count), count)
        return across, -(-count // across), facet_wrap(facets, ncol=across, scales="free_x")
    return means[columns].nunique(), means[rows].nunique(), facet_grid(rows, columns, scales="free_x")


def _thousands(values: Sequence[float]) -> list[str]:
    return [f"{value:,.0f}" if value == round(value) else f"{value:,.1f}" for value in values]

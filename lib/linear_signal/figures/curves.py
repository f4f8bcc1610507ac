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
    geom_point,
    geom_rect,
    geom_ribbon,
    ggplot,
    guide_legend,
    guides,
    labs,
    scale_color_manual,
    scale_fill_manual,
    scale_linetype_manual,
    scale_shape_manual,
    scale_x_continuous,
    theme,
)

from linear_signal.analysis.comparison import summarise
from linear_signal.analysis.metrics import BALANCED_ACCURACY, Metric
from linear_signal.errors import unknown
from linear_signal.figures.axes import few_breaks
from linear_signal.figures.style import (
    FACETS,
    FITS_COLUMNS,
    GREY,
    INK,
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
    with_titles,
)
from linear_signal.numbers import share

_OURS, _THEIRS = "this run", "published"


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
            signal, pretraining, split and model are in ``fits`` are drawn, dotted.
        facet_rows: column for the rows of panels (task, signal, pretraining, split), or None.
        facet_columns: column for the columns of panels, or None.
        n_columns: wrap all panels into so many columns; None makes a grid.
        x: ``train_samples``, or ``fraction`` of the largest training set, where published and own sizes differ much.
        confidence: of the bands; models with a single run get none.
        metric: what is drawn, one with a level of chance.

    Raises:
        InputError: an empty table, a missing column, an unknown facet or x, or values that would fall into one panel.
    """
    fits = required(fits, (*FITS_COLUMNS, metric.column, metric.chance), what="fits")
    facets = checked_facets(fits, facet_rows, facet_columns)
    if x not in ("train_samples", "fraction"):
        raise unknown("x axis", x, ["train_samples", "fraction"])
    means = summarise(fits, by=[*facets, "model", "fraction"], metric=metric, confidence=confidence)
    runs = fits.dropna(subset=[metric.column])
    curves = _matching(published, fits, metric)
    colours, shapes = model_scale(fits["model"])
    tables = [table.assign(source=_OURS) for table in (means, runs)] + [curves.assign(source=_THEIRS)]
    n_across, n_down, layout = _layout(means, facet_rows, facet_columns, n_columns)
    gridded = facet_rows and facet_columns and not n_columns
    wrap = {facet: 18 if gridded and facet == facet_rows else 78 // n_across for facet in facets}
    means, runs, curves = (with_titles(table, fits, wrap) for table in tables)
    banded = means.dropna(subset=["lower"])
    naive = means.groupby(facets, observed=True)[metric.chance].first().reset_index() if facets else means.head(1)
    level = naive[metric.chance]
    band = level.map(metric.margin)
    naive = naive.assign(low=level - band, high=level + band)
    seen = [runs[metric.column], banded["lower"], level, curves[metric.column]]
    # Down to a full tenth, so that figures a reader flips between keep one axis.
    bottom = max(0.0, np.floor(min(values.min() for values in seen if len(values)) * 10) / 10)
    plot = (
        ggplot(means, aes(x, "mean", color="model", fill="model", shape="model"))
        + geom_rect(aes(ymin="low", ymax="high"), naive, xmin=-np.inf, xmax=np.inf, inherit_aes=False, **LEVEL_BAND)
        + geom_hline(aes(yintercept=metric.chance), naive, linetype="dashed", color=GREY, size=0.6)
        + geom_point(aes(y=metric.column), runs, size=0.7, alpha=0.22, show_legend=False)
    )
    if len(banded):
        bands = aes(x, ymin="lower", ymax="upper", fill="model")
        plot += geom_ribbon(bands, banded, alpha=0.13, color="none", inherit_aes=False, show_legend=False)
    # A line needs two points; with one training size the points stand alone.
    if means["fraction"].nunique() > 1:
        plot += geom_line(aes(linetype="source"), size=0.9)
    if len(curves):
        plot += geom_line(aes(y=metric.column, linetype="source"), curves, size=0.9)
    plot += geom_point(size=1.8, stroke=0.2)
    rows_of_legend = legend_rows(fits["model"])
    single = bool((means["n_runs"] == 1).all())
    return (
        plot
        + layout
        + scale_color_manual(values=colours)
        + scale_fill_manual(values=colours)
        + scale_shape_manual(values=shapes)
        + scale_linetype_manual(values={_OURS: "solid", _THEIRS: "dotted"}, limits=[_OURS, _THEIRS])
        + coord_cartesian(ylim=(bottom, 1.01))
        + (scale_x_continuous(labels=_thousands, breaks=few_breaks) if x == "train_samples" else _percent_axis())
        + guides(
            color=guide_legend(nrow=rows_of_legend),
            shape=guide_legend(nrow=rows_of_legend),
            fill="none",
            linetype=guide_legend(ncol=1, override_aes={"color": INK, "size": 0.9}) if len(curves) else "none",
        )
        + labs(
            x="Training samples" if x == "train_samples" else "Share of the training samples (%)",
            y=metric.title,
            caption=caption(
                f"Each point is {'a single run: no interval' if single else 'the mean of ' + runs_phrase(means)}.",
                f"Bands: {share(confidence)} {INTERVAL}; faint dots: single runs." if len(banded) else "",
                "Dashed: chance, with what counts as level in grey.",
                "Dotted: smoothed curves of Heil et al. 2023." if len(curves) else "",
                synthetic=synthetic,
            ),
        )
        + book_theme(height=1.5 + 0.22 * rows_of_legend + (1.55 if n_across > 2 else 2.2) * n_down)
        + theme(legend_box="horizontal", legend_box_just="top")
    )


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


def _percent_axis() -> scale_x_continuous:
    return scale_x_continuous(limits=(0, 1), breaks=(0, 0.5, 1), labels=["0", "50", "100"])

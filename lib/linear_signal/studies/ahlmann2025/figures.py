"""The study's main figures: errors per perturbation and by number of genes, both verdicts, the forest plot."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
from plotnine import (
    aes,
    coord_cartesian,
    coord_flip,
    element_blank,
    facet_wrap,
    geom_hline,
    geom_line,
    geom_linerange,
    geom_point,
    geom_segment,
    geom_sina,
    geom_vline,
    ggplot,
    guide_legend,
    guides,
    labs,
    scale_alpha_manual,
    scale_color_manual,
    scale_shape_manual,
    scale_x_continuous,
    scale_x_log10,
    scale_y_continuous,
    theme,
)

from linear_signal.analysis.metrics import Metric
from linear_signal.figures.axes import few_breaks
from linear_signal.figures.style import GREY, INK, Synthetic, book_theme, caption, required
from linear_signal.names import counted
from linear_signal.studies.ahlmann2025.judged import bounds, pooled
from linear_signal.studies.ahlmann2025.prediction_unit import RELATIVE
from linear_signal.studies.ahlmann2025.titles import (
    CEILING,
    FAMILY_COLOURS,
    FAMILY_SHAPES,
    FAMILY_TITLES,
    LINEAR,
    family_of,
    method_title,
)

COLOURS = {FAMILY_TITLES[name]: colour for name, colour in FAMILY_COLOURS.items()}
_SHAPES = {FAMILY_TITLES[name]: shape for name, shape in FAMILY_SHAPES.items()}

# What says which condition of which run a row is about.
_WHICH = ("dataset", "shift", "method", "seed", "condition", "key")


def errors_plot(conditions: pd.DataFrame, *, metric: Metric, synthetic: Synthetic) -> ggplot:
    """Draw one value of a metric per perturbation and method, the mean of each, and the best linear model as a line.

    Args:
        conditions: method, condition, seed and the metric, of one data set.
        metric: which.
        synthetic: whether the data were simulated, all or in part.

    Source: Ahlmann-Eltze et al. 2025, Fig. 1a and 2a.
    """
    rows = required(conditions, ("method", "seed", metric.column), what="judged conditions").dropna(subset=[metric.column])
    # Whoever takes the numbers along gets those that are shown.
    rows = rows[[name for name in _WHICH if name in rows] + [metric.column]]
    rows["title"] = _ordered(rows, metric)
    rows["family"] = _families(rows["method"])
    means = rows.groupby(["title", "family"], observed=True)[metric.column].mean().reset_index()
    linear = means.loc[means["family"] == FAMILY_TITLES[LINEAR], metric.column]
    best = linear.max() if metric.higher_is_better else linear.min()
    line = [geom_hline(yintercept=best, linetype="dashed", color=GREY)] if len(linear) else []
    n_runs = rows["seed"].nunique()
    return (
        ggplot(rows, aes("title", metric.column, color="family"))
        + line
        + geom_sina(size=0.9, alpha=0.4, stroke=0, random_state=0, maxwidth=0.8, scale="width")
        + geom_point(aes(shape="family"), means, size=2.6, color=INK, show_legend=False)
        + scale_color_manual(values=COLOURS, breaks=shown_families(rows["family"]))
        + scale_shape_manual(values=_SHAPES)
        + guides(color=guide_legend(override_aes={"size": 3, "alpha": 1}))
        + labs(
            x="",
            y=metric.title,
            caption=caption(
                f"A point is a perturbation{' in one of ' + counted(n_runs, 'run') if n_runs > 1 else ''}; "
                "large marks: the mean. Dashed: the best linear model.",
                synthetic=synthetic,
            ),
        )
        + sideways(rows["title"].nunique())
    )


def verdict_plot(table: pd.DataFrame, *, synthetic: Synthetic) -> ggplot:
    """Draw every method between the mean baseline (0) and the experiment done twice (1), a panel a metric.

    Args:
        table: of one data set (:func:`~linear_signal.studies.ahlmann2025.shown.verdicts`).
        synthetic: whether the data were simulated, all or in part.
    """
    rows = required(table, ("title", "family", "metric_title", "calibrated"), what="calibrated scores")
    rows = rows[rows["family"] != CEILING].dropna(subset=["calibrated"])
    order = rows.groupby("title")["calibrated"].median().sort_values().index
    rows["title"] = pd.Categorical(rows["title"], categories=list(order), ordered=True)
    rows["family"] = rows["family"].map(FAMILY_TITLES)
    titles = rows["metric_title"].map(lambda title: "\n".join(textwrap.wrap(title, 14)))
    rows["panel"] = pd.Categorical(titles, categories=list(dict.fromkeys(titles)), ordered=True)
    # One hopeless method must not squeeze all others: what lies further out stands at the edge.
    rows["place"] = rows["calibrated"].clip(-0.5, 1.25)
    rows["beyond"] = np.where(rows["place"] == rows["calibrated"], "no", "yes")
    return (
        ggplot(rows, aes("place", "title", color="family", shape="family"))
        + geom_vline(xintercept=[0, 1], color=GREY, linetype="dashed", size=0.5)
        + geom_segment(aes(x=0, xend="place", yend="title"), size=0.6, alpha=0.6, show_legend=False)
        + geom_point(aes(alpha="beyond"), size=2.1)
        + facet_wrap("panel", ncol=4)
        + coord_cartesian(xlim=(-0.52, 1.27))
        + scale_x_continuous(breaks=[0, 1], labels=["mean", "twice"])
        + scale_color_manual(values=COLOURS, breaks=shown_families(rows["family"]))
        + scale_shape_manual(values=_SHAPES, breaks=shown_families(rows["family"]))
        + scale_alpha_manual(values={"no": 1.0, "yes": 0.35}, guide=None)
        + labs(
            x="",
            y="",
            caption=caption(
                "0: the mean of the training conditions, which knows nothing of the one asked for. 1: the experiment "
                "done twice. Pale at an edge: further out.",
                synthetic=synthetic,
            ),
        )
        + book_theme(height=2.1 + 0.42 * rows["title"].nunique())
    )


def genes_plot(curves: pd.DataFrame, *, synthetic: Synthetic) -> ggplot:
    """Draw the error against the number of genes it is taken over, with genes sorted in two ways.

    Args:
        curves: of one data set: method, seed, sorted_by, n_genes, l2.
        synthetic: whether the data were simulated, all or in part.

    Source: Ahlmann-Eltze et al. 2025, supplement.
    """
    rows = curves.groupby(["method", "sorted_by", "n_genes"], sort=False)["l2"].mean().reset_index()
    rows["family"] = _families(rows["method"])
    words = {"expression": "Most expressed genes first", "change": "Most changed genes first"}
    rows["panel"] = pd.Categorical(rows["sorted_by"].map(words), categories=list(words.values()), ordered=True)
    return (
        ggplot(rows, aes("n_genes", "l2", group="method", color="family"))
        + geom_line(size=0.7)
        + facet_wrap("panel", nrow=1)
        + scale_x_log10()
        + scale_color_manual(values=COLOURS, breaks=shown_families(rows["family"]))
        + labs(
            x="Genes",
            y="L2 distance",
            caption=caption("A line is a method, mean over perturbations and runs.", synthetic=synthetic),
        )
        + book_theme(height=3.0)
    )


def forest_plot(fits: pd.DataFrame, *, synthetic: Synthetic) -> ggplot:
    """Draw errors relative to the mean with their intervals, a panel a data set.

    Args:
        fits: dataset, method, seed, relative_error and its draws, data.
        synthetic: whether the data were simulated, all or in part.

    Source: Ahlmann-Eltze et al. 2025, Fig. 2c; the interval keeps the runs of a perturbation together.
    """
    rows = forest_rows(fits)
    rows["title"] = _ordered(rows, RELATIVE)
    rows["family"] = _families(rows["method"])
    titles = rows["dataset"].map(lambda name: "\n".join(textwrap.wrap(name.partition(",")[0], 14)))
    rows["panel"] = pd.Categorical(titles, categories=list(dict.fromkeys(titles)), ordered=True)
    top = min(1.4, float(rows[RELATIVE.column].max()) + 0.05)
    rows["place"] = rows[RELATIVE.column].clip(upper=top)
    rows["lower"], rows["upper"] = (rows[name].clip(upper=top) for name in ("lower", "upper"))
    return (
        ggplot(rows, aes("title", "place", color="family", shape="family"))
        + geom_hline(yintercept=1, color=GREY, linetype="dashed")
        + geom_linerange(aes(ymin="lower", ymax="upper"), rows.dropna(subset=["lower"]), size=0.8, show_legend=False)
        + geom_point(size=2.0)
        + facet_wrap("panel", nrow=1)
        + scale_color_manual(values=COLOURS, breaks=shown_families(rows["family"]))
        + scale_shape_manual(values=_SHAPES, breaks=shown_families(rows["family"]))
        + scale_y_continuous(breaks=few_breaks)
        + labs(
            x="",
            y="Error relative to the mean",
            caption=caption(
                "Mean of the L2 distance over that of the mean baseline, with 95 % intervals. Left of the dash: better "
                f"than the mean.{' At the right edge: ' + f'{top:.1f} or more.' if top >= 1.4 else ''}",
                synthetic=synthetic,
            ),
        )
        + sideways(rows["title"].nunique())
    )


def forest_rows(fits: pd.DataFrame) -> pd.DataFrame:
    """Mean error relative to the mean baseline with its interval: dataset, method, relative_error, lower, upper."""
    rows = []
    for (dataset, method), part in fits.dropna(subset=[RELATIVE.column]).groupby(["dataset", "method"], sort=False):
        mean, draws = pooled(part, RELATIVE.column)
        found = bounds(part[RELATIVE.column].to_numpy(dtype=float), draws)
        middle = 0.0 if len(draws) == 1 else mean - part[RELATIVE.column].mean()
        kept = {name: found[name] + middle for name in ("lower", "upper")}
        rows.append({"dataset": dataset, "method": method, RELATIVE.column: mean, **kept})
    return pd.DataFrame(rows)


def sideways(n_names: int) -> list:
    """Put names of methods down the page, where there is room for them."""
    return [coord_flip(), book_theme(height=1.35 + 0.27 * n_names) + theme(panel_grid_major_y=element_blank())]


def _ordered(rows: pd.DataFrame, metric: Metric) -> pd.Categorical:
    """Titles of methods, the best one last, which stands on top."""
    means = rows.groupby("method")[metric.column].mean().sort_values(ascending=metric.higher_is_better)
    titles = list(dict.fromkeys(method_title(str(name)) for name in means.index))
    return pd.Categorical(rows["method"].map(method_title), categories=titles, ordered=True)


def _families(methods: pd.Series) -> pd.Series:
    return methods.map(family_of).map(FAMILY_TITLES)


def shown_families(families: pd.Series) -> list[str]:
    """Titles of the families that are there, in the order of the legend."""
    return [title for title in FAMILY_TITLES.values() if title in set(families)]

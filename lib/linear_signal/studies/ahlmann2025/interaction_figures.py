"""Figures of genetic interactions: the null of departures, interactions found, and what the strongest calls claim."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np
import pandas as pd
from plotnine import (
    aes,
    coord_cartesian,
    facet_wrap,
    geom_abline,
    geom_col,
    geom_line,
    geom_point,
    geom_text,
    geom_vline,
    ggplot,
    guide_legend,
    guides,
    labs,
    scale_alpha_manual,
    scale_color_manual,
    scale_fill_manual,
    scale_linetype_manual,
    scale_x_continuous,
    scale_y_continuous,
)

from linear_signal.figures.axes import few_breaks
from linear_signal.figures.style import GREY, INK, Synthetic, book_theme, caption, required
from linear_signal.studies.ahlmann2025.figures import COLOURS, shown_families, sideways
from linear_signal.studies.ahlmann2025.interactions import FDP_GRID, PREDICTED_CLASSES
from linear_signal.studies.ahlmann2025.prediction_unit import N_CALLS
from linear_signal.studies.ahlmann2025.titles import CEILING, FAMILY_TITLES, INTERPOLATED, REPEAT, family_of, method_title

EXAMPLE_METHODS = ("additive", "geneformer", "gears", "scgpt")
_CLASS_COLOURS = {"buffering": "#1b62a5", "synergy": "#f08a24", "opposite": "#7a3e9d"}


def found_plot(fits: pd.DataFrame, *, synthetic: Synthetic) -> ggplot:
    """Draw the share of interactions found against the share of false calls, mean over runs.

    Args:
        fits: of one data set: method, family, tpr (float [101]).
        synthetic: whether the data were simulated, all or in part.

    Source: Ahlmann-Eltze et al. 2025, Fig. 1c.
    """
    rows = with_calls(required(fits, ("method", "family", "tpr"), what="fits"))
    rows = rows[rows["method"] != INTERPOLATED]
    curves = [
        pd.DataFrame(
            {"title": method_title(str(name)), "family": family, "fdp": FDP_GRID, "tpr": np.mean(list(part), axis=0)}
        )
        for (name, family), part in rows.groupby(["method", "family"], sort=False)["tpr"]
    ]
    curves = pd.concat(curves, ignore_index=True)
    curves["family"] = curves["family"].map(FAMILY_TITLES)
    ends = curves[np.isclose(curves["fdp"], 0.5)].sort_values("tpr")
    shown = curves[curves["fdp"] <= 0.5]
    top = max(0.3, float(shown["tpr"].max()))
    # Labels below one another where curves are near each other.
    ends = ends.assign(height=_apart(ends["tpr"].to_numpy(), 0.055 * top), fdp=0.51)
    return (
        ggplot(shown, aes("fdp", "tpr", group="title", color="family"))
        + geom_line(size=0.9)
        + geom_text(aes(y="height", label="title"), ends, ha="left", size=8, show_legend=False)
        + scale_color_manual(values=COLOURS, breaks=shown_families(curves["family"]))
        + coord_cartesian(xlim=(0, 0.78), ylim=(0, 1.05 * top))
        + scale_x_continuous(breaks=[0, 0.25, 0.5])
        + labs(
            x="Share of false calls, at most",
            y="Share of interactions found",
            caption=caption(
                "Calls are sorted by how far a prediction departs from the sum of the singles. The sum makes no call."
                f"{' Done twice: the double alone, not its singles.' if REPEAT in set(rows['method']) else ''}",
                synthetic=synthetic,
            ),
        )
        + book_theme(height=3.6)
    )


def with_calls(fits: pd.DataFrame) -> pd.DataFrame:
    """Keep fits that make calls which can be judged: some held-out double departs from its sum by more than noise."""
    return fits[[np.ndim(one) == 1 and bool(np.isfinite(one).all()) for one in fits["tpr"]]]


def calls_plot(fits: pd.DataFrame, *, synthetic: Synthetic) -> ggplot:
    """Draw what the strongest calls of each method claim, and how many of each claim are right.

    Args:
        fits: of one data set: method, n_buffering, right_buffering and so on.
        synthetic: whether the data were simulated, all or in part.

    Source: Ahlmann-Eltze et al. 2025, Fig. 1f.
    """
    rows = fits.dropna(subset=["n_buffering"])
    rows = rows[~rows["method"].map(family_of).eq(CEILING)] if (rows["method"].map(family_of) != CEILING).any() else rows
    parts = []
    for method, part in rows.groupby("method", sort=False):
        for name in PREDICTED_CLASSES:
            n, right = part[f"n_{name}"].mean(), part[f"right_{name}"].mean()
            title = method_title(str(method))
            parts += [(title, name, "right", right), (title, name, "wrong", n - right)]
    table = pd.DataFrame(parts, columns=["title", "claim", "right", "n"])
    table["title"] = pd.Categorical(table["title"], categories=list(dict.fromkeys(table["title"]))[::-1], ordered=True)
    table["claim"] = pd.Categorical(table["claim"], categories=list(PREDICTED_CLASSES), ordered=True)
    table["right"] = pd.Categorical(table["right"], categories=["wrong", "right"], ordered=True)
    return (
        ggplot(table, aes("title", "n", fill="claim", alpha="right"))
        + geom_col(width=0.7)
        + facet_wrap("claim", nrow=1)
        + scale_fill_manual(values=_CLASS_COLOURS, guide=None)
        + scale_alpha_manual(values={"right": 1.0, "wrong": 0.35})
        + scale_y_continuous(breaks=few_breaks)
        + labs(
            x="",
            y="Calls",
            caption=caption(
                f"The {N_CALLS} strongest calls of each method, mean over runs, by what they claim. Full colour: it is so.",
                synthetic=synthetic,
            ),
        )
        + sideways(table["title"].nunique())
    )


def null_plot(curves: pd.DataFrame, *, thresholds: Sequence[float], synthetic: Synthetic) -> ggplot:
    """Draw the density of departures from the sum, the null in it, and where a departure counts as an interaction.

    Args:
        curves: value, curve, density (:func:`~linear_signal.studies.ahlmann2025.shown.null_curves`).
        thresholds: lower and upper.
        synthetic: whether the data were simulated, all or in part.

    Source: Ahlmann-Eltze et al. 2025, supplement.
    """
    shown = curves[curves["density"] > 1e-3]
    return (
        ggplot(shown, aes("value", "density", color="curve", linetype="curve"))
        + geom_vline(xintercept=[one for one in thresholds if np.isfinite(one)], color=GREY, linetype="dotted")
        + geom_line(size=0.9)
        + scale_color_manual(values={"All departures": INK, "Null": "#1b62a5"})
        + scale_linetype_manual(values={"All departures": "solid", "Null": "dashed"})
        + labs(
            x="Departure of a double from the sum of its singles",
            y="Density",
            caption=caption(
                "Dotted: beyond these a departure is an interaction (local fdr below .05).", synthetic=synthetic
            ),
        )
        + book_theme(height=2.8)
    )


def example_plot(example: pd.DataFrame, *, methods: Sequence[str] = EXAMPLE_METHODS) -> ggplot:
    """Draw predicted against observed changes of one published double, a panel a method.

    Args:
        example: method, observed_change, predicted_change, a row a gene.
        methods: which are shown, in this order.

    Source: Ahlmann-Eltze et al. 2025, Fig. 1b.
    """
    rows = required(example, ("method", "observed_change", "predicted_change"), what="the published example")
    rows = rows[rows["method"].isin(list(methods))]
    titles = {name: "\n".join(textwrap.wrap(method_title(name), 16)) for name in methods}
    rows["panel"] = pd.Categorical(rows["method"].map(titles), categories=list(titles.values()), ordered=True)
    rows["family"] = rows["method"].map(family_of).map(FAMILY_TITLES)
    return (
        ggplot(rows, aes("observed_change", "predicted_change", color="family"))
        + geom_abline(color=GREY, linetype="dashed")
        + geom_point(size=0.9, alpha=0.5, stroke=0)
        + facet_wrap("panel", nrow=1)
        + scale_color_manual(values=COLOURS, breaks=shown_families(rows["family"]))
        + coord_cartesian(xlim=(-1, 1), ylim=(-1, 1))
        + scale_x_continuous(breaks=[-1, 0, 1])
        + scale_y_continuous(breaks=[-1, 0, 1])
        + guides(color=guide_legend(override_aes={"size": 3, "alpha": 1}))
        + labs(
            x="Observed change",
            y="Predicted change",
            caption=caption("A point is a gene. Dashed: predicted as observed.", synthetic=False),
        )
        + book_theme(height=2.9)
    )


def _apart(heights: np.ndarray, least: float) -> np.ndarray:
    """Move sorted heights up so far that they are ``least`` apart."""
    moved = heights.astype(float).copy()
    for place in range(1, len(moved)):
        moved[place] = max(moved[place], moved[place - 1] + least)
    return moved

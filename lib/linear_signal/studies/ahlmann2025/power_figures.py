"""Figures of what is set in simulations: learning curves by number of training doubles, and a shared response."""

from __future__ import annotations

import pandas as pd
from plotnine import (
    aes,
    facet_wrap,
    geom_line,
    geom_point,
    geom_vline,
    ggplot,
    guide_legend,
    guides,
    labs,
    scale_color_manual,
    scale_linetype_manual,
    scale_shape_manual,
    scale_x_continuous,
    scale_x_log10,
)

from linear_signal.figures.axes import few_breaks
from linear_signal.figures.style import GREY, Synthetic, book_theme, caption, required
from linear_signal.studies.ahlmann2025.power import NORMAN_DOUBLES, RANDOM
from linear_signal.studies.ahlmann2025.titles import REPEAT, method_title

_POWER_TITLES = {
    "additive": "Additive",
    "additive_slope": "Additive, one fitted slope",
    "ridge": "Best ridge on multi-hot",
    "mlp": "Perceptron, 256 x 256",
    REPEAT: "Experiment done twice",
}
POWER_LOOK = {
    "Additive": ("#8fbbe0", "dotted"),
    "Additive, one fitted slope": ("#1b62a5", "dashed"),
    "Best ridge on multi-hot": ("#123f6b", "solid"),
    "Perceptron, 256 x 256": ("#b5301c", "solid"),
    "Experiment done twice": ("#2f7d32", "dashdot"),
}


def power_plot(power: pd.DataFrame, *, synthetic: Synthetic = True) -> ggplot:
    """Draw errors against the number of training doubles.

    Args:
        power: fits of power units.
        synthetic: always True here; as elsewhere.
    """
    rows = power_lines(power)
    rows = rows[rows["held_out"] == RANDOM]
    means = rows.groupby(["title", "train_doubles"], observed=True)["l2"].mean().reset_index()
    return (
        ggplot(means, aes("train_doubles", "l2", color="title", linetype="title"))
        + geom_vline(xintercept=NORMAN_DOUBLES, color=GREY, linetype="dotted")
        + geom_line(size=0.9)
        + geom_point(size=1.8)
        + geom_point(data=rows, size=0.8, alpha=0.4, show_legend=False)
        + scale_x_log10(breaks=sorted(means["train_doubles"].unique()), labels=lambda some: [f"{one:,.0f}" for one in some])
        + scale_color_manual(values={name: look[0] for name, look in POWER_LOOK.items()})
        + scale_linetype_manual(values={name: look[1] for name, look in POWER_LOOK.items()})
        + guides(color=guide_legend(nrow=2), linetype=guide_legend(nrow=2))
        + labs(
            x="Doubles learnt from",
            y="L2 distance",
            caption=caption(
                "Epistasis between modules, all of which can be learnt. Small points: single runs. Dotted: 62 doubles, as "
                "many as there are of Norman's to learn from.",
                synthetic=synthetic,
            ),
        )
        + book_theme(height=3.4)
    )


def power_lines(power: pd.DataFrame) -> pd.DataFrame:
    """Name the models of a learning curve, and keep the best ridge of each training set."""
    rows = power.assign(name=power["method"].str.partition(" ")[0])
    keys = ["seed", "held_out", "train_doubles", "name"]
    rows = rows.loc[rows.groupby(keys)["l2"].idxmin()].sort_values(["seed", "held_out", "train_doubles"])
    titles = pd.Categorical(rows["name"].map(_POWER_TITLES), categories=list(_POWER_TITLES.values()), ordered=True)
    return rows.assign(title=titles)


def shift_plot(lines: pd.DataFrame, *, synthetic: Synthetic) -> ggplot:
    """Draw what a shared response does to the scores of methods, a panel a metric.

    Args:
        lines: method, shift, metric_title, value.
        synthetic: whether the data were simulated, all or in part.
    """
    rows = required(lines, ("method", "shift", "metric_title", "value"), what="scores by shift")
    rows["title"] = rows["method"].map(method_title)
    order = list(dict.fromkeys(rows["title"]))
    colours = ["#6e6e6e", "#1b62a5", "#f08a24", "#2f7d32"]
    rows["title"] = pd.Categorical(rows["title"], categories=order, ordered=True)
    rows["panel"] = pd.Categorical(rows["metric_title"], categories=list(dict.fromkeys(rows["metric_title"])), ordered=True)
    return (
        ggplot(rows, aes("shift", "value", color="title", shape="title"))
        + geom_line(size=0.8)
        + geom_point(size=1.9)
        + facet_wrap("panel", nrow=1, scales="free_y")
        + scale_color_manual(values=dict(zip(order, colours, strict=False)))
        + scale_shape_manual(values=dict(zip(order, ("s", "o", "^", "v"), strict=False)))
        + scale_x_continuous(breaks=few_breaks)
        + labs(
            x="Size of the response that all perturbations share",
            y="",
            caption=caption("Nothing else differs between the simulated lines.", synthetic=synthetic),
        )
        + book_theme(height=3.0)
    )

"""Figures of the chapter on installed data: every rung of removal below the other, a panel a task."""

from __future__ import annotations

import numpy as np
import pandas as pd
from plotnine import (
    aes,
    coord_cartesian,
    facet_wrap,
    geom_point,
    geom_segment,
    ggplot,
    guide_legend,
    guides,
    labs,
    scale_color_manual,
    scale_shape_manual,
    scale_x_continuous,
    scale_y_continuous,
)

from linear_signal.analysis.comparison import summarise
from linear_signal.figures.axes import few_breaks
from linear_signal.figures.style import (
    FITS_COLUMNS,
    GREY,
    INTERVAL,
    Synthetic,
    book_theme,
    caption,
    checked_facets,
    columns_of_panels,
    legend_rows,
    model_scale,
    required,
    runs_phrase,
    titled,
)
from linear_signal.models.titles import ordered_models
from linear_signal.studies.heil2023.installed_answers import RUNGS

_SPREAD = 0.32  # of the models within a rung, whose lanes are 1 apart


def rungs_plot(fits: pd.DataFrame, *, synthetic: Synthetic) -> ggplot:
    """Draw the mean balanced accuracy of every model below the other as more and more is made equal, a panel a task.

    Args:
        fits: the results table; its largest training set is drawn.
        synthetic: whether the data were simulated, all or in part; the caption says so.

    Raises:
        InputError: an empty table or a missing column.
    """
    columns = (*FITS_COLUMNS, "balanced_accuracy", "naive_accuracy")
    fits = required(fits, columns, what="fits")
    fits = fits[np.isclose(fits["fraction"], fits["fraction"].max())]
    checked_facets(fits, "task", "signal")
    means = summarise(fits, by=["task", "signal", "model"])
    rungs, models = [name for name in RUNGS if name in set(means["signal"])], ordered_models(means["model"])
    lanes = np.linspace(_SPREAD, -_SPREAD, len(models)) if len(models) > 1 else [0.0]
    means["place"] = -means["signal"].map(rungs.index) + means["model"].map(dict(zip(models, lanes, strict=True)))
    chance = means.drop_duplicates("task")[["task", "naive_accuracy"]]
    tasks = list(dict.fromkeys(means["task"]))
    for table in (means, chance):
        table["task"] = pd.Categorical(table["task"], categories=tasks, ordered=True)
    means["model"] = titled(means["model"])
    colours, shapes = model_scale(models)
    across = columns_of_panels(len(tasks))
    down = -(-len(tasks) // across)
    titles = [str(titled(pd.Series([rung], name="signal"), wrap=18)[0]) for rung in rungs]
    return (
        ggplot(means, aes("mean", "place", color="model", shape="model"))
        + geom_segment(
            aes(x="naive_accuracy", xend="naive_accuracy", y=0.5, yend=0.5 - len(rungs)),
            chance,
            linetype="dashed",
            color=GREY,
            size=0.6,
            inherit_aes=False,
        )
        + geom_segment(
            aes(x="lower", xend="upper", yend="place"), means.dropna(subset=["lower"]), size=0.8, show_legend=False
        )
        + geom_point(size=2.2)
        + facet_wrap("task", ncol=across)
        + scale_color_manual(values=colours)
        + scale_shape_manual(values=shapes)
        + guides(color=guide_legend(nrow=legend_rows(models)), shape=guide_legend(nrow=legend_rows(models)))
        + scale_y_continuous(breaks=[-place for place in range(len(rungs))], labels=titles)
        + scale_x_continuous(breaks=few_breaks)
        + coord_cartesian(ylim=(0.5 - len(rungs), 0.5))
        + labs(
            x="Balanced accuracy",
            y="",
            caption=caption(
                f"Each mark is the mean of {runs_phrase(means)}, with its 95 % {INTERVAL}; none where a label has too few",
                "samples. Dashed: chance.",
                synthetic=synthetic,
            ),
        )
        + book_theme(height=1.5 + down * (0.35 + 0.13 * len(rungs) * max(3, len(models))))
    )

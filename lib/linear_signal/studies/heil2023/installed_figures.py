"""Figures of the chapter on installed data: rungs of removal, flexible models against linear ones, samples by batch."""

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

from linear_signal.analysis.comparison import compare_pairs, summarise
from linear_signal.data.dataset import Dataset
from linear_signal.figures import difference_plot
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
from linear_signal.models.titles import model_family, ordered_models
from linear_signal.names import counted
from linear_signal.numbers import share
from linear_signal.studies.heil2023.installed_answers import FLEXIBLE, RUNGS

_SPREAD = 0.32  # of the models within a rung, whose lanes are 1 apart
_BATCHES = ("#1b62a5", "#f08a24", "#2f7d32", "#8c6bb1", "#4d4d4d")
_STATES = {"Cancer": "o", "Normal": "^", "Biopsy": "s"}


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


def flexible_plot(fits: pd.DataFrame, *, synthetic: Synthetic) -> ggplot | None:
    """Draw how far networks and trees are ahead of linear models with full signal, paired on the same folds.

    Args:
        fits: the results table; its largest training set counts.
        synthetic: as above.

    Returns:
        None where the run had no linear model, or no other to compare with it.
    """
    full = fits[fits["signal"] == "full"]
    models = ordered_models(full["model"])
    linear = [model for model in models if model_family(model) == "linear"]
    pairs = [(one, other) for one in models if model_family(one) in FLEXIBLE for other in linear]
    return difference_plot(compare_pairs(full, pairs, together=True), synthetic=synthetic) if pairs else None


def batches_plot(dataset: Dataset, *, state: str = "state", batch: str = "batch") -> ggplot:
    """Draw the samples by their two leading principal components: a colour a batch, a shape a state."""
    centred = dataset.expression - dataset.expression.mean(axis=0)
    left, values, _ = np.linalg.svd(centred, full_matrices=False)
    shares = values**2 / (values**2).sum()
    batches = sorted(set(dataset.column(batch).tolist()))
    table = pd.DataFrame(
        {"first": left[:, 0] * values[0], "second": left[:, 1] * values[1], "state": dataset.column(state)}
        | {"batch": [f"Batch {one}" for one in dataset.column(batch)]}
    )
    return (
        ggplot(table, aes("first", "second", color="batch", shape="state"))
        + geom_point(size=2.4, alpha=0.8)
        + scale_color_manual(values=dict(zip([f"Batch {one}" for one in batches], _BATCHES, strict=False)))
        + scale_shape_manual(values=_STATES)
        + labs(
            x=f"First component, {share(shares[0])} of the variance",
            y=f"Second, {share(shares[1])}",
            caption=caption(
                f"Principal components of {counted(dataset.n_samples, 'sample')} over {counted(dataset.n_genes, 'gene')}, "
                "the most variable ones.",
                synthetic=dataset.synthetic,
            ),
        )
        + book_theme(height=4.2)
    )

"""Figures of the ladder of removal, and of which genes and pairs of genes differ between two tissues."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
from plotnine import (
    aes,
    coord_cartesian,
    facet_grid,
    facet_wrap,
    geom_path,
    geom_point,
    geom_segment,
    geom_text,
    geom_vline,
    ggplot,
    guide_legend,
    guides,
    labs,
    scale_color_manual,
    scale_shape_manual,
    scale_x_continuous,
    scale_y_continuous,
)

from linear_signal.data.removal_ladder import RUNGS
from linear_signal.figures.axes import few_breaks
from linear_signal.figures.style import (
    GREY,
    INK,
    INTERVAL,
    Synthetic,
    book_theme,
    caption,
    columns_of_panels,
    legend_rows,
    model_scale,
    required,
    runs_phrase,
    titled,
)
from linear_signal.names import signal_title
from linear_signal.numbers import MINUS
from linear_signal.studies.heil2023.kinds import ALL_RUNGS
from linear_signal.studies.heil2023.kinds_genes import MOST_DRAWN

_COLOURS = ("#1b62a5", "#d9701a")  # of the first and the second tissue
_SHAPES = ("o", "^")
_LANES = 0.62  # of the height of a rung, shared by its models


def ladder_plot(ladder: pd.DataFrame, *, synthetic: Synthetic) -> ggplot:
    """Draw the ladder: rungs down, balanced accuracy across, a mark per model with its interval, a panel per task.

    Args:
        ladder: table of :func:`~linear_signal.studies.heil2023.kinds.ladder_table`.
        synthetic: whether the data were simulated, all or in part; the caption says so.

    Raises:
        InputError: an empty table or a missing column.
    """
    columns = ("task", "rung", "model", "n_runs", "n_seeds", "balanced_accuracy", "lower", "upper", "chance")
    table = required(ladder, columns, what="rungs")
    rungs = [rung for rung in ALL_RUNGS if rung in set(table["rung"])]
    colours, shapes = model_scale(table["model"])
    table["model"] = titled(table["model"])
    lanes = dict(zip(table["model"].cat.categories, np.linspace(_LANES / 2, -_LANES / 2, len(colours)), strict=True))
    table["place"] = table["rung"].map({rung: -number for number, rung in enumerate(rungs)}).astype(float)
    table["place"] += table["model"].map(lanes).astype(float)
    across = columns_of_panels(table["task"].nunique(), most=2)
    table["task"] = titled(table["task"], wrap=60 // across)
    table = table.sort_values("place", ascending=False)
    chance = table.groupby("task", observed=True)["chance"].mean().reset_index()
    rows, down = legend_rows(ladder["model"]), -(-len(chance) // across)
    told = table.assign(n_folds=table["n_runs"] // table["n_seeds"])
    bare = " (none where runs agree, or a class has too few samples)" if table["lower"].isna().any() else ""
    return (
        ggplot(table, aes("balanced_accuracy", "place", color="model", shape="model"))
        + geom_vline(aes(xintercept="chance"), chance, linetype="dashed", color=GREY, size=0.6)
        + geom_path(aes(group="model"), size=0.5, alpha=0.35, show_legend=False)
        + geom_segment(aes(x="lower", xend="upper", yend="place"), table.dropna(subset=["lower"]), size=0.8)
        + geom_point(size=2.2)
        + facet_wrap("task", ncol=across, scales="free_x")
        + scale_color_manual(values=colours)
        + scale_shape_manual(values=shapes)
        + scale_y_continuous(
            breaks=[-number for number in range(len(rungs))],
            labels=["\n".join(textwrap.wrap(_title(rung), 17)) for rung in rungs],
        )
        + scale_x_continuous(breaks=few_breaks)
        + coord_cartesian(ylim=(0.5 - len(rungs), 0.5))
        + guides(color=guide_legend(nrow=rows), shape=guide_legend(nrow=rows))
        + labs(
            x="Balanced accuracy",
            y="",
            caption=caption(
                f"Each mark is the mean of {runs_phrase(told)}, with its 95 % {INTERVAL}{bare}. Dashed: chance.",
                "Going down, one more thing is made equal between classes, in training and validation samples separately.",
                synthetic=synthetic,
            ),
        )
        + book_theme(height=1.3 + 0.24 * rows + down * (0.35 + 0.58 * len(rungs)))
    )


def _title(rung: str) -> str:
    return RUNGS[rung].title if rung in RUNGS else signal_title(rung)


def spread_plot(genes: pd.DataFrame, *, synthetic: Synthetic) -> ggplot:
    """Draw the spread of genes in either tissue.

    Args:
        genes: table of :func:`~linear_signal.studies.heil2023.kinds_genes.genes_by_spread`, of one task.
        synthetic: as for :func:`ladder_plot`.
    """
    table = required(genes, ("gene", "first", "second", "first_spread", "second_spread"), what="genes")
    return _in_either_tissue(
        table.assign(row=table["gene"]),
        "spread",
        x="Standard deviation of log2(1 + TPM) within the tissue",
        told="Picked by the ratio of both spreads in one half of the donors; shown are the spreads in the other half.",
        synthetic=synthetic,
    )


def correlation_plot(pairs: pd.DataFrame, *, synthetic: Synthetic) -> ggplot:
    """Draw the correlation of pairs of genes in either tissue.

    Args:
        pairs: table of :func:`~linear_signal.studies.heil2023.kinds_genes.pairs_by_correlation`, of one task.
        synthetic: as for :func:`ladder_plot`.
    """
    columns = ("first_gene", "second_gene", "first", "second", "first_correlation", "second_correlation")
    table = required(pairs, columns, what="pairs of genes")
    plot = _in_either_tissue(
        table.assign(row=table["first_gene"] + ", " + table["second_gene"]),
        "correlation",
        x="Correlation within the tissue, distributions of single genes equal",
        told="Picked by the difference in one half of the donors; shown are the correlations in the other half.",
        synthetic=synthetic,
    )
    return plot + coord_cartesian(xlim=(-1, 1))


def scatter_of_pairs(points: pd.DataFrame, *, synthetic: Synthetic) -> ggplot:
    """Draw pairs of genes in either tissue: pairs across, tissues down, a dot per sample.

    Args:
        points: table of :func:`~linear_signal.studies.heil2023.kinds_genes.points_of_pairs`.
        synthetic: as for :func:`ladder_plot`.
    """
    table = required(points, ("pair", "tissue", "correlation", "x", "y"), what="samples")
    across = table["pair"].nunique()
    table["pair"] = titled(table["pair"], wrap=66 // across)
    table["tissue"] = titled(table["tissue"], wrap=16)
    told = table.drop_duplicates(["pair", "tissue"]).assign(
        words=lambda rows: [f"r = {value:.2f}".replace("-", MINUS) for value in rows["correlation"]]
    )
    return (
        ggplot(table, aes("x", "y", color="tissue", shape="tissue"))
        + geom_point(size=1.3, alpha=0.55, stroke=0.2, show_legend=False)
        + geom_text(aes(x=-3.1, y=3.2, label="words"), told, ha="left", va="top", size=9, color=INK)
        + facet_grid("tissue", "pair")
        + scale_color_manual(values=_COLOURS)
        + scale_shape_manual(values=_SHAPES)
        + coord_cartesian(xlim=(-3.3, 3.3), ylim=(-3.3, 3.3))
        + labs(
            x="First gene, normal score of its rank within the tissue",
            y="Second gene, likewise",
            caption=caption(
                "A dot is a sample of the donors who had no part in picking the pairs; at most "
                f"{MOST_DRAWN} of a tissue are drawn. Every gene by itself is distributed alike in both tissues here; what "
                "differs is how two go together.",
                synthetic=synthetic,
            ),
        )
        + book_theme(height=4.4)
    )


def _in_either_tissue(table: pd.DataFrame, what: str, *, x: str, told: str, synthetic: Synthetic) -> ggplot:
    """Draw one number in either tissue, a row per gene or pair, joined by a line."""
    table["row"] = pd.Categorical(table["row"], categories=list(table["row"])[::-1], ordered=True)
    ends = [f"{side}_{what}" for side in ("first", "second")]
    tissues = [str(table[side].iloc[0]) for side in ("first", "second")]
    sides = pd.concat([table.assign(value=table[end], tissue=one) for end, one in zip(ends, tissues, strict=True)])
    return (
        ggplot(sides, aes("value", "row"))
        + geom_vline(xintercept=0, color=GREY, size=0.6)
        + geom_segment(aes(x=ends[0], xend=ends[1], yend="row"), table, color=GREY, size=0.8)
        + geom_point(aes(color="tissue", shape="tissue"), size=2.4)
        + scale_color_manual(values=dict(zip(tissues, _COLOURS, strict=True)))
        + scale_shape_manual(values=dict(zip(tissues, _SHAPES, strict=True)))
        + scale_x_continuous(breaks=few_breaks)
        + labs(x=x, y="", caption=caption(told, synthetic=synthetic))
        + book_theme(height=1.6 + 0.24 * len(table))
    )

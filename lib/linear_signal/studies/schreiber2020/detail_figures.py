"""The study's further figures: groups of loci, marks in two dimensions, two Gaussians, numbers of cell types."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from plotnine import (
    aes,
    coord_cartesian,
    facet_wrap,
    geom_boxplot,
    geom_hline,
    geom_line,
    geom_linerange,
    geom_point,
    ggplot,
    labs,
    scale_color_manual,
    scale_fill_manual,
    scale_x_continuous,
    scale_x_log10,
)

from linear_signal.figures.axes import decades, powers_of_ten
from linear_signal.figures.style import GREY, INK, Synthetic, book_theme, caption, required
from linear_signal.names import counted
from linear_signal.studies.schreiber2020.titles import INPUT_COLOURS, INPUT_TITLES

_COLOURS = {INPUT_TITLES[name]: INPUT_COLOURS[name] for name in ("signal", "sequence")}


def partition_plot(groups: pd.DataFrame, *, synthetic: Synthetic) -> ggplot:
    """Draw the average precision of all models within groups of loci that are active in equally many cell types.

    Args:
        groups: one row per group, model and seed: active_cell_types, input ("signal" or "sequence"), average_precision,
            prevalence, n_loci.
        synthetic: whether the data were simulated, all or in part.

    Source: Schreiber et al. 2020, Fig. S3a.
    """
    columns = ("active_cell_types", "input", "average_precision", "prevalence", "n_loci")
    groups = required(groups, columns, what="groups").dropna(subset=["average_precision"])
    groups["seen"] = groups["input"].map(INPUT_TITLES)
    groups["box"] = groups["active_cell_types"].astype(str) + groups["input"]
    chance = groups.groupby("active_cell_types")["prevalence"].mean().reset_index()
    return (
        ggplot(groups, aes("active_cell_types", "average_precision"))
        + geom_line(aes(y="prevalence"), chance, linetype="dashed", color=GREY, size=0.7)
        + geom_boxplot(aes(fill="seen", color="seen", group="box"), alpha=0.35, outlier_size=0.4, size=0.4)
        + scale_fill_manual(values=_COLOURS)
        + scale_color_manual(values=_COLOURS)
        + scale_x_continuous(breaks=_whole)
        + coord_cartesian(ylim=(0, 1.01))
        + labs(
            x="Training and validation cell types in which a locus is active",
            y="Average precision within the group",
            caption=caption(
                f"Boxes: all networks of an input. {counted(len(chance), 'group')}.",
                "Dashed: prevalence in the group, which is all that the average can get there.",
                synthetic=synthetic,
            ),
        )
        + book_theme(height=3.3)
    )


def groups_plot(compared: pd.DataFrame, *, synthetic: Synthetic) -> ggplot:
    """Draw within every group how far the median network over marks is ahead of the median one over the sequence.

    Args:
        compared: group, difference, lower, upper, minus_log10_p
            (:func:`~linear_signal.studies.schreiber2020.partition.compare_in_groups`).
        synthetic: whether the data were simulated, all or in part.

    Source: Schreiber et al. 2020, Fig. S3b, which has the p-values alone.
    """
    compared = required(compared, ("group", "difference", "lower", "upper", "minus_log10_p"), what="groups")
    ahead, low = int((compared["difference"] > 0).sum()), int((compared["minus_log10_p"] > -np.log10(0.05)).sum())
    return (
        ggplot(compared, aes("group", "difference"))
        + geom_hline(yintercept=0, linetype="dashed", color=GREY, size=0.6)
        + geom_linerange(aes(ymin="lower", ymax="upper"), color=GREY, size=0.7)
        + geom_point(color=INK, size=1.8)
        + scale_x_continuous(breaks=_whole)
        + labs(
            x="Training and validation cell types in which a locus is active",
            y="Signal minus sequence",
            caption=caption(
                f"Medians over networks, 95 % intervals over loci. Signal is ahead in {ahead} of {len(compared)} groups;",
                f"the one-sided Mann-Whitney test over networks has p below 0.05 in {low}.",
                synthetic=synthetic,
            ),
        )
        + book_theme(height=2.7)
    )


def marks_plot(components: pd.DataFrame, *, synthetic: Synthetic, shares: Sequence[float]) -> ggplot:
    """Draw the first two principal components of the marks in the target cell type, coloured by label.

    Args:
        components: first, second (float) and active (bool), one row a locus.
        synthetic: whether the data were simulated, all or in part.
        shares: of the variance that the two explain.

    Source: Schreiber et al. 2020, Fig. S1.
    """
    components = required(components, ("first", "second", "active"), what="components")
    components["label"] = np.where(components["active"], "active", "not active")
    colours = {"active": "#f08a24", "not active": "#1b62a5"}
    return (
        ggplot(components, aes("first", "second", color="label"))
        + geom_point(size=0.7, alpha=0.35)
        + scale_color_manual(values=colours)
        + labs(
            x=f"First component ({shares[0]:.0%} of the variance)",
            y=f"Second component ({shares[1]:.0%})",
            caption=caption(f"{len(components):,} loci in the target cell type.", synthetic=synthetic),
        )
        + book_theme(height=3.4)
    )


def gaussians_plot(fits: pd.DataFrame) -> ggplot:
    """Draw the average precision of networks of all sizes on two overlapping Gaussians, by the distance of their means.

    Args:
        fits: distance, n_parameters, seed, average_precision.

    Source: Schreiber et al. 2020, Fig. S2.
    """
    fits = required(fits, ("distance", "n_parameters", "seed", "average_precision"), what="fits")
    fits["panel"] = "distance " + fits["distance"].map("{:g}".format)
    means = fits.groupby(["panel", "n_parameters"])["average_precision"].mean().reset_index()
    return (
        ggplot(fits, aes("n_parameters", "average_precision"))
        + geom_point(size=1, alpha=0.4, color=INK)
        + geom_line(data=means, color=INK, size=0.9)
        + facet_wrap("panel", nrow=1)
        + scale_x_log10(breaks=decades, labels=powers_of_ten)
        + coord_cartesian(ylim=(0.4, 1.01))
        + labs(
            x="Parameters of the network",
            y="Average precision",
            caption=caption(
                f"Each point is a network, line: mean of {counted(fits['seed'].nunique(), 'run')}.", synthetic=True
            ),
        )
        + book_theme(height=2.7)
    )


def cell_types_plot(curve: pd.DataFrame, *, synthetic: Synthetic) -> ggplot:
    """Draw the average precision of the average label against the number of training cell types.

    Args:
        curve: n_cell_types, average_precision, lowest, highest (over draws of cell types), n_draws.
        synthetic: whether the data were simulated, all or in part.
    """
    curve = required(curve, ("n_cell_types", "average_precision", "lowest", "highest", "n_draws"), what="curve")
    return (
        ggplot(curve, aes("n_cell_types", "average_precision"))
        + geom_linerange(aes(ymin="lowest", ymax="highest"), color=GREY, size=0.8)
        + geom_line(color=INK, size=0.9)
        + geom_point(color=INK, size=2)
        + scale_x_log10(breaks=curve["n_cell_types"].tolist(), labels=[str(one) for one in curve["n_cell_types"]])
        + labs(
            x="Training cell types that are averaged",
            y="Average precision of the average",
            caption=caption(
                f"Mean and range of {counted(int(curve['n_draws'].max()), 'draw')} of cell types.", synthetic=synthetic
            ),
        )
        + book_theme(height=2.9)
    )


def _whole(limits: Sequence[float]) -> list[float]:
    low, high = int(np.ceil(limits[0])), int(np.floor(limits[1]))
    return list(range(low, high + 1, max(1, (high - low) // 12)))

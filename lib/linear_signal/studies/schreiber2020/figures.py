"""The study's main figures: average precision against size, who learns from what, and the ladder of baselines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from plotnine import (
    aes,
    coord_cartesian,
    element_blank,
    facet_grid,
    facet_wrap,
    geom_hline,
    geom_line,
    geom_point,
    geom_segment,
    geom_tile,
    geom_vline,
    ggplot,
    guide_legend,
    guides,
    labs,
    scale_color_manual,
    scale_fill_manual,
    scale_linetype_manual,
    scale_shape_manual,
    scale_x_continuous,
    scale_x_log10,
    theme,
)

from linear_signal.figures.axes import decades, few_breaks, powers_of_ten
from linear_signal.figures.style import GREY, INK, PALE, Synthetic, book_theme, caption, required
from linear_signal.names import counted
from linear_signal.studies.schreiber2020.baselines import BASELINES
from linear_signal.studies.schreiber2020.loci import LociTable
from linear_signal.studies.schreiber2020.schemes import Scheme
from linear_signal.studies.schreiber2020.titles import (
    INPUT_COLOURS,
    INPUT_SHAPES,
    INPUT_TITLES,
    SCHEME_TITLES,
)

_ROLES = {"train": "learns", "tune": "stops training", "judge": "judged"}
_ROLE_COLOURS = {"learns": "#1b62a5", "stops training": "#8fbbe0", "judged": "#f08a24", "not used": PALE}


def size_plot(
    fits: pd.DataFrame, *, synthetic: Synthetic, baselines: Sequence[str] = ("average_label",), rows: str | None = None
) -> ggplot:
    """Draw average precision against the number of parameters, a point a network, a panel a scheme.

    Args:
        fits: networks and baselines: scheme, input, model, seed, n_parameters (missing for baselines), average_precision,
            prevalence.
        synthetic: whether the data were simulated, all or in part.
        baselines: which of them are drawn as lines, from solid to dotted.
        rows: a column for rows of panels, such as ``task``.

    Raises:
        InputError: an empty table or a missing column.

    Source: Schreiber et al. 2020, Fig. 1d-i.
    """
    fits = required(
        fits, ("scheme", "input", "model", "seed", "n_parameters", "average_precision", "prevalence"), what="fits"
    )
    fits["panel"] = _ordered(fits["scheme"], SCHEME_TITLES)
    fits["seen"] = _ordered(fits["input"], INPUT_TITLES)
    networks = fits.dropna(subset=["n_parameters"])
    panels = ["panel", *([rows] if rows else [])]
    of_size = [*panels, "seen", "input", "n_parameters"]
    means = networks.groupby(of_size, observed=True)["average_precision"].mean().reset_index()
    lines = fits[fits["model"].isin(baselines)].groupby([*panels, "model"], observed=True)["average_precision"].mean()
    lines = lines.reset_index()
    names = [BASELINES[name].title for name in baselines]
    lines["model"] = pd.Categorical(lines["model"].map(lambda name: BASELINES[name].title), categories=names, ordered=True)
    chance = fits.groupby(panels, observed=True)["prevalence"].mean().reset_index()
    n_seeds = fits["seed"].nunique()
    lowest = min(fits["average_precision"].min(), chance["prevalence"].min())
    return (
        ggplot(networks, aes("n_parameters", "average_precision", color="seen", shape="seen"))
        + geom_hline(aes(yintercept="prevalence"), chance, linetype="dashed", color=GREY, size=0.6)
        + geom_hline(aes(yintercept="average_precision", linetype="model"), lines, color=INK, size=0.7)
        + geom_point(size=1.1, alpha=0.4, show_legend=False)
        + (geom_line(aes(group="seen"), means, size=0.9) if n_seeds > 1 or len(means) < 40 else [])
        + (geom_point(data=means, size=2.2) if n_seeds > 1 else geom_point(size=1.6))
        + (facet_grid(rows, "panel") if rows else facet_wrap("panel", nrow=1))
        + scale_x_log10(breaks=decades, labels=powers_of_ten)
        + scale_color_manual(values={INPUT_TITLES[name]: colour for name, colour in INPUT_COLOURS.items()})
        + scale_shape_manual(values={INPUT_TITLES[name]: shape for name, shape in INPUT_SHAPES.items()})
        + scale_linetype_manual(values=dict(zip(names, ("solid", "dashdot", "dotted"), strict=False)))
        + coord_cartesian(ylim=(max(0.0, np.floor(lowest * 10) / 10), 1.01))
        + guides(color=guide_legend(), shape=guide_legend(), linetype=guide_legend(override_aes={"color": INK}))
        + labs(
            x="Parameters of the network",
            y="Average precision",
            caption=caption(
                f"A point is a network, {'the mean of ' + counted(n_seeds, 'run') if n_seeds > 1 else 'trained once'}"
                f"{'; faint: single runs' if n_seeds > 1 else ''}.",
                "Black: baselines without a network. Dashed grey: prevalence, which is what guessing gets.",
                synthetic=synthetic,
            ),
        )
        + book_theme(height=3.3 + (1.8 * (fits[rows].nunique() - 1) if rows else 0))
        + theme(legend_box="horizontal")
    )


def scheme_plot(schemes: Sequence[Scheme], table: LociTable) -> ggplot:
    """Draw who learns from what, as it was in this run: chromosomes across, cell types down, a panel a scheme.

    Args:
        schemes: made over the table.
        table: the loci.

    Source: Schreiber et al. 2020, Fig. 1a-c; here from the rows themselves.
    """
    chromosomes = sorted(set(table.chromosomes.tolist()), key=lambda name: (len(name), name))
    tiles = [
        {"panel": scheme.name, "chromosome": chromosome, "cell_type": cell_type, "role": role}
        for scheme in schemes
        for (chromosome, cell_type), role in _roles(scheme, table).items()
    ]
    tiles = pd.DataFrame(tiles)
    targets = [table.cell_types[scheme.target] for scheme in schemes]
    order = [one for one in table.cell_types if one not in targets] + list(dict.fromkeys(targets))
    tiles["panel"] = _ordered(tiles["panel"], SCHEME_TITLES)
    tiles["chromosome"] = pd.Categorical(tiles["chromosome"], categories=chromosomes, ordered=True)
    tiles["cell_type"] = pd.Categorical(tiles["cell_type"], categories=order, ordered=True)
    tiles["role"] = pd.Categorical(tiles["role"], categories=list(_ROLE_COLOURS), ordered=True)
    few = len(table.cell_types) <= 20
    return (
        ggplot(tiles, aes("chromosome", "cell_type", fill="role"))
        + geom_tile(color="white", size=0.2)
        + facet_wrap("panel", nrow=1)
        + scale_fill_manual(values=_ROLE_COLOURS)
        + labs(
            x="Chromosomes",
            y="Cell types, the target on top",
            caption=caption(
                f"{table.n_loci:,} loci, {table.n_cell_types} cell types; target {', '.join(dict.fromkeys(targets))}.",
                "Across cell types, every locus that is judged has been learnt from in other cell types.",
                synthetic=table.synthetic,
            ),
        )
        + book_theme(height=3.2)
        + theme(
            axis_text_x=element_blank(),
            panel_grid_major=element_blank(),
            axis_line_x=element_blank(),
            **({} if few else {"axis_text_y": element_blank()}),
        )
    )


def ladder_plot(ladder: pd.DataFrame, *, synthetic: Synthetic) -> ggplot:
    """Draw the ladder of baselines, and networks beside it, with their intervals.

    Args:
        ladder: scheme, kind ("baseline", "network"), title, average_precision, lower, upper and prevalence, one row a rung
            and scheme, from the bottom up (:func:`~linear_signal.studies.schreiber2020.ladder.ladder`).
        synthetic: whether the data were simulated, all or in part.
    """
    rungs = required(ladder, ("scheme", "kind", "title", "average_precision", "lower", "upper", "prevalence"), what="rungs")
    rungs["panel"] = _ordered(rungs["scheme"], SCHEME_TITLES)
    # Prevalence is a rung of every scheme, others are not: baselines in the order of the ladder, networks above them.
    order = [rung.title for rung in BASELINES.values()]
    titles = list(dict.fromkeys(rungs["title"]))
    names = sorted(titles, key=lambda title: order.index(title) if title in order else len(order))
    rungs["title"] = pd.Categorical(rungs["title"], categories=names, ordered=True)
    chance = rungs.groupby("panel", observed=True)["prevalence"].mean().reset_index()
    return (
        ggplot(rungs, aes("average_precision", "title", color="kind", shape="kind"))
        + geom_vline(aes(xintercept="prevalence"), chance, linetype="dashed", color=GREY, size=0.6)
        + geom_segment(aes(x="lower", xend="upper", yend="title"), rungs.dropna(subset=["lower"]), size=0.8)
        + geom_point(size=2.2)
        + facet_wrap("panel", nrow=1)
        + scale_x_continuous(breaks=few_breaks)
        + scale_color_manual(values={"baseline": INK, "network": "#b5301c"})
        + scale_shape_manual(values={"baseline": "o", "network": "^"})
        + labs(
            x="Average precision",
            y="",
            caption=caption(
                "Bars: 95 % intervals over loci and runs. Dashed: prevalence. Networks: the large ones of every input.",
                synthetic=synthetic,
            ),
        )
        + book_theme(height=1.4 + 0.26 * len(names))
    )


def _roles(scheme: Scheme, table: LociTable) -> Mapping[tuple[str, str], str]:
    # In the order of the table: that of a set of texts is another one in every process.
    chromosomes = dict.fromkeys(table.chromosomes.tolist())
    roles = {(chromosome, cell): "not used" for chromosome in chromosomes for cell in table.cell_types}
    for name, title in _ROLES.items():
        rows = getattr(scheme, name)
        for chromosome in set(table.chromosomes[rows.loci].tolist()):
            for place in rows.cell_types:
                roles[chromosome, table.cell_types[place]] = title
    return roles


def _ordered(names: pd.Series, titles: Mapping[str, str]) -> pd.Categorical:
    return pd.Categorical(names.map(titles), categories=[title for name, title in titles.items() if name in set(names)])

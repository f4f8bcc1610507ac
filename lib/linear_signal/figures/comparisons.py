"""Comparisons drawn: full against removed signal, and paired differences beside a zero line."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from plotnine import (
    aes,
    coord_cartesian,
    facet_grid,
    facet_wrap,
    geom_point,
    geom_rect,
    geom_segment,
    geom_vline,
    ggplot,
    guide_legend,
    guides,
    labs,
    scale_color_manual,
    scale_fill_identity,
    scale_shape_manual,
    scale_x_continuous,
    scale_y_continuous,
)

from linear_signal.analysis.comparison import summarise
from linear_signal.analysis.metrics import BALANCED_ACCURACY, Metric
from linear_signal.analysis.rules import HOLDS, above
from linear_signal.analysis.verdict import turned
from linear_signal.errors import InputError, unknown
from linear_signal.figures.axes import few_breaks
from linear_signal.figures.style import (
    FITS_COLUMNS,
    GREY,
    INK,
    INTERVAL,
    LEVEL_BAND,
    Synthetic,
    book_theme,
    caption,
    checked_facets,
    columns_of_panels,
    model_scale,
    required,
    runs_phrase,
    titled,
    with_titles,
)
from linear_signal.models.titles import model_phrase
from linear_signal.names import counted, ordered_signals, pretraining_title, scaling_title, signal_title, split_title
from linear_signal.numbers import difference, share


def full_against_removed(
    fits: pd.DataFrame,
    *,
    synthetic: Synthetic,
    signals: Sequence[str] = ("full", "removed"),
    fraction: float | None = None,
    n_columns: int = 3,
    confidence: float = 0.95,
    metric: Metric = BALANCED_ACCURACY,
) -> ggplot:
    """Draw a metric per task before and after removal of the linear signal, one panel per model.

    Args:
        fits: the results table.
        synthetic: whether the data were simulated, all or in part; the caption says so.
        signals: those to set side by side; the first is drawn hollow, the others filled.
        fraction: share of the training samples; None takes the largest in the table.
        n_columns: panels beside each other.
        confidence: of the intervals.
        metric: what is drawn, one with a level of chance.

    Raises:
        InputError: an empty table, a missing column, an unknown signal.
    """
    columns = (*FITS_COLUMNS, metric.column, metric.chance)
    fits = required(fits, columns, what="fits")
    for name in signals:
        if name not in set(fits["signal"]):
            raise unknown("signal", name, ordered_signals(fits["signal"]))
    fits = fits[np.isclose(fits["fraction"], fits["fraction"].max() if fraction is None else fraction)]
    fits = required(fits[fits["signal"].isin(list(signals))], columns, what="fits at this fraction")
    checked_facets(fits, "task", "signal")
    means = summarise(fits, by=["task", "signal", "model"], metric=metric, confidence=confidence)
    tasks = list(dict.fromkeys(means["task"]))[::-1]
    lanes = dict(zip(signals, np.linspace(0.13, -0.13, len(signals)), strict=True))
    means["place"] = means["task"].map({task: place for place, task in enumerate(tasks)}) + means["signal"].map(lanes)
    chance, level = means[metric.chance], means[metric.chance].map(metric.margin)
    means["low"], means["high"] = chance - level, chance + level
    means["naive_place"] = means["task"].map({task: place for place, task in enumerate(tasks)})
    runs = fits.dropna(subset=[metric.column])[["task", "signal", "model", metric.column]]
    runs = runs.assign(place=runs["task"].map({task: place for place, task in enumerate(tasks)}) + runs["signal"].map(lanes))
    titles = [signal_title(name) for name in signals]
    across = columns_of_panels(means["model"].nunique(), most=n_columns)
    # What the task names leave of the width is shared by the panels' titles.
    wrap = {"signal": 0, "model": max(12, (86 - max(map(len, tasks))) // across)}
    means, runs = (with_titles(table, fits, wrap) for table in (means, runs))
    lines = 1 + max(title.count("\n") for title in means["model"].cat.categories)
    colours = dict(zip(means["model"].cat.categories, model_scale(fits["model"])[0].values(), strict=True))
    means["inside"] = means["model"].astype(str).map(colours).where(means["signal"] != titles[0], "white")
    marks = ("o", "o", "D", "s")[: len(titles)]
    down = -(-means["model"].nunique() // across)
    return (
        ggplot(means, aes("mean", "place", color="model"))
        + geom_rect(
            aes(xmin="low", xmax="high", ymin="naive_place - 0.5", ymax="naive_place + 0.5"),
            means.drop_duplicates(["model", "task"]),
            inherit_aes=False,
            **LEVEL_BAND,
        )
        + geom_segment(
            aes(x=metric.chance, xend=metric.chance, y="naive_place - 0.5", yend="naive_place + 0.5"),
            linetype="dashed",
            color=GREY,
            size=0.6,
        )
        + geom_point(aes(x=metric.column), runs, shape="|", size=1.6, alpha=0.45, show_legend=False)
        + geom_segment(aes(x="lower", xend="upper", yend="place"), means.dropna(subset=["lower"]), size=0.8)
        + geom_point(aes(shape="signal", fill="inside"), size=2.4, stroke=0.7)
        + facet_wrap("model", ncol=across)
        + scale_color_manual(values=colours, guide=None)
        + scale_fill_identity(guide=None)
        + scale_shape_manual(values=dict(zip(titles, marks, strict=True)), limits=titles)
        + guides(shape=guide_legend(override_aes={"fill": ["white"] + [INK] * (len(titles) - 1), "color": INK}))
        + scale_y_continuous(breaks=range(len(tasks)), labels=tasks)
        + scale_x_continuous(breaks=(0.5, 0.75, 1) if chance.min() > 0.4 else (0, 0.25, 0.5, 0.75, 1))
        + coord_cartesian(ylim=(-0.5, len(tasks) - 0.5))
        + labs(
            x=metric.title,
            y="",
            caption=caption(
                f"Each mark is the mean of {runs_phrase(means)}, with its {share(confidence)} {INTERVAL}.",
                "Ticks: single runs. Dashed: chance, with what counts as level in grey.",
                synthetic=synthetic,
            ),
        )
        + book_theme(height=1.6 + down * (0.2 + 0.18 * lines + 0.24 * len(tasks)))
    )


def difference_plot(comparisons: pd.DataFrame, *, synthetic: Synthetic) -> ggplot:
    """Draw paired differences with their intervals beside a zero line.

    Args:
        comparisons: table of ``compare_models``, ``compare_signals``, ``compare_pretraining``, ``compare_scalings``,
            ``compare_splits`` or ``against_naive`` (several may be concatenated when they are of one kind).
        synthetic: whether the data were simulated, all or in part; the caption says so.

    Raises:
        InputError: an empty table, a missing column, comparisons of several kinds, or none with a pair.
    """
    columns = ["comparison", "first", "second", "n_pairs", "n_seeds", "difference", "lower", "upper", "confidence"]
    columns += ["metric", "margin"]
    table = required(comparisons, columns, what="comparisons")
    if table["comparison"].nunique() > 1:
        raise InputError(f"Draw one kind of comparison at a time; got {', '.join(table['comparison'].unique())}.")
    table = required(table[table["n_pairs"] > 0], columns, what="comparisons with a common run")
    kind = table["comparison"].iloc[0]
    titles = {"models": model_phrase, "signals": signal_title, "pretraining": pretraining_title, "splits": split_title}
    titles |= {"scalings": scaling_title}
    title = titles.get(kind, str)
    contrasts = [f"{_inside(title(row.first))} minus {_inside(title(row.second))}" for row in table.itertuples()]
    table["contrast"] = contrasts
    rows = "task" if kind == "models" and "task" in table else "model"
    facets = [
        column
        for column in ("task", "model", "signal", "pretraining", "split", "contrast")
        if column in table and column != rows and table[column].nunique() > 1
    ]
    if facets and table[rows].nunique() == 1:
        rows = facets.pop()
    table["told"] = ["yes" if _is_told(row) else "no" for row in table.to_dict("records")]
    table[rows] = titled(table[rows], wrap=30)
    table[rows] = table[rows].cat.reorder_categories(list(table[rows].cat.categories)[::-1])
    panels = table[facets].drop_duplicates() if facets else table.head(1)
    gridded = len(facets) == 2
    across = table[facets[1]].nunique() if gridded else columns_of_panels(len(panels))
    for column in facets:
        table[column] = titled(table[column], wrap=18 if gridded and column == facets[0] else 60 // across)
    single = int((table["n_pairs"] == 1).sum())
    noun = "run" if kind == "naive" else "pair"
    least, most = int(table["n_pairs"].min()), int(table["n_pairs"].max())
    runs = counted(most, noun) if least == most else f"{least:,} to {counted(most, noun)}"
    of_folds = "" if kind == "naive" else " of runs on the same fold"
    if kind == "splits":
        runs, of_folds = (
            counted(int(table["n_first"].max() + table["n_second"].max()), "run"),
            ", half of them on either side",
        )
    seeds = counted(int(table["n_seeds"].max()), "seed")
    contrast = contrasts[0] if len(set(contrasts)) == 1 else "first minus second"
    metric = table["metric"].iloc[0]
    axis = f"Difference in {metric.lower()}\n({contrast})"
    level = table["margin"].min()
    several = int(table["adjusted_for"].max())
    plot = (
        ggplot(table, aes("difference", rows, color="told"))
        + geom_rect(xmin=-level, xmax=level, ymin=-np.inf, ymax=np.inf, data=table.head(1), inherit_aes=False, **LEVEL_BAND)
        + geom_vline(xintercept=0, color=GREY, size=0.6)
        + geom_segment(aes(x="lower", xend="upper", yend=rows), table.dropna(subset=["lower"]), size=1.1)
        + geom_point(size=2.6)
        + scale_color_manual(values={"yes": INK, "no": "#a8a8a8"}, guide=None)
        + scale_x_continuous(breaks=few_breaks)
        + labs(
            x=f"{metric} above chance" if kind == "naive" else axis,
            y="",
            caption=caption(
                f"Mean over {runs}{of_folds} ({seeds}), with its {share(table['confidence'].iloc[0])} {INTERVAL}.",
                f"Grey band: level, within {difference(level, signed=False)}; grey marks: level or inconclusive.",
                f"Intervals hold at once, for all {several} comparisons." if several > 1 else "",
                f"{counted(single, 'row')} without an interval rests on a single run." if single else "",
                synthetic=synthetic,
            ),
        )
        + book_theme(height=1.6 + -(-len(panels) // across) * (0.45 + 0.26 * table[rows].nunique()))
    )
    if gridded:
        return plot + facet_grid(*facets)
    return plot + facet_wrap(facets, ncol=across) if facets else plot


def _is_told(row: dict[str, object]) -> bool:
    """Whether the rule book calls one side ahead."""
    return HOLDS in (above(row).verdict, above(turned(row)).verdict)


def _inside(title: str) -> str:
    # Titles inside a line: no article, and a small first letter unless the word is a name such as an import path's.
    title = title.removeprefix("the ")
    return title if any(letter.isupper() for letter in title[1:]) else title[0].lower() + title[1:]

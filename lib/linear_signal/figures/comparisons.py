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
    told,
    with_titles,
)
from linear_signal.models.catalogue import CATALOGUE, FAMILIES
from linear_signal.models.titles import model_family, model_phrase, ordered_models
from linear_signal.names import counted, ordered_signals, pretraining_title, scaling_title, signal_title, split_title
from linear_signal.numbers import accuracy, difference, share


def full_against_removed(
    fits: pd.DataFrame,
    *,
    synthetic: Synthetic,
    signals: Sequence[str] = ("full", "removed"),
    fraction: float | None = None,
    confidence: float = 0.95,
    metric: Metric = BALANCED_ACCURACY,
) -> ggplot:
    """Draw a metric of every model per task before and after removal of the linear signal: a panel a signal, a row a task.

    Many tasks of one level of chance are in the order of what networks reach in the last panel, others in that of the table.

    Args:
        fits: the results table.
        synthetic: whether the data were simulated, all or in part; the caption says so.
        signals: those to set side by side.
        fraction: share of the training samples; None takes the largest in the table.
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
    numbers = summarise(fits, by=["task", "signal", "model"], metric=metric, confidence=confidence)
    tasks = list(dict.fromkeys(numbers["task"]))
    if numbers[metric.chance].nunique() == 1 and len(tasks) > 3:  # tasks that are named for their order are few
        tasks = _by_networks(numbers, signals[-1])
    tasks = tasks[::-1]
    models = ordered_models(fits["model"])
    lanes = dict(zip(models, np.linspace(0.34, -0.34, len(models)) if len(models) > 1 else [0.0], strict=True))
    rows = {task: place for place, task in enumerate(tasks)}
    runs = fits.dropna(subset=[metric.column])[["task", "signal", "model", metric.column]]
    means = numbers.copy()
    for table in (means, runs):
        table["row"] = table["task"].map(rows)
        table["place"] = table["row"] + table["model"].map(lanes)
    level = means[metric.chance].map(metric.margin)
    means["low"], means["high"] = means[metric.chance] - level, means[metric.chance] + level
    # What the names of tasks leave of the width is shared by the panels' titles.
    wrap = {"signal": max(12, (84 - max(map(len, tasks))) // len(signals))}
    means, runs = (with_titles(table, fits, wrap) for table in (means, runs))
    colours, shapes = model_scale(fits["model"])
    legend = {"nrow": -(-len(models) // 3)}
    plot = (
        ggplot(means, aes("mean", "place", color="model", shape="model"))
        + geom_rect(
            aes(xmin="low", xmax="high", ymin="row - 0.45", ymax="row + 0.45"),
            means.drop_duplicates(["signal", "task"]),
            inherit_aes=False,
            **LEVEL_BAND,
        )
        + geom_segment(
            aes(x=metric.chance, xend=metric.chance, y="row - 0.45", yend="row + 0.45"),
            means.drop_duplicates(["signal", "task"]),
            inherit_aes=False,
            linetype="dashed",
            color=GREY,
            size=0.6,
        )
        + geom_segment(
            aes(x="lower", xend="upper", yend="place"),
            means.dropna(subset=["lower"]),
            size=0.6,
            alpha=0.7,
            show_legend=False,
        )
        + geom_point(aes(x=metric.column), runs, shape="|", size=1.4, alpha=0.5, show_legend=False)
        + geom_point(size=1.9, stroke=0.2)
        + facet_wrap("signal", ncol=len(signals))
        + scale_color_manual(values=colours)
        + scale_shape_manual(values=shapes)
        + guides(color=guide_legend(**legend), shape=guide_legend(**legend))
        + scale_y_continuous(breaks=range(len(tasks)), labels=tasks)
        + scale_x_continuous(breaks=(0.5, 0.75, 1) if numbers[metric.chance].min() > 0.4 else (0, 0.25, 0.5, 0.75, 1))
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
        + book_theme(height=1.75 + len(tasks) * (0.16 + 0.055 * len(models)))
    )
    return told(plot, numbers=numbers, says=by_family(numbers, signals))


def by_family(numbers: pd.DataFrame, signals: Sequence[str]) -> str:
    """Say the range of what every family reaches, by signal; ``numbers`` has a mean per task, signal and model."""
    said = []
    for signal in signals:
        means = numbers[numbers["signal"] == signal]
        family = means["model"].map(model_family)
        reached = [
            f"{FAMILIES[one]} {accuracy(part.min())} to {accuracy(part.max())}"
            for one in FAMILIES
            if len(part := means.loc[family == one, "mean"])
        ]
        said.append(f"{signal_title(signal)}: {', '.join(reached)}.")
    return " ".join(said)


def _by_networks(numbers: pd.DataFrame, signal: str) -> list[str]:
    """Sort tasks by what networks reach, best first; without networks they keep the order of the table."""
    networks = numbers["model"].map(model_family) == "network"
    reached = numbers[networks & (numbers["signal"] == signal)].groupby("task")["mean"].mean()
    return sorted(dict.fromkeys(numbers["task"]), key=lambda task: -reached.get(task, 0.0))


def difference_plot(comparisons: pd.DataFrame, *, synthetic: Synthetic, panels: str | None = None) -> ggplot:
    """Draw paired differences with their intervals beside a zero line.

    Args:
        comparisons: table of ``compare_models``, ``compare_signals``, ``compare_pretraining``, ``compare_scalings``,
            ``compare_splits`` or ``against_naive`` (several may be concatenated when they are of one kind).
        synthetic: whether the data were simulated, all or in part; the caption says so.
        panels: column whose values are titles of panels and name what was subtracted, with ``model`` for their rows; None
            makes panels of whatever differs.

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
    rows = "task" if kind == "models" and "task" in table and not panels else "model"
    facets = [
        column
        for column in ([panels] if panels else ("task", "model", "signal", "pretraining", "split", "contrast"))
        if column in table and column != rows and (panels or table[column].nunique() > 1)
    ]
    if facets and not panels and table[rows].nunique() == 1:
        rows = facets.pop()
    table["told"] = [_ahead(row, kind) for row in table.to_dict("records")]
    table[rows] = titled(table[rows], wrap=30)
    table[rows] = table[rows].cat.reorder_categories(list(table[rows].cat.categories)[::-1])
    n_panels = len(table[facets].drop_duplicates()) if facets else 1
    gridded = len(facets) == 2
    across = table[facets[1]].nunique() if gridded else columns_of_panels(n_panels)
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
    several = "minus the model named above" if panels else "first minus second"
    contrast = contrasts[0] if len(set(contrasts)) == 1 else several
    metric = table["metric"].iloc[0]
    axis = f"Difference in {metric.lower()}\n({contrast})"
    level = table["margin"].min()
    at_once = int(table["adjusted_for"].max())
    once = pd.DataFrame({"level": [level]})  # of no panel, so that it is drawn in each
    plot = (
        ggplot(table, aes("difference", rows, color="told"))
        + geom_rect(xmin=-level, xmax=level, ymin=-np.inf, ymax=np.inf, data=once, inherit_aes=False, **LEVEL_BAND)
        + geom_vline(xintercept=0, color=GREY, size=0.6)
        + geom_segment(aes(x="lower", xend="upper", yend=rows), table.dropna(subset=["lower"]), size=1.1)
        + geom_point(size=2.6)
        + scale_color_manual(values=_COLOURS, guide=None)
        + scale_x_continuous(breaks=few_breaks)
        + labs(
            x=f"{metric} above chance" if kind == "naive" else axis,
            y="",
            caption=caption(
                f"Mean over {runs}{of_folds} ({seeds}), with its {share(table['confidence'].iloc[0])} {INTERVAL}.",
                f"Grey band: level, within {difference(level, signed=False)}; grey marks: level or inconclusive; "
                f"others have the colour of the {'family that is ahead' if kind == 'models' else 'family of the model'}.",
                f"Intervals hold at once, for all {at_once} comparisons." if at_once > 1 else "",
                f"{counted(single, 'row')} without an interval rests on a single run." if single else "",
                synthetic=synthetic,
            ),
        )
        + book_theme(height=1.6 + -(-n_panels // across) * (0.45 + 0.26 * table[rows].nunique()))
    )
    if gridded:
        return plot + facet_grid(*facets)
    return plot + facet_wrap(facets, ncol=across) if facets else plot


# Two hues, as everywhere: linear models and networks.
_COLOURS = {
    "linear": CATALOGUE["logistic_regression"].colour,
    "network": CATALOGUE["three_layer"].colour,
    "trees": CATALOGUE["boosted_trees"].colour,
    "probe": CATALOGUE["squared_logistic"].colour,
    "other": INK,
    "neither": "#8a8a8a",
}


def _ahead(row: dict[str, object], kind: str) -> str:
    """Name the family that a row is about, of two models that of the one ahead; "neither" where the rule book sees none."""
    first, second = (above(one).verdict == HOLDS for one in (row, turned(row)))
    if not (first or second):
        return "neither"
    model = (row["first"] if first else row["second"]) if kind == "models" else row.get("model", row["first"])
    return model_family(str(model))


def _inside(title: str) -> str:
    # Titles inside a line: no article, and a small first letter unless the word is a name such as an import path's.
    title = title.removeprefix("the ")
    return title if any(letter.isupper() for letter in title[1:]) else title[0].lower() + title[1:]

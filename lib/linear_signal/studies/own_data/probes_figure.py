"""The first figure of the page on your data: what each probe reached, and where it lies with labels permuted."""

from __future__ import annotations

import pandas as pd
from plotnine import (
    aes,
    geom_point,
    geom_rect,
    geom_segment,
    ggplot,
    labs,
    scale_y_continuous,
)

from linear_signal.figures.style import GREY, INK, LEVEL_BAND, Synthetic, book_theme, caption, required, told
from linear_signal.numbers import accuracy

_COLUMNS = ("probe", "area", "null_mean", "null_deviation", "permutations")


def probes_plot(probes: pd.DataFrame, *, synthetic: Synthetic) -> ggplot:
    """Draw the area under the curve of every probe once class means are equal, before the areas of permuted labels.

    Args:
        probes: a row a probe: probe, area, null_mean, null_deviation, permutations
            (:class:`~linear_signal.studies.own_data.signal_test.SignalTest`).
        synthetic: whether the data were simulated.

    Raises:
        InputError: an empty table or a missing column.
    """
    table = required(probes, _COLUMNS, what="probes")
    titles = [probe.replace("_", " ").capitalize() for probe in table["probe"]]
    table = table.assign(title=titles, row=range(len(table) - 1, -1, -1))
    for name, sign in (("low", -2), ("high", 2)):
        table[name] = table["null_mean"] + sign * table["null_deviation"]
    counts = " or ".join(f"{count:,}" for count in sorted(set(table["permutations"]), reverse=True))
    plot = (
        ggplot(table, aes("area", "row"))
        + geom_rect(aes(xmin="low", xmax="high", ymin="row - 0.3", ymax="row + 0.3"), **LEVEL_BAND)
        + geom_segment(aes(x="null_mean", xend="null_mean", y="row - 0.3", yend="row + 0.3"), color=GREY, linetype="dashed")
        + geom_point(color=INK, size=2.4)
        + scale_y_continuous(breaks=list(table["row"]), labels=titles)
        + labs(
            x="Area under the ROC curve, class means equal",
            y="",
            caption=caption(
                "Each mark is what a probe, a small model fixed beforehand, reached over all folds.",
                f"Grey: mean (dashed) and two standard deviations to either side over {counts} permutations of the labels.",
                "One may lie beyond it by chance: the p-value is of all together.",
                synthetic=synthetic,
            ),
        )
        + book_theme(height=1.6 + 0.32 * len(table))
    )
    beyond = table.loc[table["area"] > table["high"], ["title", "area"]]
    reached = ", ".join(f"{row.title} {accuracy(row.area)}" for row in beyond.itertuples())
    return told(plot, numbers=table, says=f"Beyond two deviations by itself: {reached}." if reached else "None lies beyond.")

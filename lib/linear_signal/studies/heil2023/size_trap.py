"""Class size written into residuals: on data without any signal, distances alone tell the rare class after removal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from plotnine import (
    aes,
    geom_hline,
    geom_line,
    geom_point,
    geom_segment,
    ggplot,
    labs,
    scale_color_manual,
    scale_shape_manual,
    scale_x_log10,
)

from linear_signal.data.removal_ladder import WITHOUT_TRACES, make_equal
from linear_signal.errors import InputError
from linear_signal.figures.style import GREY, book_theme, caption, required
from linear_signal.names import counted, signal_title
from linear_signal.numbers import accuracy, interval
from linear_signal.seeds import generator

HOW = ("removed", WITHOUT_TRACES)
_COLOURS = {"removed": "#b5301c", WITHOUT_TRACES: "#1b62a5"}
_TRAINING = 0.8  # share of the samples of either class that the probe learns from


def distance_probe(*, n_samples: int, n_rare: int, n_genes: Sequence[int], n_sets: int, seed: int = 0) -> pd.DataFrame:
    """Tell a rare class from a common one by distances alone, on data in which nothing differs.

    All genes follow N(0, 1). Class means are removed in four fifths of the samples and in the rest, each by itself. The
    probe has one number per sample, the mean square of its residuals; it learns from the first part on which side the rare
    class lies, and where half-way is. A class of n samples keeps the share 1 - 1 / n of its variance, so the rare one lies
    closer to zero, in both parts.

    Args:
        n_samples: of each data set.
        n_rare: samples of the rare class.
        n_genes: numbers of genes to try.
        n_sets: data sets of every number of genes.
        seed: the same seed gives the same data.

    Returns:
        One row per data set and way of removal: how (one of ``HOW``), n_genes, set, balanced_accuracy.

    Raises:
        InputError: fewer than 10 samples in a class, no data set, or no number of genes.
    """
    if min(n_rare, n_samples - n_rare) < 10 or n_sets < 2 or not n_genes or min(n_genes) < 1:
        raise InputError(
            f"{n_samples} samples, {n_rare} of them rare, {n_sets} data sets and genes {list(n_genes)}; at least 10 samples "
            "of either class, two data sets and one number of genes are needed."
        )
    classes = (np.arange(n_samples) < n_rare).astype(int)
    rows = []
    for genes in n_genes:
        for number in range(n_sets):
            names = ("size trap", n_samples, n_rare, genes, number, seed)
            values = generator(*names).standard_normal((n_samples, genes), dtype=np.float32)
            for how in HOW:
                sides = [_distances(values[part], classes[part], how, names) for part in _parts(classes)]
                rows.append({"how": how, "n_genes": genes, "set": number, "balanced_accuracy": _told(*sides)})
    return pd.DataFrame(rows)


def size_answers(told: pd.DataFrame) -> dict[str, str]:
    """Say what the probe reaches at most genes: ``sizes_removed``, ``sizes_cured`` and ``sizes_genes``."""
    most = means_of(told[told["n_genes"] == told["n_genes"].max()]).set_index("how")
    said = {
        name: f"{accuracy(most.loc[how, 'mean'])} ({interval(most.loc[how, 'lower'], most.loc[how, 'upper'])})"
        for name, how in zip(("sizes_removed", "sizes_cured"), HOW, strict=True)
    }
    return said | {"sizes_genes": f"{told['n_genes'].max():,}", "sizes_sets": counted(told["set"].nunique(), "data set")}


def means_of(told: pd.DataFrame) -> pd.DataFrame:
    """Average over data sets, which are independent: how, n_genes, mean, lower and upper (95 %)."""
    grouped = told.groupby(["how", "n_genes"])["balanced_accuracy"]
    table = grouped.agg(["mean", "sem"]).reset_index()
    ends = {"lower": table["mean"] - 1.96 * table["sem"], "upper": table["mean"] + 1.96 * table["sem"]}
    return table.assign(**{name: end.clip(0, 1) for name, end in ends.items()})


def size_plot(told: pd.DataFrame) -> ggplot:
    """Draw what the probe reaches against the number of genes, without and with the cure.

    Args:
        told: table of :func:`distance_probe`.
    """
    table = means_of(required(told, ("how", "n_genes", "set", "balanced_accuracy"), what="data sets"))
    titles = {how: signal_title(how) for how in HOW}
    table["how"] = pd.Categorical(table["how"].map(titles), categories=list(titles.values()), ordered=True)
    return (
        ggplot(table, aes("n_genes", "mean", color="how", shape="how"))
        + geom_hline(yintercept=0.5, linetype="dashed", color=GREY, size=0.6)
        + geom_line(size=0.9)
        + geom_segment(aes(xend="n_genes", y="lower", yend="upper"), size=0.8)
        + geom_point(size=2.2)
        + scale_color_manual(values={titles[how]: colour for how, colour in _COLOURS.items()})
        + scale_shape_manual(values={titles[how]: shape for how, shape in zip(HOW, "oD", strict=True)})
        + scale_x_log10(breaks=sorted(set(table["n_genes"])), labels=[f"{n:,}" for n in sorted(set(table["n_genes"]))])
        + labs(
            x="Genes",
            y="Balanced accuracy of distances alone",
            caption=caption(
                f"Mean over {counted(told['set'].nunique(), 'data set')} without any signal, with its 95 % interval.",
                "Dashed: chance.",
                synthetic=True,
            ),
        )
        + book_theme(height=3.2)
    )


def _parts(classes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Take four fifths of the samples of either class to learn from, and the rest to be judged on."""
    place = np.concatenate([np.arange(n) / n for n in np.bincount(classes)[::-1]])
    return np.flatnonzero(place < _TRAINING), np.flatnonzero(place >= _TRAINING)


def _distances(values: np.ndarray, classes: np.ndarray, how: str, names: Sequence[str | int]) -> list[np.ndarray]:
    """Mean square of the residuals of every sample, by class."""
    equal = make_equal(values, classes, rung=how, names=(*names, len(values)))
    distances = np.square(equal - equal.mean(axis=0)).mean(axis=1)
    return [distances[classes == one] for one in (0, 1)]


def _told(learnt: list[np.ndarray], judged: list[np.ndarray]) -> float:
    """Balanced accuracy of the side of half-way on which a sample lies."""
    common, rare = (of_class.mean() for of_class in learnt)
    side = np.sign(rare - common) or 1.0
    half_way = (common + rare) / 2
    return float(np.mean([(side * (judged[1] - half_way) > 0).mean(), (side * (judged[0] - half_way) <= 0).mean()]))

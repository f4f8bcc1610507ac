"""What chapters 85 and 86 show as tables: both verdicts, ranks, ranges of metrics, facts of interactions, metrics."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from linear_signal.data.source import Source
from linear_signal.errors import InputError
from linear_signal.names import counted
from linear_signal.numbers import accuracy, chance, interval, share
from linear_signal.studies.ahlmann2025.additive import additive_slope
from linear_signal.studies.ahlmann2025.calibration import calibrated, dynamic_range, rank_table
from linear_signal.studies.ahlmann2025.interactions import CLASSES, composition, observed_classes
from linear_signal.studies.ahlmann2025.judged import pooled
from linear_signal.studies.ahlmann2025.metrics import BY_COLUMN, METRICS, metrics_table
from linear_signal.studies.ahlmann2025.prediction_unit import JUDGED_BY
from linear_signal.studies.ahlmann2025.problem import Problem
from linear_signal.studies.ahlmann2025.titles import REPEAT, family_of, method_title

_ENDS = (0.025, 0.975)
_TOLD = {"Without a value": "empty", "Floor": "floor", "Ceiling": "ceiling"}
_PLAIN = {
    r"\lVert ": "‖",
    r" \rVert": "‖",
    r"\hat m": "m̂",
    r"\cos": "cos",
    r"\frac{1}{n-1}": "1/(n−1)",
    r"\frac{1}{20}": "1/20",
    r"\sum_{k \neq j}": "Σ over k≠j of",
    r"\sum_{g}": "Σ over g of",
    r"\,": "",
    "_2": "₂",
    "_j": "ⱼ",
    "_k": "ₖ",
    "_g": "(g)",
    " - ": " − ",
}


def scores_of(conditions: pd.DataFrame) -> pd.DataFrame:
    """Keep what :mod:`linear_signal.studies.ahlmann2025.calibration` reads: method, condition and the metrics.

    Args:
        conditions: of one data set; runs of it are told apart in the names of conditions.
    """
    named = conditions["condition"] + ", run " + conditions["seed"].astype(str)
    return conditions.assign(condition=named)[["method", "condition", *BY_COLUMN]]


def verdicts(conditions: pd.DataFrame) -> pd.DataFrame:
    """Set every method and metric in relation to the mean and to the experiment done twice, for every data set.

    Args:
        conditions: of all data sets; those without a repeat have no row.

    Returns:
        dataset, method, title, family, metric, value, floor, ceiling, calibrated.
    """
    parts = []
    for dataset, part in conditions.groupby("dataset", sort=False):
        if {"mean", REPEAT} <= set(part["method"]):
            parts.append(calibrated(scores_of(part)).assign(dataset=dataset))
    if not parts:
        return pd.DataFrame(columns=["dataset", "method", "metric", "value", "floor", "ceiling", "calibrated"])
    table = pd.concat(parts, ignore_index=True)
    names = {"title": table["method"].map(method_title), "family": table["method"].map(family_of)}
    return table.assign(**names, metric_title=table["metric"].map({one.column: one.title for one in METRICS}))


def rank_flips(conditions: pd.DataFrame) -> pd.DataFrame:
    """Rank the same predictions under every metric, for a page; ceilings stand outside of the ranking."""
    ranked = [name for name in conditions["method"].unique() if family_of(name) != "ceiling"]
    ranks = rank_table(scores_of(conditions), methods=ranked).sort_values("l2")
    ranks = ranks.rename(columns={metric.column: metric.title for metric in METRICS})
    return ranks.map(lambda rank: f"{rank:g}").rename(index=method_title).rename_axis("Method").reset_index()


def ranges(conditions: pd.DataFrame) -> pd.DataFrame:
    """Say of every metric, for a page, how far the mean and the experiment done twice lie apart.

    Args:
        conditions: of one data set with a repeat.
    """
    table = dynamic_range(scores_of(conditions)).set_index("metric")
    return pd.DataFrame(
        {
            "Metric": [BY_COLUMN[name].title for name in table.index],
            "Dynamic range fraction": table["fraction"].map(accuracy).to_numpy(),
            "Done twice is better than the mean": table["beats"].map(share).to_numpy(),
        }
    )


def interaction_facts(problems: Sequence[Problem]) -> pd.DataFrame:
    """Null, thresholds, classes and fitted slope of every data set of doubles, one row a run, for a page."""
    rows = []
    for one in problems:
        null, data = one.null, one.data.restricted(one.genes)
        counts = composition(observed_classes(data, data.doubles, null))
        fixed = composition(observed_classes(data, data.doubles, null, corrected=True))
        total = counts.sum()
        rows.append(
            {
                "Data": one.dataset.partition(",")[0],
                "Run": str(one.seed),
                "Null": f"N({chance(null.centre)}, {chance(null.sigma)})",
                "Thresholds": f"{chance(null.lower)} and {chance(null.upper)}",
                **{name.capitalize(): share(counts[name] / total) for name in CLASSES if name != "opposite"},
                "Opposite, corrected rule": share(fixed["opposite"] / total),
                "Slope of the sum": accuracy(additive_slope(one.data, one.split.train)),
            }
        )
    return pd.DataFrame(rows)


def null_curves(problem: Problem) -> pd.DataFrame:
    """Densities of the departures and of their null, for a figure: value, curve, density."""
    null = problem.null
    inside = np.abs(null.grid - null.centre) < 8 * null.sigma
    parts = {"All departures": null.density, "Null": null.null_density}
    return pd.concat(
        [pd.DataFrame({"value": null.grid[inside], "curve": name, "density": its[inside]}) for name, its in parts.items()]
    )


def metrics_documentation() -> str:
    """Write the table of metrics out for a page, as a list in HTML: quantity, limits, conventions, floor, ceiling."""
    entries = []
    for one in metrics_table().to_dict("records"):
        limits = f"{one['lowest']:g} to {one['highest']:g}".replace("inf", "∞").replace("-", "−")
        told = [
            f"{one['quantity']}: <code>{html.escape(plain_formula(one['formula']))}</code>.",
            f"{one['better'].capitalize()} is better; {limits}.",
            *(f"<em>{name}</em>: {html.escape(one[key])}." for name, key in _TOLD.items()),
        ]
        entries.append(f"<dt>{one['title']}</dt><dd>{' '.join(told)}</dd>")
    return f"<dl>{''.join(entries)}</dl>"


def plain_formula(tex: str) -> str:
    r"""Write a formula of the metrics without TeX, for pages that are read where nothing typesets it.

    >>> plain_formula(r"\lVert \hat m - m \rVert_2"), plain_formula(r"r(\hat m - c, m - c)")
    ('‖m̂ − m‖₂', 'r(m̂ − c, m − c)')
    """
    for written, plain in _PLAIN.items():
        tex = tex.replace(written, plain)
    return " ".join(tex.split())


def first_dataset(conditions: pd.DataFrame, *, kind: str = "") -> pd.DataFrame:
    """Keep the rows of the first data set, of a kind where one is named.

    Raises:
        InputError: there is none.
    """
    rows = conditions[conditions["kind"] == kind] if kind else conditions
    if rows.empty:
        raise InputError("There are no judged conditions; run at least one method.")
    return rows[rows["dataset"] == rows["dataset"].iloc[0]]


def published_table(fits: pd.DataFrame) -> pd.DataFrame:
    """Write published values out for a page, best first, with intervals over perturbations.

    Of one data set: mean error and Pearson delta. Of several: errors relative to the mean baseline, a column a data set.
    """
    rows = []
    for (dataset, method), part in fits.groupby(["dataset", "method"], sort=False):
        about = {"Method": method_title(str(method)), "data": dataset.partition(",")[0]}
        if fits["dataset"].nunique() > 1:
            mean, draws = pooled(part, "relative_error")
            rows.append(
                about | {"mean": mean, "said": f"{chance(mean)} ({interval(*np.nanquantile(draws, _ENDS), of=chance)})"}
            )
        else:
            mean, draws = pooled(part, "l2")
            delta = accuracy(pooled(part, "pearson_delta")[0])
            said = f"{accuracy(mean)} ({interval(*np.nanquantile(draws, _ENDS))})"
            rows.append(about | {"mean": mean, "said": said, "Pearson delta": delta})
    table = pd.DataFrame(rows).sort_values("mean", kind="stable")
    if fits["dataset"].nunique() == 1:
        return table.rename(columns={"said": "L2 distance"})[["Method", "L2 distance", "Pearson delta"]]
    order = table.groupby("Method")["mean"].mean().sort_values().index
    return (
        table.pivot(index="Method", columns="data", values="said")
        .loc[order]
        .fillna("–")
        .rename_axis(columns=None)
        .reset_index()
    )


def sources_of(problems: Sequence[Problem]) -> list[Source]:
    """Describe the data of problems for a page; of several runs on one, the first stands for all, with their number."""
    found = []
    for dataset in dict.fromkeys(one.dataset for one in problems):
        runs = [one for one in problems if one.dataset == dataset]
        source = runs[0].source
        if source.synthetic:
            what = f"Simulated ({dataset.removesuffix(', simulated')}), {counted(len(runs), 'run')} with data of their own"
            source = replace(source, source=what)
        found.append(source)
    return found


def by_shift(fits: pd.DataFrame, *, methods: Sequence[str], metrics: Sequence[str]) -> pd.DataFrame:
    """Mean scores of some methods by the size of the shared response: method, shift, metric_title, value.

    Args:
        fits: of simulations that differ in the shift alone.
        methods: which are shown.
        metrics: by which.
    """
    rows = fits[(fits["preset"] == "shift") & fits["method"].isin(list(methods))]
    long = rows.melt(["method", "shift"], [*metrics], "metric").dropna(subset=["value"])
    means = long.groupby(["metric", "method", "shift"], sort=False)["value"].mean().reset_index()
    return means.assign(metric_title=means["metric"].map({one.column: one.title for one in JUDGED_BY.values()}))

"""The chapters' explorers: every prediction under every metric, calibrated or not, and learning curves."""

from __future__ import annotations

import pandas as pd

from linear_signal.figures.explorer import Explorer, scatter_explorer
from linear_signal.figures.style import Synthetic
from linear_signal.studies.ahlmann2025.metrics import METRICS
from linear_signal.studies.ahlmann2025.power_figures import POWER_LOOK, power_lines
from linear_signal.studies.ahlmann2025.titles import (
    CEILING,
    FAMILY_COLOURS,
    FAMILY_SHAPES,
    FAMILY_TITLES,
    family_of,
    method_title,
)

_COLOURS = {FAMILY_TITLES[name]: colour for name, colour in FAMILY_COLOURS.items()}
_SHAPES = {FAMILY_TITLES[name]: shape for name, shape in FAMILY_SHAPES.items()}


def errors_explorer(conditions: pd.DataFrame, *, reference: str, start: list[str], synthetic: Synthetic) -> Explorer:
    """Explore every judged perturbation: a metric of one method against the error of a simple one.

    Args:
        conditions: method, condition, dataset, seed and metrics; the first run of every data set is shown.
        reference: the simple method, whose error is the horizontal axis.
        start: methods that are shown first.
        synthetic: whether the data were simulated, all or in part.
    """
    first = conditions[conditions["seed"] == conditions.groupby("dataset")["seed"].transform("min")]
    keys = ["dataset", "condition"]
    simple = first[first["method"] == reference].set_index(keys)["l2"].rename("reference")
    rows = first.join(simple, on=keys).dropna(subset=["reference"])
    rows = rows.assign(title=rows["method"].map(method_title), data=_short(rows["dataset"]))
    rows = rows.assign(family=rows["method"].map(family_of).map(FAMILY_TITLES))
    columns = [metric.column for metric in METRICS if rows[metric.column].notna().any()]
    titles = {metric.column: metric.title for metric in METRICS}
    words = method_title(reference)
    return scatter_explorer(
        rows,
        name="perturbations",
        x="reference",
        y=columns,
        colour="title",
        marker="title",
        choose={"data": "one", "title": "many"},
        start={"title": [method_title(name) for name in start if name in set(rows["method"])]},
        fields=["condition", "title", "data", "reference", *columns],
        titles={
            **titles,
            "reference": f"L2 distance of: {words[0].lower()}{words[1:]}",
            "title": "Method",
            "data": "Data",
            "condition": "Perturbed",
        },
        decimals={"reference": 2, **dict.fromkeys(columns, 3)},
        digits=3,
        alt=f"Each judged perturbation under a metric, against the error of: {words}.",
        synthetic=synthetic,
        words="A point is a perturbation, predicted by a method. First run of each data set.",
    )


def verdicts_explorer(table: pd.DataFrame, *, synthetic: Synthetic) -> Explorer:
    """Explore method, metric and data set, calibrated or not: value against the place between floor and ceiling.

    Args:
        table: of :func:`~linear_signal.studies.ahlmann2025.shown.verdicts`.
        synthetic: whether the data were simulated, all or in part.
    """
    rows = table[table["family"] != CEILING].copy()
    rows = rows.assign(family=rows["family"].map(FAMILY_TITLES), data=_short(rows["dataset"]))
    by_l2 = rows[rows["metric"] == "l2"].set_index(["dataset", "method"])["value"].rename("l2")
    rows = rows.join(by_l2, on=["dataset", "method"])
    return scatter_explorer(
        rows,
        name="verdicts",
        x="l2",
        y=["calibrated", "value"],
        panels=["metric_title"],
        colour="family",
        marker="family",
        colours=_COLOURS,
        shapes=_SHAPES,
        choose={"data": "one", "metric_title": "many"},
        start={"metric_title": ["L2 distance", "Pearson delta", "Centroid accuracy"]},
        fields=["title", "metric_title", "data", "value", "floor", "ceiling", "calibrated"],
        titles={
            "l2": "L2 distance",
            "calibrated": "Calibrated: 0 the mean, 1 done twice",
            "value": "As it is",
            "metric_title": "Metric",
            "data": "Data",
            "family": "Kind",
            "title": "Method",
            "floor": "The mean gets",
            "ceiling": "Done twice gets",
        },
        decimals={"l2": 2, "calibrated": 2, "value": 3, "floor": 3, "ceiling": 3},
        alt="Each method under several metrics, against its L2 distance.",
        synthetic=synthetic,
        words="A point is a method on one data set, mean over perturbations and runs.",
    )


def power_explorer(power: pd.DataFrame) -> Explorer:
    """Explore learning curves: run, what is held out, model.

    Args:
        power: fits of power units.
    """
    rows = power_lines(power)
    rows = rows.assign(title=rows["title"].astype(str), run=rows["seed"].astype(str))
    return scatter_explorer(
        rows,
        name="power",
        x="train_doubles",
        y=["l2", "pearson_delta"],
        log=["train_doubles"],
        panels=["held_out"],
        colour="title",
        marker="title",
        colours={name: look[0] for name, look in POWER_LOOK.items()},
        choose={"title": "many", "run": "many"},
        fields=["title", "held_out", "train_doubles", "l2", "pearson_delta", "run"],
        titles={
            "train_doubles": "Doubles learnt from",
            "l2": "L2 distance",
            "pearson_delta": "Pearson delta",
            "title": "Model",
            "held_out": "Held out",
            "run": "Run",
        },
        decimals={"l2": 2, "pearson_delta": 3},
        alt="Error of each model against the number of training doubles.",
        synthetic=True,
        words="A point is a model, learnt from so many doubles in one run.",
    )


def shift_explorer(fits: pd.DataFrame) -> Explorer:
    """Explore what a response that all perturbations share does to every metric.

    Args:
        fits: of simulations that differ in the shift alone.
    """
    rows = fits[fits["preset"] == "shift"]
    rows = rows.assign(
        title=rows["method"].map(method_title), run=rows["seed"].astype(str), family=rows["method"].map(family_of)
    )
    rows = rows.assign(family=rows["family"].map(FAMILY_TITLES))
    columns = [metric.column for metric in METRICS if rows[metric.column].notna().any()]
    return scatter_explorer(
        rows,
        name="shift",
        x="shift",
        y=["pearson_delta", *[one for one in columns if one != "pearson_delta"]],
        colour="title",
        marker="title",
        choose={"title": "many", "run": "many"},
        start={"title": [method_title(name) for name in ("mean", "linear", "linear_other_line")]},
        fields=["title", "shift", *columns, "run"],
        titles={
            **{metric.column: metric.title for metric in METRICS},
            "shift": "Size of the shared response",
            "title": "Method",
            "run": "Run",
        },
        decimals=dict.fromkeys(columns, 3),
        alt="Scores of each method against the size of the response that all perturbations share.",
        synthetic=True,
        words="A point is a method in one run.",
    )


def _short(datasets: pd.Series) -> pd.Series:
    return datasets.str.partition(",")[0]

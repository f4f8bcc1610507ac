"""The explorer of runs as it opens, drawn for those without JavaScript."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from linear_signal.analysis.comparison import summarise
from linear_signal.analysis.metrics import BALANCED_ACCURACY
from linear_signal.figures.explorer.scatter_still import draw_scatter

_NAMED = ("model", "task")


def draw_runs(told: Mapping[str, Any], fits: pd.DataFrame) -> str:
    """Draw the means of the default view with their intervals; the module draws the same and more."""
    start, conditions = told["start"], told["conditions"]
    (x,), (size,) = start["_x"], start["_size"]
    shown = fits[fits["model"].isin(start["models"])]
    if x != "task":
        shown = shown[shown["task"].isin(start["task"])]
    if x in _NAMED:
        shown = shown[np.isclose(shown["fraction"], float(size))]
    for one in conditions:
        shown = shown[shown[one["column"]].isin(start[one["column"]])]
    by = ["task", *(one["column"] for one in conditions), "model", "fraction"]
    shown = shown.dropna(subset=[BALANCED_ACCURACY.column])
    if shown.empty:
        return ""
    means = summarise(shown, by=by)
    if x == "train_groups":
        means[x] = shown.groupby(by, sort=False)[x].mean().to_numpy()
    names = told["models"] if x == "model" else told["tasks"]
    names = [name for name in names if x in _NAMED and name in set(means[x])]
    if names:
        means["_place"] = [names.index(name) for name in means[x]]
    # What all of a task shares is not said in every panel.
    of_task = fits if x == "task" else fits[fits["task"].isin(start["task"])]
    varied = [one for one in conditions if of_task[one["column"]].nunique() > 1]
    means["_panel"] = [_panel(row, varied) or row["task"] for row in means.to_dict("records")]
    panels = dict.fromkeys(means["_panel"])
    shorts = {name: told["model"][name]["short"] if x == "model" else name for name in names}
    column = "_place" if names else x
    lines = means.groupby("_panel", sort=False, as_index=False)["naive_accuracy"].mean().assign(line="chance")
    declaration = {
        "look": told["look"],
        "start": {"_x": [column], "_y": ["mean"], "_panels": ["_panel"], "_lines": ["chance"], "_panel": list(panels)},
        "choose": [],
        "log": [],
        "range": {
            column: [float(means[column].min()), float(means[column].max())],
            "mean": told["range"]["balanced_accuracy"],
        },
        "titles": {column: told["titles"][x], "mean": told["titles"]["balanced_accuracy"]},
        "names": [(place, shorts[name]) for place, name in enumerate(names)] or None,
        "colour": {"column": "model", "of": {one["title"]: one["colour"] for one in told["model"].values()}},
        "marker": {"column": "model", "of": {one["title"]: one["shape"] for one in told["model"].values()}},
        "interval": {"mean": ["lower", "upper"]},
        "lines": {"names": ["chance"], "by": ["_panel"]},
        "alt": told["alt"],
    }
    titled = means.assign(model=[told["model"][name]["title"] for name in means["model"]])
    return draw_scatter(declaration, titled, lines.rename(columns={"naive_accuracy": "mean"}))


def _panel(row: Mapping[str, Any], conditions: list[dict[str, Any]]) -> str:
    return ", ".join(one["labels"][row[one["column"]]] for one in conditions)

"""What the comparisons say, in one sentence each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from linear_signal.errors import InputError, unknown
from linear_signal.experiment.comparison import against_naive, compare_models
from linear_signal.names import (
    condition_phrase,
    counted,
    family_phrase,
    model_family,
    model_phrase,
    ordered_models,
    scaling_title,
    split_phrase,
)


def verdict(row: Mapping[str, Any] | pd.Series | pd.DataFrame, *, digits: int = 3) -> str:
    """Say one comparison in words: who is ahead, by how much, over how many runs, or that nothing can be told.

    Args:
        row: one row of :func:`~linear_signal.experiment.comparison.compare_models`, ``compare_conditions``,
            ``compare_scalings`` or ``against_naive``, or of :mod:`~linear_signal.experiment.contrasts`; a table is accepted
            when it has exactly one row.
        digits: decimals of the balanced accuracies.
    """
    if isinstance(row, pd.DataFrame):
        if len(row) != 1:
            raise InputError(f"A verdict is about one comparison; the table has {len(row)} rows. Pick one: table.iloc[0].")
        row = row.iloc[0]
    first, second = _sides(row)
    place, size = _place(row), f"{abs(row['difference']):.{digits}f}"
    if not row["n_pairs"]:
        return f"{_upper(first)} and {second} have no run in common{place}, so nothing can be compared."
    ahead = row["difference"] >= 0
    if row["n_pairs"] == 1:
        relation = f"{size} {'ahead of' if ahead else 'behind'}" if row["difference"] else "level with"
        doubt = "this rests on a single run and says nothing about uncertainty"
        return f"{_upper(first)} is {relation} {second}{place}, but {doubt}."
    over = f"Over {_rests_on(row)}"
    if row["lower"] == row["upper"]:
        relation = f"{size} {'ahead of' if ahead else 'behind'}" if row["difference"] else "exactly level with"
        return f"{over} {first} is {relation} {second} in every one of them{place}."
    bounds = (row["lower"], row["upper"])
    if bounds[0] <= 0 <= bounds[1]:
        mean = f"the mean difference is {_number(row['difference'], digits)} ({_interval(row, bounds, digits)})"
        return f"{over} no difference can be told between {first} and {second}{place}: {mean}."
    size = f"{size} ({_interval(row, bounds if ahead else (-bounds[1], -bounds[0]), digits)})"
    if row["comparison"] == "models":
        winner, loser = (first, second) if ahead else (second, first)
        return f"{over} {winner} beats {loser} by {size}{place}."
    return f"{over} {first} is {'above' if ahead else 'below'} {second} by {size}{place}."


def signal_verdict(
    fits: pd.DataFrame,
    task: str,
    *,
    removed: str = "removed",
    fraction: float | None = None,
    confidence: float = 0.95,
    digits: int = 2,
) -> str:
    """Answer in one sentence whether a task has linear and whether it has non-linear signal.

    Linear signal: with full signal a linear model is above the naive classifier. Non-linear signal: once the linear
    signal is removed a network still is, and the linear models are not; where a linear model is as well, every such
    network has to beat the best linear model in the paired comparison. "Above" means that the interval of the mean
    lies above the naive accuracy. Models of neither family take no part, as what they need is not known.

    Args:
        fits: the results table.
        task: the task asked about.
        removed: the condition that stands for removal.
        fraction: share of the training samples; None takes the largest in the table.
        confidence: of the intervals.
        digits: decimals of the balanced accuracies.

    Raises:
        InputError: an unknown task.
    """
    if task not in set(fits["task"]):
        raise unknown("task", task, dict.fromkeys(fits["task"]))
    fits = fits[fits["task"] == task]
    table = against_naive(fits, fraction=fraction, confidence=confidence)
    table["family"] = [model_family(model) for model in table["model"]]
    table["order"] = table["model"].map({model: place for place, model in enumerate(ordered_models(table["model"]))})
    table = table.sort_values("order")
    most = table.loc[table["n_pairs"].idxmax()]
    naive = f"naive accuracy {table['second_mean'].iloc[0]:.{digits}f}"
    full, left = (table[table["condition"] == condition] for condition in ("full", removed))
    if most["n_pairs"] == 1:
        known = [part[part["family"] != "other"] for part in (full, left)]
        shown = "; ".join(
            f"{condition_phrase(part['condition'].iloc[0])} {_reached(part, digits)}" for part in known if len(part)
        )
        return f"{_upper(task)} ({naive}) rests on a single run, which says nothing about uncertainty: {shown}."
    linear = _linear_part(full[full["family"] == "linear"], digits)
    non_linear = _non_linear_part(fits, left, removed, fraction, confidence, digits)
    runs = _runs(most["n_pairs"], most["n_seeds"], "fold")
    return f"{_upper(task)} ({naive}), over {runs}: {linear}, and {non_linear}."


def _linear_part(models: pd.DataFrame, digits: int) -> str:
    if models.empty:
        return "no linear model was run with full signal"
    best = _best(models)
    if best["lower"].iloc[0] > 0:
        return f"there is linear signal ({_reached(best, digits)})"
    return f"no linear signal can be told (at best {_reached(best, digits)})"


def _non_linear_part(
    fits: pd.DataFrame,
    left: pd.DataFrame,
    removed: str,
    fraction: float | None,
    confidence: float,
    digits: int,
) -> str:
    networks, linear = (left[left["family"] == family] for family in ("network", "linear"))
    if networks.empty:
        return "no network was run with the linear signal removed"
    above = networks[networks["lower"] > 0]
    if above.empty:
        return f"no non-linear signal can be told (after removal at best {_reached(_best(networks), digits)})"
    found = f"after removal {_reached(above, digits)}"
    if linear.empty:
        return f"non-linear signal is likely ({found}), though no linear model was run as a check"
    best = _best(linear)
    check = _reached(best, digits)
    if not (linear["lower"] > 0).any():
        return f"there is non-linear signal ({found}; at best {check} among the linear models)"
    # A linear model a little above chance does not explain a network far above it: ask for a paired lead.
    at_removed = fits[fits["condition"] == removed]
    rival = best["model"].iloc[0]
    leads = [
        compare_models(at_removed, model, rival, fraction=fraction, confidence=confidence)["lower"].iloc[0] > 0
        for model in above["model"]
    ]
    if all(leads):
        return f"there is non-linear signal ({found}, ahead of {check}, which is above chance as well)"
    return f"non-linear signal cannot be judged ({found}, but {check} is above chance as well)"


def _best(models: pd.DataFrame) -> pd.DataFrame:
    return models.loc[[models["first_mean"].idxmax()]]


def _reached(models: pd.DataFrame, digits: int) -> str:
    return ", ".join(f"{model_phrase(row['model'])} {row['first_mean']:.{digits}f}" for _, row in models.iterrows())


def _sides(row: Mapping[str, Any]) -> tuple[str, str]:
    if row["comparison"] == "models":
        return model_phrase(row["first"]), model_phrase(row["second"])
    if row["comparison"] == "gains":
        return f"the gain of {family_phrase(row['first'])}", f"that of {family_phrase(row['second'])}"
    if row["comparison"] in ("splits", "scalings"):
        phrase = split_phrase if row["comparison"] == "splits" else _scaled
        return f"{model_phrase(row['model'])} {phrase(row['first'])}", f"itself {phrase(row['second'])}"
    if row["comparison"] == "conditions":
        model = model_phrase(row["model"])
        return f"{model} {condition_phrase(row['first'])}", f"itself {condition_phrase(row['second'])}"
    return model_phrase(row["model"]), "the naive classifier"


def _scaled(name: str) -> str:
    title = scaling_title(name)
    return title[0].lower() + title[1:]


def _rests_on(row: Mapping[str, Any]) -> str:
    if row["comparison"] == "splits":
        return f"{row['n_first']:,} and {counted(int(row['n_second']), 'run')} on different folds"
    return _runs(row["n_pairs"], row["n_seeds"], "fold" if row["comparison"] == "naive" else "paired fold")


def _place(row: Mapping[str, Any]) -> str:
    task = f" on {row['task']}" if row.get("task") else ""
    condition = f" {condition_phrase(row['condition'])}" if row.get("condition") else ""
    return f"{task}{condition}"


def _runs(pairs: int, seeds: int, noun: str) -> str:
    return f"{counted(int(pairs), noun)} ({counted(int(seeds), 'seed')})"


def _interval(row: Mapping[str, Any], bounds: tuple[float, float], digits: int) -> str:
    lower, upper = (_number(bound, digits) for bound in bounds)
    return f"{100 * row['confidence']:g} % interval {lower} to {upper}"


def _number(value: float, digits: int) -> str:
    text = f"{value:.{digits}f}"
    return text.lstrip("-") if float(text) == 0 else text.replace("-", "−")


def _upper(text: str) -> str:
    return text[0].upper() + text[1:]

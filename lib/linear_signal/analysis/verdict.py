"""What one comparison shows, in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from linear_signal.analysis.rules import (
    BELOW_RESOLUTION,
    CEILING,
    FEW_GROUPS,
    HOLDS,
    NO_SPREAD,
    SINGLE_RUN,
    SMALLEST_GROUPS,
    above,
    level,
    margin,
)
from linear_signal.errors import InputError
from linear_signal.models.titles import family_phrase, model_phrase
from linear_signal.names import counted, pretraining_phrase, scaling_title, signal_phrase, split_phrase
from linear_signal.numbers import difference, interval

_CAUSES = {
    FEW_GROUPS: "too few groups: {groups:g} in the smallest class, where {needed} are needed",
    SINGLE_RUN: "a single run says nothing about uncertainty",
    NO_SPREAD: "all runs give the same difference, which says nothing about other samples",
    CEILING: "a tie at the ceiling: both are right about every sample",
}


def largest_verdict(comparisons: pd.DataFrame) -> str:
    """Say the largest of several differences in words.

    Args:
        comparisons: made with ``together=True``: it is picked among them, so that their intervals have to hold at once.
    """
    if len(comparisons) > 1 and (comparisons["adjusted_for"] <= 1).any():
        raise ValueError("Pick the largest among comparisons whose intervals hold at once: make them with together=True.")
    return verdict(comparisons.loc[comparisons["difference"].abs().idxmax()])


def verdict(row: Mapping[str, Any] | pd.Series | pd.DataFrame) -> str:
    """Say one comparison in words, by the rule book: who is ahead and by how much, that both are level, or what hinders it.

    Args:
        row: one row of :func:`~linear_signal.analysis.comparison.compare_models`, ``compare_signals``,
            ``compare_scalings`` or ``against_naive``, or of :mod:`~linear_signal.analysis.contrasts`; a table is accepted
            when it has exactly one row.
    """
    if isinstance(row, pd.DataFrame):
        if len(row) != 1:
            raise InputError(f"A verdict is about one comparison; the table has {len(row)} rows. Pick one: table.iloc[0].")
        row = row.iloc[0]
    first, second = _sides(row)
    place = _place(row)
    if not row["n_pairs"]:
        return f"{upper_first(first)} and {second} have no run in common{place}, so nothing can be compared."
    if row.get("constant"):
        by_construction = "a constant prediction, at chance by construction"
        return f"{upper_first(first)} names one class for every sample{place}: {by_construction}."
    up, down, same = above(row), above(turned(row)), level(row)
    if HOLDS in (up.verdict, down.verdict):
        is_ahead = up.verdict == HOLDS
        size = difference(abs(row["difference"]), signed=False)
        size += f" ({interval_of(row, turned=not is_ahead)}){place}{_over(row)}"
        if row["comparison"] == "models":
            winner, loser = (first, second) if is_ahead else (second, first)
            return f"{upper_first(winner)} is ahead of {loser} by {size}."
        return f"{upper_first(first)} is {'above' if is_ahead else 'below'} {second} by {size}."
    found = f"difference {difference(row['difference'])}" + ("" if pd.isna(row["lower"]) else f" ({interval_of(row)})")
    if same.verdict == HOLDS:
        within = margin(row["second_mean"] if row["comparison"] == "naive" else float("nan"))
        bound = difference(within, signed=False)
        return f"{upper_first(first)} and {second} are level within {bound}{place}: {found}{_over(row)}."
    cause = same.cause or up.cause
    if cause == BELOW_RESOLUTION:
        why = "the difference is not zero, but no larger than what counts as level"
    else:
        why = _CAUSES.get(cause, cause).format(groups=row.get("smallest_class_groups"), needed=SMALLEST_GROUPS)
    could = ""
    if 0 < row.get("resolution", 0) < 1 and cause not in _CAUSES:
        could = f" A true difference of {difference(row['resolution'], signed=False)} would have been seen."
    return f"{upper_first(first)} against {second}{place} is inconclusive ({why}): {found}{_over(row)}.{could}"


def turned(row: Mapping[str, Any]) -> dict[str, Any]:
    """The same comparison the other way round."""
    row = dict(row)
    for low, high in (("lower", "upper"), ("level_lower", "level_upper")):
        row |= {low: -row[high], high: -row[low]}
    return row | {"difference": -row["difference"]}


def interval_of(row: Mapping[str, Any], *, turned: bool = False) -> str:
    """Write the interval of a comparison, its confidence and how many comparisons it allows for, or why there is none."""
    if pd.isna(row["lower"]):
        return f"no interval: {str(row['note']).removesuffix(': no interval')}"
    bounds = (-row["upper"], -row["lower"]) if turned else (row["lower"], row["upper"])
    several = int(row.get("adjusted_for", 1))
    allows = f", adjusted for {several} comparisons" if several > 1 else ""
    return f"{100 * row['confidence']:g} % interval {interval(*bounds, of=difference)}{allows}"


def rests_on(row: Mapping[str, Any]) -> str:
    """Say how many runs a comparison rests on."""
    if row["comparison"] == "splits":
        return f"{row['n_first']:,} and {counted(int(row['n_second']), 'run')} on different folds"
    folds = counted(int(row["n_pairs"]), "fold" if row["comparison"] == "naive" else "paired fold")
    return f"{folds} ({counted(int(row['n_seeds']), 'seed')})"


def upper_first(text: str) -> str:
    """Begin a sentence."""
    return text[0].upper() + text[1:]


def _over(row: Mapping[str, Any]) -> str:
    return f", over {rests_on(row)}"


def _sides(row: Mapping[str, Any]) -> tuple[str, str]:
    if row["comparison"] == "models":
        return model_phrase(row["first"]), model_phrase(row["second"])
    if row["comparison"] == "gains":
        return f"the gain of {family_phrase(row['first'])}", f"that of {family_phrase(row['second'])}"
    if row["comparison"] in ("splits", "scalings"):
        phrase = split_phrase if row["comparison"] == "splits" else _scaled
        return f"{model_phrase(row['model'])} {phrase(row['first'])}", f"itself {phrase(row['second'])}"
    if row["comparison"] in ("signals", "pretraining"):
        model = model_phrase(row["model"])
        phrase = signal_phrase if row["comparison"] == "signals" else pretraining_phrase
        return f"{model} {phrase(row['first'])}", f"itself {phrase(row['second'])}"
    return model_phrase(row["model"]), "chance"


def _scaled(name: str) -> str:
    title = scaling_title(name)
    return title[0].lower() + title[1:]


def _place(row: Mapping[str, Any]) -> str:
    task = f" on {row['task']}" if row.get("task") else ""
    seen = [signal_phrase(row["signal"])] if row.get("signal") else []
    # That nothing was pretrained goes without saying where pretraining is not what is asked about.
    if row.get("pretraining", "none") != "none":
        seen.append(pretraining_phrase(row["pretraining"]))
    return f"{task}{' ' if seen else ''}{' and '.join(seen)}"

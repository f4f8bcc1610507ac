"""Whether a task has linear and non-linear signal, in a sentence with what it rests on and what casts doubt on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from linear_signal.analysis.contrast_rows import at_fraction
from linear_signal.analysis.planted import Planted
from linear_signal.analysis.rules import (
    ABSENT,
    FAILS,
    FEW_GROUPS,
    HOLDS,
    OPEN,
    SMALLEST_GROUPS,
    margin,
)
from linear_signal.analysis.signal import CHECK_ABOVE, LINEAR_ABOVE, NO_LINEAR_CHECK, WRITTEN, Signal, judge_signal
from linear_signal.analysis.training_state import training_warnings
from linear_signal.analysis.verdict import rests_on, upper_first
from linear_signal.models.titles import model_phrase
from linear_signal.names import counted
from linear_signal.numbers import accuracy, chance, difference


def signal_verdict(
    fits: pd.DataFrame,
    task: str,
    *,
    removed: str = "removed",
    fraction: float | None = None,
    planted: Planted | None = None,
) -> str:
    """Answer in words whether a task has linear and whether it has non-linear signal, by the rule book.

    Args:
        fits: the results table.
        task: the task asked about.
        removed: the signal that stands for removal.
        fraction: share of the training samples; None takes the largest in the table.
        planted: the smallest planted signal that this design finds; named where none was found.

    Raises:
        InputError: an unknown task.
    """
    signal = judge_signal(fits, task, removed=removed, fraction=fraction)
    of_task = at_fraction(fits[fits["task"] == task], fraction)
    tables = [table for table in (signal.linear_models, signal.candidates, signal.rivals) if len(table)]
    shown = max((row for table in tables for row in table.to_dict("records")), key=lambda row: row["n_pairs"], default=None)
    if shown is None:
        return f"{upper_first(task)}: nothing was run with full signal or with the linear signal removed."
    head = f"{upper_first(task)} (chance {chance(shown['second_mean'])}, {rests_on(shown)})"
    if shown["n_pairs"] == 1:
        reached = "; ".join(filter(None, (_reached(table.to_dict("records")) for table in tables)))
        return f"{head}: a single run says nothing about uncertainty. It reached: {reached}."
    if FEW_GROUPS in (signal.linear.cause, signal.non_linear.cause):
        return (
            f"{head} cannot be judged: the smallest class has {counted(int(shown['smallest_class_groups']), 'group')}, and "
            f"intervals are believed from {SMALLEST_GROUPS} on. Reached after removal: "
            f"{_reached(signal.candidates.to_dict('records')) or 'not run'}."
        )
    sentence = f"{head}: {_linear_part(signal)}, and {_non_linear_part(signal, planted)}."
    warnings = training_warnings(of_task[of_task["signal"].isin(["full", removed])])
    return f"{sentence} Of the training: {'; '.join(warnings)}." if warnings else sentence


def _linear_part(signal: Signal) -> str:
    rows = signal.linear_models.to_dict("records")
    if not rows:
        return "no linear model was run with full signal"
    best = max(rows, key=lambda row: row["first_mean"])
    if signal.linear.verdict == HOLDS:
        return f"there is linear signal ({_reached([best])})"
    return f"no linear signal was found (at best {_reached([best])})"


def _non_linear_part(signal: Signal, planted: Planted | None) -> str:
    judged = signal.non_linear
    if judged.verdict == ABSENT:
        return judged.cause
    rows = signal.candidates.to_dict("records")
    among = (
        f"the best of {counted(len(rows), 'model')}, adjusted for" if len(rows) > 1 else "the only model that is not linear"
    )
    if judged.verdict == HOLDS:
        found = [row for row in rows if row["verdict"] == HOLDS]
        return f"there is non-linear signal (after removal {_reached(found)}; {among}; {_check(signal)})"
    best = max(rows, key=lambda row: row["first_mean"])
    blocked = [row for row in rows if row["cause"] in (LINEAR_ABOVE, CHECK_ABOVE, NO_LINEAR_CHECK, WRITTEN)]
    if blocked:
        why = dict.fromkeys(row["cause"] for row in blocked)
        return (
            f"non-linear signal cannot be judged (after removal {_reached(blocked)}, but {', '.join(why)}; {_check(signal)})"
        )
    constant = "" if not best["constant"] else ", a constant prediction"
    at_best = f"at best {_reached([best])}{constant} after removal"
    if judged.verdict == FAILS:
        return f"no non-linear signal beyond {_margin(rows[0])} above chance was found ({at_best}{_design(planted)})"
    seen = max((row["resolution"] for row in rows if row["resolution"] > 0), default=float("nan"))
    could = "" if pd.isna(seen) else f"; {difference(seen, signed=False)} above chance would have been seen"
    return f"no non-linear signal was found, but it is {OPEN} ({judged.cause}: {at_best}{could}{_design(planted)})"


def _margin(row: Mapping[str, Any]) -> str:
    return difference(margin(row["second_mean"]), signed=False)


def _design(planted: Planted | None) -> str:
    return f"; {planted.phrase}" if planted is not None else ""


def _check(signal: Signal) -> str:
    """Name the linear models' best results: trained after removal, and the check, trained before it."""
    parts = []
    if len(signal.rivals):
        parts.append(f"linear models at most {accuracy(signal.rivals['first_mean'].max())}")
    if len(signal.check):
        parts.append(
            f"trained with full signal and judged after removal at most {accuracy(signal.check['first_mean'].max())}"
        )
    return ", ".join(parts) or "no linear model was run as a check"


def _reached(rows: list[dict[str, Any]]) -> str:
    return ", ".join(f"{model_phrase(row['model'])} {accuracy(row['first_mean'])}" for row in rows)

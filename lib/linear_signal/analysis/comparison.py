"""Paired comparisons over (seed, fold): how large a difference is, and how sure one can be of it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from linear_signal.analysis.contrast_rows import (
    RUN,
    SIZES,
    Contrast,
    above_chance,
    as_believed,
    at_fraction,
    checked,
    contrast_table,
    one_row_per_run,
    pool,
)
from linear_signal.analysis.intervals import ACCURACY, corrected_interval
from linear_signal.errors import InputError, unknown

_KINDS = {"model": "models", "condition": "conditions", "scale_on": "scalings"}


def summarise(
    fits: pd.DataFrame, *, by: Sequence[str], value: str = "balanced_accuracy", confidence: float = 0.95
) -> pd.DataFrame:
    """Mean over runs with its corrected interval, one row per combination of ``by``.

    Args:
        fits: the results table.
        by: columns whose combinations become rows.
        value: a share from 0 to 1. Of balanced accuracies the interval is the one that verdicts look at: runs are put at the
            mean chance level first.
        confidence: of the intervals.

    Returns:
        ``by`` and n_runs, n_seeds, n_folds, mean, lower, upper, train_samples (mean), naive_accuracy, note.
    """
    fits = checked(fits, [*by, *RUN, *SIZES, "fraction", "naive_accuracy", value]).dropna(subset=[value])
    rows = []
    for key, runs in fits.groupby(list(by), sort=False, dropna=False):
        one_row_per_run(runs, by, key)
        values, chance = runs[value].to_numpy(dtype=float), runs["naive_accuracy"].to_numpy(dtype=float)
        if value == "balanced_accuracy":
            values = above_chance(values - chance, chance)
        interval = corrected_interval(values, *pool(runs), within=ACCURACY, confidence=confidence)
        groups = runs["smallest_class_groups"].min() if "smallest_class_groups" in runs else float("nan")
        interval = as_believed(interval, groups, confidence, of_accuracy=True)
        rows.append(
            dict(zip(by, key, strict=True))
            | {"n_runs": len(runs), "n_seeds": runs["seed"].nunique(), "n_folds": runs["fold"].nunique()}
            | {"mean": runs[value].mean(), "lower": interval.lower, "upper": interval.upper, "note": interval.note}
            | {"train_samples": runs["train_samples"].mean(), "naive_accuracy": chance.mean()}
        )
    if not rows:
        raise InputError(f"No finite {value} in the table; there is nothing to summarise.")
    return pd.DataFrame(rows)


def compare_models(
    fits: pd.DataFrame,
    first: str,
    second: str,
    *,
    by: Sequence[str] = ("task", "condition"),
    fraction: float | None = None,
    confidence: float = 0.95,
    together: bool = False,
) -> pd.DataFrame:
    """Difference ``first`` minus ``second`` model in balanced accuracy, paired over (seed, fold).

    Args:
        fits: the results table.
        first: model name.
        second: model name it is compared with.
        by: one comparison per combination of these columns.
        fraction: share of the training samples; None takes the largest in the table.
        confidence: of the intervals (:func:`~linear_signal.analysis.intervals.corrected_interval`).
        together: whether all rows hold at once, so that the largest may be picked afterwards.

    Returns:
        One row per combination: comparison ("models"), ``by``, first, second, and the columns of
        :func:`~linear_signal.analysis.contrast_rows.contrast_table`.

    Raises:
        InputError: a name or fraction not in the table, several rows per run, no pair at all.
    """
    return _compare(fits, "model", first, second, by, fraction, confidence, together)


def compare_conditions(
    fits: pd.DataFrame,
    first: str = "removed",
    second: str = "full",
    *,
    by: Sequence[str] = ("task", "model"),
    fraction: float | None = None,
    confidence: float = 0.95,
    together: bool = False,
) -> pd.DataFrame:
    """Difference ``first`` minus ``second`` condition, per model; otherwise as :func:`compare_models`."""
    return _compare(fits, "condition", first, second, by, fraction, confidence, together)


def compare_scalings(
    fits: pd.DataFrame,
    first: str = "train",
    second: str = "all",
    *,
    by: Sequence[str] = ("task", "condition", "model"),
    fraction: float | None = None,
    confidence: float = 0.95,
    together: bool = False,
) -> pd.DataFrame:
    """Difference between genes scaled on training samples and over all samples; otherwise as :func:`compare_models`."""
    return _compare(fits, "scale_on", first, second, by, fraction, confidence, together)


def compare_pairs(
    fits: pd.DataFrame,
    pairs: Sequence[tuple[str, str]],
    *,
    by: Sequence[str] = ("task", "condition"),
    fraction: float | None = None,
    confidence: float = 0.95,
    together: bool = False,
) -> pd.DataFrame:
    """Compare several pairs of models at once (``first`` minus ``second`` of each); otherwise as :func:`compare_models`."""
    contrasts = [
        one for first, second in pairs for one in _contrasts(fits, "model", first, second, by=list(by), fraction=fraction)
    ]
    return contrast_table(contrasts, confidence=confidence, together=together)


def against_naive(
    fits: pd.DataFrame,
    *,
    by: Sequence[str] = ("task", "condition", "model"),
    fraction: float | None = None,
    confidence: float = 0.95,
    together: bool = False,
    value: str = "balanced_accuracy",
) -> pd.DataFrame:
    """Balanced accuracy minus chance (1 / classes that the fold has), with the columns of :func:`compare_models`.

    Args:
        fits, by, fraction, confidence, together: as there; the interval is that of the accuracy, moved by mean chance.
        value: column with the balanced accuracy.
    """
    fits = checked(fits, [*by, *RUN, *SIZES, "fraction", value, "naive_accuracy"])
    fits = at_fraction(fits, fraction).dropna(subset=[value])
    contrasts = []
    for key, runs in fits.groupby(list(by), sort=False):
        one_row_per_run(runs, by, key)
        names = {"comparison": "naive", **dict(zip(by, key, strict=True)), "first": "balanced accuracy", "second": "naive"}
        contrasts.append(Contrast(names=names, pairs=runs.assign(left=runs[value], right=runs["naive_accuracy"])))
    if not contrasts:
        raise InputError("No finite balanced accuracy in the table; there is nothing to compare with chance.")
    return contrast_table(contrasts, confidence=confidence, together=together)


def _compare(
    fits: pd.DataFrame,
    column: str,
    first: str,
    second: str,
    by: Sequence[str],
    fraction: float | None,
    confidence: float,
    together: bool,
) -> pd.DataFrame:
    contrasts = _contrasts(fits, column, first, second, by=list(by), fraction=fraction)
    if not any(len(one.pairs) for one in contrasts):
        raise InputError(f"No seed and fold has results for both {first} and {second}; run both on the same folds.")
    return contrast_table(contrasts, confidence=confidence, together=together)


def _contrasts(
    fits: pd.DataFrame, column: str, first: str, second: str, *, by: list[str], fraction: float | None
) -> list[Contrast]:
    fits = at_fraction(checked(fits, [column, *by, *RUN, *SIZES, "fraction", "balanced_accuracy"]), fraction)
    if column in by or first == second:
        raise InputError(f"Compare two different {column}s, and leave {column!r} out of by; got {first}, {second}, {by}.")
    for name in (first, second):
        if name not in set(fits[column]):
            raise unknown(column, name, dict.fromkeys(fits[column]))
    fits = fits[fits[column].isin([first, second])].dropna(subset=["balanced_accuracy"])
    contrasts = []
    for key, runs in fits.groupby(by, sort=False):
        sides = [runs[runs[column] == name] for name in (first, second)]
        for side in sides:
            one_row_per_run(side, by, key)
        left, right = (side.set_index(RUN) for side in sides)
        shared = left.index.intersection(right.index, sort=False)
        values = {"left": left.loc[shared, "balanced_accuracy"], "right": right.loc[shared, "balanced_accuracy"]}
        names = {"comparison": _KINDS[column], **dict(zip(by, key, strict=True)), "first": first, "second": second}
        unpaired = len(left) + len(right) - 2 * len(shared)
        pairs = left.loc[shared].drop(columns="predicted_classes", errors="ignore").assign(**values).reset_index()
        contrasts.append(Contrast(names=names, pairs=pairs, n_unpaired=unpaired))
    return contrasts

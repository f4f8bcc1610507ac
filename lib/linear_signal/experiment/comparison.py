"""Paired comparisons over (seed, fold): how large a difference is, and how sure one can be of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from linear_signal.errors import InputError, listed, unknown
from linear_signal.experiment.intervals import Interval, corrected_t_interval

RUN = ["seed", "fold"]
_KINDS = {"model": "models", "condition": "conditions", "scale_on": "scalings"}
_SIZES = ["train_samples", "validation_samples"]
_SETTLED = ("task", "model", "condition", "split", "fraction")


def summarise(
    fits: pd.DataFrame, *, by: Sequence[str], value: str = "balanced_accuracy", confidence: float = 0.95
) -> pd.DataFrame:
    """Mean over runs with its corrected interval, one row per combination of ``by``.

    Returns:
        ``by`` and n_runs, n_seeds, n_folds, mean, lower, upper, train_samples (mean), naive_accuracy, note.
    """
    fits = _checked(fits, [*by, *RUN, *_SIZES, "fraction", "naive_accuracy", value]).dropna(subset=[value])
    rows = []
    for key, runs in fits.groupby(list(by), sort=False, dropna=False):
        _one_row_per_run(runs, by, key)
        interval = corrected_t_interval(runs[value].to_numpy(), *_pool(runs), confidence=confidence)
        rows.append(
            dict(zip(by, key, strict=True))
            | {"n_runs": len(runs), "n_seeds": runs["seed"].nunique(), "n_folds": runs["fold"].nunique()}
            | {"mean": interval.mean, "lower": interval.lower, "upper": interval.upper, "note": interval.note}
            | {"train_samples": runs["train_samples"].mean(), "naive_accuracy": runs["naive_accuracy"].mean()}
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
) -> pd.DataFrame:
    """Difference ``first`` minus ``second`` model in balanced accuracy, paired over (seed, fold).

    Args:
        fits: the results table.
        first: model name.
        second: model name it is compared with.
        by: one comparison per combination of these columns.
        fraction: share of the training samples; None takes the largest in the table.
        confidence: of the intervals (:func:`corrected_t_interval`), not adjusted for the number of comparisons.

    Returns:
        One row per combination: comparison ("models"), ``by``, first, second, fraction, n_pairs, n_unpaired (runs that
        only one of the two has), n_seeds, n_folds, first_mean, second_mean, difference, lower, upper, p_value,
        degrees_of_freedom, confidence, train_samples and validation_samples (means), note.

    Raises:
        InputError: a name or fraction not in the table, several rows per run, no pair at all.
    """
    return _compare(fits, "model", first, second, by=by, fraction=fraction, confidence=confidence)


def compare_conditions(
    fits: pd.DataFrame,
    first: str = "removed",
    second: str = "full",
    *,
    by: Sequence[str] = ("task", "model"),
    fraction: float | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Difference ``first`` minus ``second`` condition, per model; otherwise as :func:`compare_models`."""
    return _compare(fits, "condition", first, second, by=by, fraction=fraction, confidence=confidence)


def against_naive(
    fits: pd.DataFrame,
    *,
    by: Sequence[str] = ("task", "condition", "model"),
    fraction: float | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Balanced accuracy minus naive accuracy (1 / classes), with the columns of :func:`compare_models`."""
    fits = _checked(fits, [*by, *RUN, *_SIZES, "fraction", "balanced_accuracy", "naive_accuracy"])
    fits = _at_fraction(fits, fraction).dropna(subset=["balanced_accuracy"])
    rows = []
    for key, runs in fits.groupby(list(by), sort=False):
        _one_row_per_run(runs, by, key)
        pairs = runs.assign(left=runs["balanced_accuracy"], right=runs["naive_accuracy"])
        names = {"comparison": "naive", **dict(zip(by, key, strict=True)), "first": "balanced accuracy"}
        rows.append(_row(names | {"second": "naive"}, pairs, 0, confidence))
    if not rows:
        raise InputError("No finite balanced accuracy in the table; there is nothing to compare with the naive one.")
    return pd.DataFrame(rows)


def compare_scalings(
    fits: pd.DataFrame,
    first: str = "train",
    second: str = "all",
    *,
    by: Sequence[str] = ("task", "condition", "model"),
    fraction: float | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Difference between genes scaled on training samples and over all samples; otherwise as :func:`compare_models`."""
    return _compare(fits, "scale_on", first, second, by=by, fraction=fraction, confidence=confidence)


def over_tasks(fits: pd.DataFrame, tasks: Sequence[str], name: str) -> pd.DataFrame:
    """Average over tasks within each run, so that several tasks can be tested as one.

    The ten tissue pairs share donors: their results in one fold are not ten independent ones, so the runs have to
    stay the unit of the test.

    Args:
        fits: the results table.
        tasks: names of the tasks to average.
        name: what the average is called in the column ``task``.

    Returns:
        A table like ``fits`` with one row per (model, condition, split, seed, fold, fraction): means of every number
        column that is there, ``n_tasks``. Runs that lack one of the tasks are left out; ``attrs["incomplete_runs"]``
        counts them.

    Raises:
        InputError: an unknown or repeated task, or no run that has them all.
    """
    fits = _checked(fits, ["task", *RUN, "fraction", "balanced_accuracy"])
    tasks = list(tasks)
    if not tasks or len(set(tasks)) < len(tasks):
        raise InputError(f"over_tasks needs one or more different tasks; got {tasks}.")
    for task in tasks:
        if task not in set(fits["task"]):
            raise unknown("task", task, dict.fromkeys(fits["task"]))
    keys = [key for key in ("model", "condition", "split", *RUN, "fraction") if key in fits]
    chosen = fits[fits["task"].isin(tasks)].dropna(subset=["balanced_accuracy"])
    if chosen.duplicated(["task", *keys]).any():
        raise InputError(f"Several rows for one task, {', '.join(keys)}; a run must appear once. Remove the copies.")
    numbers = [column for column in chosen.select_dtypes("number") if column not in keys]
    grouped = chosen.groupby(keys, sort=False)
    means = grouped[numbers].mean().assign(n_tasks=grouped.size()).reset_index()
    complete = means[means["n_tasks"] == len(tasks)].reset_index(drop=True)
    if complete.empty:
        raise InputError(f"No run has results for all of {', '.join(tasks)}; average fewer tasks or run the rest.")
    complete.insert(0, "task", name)
    complete.attrs["incomplete_runs"] = len(means) - len(complete)
    return complete


def over_fractions(fits: pd.DataFrame) -> pd.DataFrame:
    """Average each run over its training-set sizes: the height of a learning curve as one number per run.

    Runs without a result at the largest size are left out; the average is over the sizes at which all others have one, so
    that every run is averaged over the same.

    Returns:
        A table like ``fits`` with one row per (task, model, condition, split, seed, fold): the mean balanced accuracy, and
        how many sizes it is over (``n_sizes``); the fraction and counts are those of the largest training set.

    Raises:
        InputError: a missing column, or several rows for one run and size.
    """
    fits = _checked(fits, [*RUN, *_SIZES, "fraction", "balanced_accuracy"]).dropna(subset=["balanced_accuracy"])
    keys = [key for key in ("task", "model", "condition", "split", *RUN) if key in fits]
    if fits.duplicated([*keys, "fraction"]).any():
        raise InputError(f"Several rows for one {', '.join(keys)} and fraction; a fit must appear once. Remove the copies.")
    largest = fits[fits["fraction"] == fits["fraction"].max()]
    runs = pd.MultiIndex.from_frame(largest[keys])
    fits = fits[pd.MultiIndex.from_frame(fits[keys]).isin(runs)]
    everybody = fits.groupby("fraction").size() == len(largest)
    kept = fits[fits["fraction"].map(everybody)]
    means = kept.groupby(keys, sort=False)["balanced_accuracy"].mean()
    return largest.assign(balanced_accuracy=means.loc[runs].to_numpy(), n_sizes=int(everybody.sum()))


def _compare(
    fits: pd.DataFrame,
    column: str,
    first: str,
    second: str,
    *,
    by: Sequence[str],
    fraction: float | None,
    confidence: float,
) -> pd.DataFrame:
    by = list(by)
    fits = _at_fraction(_checked(fits, [column, *by, *RUN, *_SIZES, "fraction", "balanced_accuracy"]), fraction)
    if column in by or first == second:
        raise InputError(f"Compare two different {column}s, and leave {column!r} out of by; got {first}, {second}, {by}.")
    for name in (first, second):
        if name not in set(fits[column]):
            raise unknown(column, name, dict.fromkeys(fits[column]))
    fits = fits[fits[column].isin([first, second])].dropna(subset=["balanced_accuracy"])
    rows = []
    for key, runs in fits.groupby(by, sort=False):
        sides = [runs[runs[column] == name] for name in (first, second)]
        for side in sides:
            _one_row_per_run(side, by, key)
        left, right = (side.set_index(RUN) for side in sides)
        shared = left.index.intersection(right.index, sort=False)
        pairs = left.loc[shared].assign(
            left=left.loc[shared, "balanced_accuracy"], right=right.loc[shared, "balanced_accuracy"]
        )
        names = {"comparison": _KINDS[column], **dict(zip(by, key, strict=True)), "first": first, "second": second}
        rows.append(_row(names, pairs.reset_index(), len(left) + len(right) - 2 * len(shared), confidence))
    table = pd.DataFrame(rows)
    if table.empty or not table["n_pairs"].any():
        raise InputError(f"No seed and fold has results for both {first} and {second}; run both on the same folds.")
    return table


def _row(names: dict[str, str], pairs: pd.DataFrame, n_unpaired: int, confidence: float) -> dict[str, object]:
    if len(pairs):
        interval = corrected_t_interval((pairs["left"] - pairs["right"]).to_numpy(), *_pool(pairs), confidence=confidence)
    else:
        interval = Interval(np.nan, np.nan, np.nan, np.nan, 0, "no run has both")
    return names | {
        "fraction": pairs["fraction"].max(),
        "n_pairs": len(pairs),
        "n_unpaired": n_unpaired,
        "n_seeds": pairs["seed"].nunique(),
        "n_folds": pairs["fold"].nunique(),
        "first_mean": pairs["left"].mean(),
        "second_mean": pairs["right"].mean(),
        "difference": interval.mean,
        "lower": interval.lower,
        "upper": interval.upper,
        "p_value": interval.p_value,
        "degrees_of_freedom": interval.degrees_of_freedom,
        "confidence": confidence,
        "train_samples": pairs["train_samples"].mean(),
        "validation_samples": pairs["validation_samples"].mean(),
        "note": interval.note,
    }


def _pool(runs: pd.DataFrame) -> tuple[float, float]:
    # The correction stands for the share of samples that validate. A cut training set makes runs overlap less, not
    # more, so the pool it was drawn from counts, or small fractions would get intervals of nonsensical width.
    # A transfer judges on another data set: what a fold leaves out of the pool is what counts, not what it judges on.
    left_out = runs["left_out_samples"] if "left_out_samples" in runs else runs["validation_samples"]
    return float((runs["train_samples"] / runs["fraction"]).mean()), float(left_out.mean())


def _checked(fits: pd.DataFrame, needed: Sequence[str]) -> pd.DataFrame:
    missing = [column for column in needed if column not in fits]
    if missing:
        raise InputError(f"The results table lacks column {listed(missing)}; it has {', '.join(map(str, fits))}.")
    if fits.empty:
        raise InputError("The results table is empty; run at least one fit first.")
    return fits


def _at_fraction(fits: pd.DataFrame, fraction: float | None) -> pd.DataFrame:
    wanted = fits["fraction"].max() if fraction is None else fraction
    chosen = fits[np.isclose(fits["fraction"].astype(float), wanted)]
    if chosen.empty:
        raise unknown("fraction", f"{wanted:g}", [f"{value:g}" for value in sorted(set(fits["fraction"]))])
    return chosen


def _one_row_per_run(runs: pd.DataFrame, by: Sequence[str], key: tuple) -> None:
    if runs.duplicated(RUN).any():
        varying = [column for column in _SETTLED if column in runs and column not in by and runs[column].nunique() > 1]
        advice = f"keep one {' and '.join(varying)} or add it to by" if varying else "remove the copies"
        where = ", ".join(map(str, key))
        raise InputError(f"Several rows for one seed and fold at {where}; {advice}.")

"""Averages within every run: over several tasks that are asked as one, and over training-set sizes."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from linear_signal.analysis.contrast_rows import RUN, SIZES, checked
from linear_signal.analysis.metrics import BALANCED_ACCURACY, Metric
from linear_signal.errors import InputError, unknown

# Columns of which no mean is taken: the poorest task counts, and a prediction is constant where it is in all of them.
_OTHERWISE = {"smallest_class_groups": "min", "predicted_classes": "max"}


def over_tasks(fits: pd.DataFrame, tasks: Sequence[str], name: str, *, metric: Metric = BALANCED_ACCURACY) -> pd.DataFrame:
    """Average over tasks within each run, so that several tasks can be tested as one.

    The ten tissue pairs share donors: their results in one fold are not ten independent ones, so the runs have to
    stay the unit of the test.

    Args:
        fits: the results table.
        tasks: names of the tasks to average.
        name: what the average is called in the column ``task``.
        metric: what every averaged result must have.

    Returns:
        A table like ``fits`` with one row per (model, signal, pretraining, split, seed, fold, fraction): means of every
        number column that is there, ``n_tasks``; smallest ``smallest_class_groups`` and largest ``predicted_classes``;
        shares of the tasks where training ended at the last epoch, failed, or chose a setting at the edge of its range.
        Runs that lack one of the tasks are left out; ``attrs["incomplete_runs"]`` counts them.

    Raises:
        InputError: an unknown or repeated task, or no run that has them all.
    """
    fits = checked(fits, ["task", *RUN, "fraction", metric.column])
    tasks = list(tasks)
    if not tasks or len(set(tasks)) < len(tasks):
        raise InputError(f"over_tasks needs one or more different tasks; got {tasks}.")
    for task in tasks:
        if task not in set(fits["task"]):
            raise unknown("task", task, dict.fromkeys(fits["task"]))
    keys = [key for key in ("model", "signal", "pretraining", "split", *RUN, "fraction") if key in fits]
    chosen = fits[fits["task"].isin(tasks)].dropna(subset=[metric.column])
    if chosen.duplicated(["task", *keys]).any():
        raise InputError(f"Several rows for one task, {', '.join(keys)}; a run must appear once. Remove the copies.")
    for column in ("ended_at_last_epoch", "failed_training"):
        if column in chosen:
            chosen = chosen.assign(**{column: chosen[column].astype("Float64")})
    if "at_edge" in chosen:
        chosen = chosen.assign(at_edge=(chosen["at_edge"] != "").astype(float))
    numbers = [column for column in chosen.select_dtypes("number") if column not in keys]
    grouped = chosen.groupby(keys, sort=False)
    taken = grouped[numbers].agg({column: _OTHERWISE.get(column, "mean") for column in numbers})
    means = taken.assign(n_tasks=grouped.size()).reset_index()
    complete = means[means["n_tasks"] == len(tasks)].reset_index(drop=True)
    if complete.empty:
        raise InputError(f"No run has results for all of {', '.join(tasks)}; average fewer tasks or run the rest.")
    complete.insert(0, "task", name)
    complete.attrs["incomplete_runs"] = len(means) - len(complete)
    return complete


def over_fractions(fits: pd.DataFrame, *, metric: Metric = BALANCED_ACCURACY) -> pd.DataFrame:
    """Average each run over its training-set sizes: the height of a learning curve as one number per run.

    Runs without a result at the largest size are left out; the average is over the sizes at which all others have one, so
    that every run is averaged over the same.

    Returns:
        A table like ``fits`` with one row per (task, model, signal, pretraining, split, seed, fold): the mean of the metric,
        and how many sizes it is over (``n_sizes``); the fraction and counts are those of the largest training set.

    Raises:
        InputError: a missing column, or several rows for one run and size.
    """
    fits = checked(fits, [*RUN, *SIZES, "fraction", metric.column]).dropna(subset=[metric.column])
    keys = [key for key in ("task", "model", "signal", "pretraining", "split", *RUN) if key in fits]
    if fits.duplicated([*keys, "fraction"]).any():
        raise InputError(f"Several rows for one {', '.join(keys)} and fraction; a fit must appear once. Remove the copies.")
    largest = fits[fits["fraction"] == fits["fraction"].max()]
    runs = pd.MultiIndex.from_frame(largest[keys])
    fits = fits[pd.MultiIndex.from_frame(fits[keys]).isin(runs)]
    everybody = fits.groupby("fraction").size() == len(largest)
    kept = fits[fits["fraction"].map(everybody)]
    means = kept.groupby(keys, sort=False)[metric.column].mean()
    return largest.assign(**{metric.column: means.loc[runs].to_numpy()}, n_sizes=int(everybody.sum()))

"""Comparisons of methods as rows that the rule book judges: paired by run, with an interval over runs and perturbations.

A run is a seed. In simulations every seed has data of its own, so the spread over seeds holds all there is to chance. On
genuine data runs are splits of the same perturbations, and the interval is that of a bootstrap over perturbations, in which
one that is judged by several runs has the same weight in all of them. What a training does by chance is in it as far as it
differs between perturbations; the few splits there are could not tell more.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy.special import ndtri

from linear_signal.analysis.metrics import Metric
from linear_signal.analysis.student_t import quantile

_LEVELS = (0.975, 0.95)
BOUNDS = ("lower", "upper", "level_lower", "level_upper")


def contrast(compared: str, left: pd.DataFrame, right: pd.DataFrame, metric: Metric, **names: object) -> pd.DataFrame:
    """Compare one method with another by a metric: one row, positive where the first is better.

    Args:
        compared: what is compared, in words.
        left, right: rows of fits, one a run, with ``seed``, ``data``, the metric's column and where they are known its
            draws.
        metric: which.
        **names: further columns of the row.

    Returns:
        The columns that :mod:`linear_signal.analysis.rules` looks at; no row where no run has both.
    """
    first, second = (_by_run(part, metric) for part in (left, right))
    runs = sorted(set(first.index) & set(second.index))
    if not runs:
        return pd.DataFrame()
    first, second = first.loc[runs], second.loc[runs]
    sign = 1.0 if metric.higher_is_better else -1.0
    each = sign * (first[metric.column] - second[metric.column]).to_numpy(dtype=float)
    by_draw, draws = np.zeros(1), f"draws_{metric.column}"
    if first["data"].nunique() == 1 and draws in first and first[draws].notna().all() and second[draws].notna().all():
        by_draw = sign * np.mean([np.subtract(*pair) for pair in zip(first[draws], second[draws], strict=True)], axis=0)
    return pd.DataFrame(
        [
            {
                "comparison": "paired",
                "compared": compared,
                "model": "left",
                "other_model": "right",
                **names,
                "difference": each.mean(),
                **bounds(each, by_draw),
                "first_mean": first[metric.column].mean(),
                "second_mean": second[metric.column].mean(),
                "n_pairs": len(runs),
                "margin": metric.level,
                "best": metric.best,
            }
        ]
    )


def bounds(each: np.ndarray, by_draw: np.ndarray) -> dict[str, float]:
    """Bounds of a mean over runs, 95 % and, for equivalence, 90 %.

    Args:
        each: a value per run; their spread counts where runs have data of their own (Student's t).
        by_draw: the mean in every draw of a bootstrap over perturbations, whose spread counts; a single value where there
            is none.
    """
    n = len(each)
    drawn = len(by_draw) > 1
    variance = np.nanvar(by_draw) if drawn else (each.var(ddof=1) / n if n > 1 else np.nan)
    if not variance > 0:
        return dict.fromkeys(BOUNDS, float("nan"))
    half = (ndtri(_LEVELS) if drawn else quantile(_LEVELS, n - 1)) * variance**0.5
    return dict(zip(BOUNDS, [each.mean() + sign * width for width in half for sign in (-1, 1)], strict=True))


def pooled(part: pd.DataFrame, column: str) -> tuple[float, np.ndarray]:
    """Pool the runs of one method: the mean of a metric, and its draws where runs share their data, else a single value.

    Where they share data every judged condition counts alike, as in the paper; otherwise every run does.
    """
    shared = part["data"].nunique() == 1
    weights = part["n_conditions"].to_numpy(dtype=float) if shared else None
    mean = float(np.average(part[column].to_numpy(dtype=float), weights=weights))
    draws = np.average(np.stack(list(part[f"draws_{column}"])), axis=0, weights=weights) if shared else np.full(1, mean)
    return mean, draws


def against(
    fits: pd.DataFrame, methods: Iterable[str], reference: str, metric: Metric, *, of: str, titles: dict[str, str]
) -> list[pd.DataFrame]:
    """Compare methods with one reference, within every data set: a row each."""
    rows = []
    if metric.column not in fits:
        return rows
    for dataset, part in fits.groupby("dataset", sort=False):
        for method in methods:
            left, right = (part[part["method"] == name] for name in (method, reference))
            if len(left) and len(right):
                said = f"{titles.get(method, method)} against {of} ({dataset.rpartition(',')[0] or dataset})"
                rows.append(contrast(said, left, right, metric))
    return [row for row in rows if len(row)]


def best_of(fits: pd.DataFrame, methods: Iterable[str], metric: Metric) -> str:
    """Name the method that is best on average over runs; empty where none of them was run."""
    means = fits[fits["method"].isin(list(methods))].groupby("method")[metric.column].mean().dropna()
    if means.empty:
        return ""
    return str(means.idxmax() if metric.higher_is_better else means.idxmin())


def _by_run(part: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    return part.dropna(subset=[metric.column]).drop_duplicates("seed").set_index("seed")

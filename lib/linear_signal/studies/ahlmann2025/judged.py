"""Comparisons of methods as rows that the rule book judges: paired by run, with an interval over runs and perturbations.

A run is a seed. In simulations every seed has data of its own, so the spread over seeds holds all there is to chance. On
genuine data runs are splits of the same perturbations: what other perturbations would have said is added from a bootstrap
over perturbations, in which one that is judged by several runs has the same weight in all of them.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy import stats

from linear_signal.analysis.metrics import Metric

_LEVELS = (0.975, 0.95)
_BOUNDS = ("lower", "upper", "level_lower", "level_upper")


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
    """Bounds of a mean over runs, 95 % and, for equivalence, 90 %: t with as many degrees of freedom as both parts allow.

    Args:
        each: a value per run.
        by_draw: the mean in every draw of a bootstrap over perturbations; a single value where runs have data of their own.
    """
    n = len(each)
    variance = (of_runs := each.var(ddof=1) / n if n > 1 else np.nan) + np.var(by_draw)
    if not variance > 0:
        return dict.fromkeys(_BOUNDS, float("nan"))
    # Satterthwaite 1946; the bootstrap counts as known.
    freedom = (n - 1) * (variance / of_runs) ** 2 if of_runs > 0 else np.inf
    half = [stats.t.ppf(level, min(freedom, 1e6)) * variance**0.5 for level in _LEVELS]
    return dict(zip(_BOUNDS, [each.mean() + sign * width for width in half for sign in (-1, 1)], strict=True))


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

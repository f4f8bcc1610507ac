"""How well a metric tells good predictions from bad ones, and scores set in relation to what can be reached."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from linear_signal.errors import InputError, unknown
from linear_signal.studies.ahlmann2025.metrics import BY_COLUMN, METRICS

_SAME = 1e-9


def calibrated(scores: pd.DataFrame, *, floor: str = "mean", ceiling: str = "repeat") -> pd.DataFrame:
    """Set mean scores in relation to an uninformative prediction and to the experiment done twice.

    ``calibrated`` is (model - floor) / (ceiling - floor): 0 is as good as the floor, 1 as the ceiling, whichever way the
    metric goes. A score without a value counts as what the metric's table says; where the ceiling is not ahead of the floor
    the metric tells nothing and there is no calibrated value.

    Args:
        scores: of :class:`~linear_signal.studies.ahlmann2025.evaluate.Evaluation`.
        floor, ceiling: methods among them.

    Returns:
        method, metric, value, floor, ceiling, calibrated.

    Raises:
        InputError: a method that is not there.

    Source: the score (u - b) / (r - b) of the Virtual Cell Challenge 2026; Miller et al. 2025.
    """
    means = _filled(scores).groupby("method", sort=False).mean()
    for name in (floor, ceiling):
        if name not in means.index:
            raise unknown("method", name, means.index)
    span = means.loc[ceiling] - means.loc[floor]
    ahead = pd.Series({name: BY_COLUMN[name].advantage(means.loc[ceiling, name], means.loc[floor, name]) for name in means})
    relative = (means - means.loc[floor]) / span.where(ahead > _SAME)
    long = {"value": means, "calibrated": relative}
    table = pd.concat({name: one.stack(future_stack=True) for name, one in long.items()}, axis=1)
    table = table.rename_axis(["method", "metric"]).reset_index()
    table["floor"], table["ceiling"] = (table["metric"].map(means.loc[name]) for name in (floor, ceiling))
    return table[["method", "metric", "value", "floor", "ceiling", "calibrated"]]


def dynamic_range(scores: pd.DataFrame, *, negative: str = "mean", positive: str = "repeat") -> pd.DataFrame:
    """Say of every metric how far a negative and a positive control lie apart.

    Returns:
        metric, fraction ((negative - positive) / (negative - perfect), from -1 to 1) and ``beats`` (share of the conditions
        in which the positive control is better than the negative one; a tie counts half).

    Raises:
        InputError: a method that is not there.

    Source: the dynamic range fraction and BDS of scPertEval 0.2.0; Miller et al. 2025.
    """
    for name in (negative, positive):
        if name not in set(scores["method"]):
            raise unknown("method", name, scores["method"].unique())
    filled = _filled(scores).assign(condition=scores["condition"]).set_index(["method", "condition"])
    bad, good = filled.loc[negative], filled.loc[positive].reindex(filled.loc[negative].index)
    rows = []
    for metric in (one for one in METRICS if one.column in filled):
        low, high = bad[metric.column], good[metric.column]
        to_perfect = low.mean() - metric.best
        fraction = (low.mean() - high.mean()) / to_perfect if abs(to_perfect) > _SAME else np.nan
        ahead = metric.advantage(high, low)
        beats = np.where(ahead.abs() <= _SAME, 0.5, ahead > 0).mean()
        rows.append({"metric": metric.column, "fraction": float(np.clip(fraction, -1, 1)), "beats": float(beats)})
    return pd.DataFrame(rows)


def interpolated_duplicate(duplicate: pd.DataFrame, mean: pd.Series, adjusted_p: pd.DataFrame) -> pd.DataFrame:
    """Predict by a duplicate where a gene is surely changed, and by the mean elsewhere.

    A plain duplicate is noisy in all genes that nothing happens to, and can be worse than the mean; this one is the positive
    control of a well-calibrated metric.

    Args:
        duplicate: the experiment done once more [conditions, genes].
        mean: mean of the training conditions by gene.
        adjusted_p: of differential expression [conditions, genes] (:func:`differential_p`).

    Source: Miller et al. 2025 (bioRxiv 2025.10.20.683304).
    """
    sure = 1 - adjusted_p.loc[duplicate.index, duplicate.columns]
    return duplicate * sure + mean[duplicate.columns] * (1 - sure)


def differential_p(
    means: pd.DataFrame, control: pd.Series, n_cells: pd.Series, *, n_control: int, spread: float | pd.Series
) -> pd.DataFrame:
    """Two-sided p values of differences from the control, adjusted within every condition (Benjamini & Hochberg).

    Args:
        means: conditions x genes.
        control: control mean by gene.
        n_cells: cells per condition.
        n_control: cells of the control.
        spread: standard deviation between cells, one for all genes or by gene.

    Raises:
        InputError: a condition or the control without a cell.
    """
    from scipy import stats

    cells = n_cells.reindex(means.index)
    if not (cells >= 1).all() or n_control < 1:
        raise InputError(
            "A test needs at least one cell in every condition and in the control; give n_cells of all of them."
        )
    by_gene = spread[means.columns].to_numpy() if isinstance(spread, pd.Series) else spread
    error = np.sqrt(1 / cells.to_numpy() + 1 / n_control)[:, None] * by_gene
    p = 2 * stats.norm.sf(np.abs((means - control[means.columns]).to_numpy()) / error)
    return pd.DataFrame(stats.false_discovery_control(p, axis=1), index=means.index, columns=means.columns)


def rank_table(scores: pd.DataFrame, *, methods: Sequence[str] | None = None) -> pd.DataFrame:
    """Rank methods under every metric, 1 the best: a row per method, a column per metric; equal ones share a rank."""
    means = _filled(scores).groupby("method", sort=False).mean()
    means = means if methods is None else means.loc[list(methods)]
    return pd.DataFrame(
        {name: means[name].round(9).rank(ascending=not BY_COLUMN[name].higher_is_better) for name in means},
        index=means.index,
    )


def _filled(scores: pd.DataFrame) -> pd.DataFrame:
    """Give scores without a value the one that stands for no information."""
    return scores.drop(columns="condition").fillna({metric.column: metric.without_value for metric in METRICS})

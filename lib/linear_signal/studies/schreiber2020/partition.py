"""The partition of Figure S3: loci grouped by the number of other cell types they are active in, models compared in groups.

Inside a group the average label is the same for all loci, and so is whatever a model remembers of it. What is left to win
there can only be won by looking at the cell type.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from linear_signal.analysis.average_precision import (
    average_precision,
    average_precision_by_group,
    bootstrap_weights,
    percentile_bounds,
)
from linear_signal.errors import InputError, unknown
from linear_signal.studies.schreiber2020.loci import LociTable
from linear_signal.studies.schreiber2020.schemes import Scheme


def activity_groups(table: LociTable, scheme: Scheme) -> np.ndarray:
    """Count for every judged locus in how many training and validation cell types it is active.

    The two ends, active nowhere and everywhere, count as groups here; the paper drops them (:func:`compare_in_groups`),
    which leaves 54 of the 56 that 55 cell types make.

    Returns:
        int64 [judged loci].

    Raises:
        InputError: the scheme learns from the target alone.

    Source: Schreiber et al. 2020, Fig. S3.
    """
    if scheme.name == "cross_chromosome":
        raise InputError("Scheme 'cross_chromosome' has no other cell types to count in. Take the groups of 'hybrid'.")
    columns = np.union1d(scheme.train.cell_types, scheme.tune.cell_types)
    return table.labels[np.ix_(scheme.judge.loci, columns)].sum(axis=1)


def group_precisions(models: Sequence[str], scores: np.ndarray, labels: np.ndarray, groups: np.ndarray) -> pd.DataFrame:
    """Average precision of every model inside every group that has loci of both classes.

    Args:
        models: names, one per row of ``scores``.
        scores: [models, loci].
        labels: bool [loci].
        groups: [loci].

    Returns:
        One row per group and model: group, n_loci, prevalence, model, average_precision.
    """
    found = average_precision_by_group(scores, labels, groups)
    kept = np.flatnonzero(found.has_both)
    return pd.DataFrame(
        {
            "group": np.repeat(found.groups[kept], len(models)),
            "n_loci": np.repeat(found.n_loci[kept], len(models)),
            "prevalence": np.repeat(found.prevalence[kept], len(models)),
            "model": np.tile(list(models), len(kept)),
            "average_precision": found.precision[:, kept].T.ravel(),
        }
    )


def compare_in_groups(
    inputs: Sequence[str],
    scores: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray,
    *,
    first: str = "signal",
    second: str = "sequence",
    n_other: int | None = None,
    n_draws: int = 200,
    confidence: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    """Ask in every group whether models of one input are ahead of those of another.

    The paper's test is a one-sided Mann-Whitney U over *models*: its p-value gets as small as one likes with the number of
    models that are trained, and cannot get below 1 / binomial(m + n, m). So the difference of the two medians stands beside
    it, with a percentile interval of a bootstrap over the *loci* of the group.

    Args:
        inputs: of the models, one per row of ``scores``.
        scores: [models, loci].
        labels: bool [loci].
        groups: int [loci], counts of other cell types (:func:`activity_groups`).
        first, second: the inputs to compare.
        n_other: how many other cell types there are: groups 0 and this one are dropped, as in the paper. None drops none.
        n_draws: of the bootstrap.
        confidence: of the intervals, each by itself.
        seed: of the bootstrap.

    Returns:
        One row per group with loci of both classes: group, n_loci, prevalence, first_median, second_median, p_value,
        minus_log10_p, difference, lower, upper.

    Raises:
        InputError: no model has one of the two inputs, or no group has loci of both classes.
    """
    named = np.array(inputs, dtype=str)
    for wanted in (first, second):
        if wanted not in named:
            raise unknown("input of the models", wanted, dict.fromkeys(named.tolist()))
    values = np.asarray(scores)
    found = average_precision_by_group(values, labels, groups)
    ends = () if n_other is None else (0, n_other)
    kept = np.flatnonzero(found.has_both & ~np.isin(found.groups, ends))
    if not len(kept):
        raise InputError(f"None of the {len(found.groups)} groups has loci of both classes; there is nothing to compare in.")
    rows = []
    for place in kept:
        inside = groups == found.groups[place]
        draws = bootstrap_weights(int(inside.sum()), n_draws, names=("partition", int(found.groups[place]), seed))
        drawn = average_precision(values[:, inside], labels[inside], weights=draws)
        of_first, of_second = (found.precision[named == one, place] for one in (first, second))
        differences = np.median(drawn[named == first], axis=0) - np.median(drawn[named == second], axis=0)
        lower, upper = map(float, percentile_bounds(differences, confidence))
        p_value = _greater(of_first, of_second)
        rows.append(
            {
                "group": found.groups[place],
                "n_loci": found.n_loci[place],
                "prevalence": found.prevalence[place],
                "first_median": np.median(of_first),
                "second_median": np.median(of_second),
                "p_value": p_value,
                "minus_log10_p": -np.log10(p_value),
                "difference": np.median(of_first) - np.median(of_second),
                "lower": lower,
                "upper": upper,
            }
        )
    return pd.DataFrame(rows)


def _greater(first: np.ndarray, second: np.ndarray) -> float:
    """One-sided p-value that the first are greater; 1 where all are the same, which leaves nothing to rank."""
    if np.ptp(np.concatenate([first, second])) == 0:
        return 1.0
    from scipy import stats  # takes longer to import than all else here

    return float(stats.mannwhitneyu(first, second, alternative="greater").pvalue)

"""Bootstrap of a mean that keeps together what belongs together: repeats of one condition, samples of one donor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from linear_signal.errors import InputError

_AT_ONCE = 5_000_000  # drawn numbers held in memory


class BootstrapMean(NamedTuple):
    """Means with their percentile intervals: a float each, or an array where there are several columns of values.

    Attributes:
        mean: of all values.
        lower, upper: percentile bounds; NaN with a single cluster.
        n_clusters: what was drawn from.
    """

    mean: float | np.ndarray
    lower: float | np.ndarray
    upper: float | np.ndarray
    n_clusters: int


def bootstrap_mean(
    values: Sequence[float] | np.ndarray,
    clusters: Sequence[object] | None = None,
    *,
    random: np.random.Generator,
    n_draws: int = 10_000,
    confidence: float = 0.95,
) -> BootstrapMean:
    """Percentile interval of a mean, drawing whole clusters with replacement.

    Args:
        values: finite, [values], or [values, columns] for the means of several columns by the same draws.
        clusters: what each value belongs to; None draws single values, which is right for independent ones only.
        random: generator.
        n_draws: how often.
        confidence: share of intervals meant to hold the true mean.

    Raises:
        InputError: no values, one that is not finite, another number of clusters, a confidence outside of 0 to 1.

    Source: Efron & Tibshirani 1993, An Introduction to the Bootstrap, chapters 8 and 13.

    >>> alike = bootstrap_mean([1.0, 1.0, 3.0, 3.0], ["a", "a", "b", "b"], random=np.random.default_rng(0))
    >>> alike.mean, alike.lower, alike.upper, alike.n_clusters
    (2.0, 1.0, 3.0, 2)
    """
    numbers = np.asarray(values, dtype=float)
    if numbers.ndim not in (1, 2) or not numbers.size or not np.isfinite(numbers).all():
        raise InputError(
            f"Values must be finite, at least one, in one or two dimensions; got shape {numbers.shape}, of which "
            f"{int((~np.isfinite(numbers)).sum())} are not finite."
        )
    if not 0 < confidence < 1 or n_draws < 1:
        raise InputError(f"confidence is {confidence}, n_draws {n_draws}; between 0 and 1, and at least 1.")
    codes = np.arange(len(numbers)) if clusters is None else pd.factorize(np.asarray(clusters, dtype=object))[0]
    if len(codes) != len(numbers) or codes.min() < 0:
        raise InputError(f"There are {len(numbers)} values and {len(codes)} clusters; each value needs one, none missing.")
    columns = numbers if numbers.ndim == 2 else numbers[:, None]
    n_clusters = int(codes.max()) + 1
    sums, sizes = np.zeros((n_clusters, columns.shape[1])), np.bincount(codes)
    np.add.at(sums, codes, columns)
    bounds = np.full((2, columns.shape[1]), np.nan)
    if n_clusters > 1:
        share, draws, step = np.full(n_clusters, 1 / n_clusters), [], max(1, _AT_ONCE // n_clusters)
        for start in range(0, n_draws, step):
            times = random.multinomial(n_clusters, share, size=min(step, n_draws - start))
            draws.append((times @ sums) / (times @ sizes)[:, None])
        tail = (1 - confidence) / 2
        bounds = np.quantile(np.concatenate(draws), [tail, 1 - tail], axis=0)
    found = (columns.mean(axis=0), *bounds)
    return BootstrapMean(*(found if numbers.ndim == 2 else (float(one[0]) for one in found)), n_clusters)

"""What is done to one company of samples: its means, spreads, single-gene distributions or covariances are set to a norm.

All take float64 values and return new ones. Those behind the first one take many companies of one size at a time.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

# Below this share of the largest variance a direction is empty, and stays so.
_EMPTY = 1e-9
_ROUNDS = 3


def centred(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Take the mean off, and give the differences between groups back the spread that went with it.

    ``(x - mean of its group) + sqrt(n / (n - 1)) * (mean of its group - mean)``. Of the variance between groups a mean takes
    the share 1 / n, where n is the number of groups, or of groups of one size that would weigh as much: one over the sum of
    squares of their shares of the samples. Of the variance within groups, which are many times as many samples, it takes
    next to nothing: to stretch that as well would write the sizes of groups into the data.

    Args:
        values: [samples, genes].
        groups: int64 [samples], as of a :class:`~linear_signal.data.companies.Company`; of two groups at least.
    """
    sizes = np.bincount(groups)
    shared = np.square(sizes / len(values)).sum()
    residuals = values - values.mean(axis=0)
    stretch = 1 / np.sqrt(1 - shared)
    if len(sizes) == len(values):
        return stretch * residuals
    of_groups = np.add.reduceat(residuals, np.cumsum(sizes) - sizes, axis=0) / sizes[:, None]
    return residuals + (stretch - 1) * of_groups[groups]


def standardised(values: np.ndarray) -> np.ndarray:
    """Bring every gene to mean 0 and variance 1: [companies, samples, genes]."""
    residuals = values - values.mean(axis=1, keepdims=True)
    return residuals / np.sqrt(np.square(residuals).mean(axis=1, keepdims=True))


def normal_scores(values: np.ndarray, inside: np.ndarray | float) -> np.ndarray:
    """Give every gene a normal distribution by the ranks of its values, then mean 0 and variance 1.

    Args:
        values: [companies, samples, genes] without ties.
        inside: place inside a value's own step of the distribution, from 0 to 1; where it is drawn uniformly, no step shows
            how many samples there are.
    """
    ranks = values.argsort(axis=1).argsort(axis=1)
    return standardised(ndtri(np.clip((ranks + inside) / values.shape[1], 1e-9, 1 - 1e-9)))


def whitened(values: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """Make all covariances within the span of ``axes`` those of uncorrelated coordinates, and drop what is outside.

    Coordinates on the axes are multiplied by the inverse square root of their covariance, which turns them least, and are
    brought back to genes, each with variance 1. Ranks in between keep single genes normal as far as that can be had with it.

    Args:
        values: [companies, samples, genes] of mean 0, with more samples than axes.
        axes: float64 [genes, components], orthonormal columns.
    """
    length = np.sqrt(np.square(axes).sum(axis=1))
    # A gene that no component has a part in is 0.
    there = length > 1e-6
    axes, back = axes[there], (axes[there] / length[there, None]).T
    coordinates = _uncorrelated(values[:, :, there] @ axes)
    for _ in range(_ROUNDS):
        coordinates = _uncorrelated(normal_scores(coordinates @ back, 0.5) @ axes)
    result = np.zeros_like(values)
    result[:, :, there] = coordinates @ back
    return result


def _uncorrelated(coordinates: np.ndarray) -> np.ndarray:
    variances, directions = np.linalg.eigh(coordinates.swapaxes(1, 2) @ coordinates / coordinates.shape[1])
    there = variances > _EMPTY * variances.max(axis=1, keepdims=True)
    scale = np.divide(1.0, np.sqrt(np.abs(variances)), out=np.zeros_like(variances), where=there)
    return coordinates @ ((directions * scale[:, None]) @ directions.swapaxes(1, 2))

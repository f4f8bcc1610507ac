"""What is done to one company of samples: its means, spreads, single-gene distributions or covariances are set to a norm.

All take float64 values of companies of one size, [companies, samples, genes], and return new ones.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

# Below this share of the largest variance a direction is empty, and stays so.
_EMPTY = 1e-9
_ROUNDS = 3


def centred(values: np.ndarray) -> np.ndarray:
    """Take the mean off, and give back the spread that went with it: ``sqrt(n / (n - 1)) * (x - mean)``.

    Of the variance of n samples of different groups their mean takes the share 1 / n.

    Args:
        values: [companies, samples, genes].
    """
    n = values.shape[1]
    return np.sqrt(n / (n - 1)) * (values - values.mean(axis=1, keepdims=True))


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

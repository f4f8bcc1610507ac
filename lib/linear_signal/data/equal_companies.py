"""What is done to one company of samples: its mean, spread, single-gene distributions or covariances are set to a norm.

All functions take the float64 values of a :class:`~linear_signal.data.companies.Company`, [samples, genes], and return new
ones. Sums over samples go by the company's weights: a mean is a mean of group means.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from linear_signal.data.companies import Company

# Below this share of the largest variance a direction is empty, and stays so.
_EMPTY = 1e-9
_ROUNDS = 3


def centred(values: np.ndarray, company: Company) -> np.ndarray:
    """Take the company's mean off, and make up for the spread that goes with it.

    ``(x - mean of its group) + sqrt(n / (n - 1)) * (mean of its group - mean of group means)`` with n groups: a mean over n
    groups takes one n-th of the variance between groups away, and nothing of the variance within.
    """
    stretch = np.sqrt(company.n_groups / (company.n_groups - 1))
    if company.groups is None:
        return stretch * (values - values.mean(axis=0))
    of_groups = np.zeros((company.n_groups, values.shape[1]))
    np.add.at(of_groups, company.groups, values * (company.weights * company.n_groups)[:, None])
    of_sample = of_groups[company.groups]
    return values - of_sample + stretch * (of_sample - of_groups.mean(axis=0))


def standardised(values: np.ndarray, company: Company) -> np.ndarray:
    """Bring every gene to mean 0 and variance 1; one that is constant stays 0."""
    result = values - company.weights @ values
    variance = company.weights @ np.square(result)
    result *= np.divide(1.0, np.sqrt(variance), out=np.zeros_like(variance), where=variance > 0)
    return result


def normal_scores(values: np.ndarray, company: Company, inside: np.ndarray | float) -> np.ndarray:
    """Give every gene a normal distribution by the ranks of its values, then mean 0 and variance 1.

    Args:
        values: without ties.
        company: whose weights are the widths of the steps of the distribution.
        inside: place inside a value's own step, from 0 to 1; drawn uniformly, no step shows how many samples there are.
    """
    order = np.argsort(values, axis=0, kind="stable")
    widths = company.weights[order]
    below = np.empty_like(widths)
    np.put_along_axis(below, order, np.cumsum(widths, axis=0) - widths, axis=0)
    shares = below + inside * company.weights[:, None]
    return standardised(ndtri(np.clip(shares, 1e-9, 1 - 1e-9)), company)


def whitened(values: np.ndarray, company: Company, axes: np.ndarray) -> np.ndarray:
    """Make all covariances within the span of ``axes`` those of uncorrelated coordinates, and drop what is outside.

    Coordinates on the axes are multiplied by the inverse square root of their covariance, which turns them least, and are
    brought back to genes, each with variance 1. Ranks in between keep single genes normal as far as that can be had with it.

    Args:
        values: of mean 0.
        company: with more samples than axes.
        axes: float64 [genes, components], orthonormal columns.
    """
    length = np.sqrt(np.square(axes).sum(axis=1))
    back = (axes * np.divide(1.0, length, out=np.zeros_like(length), where=length > 1e-6)[:, None]).T
    result = _uncorrelated(values @ axes, company) @ back
    for _ in range(_ROUNDS):
        result = _uncorrelated(normal_scores(result, company, 0.5) @ axes, company) @ back
    return result


def _uncorrelated(coordinates: np.ndarray, company: Company) -> np.ndarray:
    covariance = coordinates.T @ (coordinates * company.weights[:, None])
    variances, directions = np.linalg.eigh(covariance)
    there = variances > _EMPTY * variances.max()
    scale = np.divide(1.0, np.sqrt(np.abs(variances)), out=np.zeros_like(variances), where=there)
    return coordinates @ ((directions * scale) @ directions.T)

"""Ties broken at random: zeros, and any other value that several samples share, are told apart by nothing but chance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from linear_signal.seeds import generator

# Of a gene's spread; too small to change the order of values that differ.
_HAIR = 1e-6
_GENES_AT_ONCE = 512


def spread_zeros(values: np.ndarray, *, names: Sequence[str | int]) -> np.ndarray:
    """Spread the zeros of every gene out: its smallest value, where two samples or more share it.

    Each is replaced by that value plus a normal number, whose standard deviation is the lower quartile of how far the other
    samples lie above it: a value that was not measured could have been anything small. Nothing of it depends on classes.

    Args:
        values: [samples, genes]; its smallest values are the zeros, whatever the scale.
        names: what random numbers are derived from.

    Returns:
        A copy of the same dtype.
    """
    result = np.array(values)
    for start in range(0, values.shape[1], _GENES_AT_ONCE):
        some = result[:, start : start + _GENES_AT_ONCE]
        above = some - some.min(axis=0)
        zeros = above == 0
        zeros &= zeros.sum(axis=0) > 1
        if not zeros.any():
            continue
        above = np.where(zeros, np.nan, above)
        shared = np.flatnonzero(zeros.any(axis=0) & ~zeros.all(axis=0))
        deviation = np.zeros(some.shape[1])
        deviation[shared] = np.nanquantile(above[:, shared], 0.25, axis=0)
        noise = generator(*names, "zeros", start).standard_normal(some.shape)
        some += np.where(zeros, noise * deviation, 0).astype(values.dtype)
    return result


def broken_ties(values: np.ndarray, *, names: Sequence[str | int]) -> np.ndarray:
    """Add a hair of noise to every value, so that no two samples share one; float64 [samples, genes].

    Args:
        values: [samples, genes].
        names: what random numbers are derived from.
    """
    result = values.astype(np.float64)
    deviation = result.std(axis=0)
    noise = generator(*names, "ties").standard_normal(result.shape)
    return result + noise * np.where(deviation > 0, _HAIR * deviation, 1.0)

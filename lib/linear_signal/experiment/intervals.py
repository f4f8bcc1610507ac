"""The interval of a mean over runs whose training sets overlap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from linear_signal.errors import InputError


class Interval(NamedTuple):
    """Mean of the differences with its interval; ``note`` says what to know about it, empty for the usual case."""

    mean: float
    lower: float
    upper: float
    p_value: float
    degrees_of_freedom: int
    note: str


def corrected_t_interval(
    differences: Sequence[float], train_samples: float, validation_samples: float, *, confidence: float = 0.95
) -> Interval:
    """Interval and two-sided test of a mean difference over runs whose training sets overlap.

    The variance of the mean is taken as ``variance x (1/J + validation/train)`` in place of ``variance / J``, because
    runs that share training samples are not independent (Nadeau & Bengio 2003, Machine Learning 52:239-281, eq. 9).

    Args:
        differences: one per run [J], in the unit of the result.
        train_samples: samples available for training in one run (before any cut to a fraction).
        validation_samples: samples it was validated on; 0 gives the ordinary t interval.
        confidence: share of intervals meant to hold the true mean.

    Returns:
        The interval. One single run has none: bounds and p are nan and the note says so. Where all differences are
        equal the interval is that one value; p is then 1 for a difference of 0 and 0 otherwise, and the note says so.

    Raises:
        InputError: no differences, a value that is not finite, sizes or a confidence that make no sense.

    >>> corrected_t_interval([0.1, 0.2, 0.3], 100, 50).p_value.__round__(4)
    0.1598
    """
    values = np.asarray(differences, dtype=float)
    if values.ndim != 1 or not len(values) or not np.isfinite(values).all():
        raise InputError(f"Differences must be a non-empty list of finite numbers; got {differences!r}.")
    if not (train_samples > 0 and validation_samples >= 0):
        raise InputError(
            f"{train_samples} training and {validation_samples} validation samples; the first must be above zero, the "
            "second zero or more."
        )
    if not 0 < confidence < 1:
        raise InputError(f"confidence is {confidence}; it must lie between 0 and 1, for example 0.95.")
    runs, mean = len(values), float(values.mean())
    if runs == 1:
        return Interval(mean, np.nan, np.nan, np.nan, 0, "a single run: no interval")
    spread = float(values.std(ddof=1))
    if spread < 1e-12:  # rounding in the mean, not variation between runs
        mean = float(values[0])
        return Interval(mean, mean, mean, float(abs(mean) < 1e-12), runs - 1, "the same in every run")

    from scipy import stats

    error = spread * np.sqrt(1 / runs + validation_samples / train_samples)
    half = stats.t.ppf((1 + confidence) / 2, runs - 1) * error
    p_value = 2 * stats.t.sf(abs(mean) / error, runs - 1)
    return Interval(mean, float(mean - half), float(mean + half), float(p_value), runs - 1, "")

"""Intervals of means over runs whose training sets overlap, on a scale on which they stay where results can lie."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from linear_signal.analysis.student_t import quantile, upper_tail
from linear_signal.errors import InputError

SMALLEST_GROUPS = 25
"""Groups (donors, studies, samples where each is its own) that every class must have for an interval to be believed: five in
each of five folds. With fewer, more than 5 % of intervals lie on one side of the truth (``benchmarks/calibration.py``)."""

SAME = "the same in every run"
FEW = f"fewer than {SMALLEST_GROUPS} groups in a class: no interval"
SINGLE = "a single run: no interval"


class Interval(NamedTuple):
    """Mean over runs with its interval and standard error, all in the unit of the result.

    Attributes:
        mean: arithmetic mean over the runs.
        lower, upper: bounds at the confidence asked for; nan where there is no interval.
        p_value: two-sided test of the reference value.
        degrees_of_freedom: runs minus one; 0 for a single run.
        standard_error: of the mean, with the allowance for overlap; nan for a single run.
        level_lower, level_upper: the narrower bounds that two one-sided tests at half the error rate look at: 90 % where the
            confidence is 95 % (Schuirmann 1987, J Pharmacokinet Biopharm 15:657-680).
        note: what to know about it; empty for the usual case.
    """

    mean: float
    lower: float
    upper: float
    p_value: float
    degrees_of_freedom: float
    standard_error: float
    level_lower: float
    level_upper: float
    note: str


def corrected_interval(
    values: Sequence[float],
    train_samples: float,
    left_out_samples: float,
    *,
    within: tuple[float, float],
    reference: float = 0.0,
    confidence: float = 0.95,
    widen: float = 1.0,
) -> Interval:
    """Interval and two-sided test of a mean over runs whose training sets overlap.

    The variance of the mean is taken as ``variance x (1/J + left out/train)`` in place of ``variance / J``, because runs
    that share training samples are not independent (Nadeau & Bengio 2003, Machine Learning 52:239-281, eq. 9). The t
    interval is computed on the arcsine scale, ``arcsin`` of the result stretched to run from -1 to 1, and turned back: there
    the spread of shares depends little on their size (Anscombe 1948, Biometrika 35:246-254), and no bound can leave the
    range of the result.

    Args:
        values: one per run [J], in the unit of the result.
        train_samples: samples available for training in one run (before any cut to a fraction).
        left_out_samples: samples that one run leaves out of the pool; 0 gives the ordinary t interval.
        within: smallest and largest possible result; where one of them is infinite, the interval is the plain one.
        reference: value that the test asks about.
        confidence: share of intervals meant to hold the true mean.
        widen: factor by which the critical value of t is larger, where several intervals have to hold at once
            (:func:`~linear_signal.analysis.simultaneous.widening`).

    Returns:
        The interval. A single run has none, and neither have runs that all give the same value: their spread says nothing of
        what other samples would give. The note says which.

    Raises:
        InputError: no values, one that is not finite or not within, sizes or a confidence that make no sense.

    >>> interval = corrected_interval([0.9, 1.0, 1.0, 1.0, 1.0], 80, 20, within=(0, 1))
    >>> [round(one, 2) for one in (interval.mean, interval.lower, interval.upper)]
    [0.98, 0.89, 1.0]
    """
    runs = _checked(values, train_samples, left_out_samples, within, confidence)
    mean, none = float(runs.mean()), (np.nan,) * 2
    if len(runs) == 1:
        return Interval(mean, *none, np.nan, 0, np.nan, *none, SINGLE)
    if np.ptp(runs) < 1e-9:  # rounding, not variation between runs
        return Interval(float(runs[0]), *none, np.nan, len(runs) - 1, 0.0, *none, SAME)

    freedom, factor = len(runs) - 1, np.sqrt(1 / len(runs) + left_out_samples / train_samples)
    angles = _angle(runs, within)
    middle, error = float(angles.mean()), float(angles.std(ddof=1)) * factor
    bounds = []
    for share in ((1 + confidence) / 2, confidence):
        half = quantile(share, freedom) * error * widen
        bounds += [_value(middle - half, within), _value(middle + half, within)]
    statistic = abs(middle - float(_angle(np.array(reference), within))) / error / widen
    p_value = 2 * upper_tail(statistic, freedom)
    return Interval(mean, *bounds[:2], float(p_value), freedom, float(runs.std(ddof=1) * factor), *bounds[2:], "")


def interval_of_mean(
    mean: float,
    standard_error: float,
    degrees_of_freedom: float,
    *,
    within: tuple[float, float],
    confidence: float = 0.95,
    widen: float = 1.0,
) -> Interval:
    """Interval of a mean whose standard error is known, on the scale of :func:`corrected_interval` (delta method).

    Args:
        mean, standard_error: in the unit of the result; the error is above 0.
        degrees_of_freedom: of the standard error.
        within, confidence, widen: as there.
    """
    low, high = within
    if not np.isfinite([low, high]).all():
        return _unbounded(mean, standard_error, degrees_of_freedom, confidence, widen)
    stretched = (2 * mean - low - high) / (high - low)
    # At the very end of the range the slope of the scale is infinite; no mean with a spread lies there.
    error = 2 * standard_error / (high - low) / np.sqrt(max(1 - stretched**2, 1e-6))
    bounds = []
    for share in ((1 + confidence) / 2, confidence):
        half = quantile(share, degrees_of_freedom) * error * widen
        bounds += [_value(np.arcsin(stretched) - half, within), _value(np.arcsin(stretched) + half, within)]
    p_value = 2 * upper_tail(abs(np.arcsin(stretched) - _angle(np.array(0.0), within)) / error / widen, degrees_of_freedom)
    return Interval(mean, *bounds[:2], float(p_value), degrees_of_freedom, standard_error, *bounds[2:], "")


def _unbounded(mean: float, error: float, freedom: float, confidence: float, widen: float) -> Interval:
    halves = [quantile(share, freedom) * error * widen for share in ((1 + confidence) / 2, confidence)]
    bounds = [bound for half in halves for bound in (mean - half, mean + half)]
    p_value = float(2 * upper_tail(abs(mean) / error / widen, freedom))
    return Interval(mean, *bounds[:2], p_value, freedom, error, *bounds[2:], "")


def angles_of(values: np.ndarray, within: tuple[float, float]) -> np.ndarray:
    """Results on the scale on which intervals are computed, from -pi/2 to pi/2; without bounds as they are."""
    return _angle(np.asarray(values, dtype=float), within)


def _angle(values: np.ndarray, within: tuple[float, float]) -> np.ndarray:
    low, high = within
    if not np.isfinite([low, high]).all():
        return np.asarray(values, dtype=float)  # without bounds there is nothing to be kept inside of
    return np.arcsin(np.clip((2 * values - low - high) / (high - low), -1, 1))


def _value(angle: float, within: tuple[float, float]) -> float:
    low, high = within
    if not np.isfinite([low, high]).all():
        return float(angle)
    return float((np.sin(np.clip(angle, -np.pi / 2, np.pi / 2)) * (high - low) + low + high) / 2)


def _checked(
    values: Sequence[float], train: float, left_out: float, within: tuple[float, float], confidence: float
) -> np.ndarray:
    runs = np.asarray(values, dtype=float)
    if runs.ndim != 1 or not len(runs) or not np.isfinite(runs).all():
        raise InputError(f"Results must be a non-empty list of finite numbers; got {values!r}.")
    if runs.min() < within[0] - 1e-9 or runs.max() > within[1] + 1e-9:
        raise InputError(
            f"Results run from {runs.min():g} to {runs.max():g}; they can lie from {within[0]:g} to {within[1]:g}."
        )
    if not (train > 0 and left_out >= 0):
        raise InputError(
            f"{train} training samples and {left_out} left out; the first must be above zero, the second zero or more."
        )
    if not 0 < confidence < 1:
        raise InputError(f"confidence is {confidence}; it must lie between 0 and 1, for example 0.95.")
    return runs

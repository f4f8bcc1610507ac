"""What kept scores per class say of a fit beside its accuracy: average precision over the classes, and loss."""

from __future__ import annotations

import numpy as np

from linear_signal.analysis.average_precision import average_precision

# Scores are kept as float16: the probabilities of a sample add up to one within this.
_ROUNDING = 0.02


def average_precision_of_classes(scores: np.ndarray, classes: np.ndarray) -> float:
    """Average precision of telling a class from all others, as a mean over the classes that are there.

    What guessing gets is one over the number of these classes, as for balanced accuracy.

    Args:
        scores: [samples, classes], any number that is larger where a class is more likely.
        classes: int [samples], the true one's column; -1 where no column is its own.

    Returns:
        Between 0 and 1; NaN where a score is missing or infinite, or all samples are of one class.

    >>> average_precision_of_classes(np.array([[2.0, 1.0], [0.0, 1.0], [3.0, 2.0]]), np.array([0, 1, 1])).__round__(3)
    0.667
    """
    there = np.unique(classes[classes >= 0])
    if len(there) < 2 or not np.isfinite(scores).all():
        return float("nan")
    return float(np.mean([average_precision(scores[:, one].astype(np.float64), classes == one) for one in there]))


def cross_entropy(scores: np.ndarray, classes: np.ndarray) -> float:
    """Mean negative logarithm of the probability of the true class.

    Args:
        scores: [samples, classes], natural logarithms of probabilities.
        classes: int [samples], the true one's column; samples with -1 are left out.

    Returns:
        Zero or more; NaN where scores are no logarithms of probabilities (margins, say), or are missing.

    >>> cross_entropy(np.log([[0.5, 0.5], [0.1, 0.9]]), np.array([0, 1])).__round__(3)
    0.399
    """
    known = np.flatnonzero(classes >= 0)
    whole = np.exp(scores.astype(np.float64)).sum(axis=1)
    if not len(known) or not np.isfinite(scores).all() or np.abs(whole - 1).max() > _ROUNDING:
        return float("nan")
    return float(-scores[known, classes[known]].astype(np.float64).mean())

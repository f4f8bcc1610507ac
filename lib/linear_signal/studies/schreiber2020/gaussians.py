"""Two overlapping normal distributions in the plane (Fig. S2): a task on which a larger network cannot be better."""

from __future__ import annotations

import numpy as np
import scipy.special

from linear_signal.errors import InputError
from linear_signal.seeds import generator


def two_gaussians(
    n_samples: int, *, distance: float = 1.5, part: str = "train", seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Draw samples of two classes, N(0, I) and N(distance x (1, 1) / sqrt(2), I).

    Args:
        n_samples: both classes together; even.
        distance: between the means, in standard deviations. The paper does not say which it took.
        part: what they are for ("train", "tune", "judge"): other samples for each.
        seed: the same seed gives the same samples.

    Returns:
        Features, float32 [n_samples, 2], and labels, bool [n_samples], half of them true.

    Raises:
        InputError: an odd or too small number of samples.
    """
    if n_samples < 4 or n_samples % 2:
        raise InputError(f"n_samples is {n_samples}; it must be an even number of at least 4, for two equal halves.")
    labels = np.arange(n_samples) % 2 == 1
    features = generator("two gaussians", part, n_samples, seed).normal(size=(n_samples, 2))
    return (features + labels[:, None] * distance / np.sqrt(2)).astype(np.float32), labels


def best_average_precision(distance: float) -> float:
    """Average precision of the best score there is, the projection on the line between the means, for ever more samples.

    >>> round(best_average_precision(1.5), 3)
    0.854
    """
    at = np.linspace(-10, 10 + distance, 20_001)
    recall, false_alarms = scipy.special.ndtr(distance - at), scipy.special.ndtr(-at)
    precision = recall / (recall + false_alarms)
    return float(np.trapezoid(precision[::-1], recall[::-1]))

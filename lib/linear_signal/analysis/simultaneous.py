"""How much wider intervals must be so that all of several hold at once: the price of looking at the best one."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from linear_signal.analysis.student_t import quantile

_DRAWS = 40_000


def widening(angles: np.ndarray, *, confidence: float = 0.95) -> float:
    """Factor by which the critical value of t grows for the largest of several comparisons on the same runs (max-t).

    The largest of several t statistics that share runs is drawn from the multivariate t distribution with the correlation
    between the comparisons over the runs (Hothorn, Bretz & Westfall 2008, Biometrical Journal 50:346-363). Comparisons that
    move together cost little, independent ones about as much as Bonferroni's rule.

    Args:
        angles: float [runs, comparisons], on the scale of the intervals
            (:func:`~linear_signal.analysis.intervals.angles_of`), runs complete.
        confidence: with which all intervals hold at once.

    Returns:
        1 or more; 1 where there are fewer than two comparisons that vary, or fewer than two runs.

    >>> twins = np.random.default_rng(0).normal(size=(10, 1)) @ np.ones((1, 2))
    >>> round(widening(twins), 2)
    1.0
    """
    varied = angles[:, np.ptp(angles, axis=0) > 1e-9] if len(angles) > 1 else angles[:, :0]
    runs, several = varied.shape
    if several < 2:
        return 1.0
    centred = varied - varied.mean(axis=0)
    unit = centred / np.linalg.norm(centred, axis=0)
    normal, spread = _draws(runs)
    # Normal draws with the correlation of the comparisons, over one common estimate of spread.
    largest = np.abs(normal @ unit).max(axis=1) / spread
    return max(1.0, float(np.quantile(largest, confidence) / quantile((1 + confidence) / 2, runs - 1)))


@lru_cache(maxsize=1)  # comparisons of one table have the same runs
def _draws(runs: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)  # the same draws for everybody: a critical value is no random result
    return random.standard_normal((_DRAWS, runs)), np.sqrt(random.chisquare(runs - 1, _DRAWS) / (runs - 1))

"""Student's t: quantiles and tails, as ``scipy.stats.t`` gives them to the bit.

``scipy.stats`` takes more than a second to import and a tenth of a millisecond a call: every chapter would wait for the one,
and the thousands of intervals of a page for the other.
"""

from __future__ import annotations

import numpy as np
from scipy.special import stdtr, stdtrit


def quantile(share: float | np.ndarray, degrees_of_freedom: float) -> float | np.ndarray:
    """Value that t stays below with this probability; nan without degrees of freedom.

    >>> round(float(quantile(0.975, 4)), 3)
    2.776
    """
    return stdtrit(degrees_of_freedom, share)


def upper_tail(statistic: float | np.ndarray, degrees_of_freedom: float) -> float | np.ndarray:
    """Probability that t lies above a value; nan without degrees of freedom.

    >>> round(float(upper_tail(2.776, 4)), 3)
    0.025
    """
    return stdtr(degrees_of_freedom, -np.asarray(statistic))

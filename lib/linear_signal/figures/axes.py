"""Ticks and tick labels of axes: powers of ten, and few round values for narrow panels."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def powers_of_ten(values: Iterable[float]) -> list[str]:
    """Label a logarithmic axis.

    >>> powers_of_ten([1e-4, 1.0, 1e12])
    ['10⁻⁴', '1', '10¹²']
    """
    return ["1" if value == 1 else "10" + str(round(np.log10(value))).translate(_RAISED) for value in values]


def decades(values: Iterable[float], *, most: int = 5) -> list[float]:
    """Powers of ten over the range of the values, so few that their labels do not touch."""
    exponents = np.log10(np.asarray(list(values), dtype=float))
    low, high = int(np.floor(exponents.min())), int(np.ceil(exponents.max()))
    step = max(1, -(-(high - low + 1) // most))
    return [10.0**exponent for exponent in range(low, high + 1) if exponent % step == 0]


def few_breaks(limits: tuple[float, float]) -> list[float]:
    """About three round values for the axes of narrow panels, two of them at least inside: one alone tells no scale."""
    from mizani.breaks import breaks_extended

    for number in (3, 4, 5, 6):
        breaks = [one for one in breaks_extended(n=number)(limits) if limits[0] <= one <= limits[1]]
        if len(breaks) > 1:
            break
    return breaks

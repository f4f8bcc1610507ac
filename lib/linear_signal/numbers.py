"""How numbers are written for readers, in text, tables and figures alike: one rounding, real minus signs.

Accuracies have two decimals, chance levels and differences of accuracies three, so that 1/8 stays 0.125 and a lead of 0.004
can be seen. Halves are rounded away from zero, as readers do: 0.975 is 0.98 wherever it is written.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal

MINUS, TIMES, MISSING = "−", "×", "–"


def accuracy(value: float) -> str:
    """Write a balanced accuracy.

    >>> accuracy(0.975), accuracy(1), accuracy(float("nan"))
    ('0.98', '1.00', '–')
    """
    return _written(value, 2)


def chance(value: float) -> str:
    """Write what guessing gets: one of the classes present.

    >>> chance(1 / 8), chance(1 / 2)
    ('0.125', '0.500')
    """
    return _written(value, 3)


def difference(value: float, *, signed: bool = True) -> str:
    """Write a difference of balanced accuracies.

    Args:
        value: the difference; nothing is left of its sign where it rounds to zero.
        signed: whether a positive one gets its plus; sentences that say "ahead by" or "at least" want none.

    >>> difference(0.0344), difference(-0.12), difference(-0.0002), difference(0.0344, signed=False)
    ('+0.034', '−0.120', '0.000', '0.034')
    """
    return _written(value, 3, signed=signed)


def interval(lower: float, upper: float, *, of: Callable[[float], str] = accuracy) -> str:
    """Write the two ends of an interval, each as the number between them is written.

    Args:
        lower: lower end; an interval that is not known (NaN) is shown as such.
        upper: upper end.
        of: how the number is written that the interval belongs to.

    >>> interval(0.511, 0.528), interval(-0.0123, 0.08, of=difference), interval(float("nan"), float("nan"))
    ('0.51 to 0.53', '−0.012 to +0.080', '–')
    """
    return MISSING if math.isnan(lower) or math.isnan(upper) else f"{of(lower)} to {of(upper)}"


def share(value: float) -> str:
    """Write a share of 0 to 1 in per cent, near either end with a decimal; only none is 0 % and only all is 100 %.

    >>> share(0.95), share(0.333), share(0.013), share(0.996), share(0), share(1), share(0.9999)
    ('95 %', '33 %', '1.3 %', '99.6 %', '0 %', '100 %', 'over 99.9 %')
    """
    text = _written(100 * value, 0 if 0.1 <= value <= 0.9 else 1).removesuffix(".0")
    if text == "0" and value > 0:
        return "under 0.1 %"
    if text == "100" and value < 1:
        return "over 99.9 %"
    return f"{text} %" if text != MISSING else text


def _written(value: float, decimals: int, *, signed: bool = False) -> str:
    if math.isnan(value):
        return MISSING
    # Means of decimals are off by a rounding error of the machine (0.97499...98): taken off before a half is decided.
    exact = Decimal(repr(round(float(value), 9)))
    text = str(exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP))
    if float(text) == 0:
        return text.lstrip("-")
    return text.replace("-", MINUS) if text.startswith("-") or not signed else f"+{text}"

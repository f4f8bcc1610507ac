"""The rule book: what a comparison with its interval shows, by one set of rules for chapters, findings and figures.

Around chance, and around a difference of zero, lies one region of practical equivalence (:func:`margin`). Every rule looks
at the same row of :func:`~linear_signal.analysis.contrast_rows.contrast_table`:

- *superior*: the 95 % interval lies above zero and the mean above the region;
- *level* (at chance, alike): two one-sided tests at 5 % each place the mean inside the region, that is, the 90 % interval
  lies in it (Schuirmann 1987);
- *slightly superior*: the 95 % interval lies above zero, however small the difference: a paper's "slightly ahead";
- a rule is met, its opposite is met, or the comparison is inconclusive, with its cause.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import isnan
from typing import Any, NamedTuple

from linear_signal.analysis.intervals import SMALLEST_GROUPS
from linear_signal.analysis.metrics import BALANCED_ACCURACY

HOLDS, FAILS, OPEN, ABSENT = "holds", "does not hold", "inconclusive", "not run"

IMPRECISE = "too imprecise"
CEILING = "a tie at the ceiling"
MIXED = "mixed"
BELOW_RESOLUTION = "below resolution"
FEW_GROUPS = "too few groups"
SINGLE_RUN = "a single run"
NO_SPREAD = "the same in every run"

MARGIN = BALANCED_ACCURACY.level


class Judgement(NamedTuple):
    """A verdict (``HOLDS``, ``FAILS``, ``OPEN``) and, where it is open, its cause."""

    verdict: str
    cause: str = ""


Rule = Callable[[Mapping[str, Any]], Judgement]


def margin(chance: float = float("nan")) -> float:
    """Half width of the region of practical equivalence, in balanced accuracy.

    It is 0.05, or a quarter of chance where that is less (more than five classes). Around a difference of two models it
    is 0.05.

    >>> margin(0.5), margin(1 / 8), margin()
    (0.05, 0.03125, 0.05)
    """
    return BALANCED_ACCURACY.margin(chance)


def above(row: Mapping[str, Any]) -> Judgement:
    """Above chance, or ahead: superior. It does not hold where the mean is shown to lie below the region's upper end."""
    hindrance = _hindrance(row)
    if row.get("constant"):
        return Judgement(FAILS)
    if hindrance:
        return hindrance
    bound = _margin(row)
    if _round(row["lower"]) > 0 and _round(row["difference"]) > bound:
        return Judgement(HOLDS)
    if _round(row["level_upper"]) <= bound:
        return Judgement(FAILS)
    return Judgement(OPEN, _cause(row))


def slightly_above(row: Mapping[str, Any]) -> Judgement:
    """Slightly ahead: the interval lies above zero, by however little. It does not hold where it lies below.

    That two are level does not refute a slight lead; it is below what the run can resolve.
    """
    hindrance = _hindrance(row)
    if hindrance:
        return hindrance
    if _round(row["lower"]) > 0:
        return Judgement(HOLDS)
    if _round(row["upper"]) < 0:
        return Judgement(FAILS)
    return Judgement(OPEN, BELOW_RESOLUTION if level(row).verdict == HOLDS else IMPRECISE)


def level(row: Mapping[str, Any]) -> Judgement:
    """At chance, or alike: equivalent. It does not hold where the row is superior or inferior.

    A constant prediction is at chance by construction.
    """
    hindrance = _hindrance(row)
    if row.get("constant"):
        return Judgement(HOLDS)
    if hindrance:
        return hindrance
    bound = _margin(row)
    if -bound <= _round(row["level_lower"]) and _round(row["level_upper"]) <= bound:
        return Judgement(HOLDS)
    away_from_zero = _round(row["lower"]) > 0 or _round(row["upper"]) < 0
    return Judgement(FAILS) if away_from_zero and abs(row["difference"]) > bound else Judgement(OPEN, _cause(row))


def away(row: Mapping[str, Any]) -> Judgement:
    """Away from chance on whichever side: the opposite of :func:`level`."""
    judged = level(row)
    return Judgement({HOLDS: FAILS, FAILS: HOLDS, OPEN: OPEN}[judged.verdict], judged.cause)


def not_above(row: Mapping[str, Any]) -> Judgement:
    """Not above chance, or not ahead: the opposite of :func:`above`. Being behind is one way of it."""
    judged = above(row)
    return Judgement({HOLDS: FAILS, FAILS: HOLDS, OPEN: OPEN}[judged.verdict], judged.cause)


def near_one(row: Mapping[str, Any]) -> Judgement:
    """Near 1.0: shown, by a one-sided test at 5 %, to lie above 1 minus the region's half width (0.05)."""
    hindrance = _hindrance(row)
    if hindrance:
        return hindrance
    chance = row["second_mean"]
    if _round(chance + row["level_lower"]) >= 1 - MARGIN:
        return Judgement(HOLDS)
    return Judgement(FAILS) if _round(chance + row["level_upper"]) < 1 - MARGIN else Judgement(OPEN, IMPRECISE)


def overall(judgements: Iterable[Judgement]) -> Judgement:
    """Judge a claim about *every* one of several: it holds where it holds for each, and does not where it fails for one.

    >>> overall([Judgement(HOLDS), Judgement(OPEN, IMPRECISE)])
    Judgement(verdict='inconclusive', cause='mixed')
    """
    judgements = list(judgements)
    verdicts = {one.verdict for one in judgements}
    if not verdicts:
        return Judgement(ABSENT)
    if FAILS in verdicts:
        return Judgement(FAILS)
    if verdicts == {HOLDS}:
        return Judgement(HOLDS)
    causes = {one.cause for one in judgements if one.verdict == OPEN}
    return Judgement(OPEN, MIXED if HOLDS in verdicts or len(causes) > 1 else causes.pop())


def overall_of_some(judgements: Iterable[Judgement]) -> Judgement:
    """Judge a claim that *some* one of several exists: it holds where it holds for one, and does not where it fails for all.

    The rows must hold at once (``together``), since the one that does best is picked from them.
    """
    judgements = list(judgements)
    verdicts = {one.verdict for one in judgements}
    if not verdicts:
        return Judgement(ABSENT)
    if HOLDS in verdicts:
        return Judgement(HOLDS)
    if verdicts == {FAILS}:
        return Judgement(FAILS)
    causes = {one.cause for one in judgements if one.verdict == OPEN}
    return Judgement(OPEN, causes.pop() if len(causes) == 1 else MIXED)


def error_rate(n_comparisons: int, verdict: str, rule: Rule) -> float:
    """Largest rate at which a claim about every one of several comparisons is judged wrongly.

    A claim that holds needs every one of its comparisons, so its error is that of one: 2.5 % for a superiority, 5 % for an
    equivalence. A claim that fails needs one of them to be shown to be otherwise, so the errors add up.

    >>> round(error_rate(6, "does not hold", above), 3), error_rate(6, "holds", level)
    (0.3, 0.05)
    """
    superior, equivalent = 0.025, 0.05
    rates = {above: (superior, equivalent), away: (2 * superior, equivalent), slightly_above: (superior, superior)}
    rates[not_above] = (equivalent, superior)
    to_hold, to_fail = rates.get(rule, (equivalent, 2 * superior if rule is level else equivalent))
    return {HOLDS: to_hold, FAILS: min(1.0, n_comparisons * to_fail)}.get(verdict, float("nan"))


def _hindrance(row: Mapping[str, Any]) -> Judgement | None:
    """What keeps a row from being judged at all."""
    groups = row.get("smallest_class_groups", float("nan"))
    if row["n_pairs"] <= 1:
        return Judgement(OPEN, SINGLE_RUN)
    if groups < SMALLEST_GROUPS:  # false where the number is not known
        return Judgement(OPEN, FEW_GROUPS)
    best = row.get("best", BALANCED_ACCURACY.best)
    if row["comparison"] != "naive" and max(abs(row["first_mean"] - best), abs(row["second_mean"] - best)) < 1e-9:
        return Judgement(OPEN, CEILING)
    if isnan(row["lower"]):
        return Judgement(OPEN, NO_SPREAD)
    return None


def _margin(row: Mapping[str, Any]) -> float:
    if "margin" in row:
        return round(row["margin"], 9)
    return round(margin(row["second_mean"] if row["comparison"] == "naive" else float("nan")), 9)


def _cause(row: Mapping[str, Any]) -> str:
    """Say why a row that could be judged is open: something is there but small, or the interval is too wide to say."""
    return BELOW_RESOLUTION if row["lower"] > 0 or row["upper"] < 0 else IMPRECISE


def _round(value: float) -> float:
    # Where all runs agree, what is left of a subtraction must not count as above zero.
    return round(float(value), 9)

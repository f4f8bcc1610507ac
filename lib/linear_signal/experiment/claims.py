"""Claims about models, each judged by a stated rule on a 95 % interval: holds, does not hold, or cannot be told.

Every claim takes the fits of one task, picked out beforehand, and returns a tidy table with one row per model or per
comparison (``COLUMNS``). Accuracies are compared with the naive one; models and conditions are compared in pairs, run by
run; two kinds of splits share no runs and cannot be paired.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import isnan

import pandas as pd

from linear_signal.experiment.comparison import against_naive, compare_conditions, compare_models
from linear_signal.experiment.contrasts import compare_splits, family_difference
from linear_signal.names import model_family, ordered_models

HOLDS, FAILS, OPEN, ABSENT = "holds", "does not hold", "cannot be told", "not run"
# How far a mean may lie from guessing, from 1.0 or from another mean and still count as level with it. Its interval may
# reach twice as far: quick runs have wide ones, and a wider one than that says nothing. With many classes guessing gets
# little, and a margin must be small beside it.
LEVEL, SHARE_OF_NAIVE = 0.05, 0.25
COLUMNS = (
    *("model", "condition", "split", "other_model", "other_condition", "other_split"),
    *("estimate", "lower", "upper", "naive_accuracy", "n_runs", "verdict", "note"),
)
Rule = Callable[[float, float, float, float], str]


def above(difference: float, lower: float, upper: float, naive: float) -> str:
    """Above chance: the interval lies above the naive accuracy, and the mean is not level with it.

    It does not hold where the whole interval is below or level.

    >>> above(0.2, 0.1, 0.3, 0.5), above(0.02, 0.01, 0.03, 0.5), above(0.1, -0.1, 0.3, 0.5)
    ('holds', 'does not hold', 'cannot be told')
    """
    bound = _level(naive)
    return HOLDS if lower > 0 and difference > bound else FAILS if upper <= bound else OPEN


def level(difference: float, lower: float, upper: float, naive: float) -> str:
    """At chance, or level: the mean lies within ``LEVEL`` of it, and the whole interval within twice that.

    It does not hold where the mean is further away and the interval leaves it out. A quarter of what guessing gets is the
    bound where that is less than ``LEVEL`` (six classes or more). Nothing is both level and above or away.

    >>> level(0.01, -0.06, 0.08, 0.5), level(0.1, 0.05, 0.15, 0.5), level(0.0, -0.2, 0.2, 0.5)
    ('holds', 'does not hold', 'cannot be told')
    """
    bound = _level(naive)
    if abs(difference) <= bound:
        return HOLDS if -2 * bound <= lower and upper <= 2 * bound else OPEN
    return FAILS if lower > 0 or upper < 0 else OPEN


def away(difference: float, lower: float, upper: float, naive: float) -> str:
    """Away from chance, on whichever side: the interval leaves guessing out, and the mean is not level with it.

    It does not hold where the whole interval is level.

    >>> away(-0.2, -0.3, -0.1, 0.5), away(0.0, -0.02, 0.02, 0.5), away(0.05, -0.05, 0.15, 0.5)
    ('holds', 'does not hold', 'cannot be told')
    """
    bound = _level(naive)
    if (lower > 0 or upper < 0) and abs(difference) > bound:
        return HOLDS
    return FAILS if -bound <= lower and upper <= bound else OPEN


def alike(difference: float, lower: float, upper: float, naive: float) -> str:
    """Alike: the interval of the difference includes zero and stays within twice ``LEVEL``; left out, it does not hold.

    >>> alike(0.01, -0.03, 0.05, 0.5), alike(0.03, 0.01, 0.05, 0.5), alike(0.01, -0.2, 0.2, 0.5)
    ('holds', 'does not hold', 'cannot be told')
    """
    if lower > 0 or upper < 0:
        return FAILS
    return HOLDS if lower >= -2 * LEVEL and upper <= 2 * LEVEL else OPEN


def near_one(difference: float, lower: float, upper: float, naive: float) -> str:
    """Near 1.0: the mean is at least 1 - ``LEVEL``, and the whole interval above 1 minus twice that.

    It does not hold where the whole interval lies below 1 - ``LEVEL``.

    >>> near_one(0.47, 0.42, 0.52, 0.5), near_one(0.3, 0.2, 0.4, 0.5), near_one(0.45, 0.3, 0.6, 0.5)
    ('holds', 'does not hold', 'cannot be told')
    """
    mean, lowest, highest = (round(naive + one, 9) for one in (difference, lower, upper))
    if mean >= 1 - LEVEL:
        return HOLDS if lowest >= 1 - 2 * LEVEL else OPEN
    return FAILS if highest < 1 - LEVEL else OPEN


def ahead(difference: float, lower: float, upper: float, naive: float) -> str:
    """Ahead: the interval of the difference lies above zero; below, it does not hold.

    Where every run is a draw, as at the ceiling, nothing can be told.

    >>> ahead(0.01, 0.002, 0.02, 0.5), ahead(-0.01, -0.02, -0.002, 0.5), ahead(0.0, 0.0, 0.0, 0.5)
    ('holds', 'does not hold', 'cannot be told')
    """
    return HOLDS if lower > 0 else FAILS if upper < 0 else OPEN


def overall(verdicts: Iterable[str]) -> str:
    """Judge a claim about several models: it holds where it holds for each, and does not where it fails for one.

    >>> overall(["holds", "holds"]), overall(["holds", "cannot be told"]), overall(["does not hold", "holds"]), overall([])
    ('holds', 'cannot be told', 'does not hold', 'not run')
    """
    verdicts = set(verdicts)
    if not verdicts:
        return ABSENT
    return FAILS if FAILS in verdicts else HOLDS if verdicts == {HOLDS} else OPEN


def accuracies(fits: pd.DataFrame, rule: Rule, *, family: str = "") -> pd.DataFrame:
    """Judge the balanced accuracy of every model against the naive one.

    Args:
        fits: one task, condition and kind of split.
        rule: :func:`above`, :func:`level`, :func:`away` or :func:`near_one`.
        family: "linear" or "network"; empty takes both. Models of neither family take no part.
    """
    fits = _of(fits, family)
    if fits.empty:
        return _judged([], rule)
    table = against_naive(fits, by=["condition", "split", "model"])
    naive = table["second_mean"]
    bounds = {"lower": naive + table["lower"], "upper": naive + table["upper"]}
    return _judged([table.assign(estimate=table["first_mean"], **bounds)], rule, relative_to_naive=True)


def lead(fits: pd.DataFrame, pairs: Iterable[tuple[str, str]]) -> pd.DataFrame:
    """Judge whether the first model of each pair is ahead of the second on the same runs; pairs not run are left out."""
    return _judged([_difference(fits, *pair) for pair in _run(fits, pairs)], ahead)


def higher_condition(fits: pd.DataFrame, first: str, second: str, *, family: str = "") -> pd.DataFrame:
    """Judge for every model whether it is better under the first condition than under the second, on the same runs."""
    fits = _of(fits, family)
    if not {first, second} <= set(fits["condition"]):
        return _judged([], ahead)
    table = compare_conditions(fits, first, second, by=["model", "split"])
    sides = {"condition": first, "other_model": table["model"], "other_condition": second, "other_split": table["split"]}
    return _judged([table.assign(estimate=table["difference"], **sides)], ahead)


def higher_split(fits: pd.DataFrame, first: str = "sample", second: str = "group") -> pd.DataFrame:
    """Judge for every model whether it is better under the first kind of split; their runs differ and are not paired."""
    fits = _of(fits, "")
    if not {first, second} <= set(fits["split"]):
        return _judged([], ahead)
    table = compare_splits(fits, first, second, by=["condition", "model"])
    sides = {"split": first, "other_model": table["model"], "other_condition": table["condition"], "other_split": second}
    runs = table[["n_first", "n_second"]].min(axis=1)
    return _judged([table.assign(estimate=table["difference"], n_pairs=runs, **sides)], ahead)


def same_order(fits: pd.DataFrame, pairs: Iterable[tuple[str, str]]) -> pd.DataFrame:
    """Judge whether of each pair of models the same one is ahead in sample-wise as in study-wise splits.

    It holds where both intervals lie on the same side of zero, does not hold where they lie on opposite sides, and cannot
    be told where one of them includes it. A row is the sample-wise difference, its ``note`` the study-wise one.
    """
    parts = {split: fits[fits["split"] == split] for split in ("sample", "group")}
    rows = []
    for pair in pairs:
        if all(_run(part, [pair]) for part in parts.values()):
            sample, group = (_judged([_difference(part, *pair)], ahead) for part in parts.values())
            sides = [_side(table["lower"].iloc[0], table["upper"].iloc[0]) for table in (sample, group)]
            verdict = OPEN if 0 in sides else HOLDS if sides[0] == sides[1] else FAILS
            study_wise = group["estimate"].iloc[0], group["lower"].iloc[0], group["upper"].iloc[0]
            rows.append(sample.assign(verdict=verdict, note="by study {:+.3f} ({:+.3f} to {:+.3f})".format(*study_wise)))
    return pd.concat(rows, ignore_index=True) if rows else _judged([], ahead)


def same_gain(fits: pd.DataFrame, first: str, second: str) -> pd.DataFrame:
    """Judge whether networks gain as much from a change of condition as linear models do, averaged within every run."""
    runs = [_of(fits[fits["condition"] == condition], family) for condition in (first, second) for family in _FAMILIES]
    if any(part.empty for part in runs):
        return _judged([], alike)
    table = family_difference(fits, first, second)
    sides = {"model": "network", "other_model": "linear", "condition": first, "other_condition": second}
    splits = {"split": fits["split"].iloc[0], "other_split": fits["split"].iloc[0]}
    return _judged([table.assign(estimate=table["difference"], **sides, **splits)], alike)


_FAMILIES = ("network", "linear")


def _level(naive: float) -> float:
    return LEVEL if isnan(naive) else min(LEVEL, SHARE_OF_NAIVE * naive)


def _side(lower: float, upper: float) -> int:
    return 1 if lower > 0 else -1 if upper < 0 else 0


def _of(fits: pd.DataFrame, family: str) -> pd.DataFrame:
    """Cut to the models of a family, or of both, in the order in which the book lists them."""
    wanted = [family] if family else _FAMILIES
    order = [model for model in ordered_models(fits["model"]) if model_family(model) in wanted]
    kept = fits[fits["model"].isin(order)]
    return kept.sort_values("model", key=lambda names: names.map(order.index), kind="stable")


def _run(fits: pd.DataFrame, pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [pair for pair in pairs if set(pair) <= set(fits["model"])]


def _difference(fits: pd.DataFrame, first: str, second: str) -> pd.DataFrame:
    table = compare_models(fits, first, second, by=["condition", "split"])
    sides = {"model": first, "other_model": second, "other_condition": table["condition"], "other_split": table["split"]}
    return table.assign(estimate=table["difference"], **sides)


def _judged(tables: list[pd.DataFrame], rule: Rule, *, relative_to_naive: bool = False) -> pd.DataFrame:
    """Apply a rule to every row and keep ``COLUMNS``."""
    if not tables:
        return pd.DataFrame(columns=list(COLUMNS))
    table = pd.concat(tables, ignore_index=True).rename(columns={"n_pairs": "n_runs"})
    table["naive_accuracy"] = table["second_mean"] if relative_to_naive else float("nan")
    base = table["naive_accuracy"] if relative_to_naive else 0.0
    # Rounded: where all runs agree, what is left of a subtraction must not count as above zero.
    differences = zip(*((table[one] - base).round(9) for one in ("estimate", "lower", "upper")), strict=True)
    verdicts = [rule(*each, naive) for each, naive in zip(differences, table["naive_accuracy"], strict=True)]
    return table.assign(verdict=verdicts).reindex(columns=list(COLUMNS))

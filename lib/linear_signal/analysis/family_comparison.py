"""Linear models against networks: means of a family, and what can be said of the best of each on the same folds."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from linear_signal.analysis.comparison import compare_pairs
from linear_signal.analysis.contrasts import family_difference
from linear_signal.analysis.rules import CEILING, HOLDS, MARGIN, OPEN, Judgement, above, level, overall
from linear_signal.analysis.verdict import interval_of, rests_on, turned, upper_first, verdict
from linear_signal.errors import InputError
from linear_signal.models.titles import family_phrase, listed_models, model_family, model_phrase
from linear_signal.numbers import accuracy, difference

NOT_BOTH = "This run did not have both linear models and networks."


def family_mean(fits: pd.DataFrame, signal: str, family: str) -> str:
    """Mean balanced accuracy of a family at the largest training set, as text; "not run" where there is none of it.

    Args:
        fits: the results table of one task.
        signal: "full", "removed", ...
        family: "linear" or "network".
    """
    chosen = _largest(fits, signal, family)
    return accuracy(chosen.balanced_accuracy.mean()) if len(chosen) else "not run"


def family_gains(fits: pd.DataFrame) -> str:
    """Say in a sentence whether networks gain more from pretraining than linear models, on the same folds.

    Args:
        fits: the results table of one task, with and without pretraining.
    """
    if not {"linear", "network"} <= set(fits["model"].map(model_family)):
        return NOT_BOTH
    return verdict(family_difference(fits))


def contest(fits: pd.DataFrame, signal: str = "full") -> str:
    """Say in a sentence whether some network is ahead of every linear model on the same folds, or the other way round.

    Nothing is picked before it is tested: the intervals of all pairs of a network and a linear model hold at once.

    Args:
        fits: the results table of one task.
        signal: "full", "removed", ...
    """
    table = _pairs(fits, signal)
    if table.empty:
        return NOT_BOTH
    rows = table.to_dict("records")
    if {_judged(row).cause for row in rows} == {CEILING}:
        names = listed_models([*dict.fromkeys(table["second"]), *dict.fromkeys(table["first"])])
        return f"A tie at the ceiling: {names} are right about every sample in {rests_on(rows[0])}, so nothing ranks them."
    for side, other, sign in (("first", "second", 1), ("second", "first", -1)):
        best = _ahead_of_all(table, side, sign)
        if best is not None:
            row = best.iloc[(sign * best["difference"]).argmin()]
            family = family_phrase("linear" if side == "first" else "network")
            return (
                f"{upper_first(model_phrase(row[side]))} is ahead of all {family}, of the closest "
                f"({model_phrase(row[other])}) by {difference(abs(row['difference']), signed=False)} "
                f"({interval_of(row, turned=sign < 0)}), over {rests_on(row)}."
            )
    judged = overall([level(row) for row in rows])
    if judged.verdict == HOLDS:
        return f"Networks and linear models are level within {MARGIN:g} in every pair, over {rests_on(rows[0])}."
    largest = table.loc[table["difference"].abs().idxmax()]
    seen = table["resolution"].max()
    could = f"; a true difference of {difference(seen, signed=False)} would have been seen" if seen > 0 else ""
    cause = overall([_judged(row) for row in rows]).cause or judged.cause
    return (
        f"Which family is ahead is inconclusive ({cause}): the largest of {len(table)} differences is "
        f"{difference(largest['difference'])} ({interval_of(largest)}), {model_phrase(largest['first'])} minus "
        f"{model_phrase(largest['second'])}, over {rests_on(largest)}{could}."
    )


def who_is_ahead(fits: pd.DataFrame, signal: str = "full") -> str:
    """Say the same in two or three words: which family is ahead, a tie, or inconclusive; empty where one was not run."""
    table = _pairs(fits, signal)
    if table.empty:
        return ""
    rows = table.to_dict("records")
    if {_judged(row).cause for row in rows} == {CEILING}:
        return CEILING
    for side, family, sign in (("first", "network", 1), ("second", "linear", -1)):
        if _ahead_of_all(table, side, sign) is not None:
            return f"{family_phrase(family)} ahead"
    judged = overall([level(row) for row in rows])
    return "level" if judged.verdict == HOLDS else f"{OPEN} who is ahead"


def networks_against_linear(questions: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Compare every network with the best linear model, which is named once per question and signal.

    The best one is picked from the same folds, so the intervals of all pairs of a network and a linear model hold at once.

    Args:
        questions: results table of one task each, by the task's name.

    Returns:
        Rows of :func:`~linear_signal.analysis.comparison.compare_pairs`; none where one family was not run.
    """
    kept = []
    for fits in questions.values():
        for signal in dict.fromkeys(fits["signal"]):
            table = _pairs(fits, signal)
            if len(table):
                kept.append(table[table["second"] == table.loc[table["second_mean"].idxmax(), "second"]])
    return pd.concat(kept, ignore_index=True) if kept else pd.DataFrame()


def _pairs(fits: pd.DataFrame, signal: str) -> pd.DataFrame:
    fits = fits[fits["signal"] == signal]
    networks, linear = (
        [model for model in dict.fromkeys(fits["model"]) if model_family(model) == family]
        for family in ("network", "linear")
    )
    pairs = [(network, rival) for network in networks for rival in linear]
    table = compare_pairs(fits, pairs, together=True) if pairs else pd.DataFrame()
    return table[table["n_pairs"] > 0] if len(table) else table


def _ahead_of_all(table: pd.DataFrame, side: str, sign: int) -> pd.DataFrame | None:
    """Find the rows of the model that is ahead in all of its pairs, of several that with the highest mean."""
    ahead = [
        rows
        for _, rows in table.groupby(side, sort=False)
        if all(_judged(row, sign).verdict == HOLDS for row in rows.to_dict("records"))
    ]
    return max(ahead, key=lambda rows: rows[f"{side}_mean"].iloc[0]) if ahead else None


def _judged(row: Mapping[str, object], sign: int = 1) -> Judgement:
    return above(row if sign > 0 else turned(row))


def _largest(fits: pd.DataFrame, signal: str, family: str) -> pd.DataFrame:
    if fits.task.nunique() > 1:
        raise InputError(f"One task at a time; the table has {', '.join(dict.fromkeys(fits.task))}.")
    of_family = fits.model.map(model_family) == family
    return fits[(fits.signal == signal) & of_family & (fits.fraction == fits.fraction.max())]

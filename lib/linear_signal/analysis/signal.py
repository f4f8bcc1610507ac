"""Whether a task has linear signal, and whether classes differ in more than the means of single genes."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from linear_signal.analysis.comparison import against_naive, compare_pairs
from linear_signal.analysis.contrast_rows import at_fraction
from linear_signal.analysis.metrics import BALANCED_ACCURACY_ON_REMOVED
from linear_signal.analysis.rules import (
    ABSENT,
    FEW_GROUPS,
    HOLDS,
    OPEN,
    SINGLE_RUN,
    Judgement,
    above,
    margin,
    overall_of_some,
)
from linear_signal.errors import unknown
from linear_signal.models.titles import model_family, ordered_models

NO_NON_LINEAR = "no model but linear ones was run with the linear signal removed"
NO_LINEAR_CHECK = "no linear model was run as a check"
LINEAR_ABOVE = "a linear model does as well"
CHECK_ABOVE = "a linear model trained with full signal does as well after removal"
WRITTEN = "more than any model reaches with full signal, so that the removal itself has written the label into the data"

_CHECK = ", trained with full signal"
_FULL = ", with full signal"


@dataclass(frozen=True, eq=False, kw_only=True)
class Signal:
    """What a table says about one task.

    Attributes:
        task: its name.
        linear: whether some linear model is above chance with full signal.
        linear_models: the linear models with full signal, one row each, intervals holding at once.
        non_linear: whether some other model is above chance and above every linear model after removal.
        candidates: all models that are not linear after removal, one row each, intervals holding at once, with
            ``verdict`` and ``cause``.
        rivals: the linear models after removal, one row each.
        check: linear models trained with full signal, judged after removal, one row each: the check that can fail.
    """

    task: str
    linear: Judgement
    linear_models: pd.DataFrame
    non_linear: Judgement
    candidates: pd.DataFrame
    rivals: pd.DataFrame
    check: pd.DataFrame


def judge_signal(
    fits: pd.DataFrame, task: str, *, removed: str = "removed", fraction: float | None = None, confidence: float = 0.95
) -> Signal:
    """Judge a task's signal.

    *Linear signal*: with full signal some linear model is above chance (:func:`~linear_signal.analysis.rules.above`), its
    interval being one of several that hold at once.

    *Non-linear signal*: after removal some model that is not linear (a network, a probe, a classifier given by import path)
    is above chance by the same rule, and on the same folds ahead of every linear model. Models are not picked first and
    tested afterwards: the intervals of all that could have been picked hold at once (max-t). To be ahead of *every* linear
    model needs no further allowance, as all these comparisons have to succeed.

    The *check* is a linear model trained with full signal and judged on validation samples after removal. A linear model
    trained after removal says nothing: all class means agree, so its optimum is to use no gene at all. The check counts
    among the linear models that have to be beaten. It can be above chance where the removal left something linear, and a
    little so where classes differ in spread, which moves shares of a class over a plane.

    *Written by the removal*: removing class means adds nothing to what a sample says of its class, but the class takes part
    in it, and exact zeros, for one, move with the mean of their class. Where a model is ahead, after removal, of every model
    with full signal, models read that, and none is evidence.

    Args:
        fits: the results table.
        task: the task asked about.
        removed: the signal that stands for removal.
        fraction: share of the training samples; None takes the largest in the table.
        confidence: of the intervals.

    Raises:
        InputError: an unknown task.
    """
    if task not in set(fits["task"]):
        raise unknown("task", task, dict.fromkeys(fits["task"]))
    fits = at_fraction(fits[fits["task"] == task], fraction)
    family = fits["model"].map(model_family)
    is_full, is_removed = fits["signal"] == "full", fits["signal"] == removed
    linear_models = _above_chance(fits[is_full & (family == "linear")], confidence, together=True)
    rivals = _above_chance(fits[is_removed & (family == "linear")], confidence)
    candidates = _above_chance(fits[is_removed & (family != "linear")], confidence, together=True)
    check = _check(fits[is_full & (family == "linear")], confidence)
    non_linear = Judgement(ABSENT, NO_NON_LINEAR)
    if len(candidates):
        everything = _with_checks(fits[is_removed], fits[is_full & (family == "linear")])
        candidates = candidates.assign(**_judged(everything, candidates, rivals, check, confidence))
        if _is_written(fits[is_removed], fits[is_full], candidates, confidence):
            candidates.loc[candidates["verdict"] == HOLDS, ["verdict", "cause"]] = [OPEN, WRITTEN]
        non_linear = overall_of_some(Judgement(*one) for one in candidates[["verdict", "cause"]].to_numpy())
    return Signal(
        task=task,
        linear=overall_of_some(_verdicts(linear_models)),
        linear_models=linear_models,
        non_linear=non_linear,
        candidates=candidates,
        rivals=rivals,
        check=check,
    )


def _above_chance(fits: pd.DataFrame, confidence: float, *, together: bool = False) -> pd.DataFrame:
    """Compare every model with chance, in the order of the book; none where nothing was run."""
    fits = fits.dropna(subset=["balanced_accuracy"])
    if fits.empty:
        return pd.DataFrame()
    table = against_naive(fits, by=["task", "signal", "model"], confidence=confidence, together=together)
    return table.sort_values("model", key=lambda names: names.map(ordered_models(names).index), ignore_index=True)


def _check(fits: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Judge the linear models that were trained with full signal on what removal left."""
    if "balanced_accuracy_on_removed" not in fits or fits["balanced_accuracy_on_removed"].isna().all():
        return pd.DataFrame()
    # How many classes it names was counted with full signal, and says nothing of its answers after removal.
    fits = fits.drop(columns="predicted_classes", errors="ignore")
    return against_naive(fits, confidence=confidence, metric=BALANCED_ACCURACY_ON_REMOVED)


def _judged(
    fits: pd.DataFrame, candidates: pd.DataFrame, rivals: pd.DataFrame, check: pd.DataFrame, confidence: float
) -> dict[str, list[str]]:
    judgements = _verdicts(candidates)
    if rivals.empty and check.empty:
        judgements = [one if one.verdict != HOLDS else Judgement(OPEN, NO_LINEAR_CHECK) for one in judgements]
    elif HOLDS in {one.verdict for one in judgements}:
        behind = _behind(fits, candidates, confidence)
        judgements = [
            Judgement(OPEN, behind[model]) if one.verdict == HOLDS and model in behind else one
            for model, one in zip(candidates["model"], judgements, strict=True)
        ]
    return {"verdict": [one.verdict for one in judgements], "cause": [one.cause for one in judgements]}


def _behind(fits: pd.DataFrame, candidates: pd.DataFrame, confidence: float) -> dict[str, str]:
    """Find the candidates that some linear model, or a check, is not shown to be behind, and which of the two it is."""
    linear = [model for model in dict.fromkeys(fits["model"]) if model_family(model.removesuffix(_CHECK)) == "linear"]
    pairs = [(model, rival) for model in candidates["model"] for rival in linear]
    leads = compare_pairs(fits, pairs, confidence=confidence, together=True)
    behind: dict[str, str] = {}
    for row in leads.to_dict("records"):
        if not row["lower"] > 0:
            cause = CHECK_ABOVE if row["second"].endswith(_CHECK) else LINEAR_ABOVE
            behind[row["first"]] = LINEAR_ABOVE if LINEAR_ABOVE in (cause, behind.get(row["first"])) else cause
    return behind


def _is_written(removed: pd.DataFrame, full: pd.DataFrame, candidates: pd.DataFrame, confidence: float) -> bool:
    """Find out whether a candidate is clearly ahead of every model with full signal, on the same folds."""
    found = candidates.loc[candidates["verdict"] == HOLDS, "model"]
    if found.empty or full.empty:
        return False
    beside = full.assign(model=full["model"] + _FULL, signal=removed["signal"].iloc[0])
    pairs = [(model, other) for model in found for other in beside["model"].unique()]
    leads = compare_pairs(pd.concat([removed, beside], ignore_index=True), pairs, confidence=confidence, together=True)
    ahead = (leads["lower"] > 0) & (leads["difference"] > margin())
    return any(ahead[leads["first"] == model].all() for model in found)


def _with_checks(removed: pd.DataFrame, full: pd.DataFrame) -> pd.DataFrame:
    """Put the checks among the fits after removal, as models of their own."""
    if "balanced_accuracy_on_removed" not in full:
        return removed
    checks = full.dropna(subset=["balanced_accuracy_on_removed"])
    checks = checks.assign(model=checks["model"] + _CHECK, signal=removed["signal"].iloc[0])
    return pd.concat([removed, checks.assign(balanced_accuracy=checks["balanced_accuracy_on_removed"])], ignore_index=True)


def _verdicts(table: pd.DataFrame) -> list[Judgement]:
    return [above(row) for row in table.to_dict("records")]


def cannot_be_judged(signal: Signal) -> str:
    """Say in one phrase what keeps a task from being judged at all; empty where it can be.

    >>> import pandas as pd
    >>> none = pd.DataFrame()
    >>> asked = {"task": "t", "linear": Judgement(ABSENT), "linear_models": none, "rivals": none, "check": none}
    >>> cannot_be_judged(Signal(non_linear=Judgement(OPEN, SINGLE_RUN), candidates=none, **asked))
    'a single run'
    """
    blocking = (SINGLE_RUN, FEW_GROUPS, NO_LINEAR_CHECK, CHECK_ABOVE, LINEAR_ABOVE)
    return signal.non_linear.cause if signal.non_linear.verdict == OPEN and signal.non_linear.cause in blocking else ""

"""Claims about models, each judged by the rule book: tables with one row per model or per comparison.

Every claim takes the fits of one task, picked out beforehand, and returns ``COLUMNS``. Accuracies are compared with chance;
models, signals and pretraining are compared in pairs, run by run; two kinds of splits share no runs and cannot be paired.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from linear_signal.analysis.comparison import against_naive, compare_pairs, compare_pretraining, compare_signals
from linear_signal.analysis.contrasts import compare_splits, family_difference
from linear_signal.analysis.metrics import BALANCED_ACCURACY, Metric
from linear_signal.analysis.rules import (
    FAILS,
    HOLDS,
    MIXED,
    OPEN,
    Judgement,
    Rule,
    above,
    error_rate,
    level,
    overall,
    overall_of_some,
    slightly_above,
)
from linear_signal.analysis.signal import judge_signal
from linear_signal.models.titles import model_family, ordered_models
from linear_signal.numbers import difference, interval

COLUMNS = (
    *("model", "signal", "pretraining", "split"),
    *("other_model", "other_signal", "other_pretraining", "other_split"),
    *("estimate", "lower", "upper", "naive_accuracy", "n_runs", "resolution", "adjusted_for"),
    *("smallest_class_groups", "constant", "verdict", "cause", "note", "compared"),
)


@dataclass(frozen=True, eq=False, kw_only=True)
class Claim:
    """A judged claim.

    Attributes:
        rows: one row per model or comparison (``COLUMNS``).
        judgement: of the claim as a whole.
        error_rate: largest rate of wrong verdicts of this kind (:func:`~linear_signal.analysis.rules.error_rate`).
    """

    rows: pd.DataFrame
    judgement: Judgement
    error_rate: float


def accuracies(fits: pd.DataFrame, rule: Rule, *, family: str = "", metric: Metric = BALANCED_ACCURACY) -> Claim:
    """Judge every model against chance.

    Args:
        fits: one task, signal and kind of split.
        rule: ``above``, ``level``, ``away`` or ``near_one`` of :mod:`~linear_signal.analysis.rules`.
        family: "linear" or "network"; empty takes both. Models of neither family take no part.
        metric: one with a level of chance.
    """
    fits = _of(fits, family)
    if fits.empty or metric.column not in fits or fits[metric.column].isna().all():
        return every_row([], rule)
    if metric is not BALANCED_ACCURACY:
        # How many classes a model names was counted on the other samples.
        fits = fits.drop(columns="predicted_classes", errors="ignore")
    return every_row([against_naive(fits, by=["signal", "pretraining", "split", "model"], metric=metric)], rule)


def non_linear_signal(fits: pd.DataFrame, *, removed: str = "removed") -> Claim:
    """Judge whether there is non-linear signal: some model that is not linear is above chance and above every linear one.

    The rows are all such models with intervals that hold at once, since the claim is about the best of them
    (:func:`~linear_signal.analysis.signal.judge_signal`).

    Args:
        fits: one task and kind of split.
        removed: the signal that stands for removal.
    """
    if fits.empty:
        return every_row([], above)
    signal = judge_signal(fits, fits["task"].iloc[0], removed=removed)
    if signal.candidates.empty:
        return every_row([], above)
    candidates = signal.candidates.assign(**{name: fits[name].iloc[0] for name in ("pretraining", "split")})
    rows = _rows(candidates, [Judgement(*one) for one in candidates[["verdict", "cause"]].to_numpy()])
    found = signal.non_linear.verdict == HOLDS
    # The intervals hold at once at 5 %, two-sided: a false "there is" needs one of them to lie too high.
    return Claim(rows=rows, judgement=signal.non_linear, error_rate=0.025 if found else float("nan"))


def lead(fits: pd.DataFrame, pairs: Iterable[tuple[str, str]], *, rule: Rule = above) -> Claim:
    """Judge whether the first model of each pair is ahead of the second on the same runs; pairs not run are left out."""
    pairs = _run(fits, pairs)
    return every_row([_differences(fits, pairs)] if pairs else [], rule)


def some_lead(fits: pd.DataFrame, families: Iterable[str], over: str) -> Claim:
    """Judge whether some model of these families is ahead of every model of the family ``over`` on the same runs.

    The rows are all pairs, with intervals that hold at once, since the claim is about the best of them.
    """
    models = ordered_models(fits["model"])
    ahead, behind = ([model for model in models if model_family(model) in wanted] for wanted in (tuple(families), (over,)))
    if not ahead or not behind:
        return every_row([], above)
    table = _differences(fits, [(one, other) for one in ahead for other in behind], together=True)
    judgements = [above(row) for row in table.to_dict("records")]
    of_models = table["model"].tolist()
    judged = overall_of_some(
        overall(each for each, model in zip(judgements, of_models, strict=True) if model == one) for one in ahead
    )
    # The intervals hold at once at 5 %, two-sided: a false lead needs one of them to lie too high.
    found = judged.verdict == HOLDS
    return Claim(rows=_rows(table, judgements), judgement=judged, error_rate=0.025 if found else float("nan"))


def higher_signal(fits: pd.DataFrame, first: str, second: str, *, family: str = "", rule: Rule = above) -> Claim:
    """Judge for every model whether it is better with the first signal than with the second, on the same runs."""
    fits = _of(fits, family)
    if not {first, second} <= set(fits["signal"]):
        return every_row([], rule)
    table = compare_signals(fits, first, second, by=["model", "pretraining", "split"])
    return every_row([_same_but(table, "signal", first, second)], rule)


def higher_pretraining(
    fits: pd.DataFrame, first: str = "pretrained", second: str = "none", *, family: str = "", rule: Rule = above
) -> Claim:
    """Judge for every model whether it is better with pretraining than without, on the same runs."""
    fits = _of(fits, family)
    if not {first, second} <= set(fits["pretraining"]):
        return every_row([], rule)
    table = compare_pretraining(fits, first, second, by=["model", "signal", "split"])
    return every_row([_same_but(table, "pretraining", first, second)], rule)


def higher_split(fits: pd.DataFrame, first: str = "sample", second: str = "group") -> Claim:
    """Judge for every model whether it is better under the first kind of split; their runs differ and are not paired."""
    fits = _of(fits, "")
    if not {first, second} <= set(fits["split"]):
        return every_row([], above)
    table = compare_splits(fits, first, second, by=["signal", "pretraining", "model"])
    return every_row([_same_but(table, "split", first, second)], above)


def same_order(fits: pd.DataFrame, pairs: Iterable[tuple[str, str]]) -> Claim:
    """Judge whether of each pair of models the same one is ahead in sample-wise as in splits by group.

    It holds where the same one is slightly ahead in both, does not hold where one is ahead here and the other there, and is
    inconclusive where nobody is ahead in one of them. A row is the sample-wise difference, its ``note`` that by group.
    """
    parts = {split: fits[fits["split"] == split] for split in ("sample", "group")}
    tables, judgements = [], []
    for pair in pairs:
        if all(_run(part, [pair]) for part in parts.values()):
            sample, group = (_differences(part, [pair]).iloc[[0]] for part in parts.values())
            judgements.append(_same_side(sample.iloc[0], group.iloc[0]))
            row = group.iloc[0]
            bounds = interval(row["lower"], row["upper"], of=difference)
            tables.append(sample.assign(note=f"by group {difference(row['difference'])} ({bounds})"))
    if not tables:
        return every_row([], above)
    rows = _rows(pd.concat(tables, ignore_index=True), judgements)
    judged = overall(judgements)
    return Claim(rows=rows, judgement=judged, error_rate=error_rate(2 * len(rows), judged.verdict, slightly_above))


def same_gain(fits: pd.DataFrame, first: str = "pretrained", second: str = "none") -> Claim:
    """Judge whether networks gain as much from pretraining as linear models do, averaged within every run."""
    runs = [_of(fits[fits["pretraining"] == name], family) for name in (first, second) for family in _FAMILIES]
    if any(part.empty for part in runs):
        return every_row([], level)
    table = family_difference(fits, first, second)
    same = {name: fits[name].iloc[0] for name in ("signal", "split")}
    table = _same_but(table.assign(model="network", **same), "pretraining", first, second)
    return every_row([table.assign(other_model="linear")], level)


def every_row(tables: list[pd.DataFrame], rule: Rule) -> Claim:
    """Judge a claim about every row of tables of comparisons, such as those of ``against_naive``.

    Rows that are not about models of the catalogue say what they are about in a column ``compared``.
    """
    if not tables:
        return Claim(rows=pd.DataFrame(columns=list(COLUMNS)), judgement=overall([]), error_rate=float("nan"))
    table = pd.concat(tables, ignore_index=True)
    judgements = [rule(row) for row in table.to_dict("records")]
    judged = overall(judgements)
    return Claim(rows=_rows(table, judgements), judgement=judged, error_rate=error_rate(len(table), judged.verdict, rule))


_FAMILIES = ("network", "linear")


def _same_side(sample: pd.Series, group: pd.Series) -> Judgement:
    here, there = (slightly_above(row) for row in (sample, group))
    open_ones = {one.cause for one in (here, there) if one.verdict == OPEN}
    if open_ones:
        return Judgement(OPEN, open_ones.pop() if len(open_ones) == 1 else MIXED)
    return Judgement(HOLDS if here.verdict == there.verdict else FAILS)


def _of(fits: pd.DataFrame, family: str) -> pd.DataFrame:
    """Cut to the models of a family, or of both, in the order in which the book lists them."""
    wanted = [family] if family else _FAMILIES
    order = [model for model in ordered_models(fits["model"]) if model_family(model) in wanted]
    kept = fits[fits["model"].isin(order)]
    return kept.sort_values("model", key=lambda names: names.map(order.index), kind="stable")


def _run(fits: pd.DataFrame, pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [pair for pair in pairs if set(pair) <= set(fits["model"])]


_SIDE = ("model", "signal", "pretraining", "split")


def _same_but(table: pd.DataFrame, changed: str, first: object, second: object) -> pd.DataFrame:
    """Name both sides of every comparison, which are the same but for what is changed."""
    table = table.assign(**{changed: first})
    return table.assign(**{f"other_{name}": second if name == changed else table[name] for name in _SIDE})


def _differences(fits: pd.DataFrame, pairs: list[tuple[str, str]], *, together: bool = False) -> pd.DataFrame:
    table = compare_pairs(fits, pairs, by=["signal", "pretraining", "split"], together=together)
    return _same_but(table, "model", table["first"], table["second"])


def _rows(table: pd.DataFrame, judgements: list[Judgement]) -> pd.DataFrame:
    """Keep ``COLUMNS``; accuracies are shown as such, not as their distance from chance."""
    naive = table["second_mean"].where(table["comparison"] == "naive")
    shown = {"estimate": table["difference"], "lower": table["lower"], "upper": table["upper"]}
    shown = {name: column + naive.fillna(0.0) for name, column in shown.items()}
    judged = {"verdict": [one.verdict for one in judgements], "cause": [one.cause for one in judgements]}
    table = table.rename(columns={"n_pairs": "n_runs"})
    return table.assign(naive_accuracy=naive, **shown, **judged).reindex(columns=list(COLUMNS))

"""The answer of a chapter as rows: a question, what either family reached on both sides, and what that shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from linear_signal.analysis.claims import Claim
from linear_signal.analysis.contrast_rows import at_fraction
from linear_signal.analysis.family_comparison import who_is_ahead
from linear_signal.analysis.rules import ABSENT, FAILS, HOLDS, OPEN, above, level
from linear_signal.analysis.signal import Signal, judge_signal
from linear_signal.analysis.training_state import training_warnings
from linear_signal.analysis.verdict import turned, upper_first
from linear_signal.models.catalogue import FAMILIES
from linear_signal.models.titles import listed_models, model_family, model_title
from linear_signal.numbers import accuracy, chance, difference, interval, share

NOTHING = "not run"
_SAYS = {HOLDS: "holds", FAILS: "does not hold", OPEN: OPEN, ABSENT: NOTHING}
_SHORT = {"linear": "linear", "network": "networks", "trees": "trees", "probe": "probes", "other": "others"}


@dataclass(frozen=True, kw_only=True)
class AnswerRow:
    """One row of the table that a chapter begins with.

    Attributes:
        question: what is asked, in a few words.
        cells: what was reached, a text per column; line breaks stay.
        so: what that shows; line breaks stay.
        why: what it rests on, in small print.
        doubts: what of the training or the design casts doubt on it.
    """

    question: str
    cells: tuple[str, ...]
    so: str
    why: str = ""
    doubts: tuple[str, ...] = ()


def signal_rows(questions: Mapping[str, pd.DataFrame], *, signals: Sequence[str] = ("full", "removed")) -> list[AnswerRow]:
    """Ask of every table which family is ahead with full signal, and whether there is non-linear signal, by the rule book.

    Args:
        questions: fits of one task each, by the name of the question.
        signals: the columns; ``removed`` must be among them.

    Returns:
        A row per question, with the warnings of the training of its fits.
    """
    rows = []
    for name, fits in questions.items():
        task = fits["task"].iloc[0]
        signal = judge_signal(fits, task)
        left, why = _verdict(signal)
        ahead = who_is_ahead(fits)
        shown = at_fraction(fits[fits["signal"].isin(list(signals))], None)
        level_of_chance = shown["naive_accuracy"].mean()
        rows.append(
            AnswerRow(
                question=f"{upper_first(name)} (chance {chance(level_of_chance)})",
                cells=tuple(reached(fits, one) for one in signals),
                so=f"Full: {ahead}\nRemoved: {left}" if ahead else left,
                why=why,
                doubts=tuple(training_warnings(shown)),
            )
        )
    return rows


def contrast_rows(comparisons: pd.DataFrame, fits: pd.DataFrame) -> list[AnswerRow]:
    """Lay out a comparison of every model with itself: both means, and whether the difference counts.

    Args:
        comparisons: a row per model, such as of ``compare_splits`` or ``compare_pretraining``.
        fits: what they were made from, for the warnings of the training.
    """
    rows = []
    for row in comparisons.to_dict("records"):
        judged = {HOLDS: "higher", FAILS: ""}.get(above(row).verdict, "")
        judged = judged or ("lower" if above(turned(row)).verdict == HOLDS else "")
        judged = judged or ("level" if level(row).verdict == HOLDS else OPEN)
        bounds = "" if pd.isna(row["lower"]) else f" ({interval(row['lower'], row['upper'], of=difference)})"
        rows.append(
            AnswerRow(
                question=model_title(row["model"]),
                cells=(accuracy(row["second_mean"]), accuracy(row["first_mean"])),
                so=judged,
                why=f"{difference(row['difference'])}{bounds}",
                doubts=tuple(training_warnings(at_fraction(fits[fits["model"] == row["model"]], None))),
            )
        )
    return rows


def finding_row(says: str, claim: Claim) -> AnswerRow:
    """Lay out a finding of a study: what was said, what this run has to say to it, and the verdict.

    Args:
        says: what was found before, in a sentence.
        claim: as judged on the run.
    """
    judged = claim.judgement
    return AnswerRow(question=says, cells=(_estimates(claim.rows),), so=_SAYS[judged.verdict], why=judged.cause or "")


def _estimates(rows: pd.DataFrame) -> str:
    """Write the number of a claim with its interval, and of several the least and the largest."""
    if not len(rows):
        return NOTHING
    shares = not isinstance(rows["other_model"].iloc[0], str)
    write = share if shares else difference
    if len(rows) == 1:
        row = rows.iloc[0]
        bounds = "" if pd.isna(row["lower"]) else f" ({interval(row['lower'], row['upper'], of=write)})"
        return f"{write(row['estimate'])}{bounds}"
    return f"{write(rows['estimate'].min())} to {write(rows['estimate'].max())}, least and largest of {len(rows)}"


def reached(fits: pd.DataFrame, signal: str) -> str:
    """Say what every family reached at the largest training set, a line each: the range of its models' means.

    Args:
        fits: of one task.
        signal: such as "full".
    """
    chosen = fits[fits["signal"] == signal].dropna(subset=["balanced_accuracy"])
    if chosen.empty:
        return NOTHING
    means = at_fraction(chosen, None).groupby("model")["balanced_accuracy"].mean()
    families = {name: list(means[[model_family(model) == name for model in means.index]]) for name in FAMILIES}
    return "\n".join(f"{_SHORT[name]} {span(values)}" for name, values in families.items() if values)


def span(values: Iterable[float]) -> str:
    """Write the range of some accuracies, and a single one where they are written alike.

    >>> span([0.5, 0.521]), span([1.0, 0.999])
    ('0.50 to 0.52', '1.00')
    """
    low, high = accuracy(min(values)), accuracy(max(values))
    return low if low == high else f"{low} to {high}"


def _verdict(signal: Signal) -> tuple[str, str]:
    judged = signal.non_linear
    linear = {HOLDS: "there is linear signal", ABSENT: ""}.get(signal.linear.verdict, "no linear signal found")
    if judged.verdict == HOLDS:
        found = signal.candidates[signal.candidates["verdict"] == HOLDS]
        names = listed_models(found["model"])
        return "non-linear signal", f"by {names}; {linear}" if linear else f"by {names}"
    words = {FAILS: "no non-linear signal found", ABSENT: "not asked of non-linear signal"}
    return words.get(judged.verdict, OPEN), "; ".join(filter(None, [judged.cause, linear]))

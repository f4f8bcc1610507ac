"""What chapters 85 and 86 say first: every finding as a sentence, with the numbers of the run and the verdict."""

from __future__ import annotations

import pandas as pd

from linear_signal.analysis.answer_rows import AnswerRow, finding_row
from linear_signal.analysis.claims import Claim, every_row
from linear_signal.analysis.finding import Finding
from linear_signal.analysis.rules import ABSENT, FAILS, HOLDS, OPEN, level
from linear_signal.numbers import accuracy, difference, interval, share
from linear_signal.studies.ahlmann2025.findings import FINDINGS
from linear_signal.studies.ahlmann2025.titles import LINEAR, NETWORK, REPEAT, method_title

_WORDS = {
    HOLDS: "That holds here",
    FAILS: "That does not hold here",
    OPEN: "That is inconclusive here",
    ABSENT: "That was not run here",
}

_MAIN = "doubles like Norman's"  # what is not said again in every sentence


def answers(fits: pd.DataFrame, chapter: str) -> dict[str, str]:
    """Judge every finding of a chapter on the results of its run: ``answer_1`` and so on, a sentence or two each.

    Args:
        fits: of all plans of the chapter.
        chapter: by name.
    """
    asked = [finding for finding in FINDINGS if finding.chapter == chapter]
    return {f"answer_{number}": answer(finding, fits) for number, finding in enumerate(asked, start=1)}


def answer_rows(fits: pd.DataFrame, chapter: str) -> list[AnswerRow]:
    """Judge the same findings for the table that the chapter begins with: a row each."""
    return [finding_row(finding.says, _claim(finding, fits)) for finding in FINDINGS if finding.chapter == chapter]


def best_errors(fits: pd.DataFrame) -> dict[str, str]:
    """Name the best linear model and the best network, with their mean L2 distances, and those of floor and ceiling.

    Args:
        fits: of one data set.
    """
    means = fits.groupby(["family", "method"])["l2"].mean()
    found = {}
    for family in (LINEAR, NETWORK):
        there = means[family] if family in means.index.get_level_values("family") else None
        found[f"best_{family}"] = "none was run" if there is None else _small(method_title(str(there.idxmin())))
        found[f"best_{family}_l2"] = accuracy(float("nan") if there is None else there.min())
    by_method = fits.groupby("method")["l2"].mean()
    return found | {f"{name}_l2": accuracy(by_method.get(name, float("nan"))) for name in (REPEAT, "no_change", "mean")}


def answer(finding: Finding, fits: pd.DataFrame) -> str:
    """Say what a finding claims, and what the run has to say to it."""
    claim = _claim(finding, fits)
    cause = f" ({claim.judgement.cause})" if claim.judgement.cause else ""
    numbers = _numbers(claim.rows)
    return f"{finding.says} {_WORDS[claim.judgement.verdict]}{cause}{': ' + numbers if numbers else ''}."


def _claim(finding: Finding, fits: pd.DataFrame) -> Claim:
    selected = finding.select(fits)
    return finding.claim(selected) if len(selected) else every_row([], level)


def _numbers(rows: pd.DataFrame) -> str:
    """Write the row of a claim, or of several the lowest and the highest."""
    sorted_rows = rows.sort_values("estimate", kind="stable").to_dict("records")
    if len(sorted_rows) < 3:
        return "; ".join(_row(row) for row in sorted_rows)
    return f"of {len(sorted_rows)} from {_row(sorted_rows[0])} to {_row(sorted_rows[-1])}"


def _row(row: dict[str, object]) -> str:
    said = str(row["compared"]).replace(f" ({_MAIN})", "")
    of = difference if isinstance(row["other_model"], str) else share
    bounds = "" if pd.isna(row["lower"]) else f" ({interval(row['lower'], row['upper'], of=of)})"
    return f"{_small(said)} {of(row['estimate'])}{bounds}"


def _small(text: str) -> str:
    """Begin with a small letter, unless it is an abbreviation."""
    return text[0].lower() + text[1:] if text[1:2].islower() else text

"""What chapter 80 says first: every finding of the study as a sentence, with the numbers of the run and the verdict."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit

from linear_signal.analysis.answer_rows import AnswerRow, finding_row
from linear_signal.analysis.claims import Claim, every_row
from linear_signal.analysis.finding import Finding
from linear_signal.analysis.rules import ABSENT, FAILS, HOLDS, OPEN, level
from linear_signal.analysis.training_state import training_warnings
from linear_signal.numbers import MISSING, chance, difference, interval, share
from linear_signal.studies.schreiber2020.constant_inputs import one_hot_logistic
from linear_signal.studies.schreiber2020.findings import FINDINGS
from linear_signal.studies.schreiber2020.loci import LociTable
from linear_signal.studies.schreiber2020.schemes import Scheme
from linear_signal.studies.schreiber2020.titles import INPUT_TITLES, SCHEME_TITLES

_MOST_LOCI = 2000  # of the identity, which is fitted in a moment

_WORDS = {
    HOLDS: "That holds here",
    FAILS: "That does not hold here",
    OPEN: "That is inconclusive here",
    ABSENT: "That was not run here",
}


def answers(fits: pd.DataFrame) -> dict[str, str]:
    """Judge every finding of the study on the results of a run: ``answer_1`` and so on, a sentence or two each.

    Args:
        fits: networks and baselines; those on two normal distributions among them where they were run.
    """
    return {f"answer_{number}": answer(finding, fits) for number, finding in enumerate(FINDINGS, start=1)}


def answer_rows(fits: pd.DataFrame) -> list[AnswerRow]:
    """Judge the same findings for the table that the chapter begins with: a row each."""
    return [finding_row(finding.says, _claim(finding, fits)) for finding in FINDINGS]


def answer(finding: Finding, fits: pd.DataFrame) -> str:
    """Say what a finding claims, and what the run has to say to it."""
    claim = _claim(finding, fits)
    cause = f" ({claim.judgement.cause})" if claim.judgement.cause else ""
    numbers = "; ".join(_row(row) for row in claim.rows.to_dict("records"))
    return f"{finding.says} {_WORDS[claim.judgement.verdict]}{cause}{': ' + numbers if numbers else ''}."


def training_note(fits: pd.DataFrame) -> str:
    """Say how many trainings did not come to their end, and what that means; empty where all did."""
    warnings = training_warnings(fits)
    if not warnings:
        return ""
    return f"Training: {'; '.join(warnings)}. Trained for longer, a network that can remember would remember more."


def gains(fits: pd.DataFrame) -> dict[str, str]:
    """Mean average precision of the smallest and the largest networks of every scheme and input, as ``0.71 to 0.97``."""
    networks = fits.dropna(subset=["n_parameters"])
    found = {}
    for (scheme, seen), part in networks.groupby(["scheme", "input"]):
        means = part.groupby("n_parameters")["average_precision"].mean()
        found[f"{scheme}_{seen}"] = f"{means.iloc[0]:.2f} to {means.iloc[-1]:.2f}"
    return found


def ladder_table(rungs: pd.DataFrame) -> pd.DataFrame:
    """Write the ladder out for a page: one row a rung, average precision with its interval and skill by scheme."""
    table = pd.DataFrame({"Rung": list(dict.fromkeys(rungs["title"]))})
    for name, title in SCHEME_TITLES.items():
        part = rungs[rungs["scheme"] == name].set_index("title")
        if part["skill"].notna().any():
            found = part.reindex(table["Rung"])
            bounds = [interval(*pair, of=chance) for pair in found[["lower", "upper"]].to_numpy()]
            table[title] = [
                f"{chance(value)} ({ends})" if ends != MISSING else chance(value)
                for value, ends in zip(found["average_precision"], bounds, strict=True)
            ]
            table[f"{title}: skill"] = [difference(value) for value in found["skill"]]
    return table


def identity_answers(scheme: Scheme, table: LociTable) -> dict[str, str]:
    """Fit the name of the locus by logistic regression, and say how far the answers are from the averages."""
    known = table.labels[np.ix_(scheme.judge.loci, scheme.train.cell_types)][:_MOST_LOCI]
    fitted = one_hot_logistic(known)
    furthest = np.abs(expit(fitted["weight"]) - fitted["average"]).max()
    return {"identity_loci": f"{len(fitted):,}", "identity_difference": f"{furthest:.1g}"}


def _claim(finding: Finding, fits: pd.DataFrame) -> Claim:
    selected = finding.select(fits)
    return finding.claim(selected) if len(selected) else every_row([], level)


def _row(row: dict[str, object]) -> str:
    if not isinstance(row["other_model"], str):  # a share, not a difference
        bounds = "" if pd.isna(row["lower"]) else f" ({interval(row['lower'], row['upper'], of=share)})"
        return f"{str(row['compared']).lower()} {share(row['estimate'])}{bounds}"
    named = str(row["compared"]).partition(":")[0].partition(",")[0]
    seen = {title: title.lower() for title in INPUT_TITLES.values()}
    named = seen.get(named, named[:1].lower() + named[1:])
    bounds = "" if pd.isna(row["lower"]) else f" ({interval(row['lower'], row['upper'], of=difference)})"
    return f"{named} {difference(row['estimate'])}{bounds}"

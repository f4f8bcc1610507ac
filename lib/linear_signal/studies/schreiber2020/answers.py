"""What chapter 80 says first: every finding of the study as a sentence, with the numbers of the run and the verdict."""

from __future__ import annotations

import html

import pandas as pd
from IPython.display import HTML

from linear_signal.analysis.claims import Claim
from linear_signal.analysis.rules import ABSENT, FAILS, HOLDS, OPEN
from linear_signal.numbers import difference, interval, share
from linear_signal.studies.schreiber2020.findings import FINDINGS, SchreiberFinding
from linear_signal.studies.schreiber2020.titles import INPUT_TITLES

_WORDS = {
    HOLDS: "That holds here",
    FAILS: "That does not hold here",
    OPEN: "That is inconclusive here",
    ABSENT: "That was not run here",
}


def answers(fits: pd.DataFrame) -> dict[str, str]:
    """Judge every finding of the study on the results of a run: ``answer_1`` and so on, a sentence or two each."""
    return {f"answer_{number}": answer(finding, fits) for number, finding in enumerate(FINDINGS, start=1)}


def answer(finding: SchreiberFinding, fits: pd.DataFrame) -> str:
    """Say what a finding claims, and what the run has to say to it."""
    claim = _claim(finding, fits)
    cause = f" ({claim.judgement.cause})" if claim.judgement.cause else ""
    numbers = "; ".join(_row(row) for row in claim.rows.to_dict("records"))
    return f"{finding.says} {_WORDS[claim.judgement.verdict]}{cause}{': ' + numbers if numbers else ''}."


def answer_table(fits: pd.DataFrame) -> HTML:
    """Lay out the findings of the study as a table: what was claimed, the numbers of this run, the verdict."""
    rows = ""
    for finding in FINDINGS:
        claim = _claim(finding, fits)
        numbers = "<br>".join(html.escape(_row(row)) for row in claim.rows.to_dict("records")) or "not run"
        cause = f"<br><small>{html.escape(claim.judgement.cause)}</small>" if claim.judgement.cause else ""
        rows += (
            f'<tr><th scope="row">{html.escape(finding.says)}</th><td>{numbers}</td>'
            f"<td>{html.escape(claim.judgement.verdict)}{cause}</td></tr>"
        )
    head = "<tr><th>What the paper found</th><th>Here, difference and 95 % interval</th><th>Verdict</th></tr>"
    return HTML(f'<div class="table-scroll"><table class="findings">{head}{rows}</table></div>')


def gains(fits: pd.DataFrame) -> dict[str, str]:
    """Mean average precision of the smallest and the largest networks of every scheme and input, as ``0.71 to 0.97``."""
    networks = fits.dropna(subset=["n_parameters"])
    found = {}
    for (scheme, seen), part in networks.groupby(["scheme", "input"]):
        means = part.groupby("n_parameters")["average_precision"].mean()
        found[f"{scheme}_{seen}"] = f"{means.iloc[0]:.2f} to {means.iloc[-1]:.2f}"
    return found


def _claim(finding: SchreiberFinding, fits: pd.DataFrame) -> Claim:
    return finding.claim(finding.select(fits))


def _row(row: dict[str, object]) -> str:
    if not isinstance(row["other_model"], str):  # a share, not a difference
        bounds = "" if pd.isna(row["lower"]) else f" ({interval(row['lower'], row['upper'], of=share)})"
        return f"{str(row['compared']).lower()} {share(row['estimate'])}{bounds}"
    named = str(row["compared"]).partition(":")[0].partition(",")[0]
    seen = {title: title.lower() for title in INPUT_TITLES.values()}
    bounds = "" if pd.isna(row["lower"]) else f" ({interval(row['lower'], row['upper'], of=difference)})"
    return f"{seen.get(named, named)} {difference(row['estimate'])}{bounds}"

"""Computes every finding of every study from the results tables of the chapters: tables in, one tidy table out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from linear_signal.analysis.claims import COLUMNS
from linear_signal.analysis.finding import Finding
from linear_signal.analysis.rules import ABSENT, FAILS, HOLDS, OPEN
from linear_signal.analysis.training_state import training_warnings
from linear_signal.book.measured import Measured
from linear_signal.studies import Study, studies

VERDICTS = (HOLDS, FAILS, OPEN, ABSENT)
_NAMES = ("question", "says", "about", "chapter", "section", "figure", "simulated_there")


def compute_findings(tables: Mapping[str, pd.DataFrame | None], of: Sequence[Study] | None = None) -> pd.DataFrame:
    """Ask every finding of the studies of the results tables.

    Args:
        tables: results table by chapter, as :func:`~linear_signal.book.kept_tables.keep_table` wrote it; None for a page
            whose table is lost. Chapters that are not there are left out.
        of: the studies; by default all of the book.

    Returns:
        One row per finding and model (or comparison of two), in the order of the studies and their lists: study, finding
        (its number, over all studies), question, says, about, chapter, section, figure, simulated_there, dataset, synthetic
        (both missing where nothing was run), the columns of :data:`~linear_signal.analysis.claims.COLUMNS`, published (the
        same quantity in the paper; missing where it has no number), finding_verdict, finding_cause (of an inconclusive
        one), error_rate (largest rate of wrong verdicts of its kind) and warnings (of the training behind it). A finding
        that nothing was run for has one row, with verdict "not run" and a note that says why.
    """
    asked = [(study, finding) for study in (studies() if of is None else of) for finding in study.findings]
    answers = [_answer(study, number, finding, tables) for number, (study, finding) in enumerate(asked, start=1)]
    findings = pd.DataFrame([row for answer in answers for row in answer])
    further = [name for name in ("dataset", "synthetic", "published", *COLUMNS) if name not in findings]
    return findings.assign(**dict.fromkeys(further))


def measured_findings(sets: Iterable[Measured], of: Sequence[Study] | None = None) -> pd.DataFrame:
    """Ask the same findings of measured results.

    Args:
        sets: of measured results; several may be of one chapter.
        of: the studies; by default all of the book.

    Returns:
        As :func:`compute_findings`, with the name of the set in a column ``measured`` and its title in
        ``measured_title``. Only what a set can answer has rows.
    """
    rows = [
        {**row, "measured": one.name, "measured_title": one.title}
        for one in sets
        for row in compute_findings({one.chapter: one.results}, of).to_dict("records")
        if row["finding_verdict"] != ABSENT
    ]
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=["study", "finding", "finding_verdict", "measured"])


def count_verdicts(findings: pd.DataFrame) -> dict[str, int]:
    """Count findings by verdict; every verdict is there, be it with 0."""
    counts = findings.drop_duplicates("finding")["finding_verdict"].value_counts()
    return {verdict: int(counts.get(verdict, 0)) for verdict in VERDICTS}


def _answer(
    study: Study, number: int, finding: Finding, tables: Mapping[str, pd.DataFrame | None]
) -> list[dict[str, object]]:
    names = {name: getattr(finding, name) for name in _NAMES}
    names = {"study": study.name, "finding": number, **names}
    results = tables.get(finding.chapter)
    if results is None:
        lost = finding.chapter in tables
        why = "its results table is lost; run the chapter again" if lost else "this chapter has not been run"
        return _unanswered(names, why)
    selected = finding.select(results)
    judged = finding.claim(selected) if len(selected) else None
    if judged is None or judged.rows.empty:
        return _unanswered(names, "the run of this chapter has no results for it")
    data = {"dataset": ", ".join(selected["dataset"].unique()), "synthetic": bool(selected["synthetic"].any())}
    about = {"finding_verdict": judged.judgement.verdict, "finding_cause": judged.judgement.cause}
    about |= {"error_rate": judged.error_rate, "warnings": "; ".join(training_warnings(selected))}
    rows = judged.rows.fillna({"note": ""}).to_dict("records")
    return [{**names, **data, **about, **row, "published": finding.published(row, selected)} for row in rows]


def _unanswered(names: dict[str, object], why: str) -> list[dict[str, object]]:
    absent = {"verdict": ABSENT, "finding_verdict": ABSENT, "finding_cause": "", "error_rate": float("nan"), "warnings": ""}
    return [{**names, **absent, "cause": "", "note": why}]

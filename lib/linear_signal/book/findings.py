"""Computes every finding of the paper from the results tables of the chapters: tables in, one tidy table out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from linear_signal.analysis.averages import over_fractions, over_tasks
from linear_signal.analysis.rules import ABSENT, FAILS, HOLDS, OPEN
from linear_signal.analysis.training_state import training_warnings
from linear_signal.models.titles import model_family
from linear_signal.studies.heil2023.findings import FINDINGS, PAIRS, PERMUTED, Finding
from linear_signal.studies.heil2023.published import published_curves, published_models, published_value

VERDICTS = (HOLDS, FAILS, OPEN, ABSENT)
_PERMUTED_NAME = " (labels permuted)"
# Above this share of the training samples a fit tells nothing of small samples.
_FEW = 0.1


def compute_findings(tables: Mapping[str, pd.DataFrame | None]) -> pd.DataFrame:
    """Ask every finding of the paper of the results tables.

    Args:
        tables: results table by chapter, as :func:`~linear_signal.book.kept_tables.keep_table` wrote it; None for a page
            whose table is lost. Chapters that are not there are left out.

    Returns:
        One row per finding and model (or comparison of two), in the order of
        :data:`~linear_signal.studies.heil2023.findings.FINDINGS`: finding (its number), question, says, about, chapter,
        section, figure (the published one; empty where nothing was published), dataset, synthetic (both missing where
        nothing was run), the columns of :data:`~linear_signal.analysis.claims.COLUMNS`, published (balanced accuracy or
        difference; missing where the paper has no number), finding_verdict, finding_cause (of an inconclusive one),
        error_rate (largest rate of wrong verdicts of its kind) and warnings (of the training behind it). A finding that
        nothing was run for has one row, with verdict "not run" and a note that says why.
    """
    answers = [_answer(number, finding, tables) for number, finding in enumerate(FINDINGS, start=1)]
    return pd.DataFrame([row for answer in answers for row in answer])


def count_verdicts(findings: pd.DataFrame) -> dict[str, int]:
    """Count findings by verdict; every verdict is there, be it with 0."""
    counts = findings.drop_duplicates("finding")["finding_verdict"].value_counts()
    return {verdict: int(counts.get(verdict, 0)) for verdict in VERDICTS}


def select(fits: pd.DataFrame, finding: Finding) -> pd.DataFrame:
    """Pick the fits that a finding is about: its task, signals and pretraining, at the largest training set that counts for
    it (or the mean over all sizes).

    Pairs of tissues are averaged within each run, and runs that lack one of them left out; ``attrs["tasks"]`` names what
    was averaged.
    """
    fits = fits[fits["signal"].isin(finding.signals) & fits["pretraining"].isin(finding.pretraining)]
    fits = fits[fits["split"].isin(finding.splits)]
    fits = fits.dropna(subset=["balanced_accuracy"])
    if finding.few_samples:
        fits = fits[fits["fraction"] <= _FEW]
    permuted = fits["task"].str.endswith(_PERMUTED_NAME)
    pair = fits["task"].str.contains(" vs ", regex=False)
    by_name = {PAIRS: pair & ~permuted, PERMUTED: pair & permuted}
    fits = fits[by_name.get(finding.task, fits["task"] == finding.task)]
    if finding.over_sizes and len(fits):
        fits = over_fractions(fits)
    fits = fits[fits["fraction"] == fits["fraction"].max()]
    return _together(fits, finding.task) if finding.task in by_name else fits


def published_number(figure: str, tasks: Sequence[str], row: Mapping[str, object], *, over_sizes: bool = False) -> float:
    """Look up what the paper has for a judged row: a balanced accuracy, or the difference of two; NaN where it has none.

    Args:
        figure: name of the published figure; empty where nothing was published.
        tasks: our names of its panels, of which the mean is taken; those it does not have are left out.
        row: model, signal, pretraining, split and the same of the other side (``other_...``; missing where there is none).
        over_sizes: the mean over the published curve in place of its end.
    """
    tasks = [task for task in tasks if figure and task in set(published_curves(figure)["task"])]
    if not tasks:
        return float("nan")

    def value(model: str, signal: str, pretraining: str, split: str) -> float:
        models = [one for one in published_models(figure) if model in (one, model_family(one))]
        place = {"pretraining": pretraining, "split": split, "over_sizes": over_sizes}
        values = [published_value(figure, one, signal, task=task, **place) for one in models for task in tasks]
        return sum(values) / len(values) if values else float("nan")

    names = ("model", "signal", "pretraining", "split")
    first, second = ([row[f"{side}{name}"] for name in names] for side in ("", "other_"))
    if {"network", "linear"} == {first[0], second[0]}:  # gains of whole families, each averaged over its models
        gains = [value(family, *first[1:]) - value(family, *second[1:]) for family in (first[0], second[0])]
        return gains[0] - gains[1]
    return value(*first) - (value(*second) if isinstance(second[0], str) else 0.0)


def _answer(number: int, finding: Finding, tables: Mapping[str, pd.DataFrame | None]) -> list[dict[str, object]]:
    names = {name: getattr(finding, name) for name in ("question", "says", "about", "chapter", "section", "figure")}
    names = {"finding": number, **names}
    fits = tables.get(finding.chapter)
    if fits is None:
        lost = finding.chapter in tables
        why = "its results table is lost; run the chapter again" if lost else "this chapter has not been run"
        return _unanswered(names, why)
    fits = select(fits, finding)
    judged = finding.claim(fits) if len(fits) else None
    if judged is None or judged.rows.empty:
        return _unanswered(names, "the run of this chapter has no results for it")
    tasks = fits.attrs.get("tasks", [finding.task])
    data = {"dataset": ", ".join(fits["dataset"].unique()), "synthetic": bool(fits["synthetic"].any())}
    rows = judged.rows.to_dict("records")
    about = {"finding_verdict": judged.judgement.verdict, "finding_cause": judged.judgement.cause}
    about |= {"error_rate": judged.error_rate, "warnings": "; ".join(training_warnings(fits))}
    common = {**names, **data, **about}
    published = [published_number(finding.figure, tasks, row, over_sizes=finding.over_sizes) for row in rows]
    return [{**common, **row, "published": number} for row, number in zip(rows, published, strict=True)]


def _unanswered(names: dict[str, object], why: str) -> list[dict[str, object]]:
    absent = {"verdict": ABSENT, "finding_verdict": ABSENT, "finding_cause": "", "error_rate": float("nan"), "warnings": ""}
    return [{**names, **absent, "cause": "", "note": why}]


def _together(fits: pd.DataFrame, name: str) -> pd.DataFrame:
    """Average over the pairs within each run; empty where no run has them all."""
    tasks = list(dict.fromkeys(fits["task"]))
    keys = ["model", "signal", "pretraining", "split", "seed", "fold", "fraction"]
    if not tasks or not (fits.groupby(keys)["task"].nunique() == len(tasks)).any():
        return fits.iloc[:0]
    # What the pairs have in common survives the average: the data they are from.
    together = over_tasks(fits, tasks, name).assign(
        dataset=", ".join(fits["dataset"].unique()), synthetic=fits["synthetic"].any()
    )
    together.attrs["tasks"] = tasks
    return together

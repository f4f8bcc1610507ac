"""The findings as a page shows them: counts, a table for every question of every study, and where the data come from."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

import pandas as pd
from IPython.display import HTML, display

from linear_signal.analysis.intervals import SAME, SINGLE
from linear_signal.analysis.rules import (
    ABSENT,
    BELOW_RESOLUTION,
    FAILS,
    FEW_GROUPS,
    HOLDS,
    IMPRECISE,
    OPEN,
    SINGLE_RUN,
)
from linear_signal.book.display import origin_banner
from linear_signal.book.findings import count_verdicts
from linear_signal.book.kept_tables import KeptTable
from linear_signal.errors import InputError
from linear_signal.figures.style import synthetic_of
from linear_signal.models.titles import model_short
from linear_signal.names import counted
from linear_signal.numbers import accuracy, chance, difference, interval, share
from linear_signal.studies import Study, studies

# Told apart without colour; the words stand beside the mark wherever a whole finding is judged.
MARKS = {HOLDS: "✓", FAILS: "✗", OPEN: "?", ABSENT: "–"}
_CLASSES = {HOLDS: "holds", FAILS: "fails", OPEN: "open", ABSENT: "absent"}
_FAMILIES = {"network": "Networks", "linear": "Linear models"}
_SIDES = {
    ("signal", "full"): "full",
    ("signal", "removed"): "removed",
    ("pretraining", "pretrained"): "pretrained",
    ("pretraining", "none"): "not",
    ("split", "sample"): "by sample",
    ("split", "group"): "by study",
}
Row = dict[str, object]
_SELF_TEST, _QUESTION = "Self-test on synthetic data", "Which published findings hold here?"


def show_findings(findings: pd.DataFrame, *, links: Mapping[str, str]) -> None:
    """Show the findings of all studies: a section a study, and in it a table for every question.

    Args:
        findings: from :func:`~linear_signal.book.findings.compute_findings`, of all studies of the book.
        links: address of the page by chapter (:func:`page_links`); chapters without one get no link.
    """
    for study in studies():
        display(HTML(study_html(findings, study, links=links)))


def study_html(findings: pd.DataFrame, study: Study, *, links: Mapping[str, str]) -> str:
    """Write the section of one study."""
    mine = findings[findings["study"] == study.name]
    tables = "".join(
        f'<section id="{_anchor(study, key)}"><h4>{html.escape(question.title)}</h4>'
        f"{f'<p>{question.text}</p>' if question.text else ''}"
        f"{_table(mine[mine['question'] == key].to_dict('records'), links)}</section>"
        for key, question in study.questions.items()
    )
    return f'<section id="{study.name}"><h3>{html.escape(study.title)}</h3>{tables}</section>'


def _table(rows: Sequence[Row], links: Mapping[str, str]) -> str:
    head = "".join(
        f'<th scope="col">{name}</th>' for name in ("Claim", "", "Model or comparison", "Paper", "This book, 95 % interval")
    )
    bodies = "".join(_body(list(parts), links) for _, parts in groupby(rows, key=lambda row: row["finding"]))
    return f'<div class="table-scroll"><table class="findings"><thead><tr>{head}</tr></thead>{bodies}</table></div>'


def _anchor(study: Study, question: str) -> str:
    return f"{study.name}-{question}"


def page_links(tables: Mapping[str, KeptTable], pages: Path) -> dict[str, str]:
    """Find the address of every chapter's page as seen from the page of findings.

    Both the chapters and the extra runs of the book have folders of their own beside each other; pages from elsewhere are
    not in the book, and have no address in it.
    """
    folder = Path(pages).resolve()
    if (folder.parent.name, folder.name) not in (("book", "chapters"), ("book", "runs")):
        return {}
    return {chapter: f"../{folder.name}/{table.page}.html" for chapter, table in tables.items()}


def origin_of_tables(tables: Mapping[str, KeptTable]) -> HTML:
    """Say which results are synthetic and which are of real data, for the top of the page.

    Raises:
        InputError: no table is there, so that there is nothing to compute findings from.
    """
    parts = [table.fits[["dataset", "synthetic"]] for table in tables.values() if table.fits is not None]
    if not parts:
        raise InputError("None of the pages has a results table. Run a chapter first, or name another folder of pages.")
    kinds = pd.concat(parts).drop_duplicates().sort_values("dataset")
    names = {kind: kinds.loc[kinds["synthetic"] == kind, "dataset"].unique() for kind in (True, False)}
    lines = [f"{word}: {html.escape(', '.join(names[kind]))}." for word, kind in (("Synthetic", True), ("Real", False))]
    lines = [line for line, kind in zip(lines, (True, False), strict=True) if len(names[kind])]
    return origin_banner(synthetic_of(kinds["synthetic"].tolist()), lines)


def page_title(findings: pd.DataFrame) -> str:
    """Title the page by what its findings rest on: without any real data it tests the chapters, and not the papers."""
    return _QUESTION if findings["synthetic"].eq(False).any() else _SELF_TEST


def headline(findings: pd.DataFrame) -> str:
    """Say in a few sentences how many findings of each study hold; of those on synthetic stand-ins none is counted.

    Data that a paper simulated itself stand for themselves, and count as soon as there are any real data.
    """
    if page_title(findings) == _SELF_TEST:
        return (
            "All data were made up, with signal that is known. So this page tests the chapters and not the papers: a "
            "finding that holds says that the method finds what was put in, and nothing about biology. Where one does "
            "not hold, the method or the small size of the run is to blame."
        )
    stands_in = findings["synthetic"].eq(True) & ~findings["simulated_there"].astype(bool)
    sentences = [_counted(findings[~stands_in & (findings["study"] == study.name)], study) for study in studies()]
    uncounted = findings.loc[stands_in, "finding"].nunique()
    if uncounted:
        sentences.append(f"Not counted are {uncounted} that rest on synthetic stand-ins for real data.")
    return " ".join(sentences)


def _counted(findings: pd.DataFrame, study: Study) -> str:
    counts, others = (count_verdicts(findings[(findings["figure"] != "") == published]) for published in (True, False))
    text = (
        f"Of the {sum(counts.values())} findings of {study.title} {counts[HOLDS]} hold and {counts[FAILS]} do not, "
        f"{counts[OPEN]} are inconclusive, and {counts[ABSENT]} were not run."
    )
    if not sum(others.values()):
        return text
    return (
        f"{text} Of {sum(others.values())} claims that are not in the paper {others[HOLDS]} hold and {others[FAILS]} do "
        "not. (A finding asked of two chapters counts twice.)"
    )


def counts_table(findings: pd.DataFrame) -> HTML:
    """Count the verdicts per study and question; each question leads to its table."""
    whole = findings.drop_duplicates("finding")
    head = "".join(f'<th scope="col">{_mark(verdict)} {verdict}</th>' for verdict in MARKS)
    rows = ""
    for study in studies():
        mine = whole[whole["study"] == study.name]
        rows += f'<tr><th scope="rowgroup" colspan="{len(MARKS) + 1}">{html.escape(study.title)}</th></tr>'
        for key, question in study.questions.items():
            verdicts = mine.loc[mine["question"] == key, "finding_verdict"]
            cells = "".join(f"<td>{int((verdicts == verdict).sum()) or ''}</td>" for verdict in MARKS)
            link = f'<a href="#{_anchor(study, key)}">{html.escape(question.title)}</a>'
            rows += f'<tr><th scope="row">{link}</th>{cells}</tr>'
    totals = "".join(f"<td>{int((whole['finding_verdict'] == verdict).sum())}</td>" for verdict in MARKS)
    rows += f'<tr><th scope="row">Together</th>{totals}</tr>'
    head = f'<thead><tr><th scope="col">Question</th>{head}</tr></thead>'
    return HTML(f'<div class="table-scroll"><table class="findings-counts">{head}<tbody>{rows}</tbody></table></div>')


def missing_chapters(findings: pd.DataFrame, tables: Mapping[str, KeptTable]) -> list[str]:
    """List the chapters that findings ask for and no table is there of."""
    return [name for name in dict.fromkeys(findings["chapter"]) if name not in tables or tables[name].fits is None]


def _body(parts: Sequence[Row], links: Mapping[str, str]) -> str:
    """Write one finding: what it says over all its rows, and a row per model or comparison."""
    first, span = parts[0], f' rowspan="{len(parts)}"'
    cells = f'<th scope="rowgroup"{span}>{_said(parts, links)}</th>'
    if first["verdict"] == ABSENT:
        return f'<tbody><tr>{cells}<td colspan="4">{html.escape(str(first["note"]))}</td></tr></tbody>'
    lines = [_part(row) for row in parts]
    return f"<tbody><tr>{cells}{'</tr><tr>'.join(lines)}</tr></tbody>"


def _said(parts: Sequence[Row], links: Mapping[str, str]) -> str:
    first = parts[0]
    says = html.escape(str(first["says"]))
    if not first["figure"]:
        says = f"(Not in the paper.) {says}"
    verdict = str(first["finding_verdict"])
    cause = f": {first['finding_cause']}" if first["finding_cause"] else ""
    judged = f'<div class="judged">{_mark(verdict)} {verdict}{html.escape(cause)}</div>'
    return f'{says}{judged}<div class="about">{" · ".join(_about(parts, links))}</div>'


def _about(parts: Sequence[Row], links: Mapping[str, str]) -> Iterator[str]:
    first = parts[0]
    about, ran = str(first["about"]), first["verdict"] != ABSENT
    dataset = str(first["dataset"]) if ran else ""
    yield html.escape(about)
    if ran:
        kind = "synthetic" if first["synthetic"] else "real"
        named = "" if about.startswith(dataset) else f"{html.escape(dataset)} "
        yield f'{named}<span class="kind {kind}">{kind}</span>'
        runs = sorted({int(row["n_runs"]) for row in parts})
        yield counted(runs[0], "run") if len(runs) == 1 else f"{runs[0]} to {runs[-1]} runs"
        if not math.isnan(first["naive_accuracy"]):
            yield f"chance {chance(first['naive_accuracy'])}"
        if not math.isnan(first["error_rate"]):
            yield f"wrongly judged so in at most {share(first['error_rate'])} of cases"
        if first["warnings"]:
            yield f'<span class="warning">training: {html.escape(str(first["warnings"]))}</span>'
    chapter, section = str(first["chapter"]), str(first["section"])
    where = f"chapter {chapter.partition('_')[0]}, {section.replace('-', ' ')}"
    yield f'<a href="{html.escape(links[chapter])}#{section}">{where}</a>' if chapter in links else where


def _part(row: Row) -> str:
    signed = isinstance(row["other_model"], str)
    write = difference if signed else accuracy
    published = write(row["published"])
    below = "".join(f'<div class="about">{html.escape(line)}</div>' for line in _remarks(row))
    verdict = str(row["verdict"])
    return (
        f"<td>{_mark(verdict, alone=True)}</td>"
        f"<td>{html.escape(_compared(row))}</td><td>{published}</td><td>{_ours(row, write)}{below}</td>"
    )


def _ours(row: Row, write: Callable[[float], str]) -> str:
    estimate, lower, upper = (row[name] for name in ("estimate", "lower", "upper"))
    if row["constant"] is True:
        return f"{write(estimate)} (a constant prediction)"
    if row["cause"] in (SINGLE_RUN, FEW_GROUPS) or math.isnan(lower):
        return f"{write(estimate)} (no interval)"
    return f"{write(estimate)} ({interval(lower, upper, of=write)})"


def _remarks(row: Row) -> Iterator[str]:
    """What a reader must know of a row: why it is open, what it could have shown, how many intervals hold at once."""
    if row["note"] and row["note"] not in (SAME, SINGLE):
        yield str(row["note"])
    if row["cause"]:
        could = f"; {difference(row['resolution'], signed=False)} would have been seen" if row["resolution"] > 0 else ""
        yield f"{row['cause']}{could if row['cause'] in (IMPRECISE, BELOW_RESOLUTION) else ''}"
    if row["adjusted_for"] > 1:
        yield f"adjusted for the choice among {row['adjusted_for']:.0f} models"


def _compared(row: Row) -> str:
    """Name what a row is about: a model, or what is subtracted from what; a claim may have named it itself."""
    if isinstance(row["compared"], str):
        return row["compared"]
    model, other = str(row["model"]), row["other_model"]
    if not isinstance(other, str):
        return model_short(model)
    if model in _FAMILIES:
        return f"{_FAMILIES[model]} − {_FAMILIES[str(other)].lower()}"
    if model != other:
        return f"{model_short(model)} − {model_short(other)}"
    changed = next(name for name in ("signal", "pretraining", "split") if row[name] != row[f"other_{name}"])
    sides = [str(row[f"{side}{changed}"]) for side in ("", "other_")]
    named = [_SIDES.get((changed, side), side.replace("_", " ")) for side in sides]
    return f"{model_short(model)}, {named[0]} − {named[1]}"


def _mark(verdict: str, *, alone: bool = False) -> str:
    said = f' role="img" aria-label="{verdict}" title="{verdict}"' if alone else ' aria-hidden="true"'
    return f'<span class="verdict {_CLASSES[verdict]}"{said}>{MARKS[verdict]}</span>'

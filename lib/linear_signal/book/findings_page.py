"""The findings as a page shows them: counts, a table for every question of every study, and where the data come from."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd
from IPython.display import HTML, display

from linear_signal.analysis.rules import ABSENT, FAILS, HOLDS, OPEN
from linear_signal.book.display import origin_banner
from linear_signal.book.findings import count_verdicts
from linear_signal.book.findings_table import MARKS, anchor_of_set, findings_table, mark
from linear_signal.book.kept_tables import KeptTable
from linear_signal.book.measured import Measured
from linear_signal.errors import InputError
from linear_signal.figures.style import synthetic_of
from linear_signal.names import counted
from linear_signal.studies import Study, studies

_SELF_TEST, _QUESTION = "Self-test on synthetic data", "Which published findings hold here?"


def show_findings(findings: pd.DataFrame, *, links: Mapping[str, str], measured: pd.DataFrame | None = None) -> None:
    """Show the findings of all studies: a section a study, and in it a table for every question.

    Args:
        findings: from :func:`~linear_signal.book.findings.compute_findings`, of all studies of the book.
        links: address of the page by chapter (:func:`page_links`); chapters without one get no link.
        measured: from :func:`~linear_signal.book.findings.measured_findings`: a column of its own, where there are any.
    """
    for study in studies():
        display(HTML(study_html(findings, study, links=links, measured=measured)))


def study_html(
    findings: pd.DataFrame, study: Study, *, links: Mapping[str, str], measured: pd.DataFrame | None = None
) -> str:
    """Write the section of one study; arguments as of :func:`show_findings`."""
    mine = findings[findings["study"] == study.name]
    beside = None if measured is None or measured.empty else measured[measured["study"] == study.name].to_dict("records")
    tables = "".join(
        # Open for those without JavaScript; the page's script folds them.
        f'<section id="{_anchor(study, key)}"><details class="fold" open><summary><h4>{html.escape(question.title)}</h4> '
        f'<span class="about">{_summary(part)}</span></summary>'
        f"{f'<p>{question.text}</p>' if question.text else ''}"
        f"{findings_table(part.to_dict('records'), links, measured=beside)}</details></section>"
        for key, question in study.questions.items()
        for part in [mine[mine["question"] == key]]
    )
    return f'<section id="{study.name}"><h3>{html.escape(study.title)}</h3>{tables}</section>'


def _summary(findings: pd.DataFrame) -> str:
    """Count the findings of a question by what this run says of them."""
    verdicts = findings.drop_duplicates("finding")["finding_verdict"]
    counts = [f"{int((verdicts == verdict).sum())} {verdict}" for verdict in MARKS if (verdicts == verdict).any()]
    return f"{counted(len(verdicts), 'finding')}, in this run: {', '.join(counts)}" if counts else ""


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


def origin_of_tables(tables: Mapping[str, KeptTable], sets: Iterable[Measured] = ()) -> HTML:
    """Say which results are synthetic and which are of real data, for the top of the page, and list those measured before.

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
    return HTML(origin_banner(synthetic_of(kinds["synthetic"].tolist()), lines).data + _origin_of_measured(sets))


def _origin_of_measured(sets: Iterable[Measured]) -> str:
    listed = "".join(
        f'<li id="{anchor_of_set(one.name)}"><strong>{html.escape(one.title)}</strong>: '
        f"{html.escape(one.manifest['about'])} {html.escape(one.origin_line())}"
        f"<details><summary>How it was run</summary><pre>{html.escape(one.command)}</pre></details></li>"
        for one in sets
    )
    title = "<strong>Genuine data, measured once and shipped with the book.</strong>"
    if not listed:
        return ""
    folded = f'<details class="fold" open><summary>What each was measured on</summary><ul>{listed}</ul></details>'
    return f'<div class="origin real measured">{title}{folded}</div>'


def page_title(findings: pd.DataFrame, measured: pd.DataFrame | None = None) -> str:
    """Title the page by what its findings rest on: without any real data it tests the chapters, and not the papers."""
    is_measured = measured is not None and len(measured) > 0
    return _QUESTION if is_measured or findings["synthetic"].eq(False).any() else _SELF_TEST


def headline(findings: pd.DataFrame, measured: pd.DataFrame | None = None) -> str:
    """Say in a few sentences how many findings of each study hold; of those on synthetic stand-ins none is counted.

    Data that a paper simulated itself stand for themselves, and count as soon as there are any real data. Measured results
    are counted by themselves (:func:`measured_counts`).
    """
    beside = measured is not None and len(measured) > 0
    return _of_this_run(findings, of="All data of this copy's own run" if beside else "All data")


def measured_counts(measured: pd.DataFrame | None) -> HTML:
    """Say in a line a set how many findings hold on measured results; nothing where there are none."""
    sets = [] if measured is None else [_of_set(part) for _, part in measured.groupby("measured")]
    lines = "".join(f"<li>{line}</li>" for line in sets)
    return HTML(f"<p>Measured on genuine data:</p><ul>{lines}</ul>" if sets else "")


def _of_set(findings: pd.DataFrame) -> str:
    counts, first = count_verdicts(findings), findings.iloc[0]
    link = f'<a href="#{anchor_of_set(first["measured"])}">{html.escape(first["measured_title"])}</a>'
    return f"{link}: of {counted(sum(counts.values()) - counts[ABSENT], 'finding')}, {_verdicts(counts)}."


_SAID = {
    HOLDS: ("holds", "hold"),
    FAILS: ("does not hold", "do not hold"),
    OPEN: ("is inconclusive", "are inconclusive"),
    ABSENT: ("was not run", "were not run"),
}


def _verdicts(counts: Mapping[str, int]) -> str:
    """Say how many findings have each verdict that any has.

    >>> _verdicts({HOLDS: 2, FAILS: 0, OPEN: 1, ABSENT: 0})
    '2 hold and 1 is inconclusive'
    """
    said = [f"{counts[verdict]} {words[counts[verdict] != 1]}" for verdict, words in _SAID.items() if counts[verdict]]
    return " and ".join([*filter(None, [", ".join(said[:-1])]), said[-1]])


def _of_this_run(findings: pd.DataFrame, *, of: str) -> str:
    if page_title(findings) == _SELF_TEST:
        what = "this page tests" if of == "All data" else "its column tests"
        return (
            f"{of} were made up, with signal that is known. So {what} the chapters and not the papers: a "
            "finding that holds says that the method finds what was put in, and nothing about biology. Where one does "
            "not hold, the method or the small size of the run is to blame."
        )
    stands_in = findings["synthetic"].eq(True) & ~findings["simulated_there"].astype(bool)
    sentences = [
        _counted(findings[~stands_in & (findings["study"] == study.name)], study)
        for study in studies()
        if (findings["study"] == study.name).any()
    ]
    uncounted = findings.loc[stands_in, "finding"].nunique()
    if uncounted:
        sentences.append(f"Not counted are {uncounted} that rest on synthetic stand-ins for real data.")
    return " ".join(sentences)


def _counted(findings: pd.DataFrame, study: Study) -> str:
    counts, others = (count_verdicts(findings[(findings["figure"] != "") == published]) for published in (True, False))
    text = (
        f"{study.title}: of {counted(sum(counts.values()), 'finding')}, {_verdicts(counts)}." if sum(counts.values()) else ""
    )
    if not sum(others.values()):
        return text
    told = f"Of {counted(sum(others.values()), 'claim')} not in the paper, {_verdicts(others)}."
    return f"{text} {told} (A finding asked of two chapters counts twice.)".lstrip()


def counts_table(findings: pd.DataFrame) -> HTML:
    """Count the verdicts per study and question; each question leads to its table."""
    whole = findings.drop_duplicates("finding")
    head = "".join(f'<th scope="col">{mark(verdict)} {verdict}</th>' for verdict in MARKS)
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

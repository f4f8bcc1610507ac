"""What the chapter on your data shows: an assessment in parts of a page, with the look of the book."""

from __future__ import annotations

import html
from base64 import b64encode
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from IPython.display import HTML

from linear_signal.analysis.answer_rows import AnswerRow
from linear_signal.analysis.verdict import upper_first
from linear_signal.data.own.open_own import OwnData
from linear_signal.names import counted
from linear_signal.studies.own_data.answers import NOT_ASKED, QUESTIONS
from linear_signal.studies.own_data.assess import Assessment
from linear_signal.studies.own_data.checks import Check
from linear_signal.studies.own_data.kept import from_table
from linear_signal.studies.own_data.methods import methods_paragraphs
from linear_signal.studies.own_data.report import checks_table, section_html

if TYPE_CHECKING:
    from linear_signal.experiment.run import Results

_ASKED = ("expression", "labels", "label", "groups", "covariates", "layer", "orientation", "scaling", "minutes")

_DOCS = "../assess.html"  # as seen from a chapter and from an extra run


def found_of(results: Results, own: OwnData, parameters: Any) -> Assessment:
    """Take the assessment of a run out of its results."""
    return from_table(results.assessment, own, asked={name: getattr(parameters, name) for name in _ASKED})


def answer_rows(found: Assessment) -> list[AnswerRow]:
    """Lay the answers out for the table that the page begins with."""
    rows = []
    for name, question in QUESTIONS.items():
        brief = found.briefs.get(name, NOT_ASKED)
        rows.append(AnswerRow(question=question, cells=(brief.seen,), so=brief.so, why=brief.why, doubts=brief.doubts))
    return rows


def answers_said(found: Assessment) -> dict[str, str]:
    """Give every question its answer, by the name under which the page has it: ``answer_signal`` and so on."""
    briefs = {name: f"{upper_first(found.briefs.get(name, NOT_ASKED).so)}." for name in QUESTIONS}
    return {f"answer_{name}": says for name, says in (briefs | found.answers).items()}


def advice_list(found: Assessment) -> HTML:
    """List what to do."""
    return HTML(f"<ul>{''.join(f'<li>{html.escape(one)}</li>' for one in found.advice)}</ul>")


def checks_shown(checks: Sequence[Check]) -> HTML:
    """Show checks as a table."""
    return HTML(f'<div class="table-scroll">{checks_table(checks, docs=_DOCS)}</div>')


def sections_shown(found: Assessment) -> list[HTML]:
    """Show every section, its figures as pictures that keep their colours on a dark page as well.

    The figure of probes stands on the first screen of the page, drawn by :func:`probes_plot`.
    """
    shown = []
    for section in found.sections:
        text = section_html(section, heading="h3", without=("probes",))
        for svg in section.figures.values():
            text = text.replace(svg, _picture(svg)) if svg else text
        shown.append(HTML(text))
    return shown


def confounded_shown(checks: list[Check] | None) -> HTML:
    """Show the checks of the example that cannot be assessed, with the answer in front."""
    if checks is None:
        return HTML("<p>R or its package is missing here, so that the example is left out: <code>make r</code>.</p>")
    reasons = [one.blocks for one in checks if one.code == "OD202" and one.blocks]
    n_issues = sum(one.status == "issue" for one in checks)
    answer = f"Cannot be assessed: {'; '.join(reasons)}. {counted(n_issues, 'check')} found an issue."
    return HTML(f"<blockquote><p>{html.escape(answer)}</p></blockquote>{checks_shown(checks).data}")


def methods_shown(found: Assessment) -> HTML:
    """Show the methods paragraph with whom to cite."""
    return HTML("".join(f"<p>{html.escape(one)}</p>" for one in methods_paragraphs(found)))


def _picture(svg: str) -> str:
    alt = svg.partition('aria-label="')[2].partition('"')[0]
    plain = svg.replace("<style>", "<style>svg{background:#fff;color:#2b2b2b}", 1)
    source = f"data:image/svg+xml;base64,{b64encode(plain.encode()).decode()}"
    return f'<img src="{source}" alt="{alt}">'

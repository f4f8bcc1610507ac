"""The page of an assessment: one HTML file that needs no other, with the answer in its first paragraph."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pandas as pd

from linear_signal.analysis.verdict import upper_first
from linear_signal.numbers import MISSING
from linear_signal.studies.own_data.answers import QUESTIONS
from linear_signal.studies.own_data.command import reproducing
from linear_signal.studies.own_data.methods import methods_paragraphs

if TYPE_CHECKING:
    from linear_signal.studies.own_data.assess import Assessment
    from linear_signal.studies.own_data.checks import Check
    from linear_signal.studies.own_data.sections import Section

_MOST_ROWS = 20


def page_of(found: Assessment) -> str:
    """Write the page."""
    title = f"{found.own.label} in {found.own.dataset.name}"
    parts = [
        f"<h1>{_text(title)}</h1>{answers_html(found)}",
        f"<h2>What to do</h2>{_list(found.advice)}",
        f"<h2>Checks</h2>{checks_table(found.checks)}",
        *(section_html(section) for section in found.sections),
        "<h2>How this was done</h2>" + "".join(f"<p>{_text(one)}</p>" for one in methods_paragraphs(found)),
        f"<p>This page again:</p><pre>{_text(reproducing(found.asked))}</pre>",
    ]
    made = datetime.now(UTC).strftime("%Y-%m-%d")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{_text(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head><body><main>'
        f"{''.join(parts)}<footer>Made {made} by linear_signal.</footer></main></body></html>"
    )


def answers_html(found: Assessment) -> str:
    """Write the answers: the first one as a paragraph, the others as a table, a question a row."""
    others = [name for name in found.answers if name != "signal"]
    rows = "".join(
        f"<tr><th>{_text(QUESTIONS[name])}</th><td><strong>{_text(upper_first(found.briefs[name].so))}.</strong> "
        f"{_text(found.answers[name])}</td></tr>"
        for name in others
    )
    return (
        f'<p class="answer {_css(found.kind)}">{_text(found.answers["signal"])}</p>'
        f'<div class="scroll"><table class="answers">{rows}</table></div>'
    )


def checks_table(checks: Iterable[Check], *, docs: str = "") -> str:
    """Lay the checks out as a table; ``docs`` is the page that tells of each code, where one can be reached."""
    rows = "".join(
        f"<tr><td>{_code(one, docs)}</td><td>{_text(one.title)}</td>"
        f'<td><span class="status {_css(one.status)}">{one.status}</span></td><td>{_text(one.says)}</td></tr>'
        for one in checks
    )
    head = "<tr><th>Code</th><th>Check</th><th>Status</th><th>What was found</th></tr>"
    return f'<div class="scroll"><table class="checks">{head}{rows}</table></div>'


def section_html(section: Section, *, heading: str = "h2", without: Sequence[str] = ()) -> str:
    """Write a section: sentences, figures but for those that stand elsewhere, notes, and its tables folded."""
    parts = [f'<{heading} id="{section.name}">{_text(section.title)}</{heading}>']
    parts += [f"<p>{_text(one)}</p>" for one in section.says if one]
    parts += [f'<div class="scroll">{svg}</div>' for name, svg in section.figures.items() if svg and name not in without]
    parts += (
        [f"<details><summary>What was seen, cut and left out</summary>{_list(section.notes)}</details>"]
        if section.notes
        else []
    )
    parts += [
        f"<details{' open' if not section.figures else ''}><summary>Table: {_text(name.replace('_', ' '))}</summary>"
        f'<div class="scroll">{table_html(table)}</div></details>'
        for name, table in section.tables.items()
    ]
    return "".join(parts)


def table_html(table: pd.DataFrame) -> str:
    """Write a table, of a long one the first rows."""
    shown = table.head(_MOST_ROWS).apply(_cells)
    shown.columns = [str(column).replace("_", " ") for column in shown.columns]
    rest = f"<p>{len(table) - _MOST_ROWS:,} more rows are in the table's file.</p>" if len(table) > _MOST_ROWS else ""
    return shown.to_html(index=False, border=0, classes="dataframe", justify="left", escape=True) + rest


def _code(check: Check, docs: str) -> str:
    code = f"<code>{check.code}</code>"
    return f'<a href="{docs}#{check.anchor}">{code}</a>' if docs else code


def _cells(column: pd.Series) -> pd.Series:
    """Write the values of a column: numbers with as many decimals as their neighbours, and a real minus sign."""
    numbers = column.dropna()
    if pd.api.types.is_bool_dtype(column) or not pd.api.types.is_numeric_dtype(column) or numbers.empty:
        return column.map(lambda value: MISSING if pd.isna(value) else str(value))
    # Three decimals for what lies around 1, three figures for what is far from it.
    broken = "{:.3f}" if 0.01 <= numbers.abs().max() < 100 else "{:.3g}"
    form = "{:,.0f}" if (numbers == numbers.round()).all() else broken
    return column.map(lambda value: MISSING if pd.isna(value) else form.format(value).replace("-", "−"))


def _list(lines: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{_text(one)}</li>' for one in lines)}</ul>"


def _text(words: object) -> str:
    return html.escape(str(words))


def _css(status: str) -> str:
    return status.replace(" ", "-")


_STYLE = """
:root{color-scheme:light;--ink:#222;--paper:#fff;--line:#ddd;--soft:#f4f5f7;--good:#1b7a3d;--bad:#b3440a;--none:#666}
@media screen and (prefers-color-scheme:dark){:root{color-scheme:dark;
--ink:#e6e6e6;--paper:#16181c;--line:#3a3d42;--soft:#22252b;--good:#6fce8d;
--bad:#ff9d5c;--none:#a8a8a8}}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,sans-serif}
main{max-width:860px;margin:0 auto;padding:1.5rem 1rem 4rem}
h1{font-size:1.6rem;overflow-wrap:anywhere}
h2{font-size:1.2rem;margin-top:2.2rem;border-top:1px solid var(--line);padding-top:1rem}
.answer{font-size:1.1rem;padding:.9rem 1.1rem;background:var(--soft);border-left:5px solid var(--none)}
.answer.found,.answer.none-found{border-color:var(--good)}
.answer.cannot-be-assessed,.answer.cannot-be-judged{border-color:var(--bad)}
.scroll{overflow-x:auto;margin:.6rem 0}.scroll svg{min-width:600px}
table{border-collapse:collapse;font-size:.88rem;min-width:100%}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid var(--line)}
.answers th{width:13rem;font-weight:600}.checks td:last-child{min-width:16rem}.checks td:nth-child(3){white-space:nowrap}
.status{font-weight:600;color:var(--none)}.status.passed{color:var(--good)}.status.issue{color:var(--bad)}
pre{background:var(--soft);padding:.8rem;overflow-x:auto;font-size:.88rem}summary{cursor:pointer;margin:.4rem 0}
.dataframe td:first-child{white-space:nowrap}
@media (max-width:600px){.answers tr,.answers th,.answers td{display:block;width:auto}.answers th{border:0;padding-bottom:0}}
footer{margin-top:3rem;color:var(--none);font-size:.85rem}
"""

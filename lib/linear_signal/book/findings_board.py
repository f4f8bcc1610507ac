"""The scoreboard of findings: every verdict at a glance, measured ones and those of this copy's run apart."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping

import pandas as pd
from IPython.display import HTML

from linear_signal.analysis.rules import ABSENT
from linear_signal.book.findings_table import MARKS, anchor_of_finding, mark, verdict_class
from linear_signal.studies import Study, studies

MEASURED, GENUINE, SYNTHETIC = "Measured, genuine", "This copy, genuine", "This copy, synthetic"


def scoreboard(findings: pd.DataFrame, measured: pd.DataFrame | None = None) -> HTML:
    """Draw a row per question and a mark per finding; each leads to its row in the tables.

    Args:
        findings: of :func:`~linear_signal.book.findings.compute_findings`.
        measured: of :func:`~linear_signal.book.findings.measured_findings`; None or empty: there is no column for them.
    """
    beside = pd.DataFrame(columns=findings.columns) if measured is None else measured
    ran = findings[findings["verdict"] != ABSENT]
    synthetic = ran["synthetic"].eq(True)
    columns = {MEASURED: beside, GENUINE: ran[~synthetic], SYNTHETIC: ran[synthetic]}
    columns = {name: table for name, table in columns.items() if len(table)}
    head = "".join(f'<th scope="col"><span class="kind {_kind(name)}">{name}</span></th>' for name in columns)
    rows = "".join(_of_study(study, columns) for study in studies() if (findings["study"] == study.name).any())
    return HTML(
        f'<div class="table-scroll"><table class="scoreboard"><thead><tr><th scope="col">Question</th>{head}</tr></thead>'
        f'<tbody>{rows}</tbody></table></div><p class="scoreboard-key">{_key()}</p>'
    )


def _of_study(study: Study, columns: Mapping[str, pd.DataFrame]) -> str:
    rows = f'<tr><th scope="rowgroup" colspan="{len(columns) + 1}">{html.escape(study.title)}</th></tr>'
    for key, question in study.questions.items():
        asked = [table[(table["study"] == study.name) & (table["question"] == key)] for table in columns.values()]
        told = zip(columns, asked, strict=True)
        cells = "".join(f'<td data-of="{name}">{_chips(table.to_dict("records"))}</td>' for name, table in told)
        link = f'<a href="#{study.name}-{key}">{html.escape(question.title)}</a>'
        rows += f'<tr><th scope="row">{link}</th>{cells}</tr>'
    return rows


def _chips(rows: Iterable[Mapping[str, object]]) -> str:
    """Write one mark a finding; of measured ones, one a set that answers it."""
    seen = {(row["finding"], row.get("measured")): row for row in rows}
    return "".join(_chip(row) for row in seen.values())


def _chip(row: Mapping[str, object]) -> str:
    verdict, set_name = str(row["finding_verdict"]), row.get("measured")
    on = f" ({set_name})" if isinstance(set_name, str) else ""
    said = html.escape(f"{verdict.capitalize()}{on}.", quote=True)
    # The page's script puts the claim before it, which stands in the table.
    kind, aim = verdict_class(verdict), anchor_of_finding(row["finding"])
    return f'<a class="chip {kind}" href="#{aim}" title="{said}">{MARKS[verdict]}</a>'


def _kind(name: str) -> str:
    return "synthetic" if name == SYNTHETIC else "real"


def _key() -> str:
    words = " · ".join(f"{mark(verdict)} {verdict}" for verdict in MARKS if verdict != ABSENT)
    return f"One mark a finding: {words}. Point at a mark for its claim, follow it to its row."

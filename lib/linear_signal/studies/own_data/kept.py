"""An assessment as a table of one row, so that the results store can keep it, and back again."""

from __future__ import annotations

import io
import json
from dataclasses import asdict, replace

import pandas as pd

from linear_signal.data.own.open_own import OwnData
from linear_signal.studies.own_data.answers import Brief
from linear_signal.studies.own_data.assess import Assessment
from linear_signal.studies.own_data.checks import Check
from linear_signal.studies.own_data.sections import Section

_PLAIN = ("name", "title", "says", "notes", "figures")


def as_table(found: Assessment) -> pd.DataFrame:
    """Write all but the data into one row: kind, verdict, content (JSON)."""
    content = {
        "answers": dict(found.answers),
        "briefs": {name: one._asdict() for name, one in found.briefs.items()},
        "advice": found.advice,
        "checks": [asdict(one) for one in found.checks],
        "sections": [
            {name: getattr(one, name) for name in _PLAIN}
            | {"tables": {name: table.to_json(orient="table", index=False) for name, table in one.tables.items()}}
            for one in found.sections
        ],
    }
    return pd.DataFrame([{"answer": found.kind, "verdict": found.verdict, "content": json.dumps(content)}])


def from_table(table: pd.DataFrame, own: OwnData, *, asked: dict[str, object]) -> Assessment:
    """Read what :func:`as_table` wrote, of these data."""
    row = table.iloc[0]
    content = json.loads(row["content"])
    return Assessment(
        answers=content["answers"],
        briefs={name: Brief(**one | {"doubts": tuple(one["doubts"])}) for name, one in content["briefs"].items()},
        kind=row["answer"],
        advice=tuple(content["advice"]),
        checks=tuple(Check(**one) for one in content["checks"]),
        sections=tuple(_section(one) for one in content["sections"]),
        own=own,
        asked=asked,
    )


def _section(content: dict[str, object]) -> Section:
    tables = {name: pd.read_json(io.StringIO(text), orient="table") for name, text in content.pop("tables").items()}
    plain = Section(**content, tables=tables)
    return replace(plain, says=tuple(plain.says), notes=tuple(plain.notes))

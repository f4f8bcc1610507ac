"""One table of findings: a row per model or comparison, of this copy's run and, apart from it, of measured results."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby

from linear_signal.analysis.intervals import FEW, SAME, SINGLE
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
from linear_signal.models.titles import model_short
from linear_signal.names import counted
from linear_signal.numbers import MISSING, accuracy, chance, difference, interval, share

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
    ("split", "group"): "by group",
}
Row = dict[str, object]
_COLUMNS = ("Claim", "", "Model or comparison", "Paper", "This book, 95 % interval")
_MEASURED = "Measured, genuine data"


def findings_table(rows: Sequence[Row], links: Mapping[str, str], *, measured: Sequence[Row] | None = None) -> str:
    """Write the findings of one question as a table.

    Args:
        rows: of :func:`~linear_signal.book.findings.compute_findings`.
        links: address of the page by chapter; chapters without one get no link.
        measured: rows of measured results, those of other findings among them; None: there is no column for them.
    """
    columns = _COLUMNS if measured is None else (*_COLUMNS, _MEASURED)
    kind = "findings" if measured is None else "findings with-measured"
    head = "".join(f'<th scope="col">{name}</th>' for name in columns)
    bodies = "".join(
        _body(list(parts), measured and [row for row in measured if row["finding"] == number], links, len(columns))
        for number, parts in groupby(rows, key=lambda row: row["finding"])
    )
    return f'<div class="table-scroll"><table class="{kind}"><thead><tr>{head}</tr></thead>{bodies}</table></div>'


def anchor_of_set(name: str) -> str:
    """Name the place on the page that tells of a set of measured results."""
    return f"measured-{name}"


def _body(parts: Sequence[Row], measured: Sequence[Row] | None, links: Mapping[str, str], n_columns: int) -> str:
    """Write one finding: what it says over all its rows, and a row per model or comparison."""
    absent = parts[0]["verdict"] == ABSENT
    lines = _lines([] if absent else parts, measured or [])
    note = html.escape(str(parts[0]["note"])) if absent else ""
    span = f' rowspan="{max(1, len(lines))}"'
    cells = f'<th scope="rowgroup"{span}>{_said(parts, measured or [], links)}</th>'
    source = "paper" if parts[0]["figure"] else "check"
    start = f'<tbody id="{anchor_of_finding(parts[0]["finding"])}" data-source="{source}">'
    if not lines:
        return f'{start}<tr>{cells}<td colspan="{n_columns - 1}">{note}</td></tr></tbody>'
    is_named = len({row["measured"] for row in measured or []}) > 1
    # Why there is nothing of this run is said once.
    written = [
        _line(own, beside, note="" if number else note, is_wide=measured is not None, is_named=is_named)
        for number, (own, beside) in enumerate(lines)
    ]
    return f"{start}<tr>{cells}{'</tr><tr>'.join(written)}</tr></tbody>"


def anchor_of_finding(number: object) -> str:
    """Name the place on the page that tells of a finding."""
    return f"finding-{number}"


def _lines(parts: Sequence[Row], measured: Sequence[Row]) -> list[tuple[Row | None, list[Row]]]:
    """Put measured rows beside the row of this run that is about the same; those about something else follow."""
    lines: list[tuple[Row | None, list[Row]]] = [(part, []) for part in parts]
    places: dict[str, list[list[Row]]] = {}
    for part, beside in lines:
        places.setdefault(_compared(part), []).append(beside)
    for row in measured:
        same = places.setdefault(_compared(row), [])
        free = [beside for beside in same if all(other["measured"] != row["measured"] for other in beside)]
        if not free:
            free = [[]]
            same.append(free[0])
            lines.append((None, free[0]))
        free[0].append(row)
    return lines


def _said(parts: Sequence[Row], measured: Sequence[Row], links: Mapping[str, str]) -> str:
    first = parts[0]
    says = html.escape(str(first["says"]))
    if not first["figure"]:
        says = f"(Not in the paper.) {says}"
    verdict = str(first["finding_verdict"])
    cause = f": {first['finding_cause']}" if first["finding_cause"] else ""
    # The page's script sorts and filters by the class of this mark, and of those of measured data.
    judged = f'<div class="judged">{mark(verdict)} {verdict}{html.escape(cause)}</div>'
    beside = "".join(_judged(list(rows)) for _, rows in groupby(measured, key=lambda row: row["measured"]))
    return f"{says}{judged}<small>{' · '.join(_about(parts, links))}</small>{beside}"


def _judged(rows: Sequence[Row]) -> str:
    """Write the verdict on one set of measured results."""
    first = rows[0]
    verdict, name = str(first["finding_verdict"]), str(first["measured"])
    cause = f": {first['finding_cause']}" if first["finding_cause"] else ""
    told = [f'<a href="#{anchor_of_set(name)}">{html.escape(str(first["measured_title"]))}</a>', *_facts(rows)]
    judged = f"{mark(verdict)} {verdict} on measured data{html.escape(cause)}"
    return f'<div class="judged-measured">{judged}<small>{" · ".join(told)}</small></div>'


def _about(parts: Sequence[Row], links: Mapping[str, str]) -> Iterator[str]:
    first = parts[0]
    about, ran = str(first["about"]), first["verdict"] != ABSENT
    dataset = str(first["dataset"]) if ran else ""
    yield html.escape(about)
    if ran:
        kind = "synthetic" if first["synthetic"] else "real"
        named = "" if about.startswith(dataset) else f"{html.escape(dataset)} "
        yield f'{named}<span class="kind {kind}">{kind}</span>'
        yield from _facts(parts)
    chapter, section = str(first["chapter"]), str(first["section"])
    where = f"chapter {chapter.partition('_')[0]}, {section.replace('-', ' ')}"
    yield f'<a href="{html.escape(links[chapter])}#{section}">{where}</a>' if chapter in links else where


def _facts(parts: Sequence[Row]) -> Iterator[str]:
    first = parts[0]
    runs = sorted({int(row["n_runs"]) for row in parts})
    yield counted(runs[0], "run") if len(runs) == 1 else f"{runs[0]} to {runs[-1]} runs"
    if not math.isnan(first["naive_accuracy"]):
        yield f"chance {chance(first['naive_accuracy'])}"
    if not math.isnan(first["error_rate"]):
        yield f"verdict wrong in at most {share(first['error_rate'])}"
    if first["adjusted_for"] > 1:  # the same for all models of a claim about the best of them
        yield f"intervals adjusted for the choice among {first['adjusted_for']:.0f} models"
    if first["warnings"]:
        yield f'<span class="warning">training: {html.escape(str(first["warnings"]))}</span>'


def _line(own: Row | None, beside: Sequence[Row], *, note: str, is_wide: bool, is_named: bool) -> str:
    row = own or beside[0]
    write = _writer(row)
    verdict = mark(str(own["verdict"]), alone=True) if own else ""
    ours = f"{_ours(own, write)}{_below(own)}" if own else note or MISSING
    cells = f"<td>{verdict}</td><td>{html.escape(_compared(row))}</td><td>{write(row['published'])}</td><td>{ours}</td>"
    sets = [_measured(row, is_named=is_named) for row in beside]
    told = sets[0] if len(sets) == 1 else "".join(f"<div>{one}</div>" for one in sets)
    return f"{cells}<td>{told}</td>" if is_wide else cells


def _measured(row: Row, *, is_named: bool) -> str:
    number = f"{mark(str(row['verdict']), alone=True)} {_ours(row, _writer(row))}"
    return f"{number}{_below(row, *([str(row['measured_title'])] if is_named else []))}"


def _writer(row: Row) -> Callable[[float], str]:
    return difference if isinstance(row["other_model"], str) else accuracy


def _below(row: Row, *first: str) -> str:
    told = " · ".join([*first, *_remarks(row)])
    return f"<small>{html.escape(told)}</small>" if told else ""


def _ours(row: Row, write: Callable[[float], str]) -> str:
    estimate, lower, upper = (row[name] for name in ("estimate", "lower", "upper"))
    if row["constant"] is True:
        return f"{write(estimate)} (a constant prediction)"
    if row["cause"] in (SINGLE_RUN, FEW_GROUPS) or math.isnan(lower):
        return f"{write(estimate)} (no interval)"
    return f"{write(estimate)} ({interval(lower, upper, of=write)})"


def _remarks(row: Row) -> Iterator[str]:
    """What a reader must know of a row: why it is open, and what it could have shown."""
    if row["note"] and row["note"] not in (SAME, SINGLE):
        yield str(row["note"]).removesuffix(": no interval")  # which stands beside the number
    if row["cause"] and (row["note"], row["cause"]) != (FEW, FEW_GROUPS):  # which would say the same twice
        could = f"; {difference(row['resolution'], signed=False)} would have been seen" if row["resolution"] > 0 else ""
        yield f"{row['cause']}{could if row['cause'] in (IMPRECISE, BELOW_RESOLUTION) else ''}"


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


def verdict_class(verdict: str) -> str:
    """Name the class of a verdict in the style sheet."""
    return _CLASSES[verdict]


def mark(verdict: str, *, alone: bool = False) -> str:
    """Write the mark of a verdict; where it stands alone, it is named for those who cannot see it."""
    said = f' role="img" title="{verdict}"' if alone else ' aria-hidden="true"'
    return f'<b class="{_CLASSES[verdict]}"{said}>{MARKS[verdict]}</b>'

"""The state of every chapter of this copy: data, date, device, verdicts, and whether its page is stale."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd
import yaml
from IPython.display import HTML

from linear_signal.analysis.rules import ABSENT, FAILS, HOLDS, OPEN
from linear_signal.book.chapter_page import READERS, fingerprint, fingerprint_of
from linear_signal.book.findings import count_verdicts
from linear_signal.book.kept_tables import KeptTable
from linear_signal.book.measured import FOLDER as MEASURED
from linear_signal.book.measured import Measured
from linear_signal.book.needs import why_left_out
from linear_signal.book.parameter_files import read_parameters
from linear_signal.book.run_record import RunRecord, read_record
from linear_signal.errors import InputError
from linear_signal.numbers import MISSING
from linear_signal.progress import duration

_MOST_NAMES = 4
_WORDS = {
    HOLDS: ("holds", "hold"),
    FAILS: ("does not", "do not"),
    OPEN: ("inconclusive", "inconclusive"),
    ABSENT: ("not run", "not run"),
}
_COLUMNS = ("Chapter", "State", "Data", "Settings", "Computed", "Findings")


def status_table(
    root: Path, pages: Path, tables: Mapping[str, KeptTable], findings: pd.DataFrame, *, address: str = "chapters/{}.html"
) -> HTML:
    """Write a row for every chapter of the project that computes anything.

    Args:
        root: the project, for its chapters and parameter files.
        pages: folder of executed chapters.
        tables: their results, of as many as there are.
        findings: computed from those.
        address: of a chapter's page, with ``{}`` for its name.
    """
    # Those that only read what others computed are executed last, this one among them.
    sources = [source for source in sorted((root / "notebooks").glob("*.py")) if source.stem not in READERS]
    titles = _titles(root)
    rows = []
    for source in sources:
        title = titles.get(source.stem, source.stem.replace("_", " "))
        name = f'<a href="{address.format(source.stem)}">{html.escape(title)}</a>'
        rows.append((name, *_row(root, source, Path(pages), tables.get(source.stem), findings)))
    return HTML(_table(_COLUMNS, rows))


def measured_table(sets: Iterable[Measured]) -> HTML:
    """Write a row for every set of measured results that ships with the book."""
    rows = [
        (
            f"<code>{html.escape(one.name)}</code>",
            one.chapter.partition("_")[0],
            html.escape(one.manifest["about"]),
            one.manifest["date"][:10],
            html.escape(f"{duration(one.manifest['computing_seconds'])} on {', '.join(one.manifest['devices'])}"),
        )
        for one in sets
    ]
    return HTML(_table(("Set", "Chapter", "What was computed", "Date (UTC)", "Computing"), rows))


def _table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in columns)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return (
        f'<div class="table-scroll"><table class="status"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _titles(root: Path) -> dict[str, str]:
    """Read the titles of pages in the menu: by name of the file."""
    toc = root / "_toc.yml"
    parts = yaml.safe_load(toc.read_text(encoding="utf-8")).get("parts", []) if toc.is_file() else []
    entries = [entry for part in parts for entry in part.get("chapters", [])]
    return {Path(entry["file"]).name: entry["title"] for entry in entries if {"file", "title"} <= set(entry)}


def _row(root: Path, source: Path, pages: Path, table: KeptTable | None, findings: pd.DataFrame) -> tuple[str, ...]:
    missing = why_left_out(source)
    if table is None or table.fits is None:
        state = f"left out: {html.escape(missing)}" if missing else "results are lost" if table else "not run"
        return state, *[MISSING] * (len(_COLUMNS) - 2)
    page = pages / f"{table.page}.ipynb"
    try:
        record = read_record(page)
    except InputError:
        record = None  # of an older version
    return (
        _state(root, source, page),
        _data(table.fits),
        _settings(root, record),
        _computed(table.fits),
        _verdicts(findings[findings["chapter"] == source.stem]),
    )


def _state(root: Path, source: Path, page: Path) -> str:
    kept = fingerprint_of(page)
    if kept is None:
        return "run by hand"  # with papermill, which leaves no mark
    current = fingerprint(source, measured=root / MEASURED)
    return "up to date" if kept == current else "<strong>stale</strong>: code, packages or measured results changed since"


def _data(fits: pd.DataFrame) -> str:
    lines = []
    for synthetic, of_kind in fits.groupby("synthetic"):
        names = list(of_kind["dataset"].unique())
        shown = names if len(names) <= _MOST_NAMES else [*names[: _MOST_NAMES - 1], f"{len(names) - _MOST_NAMES + 1} more"]
        kind = '<span class="kind synthetic">synthetic</span>' if synthetic else '<span class="kind real">genuine</span>'
        lines.append(f"{html.escape('; '.join(shown))} {kind}")
    return "<br>".join(lines)


def _settings(root: Path, record: RunRecord | None) -> str:
    if record is None:
        return MISSING
    if not record.changed:
        return "quick (the defaults)"
    for file in sorted(root.glob(f"params/*/{record.chapter}.yaml")):
        given = {name: value for name, value in read_parameters(file).items() if name in record.parameters}
        if {name: record.parameters[name] for name in given | record.changed} == given:
            return f"the profile <code>{html.escape(file.parent.name)}</code>"
    return f"own: <code>{html.escape(', '.join(f'{name}={value}' for name, value in record.changed.items()))}</code>"


def _computed(fits: pd.DataFrame) -> str:
    seconds = fits.drop_duplicates("key")["seconds"].sum() if {"key", "seconds"} <= set(fits) else float("nan")
    days = sorted(str(day)[:10] for day in fits["finished"].dropna()) if "finished" in fits else []
    devices = dict.fromkeys(fits["device"].dropna()) if "device" in fits else {}
    parts = [days[-1]] if days else []
    parts += [f"{duration(seconds)} of computing"] if seconds == seconds else []
    return html.escape(", ".join([*parts, *devices])) or MISSING


def _verdicts(findings: pd.DataFrame) -> str:
    counts = count_verdicts(findings)
    if not sum(counts[verdict] for verdict in (HOLDS, FAILS, OPEN)):
        return MISSING
    self_test = " (self-test)" if findings["synthetic"].eq(True).any() else ""
    told = [f"{counts[verdict]} {words[counts[verdict] != 1]}" for verdict, words in _WORDS.items() if counts[verdict]]
    return ", ".join(told) + self_test

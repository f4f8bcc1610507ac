"""A chapter's first screen: one line on where its numbers come from, and its answer as a small table."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd
from IPython.display import HTML

from linear_signal.analysis.answer_rows import AnswerRow
from linear_signal.book.page_downloads import PLACE
from linear_signal.book.parameter_files import read_parameters
from linear_signal.book.paths import project_root
from linear_signal.data.dataset import Dataset
from linear_signal.data.source import Source
from linear_signal.figures.style import IN_PART, synthetic_of
from linear_signal.names import counted

COLUMNS = ("Full signal", "Linear signal removed")
_MOST_NAMES = 3
# Parameters that say how thorough a run is, in the order of what readers ask first.
_SIZES = {
    "n_genes": "genes",
    "n_features": "features",
    "n_samples": "samples",
    "n_seeds": "seeds",
    "n_folds": "folds",
    "n_inner_folds": "inner folds",
    "n_trials": "trials",
    "fractions": "training sizes",
    "max_epochs": "epochs",
}


def first_screen(
    rows: Sequence[AnswerRow],
    *,
    chapter: str,
    parameters: Mapping[str, Any],
    datasets: Sequence[Dataset | Source],
    tables: Sequence[pd.DataFrame],
    columns: Sequence[str] = COLUMNS,
    asked: str = "Question",
    on_purpose: bool = False,
) -> dict[str, HTML]:
    """Write what a page begins with, by name: ``provenance``, and where there are rows ``answer``.

    Args:
        rows, columns, asked: of the table of answers.
        chapter: such as ``20_gtex``; the sizes of the paper are those of its file in ``params/paper``.
        parameters, datasets, tables: of the run.
        on_purpose: whether data were simulated because their answer has to be known, not for want of genuine ones.
    """
    file = project_root() / "params" / "paper" / f"{chapter}.yaml"
    paper = read_parameters(file) if file.is_file() else {}
    line = provenance(datasets, tables, parameters=parameters, paper=paper, on_purpose=on_purpose)
    return {"provenance": line} | ({"answer": answer_table(rows, columns=columns, asked=asked)} if rows else {})


def answer_table(rows: Sequence[AnswerRow], *, columns: Sequence[str] = COLUMNS, asked: str = "Question") -> HTML:
    """Write the answer of a chapter as a table: a row per question, its verdict last, doubts beside it.

    Args:
        rows: the answers.
        columns: titles of their cells.
        asked: title of the column of questions.
    """
    head = "".join(f'<th scope="col">{html.escape(one)}</th>' for one in (asked, *columns, "So"))
    body = "".join(_row(row, columns) for row in rows)
    # Where a single number stands beside a sentence, the sentence has the room.
    kind = "answer sentences" if len(columns) == 1 else "answer"
    return HTML(f'<table class="{kind}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>')


def _row(row: AnswerRow, columns: Sequence[str]) -> str:
    cells = "".join(
        f'<td data-title="{html.escape(title, quote=True)}">{_lines(text)}</td>'
        for title, text in zip(columns, row.cells, strict=True)
    )
    small = f'<div class="about">{html.escape(row.why)}</div>' if row.why else ""
    doubts = f'<div class="doubt">⚠ {html.escape("; ".join(row.doubts))}</div>' if row.doubts else ""
    so = f'<td data-title="So"><strong>{_lines(row.so)}</strong>{small}{doubts}</td>'
    return f'<tr><th scope="row">{html.escape(row.question)}</th>{cells}{so}</tr>'


def _lines(text: str) -> str:
    return html.escape(text).replace("\n", "<br>")


def provenance(
    datasets: Sequence[Dataset | Source],
    tables: Sequence[pd.DataFrame],
    *,
    parameters: Mapping[str, Any],
    paper: Mapping[str, Any],
    on_purpose: bool = False,
) -> HTML:
    """Say in one line what a page's numbers rest on, with all that was read and cleaned behind it.

    Args:
        datasets: of the page.
        tables: the main tables of its results.
        parameters: of the run.
        paper: those of the paper's sizes, as far as they are known.
        on_purpose: whether data were simulated because their answer has to be known, not for want of genuine ones.
    """
    kind = synthetic_of(one.synthetic for one in datasets)
    simulated = "Simulated on purpose" if on_purpose else "Synthetic stand-in"
    title = {True: simulated, IN_PART: "Synthetic, in part"}.get(kind, "Genuine data")
    facts = [title, _named(datasets), *_sizes(datasets, tables)]
    less = smaller_than_the_paper(parameters, paper)
    facts += [f"of the paper's sizes: {less}"] if less else []
    units = pd.concat([one.drop_duplicates("key")[["seconds", "device"]] for one in tables])
    devices = sorted(set(units["device"].astype(str)))
    facts += [f"{datetime.now(UTC):%-d %B %Y}", *devices, f"{units['seconds'].sum():,.0f} s"]
    strong, *rest = (html.escape(fact) for fact in facts)
    notes = dict.fromkeys(html.escape(note) for one in datasets for note in one.notes)
    sources = dict.fromkeys(f"{html.escape(one.name)}: {html.escape(one.source)}." for one in datasets)
    listed = "".join(f"<li>{line}</li>" for line in (*sources, *notes))
    look = "synthetic" if kind else "real"
    return HTML(
        f'<div class="origin provenance {look}"><strong>{strong}</strong> · {" · ".join(rest)}'
        f"<br><details><summary>What was read, dropped and cleaned</summary><ul>{listed}</ul></details>{PLACE}</div>"
    )


def smaller_than_the_paper(parameters: Mapping[str, Any], paper: Mapping[str, Any]) -> str:
    """Say which sizes of a run differ from the paper's.

    >>> smaller_than_the_paper({"n_genes": 150, "n_seeds": 3, "fractions": [0.5, 1.0]}, {"n_genes": 5000, "n_seeds": 3})
    '150 of 5,000 genes'
    """
    parts = []
    for name, word in _SIZES.items():
        ours, theirs = (_size(values.get(name)) for values in (parameters, paper))
        if ours is not None and theirs is not None and ours != theirs:
            parts.append(f"{ours:,} of {theirs:,} {word}" if ours < theirs else f"{ours:,} {word}, not {theirs:,}")
    return ", ".join(parts)


def _named(datasets: Sequence[Dataset | Source]) -> str:
    names = list(dict.fromkeys(one.name for one in datasets))
    between = "; " if any(", " in name for name in names) else ", "
    return between.join(names[:_MOST_NAMES]) + (f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else "")


def _size(value: Any) -> int | None:
    return len(value) if isinstance(value, list) else value


def _sizes(datasets: Sequence[Dataset | Source], tables: Sequence[pd.DataFrame]) -> list[str]:
    """Samples, groups and classes, from what the fits say of themselves."""
    facts = []
    samples = [f"{one.n_samples:,}" for one in datasets if isinstance(one, Dataset)]
    if samples:
        facts.append(f"{' + '.join(dict.fromkeys(samples))} samples")
    fits = [one for one in tables if "train_groups" in one]
    if fits:
        # Where single samples are held out as well, each is a group of its own there.
        whole = [
            one[one["split"] != "sample"] if "split" in one and (one["split"] != "sample").any() else one for one in fits
        ]
        groups = max(int((one["train_groups"] + one["validation_groups"]).max()) for one in whole)
        classes = sorted({int(number) for one in fits for number in one["n_classes"].dropna().unique()})
        facts.append(counted(groups, "group") if f"{groups:,}" not in samples else "")
        facts.append(f"{classes[0]} to {classes[-1]} classes" if len(classes) > 1 else f"{classes[0]} classes")
    return [fact for fact in facts if fact]

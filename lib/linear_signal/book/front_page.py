"""What the front page shows of results: the answers, the overview figure, what this copy ran on, and what was learnt."""

from __future__ import annotations

import html
import importlib
import importlib.util
from collections.abc import Iterable, Mapping
from types import ModuleType

import pandas as pd
from IPython.display import HTML

from linear_signal.book.kept_tables import KeptTable
from linear_signal.book.measured import Measured
from linear_signal.figures.overview import overview
from linear_signal.names import counted
from linear_signal.studies import studies
from linear_signal.studies.heil2023.overview import overview_rows

_CHAPTERS = "chapters/{}.html"  # as seen from the front page
_CAPTION = (
    "Left the data as they are, right once class means are equal. A model well above every linear one there has used "
    "something non-linear, unless the row says that removal wrote it. Balanced accuracy from chance to perfect, however "
    "many classes there are. Symbols: means; ticks: single runs (one seed, one fold); hollow diamonds: ends of published "
    "curves, on more genes, which take no part in ours."
)


def answers(sets: Iterable[Measured]) -> HTML:
    """Write one sentence a study, from measured results only; a study without any has none."""
    by_chapter = _by_chapter(sets)
    said = [text for front in _fronts() if (text := front.answer(by_chapter))]
    items = "".join(f"<li>{text}</li>" for text in said)
    return HTML(f'<ul class="answers">{items}</ul>' if said else "<p>No measured results ship with this copy.</p>")


def learnt(sets: Iterable[Measured]) -> HTML:
    """List what was learnt that the papers do not say, each with its chapter."""
    by_chapter = _by_chapter(sets)
    items = "".join(
        f'<li>{text} <a href="{_CHAPTERS.format(chapter)}">Chapter {chapter.partition("_")[0]}</a></li>'
        for front in _fronts()
        if hasattr(front, "learnt")
        for text, chapter in front.learnt(by_chapter)
    )
    return HTML(f'<ol class="learnt">{items}</ol>')


def overview_figure(tables: Mapping[str, KeptTable], sets: Iterable[Measured], *, chapters: str = _CHAPTERS) -> HTML:
    """Draw all questions: genuine measured results first, then what this copy ran on made-up data, marked as such.

    Args:
        tables: results of this copy's chapters, as many as there are.
        sets: measured results.
        chapters: address of a chapter's page, with ``{}`` for its name.
    """
    rows = overview_rows(
        {chapter: table.fits for chapter, table in tables.items()}, [(one.title, one.chapter, one.results) for one in sets]
    )
    if rows.empty:
        return HTML("<p>None of the chapters has results yet.</p>")
    rows["block"] = rows["block"].map(_marked)
    drawn = overview(rows, links={chapter: chapters.format(chapter) for chapter in rows["chapter"].unique()})
    return HTML(f'<figure class="overview-figure">{drawn}<figcaption>{_CAPTION}</figcaption></figure>')


def this_copy(tables: Mapping[str, KeptTable]) -> HTML:
    """Say in a line or two what this copy of the book ran on: chapters, data, dates, devices."""
    fits = [table.fits for table in tables.values() if table.fits is not None]
    if not fits:
        return HTML("<p>This copy has run no chapter yet.</p>")
    made = [chapter.partition("_")[0] for chapter, table in tables.items() if _is_synthetic(table)]
    real = [chapter.partition("_")[0] for chapter, table in tables.items() if _is_synthetic(table) is False]
    text = f"<strong>This copy ran {counted(len(fits), 'chapter')}"
    text += f" on made-up data ({', '.join(made)})" if made else ""
    text += f"{' and' if made else ''} on genuine data ({', '.join(real)})" if real else ""
    devices = dict.fromkeys(device for one in fits for device in one.get("device", pd.Series(dtype=str)).dropna().unique())
    days = sorted(str(day)[:10] for one in fits if "finished" in one for day in one["finished"].dropna())
    when = (
        "" if not days else f" {'on' if days[0] == days[-1] else 'from'} {' to '.join(dict.fromkeys((days[0], days[-1])))}"
    )
    where = f" on {html.escape(', '.join(devices))}" if devices else ""
    kind = "synthetic" if made else "real"
    told = "Made-up data show that the test finds what was put in, and nothing about biology. " if made else ""
    return HTML(
        f'<div class="origin {kind}">{text}.</strong> {told}Computed{where}{when}. '
        '<a href="status.html">Every chapter with its data, date and state</a></div>'
    )


def _is_synthetic(table: KeptTable) -> bool | None:
    return None if table.fits is None else bool(table.fits["synthetic"].any())


def _marked(block: str) -> str:
    kind = "synthetic" if block.startswith("Synthetic") else "real"
    return f'<span class="kind {kind}">{block}</span>'


def _by_chapter(sets: Iterable[Measured]) -> dict[str, list[dict[str, pd.DataFrame]]]:
    by_chapter: dict[str, list[dict[str, pd.DataFrame]]] = {}
    for one in sets:
        by_chapter.setdefault(one.chapter, []).append(one.tables)
    return by_chapter


def _fronts() -> list[ModuleType]:
    """Import what the studies have for the front page, in their order; a study need not have anything."""
    names = [f"linear_signal.studies.{study.name}.front" for study in studies()]
    return [importlib.import_module(name) for name in names if importlib.util.find_spec(name)]

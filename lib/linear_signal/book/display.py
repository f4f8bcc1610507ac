"""What a chapter shows: figures, tables, where its data come from, and the numbers of its prose."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
from IPython.display import HTML, display

from linear_signal.book.figure import figure
from linear_signal.crossvalidation.run_facts import seen_columns
from linear_signal.data.dataset import Dataset
from linear_signal.data.source import Source
from linear_signal.figures.style import IN_PART, Synthetic, synthetic_of
from linear_signal.models.titles import model_title
from linear_signal.numbers import accuracy, interval

if TYPE_CHECKING:
    from plotnine import ggplot

    from linear_signal.book.measured import Measured


# What was glued in this process, by name.
glued: dict[str, Any] = {}


def glue(**numbers: Any) -> None:
    """Keep numbers of this run under a name, for the prose of the page: ``{glue:text}`name```.

    Accuracies and differences are written by :mod:`linear_signal.numbers` before they are kept.
    """
    from myst_nb import glue as glue_one

    for name, number in numbers.items():
        value = number.item() if hasattr(number, "item") else number
        glue_one(name, value, display=False)
        glued[name] = value


def show(plot: ggplot, *, alt: str) -> None:
    """Show a figure on the page; ``alt`` is what a screen reader says instead."""
    display(picture(plot, alt=alt))


def picture(plot: ggplot, *, alt: str) -> HTML:
    """Draw a figure for the page; ``alt`` is what a screen reader says instead."""
    return HTML(figure(plot, alt=alt))


def show_table(table: pd.DataFrame) -> None:
    """Show a table whose cells are text as it is to be read."""
    text = table.to_html(index=False, border=0, classes="dataframe", justify="left")
    display(HTML(f'<div class="table-scroll">{text}</div>'))


def show_sentences(sentences: Sequence[str]) -> None:
    """Show sentences below one another, as text."""
    display(HTML(f"<ul>{''.join(f'<li>{html.escape(sentence)}</li>' for sentence in sentences)}</ul>"))


def show_accuracies(summary: pd.DataFrame) -> None:
    """Show mean balanced accuracies with their intervals as a table; ``summary`` comes from ``summarise``."""
    table = pd.DataFrame(
        {
            "Task": summary["task"],
            **seen_columns(summary),
            "Model": summary["model"].map(model_title),
            "Runs": summary["n_runs"],
            "Balanced accuracy": summary["mean"].map(accuracy),
            "95 % interval": [
                f"none: {note.removesuffix(': no interval')}" if math.isnan(lower) else interval(lower, upper)
                for lower, upper, note in zip(summary["lower"], summary["upper"], summary["note"], strict=True)
            ],
        }
    )
    text = table.to_html(index=False, border=0, classes="dataframe accuracies", justify="left")
    display(HTML(f'<div class="table-scroll">{text}</div>'))


def origin(datasets: Sequence[Dataset | Source]) -> HTML:
    """Say where the numbers of a page come from and whether they are synthetic; glued at the top of the page."""
    kind = synthetic_of(dataset.synthetic for dataset in datasets)
    words = {True: "Synthetic: ", False: "Real: "} if kind == IN_PART else {True: "", False: ""}
    lines = list(dict.fromkeys(f"{words[dataset.synthetic]}{html.escape(dataset.source)}." for dataset in datasets))
    notes = dict.fromkeys(html.escape(note) for dataset in datasets for note in dataset.notes)
    if notes:
        listed = "".join(f"<li>{note}</li>" for note in notes)
        lines.append(f"<details><summary>What was read, dropped and cleaned</summary><ul>{listed}</ul></details>")
    return origin_banner(kind, lines)


def origin_banner(synthetic: Synthetic, lines: Sequence[str]) -> HTML:
    """Say at the top of a page whether its data are synthetic, all or in part, and then the ``lines`` (HTML)."""
    titles = {
        True: "Synthetic data: nothing that this run computed was measured on people.",
        IN_PART: "Synthetic data, in part.",
        False: "Real data.",
    }
    look = "synthetic" if synthetic else "real"
    return HTML(f'<div class="origin {look}"><strong>{titles[synthetic]}</strong> {" ".join(lines)}</div>')


def measured_banner(measured: Measured) -> HTML:
    """Say of measured results what they are, where their data come from, and how the run is made again."""
    about, line = html.escape(measured.manifest["about"]), html.escape(measured.origin_line())
    again = (
        f"<details><summary>How this was run</summary><pre>{html.escape(measured.command)}</pre><p>Tables, parameters, "
        f"hashes and versions: <code>book/measured/{measured.name}</code></p></details>"
    )
    return HTML(
        f'<div class="origin real measured"><strong>Genuine data, measured: {html.escape(measured.title)}.</strong> {about} '
        f"{line} {again}</div>"
    )

"""What a chapter needs beside the packages of the book; where that is missing, its page is left out with one sentence.

The header of a chapter's parameters cell says it: ``# %% tags=["parameters"] needs=["installed data"]``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat

from linear_signal.book.papermill_io import PARAMETERS_TAG, read_chapter
from linear_signal.data.bioconductor.datasets import why_not_installed
from linear_signal.errors import unknown
from linear_signal.files import write_whole

# By the name that a chapter calls it: a function that returns None where it is there, else a sentence on what gets it.
NEEDS: dict[str, Callable[[], str | None]] = {"installed data": why_not_installed}


def why_left_out(chapter: Path) -> str | None:
    """Return None where a chapter can run here, else one sentence on what it needs and what gets that.

    Raises:
        InputError: the chapter cannot be read, or needs what nobody knows how to look for.
    """
    cells = read_chapter(chapter).cells
    (header,) = (cell.metadata for cell in cells if PARAMETERS_TAG in cell.metadata.get("tags", []))
    named = header.get("needs", [])
    for name in named:
        if name not in NEEDS:
            raise unknown(f"need of {chapter.name}", name, NEEDS)
    return next(filter(None, (NEEDS[name]() for name in named)), None)


def leave_out(chapter: Path, page: Path, why: str) -> None:
    """Put a page of two lines in the place of a chapter's: its title, and why it has no more.

    Links to the page and its place in the menu stay whole. It has no fingerprint: the chapter runs as soon as it can.
    """
    title = next(line for line in read_chapter(chapter).cells[0].source.splitlines() if line.startswith("# "))
    text = f"{title}\n\n**This page is left out.** {why}"
    # With an id of its own: a random one would make the page another each time, and the findings look at all pages.
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text, id="left-out")])
    write_whole(page, nbformat.writes(notebook).encode())

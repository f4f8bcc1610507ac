"""The answer of a chapter where it was run: what its page says first, with the numbers of this run in their places.

In the source, and in a notebook that is not rendered, these numbers are names that only the rendered page fills in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from IPython.display import display

from linear_signal.book.papermill_io import read_chapter
from linear_signal.progress import MARK, SAID

HEADING = "## What we found"
_GLUED = re.compile(r"\{glue(?::text)?\}`([^`:]+)(?::[^`]*)?`")
# A figure or a table, which is not said, and the paragraph that leads to it.
_BLOCK = re.compile(r"(?:(?:[^\n]+\n)*[^\n]+:\n\n)?```\{glue\} \S+\n```\n?")
_ROLE = re.compile(r"\{[a-z:]+\}`([^`]*)`")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_PLACE = "\ue000"  # stands where a number will
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|$])")


def answer_of(source: Path, numbers: Mapping[str, object]) -> tuple[str, str]:
    """Return what the chapter found, as Markdown and as plain text; empty where its page has no such part.

    Args:
        source: the chapter.
        numbers: what was glued, by name.

    Raises:
        KeyError: a name that was not glued.
    """
    cells = (cell.source for cell in read_chapter(source).cells if cell.cell_type == "markdown")
    part = next((text.partition(HEADING)[2].partition("\n## ")[0] for text in cells if HEADING in text), "")

    part = _BLOCK.sub("", part)
    names = _GLUED.findall(part)
    # The markup of the page goes before the numbers are there: these can hold what looks like it.
    bare = _LINK.sub(r"\1", _ROLE.sub(r"\1", _GLUED.sub(_PLACE, part))).strip()

    def filled(value_of: Callable[[str], str]) -> str:
        values = iter(names)
        return re.sub(_PLACE, lambda _: value_of(str(numbers[next(values)])), bare)

    # Numbers can hold names from users' files, which are text and never markup.
    plain = "\n".join(line.removeprefix("> ") for line in filled(str).replace("**", "").splitlines())
    return filled(lambda value: _SPECIAL.sub(r"\\\1", value)), re.sub(r"\n{2,}", "\n", plain)


def show_answer(source: Path, numbers: Mapping[str, object], *, where: str) -> None:
    """Show the answer in the notebook, and have it said on the terminal, with where page and tables are."""
    markdown, plain = answer_of(source, numbers)
    content = {"text/markdown": f"**What this run found**\n\n{markdown}\n\n{where}", "text/plain": f"{plain}\n{where}"}
    display(content, raw=True, transient={MARK: True, SAID: True})

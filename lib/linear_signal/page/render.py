"""Renders the book with Jupyter Book, every warning an error, and replaces the old pages only by good ones."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from linear_signal.errors import InputError
from linear_signal.page.book import CHAPTERS, SOURCES

HTML = Path("_build/html")
FRESH = Path("_build/fresh")


def render(root: Path) -> Path:
    """Build the HTML of the book from its prose and the executed chapters.

    Always from scratch: Sphinx reports warnings only for the pages it reads, so that a second build would pass where
    the first failed, and it leaves the pages of deleted runs where they were.

    Args:
        root: the project.

    Returns:
        Path of the front page.

    Raises:
        InputError: a chapter is not in ``_toc.yml`` or has not been executed, or the build ended with a warning or
            an error; the pages rendered before are untouched then.
    """
    _check_contents(root)
    shutil.rmtree(root / FRESH, ignore_errors=True)
    command = "from jupyter_book.cli.main import main; main()"
    build = ["build", ".", "--path-output", str(FRESH), "-W", "--keep-going", "-q"]
    done = subprocess.run([sys.executable, "-c", command, *build], cwd=root, capture_output=True, text=True)
    fresh = root / FRESH / "_build" / "html"
    if done.returncode != 0 or not (fresh / "index.html").is_file():
        raise InputError(
            f"The book was not rendered; Jupyter Book says:\n{(done.stdout + done.stderr).strip()}\n"
            "Warnings count as errors: mend what they name and render again."
        )
    old = root / HTML
    shutil.rmtree(old, ignore_errors=True)
    os.replace(fresh, old)
    shutil.rmtree(root / FRESH)
    return old / "index.html"


def _check_contents(root: Path) -> None:
    toc = root / "_toc.yml"
    if not toc.is_file():
        raise InputError(f"There is no {toc}. Run this from the project's folder.")
    listed = _files(yaml.safe_load(toc.read_text(encoding="utf-8")))
    for source in sorted((root / SOURCES).glob("*.py")):
        page = CHAPTERS / source.stem
        if page.as_posix() not in listed:
            raise InputError(f"{SOURCES / source.name} is a chapter without a page: add {page} to _toc.yml.")
    missing = [entry for entry in sorted(listed) if Path(entry).parent == CHAPTERS and not _executed(root / entry)]
    if missing:
        raise InputError(f"{missing[0]}.ipynb has not been executed yet. Run 'make book', which executes every chapter.")


def _executed(entry: Path) -> bool:
    return entry.with_name(f"{entry.name}.ipynb").is_file()


def _files(contents: object) -> set[str]:
    """Collect every ``file:`` of a table of contents, however deep."""
    if isinstance(contents, list):
        return set().union(*map(_files, contents))
    if isinstance(contents, dict):
        own = {contents["file"]} if "file" in contents else set()
        return own.union(*map(_files, contents.values()))
    return set()

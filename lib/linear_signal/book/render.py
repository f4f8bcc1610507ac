"""Renders the book with Jupyter Book, every warning an error, and replaces the old pages only by good ones."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import yaml

from linear_signal.book.figure_files import take_out_figures
from linear_signal.book.figure_pixels import write_pixel_scripts
from linear_signal.book.heartbeat import Heartbeat
from linear_signal.book.page_downloads import offer_downloads
from linear_signal.book.page_texts import write_texts
from linear_signal.book.run_chapters import CHAPTERS, SOURCES
from linear_signal.book.theme_files import lighten_theme
from linear_signal.errors import InputError

HTML = Path("_build/html")
FRESH = Path("_build/fresh")
LOCK = Path("_build/.render.lock")


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
            an error, or the disk is full; the pages rendered before are untouched then.
    """
    _check_contents(root)
    say = partial(print, flush=True)
    say("Rendering the pages (half a minute to two)")
    try:
        with _one_at_a_time(root, say), Heartbeat(say, lambda: "rendering the pages"):
            return _rendered(root)
    except OSError as error:
        raise InputError(
            f"The pages cannot be written: {error.strerror or error} ({error.filename or root / FRESH}). What was computed "
            "is kept; mend that and type the same command again."
        ) from error


def _rendered(root: Path) -> Path:
    from linear_signal.book.explorer_files import share_explorers  # with the libraries of the figures: chapters come first

    shutil.rmtree(root / FRESH, ignore_errors=True)
    command = "from jupyter_book.cli.main import main; main()"
    build = ["build", ".", "--path-output", str(FRESH), "-W", "--keep-going", "-q"]
    done = subprocess.run([sys.executable, "-c", command, *build], cwd=root, capture_output=True, text=True)
    fresh, pages, aside = root / FRESH / "_build" / "html", root / HTML, root / FRESH / "old"
    if done.returncode != 0 or not (fresh / "index.html").is_file():
        raise InputError(
            f"The book was not rendered; Jupyter Book says:\n{(done.stdout + done.stderr).strip()}\n"
            "Warnings count as errors: mend what they name and render again."
        )
    take_out_figures(fresh)
    write_pixel_scripts(fresh)
    offer_downloads(root, fresh)
    write_texts(fresh)
    lighten_theme(fresh)
    share_explorers(fresh)  # at last: so far every page holds what tells which styles its explorers use
    # Two renames and no deleting in between: whoever reads the pages meanwhile finds the old or the new ones.
    if pages.exists():
        os.rename(pages, aside)
    os.rename(fresh, pages)
    shutil.rmtree(root / FRESH)
    return pages / "index.html"


@contextmanager
def _one_at_a_time(root: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Wait for others who render this book: each then renders all pages that were executed before its turn."""
    (root / LOCK).parent.mkdir(parents=True, exist_ok=True)
    with (root / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another command renders the book at this moment; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield  # the end of this process, in whatever way, gives the lock back


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

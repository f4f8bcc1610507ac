"""Executes one chapter into a page: beside it first, and moved into place only when it succeeded."""

from __future__ import annotations

import hashlib
import json
import os
import re
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
import papermill
from papermill.exceptions import PapermillExecutionError, strip_color

from linear_signal.book import engine
from linear_signal.book.forked_kernel import WaitingKernel
from linear_signal.book.installed import packages_of_pages
from linear_signal.book.measured import MANIFEST
from linear_signal.book.papermill_io import read_chapter
from linear_signal.book.paths import relative_to_root
from linear_signal.errors import InputError
from linear_signal.software import library_digest

# Where a chapter is written while it runs, and where a failed one stays to be looked at. No page comes from here.
PARTIAL = Path("book/partial")
# Chapters that are computed from what the others leave behind; not from each other.
READERS = ("00_findings", "95_explore")
FINGERPRINT = "linear_signal"


class ChapterFailed(Exception):
    """A chapter stopped with an error; the message is meant to be printed as it is."""


def execute(
    source: Path,
    page: Path,
    *,
    root: Path,
    parameters: Mapping[str, Any] | None = None,
    suffix: str = "",
    mark: str = "",
    label: str = "",
    waiting: WaitingKernel | None = None,
) -> None:
    """Execute a chapter and move the result into place when it succeeded.

    Args:
        source: the chapter.
        page: notebook to write.
        root: working directory of the run.
        parameters: overrides.
        suffix: plain text, set behind the title, so that readers can tell an extra run from the chapter.
        mark: fingerprint to keep in the page.
        label: stands in front of what the chapter says while it runs, where others speak as well.
        waiting: what becomes its kernel; None: a new Python does.

    Raises:
        Interrupted: Ctrl-C.
        InputError: the chapter cannot be read, or the parameters are not its own; nothing has run then.
        ChapterFailed: a cell raised, the kernel died, or the disk is full; the page is as before, the notebook so far is
            kept under ``book/partial``.
    """
    notebook = read_chapter(source)
    if suffix:
        _mark_as_run(notebook, suffix)
    kept = root / PARTIAL / page.name
    # Of this process alone: the same chapter may run twice at a time.
    partial = kept.with_name(f"{page.stem}.{socket.gethostname()}-{os.getpid()}.ipynb")
    try:
        partial.parent.mkdir(parents=True, exist_ok=True)
        page.parent.mkdir(parents=True, exist_ok=True)
        _execute(notebook, partial, root=root, parameters=parameters, label=label, waiting=waiting)
        executed = nbformat.read(partial, as_version=4)
        # papermill keeps the whole input notebook here, as that is what it was given, and the full path of the output.
        executed.metadata.papermill.input_path = relative_to_root(source, root)
        executed.metadata.papermill.output_path = relative_to_root(page, root)
        partial.write_text(marked(executed, mark), encoding="utf-8")
        os.replace(partial, page)
    except (InputError, engine.Interrupted):
        raise
    except PapermillExecutionError as error:
        raise ChapterFailed(_failure(source.stem, error, kept, root)) from None
    except OSError as error:
        raise ChapterFailed(
            f"{source.stem} could not be executed: {error.strerror or error} ({error.filename or partial}). Its page is as "
            "it was, and every finished unit of work is kept: mend that, and the same command continues."
        ) from error
    except Exception as error:
        # No cell raised, the kernel did: out of memory, killed from outside, not installed.
        raise ChapterFailed(
            f"{source.stem} could not be executed: {type(error).__name__}: {error}\n"
            f"The notebook up to there: {relative_to_root(kept, root)}"
        ) from error
    finally:
        # Whatever went wrong, Ctrl-C included.
        with suppress(OSError):
            os.replace(partial, kept)


def _execute(
    notebook: nbformat.NotebookNode,
    output: Path,
    *,
    root: Path,
    parameters: Mapping[str, Any] | None,
    label: str,
    waiting: WaitingKernel | None,
) -> None:
    papermill.execute_notebook(
        notebook,
        str(output).replace("{", "{{").replace("}", "}}"),  # papermill fills parameters into its paths
        parameters=dict(parameters or {}),
        cwd=root,
        engine_name=engine.NAME,
        label=label,
        waiting=waiting,
        progress_bar=sys.stderr.isatty() and not label,
    )


def fingerprint(source: Path, *, others: Path | None = None, measured: Path | None = None) -> str:
    """Hash what decides a chapter's page: its source, every file of the library, Python and the packages it rests on.

    Args:
        source: the chapter.
        others: folder of executed pages that the chapter reads, which decide its page as well.
        measured: folder of measured results, any of which a chapter may show; their manifests name their tables by hash.
    """
    digest = hashlib.sha256(library_digest().encode())
    pages = [page for page in sorted(others.glob("*.ipynb")) if page.stem not in READERS] if others else []
    sets = sorted(measured.glob(f"*/{MANIFEST}")) if measured else []
    read = [("chapter", source), *((f"page {page.name}", page) for page in pages)]
    for name, path in [*read, *((f"measured {one.parent.name}", one) for one in sets)]:
        content = path.read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    digest.update("\n".join([sys.version, *_installed()]).encode())
    return digest.hexdigest()


@cache  # some hundred files are read for it
def _installed() -> list[str]:
    return packages_of_pages()


def marked(notebook: nbformat.NotebookNode, mark: str) -> str:
    """Write a page with its fingerprint, and with a hash of all else in it, so that a changed number is noticed."""
    notebook.metadata.pop(FINGERPRINT, None)
    content = _hash(json.loads(nbformat.writes(notebook)))
    notebook.metadata[FINGERPRINT] = {"fingerprint": mark, "content": content}
    return nbformat.writes(notebook) + "\n"


def fingerprint_of(page: Path) -> str | None:
    """Read the fingerprint that an executed page keeps; None where there is none, or the page is not as it was written."""
    kept, content = _kept(page)
    return kept.get("fingerprint") if kept.get("content") == content else None


def is_altered(page: Path) -> bool:
    """Say whether a page that keeps a fingerprint is not as it was written."""
    kept, content = _kept(page)
    return "content" in kept and kept["content"] != content


def _kept(page: Path) -> tuple[dict[str, str], str]:
    """Read what :func:`marked` keeps in a page, nothing where there is no such page, and hash all else as it is now."""
    try:
        notebook = json.loads(page.read_text(encoding="utf-8"))
        return dict(notebook["metadata"].pop(FINGERPRINT)), _hash(notebook)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}, ""  # missing, torn or made by something else: it has to be made again


def _hash(notebook: Any) -> str:
    return hashlib.sha256(json.dumps(notebook, sort_keys=True).encode()).hexdigest()


def _mark_as_run(notebook: nbformat.NotebookNode, suffix: str) -> None:
    """Give an extra page its own title and its own labels; two pages with one label are an error of the book."""
    titled = False
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            if not titled:
                heading = f" (run: {as_text(suffix)})"
                # A function, since a replacement in words would be read for backslashes.
                cell.source, count = re.subn(
                    r"(?m)^# .+?(?=\s*$)", lambda title, more=heading: title[0] + more, cell.source, count=1
                )
                titled = bool(count)
            cell.source = re.sub(r"(?m)^\([\w .:-]+\)=[ \t]*\n", "", cell.source)
            cell.source = re.sub(r"(?m)^(:(?:name|label): ).*\n", "", cell.source)
        figure = cell.metadata.get("mystnb", {}).get("figure", {})
        figure.pop("name", None)


def as_text(text: str) -> str:
    """Write text so that Markdown shows it as it is: no tag, link, role or emphasis, and on one line.

    Angle brackets become others that look alike: the book's theme writes the title of a page as HTML in one place.

    >>> print(as_text("a [b](c) <i>"))
    a \\[b\\]\\(c\\) ‹i›
    """
    printable = "".join(character if character.isprintable() else " " for character in text)
    printable = printable.replace("<", "‹").replace(">", "›")
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(printable.split()))


def _failure(name: str, error: PapermillExecutionError, partial: Path, root: Path) -> str:
    first = next((line for line in error.source.splitlines() if line.strip()), "")
    lines = [f"{name} failed in cell {error.exec_count}, which begins: {first}"]
    if error.ename in ("InputError", "ChapterError"):
        lines.append(error.evalue)
    else:
        lines.append(strip_color("\n".join(error.traceback)))
    lines.append(f"The notebook up to the error: {relative_to_root(partial, root)}")
    return "\n".join(lines)

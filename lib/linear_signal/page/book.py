"""Runs chapters into the pages of the book: executed with papermill, moved into place only when they succeeded."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import re
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
import papermill
import yaml
from papermill.exceptions import PapermillExecutionError, strip_color
from traitlets.config import Config

from linear_signal.errors import InputError, unknown
from linear_signal.page import engine
from linear_signal.page.papermill_io import read_chapter
from linear_signal.page.paths import relative_to_root
from linear_signal.software import library_digest

SOURCES = Path("notebooks")
CHAPTERS = Path("book/chapters")
RUNS = Path("book/runs")
# Where a chapter is written while it runs, and where a failed one stays to be looked at. No page comes from here.
PARTIAL = Path("book/partial")
FINGERPRINT = "linear_signal"
# The chapter that is computed from what the others leave behind: it runs after them, and again when one of them changed.
FINDINGS = "00_findings"
KERNEL = Config(
    {
        # A kernel talks over a local port that others on the machine could listen to, and warns of it at every start.
        "KernelManager": {"transport_encryption": "auto"},
        # At its end a kernel is interrupted before it is told to stop, and logs that as an error.
        "NotebookClient": {"extra_arguments": ["--log-level=50"]},
    }
)


class ChapterFailed(Exception):
    """A chapter stopped with an error; the message is meant to be printed as it is."""


def run_chapters(root: Path) -> list[str]:
    """Execute every chapter whose page is missing or out of date, with its defaults.

    Args:
        root: the project; pages land in its ``book/chapters``.

    Returns:
        Names of the chapters that failed. Their old pages, if any, are untouched.

    Raises:
        InputError: there are no chapters, or one of them cannot be read.
    """
    chapters = sorted((root / SOURCES).glob("*.py"), key=lambda source: (source.stem == FINDINGS, source.stem))
    if not chapters:
        raise InputError(f"There are no chapters (*.py) in {root / SOURCES}. Run this from the project's folder.")
    failed, executed, started = [], 0, time.monotonic()
    for source in chapters:
        name, page = source.stem, root / CHAPTERS / f"{source.stem}.ipynb"
        mark = fingerprint(source, others=root / CHAPTERS if name == FINDINGS else None)
        if _fingerprint_of(page) == mark:
            _say(f"{name}: up to date")
            continue
        _say(f"{name}: running (a minute or two; seconds where the results are stored)")
        began = time.monotonic()
        try:
            execute(source, page, root=root, mark=mark)
        except ChapterFailed as failure:
            failed.append(name)
            _say(str(failure))
            continue
        executed += 1
        _say(f"{name}: done in {time.monotonic() - began:.0f} s")
    current = len(chapters) - executed - len(failed)
    _say(
        f"{len(chapters)} chapters: {executed} executed, {current} up to date, {len(failed)} failed, "
        f"{time.monotonic() - started:.0f} s"
    )
    return failed


def run_with_parameters(root: Path, name: str, parameters_file: Path) -> Path:
    """Execute one chapter with a parameter file into an extra page of the book, beside the chapter's own.

    Args:
        root: the project; the page lands in its ``book/runs``.
        name: chapter, such as ``20_gtex``.
        parameters_file: YAML, names and values.

    Returns:
        Path of the page.

    Raises:
        InputError: no such chapter, or the file is missing or holds no parameters; nothing has run then.
        ChapterFailed: the chapter stopped with an error.
    """
    names = [source.stem for source in sorted((root / SOURCES).glob("*.py"))]
    name = name.removesuffix(".py").removeprefix(f"{SOURCES}/")
    if name not in names:
        raise unknown("chapter", name, names)
    parameters = read_parameters(parameters_file)
    # Same parameters, same page: running a file again replaces its page, changing the file adds one.
    short = hashlib.sha256(json.dumps(parameters, sort_keys=True, default=str).encode()).hexdigest()[:8]
    stem = re.sub(r"[^\w.-]+", "_", parameters_file.stem)
    page = root / RUNS / f"{name}-{stem}-{short}.ipynb"
    _say(f"{name} with {parameters_file}: running")
    began = time.monotonic()
    execute(root / SOURCES / f"{name}.py", page, root=root, parameters=parameters, suffix=f"{parameters_file.stem}, {short}")
    _say(f"{name} with {parameters_file}: done in {time.monotonic() - began:.0f} s")
    return page


def read_parameters(path: Path) -> dict[str, Any]:
    """Read a parameter file.

    Raises:
        InputError: it is missing, isn't YAML or isn't a mapping of names to values.
    """
    wanted = "A parameter file holds one 'name: value' per line; params/README.md lists the names."
    try:
        parameters = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text file"
        raise InputError(f"Cannot read the parameter file {path}: {reason}. {wanted}") from None
    except yaml.YAMLError as error:
        raise InputError(f"The parameter file {path} is not valid YAML: {error}. {wanted}") from None
    if not isinstance(parameters, dict) or not all(isinstance(key, str) for key in parameters):
        seen = "nothing" if parameters is None else f"a {type(parameters).__name__}: {str(parameters)[:60]}"
        raise InputError(f"The parameter file {path} holds {seen}. {wanted}")
    return parameters


def execute(
    source: Path,
    page: Path,
    *,
    root: Path,
    parameters: Mapping[str, Any] | None = None,
    suffix: str = "",
    mark: str = "",
) -> None:
    """Execute a chapter and move the result into place when it succeeded.

    Args:
        source: the chapter.
        page: notebook to write.
        root: working directory of the run.
        parameters: overrides.
        suffix: set behind the title, so that readers can tell an extra run from the chapter.
        mark: fingerprint to keep in the page.

    Raises:
        InputError: the chapter cannot be read.
        ChapterFailed: a cell raised; the page is as before, the notebook so far is kept under ``book/partial``.
    """
    notebook = read_chapter(source)
    if suffix:
        _mark_as_run(notebook, suffix)
    partial = root / PARTIAL / page.name
    partial.parent.mkdir(parents=True, exist_ok=True)
    page.parent.mkdir(parents=True, exist_ok=True)
    try:
        papermill.execute_notebook(
            notebook,
            partial,
            parameters=dict(parameters or {}),
            cwd=root,
            engine_name=engine.NAME,
            progress_bar=sys.stderr.isatty(),
            config=KERNEL,
        )
    except PapermillExecutionError as error:
        raise ChapterFailed(_failure(source.stem, error, partial, root)) from None
    except Exception as error:
        # No cell raised, the kernel did: out of memory, killed from outside, not installed.
        raise ChapterFailed(
            f"{source.stem} could not be executed: {type(error).__name__}: {error}\n"
            f"The notebook up to there: {relative_to_root(partial, root)}"
        ) from error
    executed = nbformat.read(partial, as_version=4)
    executed.metadata[FINGERPRINT] = {"fingerprint": mark}
    # papermill keeps the whole input notebook here, as that is what it was given, and the full path of the output.
    executed.metadata.papermill.input_path = relative_to_root(source, root)
    executed.metadata.papermill.output_path = relative_to_root(page, root)
    nbformat.write(executed, partial)
    os.replace(partial, page)


def fingerprint(source: Path, *, others: Path | None = None) -> str:
    """Hash what decides a chapter's page: its source, every file of the library, Python and the installed packages.

    Args:
        source: the chapter.
        others: folder of executed pages that the chapter reads, which decide its page as well.
    """
    digest = hashlib.sha256(library_digest().encode())
    pages = [page for page in sorted(others.glob("*.ipynb")) if page.stem != source.stem] if others else []
    for name, path in [("chapter", source), *((f"page {page.name}", page) for page in pages)]:
        content = path.read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    installed = sorted({f"{each.name}=={each.version}" for each in importlib.metadata.distributions()})
    digest.update("\n".join([sys.version, *installed]).encode())
    return digest.hexdigest()


def _fingerprint_of(page: Path) -> str | None:
    try:
        return json.loads(page.read_text(encoding="utf-8"))["metadata"][FINGERPRINT]["fingerprint"]
    except (OSError, ValueError, KeyError, TypeError):
        return None  # missing, torn or made by something else: it has to be made again


def _mark_as_run(notebook: nbformat.NotebookNode, suffix: str) -> None:
    """Give an extra page its own title and its own labels; two pages with one label are an error of the book."""
    titled = False
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            if not titled:
                cell.source, count = re.subn(r"(?m)^# (.+?)\s*$", rf"# \1 (run: {suffix})", cell.source, count=1)
                titled = bool(count)
            cell.source = re.sub(r"(?m)^\([\w .:-]+\)=[ \t]*\n", "", cell.source)
            cell.source = re.sub(r"(?m)^(:(?:name|label): ).*\n", "", cell.source)
        figure = cell.metadata.get("mystnb", {}).get("figure", {})
        figure.pop("name", None)


def _failure(name: str, error: PapermillExecutionError, partial: Path, root: Path) -> str:
    first = next((line for line in error.source.splitlines() if line.strip()), "")
    lines = [f"{name} failed in cell {error.exec_count}, which begins: {first}"]
    if error.ename in ("InputError", "ChapterError"):
        lines.append(error.evalue)
    else:
        lines.append(strip_color("\n".join(error.traceback)))
    lines.append(f"The notebook up to the error: {relative_to_root(partial, root)}")
    return "\n".join(lines)


def _say(line: str) -> None:
    print(line, flush=True)  # seen at once also where the output goes to a file

"""Runs chapters into the pages of the book: those that are out of date, or one with a parameter file as an extra page."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

from linear_signal.book.beside import Job, execute_beside, execute_one, fit_beside
from linear_signal.book.chapter_page import READERS, execute, fingerprint, fingerprint_of, is_altered
from linear_signal.book.measured import FOLDER as MEASURED
from linear_signal.book.needs import leave_out, why_left_out
from linear_signal.book.parameter_files import parameters_of_file, read_parameters
from linear_signal.errors import InputError, unknown
from linear_signal.files import set_aside

SOURCES = Path("notebooks")
CHAPTERS = Path("book/chapters")
RUNS = Path("book/runs")
# They run after the others, and again when one of them changed.
FINDINGS, EXPLORE = READERS
# It trains nothing by compiled steps: on a new machine it runs beside the first chapter, which compiles them, and those
# after it find them made.
_BESIDE_THE_FIRST = "86_unseen_perturbations"
# Short ones end the queue, so that no core waits for a long one.
_AT_THE_END = ("40_sex_prediction", "50_sample_wise_splits", "60_pretraining")
_LONGEST_STEM = 60


def run_chapters(root: Path, *, at_once: int | None = None) -> list[str]:
    """Execute every chapter whose page is missing or out of date, with its defaults.

    A chapter that needs what is not here (:mod:`~linear_signal.book.needs`) gets a page that says so in one sentence.

    Args:
        root: the project; pages land in its ``book/chapters``.
        at_once: chapters at a time, each with its share of the cores; None: as many as cores and memory allow.

    Returns:
        Names of the chapters that failed. Their old pages, if any, are untouched; one that is not as it was written is set
        aside as ``<name>.damaged``.

    Raises:
        InputError: there are no chapters, or one of them cannot be read.
    """
    chapters = sorted((root / SOURCES).glob("*.py"), key=lambda source: (source.stem in READERS, source.stem))
    if not chapters:
        raise InputError(f"There are no chapters (*.py) in {root / SOURCES}. Run this from the project's folder.")
    chapters = _in_turn(chapters)
    places = {source: f"chapter {number} of {len(chapters)}" for number, source in enumerate(chapters, start=1)}
    failed, executed, left_out, started = [], 0, 0, time.monotonic()
    # What is computed from the others' pages is looked at when these are there.
    for some in ([one for one in chapters if one.stem not in READERS], [one for one in chapters if one.stem in READERS]):
        jobs = []
        for source in some:
            job, is_left_out = _job(source, root, places[source])
            left_out += is_left_out
            jobs += [job] if job else []
        began = {}
        for job, succeeded in _executed(jobs, root, at_once):
            name = job.source.stem
            if succeeded is None:
                began[job] = time.monotonic()
                _say(f"{name}: running, {places[job.source]} (a minute or two; seconds where the results are stored)")
            elif succeeded:
                executed += 1
                _say(f"{name}: done in {time.monotonic() - began[job]:.0f} s")
            else:
                failed.append(name)
    current = len(chapters) - executed - left_out - len(failed)
    without = f"{left_out} left out, " if left_out else ""
    _say(
        f"{len(chapters)} chapters: {executed} executed, {current} up to date, {without}{len(failed)} failed, "
        f"{time.monotonic() - started:.0f} s"
    )
    return failed


def _in_turn(chapters: list[Path]) -> list[Path]:
    """Put them into the order in which they run."""
    first, others = chapters[:1], chapters[1:]
    return first + sorted(others, key=_turn)


def _turn(chapter: Path) -> tuple[bool, ...]:
    name = chapter.stem
    return name in READERS, name in _AT_THE_END, name != _BESIDE_THE_FIRST


def _job(source: Path, root: Path, place: str) -> tuple[Job | None, bool]:
    """Say what there is to execute of a chapter, if anything, and whether its page was left out instead."""
    name, page = source.stem, root / CHAPTERS / f"{source.stem}.ipynb"
    mark = fingerprint(source, others=root / CHAPTERS if name in READERS else None, measured=root / MEASURED)
    if fingerprint_of(page) == mark:
        _say(f"{name}: up to date ({place})")
        return None, False
    missing = why_left_out(source)
    if missing:
        leave_out(source, page, missing)
        _say(f"{name}: left out ({place}). {missing}")
        return None, True
    if is_altered(page):
        _say(f"{name}: its page is not as it was written; {set_aside(page)} it is made again")
    return Job(source, page, mark), False


def _executed(jobs: list[Job], root: Path, at_once: int | None) -> Iterator[tuple[Job, bool | None]]:
    at_once = min(at_once or fit_beside(), len(jobs))
    if at_once > 1:
        yield from execute_beside(jobs, root=root, at_once=at_once)
        return
    for job in jobs:
        yield job, None
        yield job, execute_one(job, root=root)


def run_with_parameters(root: Path, name: str, parameters_file: Path) -> Path:
    """Execute one chapter with a parameter file into an extra page of the book, beside the chapter's own.

    Args:
        root: the project; the page lands in its ``book/runs``.
        name: chapter, such as ``20_gtex``.
        parameters_file: YAML, names and values.

    Returns:
        Path of the page.

    Raises:
        InputError: no such chapter, or the file is missing, holds no parameters, or others than the chapter has; nothing
            has run then.
        ChapterFailed: the chapter stopped with an error.
    """
    names = [source.stem for source in sorted((root / SOURCES).glob("*.py"))]
    name = name.removesuffix(".py").removeprefix(f"{SOURCES}/")
    if name not in names:
        raise unknown("chapter", name, names)
    source = root / SOURCES / f"{name}.py"
    parameters_of_file(source, parameters_file)
    parameters = read_parameters(parameters_file)
    # Same parameters, same page: running a file again replaces its page, changing the file adds one.
    short = hashlib.sha256(json.dumps(parameters, sort_keys=True).encode()).hexdigest()[:8]
    stem = re.sub(r"[^\w.-]+", "_", parameters_file.stem)[:_LONGEST_STEM]
    page = root / RUNS / f"{name}-{stem}-{short}.ipynb"
    _say(f"{name} with {parameters_file}: running")
    began = time.monotonic()
    execute(source, page, root=root, parameters=parameters, suffix=f"{parameters_file.stem}, {short}")
    _say(f"{name} with {parameters_file}: done in {time.monotonic() - began:.0f} s")
    return page


def _say(line: str) -> None:
    print(line, flush=True)  # seen at once also where the output goes to a file

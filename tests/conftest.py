"""What several test files share: the chapters, executed once, and a small plan, run in peace."""

import os
import shutil
import signal
from functools import cache

import pytest
from filelock import FileLock

from chapter_run import CHAPTERS, FINDINGS, Run
from linear_signal.training.cpu.processor import compile_steps
from stored_tables import run_quietly, tables_of
from tiny_experiment import tiny_plan


@pytest.hookimpl(tryfirst=True)  # before xdist looks for groups
def pytest_collection_modifyitems(items):
    """Deal tests to processes: those of one chapter, those of all chapters and those of a file stay in one process.

    The chapters come first, and are shared out: they take the longest. What each leaves behind is there for all processes.
    """
    ranks = {}
    for item in items:
        group, rank = item.path.stem, 2
        if "executed_chapter" in item.fixturenames:
            group, rank = f"chapter {item.callspec.params['chapter']}", 0
        elif "executed_chapters" in item.fixturenames:
            group, rank = "all chapters", 1
        item.add_marker(pytest.mark.xdist_group(group))
        ranks[item] = rank
    items.sort(key=ranks.get)


@pytest.fixture(scope="session", autouse=True)
def ctrl_c():
    """Hear Ctrl-C, be the tests started in the background, where shells have it ignored: some of them press it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def compiled_steps():
    """Compile the training steps before any test: which one comes first must not matter to what it sees."""
    compile_steps()


@pytest.fixture(scope="session")
def executed(tmp_path_factory):
    """Return a function that executes a chapter at its test size, unless a process of these tests has: its run."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "chapters"

    def execute(chapter):
        folder = shared / chapter / "with a space"
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder}.lock"):
            return Run(folder, chapter, data=shared / "data")

    return cache(execute)


@pytest.fixture
def executed_chapter(executed, chapter):
    """Execute the chapter of the test."""
    return executed(chapter)


@pytest.fixture(scope="session")
def executed_chapters(executed):
    """Execute every chapter: runs by name."""
    return {chapter: executed(chapter) for chapter in CHAPTERS}


@pytest.fixture(scope="session")
def executed_findings(executed_chapters, tmp_path_factory):
    """Execute the page of findings on the pages and tables of the executed chapters, put together as in the book."""
    folder = tmp_path_factory.mktemp("findings") / "with a space"
    pages, results = folder / "book/chapters", folder / "results"
    pages.mkdir(parents=True)
    for name, run in executed_chapters.items():
        assert not run.failed, run.said
        shutil.copy(run.notebook, pages / f"{name}.ipynb")
        shutil.copytree(run.results / "tables", results / "tables", dirs_exist_ok=True)
    return Run(folder, FINDINGS, pages=str(pages))


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory):
    """Run the tiny plan once, in peace: the folder of its store, its results and all their tables."""
    folder = tmp_path_factory.mktemp("undisturbed") / "tiny"
    results = run_quietly(tiny_plan(), folder)
    return folder, results, tables_of(results, folder)

"""What several test files share: the chapters, executed once, and a small plan, run in peace."""

import os
import shutil
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from chapter_run import CHAPTERS, FINDINGS, Run
from linear_signal.training.cpu.processor import compile_steps
from stored_tables import run_quietly, tables_of
from tiny_experiment import tiny_plan

CHAPTERS_GROUP = "chapters"


@pytest.hookimpl(tryfirst=True)  # before xdist looks for groups
def pytest_collection_modifyitems(items):
    """Keep a file in one of two processes, and all that looks at the executed chapters: what they share is made once.

    The chapters come first, as they take one process the longest.
    """
    for item in items:
        if "executed_chapters" in item.fixturenames:
            item.add_marker(pytest.mark.xdist_group(CHAPTERS_GROUP))
        elif item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
    items.sort(key=lambda item: item.get_closest_marker("xdist_group").args != (CHAPTERS_GROUP,))


@pytest.fixture(scope="session", autouse=True)
def ctrl_c():
    """Hear Ctrl-C, be the tests started in the background, where shells have it ignored: some of them press it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def compiled_steps():
    """Compile the training steps before any test: which one comes first must not matter to what it sees."""
    compile_steps()


@pytest.fixture(scope="session")
def executed_chapters(tmp_path_factory):
    """Execute every chapter at its test size, two beside each other where no other process runs tests: runs by name."""

    def execute(chapter):
        folder = tmp_path_factory.mktemp(chapter) / "with a space"
        folder.mkdir()
        return Run(folder, chapter)

    with ThreadPoolExecutor(1 if "PYTEST_XDIST_WORKER" in os.environ else 2) as threads:
        return dict(zip(CHAPTERS, threads.map(execute, CHAPTERS), strict=True))


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

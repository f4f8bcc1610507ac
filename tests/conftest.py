"""What several test files share: the chapters, executed once, and a small plan, run in peace."""

import os
import re
import shutil
import signal
from functools import cache, partial
from pathlib import Path

import pytest
from filelock import FileLock

# Threads of OpenMP that wait for others spin meanwhile, and there are more of them than cores. Read when it is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Those of OpenBLAS spin as well, and know no such policy: a small product on two took sixteen times the work of one.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# The library is imported where it is used: the process that deals out the tests reads this file as well, and needs it not.

# Files whose tests look at all executed chapters.
OF_ALL_CHAPTERS = ("test_answer", "test_findings_page", "test_pages")
# Files that train in double precision, for which the steps are compiled once more.
IN_DOUBLE_PRECISION = ("test_pretraining", "test_training")
# Files whose tests fork workers, from a server that takes seconds to start, and wait for them, for a cluster, for a server.
OF_WORKERS = (
    *("test_scale_out", "test_tracking", "test_run", "test_stopped_runs"),
    *("test_shared_memory", "test_store", "test_saved_models"),
)
# Groups of several files, by name.
TOGETHER = {"all chapters": OF_ALL_CHAPTERS, "double precision": IN_DOUBLE_PRECISION, "workers": OF_WORKERS}
# The groups that take the longest. Who waits much leaves the cores to the others; who looks at all chapters comes when none
# is under way any more.
FIRST = ("workers", "chapter ", "double precision", "test_book", "all chapters")


def group_of(nodeid):
    """Name what stays in one process: a file, the tests of one chapter, or files that share what takes long to make."""
    stem = Path(nodeid.partition("::")[0]).stem
    chapter = re.search(r"\[(\d\d_\w+)\]$", nodeid)
    if stem == "test_chapters" and chapter:
        return f"chapter {chapter[1]}"
    return next((name for name, stems in TOGETHER.items() if stem in stems), stem)


def pytest_collection_modifyitems(items):
    """Let what takes long come first, so that at the end no process is left alone with it."""
    for item in items:
        if "executed_chapters" in item.fixturenames and item.path.stem not in OF_ALL_CHAPTERS:
            raise pytest.UsageError(f"{item.path.name} uses executed_chapters: add it to OF_ALL_CHAPTERS in conftest.py")
        # Left to itself Hypothesis fails a test that takes longer than 200 ms, as any does now and then on a busy machine.
        made_up = getattr(getattr(item, "function", None), "_hypothesis_internal_use_settings", None)
        if made_up and made_up.deadline:
            raise pytest.UsageError(f"{item.nodeid} has to end in time: take settings of support/examples.py")
    rank = {name: number for number, name in enumerate(FIRST)}
    items.sort(key=lambda item: next((rank[name] for name in FIRST if group_of(item.nodeid).startswith(name)), len(FIRST)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Deal groups of tests to processes. The marks that pytest-xdist has for it (3.8) do nothing under pytest 9."""
    from xdist.scheduler import LoadScopeScheduling

    class InGroups(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return group_of(nodeid)

    config.option.loadscopereorder = False  # which would put groups of many tests first, however short they are
    return InGroups(config, log)


@pytest.fixture(scope="session", autouse=True)
def ctrl_c():
    """Hear Ctrl-C, be the tests started in the background, where shells have it ignored: some of them press it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def of_all_processes(tmp_path_factory):
    """Return the folder that all processes of these tests share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session", autouse=True)
def compiled_steps(of_all_processes):
    """Compile the training steps before any test: which one comes first must not matter to what it sees."""
    from linear_signal.training.cpu.processor import compile_steps

    with FileLock(of_all_processes / "compiled.lock"):  # what one process has compiled, the others read
        compile_steps()


@pytest.fixture(scope="session", autouse=True)
def data_of_chapters(of_all_processes):
    """Have all runs of chapters, here and in the other processes, make and read their miniatures once; GTEx's of few donors.

    Whether a chapter runs does not depend on how many there are, and with a third of them its models are trained sooner.
    """
    from chapter_run import Page
    from linear_signal.data.gtex import source

    Page.data = of_all_processes / "data of the chapters"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source, "write_gtex_miniature", partial(source.write_gtex_miniature, n_donors=24))
        yield


@pytest.fixture(scope="session")
def executed(of_all_processes):
    """Return a function that executes a chapter at its test size, unless a process of these tests has: its run."""
    from chapter_run import BY_PAPERMILL, Run, WrittenHere

    shared = of_all_processes / "chapters"

    def execute(chapter):
        folder = shared / chapter / "with a space"
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder}.lock"):
            kind = Run if chapter == BY_PAPERMILL else WrittenHere
            return kind(folder, chapter)

    return cache(execute)


@pytest.fixture
def executed_chapter(executed, chapter):
    """Execute the chapter of the test."""
    return executed(chapter)


@pytest.fixture(scope="session")
def executed_chapters(executed):
    """Execute every chapter: runs by name."""
    from chapter_run import CHAPTERS

    return {chapter: executed(chapter) for chapter in CHAPTERS}


@pytest.fixture(scope="session")
def executed_findings(executed_chapters, tmp_path_factory):
    """Execute the page of findings on the pages and tables of the executed chapters, put together as in the book."""
    from chapter_run import FINDINGS, WrittenHere

    folder = tmp_path_factory.mktemp("findings") / "with a space"
    pages, results = folder / "book/chapters", folder / "results"
    pages.mkdir(parents=True)
    for name, run in executed_chapters.items():
        assert not run.failed, run.said
        shutil.copy(run.notebook, pages / f"{name}.ipynb")
        shutil.copytree(run.results / "tables", results / "tables", dirs_exist_ok=True)
    for run in executed_chapters.values():
        for unit in run.results.glob("*"):  # without copies: they are many
            if unit.is_file() and not (results / unit.name).exists():
                (results / unit.name).hardlink_to(unit)
    (folder / "measured").mkdir()  # what ships has tests of its own
    return WrittenHere(folder, FINDINGS, pages=str(pages), measured_folder=str(folder / "measured"))


@pytest.fixture(scope="session")
def executed_explore(executed_findings):
    """Execute the explorer of all results on the same pages, in the same folder of results."""
    from chapter_run import EXPLORE, WrittenHere

    folder = executed_findings.folder
    (folder / "explore").mkdir(exist_ok=True)
    pages, results = (str(folder / one) for one in ("book/chapters", "results"))
    return WrittenHere(folder / "explore", EXPLORE, pages=pages, results_folder=results)


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory):
    """Run the tiny plan once, in peace: the folder of its store, its results and all their tables."""
    from stored_tables import run_quietly, tables_of
    from tiny_experiment import tiny_plan

    folder = tmp_path_factory.mktemp("undisturbed") / "tiny"
    results = run_quietly(tiny_plan(), folder)
    return folder, results, tables_of(results, folder)

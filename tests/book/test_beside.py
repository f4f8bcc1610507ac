"""Chapters run beside each other: each in a process of its own, which Ctrl-C and the end of its parent end."""

import importlib.util
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from linear_signal.book import run_chapters
from linear_signal.book.beside import execute_beside, fit_beside
from linear_signal.book.chapter_page import READERS
from linear_signal.book.forked_kernel import IMPORTED, WaitingKernel
from linear_signal.experiment.machine import SHARE, usable_cores
from miniature_book import CHAPTER, make_book

# The command of ``make book``, but for the pages; two at a time however many cores there are.
COMMAND = (
    "import sys; from linear_signal.book import run_chapters as r; from linear_signal.book.__main__ import main;"
    "r.fit_beside = lambda: 2; sys.exit(main(['chapters']))"
)
# Waits for the other one, which therefore has to run at the same time.
MEETS = """
# %%
import os
import time

Path("{own}").write_text(os.environ["LINEAR_SIGNAL_CORES"])
began = time.monotonic()
while not Path("{other}").exists():
    assert time.monotonic() - began < 60
    time.sleep(0.02)
print("met")
"""


@pytest.fixture
def book(tmp_path):
    """Return a book of two chapters that only end beside each other, the second of them with an error."""
    folder = make_book(tmp_path / "with a space")
    (folder / "notebooks/10_tiny.py").write_text(CHAPTER + MEETS.format(own="tiny", other="more"))
    (folder / "notebooks/11_more.py").write_text(CHAPTER + MEETS.format(own="more", other="tiny") + "1 / 0\n")
    return folder


def started(book):
    options = {"cwd": book, "text": True, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.Popen([sys.executable, "-c", COMMAND], **options)


def test_two_chapters_run_at_the_same_time_and_one_that_fails_leaves_the_other_alone(book):
    with started(book) as process:
        said = process.communicate(timeout=120)[0]
    assert process.returncode == 1, said
    assert "  10_tiny: met\n" in said
    assert "11_more failed in cell" in said
    assert "ZeroDivisionError" in said
    assert "2 chapters: 1 executed, 0 up to date, 1 failed" in said
    assert (book / "book/chapters/10_tiny.ipynb").exists()
    assert not (book / "book/chapters/11_more.ipynb").exists()
    assert (book / "tiny").read_text() == str(max(1, usable_cores() // 2)), "each has its share of the cores"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["ctrl-c", "killed"])
def test_no_process_is_left_behind_and_ctrl_c_ends_with_one_sentence(book, how):
    for name in ("10_tiny", "11_more"):
        (book / f"notebooks/{name}.py").write_text(
            f"{CHAPTER}\n# %%\nimport time\n\nPath('{name}').touch()\ntime.sleep(120)\n"
        )
    with started(book) as process:
        deadline = time.monotonic() + 120
        while not ((book / "10_tiny").exists() and (book / "11_more").exists()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        family = psutil.Process(process.pid).children(recursive=True)
        assert len(family) >= 4, "two chapters and their kernels"
        process.send_signal(how)
        said = process.communicate(timeout=60)[0]
    _, alive = psutil.wait_procs(family, timeout=30)
    assert not alive
    assert not list((book / "book/chapters").glob("*.ipynb"))
    if how == signal.SIGINT:
        assert process.returncode == 130
        assert "Traceback" not in said
        lines = said.rstrip().splitlines()
        assert lines[-1].startswith("Interrupted. Every finished unit of work is kept; the same command")
        assert len(lines) < 20, said


def test_the_share_of_a_chapter_is_what_it_takes_for_its_cores(monkeypatch):
    monkeypatch.setenv(SHARE, "1")
    assert usable_cores() == 1
    assert fit_beside() == 1
    monkeypatch.setenv(SHARE, "1000")
    assert usable_cores() <= os.cpu_count()


def test_a_kernel_that_dies_fails_its_chapter_with_a_sentence_and_the_other_goes_on(book):
    (book / "notebooks/11_more.py").write_text(CHAPTER + MEETS.format(own="more", other="tiny") + "os._exit(3)\n")
    with started(book) as process:
        said = process.communicate(timeout=120)[0]
    assert process.returncode == 1, said
    assert "11_more could not be executed: DeadKernelError" in said
    assert "2 chapters: 1 executed, 0 up to date, 1 failed" in said


def test_what_is_imported_before_kernels_fork_is_there():
    # A fork server says nothing of what it cannot import, and every kernel would import it anew.
    assert [name for name in IMPORTED if importlib.util.find_spec(name) is None] == []


def test_a_waiting_kernel_that_nobody_needs_ends():
    waiting = WaitingKernel()
    assert waiting.poll() is None
    waiting.dismiss()
    assert waiting.poll() == 0
    waiting.send_signal(signal.SIGTERM)  # reaches nobody, and no other process of that number


def test_nothing_to_execute_is_nothing_to_do(tmp_path):
    assert list(execute_beside([], root=tmp_path, at_once=2)) == []


def test_one_chapter_runs_beside_the_one_that_compiles_and_short_ones_end_the_queue():
    chapters = sorted((Path(__file__).parents[2] / "notebooks").glob("*.py"))
    chapters = [one for one in chapters if one.stem not in READERS]
    in_turn = run_chapters._in_turn(chapters)
    assert in_turn[0] == chapters[0]
    assert in_turn[1].stem == run_chapters._BESIDE_THE_FIRST
    last = in_turn[-len(run_chapters._AT_THE_END) :]
    assert tuple(one.stem for one in last) == run_chapters._AT_THE_END
    assert sorted(in_turn) == chapters
    between = in_turn[2 : -len(last)]
    assert between == sorted(between)

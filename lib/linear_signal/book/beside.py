"""Executes chapters beside each other: each in a process of its own, with its share of the cores."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import forkserver, get_context, parent_process
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from linear_signal.book.chapter_page import ChapterFailed, execute
from linear_signal.book.engine import Interrupted
from linear_signal.book.forked_kernel import IMPORTED, WaitingKernel
from linear_signal.errors import InputError
from linear_signal.experiment.machine import SHARE, available_memory, usable_cores

# Of memory, for a chapter at its default size with its kernel and its workers.
_BYTES = 2 * 2**30
# More of them gain little: a chapter has work for several cores, but for its imports and its figures.
_MOST = 4
# Where libraries look for how many threads they may have; left to themselves they take all cores, and wait for each other.
_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Job:
    """A chapter to execute into a page that keeps this mark."""

    source: Path
    page: Path
    mark: str


def fit_beside() -> int:
    """Say how many chapters this machine executes at the same time: 1 to 4, as cores and memory allow."""
    return max(1, min(usable_cores(), _MOST, available_memory() // _BYTES))


def execute_one(job: Job, *, root: Path, label: str = "", waiting: WaitingKernel | None = None) -> bool:
    """Execute a chapter, in the kernel that waits if there is one; say whether it succeeded, and print what went wrong."""
    try:
        execute(job.source, job.page, root=root, mark=job.mark, label=label, waiting=waiting)
    except (ChapterFailed, InputError) as failure:
        print(failure, flush=True)
        return False
    return True


def execute_beside(jobs: Sequence[Job], *, root: Path, at_once: int) -> Iterator[tuple[Job, bool | None]]:
    """Execute chapters, so many at a time and the first ones first.

    Ctrl-C, or whatever else is thrown into it, interrupts the chapters that run, and waits for them to end.

    Args:
        jobs: what to execute.
        root: working directory of the runs.
        at_once: how many at a time.

    Yields:
        Each job when it begins, with None, and when it has ended, with whether it succeeded.
    """
    cores = max(1, usable_cores() // at_once)
    # A fork server has imported once what papermill and the kernels of chapters need, so that its forks start quickly.
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__, *IMPORTED])
    with _threads(cores):
        forkserver.ensure_running()
    waiting, running = deque(jobs), {}
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                job = waiting.popleft()
                yield job, None
                process = context.Process(target=_in_process, args=(job, root, cores), name=job.source.stem)
                process.start()
                running[process.sentinel] = process, job
            for ended in wait(list(running)):
                process, job = running.pop(ended)
                process.join()
                if process.exitcode not in (0, 1):
                    print(f"{job.source.stem} could not be executed: its process ended with status {process.exitcode}.")
                yield job, process.exitcode == 0
    finally:
        _end([process for process, _ in running.values()])


@contextmanager
def _threads(cores: int) -> Iterator[None]:
    """Say in the environment how many threads libraries may have, where nobody has: who starts meanwhile keeps that."""
    unsaid = [name for name in _THREADS if name not in os.environ]
    os.environ.update(dict.fromkeys(unsaid, str(cores)))
    try:
        yield
    finally:
        for name in unsaid:
            del os.environ[name]


def _end(processes: Sequence[BaseProcess]) -> None:
    for process in processes:
        if process.is_alive():
            os.kill(process.pid, signal.SIGINT)
    for process in processes:
        process.join()


def _in_process(job: Job, root: Path, cores: int) -> None:
    # Ctrl-C reaches every process of a terminal. This one hears of it from the process that waits for it, and once.
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    waiting = WaitingKernel()
    threading.Thread(target=_end_when_left, daemon=True).start()
    os.environ[SHARE] = str(cores)
    try:
        succeeded = execute_one(job, root=root, label=job.source.stem, waiting=waiting)
    except (KeyboardInterrupt, Interrupted):  # who pressed it hears one sentence, from the process that waits
        sys.exit(Interrupted.exit_code)
    finally:
        waiting.dismiss()
    sys.exit(0 if succeeded else 1)


def _end_when_left() -> None:
    """End this process when nobody waits for it any more; its kernel then ends itself."""
    wait([parent_process().sentinel])
    os._exit(1)

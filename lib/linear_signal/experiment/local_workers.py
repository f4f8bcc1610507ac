"""Units in worker processes beside each other on this machine, which end when they are told to or are left alone."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import Pipe, get_context, parent_process
from multiprocessing.connection import Connection, wait

import torch

from linear_signal.errors import InputError
from linear_signal.experiment.compute import compute
from linear_signal.experiment.shared_memory import SharedObject
from linear_signal.experiment.threads import is_out_of_memory, with_its_threads
from linear_signal.experiment.unit import Unit, UnitResult


def compute_in_workers(units: Sequence[Unit], device: torch.device, workers: int) -> Iterator[tuple[Unit, UnitResult]]:
    """Compute units in so many processes and hand each out as soon as it is done, in any order.

    Whatever stops it (a worker that dies, a unit that fails, an interrupt, an exception thrown into the generator), it first
    hands out all that is done; then it ends the workers, in the midst of their units, and raises.

    Raises:
        InputError: a worker died, most likely for want of memory, or could not be started.
    """
    # A fork server has imported PyTorch once and never run it, so that its forks start quickly and safely.
    context = get_context("forkserver")
    context.set_forkserver_preload(sorted({type(unit).__module__ for unit in units} | {"linear_signal.experiment.compute"}))
    # Nothing is ever sent: the workers end when this end is closed, be it by this process or by its death.
    lifeline, ours = Pipe(duplex=False)
    waiting: dict[Future, Unit] = {}
    complete = False
    shared = pool = None
    try:
        try:
            # The units share their data, and the workers share the memory in which these lie.
            shared = SharedObject(list(units))
            pool = ProcessPoolExecutor(workers, context, _start_worker, (shared, device, lifeline))
            waiting |= {pool.submit(_compute_in_worker, number): unit for number, unit in enumerate(units)}
            for done in as_completed(list(waiting)):
                yield _taken(waiting, done)
            complete = True
        except GeneratorExit:
            raise
        except BaseException as error:
            for done in [done for done in waiting if _is_there(done)]:
                yield _taken(waiting, done)
            if problem := _problem(error):
                raise InputError(problem) from None
            raise
    finally:
        if not complete:
            ours.close()  # before the pool is, which would wait until the units that are begun are done
        if pool:
            pool.shutdown(cancel_futures=True)
        if shared:
            shared.close()
        ours.close()
        lifeline.close()


def _taken(waiting: dict[Future, Unit], done: Future) -> tuple[Unit, UnitResult]:
    result = done.result()
    return waiting.pop(done), result


def _is_there(done: Future) -> bool:
    return done.done() and not done.cancelled() and done.exception() is None


def _problem(error: BaseException) -> str:
    """Say in a sentence what befell the workers; empty where it is no matter of theirs."""
    if isinstance(error, BrokenProcessPool):
        return (
            "A worker process died: killed, most likely for want of memory, or called from a script without "
            "`if __name__ == '__main__':`. What was finished is stored; run again, with fewer workers, to continue."
        )
    if isinstance(error, OSError | EOFError) or is_out_of_memory(error):
        return (
            f"Worker processes could not be started or reached ({error or type(error).__name__}), most likely for want of "
            "memory or because a limit on processes is reached. What was finished is stored; run again, with fewer workers, "
            "to continue."
        )
    return ""


_worker_units: list[Unit] = []
_worker_device = torch.device("cpu")


def _start_worker(units: list[Unit], device: torch.device, lifeline: Connection) -> None:
    global _worker_units, _worker_device
    _worker_units, _worker_device = units, device
    # Ctrl-C reaches every process of a terminal. What becomes of the workers is up to the one that asked for them.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_when_left, args=(lifeline,), daemon=True).start()


def _end_when_left(lifeline: Connection) -> None:
    """End this worker when nobody waits for it any more: a stopped or killed chapter must leave no process behind."""
    # The parent is not os.getppid(), the fork server, which in turn lives as long as any of its workers.
    wait([lifeline, parent_process().sentinel])
    os._exit(1)


def _compute_in_worker(number: int) -> UnitResult:
    return with_its_threads(compute, _worker_units[number], _worker_device)

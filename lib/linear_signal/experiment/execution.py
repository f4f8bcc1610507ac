"""Where units are computed: in this process, in worker processes beside each other, or on a Dask cluster."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from multiprocessing import get_context, parent_process
from types import TracebackType
from typing import Any
from typing import Protocol as Interface

import torch
from threadpoolctl import threadpool_limits

from linear_signal.errors import InputError, unknown
from linear_signal.experiment.plan import Unit
from linear_signal.experiment.unit import UnitResult, compute
from linear_signal.models import MODELS, Network
from linear_signal.training.device import DEVICES, find_device

LOCAL = "local"
_ADDRESS = re.compile(r"tcp://[^\s/:]+:\d{1,5}|tcp://\[[0-9a-fA-F:.]+\]:\d{1,5}")

# Below this many genes one thread trains a unit as fast as two; the cores are then better used by several workers. The
# number of threads depends on the unit alone, so that the number of workers does not change a single digit.
_GENES_FOR_ALL_THREADS = 1500


class Execution(Interface):
    """Where units are computed; a context manager, open as long as it is used."""

    def at_once(self, units: Sequence[Unit]) -> int:
        """Say how many of ``units`` are computed at the same time."""
        ...

    def prepare(self, units: Sequence[Unit], say: Callable[[str], None] | None) -> None:
        """Do once what all units need, and say so where it takes a while."""
        ...

    def apply(self, function: Callable[..., Any], units: Sequence[Unit]) -> list[Any]:
        """Return ``function(unit, device=...)`` of every unit, in their order."""
        ...

    def compute(self, units: Sequence[Unit]) -> Iterator[tuple[Unit, UnitResult]]:
        """Compute units and hand each out as soon as it is done, in any order."""
        ...

    def __enter__(self) -> Execution:
        """Make ready; finds out whether it can work at all."""
        ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Give back what was taken."""
        ...


def check_execution(execution: str, *, device: str, workers: int) -> None:
    """Find a wrong value of ``execution``, ``device`` or ``workers``; nothing is started or connected.

    Raises:
        InputError: an execution that is neither "local" nor an address, an unknown device, a negative number of workers,
            or a local "cuda" without a GPU.
    """
    if workers < 0:
        raise InputError(f"workers is {workers}; it must be 0 (one per core) or more.")
    if execution != LOCAL and not _ADDRESS.fullmatch(execution):
        raise InputError(
            f"execution is {execution!r}; it must be {LOCAL!r} (this machine, with as many processes as workers says) or "
            "the address of a Dask scheduler such as 'tcp://10.0.0.5:8786', which the scheduler prints when it starts."
        )
    if execution == LOCAL:
        find_device(device)
    elif device not in DEVICES:  # whether a worker has a GPU only the worker knows
        raise unknown("device", device, DEVICES)


def find_execution(execution: str = LOCAL, *, device: str = "auto", workers: int = 1) -> Execution:
    """Choose where units are computed.

    Args:
        execution: "local", or the address of a Dask scheduler ("tcp://host:port").
        device: "auto", "cpu" or "cuda"; on a cluster every worker looks for itself.
        workers: processes on this machine; 1 computes in this process, 0 takes one per core. A cluster has its own.

    Raises:
        InputError: as ``check_execution``.
    """
    check_execution(execution, device=device, workers=workers)
    if execution == LOCAL:
        return LocalExecution(find_device(device), workers)
    from linear_signal.experiment.dask_execution import DaskExecution

    return DaskExecution(execution, device=device)


class LocalExecution:
    """This machine: everything in this process, or in worker processes.

    Args:
        device: on a GPU everything runs in this process, since one process fills it.
        workers: worker processes; 1 computes in this process, 0 takes one per processor core.
    """

    def __init__(self, device: torch.device, workers: int) -> None:
        self.device, self.workers = device, workers

    def at_once(self, units: Sequence[Unit]) -> int:
        """Say how many of ``units`` are computed at the same time."""
        if self.device.type == "cuda" or any(is_large(unit) for unit in units):
            return 1
        return max(1, min(self.workers or os.cpu_count() or 1, len(units)))

    def prepare(self, units: Sequence[Unit], say: Callable[[str], None] | None) -> None:
        """Compile the training steps where no earlier run has: here, and not in every worker at the same time."""
        if self.device.type != "cpu" or not any(isinstance(MODELS.get(unit.model), Network) for unit in units):
            return
        from linear_signal.training.processor import compile_steps, steps_are_compiled

        if not steps_are_compiled():
            if say:
                say("Compiling the training steps, once on this machine: about 15 seconds.")
            compile_steps()

    def apply(self, function: Callable[..., Any], units: Sequence[Unit]) -> list[Any]:
        """Return ``function(unit, device=...)`` of every unit, in their order; in this process, one after the other."""
        return [with_its_threads(function, unit, self.device) for unit in units]

    def compute(self, units: Sequence[Unit]) -> Iterator[tuple[Unit, UnitResult]]:
        """Compute units and hand each out as soon as it is done, in any order.

        Raises:
            InputError: a worker died, most likely for want of memory.
        """
        return compute_units(units, device=self.device, workers=self.at_once(units))

    def __enter__(self) -> LocalExecution:
        """Return itself; there is nothing to open."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Do nothing: worker processes end with the units they were started for."""


def compute_units(units: Sequence[Unit], *, device: torch.device, workers: int) -> Iterator[tuple[Unit, UnitResult]]:
    """Compute units on this machine with so many worker processes (1: in this process); otherwise as ``LocalExecution``."""
    if workers < 2:
        for unit in units:
            yield unit, with_its_threads(compute, unit, device)
    else:
        with closing(_compute_in_workers(units, device, workers)) as computed:
            yield from computed


def is_large(unit: Unit) -> bool:
    """Say whether a unit is worth all cores; the others get one thread each."""
    return unit.task.dataset.n_genes >= _GENES_FOR_ALL_THREADS


def with_its_threads(function: Callable[..., Any], unit: Unit, device: torch.device) -> Any:
    """Call ``function(unit, device=device)`` with the number of threads that the unit is always computed with."""
    if is_large(unit):
        return function(unit, device=device)
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        # Also BLAS and OpenMP, which the exact solver and scikit-learn use.
        with threadpool_limits(1):
            return function(unit, device=device)
    finally:
        torch.set_num_threads(before)


def _compute_in_workers(units: Sequence[Unit], device: torch.device, workers: int) -> Iterator[tuple[Unit, UnitResult]]:
    # A fork server has imported PyTorch once and never run it, so that its forks start quickly and safely.
    context = get_context("forkserver")
    context.set_forkserver_preload(["linear_signal.experiment.unit"])
    # The units share their tasks: pickled in one list, every dataset travels once per worker.
    with ProcessPoolExecutor(workers, context, _start_worker, (list(units), device)) as pool:
        waiting = {pool.submit(_compute_in_worker, number): unit for number, unit in enumerate(units)}
        try:
            for done in as_completed(waiting):
                yield waiting[done], done.result()
        except BrokenProcessPool:
            raise InputError(
                "A worker process died: killed, most likely for want of memory, or called from a script without "
                "`if __name__ == '__main__':`. What was finished is stored; run again, with fewer workers, to continue."
            ) from None
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


_worker_units: list[Unit] = []
_worker_device = torch.device("cpu")


def _start_worker(units: list[Unit], device: torch.device) -> None:
    global _worker_units, _worker_device
    _worker_units, _worker_device = units, device
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this worker when the process that asked for it is gone: a killed chapter must leave no process behind."""
    # That is not os.getppid(), the fork server, which in turn lives as long as any of its workers.
    parent_process().join()
    os._exit(1)


def _compute_in_worker(number: int) -> UnitResult:
    return with_its_threads(compute, _worker_units[number], _worker_device)

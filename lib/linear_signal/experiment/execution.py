"""Where units are computed: in this process, in worker processes beside each other, or on a Dask cluster."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Sequence
from types import TracebackType
from typing import Any
from typing import Protocol as Interface

import torch

from linear_signal.errors import InputError, unknown
from linear_signal.experiment.compute import compute
from linear_signal.experiment.local_workers import compute_in_workers
from linear_signal.experiment.machine import usable_cores
from linear_signal.experiment.threads import with_its_threads
from linear_signal.experiment.unit import Unit, UnitResult
from linear_signal.experiment.worker_memory import WorkerMemory
from linear_signal.training.device import DEVICES, find_device

LOCAL = "local"
_ADDRESS = re.compile(r"(tcp|tls)://([^\s/:@]+|\[[0-9a-fA-F:.]+\]):(\d{1,5})")

# Units with their results, in any order, each as soon as it is done. What is thrown into it is raised again, after all that
# is done has been handed out.
Computed = Generator[tuple[Unit, UnitResult], None, None]


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

    def compute(self, units: Sequence[Unit]) -> Computed:
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
    address = _ADDRESS.fullmatch(execution)
    if execution != LOCAL and not (address and 0 < int(address[3]) < 2**16):
        raise InputError(
            f"execution is {execution!r}; it must be {LOCAL!r} (this machine, with as many processes as workers says) or "
            "the address of a Dask scheduler such as 'tcp://127.0.0.1:8786' or 'tls://10.0.0.5:8786', which the scheduler "
            "prints when it starts."
        )
    if execution == LOCAL:
        find_device(device)
    elif device not in DEVICES:  # whether a worker has a GPU only the worker knows
        raise unknown("device", device, DEVICES)


def find_execution(execution: str = LOCAL, *, device: str = "auto", workers: int = 1) -> Execution:
    """Choose where units are computed.

    Args:
        execution: "local", or the address of a Dask scheduler ("tcp://host:port" or "tls://host:port").
        device: "auto", "cpu" or "cuda"; on a cluster every worker looks for itself.
        workers: processes on this machine; 1 computes in this process, 0 takes one per core this
            process may use, as far as memory allows. A cluster has its own.

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
        workers: worker processes; 1 computes in this process, 0 takes one per core that this process may use. There are
            fewer where memory does not do for so many.
    """

    def __init__(self, device: torch.device, workers: int) -> None:
        self.device, self.workers = device, workers
        self._memory: WorkerMemory | None = None

    def at_once(self, units: Sequence[Unit]) -> int:
        """Say how many of ``units`` are computed at the same time."""
        wanted = self._wanted(units)
        if wanted < 2:
            return 1
        if self._memory is None:  # looked at once: later on the workers themselves have taken theirs
            self._memory = WorkerMemory.of(units)
        return min(wanted, self._memory.most)

    def prepare(self, units: Sequence[Unit], say: Callable[[str], None] | None) -> None:
        """Do what the units ask for here and not in every worker (``Unit.prepare``); say what workers will take."""
        for kind in {type(unit): None for unit in units}:
            kind.prepare([unit for unit in units if type(unit) is kind], self.device, say)
        workers, wanted = self.at_once(units), self._wanted(units)
        if say and wanted > 1:
            say(self._memory.sentence(workers, wanted))

    def apply(self, function: Callable[..., Any], units: Sequence[Unit]) -> list[Any]:
        """Return ``function(unit, device=...)`` of every unit, in their order; in this process, one after the other."""
        return [with_its_threads(function, unit, self.device) for unit in units]

    def compute(self, units: Sequence[Unit]) -> Computed:
        """Compute units and hand each out as soon as it is done, in any order.

        Raises:
            InputError: memory ran out, or a worker died, most likely for that reason.
        """
        return compute_units(units, device=self.device, workers=self.at_once(units))

    def _wanted(self, units: Sequence[Unit]) -> int:
        """How many at a time, if memory were no matter."""
        if self.device.type == "cuda" or any(unit.is_large for unit in units):
            return 1
        return max(1, min(self.workers or usable_cores(), len(units)))

    def __enter__(self) -> LocalExecution:
        """Return itself; there is nothing to open."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Do nothing: worker processes end with the units they were started for."""


def compute_units(units: Sequence[Unit], *, device: torch.device, workers: int) -> Computed:
    """Compute units on this machine with so many worker processes (1: in this process); otherwise as ``LocalExecution``."""
    if workers > 1:
        return compute_in_workers(units, device, workers)
    return ((unit, with_its_threads(compute, unit, device)) for unit in units)

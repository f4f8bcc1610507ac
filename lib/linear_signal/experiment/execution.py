"""Where units are computed: in this process, or in worker processes beside each other."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process

import torch
from threadpoolctl import threadpool_limits

from linear_signal.errors import InputError
from linear_signal.experiment.plan import Unit
from linear_signal.experiment.unit import UnitResult, compute

# Below this many genes one thread trains a unit as fast as two; the cores are then better used by several workers. The
# number of threads depends on the unit alone, so that the number of workers does not change a single digit.
_GENES_FOR_ALL_THREADS = 1500


def compute_units(units: Sequence[Unit], *, device: torch.device, workers: int) -> Iterator[tuple[Unit, UnitResult]]:
    """Compute units and hand each out as soon as it is done, in any order.

    Args:
        device: on a GPU everything runs in this process, since one process fills it.
        workers: worker processes; 1 computes in this process, 0 takes one per processor core.

    Raises:
        InputError: a worker died, most likely for want of memory.
    """
    workers = min(workers or os.cpu_count() or 1, len(units))
    large = any(unit.task.dataset.n_genes >= _GENES_FOR_ALL_THREADS for unit in units)
    if workers < 2 or device.type == "cuda" or large:
        for unit in units:
            yield unit, _compute_here(unit, device)
    else:
        yield from _compute_in_workers(units, device, workers)


def _compute_here(unit: Unit, device: torch.device) -> UnitResult:
    if unit.task.dataset.n_genes >= _GENES_FOR_ALL_THREADS:
        return compute(unit, device=device)
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        # Also BLAS and OpenMP, which the exact solver and scikit-learn use.
        with threadpool_limits(1):
            return compute(unit, device=device)
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
    return _compute_here(_worker_units[number], _worker_device)

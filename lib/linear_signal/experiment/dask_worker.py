"""What runs in the workers of a Dask cluster, and how they are told from ones whose numbers could differ.

The scheduler imports this module too, to pass the work on, so nothing heavy is imported before it is needed.
"""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from linear_signal.errors import InputError
from linear_signal.software import MISSING, library_digest, versions

if TYPE_CHECKING:
    from linear_signal.experiment.unit import Unit

_one_at_a_time = threading.Lock()


def packed(function: Callable[..., Any], unit: Unit, *, device: str, software: Mapping[str, str]) -> bytes:
    """Pack what is sent for a unit: all of it but its data."""
    content = {"function": function, "unit": unit.with_data(()), "device": device, "software": dict(software)}
    return pickle.dumps(content)


def compute_on_worker(work: bytes, *data: Any) -> Any:
    """Unpack ``packed`` and return ``function(unit, device=...)``.

    Raises:
        InputError: this worker has joined after the cluster was checked, and does not do.
    """
    from distributed import get_worker

    worker = get_worker()
    check_threads(worker.address, worker.state.nthreads)
    content = pickle.loads(work)
    check_software(content["software"], {worker.address: describe_software()})

    from linear_signal.experiment.threads import with_its_threads
    from linear_signal.training.device import find_device

    unit, device = content["unit"].with_data(data), find_device(content["device"])
    with _one_at_a_time:
        # Dask tells the libraries of its workers to use one thread each; a large unit is meant to have every core.
        return with_its_threads(content["function"], unit, device, set_low=True)


def describe_software() -> dict[str, str]:
    """Name the versions on which numbers rest; two processes that agree in them compute the same.

    ``linear_signal`` carries the digest of its files, since a copy of the project can be ahead of its version. A library's
    version goes without its build (``+cpu``, ``+cu126``), so that a client without a GPU can use workers with one, and
    Python's without its last number.
    """
    found = {name: text.partition("+")[0] for name, text in versions("distributed").items()}
    return found | {
        "linear_signal": f"{found['linear_signal']} (source {_digest()[:16]})",
        "python": found["python"].rpartition(".")[0],
    }


@cache  # every unit asks for it, and what was imported does not change when the files do
def _digest() -> str:
    return library_digest()


def check_software(ours: Mapping[str, str], theirs: Mapping[str, Mapping[str, str] | Exception]) -> None:
    """Compare the software of this process with that of every other one, by its name.

    Raises:
        InputError: they differ, or a process could not even say what it has; the message names both sides.
    """
    for place, found in theirs.items():
        where = place if place.startswith("the ") else f"worker {place}"
        if isinstance(found, Exception):
            raise InputError(
                f"On the Dask cluster, {where} has no usable linear_signal {ours['linear_signal']}: "
                f"{type(found).__name__}: {found}. Start scheduler and workers from the environment of the book, in the "
                "same state as here."
            )
        differing = [name for name in {**ours, **found} if ours.get(name) != found.get(name)]
        if differing:
            here, there = (", ".join(f"{name} {some.get(name, MISSING)}" for name in differing) for some in (ours, found))
            raise InputError(
                f"On the Dask cluster, {where} has {there}; here it is {here}. Numbers of the two could differ. Start "
                "scheduler and workers from the environment of the book, in the same state as here."
            )


def check_threads(worker: str, threads: int) -> None:
    """Refuse a worker that would compute several units at once."""
    if threads != 1:
        raise InputError(
            f"Dask worker {worker} would compute {threads} units at once in one process, where they would share the "
            "threads that decide the last digits. Start workers with --nthreads 1, as many as should work side by side."
        )


def device_problem(device: str) -> str:
    """Say why a device cannot be used in this process; empty where it can."""
    from linear_signal.training.device import find_device

    try:
        find_device(device)
    except InputError as error:
        return str(error)
    return ""

"""With how many threads a unit is computed, wherever that is, and what becomes of it where memory runs out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import torch
from threadpoolctl import ThreadpoolController

from linear_signal.errors import InputError
from linear_signal.experiment.machine import usable_cores
from linear_signal.experiment.unit import Unit

# How PyTorch, whose processor memory runs out with a plain RuntimeError, says so; and Python of a thread, which needs some.
_RUNTIME_ERRORS = ("can't allocate memory", "not enough memory", "can't start new thread")


def with_its_threads(function: Callable[..., Any], unit: Unit, device: torch.device, *, set_low: bool = False) -> Any:
    """Call ``function(unit, device=device)`` with the number of threads that the unit is always computed with.

    Args:
        function: what to call.
        unit: a large one has all cores this process may use, any other a single thread.
        device: passed on.
        set_low: whether somebody else has set the libraries to one thread each, which a large unit then does not heed.

    Raises:
        InputError: there was not enough memory; the unit is named.
    """
    before = torch.get_num_threads()
    threads = usable_cores() if unit.is_large else 1
    try:
        # As long as the libraries use no more than they should, what a user has told them (OMP_NUM_THREADS) is left alone.
        if unit.is_large and not set_low and before <= threads:
            return function(unit, device=device)
        torch.set_num_threads(threads)
        with thread_pools().limit(limits=threads):  # also BLAS and OpenMP, which the exact solver and scikit-learn use
            return function(unit, device=device)
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        reason = str(error).strip().partition("\n")[0]
    finally:
        torch.set_num_threads(before)
    # Raised out here: an error raised while another is handled keeps that one's frames alive, and all memory they hold.
    raise InputError(
        f"Memory ran out while this unit was computed: {unit.title}{f' ({reason})' if reason else ''}. What was "
        "finished is stored. Run again with fewer workers, a smaller batch_size or fewer genes, or where there is more "
        "memory: it continues from there."
    )


@contextmanager
def single_thread() -> Iterator[None]:
    """Compute with one thread of every library: many small products are slower on all cores, which wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with thread_pools().limit(limits=1):
            yield
    finally:
        torch.set_num_threads(before)


def thread_pools() -> ThreadpoolController:
    """Return the pools of threads of the libraries that are loaded; to look for them takes as long as a small unit."""
    return _found_among(len(sys.modules))  # a library with a pool of its own comes with modules of its own


@lru_cache(maxsize=1)
def _found_among(n_modules: int) -> ThreadpoolController:
    return ThreadpoolController()


def is_out_of_memory(error: BaseException) -> bool:
    """Tell a want of memory, which each library says in its own way, from other errors."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _RUNTIME_ERRORS)

"""With how many threads a unit is computed, wherever that is, and what becomes of it where memory runs out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from threadpoolctl import threadpool_limits

from linear_signal.crossvalidation.plan import Unit
from linear_signal.errors import InputError
from linear_signal.experiment.machine import usable_cores

# Below this many genes one thread trains a unit as fast as two; the cores are then better used by several workers. The
# number of threads depends on the unit alone, so that the number of workers does not change a single digit.
_GENES_FOR_ALL_THREADS = 1500
# How PyTorch, whose processor memory runs out with a plain RuntimeError, says so.
_TORCH_SAYS = ("can't allocate memory", "not enough memory")


def is_large(unit: Unit) -> bool:
    """Say whether a unit is worth all cores; the others get one thread each."""
    return unit.task.dataset.n_genes >= _GENES_FOR_ALL_THREADS


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
    before, cores = torch.get_num_threads(), usable_cores()
    threads = cores if is_large(unit) else 1
    try:
        # As long as the libraries use no more than they should, what a user has told them (OMP_NUM_THREADS) is left alone.
        if is_large(unit) and not set_low and before <= cores:
            return function(unit, device=device)
        torch.set_num_threads(threads)
        with threadpool_limits(threads):  # also BLAS and OpenMP, which the exact solver and scikit-learn use
            return function(unit, device=device)
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        reason = str(error).strip().partition("\n")[0]
    finally:
        torch.set_num_threads(before)
    # Raised out here: an error raised while another is handled keeps that one's frames alive, and all memory they hold.
    raise InputError(
        f"Memory ran out while this unit was computed: {title_of(unit)}{f' ({reason})' if reason else ''}. What was "
        "finished is stored. Run again with fewer workers, a smaller batch_size or fewer genes, or where there is more "
        "memory: it continues from there."
    )


def is_out_of_memory(error: BaseException) -> bool:
    """Tell a want of memory, which each library says in its own way, from other errors."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _TORCH_SAYS)


def title_of(unit: Unit) -> str:
    """Name a unit for people."""
    return f"{unit.task.name}, {unit.model}, {unit.condition}, seed {unit.seed}, fold {unit.fold}"

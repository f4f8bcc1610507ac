"""How much memory a worker process takes, and how many of them fit into what there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from linear_signal.experiment.machine import available_memory
from linear_signal.experiment.unit import Unit

# What a process takes that has loaded PyTorch, Numba, scikit-learn and the compiled steps, before it sees any data.
PROCESS_BYTES = 400 * 10**6
# While a unit is computed parts of its matrix exist once more: with the signal removed, and in double precision, where they
# take twice as much, inside the exact solver or a classifier.
_COPIES = 4


@dataclass(frozen=True, kw_only=True)
class WorkerMemory:
    """Memory that workers need and that there is.

    Attributes:
        shared: bytes of all arrays of the units, which all workers share.
        data: bytes a worker needs for the copies made of the largest.
        available: bytes that can be taken on this machine at this moment.
    """

    shared: int
    data: int
    available: int

    @classmethod
    def of(cls, units: Sequence[Unit]) -> WorkerMemory:
        """Add up what workers that share these units need, and look at what there is."""
        sizes = {id(array): array.nbytes for unit in units for array in unit.arrays}
        copies = _COPIES * max(sizes.values(), default=0)
        return cls(shared=sum(sizes.values()), data=copies, available=available_memory())

    @property
    def each(self) -> int:
        """Bytes that one worker takes for itself."""
        return PROCESS_BYTES + self.data

    @property
    def most(self) -> int:
        """How many workers fit, 1 or more: at least this process itself has to compute."""
        return max(1, (self.available - self.shared) // self.each)

    def sentence(self, workers: int, wanted: int) -> str:
        """Say how many worker processes there are, what each takes, and whether memory kept it from being more."""
        each = f"about {_size(self.each)} of memory ({_size(PROCESS_BYTES)} for the process, {_size(self.data)} for data)"
        each += f" beside the {_size(self.shared)} of data that they share"
        if workers < wanted:
            taken = "One process computes" if workers == 1 else f"{workers} worker processes compute"
            return f"{taken}, not {wanted} side by side: each needs {each}, and {_size(self.available)} are available here."
        return f"{workers} worker processes, each with {each}."


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{max(count, 10**6) / 1e6:.0f} MB"

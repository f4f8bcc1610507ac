"""How fast this machine trains, or one with other cores like its own, and a GPU: measured, or bounded by memory traffic."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from linear_signal.crossvalidation.sizes import Work
from linear_signal.crossvalidation.speed import BYTES_PER_WEIGHT_AND_STEP, Pace, calibrate, made_up_units, memory_bound
from linear_signal.experiment.execution import Execution, find_execution
from linear_signal.experiment.plan import Plan
from linear_signal.experiment.threads import single_thread

# A kind of model gets so much of the calibration; there are about twenty.
SECONDS_PER_KIND = 2.0


@dataclass(frozen=True, kw_only=True)
class Speed:
    """How fast a machine computes units.

    Attributes:
        paces: by ``Work.kind``.
        at_once: how many of so many units are computed at the same time.
        measured: whether the paces were; otherwise they are bounds.
    """

    paces: Mapping[tuple, Pace]
    at_once: Callable[[Mapping[Work, int]], int]
    measured: bool

    def hours(self, works: Mapping[Work, int]) -> float:
        """Hours that so many units take."""
        seconds = sum(count * self.paces[work.kind].seconds(work) for work, count in works.items())
        return seconds / self.at_once(works) / 3600 if works else 0.0


def speeds(kinds: Sequence[Work], *, bandwidth: float, cores: int = 0) -> tuple[Speed, Speed]:
    """Find the speed of this machine's processor, and that of its GPU or a bound where it has none.

    Args:
        kinds: one work of every kind that is asked for.
        bandwidth: GB/s, for the bound.
        cores: of the machine that is asked about, each as fast as one of this one's; 0: as many as here. A large unit has
            all of them, as it has in a run, and no other beside it.
    """
    import torch

    if cores:
        with single_thread():
            cpu = _measured(kinds, find_execution(device="cpu", workers=1))
        paces = {work.kind: replace(cpu.paces[work.kind], cores=cores if work.is_large else 1) for work in kinds}
        cpu = Speed(paces=paces, at_once=lambda works: _at_once(works, cores), measured=True)
    else:
        cpu = _measured(kinds, find_execution(device="cpu", workers=0))
    if torch.cuda.is_available():
        return cpu, _measured(kinds, find_execution(device="cuda"))
    bounds = {work.kind: memory_bound(work, bandwidth=bandwidth * 1e9) for work in kinds}
    # What is no network trained with Adam is computed on the processor, with a GPU or without.
    paces = {kind: bound or cpu.paces[kind] for kind, bound in bounds.items()}
    return cpu, Speed(paces=paces, at_once=lambda works: 1, measured=False)


def hours_of(plans: Sequence[Plan], *, bandwidth: float, cores: int = 0) -> tuple[float, float] | None:
    """Foretell the hours of plans of any kind on this machine's processor, and bound them on a GPU.

    Args:
        plans: none take no time.
        bandwidth: GB/s, of the memory of a GPU.
        cores: as of :func:`speeds`.

    Returns:
        Both; None where one of the plans does not know.
    """
    cpu = gpu = 0.0
    with find_execution(device="cpu", workers=0) as place:
        for plan in plans:
            expected = plan.foretold(place)
            if expected is None:
                return None
            here, there = place.at_once(plan.units), min(cores, len(plan.units))
            cpu += expected.seconds / 3600 * (here / max(1, there) if cores else 1)
            gpu += plan.weight_steps * BYTES_PER_WEIGHT_AND_STEP / (bandwidth * 1e9) / 3600
    return cpu, gpu


def _measured(kinds: Sequence[Work], execution: Execution) -> Speed:
    units = made_up_units(kinds)
    of_kind = {work.kind: unit for work, unit in zip(kinds, units, strict=True)}
    paces = {}
    if units:
        with execution as place:
            place.prepare(units, lambda text: print(text, flush=True))
            paces = calibrate(units, place, seconds=SECONDS_PER_KIND * len(units))
    return Speed(
        paces=paces,
        at_once=lambda works: execution.at_once([of_kind[work.kind] for work, count in works.items() for _ in range(count)]),
        measured=True,
    )


def _at_once(works: Mapping[Work, int], cores: int) -> int:
    return 1 if any(work.is_large for work in works) else max(1, min(cores, sum(works.values())))

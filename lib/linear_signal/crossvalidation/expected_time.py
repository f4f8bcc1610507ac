"""How long a plan will take: before it starts from a short calibration, and while it runs from what has been measured."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from linear_signal.crossvalidation.plan import Plan, Unit
from linear_signal.crossvalidation.sizes import work_of
from linear_signal.crossvalidation.speed import calibrate
from linear_signal.experiment.execution import LOCAL, Execution, find_execution
from linear_signal.progress import duration

# A calibration takes about this long in all; a kind of model whose single step takes longer takes what it takes.
CALIBRATION_SECONDS = 2.0
# A run that shows its models fewer gene values than this (samples x genes x fits) takes half a minute at the quick sizes
# of the book, and a calibration would be a noticeable part of it.
WORTH_CALIBRATING = 5e7
_TELLING = 4  # units, out of many, whose times say something about the others


@dataclass(frozen=True, eq=False, kw_only=True)
class ExpectedTime:
    """The time units are expected to take.

    Attributes:
        of_unit: seconds of each unit, by key.
        at_once: units computed at the same time.
        calibration: seconds the calibration took.
    """

    of_unit: dict[str, float]
    at_once: int
    calibration: float

    @property
    def seconds(self) -> float:
        """Seconds from start to end."""
        return max(sum(self.of_unit.values()) / self.at_once, max(self.of_unit.values()))

    def sentence(self) -> str:
        """Say it, and what it rests on."""
        side = f"{self.at_once} units at a time" if self.at_once > 1 else "one unit at a time"
        return (
            f"Expected training time: about {duration(self.seconds)}, {side} (if no model stops early; estimated from a "
            f"calibration of {self.calibration:.1f} s)."
        )


def expected_time(units: Sequence[Unit], execution: Execution) -> ExpectedTime:
    """Calibrate every kind of model among ``units`` where they will be computed, and add up.

    Neither random numbers nor the store are touched. Each combination of model, number of genes and number of classes is
    timed once: a few training steps at the real batch size with one model and with as many side by side as the time
    allows, or fits of growing size for models without steps.

    Args:
        units: one or more.
        execution: open, from ``find_execution``.
    """
    start = time.perf_counter()
    paces = calibrate(units, execution, seconds=CALIBRATION_SECONDS)
    works = {unit.key: work_of(unit) for unit in units}
    return ExpectedTime(
        of_unit={key: paces[work.kind].seconds(work) for key, work in works.items()},
        at_once=execution.at_once(units),
        calibration=time.perf_counter() - start,
    )


def expected_hours(plan: Plan, *, device: str = "auto", execution: str = LOCAL, workers: int = 1) -> float:
    """Hours a whole plan would take here if no model stopped early; nothing but a short calibration is computed.

    Args:
        plan: of any size; its data have to be there.
        device, execution, workers: as for ``run``.
    """
    with find_execution(execution, device=device, workers=workers) as place:
        return expected_time(plan.units, place).seconds / 3600


def worth_calibrating(units: Sequence[Unit]) -> bool:
    """Say whether units are so much work that a calibration is a small part of it."""
    shown = sum(
        (unit.n_tuning_fits + len(unit.protocol.fractions)) * unit.task.dataset.n_samples * unit.task.dataset.n_genes
        for unit in units
    )
    return shown >= WORTH_CALIBRATING


class TimeLeft:
    """What is left of a run, from the units that are done: kinds of models differ a hundredfold, so each counts by itself.

    A kind of which none is done yet counts with its expected time, corrected by how far the expectation was off for the
    others; where there was no calibration, with the mean of what is done. As long as only a few are done, which also paid
    for what a process loads once, nothing is said.

    Args:
        units: to be computed.
        expected: of these units, if it was measured.
    """

    def __init__(self, units: Sequence[Unit], expected: ExpectedTime | None) -> None:
        self._telling = max(1, min(_TELLING, len(units) // 20))
        self._left = Counter(_group(unit) for unit in units)
        self._expected = {_group(unit): expected.of_unit[unit.key] for unit in units} if expected else {}
        self._measured: dict[tuple, list[float]] = defaultdict(list)

    def done(self, unit: Unit, seconds: float) -> None:
        """Report a unit and how long it took where it was computed."""
        self._left[_group(unit)] -= 1
        self._measured[_group(unit)].append(seconds)

    def seconds(self, at_once: int) -> float | None:
        """Seconds until the end with so many units at a time; None as long as too little is done."""
        done = sum(map(len, self._measured.values()))
        if done < self._telling:
            return None
        total = sum(map(sum, self._measured.values()))
        foreseen = sum(self._expected.get(group, 0) * len(times) for group, times in self._measured.items())

        def of(group: tuple) -> float:
            if group in self._measured:
                return float(np.mean(self._measured[group]))
            return self._expected[group] * total / foreseen if foreseen else total / done

        return sum(count * of(group) for group, count in self._left.items() if count) / at_once


def _group(unit: Unit) -> tuple:
    return unit.model, unit.task.name, unit.condition

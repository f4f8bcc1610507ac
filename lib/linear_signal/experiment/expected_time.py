"""How long a plan will take: as foretold before it starts, and while it runs from what has been measured."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from linear_signal.experiment.unit import Unit
from linear_signal.progress import duration

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
        self._left = Counter(unit.kind for unit in units)
        self._expected = {unit.kind: expected.of_unit[unit.key] for unit in units} if expected else {}
        self._measured: dict[tuple, list[float]] = defaultdict(list)

    def done(self, unit: Unit, seconds: float) -> None:
        """Report a unit and how long it took where it was computed."""
        self._left[unit.kind] -= 1
        self._measured[unit.kind].append(seconds)

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

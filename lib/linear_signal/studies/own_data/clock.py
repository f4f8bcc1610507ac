"""The time that an assessment is given, of which every section gets a share."""

from __future__ import annotations

import time
from dataclasses import dataclass

_COMPILING = 30.0  # seconds of a core of 2026, once per machine and version


def compile_seconds() -> float:
    """Seconds of a core that the first training of a network takes to compile its steps; 0 where they are kept."""
    from linear_signal.training.cpu.processor import steps_are_compiled

    return 0.0 if steps_are_compiled() else _COMPILING


@dataclass(frozen=True, kw_only=True)
class Clock:
    """A budget of minutes and when it ends.

    Attributes:
        minutes: given, on two cores. What is planned beforehand follows from them alone, so that plans repeat.
        ends: reading of ``time.monotonic``.
    """

    minutes: float
    ends: float

    @classmethod
    def of(cls, minutes: float) -> Clock:
        """Begin now."""
        return cls(minutes=minutes, ends=time.monotonic() + 60 * minutes)

    @property
    def gone(self) -> float:
        """Minutes since it began."""
        return self.minutes - (self.ends - time.monotonic()) / 60

    def until(self, share: float) -> float:
        """Return the reading at which a section ends that has this share of what is left; none has what others lack."""
        now = time.monotonic()
        return now + share * max(0.0, self.ends - now)

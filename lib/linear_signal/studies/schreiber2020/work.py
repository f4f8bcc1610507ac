"""What a training costs, in sizes alone, and plans that can foretell how long theirs take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from linear_signal.analysis.training_state import training_warnings
from linear_signal.experiment.plan import Plan
from linear_signal.experiment.unit import Unit
from linear_signal.studies.schreiber2020.protocol import Protocol

if TYPE_CHECKING:
    import pandas as pd

    from linear_signal.experiment.execution import Execution
    from linear_signal.experiment.expected_time import ExpectedTime

# Below so many training steps a calibration would be a noticeable part of a run.
WORTH_CALIBRATING = 500_000


@dataclass(frozen=True, kw_only=True)
class Work:
    """One training.

    Attributes:
        is_dense: whether the engine does it.
        n_parameters: weights and biases.
        n_multiplications: by which one sample is scored.
        protocol: how it is trained.
    """

    is_dense: bool
    n_parameters: int
    n_multiplications: int
    protocol: Protocol


class TrainingPlan(Plan):
    """A plan whose units say what they cost (``work``: a :class:`Work`, or None where they train nothing)."""

    @property
    def works(self) -> list[Work]:
        """Those of all units that train."""
        return [unit.work for unit in self.units if unit.work]

    @property
    def n_fits(self) -> int:
        """Number of trained networks."""
        return len(self.works)

    @property
    def weight_steps(self) -> float:
        """Weights times training steps, where nothing stops a training."""
        return float(sum(work.n_parameters * work.protocol.most_steps for work in self.works))

    def facts(self, table: pd.DataFrame) -> list[tuple[str, str]]:
        """Say whether the trainings came to their end."""
        if "ended_at_last_epoch" not in table:
            return []
        warnings = training_warnings(table)
        return [("Training", "; ".join(warnings) if warnings else "every network stopped early, and none failed to start")]

    def expected_time(self, units: Sequence[Unit], place: Execution) -> ExpectedTime | None:
        """Foretell how long units take there, from a short calibration; None where that is not worth the while."""
        from linear_signal.studies.schreiber2020.expected_time import foretold

        most_steps = sum(unit.work.protocol.most_steps for unit in units if unit.work)
        return foretold(units, place) if most_steps >= WORTH_CALIBRATING else None

    def foretold(self, place: Execution) -> ExpectedTime:
        """Foretell how long all its units take there, from a short calibration."""
        from linear_signal.studies.schreiber2020.expected_time import foretold

        return foretold(self.units, place)

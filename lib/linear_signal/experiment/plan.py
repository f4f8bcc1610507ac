"""The plan: every unit of an experiment, known before anything runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from linear_signal.experiment.unit import Unit, UnitResult
from linear_signal.names import counted

if TYPE_CHECKING:
    import pandas as pd

    from linear_signal.experiment.execution import Execution
    from linear_signal.experiment.expected_time import ExpectedTime


@dataclass(frozen=True, eq=False)
class Plan:
    """A list of units. Kinds of experiments add what they can say of themselves."""

    units: tuple[Unit, ...]

    @property
    def n_fits(self) -> int:
        """Number of trained models that end up in the results table; one per unit, where a kind of plan says no other."""
        return len(self.units)

    @property
    def n_tuning_fits(self) -> int:
        """Number of models trained only to choose settings."""
        return 0

    def summary(self) -> str:
        """One sentence on the size of the plan."""
        return f"{counted(len(self.units), 'unit')} of work."

    def parameters(self) -> dict[str, Any]:
        """What is the same for all units, as plain values, for the record."""
        return {}

    def facts(self, table: pd.DataFrame) -> list[tuple[str, str]]:
        """Say of the main table of results what a page should tell beside its size: (name, text) each."""
        return []

    def listed(self, table: pd.DataFrame) -> pd.DataFrame:
        """Lay out the units of the main table for a page, one row a unit, with its key as the last column."""
        names = [name for name in (*self.units[0].names, "key") if name in table]
        return table[names].drop_duplicates("key").rename(columns=lambda name: str(name).replace("_", " ").capitalize())

    def expected_time(self, units: Sequence[Unit], place: Execution) -> ExpectedTime | None:
        """Foretell how long some of its units take there; None where that is not known, or not worth the while."""
        return None

    def foretold(self, place: Execution) -> ExpectedTime | None:
        """Foretell how long all its units take there, however short that is; None where it is not known."""
        return None

    @property
    def weight_steps(self) -> float:
        """Trained weights times training steps, over all units: what no GPU is faster than its memory for."""
        return 0.0

    def watcher(self) -> Callable[[Unit, UnitResult], str]:
        """Return what is told of every unit as it is done, and answers with a note for people who watch."""
        return lambda unit, result: ""

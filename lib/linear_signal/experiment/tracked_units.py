"""Send the units of a plan to a tracker, each once, without putting a result at risk."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType

import pandas as pd

from linear_signal.experiment.plan import Plan, Unit
from linear_signal.experiment.provenance import code_version
from linear_signal.experiment.store import ResultsStore
from linear_signal.experiment.unit import UnitResult
from linear_signal.tracking import Tracker, TrackingFailed


class TrackedUnits:
    """The units of one call of ``run``, below one parent run. Use it in a ``with`` statement.

    A unit is known by its key and sent once, whichever call or chapter computed it. When the tracker fails, that is said
    and nothing more is sent: the results are in the store, and the next call sends what is missing.

    Args:
        tracker: None tracks nothing.
        plan: what is run.
        store: where the archives of the units lie.
        say: told what became of the tracking.

    Attributes:
        problem: one sentence where the tracker failed, empty otherwise.

    Raises:
        TrackingFailed: the tracker does not answer at the start.
    """

    def __init__(self, tracker: Tracker | None, plan: Plan, *, store: ResultsStore, say: Callable[[str], None]) -> None:
        self._tracker, self._plan, self._store, self._say = tracker, plan, store, say
        self._runs = tracker.tracked() if tracker else {}
        self._parent, self._n_sent = "", 0
        self.problem = ""

    def __enter__(self) -> TrackedUnits:
        """Return itself; the parent run begins with the first unit."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """End the parent run, with a table that says under which run each unit of the plan is found."""
        if self._tracker and not self.problem:
            if self._parent:
                self._attempt(
                    lambda: self._tracker.finish(self._parent, complete=kind is None, tables={"units": self._table()})
                )
            if kind is None and not self.problem:
                n_units = len(self._plan.units)
                self._say(f"Tracked at {self._tracker.uri}: {self._n_sent:,} of {n_units:,} units now, the others before.")

    def add(self, unit: Unit, result: UnitResult) -> None:
        """Send a unit that is in the store, unless it was sent before or the tracker has failed."""
        if self._tracker and not self.problem and unit.key not in self._runs:
            self._attempt(lambda: self._send(unit, result))

    def _send(self, unit: Unit, result: UnitResult) -> None:
        if not self._parent:
            code = {f"linear_signal.code.{name}": str(value) for name, value in code_version().items()}
            parameters = {"units": len(self._plan.units), "protocol": self._plan.protocol.as_dict()}
            self._parent = self._tracker.start(self._plan.summary().partition(":")[0], parameters=parameters, tags=code)
        self._runs[unit.key] = self._tracker.log_unit(
            f"{unit.task.name}, {unit.model}, {unit.condition}, seed {unit.seed}, fold {unit.fold}",
            key=unit.key,
            parent=self._parent,
            settings=unit.settings,
            run=result.run,
            fits=result.fits,
            trials=result.trials,
            epochs=result.epochs,
            archive=self._store.path(unit.key),
        )
        self._n_sent += 1

    def _attempt(self, send: Callable[[], None]) -> None:
        try:
            send()
        except TrackingFailed as failure:
            self.problem = (
                f"Tracking at {self._tracker.uri} stopped after {self._n_sent:,} units: {failure}. No result is lost: all "
                f"are kept in {self._store.folder} as ever, and the next run sends what the tracker lacks."
            )
            self._say(self.problem)

    def _table(self) -> pd.DataFrame:
        names = ("model", "condition", "seed", "fold", "key")
        rows = [
            {"task": unit.task.name, **{name: getattr(unit, name) for name in names}, "run_id": self._runs.get(unit.key, "")}
            for unit in self._plan.units
        ]
        return pd.DataFrame(rows)

"""Send the units of a plan to a tracker, each once, without keeping a result or the end of a run waiting."""

from __future__ import annotations

import time
from collections.abc import Callable
from queue import SimpleQueue
from threading import Event, Thread
from types import TracebackType

import pandas as pd

from linear_signal.experiment.plan import Plan
from linear_signal.experiment.provenance import code_version
from linear_signal.experiment.store import ResultsStore
from linear_signal.experiment.tracking import Tracker, TrackingFailed
from linear_signal.experiment.unit import Unit, UnitResult

# A tracker that takes longer for one unit is given up.
UNIT_SECONDS = 60.0
# At the end of a run so long is waited for what is still to be sent, and then so long for the unit that is under way and
# for the parent run; the last where the run was stopped.
FLUSH_SECONDS, CLOSE_SECONDS, STOP_SECONDS = 60.0, 15.0, 5.0
_SAY_SECONDS = 2.0
_POLL_SECONDS = 0.1


class TrackedUnits:
    """The units of one call of ``run``, below one parent run. Use it in a ``with`` statement.

    A unit is known by its key and sent once, whichever call or chapter computed it, from a thread of its own: whoever adds
    one waits for nothing. When the tracker fails or is too slow, that is said and nothing more is sent, in this run or a
    later one of the same ``Tracker``: the results are in the store, and the next run sends what is missing.

    Args:
        tracker: None tracks nothing.
        plan: what is run.
        store: where the archives of the units lie.
        say: told what became of the tracking.

    Attributes:
        problem: one sentence where not all was sent, empty otherwise.

    Raises:
        TrackingFailed: the tracker does not answer at the start.
    """

    def __init__(self, tracker: Tracker | None, plan: Plan, *, store: ResultsStore, say: Callable[[str], None]) -> None:
        self._tracker, self._plan, self._store, self._say = tracker, plan, store, say
        self.problem = ""
        self._is_on = tracker is not None and not tracker.given_up
        if tracker is not None and tracker.given_up:
            self._stop(tracker.given_up)
        self._runs = tracker.tracked() if self._is_on else {}
        self._known = set(self._runs)
        # What follows is shared with the thread.
        self._waiting: SimpleQueue[tuple[Unit, UnitResult] | None] = SimpleQueue()
        self._sending_since: float | None = None
        self._parent, self._n_sent, self._failure = "", 0, ""
        self._skip, self._ended = Event(), Event()

    def __enter__(self) -> TrackedUnits:
        """Begin to send; the parent run begins with the first unit."""
        if self._is_on:
            Thread(target=self._send_all, name="tracking", daemon=True).start()
        return self

    def add(self, unit: Unit, result: UnitResult) -> None:
        """Have a unit sent that is in the store, unless it was before or the tracker has been given up."""
        if not self._is_on or unit.key in self._known:
            return
        if reason := self._failure or self._too_slow():
            self._stop(reason)
            return
        self._known.add(unit.key)
        self._waiting.put((unit, result))

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Wait a while for what is left, and end the parent run, with a table that says which run each unit is."""
        if not self._is_on:
            return
        self._waiting.put(None)
        if kind is None:
            self._wait(FLUSH_SECONDS)
        reason = self._failure
        if not self._ended.is_set():
            if kind is None:
                reason = self._too_slow() or f"not all could be sent within {FLUSH_SECONDS:.0f} s of the end"
            self._skip.set()
            if not self._too_slow():
                self._ended.wait(CLOSE_SECONDS if kind is None else STOP_SECONDS)
        if reason or (kind is not None and self._n_sent < self._n_to_send()):
            self._stop(reason or "the run was stopped")
        elif kind is None:
            total = len(self._plan.units)
            self._say(f"Tracked at {self._tracker.uri}: {self._n_sent:,} of {total:,} units now, the others before.")

    def _wait(self, seconds: float) -> None:
        start, said = time.monotonic(), False
        while not self._ended.wait(_POLL_SECONDS) and not self._too_slow():
            waited = time.monotonic() - start
            if waited > seconds:
                return
            if waited > _SAY_SECONDS and not said:
                said = True
                left = self._n_to_send() - self._n_sent
                self._say(f"All results are stored. Sending {left:,} units to the tracker, for {seconds:.0f} s at most.")

    def _too_slow(self) -> str:
        """Say so where the unit that is being sent takes too long; empty otherwise."""
        since = self._sending_since
        is_slow = since is not None and time.monotonic() - since > UNIT_SECONDS
        return f"a unit had not arrived after {UNIT_SECONDS:.0f} s" if is_slow else ""

    def _n_to_send(self) -> int:
        return len(self._known) - len(self._runs) + self._n_sent

    def _stop(self, reason: str) -> None:
        """Send nothing more and say so."""
        self._is_on = False
        sent = 0 if self._tracker.given_up else self._n_sent
        self._tracker.given_up = self._tracker.given_up or reason
        self.problem = (
            f"Tracking at {self._tracker.uri} stopped after {sent:,} units: {reason}. No result is lost: all are kept in "
            f"{self._store.folder} as ever, and the next run sends what the tracker lacks; it computes nothing anew."
        )
        self._say(self.problem)

    # What the thread does.

    def _send_all(self) -> None:
        try:
            while (waiting := self._waiting.get()) is not None:
                if not self._skip.is_set():
                    self._sending_since = time.monotonic()
                    self._send(*waiting)
                    self._sending_since = None
            if self._parent:
                complete = not self._skip.is_set()
                self._tracker.finish(self._parent, complete=complete, tables={"units": self._table()})
        except TrackingFailed as failure:
            self._failure = str(failure)
        finally:
            self._sending_since = None
            self._ended.set()

    def _send(self, unit: Unit, result: UnitResult) -> None:
        if not self._parent:
            code = {f"linear_signal.code.{name}": str(value) for name, value in code_version().items()}
            parameters = {"units": len(self._plan.units), **self._plan.parameters()}
            self._parent = self._tracker.start(self._plan.summary().partition(":")[0], parameters=parameters, tags=code)
        self._runs[unit.key] = self._tracker.log_unit(
            unit.title,
            key=unit.key,
            parent=self._parent,
            settings=unit.settings,
            run=result.run,
            tracked=unit.tracked(result),
            archive=self._store.path(unit.key),
        )
        self._n_sent += 1

    def _table(self) -> pd.DataFrame:
        return pd.DataFrame(
            {**unit.names, "key": unit.key, "run_id": self._runs.get(unit.key, "")} for unit in self._plan.units
        )

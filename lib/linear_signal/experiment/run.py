"""Run a plan: take what the store has, compute the rest, and lay the results out as tidy tables."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Protocol as Interface

import numpy as np
import pandas as pd

from linear_signal.errors import InputError
from linear_signal.experiment.execution import LOCAL, find_execution
from linear_signal.experiment.kept_units import compute_and_keep
from linear_signal.experiment.plan import Plan
from linear_signal.experiment.store import ResultsStore
from linear_signal.experiment.threads import is_out_of_memory
from linear_signal.experiment.trace import Trace, trace
from linear_signal.experiment.tracked_units import TrackedUnits
from linear_signal.experiment.tracking import Tracker
from linear_signal.experiment.unit import Tables, Unit, UnitResult

# Columns of the results table that tell of the run, not of the result: two runs of one plan may differ in them alone.
RUN_COLUMNS = ("seconds", "device", "finished")


class Interrupted(KeyboardInterrupt):
    """Somebody stopped a run; the message says what is kept and how it goes on."""

    def _render_traceback_(self) -> list[str]:
        """Show the message alone in a notebook: where in the code it was stopped says nothing."""
        return [f"Interrupted: {self}"]


class ByProducts(Interface):
    """Keeps beside the store what the store does not: trained models, say."""

    folder: Path
    what: str
    """How its contents are called, such as "models"."""

    def check(self, plan: Plan) -> None:
        """Refuse a plan whose by-products cannot be kept."""
        ...

    def prepare(self) -> None:
        """Make ready, before anything is computed."""
        ...

    def holds(self, unit: Unit, result: UnitResult) -> bool:
        """Say whether what belongs to a stored unit is there, from the very computation that the store tells of."""
        ...

    def asked_of(self, unit: Unit) -> Unit:
        """Return the unit so that its result has the by-products; its key stays the same."""
        ...

    def save(self, unit: Unit, result: UnitResult) -> None:
        """Keep what a unit left."""
        ...


@dataclass(frozen=True, eq=False, kw_only=True)
class Results(Tables):
    """Results of a plan as tidy tables; every row carries the columns that name its unit, and the unit's key.

    Attributes:
        tables: by name, those of all units below one another; each is an attribute, too (``results.fits``). Tables that
            units keep in bulk are not among them (:meth:`from_store`). The main one has the ``RUN_COLUMNS``.
        n_reused: units that the store had.
        n_computed: units computed now.
        seconds: how long this run took.
        device: what its units were computed on, whenever that was.
        problems: one sentence per unreadable file of the store, and one where tracking failed.
        store: where the units lie.
    """

    plan: Plan
    store: ResultsStore
    tables: dict[str, pd.DataFrame]
    n_reused: int
    n_computed: int
    seconds: float
    device: str
    problems: tuple[str, ...]

    @property
    def main(self) -> pd.DataFrame:
        """The main table of its units, which has the ``RUN_COLUMNS``."""
        return self.tables[self.plan.units[0].TABLES[0]]

    def from_store(self, name: str) -> pd.DataFrame:
        """Read a table of all units back from the store.

        Raises:
            InputError: the archive of a unit has gone since, or cannot be read any more.
        """
        results = []
        for unit in self.plan.units:
            result = self.store.load(unit, tables=(name,))
            if result is None:
                raise InputError(
                    f"{self.store.path(unit.key)}, which holds {name} of this plan, is gone or cannot be read. Run the "
                    "plan again: it computes what is missing."
                )
            results.append(result)
        return _table(self.plan.units, results, name)

    def trace(self, row: pd.Series | str) -> Trace:
        """Lead a row of one of the tables back to its run (:func:`~linear_signal.experiment.trace.trace`)."""
        return trace(self.store, row)


def run(
    plan: Plan,
    *,
    store: ResultsStore,
    device: str = "auto",
    execution: str = LOCAL,
    workers: int = 1,
    by_products: ByProducts | None = None,
    tracker: Tracker | None = None,
    say: Callable[[str], None] | None = print,
) -> Results:
    """Run a plan; interrupted at any point, the next call continues.

    Args:
        plan: of any kind of units.
        store: where finished units are kept; only this process writes there, wherever units are computed.
        device: "auto", "cpu" or "cuda".
        execution: "local", or the address of a Dask scheduler ("tcp://host:port" or "tls://host:port"). It changes the time,
            not the numbers.
        workers: processes on this machine; 1 computes in this process, 0 takes one per core this process may use, as far
            as memory allows. A cluster has its own.
        by_products: keeps what the store does not; None keeps nothing more. Units of which it lacks something are computed
            again, in full: result and by-product always come from one computation.
        tracker: told of every unit once it is in the store, from a thread of its own; None tells nobody. A tracker that is
            slow or fails on the way costs no result, and about a minute at the end at most.
        say: told the size of the plan, what of it is left and how long that should take; None for silence,
            without a line or bar of progress.

    Raises:
        InputError: a value that is not allowed, a store that cannot be written, or a cluster that cannot be reached, does
            not fit or is lost, a worker that died, or memory that ran out; what was finished by then is stored.
        Interrupted: a ``KeyboardInterrupt`` (Ctrl-C); workers are ended, and what was finished is stored.
    """
    start = time.perf_counter()
    place = find_execution(execution, device=device, workers=workers)
    if by_products:
        by_products.check(plan)
    results = {unit.key: store.load(unit, tables=_held(unit)) for unit in plan.units}
    stored = [unit for unit in plan.units if results[unit.key] is not None]
    unsaved = {unit.key for unit in stored if by_products and not by_products.holds(unit, results[unit.key])}
    missing = [unit for unit in plan.units if results[unit.key] is None or unit.key in unsaved]
    if say:
        say(plan.summary())
        for problem in store.problems:
            say(problem)
        if stored:
            say(f"{len(stored):,} of {len(plan.units):,} units are in the store already.")
        if unsaved:
            missing_there = f"have no {by_products.what} in {by_products.folder}"
            say(f"{len(unsaved):,} of them {missing_there}; they are computed again, to keep them.")
    tracked = TrackedUnits(tracker, plan, store=store, say=say or (lambda _: None))

    def keep(unit: Unit, result: UnitResult) -> None:
        store.save(unit, result)
        if by_products:
            by_products.save(unit, result)
        # Of thousands of units only what the results hold stays in memory; the rest is read when it is asked for.
        results[unit.key] = UnitResult({name: result.tables[name] for name in _held(unit)}, result.run)
        tracked.add(unit, results[unit.key])

    stopped = None
    try:
        with tracked:
            for unit in stored:
                if unit.key not in unsaved:
                    tracked.add(unit, results[unit.key])
            if missing:
                if by_products:
                    missing = [by_products.asked_of(unit) for unit in missing]
                with place:
                    store.prepare()
                    if by_products:
                        by_products.prepare()
                    compute_and_keep(plan, missing, place, keep=keep, say=say)
    except KeyboardInterrupt:
        n_kept = sum(result is not None for result in results.values())
        stopped = Interrupted(
            f"{n_kept:,} of {len(plan.units):,} units are kept in {store.folder}; the same command continues from there."
        )
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        stopped = InputError(
            f"Memory ran out ({error or 'no more is known'}). What was finished is stored in {store.folder}. Run again with "
            "fewer workers, or where there is more memory: it continues from there."
        )
    if stopped:  # out here, where the frames of what went wrong, and the memory they hold, are given back
        raise stopped
    ordered = [results[unit.key] for unit in plan.units]
    return Results(
        plan=plan,
        store=store,
        tables={name: _table(plan.units, ordered, name) for name in dict.fromkeys(chain(*map(_held, plan.units)))},
        n_reused=len(plan.units) - len(missing),
        n_computed=len(missing),
        seconds=time.perf_counter() - start,
        device=", ".join(sorted({result.run["device"] for result in ordered})),
        problems=(*store.problems, *([tracked.problem] if tracked.problem else [])),
    )


def _held(unit: Unit) -> tuple[str, ...]:
    return tuple(name for name in unit.TABLES if name not in unit.BULK)


def _table(units: tuple[Unit, ...], results: list[UnitResult], name: str) -> pd.DataFrame:
    """Put the tables of all units below one another, each row with the names of its unit in front."""
    parts = [(unit, one, one.tables.get(name)) for unit, one in zip(units, results, strict=True)]
    parts = [part for part in parts if part[2] is not None and len(part[2])]
    if not parts:
        return pd.DataFrame()
    # Names are laid beside all rows at once: thousands of units, each of a few rows, would take seconds to name one by one.
    of_units = {"key": [unit.key for unit, _, _ in parts]}
    if name == parts[0][0].TABLES[0]:
        of_units |= {column: [one.run[column] for _, one, _ in parts] for column in RUN_COLUMNS}
    body = pd.concat([table for _, _, table in parts], ignore_index=True)
    rows = np.repeat(np.arange(len(parts)), [len(table) for _, _, table in parts])
    names, after = (
        pd.DataFrame(one).take(rows).reset_index(drop=True) for one in ([u.names for u, _, _ in parts], of_units)
    )
    return pd.concat([names, body, after], axis=1)

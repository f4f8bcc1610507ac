"""Run a plan: take what the store has, compute the rest, and lay the results out as tidy tables."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

import pandas as pd

from linear_signal.experiment.best_so_far import BestSoFar
from linear_signal.experiment.execution import LOCAL, Execution, find_execution
from linear_signal.experiment.expected_time import TimeLeft, expected_time, worth_calibrating
from linear_signal.experiment.plan import Plan, Unit
from linear_signal.experiment.store import ResultsStore
from linear_signal.experiment.unit import UnitResult
from linear_signal.progress import Progress

# Columns of the results table that tell of the run, not of the result: two runs of one plan may differ in them alone.
RUN_COLUMNS = ("seconds", "device", "finished")


@dataclass(frozen=True, eq=False, kw_only=True)
class Results:
    """Results of a plan as tidy tables; every row carries the columns that name its unit, and the unit's key.

    Attributes:
        fits: one row per fit: task, model, condition, split, seed, fold, fraction, balanced accuracy, accuracy, chosen
            hyperparameters, sample and group counts, epochs, and the ``RUN_COLUMNS``. Balanced accuracy is NaN where a fit
            was impossible because one of its sets of samples held a single class.
        trials: one row per setting tried.
        epochs: one row per fit and epoch, with training and tune loss.
        n_reused: units that the store had.
        n_computed: units computed now.
        seconds: how long this run took.
        device: what its fits were computed on, whenever that was.
        problems: one sentence per unreadable file of the store.
    """

    plan: Plan
    fits: pd.DataFrame
    trials: pd.DataFrame
    epochs: pd.DataFrame
    n_reused: int
    n_computed: int
    seconds: float
    device: str
    problems: tuple[str, ...]

    def predictions(self, store: ResultsStore) -> pd.DataFrame:
        """Read predictions per validation sample back from the store: sample id, label, predicted label."""
        return _table(self.plan.units, [store.load(unit) for unit in self.plan.units], "predictions")

    @property
    def n_impossible(self) -> int:
        """Fits that were left out because one of their sets of samples held a single class."""
        return int(self.fits.balanced_accuracy.isna().sum())


def run(
    plan: Plan,
    *,
    store: ResultsStore,
    device: str = "auto",
    execution: str = LOCAL,
    workers: int = 1,
    say: Callable[[str], None] | None = print,
) -> Results:
    """Run a plan; interrupted at any point, the next call continues.

    Args:
        plan: from ``make_plan``.
        store: where finished units are kept; only this process writes there, wherever units are computed.
        device: "auto", "cpu" or "cuda".
        execution: "local", or the address of a Dask scheduler ("tcp://host:port"). It changes the time, not the numbers.
        workers: processes on this machine; 1 computes in this process, 0 takes one per core. A cluster has its own.
        say: told the size of the plan, what of it is left and how long that should take; None for silence.

    Raises:
        InputError: a value that is not allowed, a store that cannot be written, or a cluster that cannot be reached, does
            not fit or is lost; what was finished by then is stored.
    """
    start = time.perf_counter()
    place = find_execution(execution, device=device, workers=workers)
    results = {unit.key: store.load(unit) for unit in plan.units}
    missing = [unit for unit in plan.units if results[unit.key] is None]
    if say:
        say(plan.summary())
        for problem in store.problems:
            say(problem)
        if len(missing) < len(plan.units):
            say(f"{len(plan.units) - len(missing):,} of {len(plan.units):,} units are in the store already.")
    if missing:
        with place:
            store.prepare()
            with closing(_computed(missing, place, say)) as computed:
                for unit, result in computed:
                    store.save(unit, result)
                    results[unit.key] = result
    ordered = [results[unit.key] for unit in plan.units]
    return Results(
        plan=plan,
        fits=_table(plan.units, ordered, "fits"),
        trials=_table(plan.units, ordered, "trials"),
        epochs=_table(plan.units, ordered, "epochs"),
        n_reused=len(plan.units) - len(missing),
        n_computed=len(missing),
        seconds=time.perf_counter() - start,
        device=", ".join(sorted({result.run["device"] for result in ordered})),
        problems=tuple(store.problems),
    )


def _computed(
    units: Sequence[Unit], place: Execution, say: Callable[[str], None] | None
) -> Iterator[tuple[Unit, UnitResult]]:
    """Compute units, and tell before and meanwhile how long it takes and what is best so far."""
    expected = None
    if say and worth_calibrating(units):
        expected = expected_time(units, place)
        say(expected.sentence())
    left, best = TimeLeft(units, expected), BestSoFar()
    # Closed here: a traceback, which a notebook keeps, would hold on to the workers.
    with closing(place.compute(units)) as computed, Progress(len(units), "units") as progress:
        for number, (unit, result) in enumerate(computed, start=1):
            yield unit, result
            left.done(unit, result.run["seconds"])
            seconds_left = left.seconds(place.at_once(units[number:]))
            progress.advance(note=best.add(unit, result), seconds_left=seconds_left)


def _table(units: tuple[Unit, ...], results: list[UnitResult], name: str) -> pd.DataFrame:
    """Put the tables of all units below one another, each row with the names of its unit in front."""
    tables = []
    for unit, result in zip(units, results, strict=True):
        table = getattr(result, name)
        if table.empty:
            continue
        names = {
            "dataset": unit.task.dataset.name,
            "task": unit.task.name,
            "model": unit.model,
            "condition": unit.condition,
            "split": unit.protocol.split,
            "seed": unit.seed,
            "fold": unit.fold,
        }
        after = {"key": unit.key}
        if name == "fits":
            after |= {column: result.run[column] for column in RUN_COLUMNS}
        tables.append(pd.DataFrame({**names, **table, **after}, index=table.index))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()

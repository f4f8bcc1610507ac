"""Run a plan: take what the store has, compute the rest, and lay the results out as tidy tables."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from linear_signal.crossvalidation.compute import UnitResult
from linear_signal.crossvalidation.model_folder import ModelFolder
from linear_signal.crossvalidation.plan import Plan, Unit
from linear_signal.errors import InputError
from linear_signal.experiment.execution import LOCAL, find_execution
from linear_signal.experiment.kept_units import compute_and_keep
from linear_signal.experiment.store import ResultsStore
from linear_signal.experiment.threads import is_out_of_memory
from linear_signal.experiment.trace import Trace, trace
from linear_signal.experiment.tracked_units import TrackedUnits
from linear_signal.tracking import Tracker

# Columns of the results table that tell of the run, not of the result: two runs of one plan may differ in them alone.
RUN_COLUMNS = ("seconds", "device", "finished")
# Of the tables of a unit, those that results hold of all units.
_TABLES = ("fits", "trials", "trial_folds", "epochs")


class Interrupted(KeyboardInterrupt):
    """Somebody stopped a run; the message says what is kept and how it goes on."""

    def _render_traceback_(self) -> list[str]:
        """Show the message alone in a notebook: where in the code it was stopped says nothing."""
        return [f"Interrupted: {self}"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Results:
    """Results of a plan as tidy tables; every row carries the columns that name its unit, and the unit's key.

    Attributes:
        fits: one row per fit: task, model, condition, split, scale_on, seed, fold, fraction, balanced accuracy, accuracy,
            chosen hyperparameters, sample and group counts, epochs, how training ended (``UnitResult``), and the
            ``RUN_COLUMNS``. Balanced accuracy is NaN where a fit was
            impossible because one of its sets of samples held a single class.
        trials: one row per setting tried.
        trial_folds: one row per setting tried and inner fold.
        epochs: one row per fit and epoch, with training and tune loss.
        n_reused: units that the store had.
        n_computed: units computed now.
        seconds: how long this run took.
        device: what its fits were computed on, whenever that was.
        problems: one sentence per unreadable file of the store, and one where tracking failed.
        store: where the units lie.
    """

    plan: Plan
    store: ResultsStore
    fits: pd.DataFrame
    trials: pd.DataFrame
    trial_folds: pd.DataFrame
    epochs: pd.DataFrame
    n_reused: int
    n_computed: int
    seconds: float
    device: str
    problems: tuple[str, ...]

    def predictions(self) -> pd.DataFrame:
        """Read predictions per validation sample back from the store: sample id, label, predicted label.

        Raises:
            InputError: the archive of a unit has gone since, or cannot be read any more.
        """
        results = []
        for unit in self.plan.units:
            result = self.store.load(unit, tables=("predictions",))
            if result is None:
                raise InputError(
                    f"{self.store.path(unit.key)}, which holds predictions of this plan, is gone or cannot be read. Run the "
                    "plan again: it computes what is missing."
                )
            results.append(result)
        return _table(self.plan.units, results, "predictions")

    def trace(self, row: pd.Series | str) -> Trace:
        """Lead a row of one of the tables back to its run (:func:`~linear_signal.experiment.trace.trace`)."""
        return trace(self.store, row)

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
    save_models: Path | str = "",
    tracker: Tracker | None = None,
    say: Callable[[str], None] | None = print,
) -> Results:
    """Run a plan; interrupted at any point, the next call continues.

    Args:
        plan: from ``make_plan``.
        store: where finished units are kept; only this process writes there, wherever units are computed.
        device: "auto", "cpu" or "cuda".
        execution: "local", or the address of a Dask scheduler ("tcp://host:port" or "tls://host:port"). It changes the time,
            not the numbers.
        workers: processes on this machine; 1 computes in this process, 0 takes one per core this process may use, as far
            as memory allows. A cluster has its own.
        save_models: folder for the models of the final fits, one safetensors file each; empty keeps none. Units whose
            models are not in it are computed again, in full: model and result always come from one computation.
        tracker: told of every unit once it is in the store, from a thread of its own; None tells nobody. A tracker that is
            slow or fails on the way costs no result, and about a minute at the end at most.
        say: told the size of the plan, what of it is left and how long that should take; None for silence.

    Raises:
        InputError: a value that is not allowed, a store that cannot be written, or a cluster that cannot be reached, does
            not fit or is lost, a worker that died, or memory that ran out; what was finished by then is stored.
        Interrupted: a ``KeyboardInterrupt`` (Ctrl-C); workers are ended, and what was finished is stored.
    """
    start = time.perf_counter()
    place = find_execution(execution, device=device, workers=workers)
    models = ModelFolder(save_models) if save_models else None
    if models:
        models.check(plan)
    results = {unit.key: store.load(unit, tables=_TABLES) for unit in plan.units}
    stored = [unit for unit in plan.units if results[unit.key] is not None]
    unsaved = {unit.key for unit in stored if models and not models.holds(unit, results[unit.key])}
    missing = [unit for unit in plan.units if results[unit.key] is None or unit.key in unsaved]
    if say:
        say(plan.summary())
        for problem in store.problems:
            say(problem)
        if stored:
            say(f"{len(stored):,} of {len(plan.units):,} units are in the store already.")
        if unsaved:
            say(f"{len(unsaved):,} of them have no models in {models.folder}; they are computed again, to save them.")
    tracked = TrackedUnits(tracker, plan, store=store, say=say or (lambda _: None))

    def keep(unit: Unit, result: UnitResult) -> None:
        store.save(unit, result)
        if models:
            models.save(unit, result)
        results[unit.key] = _without_bulk(result)
        tracked.add(unit, results[unit.key])

    stopped = None
    try:
        with tracked:
            for unit in stored:
                if unit.key not in unsaved:
                    tracked.add(unit, results[unit.key])
            if missing:
                if models:
                    missing = [replace(unit, keep_models=True) for unit in missing]
                with place:
                    store.prepare()
                    if models:
                        models.prepare()
                    compute_and_keep(missing, place, keep=keep, say=say)
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
        fits=_table(plan.units, ordered, "fits"),
        trials=_table(plan.units, ordered, "trials"),
        trial_folds=_table(plan.units, ordered, "trial_folds"),
        epochs=_table(plan.units, ordered, "epochs"),
        n_reused=len(plan.units) - len(missing),
        n_computed=len(missing),
        seconds=time.perf_counter() - start,
        device=", ".join(sorted({result.run["device"] for result in ordered})),
        problems=(*store.problems, *([tracked.problem] if tracked.problem else [])),
    )


def _without_bulk(result: UnitResult) -> UnitResult:
    # Of thousands of units only what the results tables hold stays in memory; the rest is read when it is asked for.
    return replace(result, models={}, scalings={}, tuning_epochs=pd.DataFrame(), predictions=pd.DataFrame())


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
            "scale_on": unit.protocol.scale_on,
            "seed": unit.seed,
            "fold": unit.fold,
        }
        after = {"key": unit.key}
        if name == "fits":
            after |= {column: result.run[column] for column in RUN_COLUMNS}
        tables.append(pd.DataFrame({**names, **table, **after}, index=table.index))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()

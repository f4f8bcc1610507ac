"""A chapter: its parameters, and what all chapters do alike with them, from the check to the end of the page."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd
from IPython.display import HTML

from linear_signal.analysis.answer_rows import AnswerRow
from linear_signal.book.answer import show_answer
from linear_signal.book.chapter_settings import check_settings, design_of, store_of, tracker_of
from linear_signal.book.display import glue, glued, origin, picture
from linear_signal.book.first_screen import first_screen
from linear_signal.book.kept_tables import keep_further_table, keep_table
from linear_signal.book.parameters import check_parameters
from linear_signal.book.paths import project_root, relative_to_root
from linear_signal.book.run_record import record_text
from linear_signal.book.run_table import show_command, show_run
from linear_signal.crossvalidation.model_folder import model_folder
from linear_signal.crossvalidation.plan import CrossValidationPlan, make_plan
from linear_signal.data.dataset import Dataset
from linear_signal.data.source import Source
from linear_signal.data.tasks import Task
from linear_signal.errors import InputError
from linear_signal.experiment.execution import check_execution
from linear_signal.experiment.plan import Plan
from linear_signal.experiment.run import Results, run
from linear_signal.figures.style import Synthetic, synthetic_of

if TYPE_CHECKING:
    from plotnine import ggplot

_Data = TypeVar("_Data")
_Plan = TypeVar("_Plan", bound=Plan)

# The plans of a chapter whose cells are executed for the sake of its plans; None while chapters compute.
_PLANS: ContextVar[list[Plan] | None] = ContextVar("plans", default=None)


class PlansAreKnown(Exception):
    """Ends the execution of a chapter of which only the plans are asked for."""


@contextmanager
def planning() -> Iterator[list[Plan]]:
    """Collect the plans of a chapter that is executed inside: its first run raises ``PlansAreKnown``, nothing is fetched."""
    token = _PLANS.set([])
    try:
        yield _PLANS.get()
    finally:
        _PLANS.reset(token)


class Chapter:
    """The chapter that runs. Made in the cell behind the parameters cell, it checks them before anything is computed.

    Args:
        name: of the chapter's file, without ending.
        namespace: ``globals()`` of the chapter.
        fixed: settings of the cross-validation that the chapter decides itself, whatever its parameters say.

    Attributes:
        parameters: checked.
        store: where finished units are kept.
        data_folder: where data are kept.
        results: of the plans that were run, by plan; those of questions aside are not among them.

    Raises:
        InputError: a parameter, a model, the device or a folder is wrong.
    """

    def __init__(self, name: str, namespace: Mapping[str, Any], **fixed: Any) -> None:
        self.name, self._fixed = name, fixed
        self.parameters = p = check_parameters(namespace)
        self._plans = _PLANS.get()
        check_settings(p, **fixed)
        if not self._is_planning:  # which may be done on another machine than the run
            check_execution(p.execution, device=p.device, workers=p.workers)
            self.store = store_of(p)
        folder = p.data_folder if "data_folder" in p else ""
        self.data_folder = Path(folder).expanduser() if folder else project_root() / "cache"
        self._tracker = None if self._is_planning else tracker_of(p, name)
        # By plan: a cell that is run again replaces what it left before.
        self.results: dict[Plan, Results] = {}
        self._asides: dict[Plan, Results] = {}
        self._datasets: tuple[Dataset | Source, ...] = ()
        self._offered: dict[str, dict[str, str]] = {}

    @property
    def n_runs(self) -> int:
        """Runs of every model on every signal: seeds times folds."""
        return self.parameters.n_seeds * self.parameters.n_folds

    @property
    def _is_planning(self) -> bool:
        return self._plans is not None

    def open(self, reader: Callable[..., _Data], **further: Any) -> _Data:
        """Call a reader of data with the parameters of the chapter that go by the names of its own.

        Args:
            reader: such as ``open_gtex``. It gets the chapter's data folder as ``folder``, and is asked for ``sizes_only``
                where only plans are wanted.
            further: arguments that are not, or not by that name, among the parameters.

        Raises:
            InputError: as of the reader.
            TypeError: the reader has no argument of a name in ``further``.
        """
        unknown_names = set(further) - set(inspect.signature(reader).parameters)
        if unknown_names:
            raise TypeError(f"{reader.__name__} has no argument {', '.join(sorted(unknown_names))}.")
        given = self.parameters.as_dict() | {"folder": self.data_folder, "sizes_only": self._is_planning} | further
        return reader(**{name: given[name] for name in inspect.signature(reader).parameters if name in given})

    def uses(self, *datasets: Dataset | Source) -> None:
        """Note the data that the page tells of, and glue what pages say alike: origin, source_kind, and n_runs."""
        self._datasets = datasets
        if not self._is_planning:
            kind = {True: "synthetic", False: "real"}.get(self.synthetic, "partly real, partly synthetic")
            glue(origin=origin(datasets), source_kind=kind)
            if "n_seeds" in self.parameters and "n_folds" in self.parameters:
                glue(n_runs=self.n_runs)

    @property
    def synthetic(self) -> Synthetic:
        """Whether the data of the page were simulated, all or in part."""
        return synthetic_of(dataset.synthetic for dataset in self._datasets)

    def plan(
        self,
        tasks: Sequence[Task],
        *,
        signals: Sequence[str] = ("full", "removed"),
        pretraining: Sequence[str] = ("none",),
        models: Sequence[str] | None = None,
        **changes: Any,
    ) -> CrossValidationPlan:
        """Plan a cross-validation of models on some tasks.

        Args:
            tasks: of the data that the chapter uses.
            signals, pretraining: of the plan.
            models: those of the parameters where it is None.
            changes: settings of the cross-validation that this plan has otherwise than the parameters.

        Raises:
            InputError: as of :func:`~linear_signal.crossvalidation.plan.make_plan`.
        """
        p = self.parameters
        plan = make_plan(
            tasks,
            models=p.models if models is None else models,
            signals=signals,
            pretraining=pretraining,
            seeds=range(p.n_seeds),
            design=design_of(p, **self._fixed | changes),
            allow_models=p.allow_models,
            keep_scores=p.keep_scores,
        )
        return self.add(plan)

    def add(self, plan: _Plan) -> _Plan:
        """Note a plan of any kind of units, before the first one is run, and return it.

        Raises:
            InputError: one has been run.
        """
        if self.results or self._asides:
            raise InputError(
                "A chapter makes all its plans before it runs the first, so that they are checked and counted. Run the cell "
                "that makes the Chapter again, and the cells after it."
            )
        if self._is_planning:
            self._plans.append(plan)
        return plan

    def run(self, plan: Plan, *, is_aside: bool = False) -> Results:
        """Run a plan where the parameters say, or take from the store what is there.

        Args:
            plan: of this chapter.
            is_aside: whether it answers a question of its own, so that findings are not computed from it.

        Raises:
            InputError, Interrupted: as of :func:`~linear_signal.experiment.run.run`.
        """
        if self._is_planning:
            raise PlansAreKnown
        p = self.parameters
        results = run(
            plan,
            store=self.store,
            device=p.device,
            execution=p.execution,
            workers=p.workers,
            by_products=model_folder(p.save_models) if isinstance(plan, CrossValidationPlan) else None,
            tracker=self._tracker,
        )
        (self._asides if is_aside else self.results)[plan] = results
        return results

    def show_run(self) -> None:
        """Show what this run was."""
        show_run(self.parameters, self._datasets, [*self.results.values(), *self._asides.values()])

    def answer(self) -> None:
        """Show what the chapter found where it is not rendered: in JupyterLab, in the executed notebook, on the terminal."""
        source = project_root() / "notebooks" / f"{self.name}.py"
        folder = self.parameters.results_folder or relative_to_root(self.store.folder, project_root())
        where = f"Its results table is {glued['results_table']}, in {folder}. `make book` makes the pages."
        show_answer(source, glued, where=where)

    def begin(self, rows: Sequence[AnswerRow], figure: ggplot | None, *, alt: str, **further: Any) -> None:
        """Fill the first screen of the page, which stands above all that is run: provenance, answer and first figure.

        Args:
            rows: of the table of answers.
            figure, alt: as of :func:`~linear_signal.book.display.show`; None where there is nothing to draw.
            further: options of :func:`~linear_signal.book.first_screen.first_screen`.
        """
        run = {"chapter": self.name, "parameters": self.parameters.as_dict(), "datasets": self._datasets}
        drawn = HTML("") if figure is None else picture(figure, alt=alt)
        tables = [one.main for one in (*self.results.values(), *self._asides.values())]
        glue(**first_screen(rows, tables=tables, **run, **further), first_figure=drawn)

    def offer(self, name: str, table: pd.DataFrame, *, title: str = "") -> None:
        """Keep a further small table with the run, to be shipped beside the results table where data are genuine.

        Args:
            name, title: of the table; the name as one in Python.
            table: rows of results; where only some data of the page are genuine, with their name in a column ``dataset``.

        Raises:
            InputError: as of :func:`~linear_signal.book.kept_tables.keep_further_table`.
        """
        self._offered[name] = {"file": keep_further_table(self.store.folder, self.name, name, table), "title": title}

    def end(self) -> None:
        """End the page: the command that makes it again, the table that findings are computed from, what was offered."""
        show_command(self.parameters, self.name)
        kept = list(self.results.values())
        datasets = [dataset for plan in (*self.results, *self._asides) for unit in plan.units for dataset in unit.datasets]
        glue(
            results_table=keep_table(self.store.folder, self.name, kept, datasets),
            run_record=record_text(self.name, self.parameters, [*datasets, *self._datasets], self._offered),
        )

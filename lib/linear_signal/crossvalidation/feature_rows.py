"""The samples of a task as a design shows them to a model: scaled, and with full signal or removed set by set."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from linear_signal.crossvalidation.design import Design
from linear_signal.crossvalidation.task_rungs import TaskRungs
from linear_signal.data.preprocessing import ZeroOneScaling
from linear_signal.data.removal_ladder import LADDER, WITHOUT_TRACES
from linear_signal.data.row_blocks import fill, ranges
from linear_signal.data.signal_removal import remove_linear_signal
from linear_signal.data.tasks import Task

# Signals whose sets are made one by one.
_MADE = {*LADDER[1:], WITHOUT_TRACES}


class FeatureRows:
    """A feature matrix to which sets of samples are added; each set gets row numbers in it.

    With full signal, scaled over all samples, the matrix is the data set's own and a set is a selection from it: nothing is
    copied. On a rung of the ladder of removal, such as "removed", classes are made equal in every set by itself (fit, tune
    and validation samples separately), and under ``scale_on`` "train" the scale depends on who learns, so the same sample
    can stand in the matrix several times, in different company; such a matrix is made once, of the sets alone, when it is
    asked for.

    Sets that are asked for with their signal removed whatever the signal (``add_removed``) stand in a matrix of their own.

    Args:
        task: the samples and their classes.
        signal: one of ``SIGNALS``.
        engine, scale_on, components: as ``removal_engine``, ``scale_on`` and ``covariance_components`` of a ``Design``.
    """

    def __init__(self, task: Task, signal: str, *, engine: str, scale_on: str = "all", components: int = 0) -> None:
        self._task, self._signal, self._engine, self._scale_on = task, signal, engine, scale_on
        self._rungs = TaskRungs(task, components)
        self._source, self._source_rows = task.dataset.expression, task.rows
        if signal == "removed_on_all_data":
            self._source = remove_linear_signal(self._source, task.classes, rows=task.rows, engine=engine)
            self._source_rows = np.arange(task.n_samples)
        self._own, self._removed = _Sets(self._write), _Sets(self._write)
        self._scalings: dict[bytes, ZeroOneScaling] = {}

    def add(self, rows: np.ndarray, *, learnt_from: np.ndarray, judged: np.ndarray | None = None) -> np.ndarray:
        """Add a set of samples and return its rows in the matrix ``features``.

        Args:
            rows: int64, rows of the task with at least two classes.
            learnt_from: int64, all rows of the task from which the model learns that will see the set.
            judged: int64, those on which that model is judged; the set's own where None. They decide with the others how
                many components have equal covariances.
        """
        if not self._is_made:
            return self._source_rows[rows]
        rung = self._signal if self._signal in _MADE else "full"
        some = _Set(rows, learnt_from, rows if judged is None else judged, rung)
        return self._own.add(some, self._key(some))

    def add_removed(self, rows: np.ndarray, *, learnt_from: np.ndarray) -> np.ndarray:
        """Add a set of samples with its own linear signal removed, and return its rows in ``removed``; else as ``add``."""
        some = _Set(rows, learnt_from, rows, "removed")
        return self._removed.add(some, self._key(some))

    def scaling(self, learnt_from: np.ndarray) -> ZeroOneScaling | None:
        """How a model that learns from these rows of the task sees raw values; None where nothing was scaled."""
        first = self._task.dataset.scaling
        if self._scale_on == "all":
            return first
        second = self._scaling_on(learnt_from)
        if first is None:
            return second
        span = first.maximum - first.minimum
        return ZeroOneScaling(minimum=first.minimum + second.minimum * span, maximum=first.minimum + second.maximum * span)

    def features(self) -> np.ndarray:
        """The matrix that holds all sets added so far, float32 [rows, genes]; it may hold further rows."""
        return self._own.matrix(self._task.dataset.n_genes) if self._is_made else self._source

    def removed(self) -> np.ndarray:
        """The matrix of all sets of ``add_removed`` so far, float32 [rows, genes]."""
        return self._removed.matrix(self._task.dataset.n_genes)

    def classes(self) -> np.ndarray:
        """The class of every row of ``features``, int64 [rows]; of rows that no set can have any."""
        if self._is_made:
            return self._task.classes[self._own.rows()]
        classes = np.zeros(len(self._source), dtype=np.int64)
        classes[self._source_rows] = self._task.classes
        return classes

    @property
    def _is_made(self) -> bool:
        """Whether sets have a matrix made for them."""
        return self._signal in _MADE or self._scale_on == "train"

    def _key(self, some: _Set) -> tuple[bytes, ...]:
        """All that what a set looks like depends on."""
        by_components = some.rung == "covariances_removed"
        learnt_from = some.learnt_from.tobytes() if by_components or self._scale_on == "train" else b""
        return some.rows.tobytes(), learnt_from, some.judged.tobytes() if by_components else b""

    def _write(self, some: _Set, out: np.ndarray) -> None:
        rows = self._source_rows[some.rows]
        if self._scale_on == "train":
            fill(out, self._source, rows)
            self._scaling_on(some.learnt_from).apply_to(out)
            source, rows = out, None
        else:
            source = self._source
        if some.rung == "removed":
            remove_linear_signal(source, self._task.classes[some.rows], rows=rows, out=out, engine=self._engine)
            return
        if source is not out:
            fill(out, source, rows)
        if some.rung != "full":
            out[:] = self._rungs.made_equal(out, some.rung, rows=some.rows, axes=self._axes(some))

    def _axes(self, some: _Set) -> np.ndarray | None:
        if some.rung != "covariances_removed":
            return None
        sets = {"rows": some.rows, "learnt_from": some.learnt_from, "judged": some.judged}
        # Ranks make the components the same whatever genes are scaled by.
        return self._rungs.axes(self._source, self._source_rows, **sets)

    def _scaling_on(self, rows: np.ndarray) -> ZeroOneScaling:
        # Zero-one scaling undoes any earlier one, so values scaled over the whole data set will do as input.
        key = rows.tobytes()
        if key not in self._scalings:
            minimum, maximum = ranges(self._source, self._source_rows[rows])
            self._scalings[key] = ZeroOneScaling(minimum=minimum, maximum=maximum)
        return self._scalings[key]


def feature_rows(task: Task, signal: str, design: Design) -> FeatureRows:
    """Make a feature matrix for a task as a design shows it, to which sets are to be added."""
    return FeatureRows(
        task,
        signal,
        engine=design.removal_engine,
        scale_on=design.scale_on,
        components=design.covariance_components,
    )


class _Set(NamedTuple):
    rows: np.ndarray
    learnt_from: np.ndarray
    judged: np.ndarray
    rung: str


class _Sets:
    """Sets of samples that stand below one another in a matrix of their own, each once.

    Args:
        write: writes the values of a set into its part of the matrix.
    """

    def __init__(self, write: Callable[[_Set, np.ndarray], None]) -> None:
        self._write = write
        self._places: dict[tuple[bytes, ...], np.ndarray] = {}
        self._sets: list[_Set] = []
        self._matrix: np.ndarray | None = None

    def add(self, some: _Set, key: tuple[bytes, ...]) -> np.ndarray:
        """Return the rows of a set in the matrix."""
        if key not in self._places:
            start = sum(len(one.rows) for one in self._sets)
            self._places[key] = np.arange(start, start + len(some.rows))
            self._sets.append(some)
            self._matrix = None
        return self._places[key]

    def rows(self) -> np.ndarray:
        """Rows of the task, in the order of the matrix."""
        return np.concatenate([np.empty(0, dtype=np.int64), *(one.rows for one in self._sets)])

    def matrix(self, n_genes: int) -> np.ndarray:
        """Make the matrix, float32 [rows, genes]; once, until a set is added."""
        if self._matrix is None:
            self._matrix = np.empty((sum(len(one.rows) for one in self._sets), n_genes), dtype=np.float32)
            start = 0
            for one in self._sets:
                self._write(one, self._matrix[start : start + len(one.rows)])
                start += len(one.rows)
        return self._matrix

"""The samples of a task as a design shows them to a model: scaled, and with full signal or removed set by set."""

from __future__ import annotations

import numpy as np

from linear_signal.data.preprocessing import ZeroOneScaling
from linear_signal.data.signal_removal import remove_linear_signal
from linear_signal.data.tasks import Task


class FeatureRows:
    """A feature matrix to which sets of samples are added; each set gets row numbers in it.

    Usually a set is a selection from one matrix. With signal "removed" the linear signal is taken out of every set by
    itself (fit, tune and validation samples separately), and under ``scale_on`` "train" the scale depends on who learns, so
    the same sample can stand in the matrix several times, in different company. So it can where a set is asked for with the
    signal removed (``add_removed``).

    Args:
        task: the samples and their classes.
        signal: one of ``SIGNALS``.
        engine: of the signal removal.
        scale_on: one of ``SCALE_ON``.
    """

    def __init__(self, task: Task, signal: str, *, engine: str, scale_on: str = "all") -> None:
        self._task, self._signal, self._engine, self._scale_on = task, signal, engine, scale_on
        self._blocks: list[np.ndarray] = []
        self._block_rows: list[np.ndarray] = []
        self._known: dict[tuple[bytes, bytes, bool], np.ndarray] = {}
        if signal == "removed_on_all_data":
            self._whole = remove_linear_signal(task.dataset.expression, task.classes, engine=engine)
        else:
            self._whole = task.dataset.expression

    def add(self, rows: np.ndarray, *, learnt_from: np.ndarray) -> np.ndarray:
        """Add a set of samples and return its rows in the matrix.

        Args:
            rows: int64, rows of the task with at least two classes.
            learnt_from: int64, all rows of the task from which the model learns that will see the set.
        """
        if not self._in_blocks:
            return rows
        return self._added(rows, learnt_from, removed=self._signal == "removed")

    def add_removed(self, rows: np.ndarray, *, learnt_from: np.ndarray) -> np.ndarray:
        """Add a set of samples once its own linear signal is removed, whatever the signal; arguments as of ``add``."""
        return self._added(rows, learnt_from, removed=True)

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
        """The matrix of all sets added so far, float32 [rows, genes]."""
        return np.concatenate([self._whole[: self._start], *self._blocks]) if self._blocks else self._whole

    def classes(self) -> np.ndarray:
        """The class of every row of the matrix, int64 [rows]."""
        classes = self._task.classes
        return np.concatenate([classes[: self._start], *(classes[rows] for rows in self._block_rows)])

    @property
    def _in_blocks(self) -> bool:
        return self._signal == "removed" or self._scale_on == "train"

    @property
    def _start(self) -> int:
        """Rows of the matrix before the first block: none, or the whole data set."""
        return 0 if self._in_blocks else len(self._whole)

    def _added(self, rows: np.ndarray, learnt_from: np.ndarray, *, removed: bool) -> np.ndarray:
        key = (rows.tobytes(), learnt_from.tobytes() if self._scale_on == "train" else b"", removed)
        if key not in self._known:
            start = self._start + sum(len(block) for block in self._blocks)
            self._blocks.append(self._shown(rows, learnt_from, removed=removed))
            self._block_rows.append(rows)
            self._known[key] = np.arange(start, start + len(rows))
        return self._known[key]

    def _shown(self, rows: np.ndarray, learnt_from: np.ndarray, *, removed: bool) -> np.ndarray:
        values = self._whole[rows]
        if self._scale_on == "train":
            values = self._scaling_on(learnt_from).apply(values)
        if removed:
            values = remove_linear_signal(values, self._task.classes[rows], engine=self._engine)
        return values

    def _scaling_on(self, rows: np.ndarray) -> ZeroOneScaling:
        # Zero-one scaling undoes any earlier one, so values scaled over the whole data set will do as input.
        values = self._whole[rows]
        return ZeroOneScaling(minimum=values.min(axis=0), maximum=values.max(axis=0))

"""The samples of a task as a condition shows them to a model: with full signal, or with signal removed set by set."""

from __future__ import annotations

import numpy as np

from linear_signal.data.signal_removal import remove_linear_signal
from linear_signal.data.tasks import Task


class FeatureRows:
    """A feature matrix to which sets of samples are added; each set gets row numbers in it.

    Under "full" and "removed_full_dataset" a set is a selection from one matrix. Under "removed" the linear signal is
    taken out of every set by itself (fit, tune and validation samples separately), so the same sample can stand in the
    matrix several times, corrected in different company.

    Args:
        task: the samples and their classes.
        condition: one of ``CONDITIONS``.
        engine: of the signal removal.
    """

    def __init__(self, task: Task, condition: str, *, engine: str) -> None:
        self._task, self._condition, self._engine = task, condition, engine
        self._blocks: list[np.ndarray] = []
        self._block_rows: list[np.ndarray] = []
        self._known: dict[bytes, np.ndarray] = {}
        if condition == "removed_full_dataset":
            self._whole = remove_linear_signal(task.dataset.expression, task.classes, engine=engine)
        else:
            self._whole = task.dataset.expression

    def add(self, rows: np.ndarray) -> np.ndarray:
        """Add a set of samples, int64 rows of the task with at least two classes; return its rows in the matrix."""
        if self._condition != "removed":
            return rows
        key = rows.tobytes()
        if key not in self._known:
            start = sum(len(block) for block in self._blocks)
            removed = remove_linear_signal(self._whole[rows], self._task.classes[rows], engine=self._engine)
            self._blocks.append(removed)
            self._block_rows.append(rows)
            self._known[key] = np.arange(start, start + len(rows))
        return self._known[key]

    def features(self) -> np.ndarray:
        """The matrix of all sets added so far, float32 [rows, genes]."""
        return np.concatenate(self._blocks) if self._condition == "removed" else self._whole

    def classes(self) -> np.ndarray:
        """The class of every row of the matrix, int64 [rows]."""
        if self._condition == "removed":
            return self._task.classes[np.concatenate(self._block_rows)]
        return self._task.classes

"""The ladder of removal on sets of samples of a task: their groups, names for random numbers, and components to learn."""

from __future__ import annotations

import hashlib

import numpy as np

from linear_signal.crossvalidation.kept_arrays import KeptArrays
from linear_signal.data.removal_ladder import leading_axes, make_equal, most_components
from linear_signal.data.row_blocks import taken
from linear_signal.data.tasks import Task

# Every model of a plan meets the same sets, one unit after another; of a few hundred samples and genes all are kept.
_KEPT = KeptArrays(128 * 2**20)


class TaskRungs:
    """Makes the classes of sets of a task's samples equal; read-only arrays, which several may share.

    The same set looks the same to every model, fold and seed that meets it, as its random numbers come from its samples.

    Args:
        task: the samples, their classes, and the groups they come in, whatever a split keeps together.
        components: ``covariance_components`` of a ``Design``.
    """

    def __init__(self, task: Task, components: int) -> None:
        self._task, self._components = task, components
        self._groups = task.groups if len(np.unique(task.groups)) < task.n_samples else None
        self._axes: dict[tuple[bytes, int], np.ndarray] = {}

    def made_equal(self, values: np.ndarray, rung: str, *, rows: np.ndarray, axes: np.ndarray | None) -> np.ndarray:
        """Make a set equal on a rung above "removed": float32 [rows, genes].

        Args:
            values: [rows, genes], of these rows of the task.
            rung: as of ``make_equal``, which makes them equal.
            rows: int64, of the task.
            axes: for "covariances_removed", of :meth:`axes`.
        """
        known = self._known(rows)
        given = "made equal", values, *known.values(), rung, axes
        return _KEPT.made(lambda: make_equal(values, **known, rung=rung, axes=axes), *given)

    def axes(
        self, source: np.ndarray, source_rows: np.ndarray, *, rows: np.ndarray, learnt_from: np.ndarray, judged: np.ndarray
    ) -> np.ndarray:
        """Find the leading components of the samples a model learns from: float64 [genes, components].

        There are as many as every set allows, so that models learn and are judged on the same ones.

        Args:
            source: expression, in which ``source_rows`` are the samples of the task.
            source_rows: int64 [samples of the task].
            rows: of the set that is made equal, rows of the task.
            learnt_from, judged: as of ``FeatureRows.add``.
        """
        allowed = [self._most_components(some) for some in (rows, learnt_from, judged)]
        n_components = min([*allowed, *([self._components] if self._components else [])])
        key = learnt_from.tobytes(), n_components
        if key not in self._axes:
            values, known = taken(source, source_rows[learnt_from]), self._known(learnt_from)
            given = "axes", values, n_components, *known.values()
            self._axes[key] = _KEPT.made(lambda: leading_axes(values, n_components=n_components, **known), *given)
        return self._axes[key]

    def _most_components(self, rows: np.ndarray) -> int:
        known = self._known(rows)
        return int(_KEPT.made(lambda: np.array(most_components(**known)), "most components", *known.values()))

    def _known(self, rows: np.ndarray) -> dict:
        digest = hashlib.sha256(np.ascontiguousarray(rows, dtype=np.int64)).hexdigest()[:16]
        return {
            "classes": self._task.classes[rows],
            "groups": None if self._groups is None else self._groups[rows],
            "names": ("ladder", self._task.dataset.name, self._task.name, digest),
        }

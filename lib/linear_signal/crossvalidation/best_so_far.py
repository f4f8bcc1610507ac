"""The best model so far, for people who watch a run."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from linear_signal.crossvalidation.unit import CrossValidationUnit
from linear_signal.experiment.unit import UnitResult
from linear_signal.names import counted
from linear_signal.numbers import accuracy


class BestSoFar:
    """Keeps, for every task and signal, the balanced accuracies of the folds done at the largest training set."""

    def __init__(self) -> None:
        self._accuracies: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))

    def add(self, unit: CrossValidationUnit, result: UnitResult) -> str:
        """Take a unit in and name the best model on its task and signal; empty where nothing could be fitted yet.

        The best is the largest mean over the folds that a model has done, whose number is given: one fold says little.
        """
        models = self._accuracies[unit.task.name, unit.seen]
        largest = result.fits.loc[result.fits["fraction"].idxmax(), "balanced_accuracy"]
        if np.isfinite(largest):
            models[unit.model].append(float(largest))
        if not models:
            return ""
        model = max(models, key=lambda name: np.mean(models[name]))
        mean, folds = np.mean(models[model]), counted(len(models[model]), "fold")
        return f"best so far on {unit.task.name}, {unit.seen}: {model} {accuracy(mean)} over {folds}"

"""The smallest planted signal that a design finds: what "no non-linear signal was found" is worth."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch

from linear_signal.analysis.comparison import against_naive
from linear_signal.analysis.rules import FAILS, HOLDS, OPEN, above
from linear_signal.analysis.signal import cannot_be_judged, judge_signal
from linear_signal.crossvalidation.design import Design
from linear_signal.crossvalidation.unit import CrossValidationUnit
from linear_signal.data.signal_removal import remove_linear_signal
from linear_signal.data.tasks import Task
from linear_signal.experiment.compute import compute
from linear_signal.experiment.threads import with_its_threads
from linear_signal.models.titles import model_phrase
from linear_signal.seeds import generator

PROBE = "squared_logistic"
SPREADS = (1.1, 1.25, 1.5, 2.0, 3.0)
SHARE_OF_GENES, PLANTS, ENOUGH = 0.1, 10, 8


@dataclass(frozen=True, kw_only=True)
class Planted:
    """What came of planting.

    Attributes:
        spread: smallest ratio of spreads that was found often enough; nan where not even the largest one was.
        n_genes: genes planted into, and ``n_all`` genes of the data.
    """

    spread: float
    n_genes: int
    n_all: int

    @property
    def phrase(self) -> str:
        """The result as part of a sentence."""
        where = f"in {self.n_genes:,} of {self.n_all:,} genes"
        if np.isnan(self.spread):
            return f"even {SPREADS[-1]:g} times the spread {where} would have been missed by {model_phrase(PROBE)}"
        return (
            f"{self.spread:g} times the spread {where} would have been found by {model_phrase(PROBE)} "
            f"(in {ENOUGH} of {PLANTS} plants or more)"
        )


def smallest_planted(task: Task, design: Design, *, seed: int = 0) -> Planted:
    """Plant differences in spread of known size into the task's own residuals and see from which size on they are found.

    Class means are made equal, rows are dealt out anew over the samples so that what is left of the classes' own differences
    is gone, and in a tenth of the genes the residuals of every second class are stretched by one factor. Groups, class
    sizes, folds and the rule that judges are those of the task; the probe is logistic regression on squared genes at its
    default penalty, over the folds of one seed. The sizes in ``SPREADS`` are searched by halving for the smallest that is
    found in at least 8 of 10 plants.

    Args:
        task: the task in which nothing was found.
        design: of its run.
        seed: of folds and plants.
    """
    design = replace(design, n_trials=0, fractions=(1.0,), scale_on="all", removal_engine="closed_form")
    design = replace(design, set_aside_for_pretraining=False)
    n_genes = max(1, round(SHARE_OF_GENES * task.dataset.n_genes))
    residuals = remove_linear_signal(task.dataset.expression, task.classes, rows=task.rows)
    low, high = 0, len(SPREADS)
    while low < high:
        middle = (low + high) // 2
        is_seen = _is_seen(task, residuals, design, SPREADS[middle], n_genes, seed)
        low, high = (low, middle) if is_seen else (middle + 1, high)
    smallest = SPREADS[low] if low < len(SPREADS) else float("nan")
    return Planted(spread=smallest, n_genes=n_genes, n_all=task.dataset.n_genes)


def planted_where_none(fits: pd.DataFrame, task: Task, design: Design) -> Planted | None:
    """Plant where a task was judged and no non-linear signal was found; None elsewhere, and where the probe was not run.

    Args:
        fits: the results table with the task's fits.
        task, design: of the run.
    """
    signal = judge_signal(fits, task.name)
    judged = signal.non_linear.verdict in (FAILS, OPEN) and not cannot_be_judged(signal)
    return smallest_planted(task, design) if judged and PROBE in set(fits["model"]) else None


def _is_seen(task: Task, residuals: np.ndarray, design: Design, spread: float, n_genes: int, seed: int) -> bool:
    """Say whether a size is found in enough of the plants; no more are tried than it takes to know."""
    found = missed = 0
    for plant in range(PLANTS):
        if _is_found(task, residuals, design, spread, n_genes, seed, plant):
            found += 1
        else:
            missed += 1
        if found == ENOUGH or missed > PLANTS - ENOUGH:
            break
    return found == ENOUGH


def _is_found(task: Task, residuals: np.ndarray, design: Design, spread: float, n_genes: int, seed: int, plant: int) -> bool:
    random = generator("planted signal", task.dataset.name, task.name, seed, plant)
    values = residuals[random.permutation(len(residuals))]
    genes = random.choice(values.shape[1], n_genes, replace=False)
    stretched = np.flatnonzero(task.classes % 2 == 1)
    cells = np.ix_(stretched, genes)
    centre = values[:, genes].mean(axis=0)
    values[cells] = centre + spread * (values[cells] - centre)
    name, samples = f"{task.dataset.name}, planted {plant}", task.dataset.samples.iloc[task.rows]
    dataset = replace(task.dataset, expression=values, samples=samples, name=name)
    planted = replace(task, dataset=dataset, rows=np.arange(task.n_samples))
    fits = []
    for fold in range(design.n_folds):
        unit = CrossValidationUnit(task=planted, model=PROBE, signal="removed", seed=seed, fold=fold, design=design)
        result = with_its_threads(compute, unit, torch.device("cpu"))
        fits.append(result.fits.assign(task=task.name, seed=seed, fold=fold))
    table = pd.concat(fits, ignore_index=True).dropna(subset=["balanced_accuracy"])
    return len(table) > 0 and above(against_naive(table, by=["task"]).iloc[0]).verdict == HOLDS

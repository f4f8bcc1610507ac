"""How fast models go: measured by a few training steps or fits, or, where that cannot be, bounded by memory traffic."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise

import numpy as np
import pandas as pd
import torch

from linear_signal.crossvalidation.design import Design
from linear_signal.crossvalidation.feature_rows import FeatureRows
from linear_signal.crossvalidation.fit_interface import Fitter, Job
from linear_signal.crossvalidation.model_fitters import make_fitter
from linear_signal.crossvalidation.sizes import Work, work_of
from linear_signal.crossvalidation.unit import CrossValidationUnit
from linear_signal.data.dataset import Dataset
from linear_signal.data.sample_table import LABEL
from linear_signal.data.tasks import Task, make_task
from linear_signal.experiment.execution import Execution
from linear_signal.models import Network, find_model
from linear_signal.seeds import generator
from linear_signal.training.hyperparameters import Trial, draw_trials

# (epochs, steps in an epoch) of two runs whose difference is measured. The epochs are shorter than real ones, so that what
# an epoch adds is not left out; where a step is slow that hardly matters, and one epoch has to do.
_QUICK, _SLOW = ((1, 4), (3, 4)), ((1, 1), (1, 5))
_FEWEST, _REPEATS = 3, 8  # tries of what is quick
_TRIALS = 5  # settings that a model without steps is timed with
# What a training step moves for every weight of a network, four bytes each time: the weight is read forward and backward,
# the gradient written and read, weight and both moments of Adam read and written.
BYTES_PER_WEIGHT_AND_STEP = 40
# Samples of a made-up task. Steps take as long with more; fits of growing size stop here, and the rest is extrapolated.
_MADE_UP_SAMPLES = 2500


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How fast one kind of model goes with one number of genes and classes.

    Attributes:
        per_step: seconds of one training step, shared by all members trained at a time; 0 for models without steps.
        per_member: seconds that every member adds to a step.
        per_fit: seconds of one fit at ``samples`` training samples, for models without steps.
        samples: training samples of that fit.
        exponent: power of the number of samples with which ``per_fit`` grows, as far as ``linear_from``.
        linear_from: samples from which on it grows in proportion to them: a linear model then has a coordinate per gene,
            and no longer one per sample.
        cores: that train members of a unit side by side, each with this pace: what they take goes by their rounds. A model
            without steps has one of them.
    """

    per_step: float = 0.0
    per_member: float = 0.0
    per_fit: float = 0.0
    samples: int = 1
    exponent: float = 1.0
    linear_from: float = math.inf
    cores: int = 1

    def seconds(self, work: Work) -> float:
        """Time of a unit if no model stops early."""
        design, inner, n_tuning = work.design, work.inner, work.n_tuning_fits
        finals = [fraction * work.train for fraction in design.fractions]
        if self.per_fit:
            return sum(map(self._fit, finals)) + n_tuning * self._fit(inner)
        fit_share = (1 - design.tune_share) / design.training.batch_size
        tuning = (self.per_step + self.per_member * math.ceil(n_tuning / self.cores)) * inner if n_tuning else 0.0
        final = self.per_step * max(finals) + self.per_member * max(max(finals), sum(finals) / self.cores)
        before = (self.per_step + self.per_member) * work.pretrain
        return design.training.max_epochs * fit_share * (tuning + before + final)

    def _fit(self, size: float) -> float:
        turn = max(self.linear_from, self.samples)
        bent = min(size, turn) / self.samples
        return self.per_fit * bent**self.exponent * max(size / turn, 1.0)


def calibrate(units: Sequence[CrossValidationUnit], execution: Execution, *, seconds: float) -> dict[tuple, Pace]:
    """Measure the pace of every kind of work among ``units`` where they will be computed: pace by ``Work.kind``.

    Args:
        units: one or more; of each kind the one with the most samples is measured.
        execution: open, from ``find_execution``.
        seconds: for all kinds together, about; a kind whose single step takes longer takes what it takes.
    """
    largest: dict[tuple, CrossValidationUnit] = {}
    for unit in units:
        kind = work_of(unit).kind
        if kind not in largest or largest[kind].task.n_samples < unit.task.n_samples:
            largest[kind] = unit
    paces = execution.apply(_Measure(seconds / len(largest)), list(largest.values()))
    return dict(zip(largest, paces, strict=True))


def made_up_units(works: Sequence[Work]) -> list[CrossValidationUnit]:
    """Make a unit to calibrate on for every work: its sizes, filled with random values (at most 2,500 samples).

    Works of the same genes and classes share their values.
    """
    tasks: dict[tuple[int, int], Task] = {}
    units = []
    for work in works:
        size = (work.genes, work.classes)
        if size not in tasks:
            tasks[size] = _made_up_task(*size)
        units.append(
            CrossValidationUnit(
                task=tasks[size],
                model=work.model,
                signal="full",
                seed=0,
                fold=0,
                design=_without_data(work.design),
                allow_models=work.allow_models,
            )
        )
    return units


def memory_bound(work: Work, *, bandwidth: float) -> Pace | None:
    """Bound the pace of a network from memory traffic alone: no step is faster, and nothing is measured.

    Args:
        work: its kind is bounded.
        bandwidth: of the memory, in bytes per second.

    Returns:
        The pace; None for models that are no networks trained with Adam.
    """
    model = find_model(work.model, work.allow_models)
    if not isinstance(model, Network):
        return None
    widths = model.widths(work.genes, work.classes)
    weights = sum(before * after for before, after in pairwise(widths))
    return Pace(per_member=BYTES_PER_WEIGHT_AND_STEP * weights / bandwidth)


@dataclass(frozen=True)
class _Measure:
    """Measures the pace of a unit's kind in about ``budget`` seconds; an object, so that it can travel to a worker."""

    budget: float

    def __call__(self, unit: CrossValidationUnit, *, device: torch.device) -> Pace:
        fitter = _fitter(unit, device, epochs=1)
        return self._steps(unit, device) if fitter.stops_early else self._fits(unit, fitter)

    def _steps(self, unit: CrossValidationUnit, device: torch.device) -> Pace:
        batch, share = unit.design.training.batch_size, unit.design.tune_share

        def once(members: int, epochs: int, steps: int) -> float:
            fitter = _fitter(unit, device, epochs=epochs)
            fit, tune = _rows(unit, steps * batch), _rows(unit, round(steps * batch * share / (1 - share)))
            return _timed(lambda: _fit(unit, fitter, fit, tune, [fitter.default] * members))

        def seconds(members: int, epochs: int, steps: int) -> float:
            return _quickest(lambda: once(members, epochs, steps), self.budget)

        def per_step(members: int) -> float:
            few, more = (seconds(members, *size) for size in sizes)
            return max(more - few, 0.1 * more) / (math.prod(sizes[1]) - math.prod(sizes[0]))

        once(1, 1, 1)  # loads what is loaded once
        sizes = _QUICK if once(1, 1, 1) < self.budget / 2 else _SLOW
        alone = per_step(1)
        members = max(unit.n_tuning_fits, len(unit.design.fractions))
        side_by_side = min(members, int(self.budget / (alone * sum(map(math.prod, sizes)))))
        if device.type == "cpu":
            # One member per thread: full rounds tell what a member adds, a last round with idle threads does not.
            threads = torch.get_num_threads()
            side_by_side = min(max(side_by_side, threads), members)
            side_by_side -= side_by_side % threads if side_by_side >= threads else 0
            if threads > 1 and side_by_side >= threads:
                return Pace(per_member=per_step(side_by_side) / side_by_side)
        if side_by_side < 2:
            return Pace(per_member=alone)
        together = per_step(side_by_side)
        per_member = max(together - alone, 0.0) / (side_by_side - 1) or together / side_by_side
        return Pace(per_step=max(alone - per_member, 0.0), per_member=per_member)

    def _fits(self, unit: CrossValidationUnit, fitter: Fitter) -> Pace:
        trials = _spread(_trials(unit, fitter))
        whole = int(work_of(unit).train)
        sizes, times = [], []
        # Not too few samples: the time of many is foretold from these, by a power of up to two.
        size = min(whole, max(32, 4 * unit.task.n_classes, unit.task.dataset.n_genes // 8))
        while not sizes or (sizes[-1] < whole and (len(sizes) < 2 or sum(times) < self.budget)):
            rows = _rows(unit, size)
            once = partial(_timed, lambda rows=rows: _fit(unit, fitter, rows, rows[:0], trials))
            times.append(_quickest(once, self.budget))
            sizes.append(size)
            size = min(whole, 2 * size)
        exponent = 1.0
        if len(sizes) > 1 and sizes[-1] > sizes[-2]:
            exponent = float(np.clip(np.log(times[-1] / times[-2]) / np.log(sizes[-1] / sizes[-2]), 1, 2))
        linear_from = unit.task.dataset.n_genes if fitter.tunable else math.inf
        return Pace(per_fit=times[-1] / len(trials), samples=sizes[-1], exponent=exponent, linear_from=linear_from)


def _fitter(unit: CrossValidationUnit, device: torch.device, *, epochs: int) -> Fitter:
    training = replace(unit.design.training, max_epochs=epochs, patience=epochs)  # none of them is left out
    return make_fitter(find_model(unit.model, unit.allow_models), replace(unit.design, training=training), device)


def _trials(unit: CrossValidationUnit, fitter: Fitter) -> list[Trial]:
    design = unit.design
    if not fitter.tunable or not design.n_trials:
        return [fitter.default]
    ranges = {name: getattr(design, name) for name in ("learning_rate_range", "weight_decay_range")}
    return draw_trials(design.n_trials, **ranges, names=unit.seed_names)


def _spread(trials: list[Trial]) -> list[Trial]:
    """Take a few settings over the whole range of penalties, so that there is time for larger samples."""
    ordered = sorted(trials, key=lambda trial: trial.weight_decay)
    return [ordered[place] for place in np.linspace(0, len(ordered) - 1, min(_TRIALS, len(ordered))).astype(int)]


def _rows(unit: CrossValidationUnit, count: int) -> np.ndarray:
    """So many rows of the task, spread over its classes; repeated where there are not enough."""
    by_class = np.argsort(unit.task.classes, kind="stable")
    return by_class[np.linspace(0, len(by_class) - 1, count).round().astype(np.int64)]


def _fit(unit: CrossValidationUnit, fitter: Fitter, fit: np.ndarray, tune: np.ndarray, trials: Sequence[Trial]) -> None:
    rows = FeatureRows(unit.task, "full", engine=unit.design.removal_engine)
    fit, tune = (rows.add(some, learnt_from=fit) for some in (fit, tune))
    job = Job(names=("expected time",), fit_rows=fit, tune_rows=tune, judge_rows=fit[:2])
    fitter.fit(rows, [job], trials, unit.task.n_classes)


def _quickest(once: Callable[[], float], budget: float) -> float:
    """The least seconds of a few tries: whatever else the machine does makes one slower, never faster."""
    times = [once()]
    fewest = _FEWEST if times[0] < budget / 2 else 1
    while len(times) < fewest or (sum(times) < budget / 5 and len(times) < _REPEATS):
        times.append(once())
    return min(times)


def _timed(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _made_up_task(genes: int, classes: int) -> Task:
    numbers = np.arange(max(_MADE_UP_SAMPLES, 8 * classes))
    own = numbers[:, None] % classes == np.arange(genes) % classes
    names = tuple(f"class {number:03d}" for number in range(classes))
    # Every class has genes of its own, as tissues have: noise takes a solver longer than expression does.
    values = generator("made-up values", genes, classes).random((len(numbers), genes), dtype=np.float32)
    values = 0.7 * values + 0.3 * own.astype(np.float32)
    dataset = Dataset(
        name="made-up values",
        expression=values,
        samples=pd.DataFrame({LABEL: np.array(names)[numbers % classes]}, index=numbers.astype(str)),
        gene_ids=np.arange(genes).astype(str),
        source="random values, made up to measure how long training takes",
        synthetic=True,
    )
    return make_task(dataset, name="made-up values", group=None)


def _without_data(design: Design) -> Design:
    # A transfer needs two data sets; one will do to measure a step.
    return replace(design, split="group") if design.split.name == "transfer" else design

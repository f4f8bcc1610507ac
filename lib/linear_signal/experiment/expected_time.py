"""How long a plan will take: before it starts from a short calibration, and while it runs from what has been measured."""

from __future__ import annotations

import math
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from linear_signal.experiment.execution import LOCAL, Execution, find_execution
from linear_signal.experiment.feature_rows import FeatureRows
from linear_signal.experiment.fitters import Fitter, Job, make_fitter
from linear_signal.experiment.plan import Plan, Unit
from linear_signal.models import find_model
from linear_signal.progress import duration
from linear_signal.training.hyperparameters import Trial, draw_trials

# A calibration takes about this long in all; a kind of model whose single step takes longer takes what it takes.
CALIBRATION_SECONDS = 2.0
# A run that shows its models fewer gene values than this (samples x genes x fits) takes half a minute at the quick sizes
# of the book, and a calibration would be a noticeable part of it.
WORTH_CALIBRATING = 5e7
# (epochs, steps in an epoch) of two runs whose difference is measured. The epochs are shorter than real ones, so that what
# an epoch adds is not left out; where a step is slow that hardly matters, and one epoch has to do.
_QUICK, _SLOW = ((1, 4), (3, 4)), ((1, 1), (1, 5))
_REPEATS = 8
_TELLING = 4  # units, out of many, whose times say something about the others


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How fast one kind of model goes with one number of genes and classes.

    Attributes:
        per_step: seconds of one training step, shared by all members trained at a time; 0 for models without steps.
        per_member: seconds that every member adds to a step.
        per_fit: seconds of one fit at ``samples`` training samples, for models without steps.
        samples: training samples of that fit.
        exponent: power of the number of samples with which ``per_fit`` grows.
    """

    per_step: float = 0.0
    per_member: float = 0.0
    per_fit: float = 0.0
    samples: int = 1
    exponent: float = 1.0

    def seconds(self, unit: Unit) -> float:
        """Time of a unit if no model stops early."""
        protocol, n_samples = unit.protocol, unit.task.dataset.n_samples
        inner, outer = (n_samples * (protocol.n_folds - left_out) / protocol.n_folds for left_out in (2, 1))
        n_tuning = unit.n_tuning_fits
        finals = [fraction * outer for fraction in protocol.fractions]
        if self.per_fit:
            sizes = [*finals, *[inner] * n_tuning]
            return sum(self.per_fit * (size / self.samples) ** self.exponent for size in sizes)
        fit_share = (1 - protocol.tune_share) / protocol.training.batch_size
        tuning = (self.per_step + self.per_member * n_tuning) * inner if n_tuning else 0.0
        final = self.per_step * max(finals) + self.per_member * sum(finals)
        return protocol.training.max_epochs * fit_share * (tuning + final)


@dataclass(frozen=True, eq=False, kw_only=True)
class ExpectedTime:
    """The time units are expected to take.

    Attributes:
        of_unit: seconds of each unit, by key.
        at_once: units computed at the same time.
        calibration: seconds the calibration took.
    """

    of_unit: dict[str, float]
    at_once: int
    calibration: float

    @property
    def seconds(self) -> float:
        """Seconds from start to end."""
        return max(sum(self.of_unit.values()) / self.at_once, max(self.of_unit.values()))

    def sentence(self) -> str:
        """Say it, and what it rests on."""
        side = f"{self.at_once} units at a time" if self.at_once > 1 else "one unit at a time"
        return (
            f"Expected training time: about {duration(self.seconds)}, {side} (if no model stops early; estimated from a "
            f"calibration of {self.calibration:.1f} s)."
        )


def expected_time(units: Sequence[Unit], execution: Execution) -> ExpectedTime:
    """Calibrate every kind of model among ``units`` where they will be computed, and add up.

    Neither random numbers nor the store are touched. Each combination of model, number of genes and number of classes is
    timed once: a few training steps at the real batch size with one model and with as many side by side as the time
    allows, or fits of growing size for models without steps.

    Args:
        units: one or more.
        execution: open, from ``find_execution``.
    """
    largest: dict[tuple, Unit] = {}
    for unit in units:
        kind = _kind(unit)
        if kind not in largest or largest[kind].task.dataset.n_samples < unit.task.dataset.n_samples:
            largest[kind] = unit
    start = time.perf_counter()
    budget = CALIBRATION_SECONDS / len(largest)
    paces = dict(zip(largest, execution.apply(_Measure(budget), list(largest.values())), strict=True))
    return ExpectedTime(
        of_unit={unit.key: paces[_kind(unit)].seconds(unit) for unit in units},
        at_once=execution.at_once(units),
        calibration=time.perf_counter() - start,
    )


def expected_hours(plan: Plan, *, device: str = "auto", execution: str = LOCAL, workers: int = 1) -> float:
    """Hours a whole plan would take here if no model stopped early; nothing but a short calibration is computed.

    Args:
        plan: of any size; its data have to be there.
        device, execution, workers: as for ``run``.
    """
    with find_execution(execution, device=device, workers=workers) as place:
        return expected_time(plan.units, place).seconds / 3600


def worth_calibrating(units: Sequence[Unit]) -> bool:
    """Say whether units are so much work that a calibration is a small part of it."""
    shown = sum(
        (unit.n_tuning_fits + len(unit.protocol.fractions)) * unit.task.dataset.n_samples * unit.task.dataset.n_genes
        for unit in units
    )
    return shown >= WORTH_CALIBRATING


class TimeLeft:
    """What is left of a run, from the units that are done: kinds of models differ a hundredfold, so each counts by itself.

    A kind of which none is done yet counts with its expected time, corrected by how far the expectation was off for the
    others; where there was no calibration, with the mean of what is done. As long as only a few are done, which also paid
    for what a process loads once, nothing is said.

    Args:
        units: to be computed.
        expected: of these units, if it was measured.
    """

    def __init__(self, units: Sequence[Unit], expected: ExpectedTime | None) -> None:
        self._telling = max(1, min(_TELLING, len(units) // 20))
        self._left = Counter(_group(unit) for unit in units)
        self._expected = {_group(unit): expected.of_unit[unit.key] for unit in units} if expected else {}
        self._measured: dict[tuple, list[float]] = defaultdict(list)

    def done(self, unit: Unit, seconds: float) -> None:
        """Report a unit and how long it took where it was computed."""
        self._left[_group(unit)] -= 1
        self._measured[_group(unit)].append(seconds)

    def seconds(self, at_once: int) -> float | None:
        """Seconds until the end with so many units at a time; None as long as too little is done."""
        done = sum(map(len, self._measured.values()))
        if done < self._telling:
            return None
        total = sum(map(sum, self._measured.values()))
        foreseen = sum(self._expected.get(group, 0) * len(times) for group, times in self._measured.items())

        def of(group: tuple) -> float:
            if group in self._measured:
                return float(np.mean(self._measured[group]))
            return self._expected[group] * total / foreseen if foreseen else total / done

        return sum(count * of(group) for group, count in self._left.items() if count) / at_once


def _kind(unit: Unit) -> tuple:
    return unit.model, unit.task.dataset.n_genes, unit.task.n_classes


def _group(unit: Unit) -> tuple:
    return unit.model, unit.task.name, unit.condition


@dataclass(frozen=True)
class _Measure:
    """Measures the pace of a unit's kind in about ``budget`` seconds; an object, so that it can travel to a worker."""

    budget: float

    def __call__(self, unit: Unit, *, device: torch.device) -> Pace:
        fitter = _fitter(unit, device, epochs=1)
        return self._steps(unit, device) if fitter.stops_early else self._fits(unit, fitter)

    def _steps(self, unit: Unit, device: torch.device) -> Pace:
        batch, share = unit.protocol.training.batch_size, unit.protocol.tune_share

        def once(members: int, epochs: int, steps: int) -> float:
            fitter = _fitter(unit, device, epochs=epochs)
            fit, tune = _rows(unit, steps * batch), _rows(unit, round(steps * batch * share / (1 - share)))
            return _timed(lambda: _fit(unit, fitter, fit, tune, [fitter.default] * members))

        def seconds(members: int, epochs: int, steps: int) -> float:
            times: list[float] = []
            while not times or (sum(times) < self.budget / 5 and len(times) < _REPEATS):
                times.append(once(members, epochs, steps))
            return float(np.median(times))

        def per_step(members: int) -> float:
            few, more = (seconds(members, *size) for size in sizes)
            return max(more - few, 0.1 * more) / (math.prod(sizes[1]) - math.prod(sizes[0]))

        once(1, 1, 1)  # loads what is loaded once
        sizes = _QUICK if once(1, 1, 1) < self.budget / 2 else _SLOW
        alone = per_step(1)
        members = max(unit.n_tuning_fits, len(unit.protocol.fractions))
        side_by_side = min(members, int(self.budget / (alone * sum(map(math.prod, sizes)))))
        if side_by_side < 2:
            return Pace(per_member=alone)
        together = per_step(side_by_side)
        per_member = max(together - alone, 0.0) / (side_by_side - 1) or together / side_by_side
        return Pace(per_step=max(alone - per_member, 0.0), per_member=per_member)

    def _fits(self, unit: Unit, fitter: Fitter) -> Pace:
        trials = _trials(unit, fitter)
        whole = unit.task.dataset.n_samples * (unit.protocol.n_folds - 1) // unit.protocol.n_folds
        sizes, times = [], []
        size = min(whole, max(32, 4 * unit.task.n_classes))
        while not sizes or (sizes[-1] < whole and sum(times) < self.budget / 2):
            rows = _rows(unit, size)
            times.append(_timed(lambda rows=rows: _fit(unit, fitter, rows, rows[:0], trials)))
            sizes.append(size)
            size = min(whole, 2 * size)
        exponent = 1.0
        if len(sizes) > 1 and sizes[-1] > sizes[-2]:
            exponent = float(np.clip(np.log(times[-1] / times[-2]) / np.log(sizes[-1] / sizes[-2]), 1, 2))
        return Pace(per_fit=times[-1] / len(trials), samples=sizes[-1], exponent=exponent)


def _fitter(unit: Unit, device: torch.device, *, epochs: int) -> Fitter:
    training = replace(unit.protocol.training, max_epochs=epochs, patience=epochs)  # none of them is left out
    return make_fitter(find_model(unit.model), replace(unit.protocol, training=training), device)


def _trials(unit: Unit, fitter: Fitter) -> list[Trial]:
    protocol = unit.protocol
    if not fitter.tunable or not protocol.n_trials:
        return [fitter.default]
    ranges = {name: getattr(protocol, name) for name in ("learning_rate_range", "weight_decay_range")}
    return draw_trials(protocol.n_trials, **ranges, names=unit.names)


def _rows(unit: Unit, count: int) -> np.ndarray:
    """So many rows of the task, spread over its classes; repeated where there are not enough."""
    by_class = np.argsort(unit.task.classes, kind="stable")
    return by_class[np.linspace(0, len(by_class) - 1, count).round().astype(np.int64)]


def _fit(unit: Unit, fitter: Fitter, fit: np.ndarray, tune: np.ndarray, trials: Sequence[Trial]) -> None:
    rows = FeatureRows(unit.task, "full", engine=unit.protocol.removal_engine)
    job = Job(names=("expected time",), fit_rows=fit, tune_rows=tune, judge_rows=fit[:2])
    fitter.fit(rows, [job], trials, unit.task.n_classes)


def _timed(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start

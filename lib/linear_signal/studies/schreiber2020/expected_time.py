"""How long networks of the study will take: steps times a pace, measured on two made-up networks of each kind."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from linear_signal.experiment.execution import Execution
from linear_signal.experiment.expected_time import ExpectedTime
from linear_signal.experiment.unit import Unit
from linear_signal.seeds import generator
from linear_signal.studies.schreiber2020.architectures import Architecture, Branch
from linear_signal.studies.schreiber2020.loci import LociTable
from linear_signal.studies.schreiber2020.protocol import Protocol
from linear_signal.studies.schreiber2020.schemes import make_scheme
from linear_signal.studies.schreiber2020.unit import Fit
from linear_signal.studies.schreiber2020.work import Work

_FORWARD = 1 / 3  # of the time of a step that learns
_STEPS = 20, 80
_REPEATS = 3
# A small and a large network: by whether the engine trains them.
_CALIBRATED = {
    True: tuple(Architecture(sequence=Branch(depth=1, width=width)) for width in (1, 1024)),
    False: tuple(
        Architecture(sequence=Branch(depth=1, width=width, convolutions=1, filters=filters))
        for width, filters in ((1, 1), (256, 64))
    ),
}


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Time of a step: so much for any network, and so much for every multiplication of one sample."""

    per_step: float
    per_multiplication: float

    def seconds(self, work: Work) -> float:
        """Seconds of a training that nothing stops, with its validation after every epoch."""
        protocol = work.protocol
        validated = _FORWARD * protocol.validation_samples / protocol.batch_size
        per_step = self.per_step + self.per_multiplication * work.n_multiplications * protocol.batch_size
        return protocol.max_epochs * (protocol.steps_per_epoch + validated) * per_step


def foretold(units: Sequence[Unit], place: Execution) -> ExpectedTime:
    """Calibrate where units will be computed, and add up; what trains nothing counts for nothing.

    Args:
        units: one or more, of this study.
        place: open, from ``find_execution``.
    """
    start = time.perf_counter()
    paces = {kind: _pace(kind, place) for kind in {unit.work.is_dense for unit in units if unit.work}}
    seconds = {unit.key: paces[unit.work.is_dense].seconds(unit.work) if unit.work else 0.0 for unit in units}
    return ExpectedTime(of_unit=seconds, at_once=place.at_once(units), calibration=time.perf_counter() - start)


def _pace(is_dense: bool, place: Execution) -> Pace:
    table = _made_up()
    scheme = make_scheme("cross_cell_type", table, target="A", validation_cell_types=("B",))
    protocol = Protocol(max_epochs=1, validation_samples=2)
    small, large = (
        Fit(table=table, scheme=scheme, architecture=one, seed=0, protocol=protocol) for one in _CALIBRATED[is_dense]
    )
    of_small, of_large = place.apply(_seconds_per_step, [small, large])
    n_small, n_large = (one.work.n_multiplications * protocol.batch_size for one in (small, large))
    slope = max(0.0, of_large - of_small) / (n_large - n_small)
    return Pace(per_step=max(0.0, of_small - slope * n_small), per_multiplication=slope)


def _seconds_per_step(unit: Fit, *, device: torch.device) -> float:
    def once(steps: int) -> float:
        some = replace(unit, protocol=replace(unit.protocol, steps_per_epoch=steps))
        start = time.perf_counter()
        some.compute(device)
        return time.perf_counter() - start

    once(1)  # what a process loads once
    few, many = _STEPS
    return float(np.median([(once(many) - once(few)) / (many - few) for _ in range(_REPEATS)]))


def _made_up() -> LociTable:
    random = generator("schreiber2020", "calibration")
    activity = random.normal(size=(60, 4))
    return LociTable(
        name="made up",
        source="Made up for a calibration",
        synthetic=True,
        task="expression",
        loci=np.array([f"L{number}" for number in range(60)]),
        chromosomes=np.array([f"chr{1 + number % 3}" for number in range(60)]),
        cell_types=tuple("ABCD"),
        labels=activity > 0,
        activity=activity,
        signal=np.zeros((60, 4, 0)),
        marks=(),
        constant=random.integers(0, 4, size=(60, 256), dtype=np.uint8),
    )

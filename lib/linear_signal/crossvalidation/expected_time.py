"""How long units of cross-validation will take, from a short calibration of their models."""

from __future__ import annotations

import time
from collections.abc import Sequence

from linear_signal.crossvalidation.plan import CrossValidationPlan
from linear_signal.crossvalidation.sizes import work_of
from linear_signal.crossvalidation.speed import calibrate
from linear_signal.crossvalidation.unit import CrossValidationUnit
from linear_signal.experiment.execution import LOCAL, Execution, find_execution
from linear_signal.experiment.expected_time import ExpectedTime

# A calibration takes about this long in all; a kind of model whose single step takes longer takes what it takes.
CALIBRATION_SECONDS = 2.0
# A run that shows its models fewer gene values than this (samples x genes x fits) takes few minutes, and soon tells
# itself how long it takes: all quick runs of the book do, of which a calibration would be a noticeable part.
WORTH_CALIBRATING = 2e8


def expected_time(units: Sequence[CrossValidationUnit], execution: Execution) -> ExpectedTime:
    """Calibrate every kind of model among ``units`` where they will be computed, and add up.

    Neither random numbers nor the store are touched. Each combination of model, number of genes and number of classes is
    timed once: a few training steps at the real batch size with one model and with as many side by side as the time
    allows, or fits of growing size for models without steps.

    Args:
        units: one or more.
        execution: open, from ``find_execution``.
    """
    start = time.perf_counter()
    paces = calibrate(units, execution, seconds=CALIBRATION_SECONDS)
    works = {unit.key: work_of(unit) for unit in units}
    return ExpectedTime(
        of_unit={key: paces[work.kind].seconds(work) for key, work in works.items()},
        at_once=execution.at_once(units),
        calibration=time.perf_counter() - start,
    )


def expected_hours(plan: CrossValidationPlan, *, device: str = "auto", execution: str = LOCAL, workers: int = 1) -> float:
    """Hours a whole plan would take here if no model stopped early; nothing but a short calibration is computed.

    Args:
        plan: of any size; its data have to be there.
        device, execution, workers: as for ``run``.
    """
    with find_execution(execution, device=device, workers=workers) as place:
        return expected_time(plan.units, place).seconds / 3600


def worth_calibrating(units: Sequence[CrossValidationUnit]) -> bool:
    """Say whether units are so much work that a calibration is a small part of it."""
    shown = sum(
        (unit.n_tuning_fits + len(unit.design.fractions)) * unit.task.n_samples * unit.task.dataset.n_genes for unit in units
    )
    return shown >= WORTH_CALIBRATING

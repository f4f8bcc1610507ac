"""Compute one unit, and record what it was computed with."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from linear_signal.experiment.provenance import run_record
from linear_signal.experiment.unit import Unit, UnitResult

if TYPE_CHECKING:
    import torch


def compute(unit: Unit, *, device: torch.device) -> UnitResult:
    """Compute a unit from nothing but its settings and its data.

    Raises:
        InputError: as ``Unit.compute``.
    """
    start = time.perf_counter()
    tables, by_products = unit.compute(device)
    return UnitResult(tables, run_record(unit, device, seconds=time.perf_counter() - start), by_products)

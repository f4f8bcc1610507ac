"""Time several ways of doing the same work side by side, and say on which machine."""

from __future__ import annotations

import gc
import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from linear_signal.experiment.provenance import versions


def side_by_side(cases: dict[str, Callable[[], Any]], *, repeats: int) -> dict[str, list[float]]:
    """Seconds of every case, ``repeats`` times, in turns: what else the machine does meets all of them alike."""
    seconds: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(repeats):
        for name, work in cases.items():
            gc.collect()
            start = time.perf_counter()
            work()
            seconds[name].append(time.perf_counter() - start)
    return seconds


def ratio(slow: list[float], fast: list[float]) -> tuple[float, float, float]:
    """Median, smallest and largest of the ratios of runs that were made next to each other."""
    ratios = [a / b for a, b in zip(slow, fast, strict=True)]
    return statistics.median(ratios), min(ratios), max(ratios)


def spread(values: list[float], digits: int = 2) -> str:
    """Write median and range: ``1.52 (1.40 to 1.80)``."""
    middle, low, high = (f"{value:.{digits}f}" for value in (statistics.median(values), min(values), max(values)))
    return f"{middle} ({low} to {high})"


def report(name: str, rows: list[dict[str, Any]], *, raw: dict[str, Any]) -> None:
    """Print a table, one row per comparison, and write it with the raw seconds and the machine to a JSON file."""
    machine = describe_machine()
    print(f"\n{name}: {', '.join(f'{key} {value}' for key, value in machine.items() if key != 'versions')}\n")
    print(pd.DataFrame(rows).to_markdown(index=False))
    path = Path("_build/benchmarks") / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"benchmark": name, "machine": machine, "rows": rows, "raw": raw}, indent=1) + "\n")
    print(f"\nWritten to {path}")


def describe_machine() -> dict[str, Any]:
    """Processor, cores, memory, GPU, date and versions."""
    import torch

    models = [line.split(":", 1)[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    memory = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    return {
        "processor": models[0] if models else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(memory / 2**20),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else "none",
        "date": datetime.now(UTC).date().isoformat(),
        "versions": versions(),
    }


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []

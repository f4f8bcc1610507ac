"""How much memory tasks take at the full size of GTEx: ten pairs and all tissues, each case in a process of its own.

Run with ``python -m benchmarks.memory``. Values are made up. Every unit is one fold, one epoch, without tuning. All
ten pairs are there and have their keys, and the first three of them, which are of one size, are computed.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
import torch

from benchmarks.measure import report
from linear_signal.crossvalidation.design import Design
from linear_signal.crossvalidation.plan import make_plan
from linear_signal.data.dataset import Dataset
from linear_signal.data.tasks import binary_pairs, make_task
from linear_signal.experiment.execution import compute_units
from linear_signal.seeds import generator
from linear_signal.training.cpu.processor import compile_steps
from linear_signal.training.settings import TrainingSettings

N_TISSUES, N_DONORS, SHARE_OF_COMMON = 31, 948, 0.47  # as in GTEx v8; five tissues are common
MODELS = ("logistic_regression", "exact_logistic_regression", "three_layer")
_COMPUTED = 3
_LOOK_SECONDS = 0.05


def made_up(n_samples: int, n_genes: int) -> Dataset:
    """Make a dataset of 31 tissues, the first five common; its values exist once."""
    random, numbers = generator("benchmarks", "memory", n_samples, n_genes), np.arange(n_samples)
    common = numbers < SHARE_OF_COMMON * n_samples
    tissue = np.where(common, numbers % 5, 5 + numbers % (N_TISSUES - 5))
    values = np.empty((n_samples, n_genes), dtype=np.float32)
    random.random(out=values, dtype=np.float32)
    for row, one in zip(values, tissue.tolist(), strict=True):
        row[one::N_TISSUES] += 0.2
    return Dataset(
        name="made up",
        expression=values,
        samples=pd.DataFrame(
            {"label": [f"tissue {one:02d}" for one in tissue], "donor": [f"donor {one}" for one in numbers % N_DONORS]},
            index=[f"S{number}" for number in numbers],
        ),
        gene_ids=np.array([f"g{number}" for number in range(n_genes)]),
        source="made up for a benchmark",
        synthetic=True,
    )


def measure_here(case: dict[str, Any]) -> dict[str, float]:
    """Compute the units of a case in this process, or in workers that it starts; megabytes at the beginning and the peak."""
    compile_steps()
    dataset = made_up(case["samples"], case["genes"])
    start = _peak()
    if case["tasks"] == "ten pairs":
        tasks = binary_pairs(dataset, [f"tissue {one:02d}" for one in range(5)], group="donor")
    else:
        tasks = [make_task(dataset, name="all tissues", group="donor")]
    training = TrainingSettings(max_epochs=1, batch_size=256)
    design = Design(n_trials=0, fractions=(1.0,), training=training)
    plan = make_plan(tasks, models=[case["model"]], signals=[case["signal"]], seeds=[0], design=design)
    units = [unit for unit in plan.units if unit.fold == 0]
    assert all(unit.key for unit in units)
    seconds = time.perf_counter()
    for _ in compute_units(units[:_COMPUTED], device=torch.device("cpu"), workers=case["workers"]):
        pass
    return {"start": start, "peak": _peak(), "seconds": time.perf_counter() - seconds}


def measure(case: dict[str, Any]) -> dict[str, float]:
    """Measure a case in a fresh process; ``together`` is the most that it and its workers held at a time."""
    command = [sys.executable, "-m", "benchmarks.memory", "--case", json.dumps(case)]
    together = 0.0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        root = psutil.Process(process.pid)
        while process.poll() is None:
            together = max(together, _together(root))
            time.sleep(_LOOK_SECONDS)
        if process.returncode:
            raise SystemExit(f"The case {case} failed.")
        return {**json.loads(process.stdout.read()), "together": together}


def compare(n_samples: int, n_genes: int, few_genes: int, *, begin: int = 0) -> None:
    """Measure all cases, or only those from some number on, and report."""
    cases = [
        {"tasks": tasks, "signal": signal, "model": model, "samples": n_samples, "genes": n_genes, "workers": 1}
        for tasks, signal, model in product(("ten pairs", "all tissues"), ("full", "removed"), MODELS)
    ]
    # With fewer genes several workers compute beside each other.
    several = {"tasks": "ten pairs", "signal": "full", "model": "logistic_regression", "samples": n_samples}
    cases.append({**several, "genes": few_genes, "workers": 2})
    rows, raw = [], []
    for case in cases[begin:]:
        found = measure(case)
        matrix = n_samples * case["genes"] * 4 / 1e6
        rows.append(
            {
                **{name: case[name] for name in ("tasks", "signal", "model", "genes", "workers")},
                "matrix (MB)": f"{matrix:,.0f}",
                "peak (MB)": f"{found['peak']:,.0f}",
                "beyond data (MB)": f"{found['peak'] - found['start']:,.0f}",
                "in matrices": f"{(found['peak'] - found['start']) / matrix:.2f}",
                "all processes (MB)": f"{found['together']:,.0f}",
                "seconds": f"{found['seconds']:.1f}",
            }
        )
        raw.append({**case, **found})
        print(rows[-1], flush=True)
    report("memory", rows, raw={"cases": raw})


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def _together(root: psutil.Process) -> float:
    """Memory of a process and all it started, in megabytes; what they share counts once."""
    total = 0
    for process in (root, *_children(root)):
        try:
            text = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
        except OSError:  # it has ended, or this is not Linux
            continue
        total += next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0)
    return total * 1024 / 1e6


def _children(root: psutil.Process) -> list[psutil.Process]:
    try:
        return root.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def main(arguments: list[str] | None = None) -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument("--tiny", action="store_true", help="a size that says nothing, for the tests")
    parser.add_argument("--case", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.case:
        print(json.dumps(measure_here(options.case)))
    elif options.tiny:
        compare(700, 40, 20, begin=12)
    else:
        compare(17_382, 5000, 1400)


if __name__ == "__main__":
    main()

"""How much memory networks of Schreiber et al. 2020 take at the paper's size, each case in a process of its own.

Run with ``python -m benchmarks.pitfall_memory``. Labels, marks and sequences of 17,951 loci in 56 cell types, 51 of them to
learn from, are made up; every case is a hundred steps and one judging.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from benchmarks.measure import report
from linear_signal.experiment.threads import with_its_threads
from linear_signal.experiment.unit import Unit
from linear_signal.seeds import generator
from linear_signal.studies.schreiber2020.architectures import Architecture, Branch
from linear_signal.studies.schreiber2020.loci import LociTable
from linear_signal.studies.schreiber2020.protocol import Protocol
from linear_signal.studies.schreiber2020.schemes import make_scheme
from linear_signal.studies.schreiber2020.unit import Fit
from linear_signal.training.cpu.processor import compile_steps

WIDE, CONVOLUTION = Branch(depth=1, width=256), Branch(depth=1, width=256, convolutions=1, filters=64)
LARGEST = Branch(depth=1, width=1024, convolutions=1, filters=256)
CASES = {
    "dense over sequence": Architecture(sequence=WIDE),
    "convolutional": Architecture(sequence=CONVOLUTION),
    "two branches": Architecture(sequence=CONVOLUTION, signal=Branch(depth=3, width=256), joint=256),
    "the paper's largest": Architecture(sequence=LARGEST),
}


def made_up(n_loci: int, n_cell_types: int, length: int) -> LociTable:
    """Make a table of random labels, five marks and sequences."""
    random = generator("benchmarks", "pitfall memory", n_loci, n_cell_types)
    activity = random.standard_normal((n_loci, n_cell_types), dtype=np.float32)
    return LociTable(
        name="made up",
        source="Made up for a benchmark",
        synthetic=True,
        task="expression",
        loci=np.array([f"L{number}" for number in range(n_loci)]),
        chromosomes=np.array([f"chr{1 + number % 22}" for number in range(n_loci)]),
        cell_types=tuple(f"C{number}" for number in range(n_cell_types)),
        labels=activity > 0,
        activity=activity,
        signal=random.standard_normal((n_loci, n_cell_types, 5), dtype=np.float32),
        marks=tuple("abcde"),
        constant=random.integers(0, 4, size=(n_loci, length), dtype=np.uint8),
    )


def measure_here(case: dict[str, Any]) -> dict[str, float]:
    """Compute a case in this process: megabytes with the data and at the peak, and seconds."""
    compile_steps()
    table = made_up(case["loci"], case["cell_types"], case["length"])
    scheme = make_scheme("cross_cell_type", table, target="C0", validation_cell_types=("C1", "C2", "C3", "C4"))
    protocol = Protocol(max_epochs=1, steps_per_epoch=case["steps"], validation_samples=case["validation"])
    unit = Fit(table=table, scheme=scheme, architecture=CASES[case["name"]], seed=0, protocol=protocol)
    start, seconds = _peak(), time.perf_counter()
    with_its_threads(_computed, unit, torch.device("cpu"))
    return {
        "start": start,
        "peak": _peak(),
        "seconds": time.perf_counter() - seconds,
        "parameters": unit.work.n_parameters,
        "pairs": len(scheme.train),
    }


def compare(sizes: dict[str, int], names: Sequence[str] = tuple(CASES)) -> None:
    """Measure all cases, or only some, each in a fresh process, and report."""
    rows, raw = [], []
    for name in names:
        case = {"name": name, **sizes}
        command = [sys.executable, "-m", "benchmarks.pitfall_memory", "--case", json.dumps(case)]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        rows.append(
            {
                "network": name,
                "layers": CASES[name].name,
                "parameters": f"{found['parameters']:,}",
                "pairs to learn from": f"{found['pairs']:,}",
                "with data (MB)": f"{found['start']:,.0f}",
                "peak (MB)": f"{found['peak']:,.0f}",
                "seconds": f"{found['seconds']:.1f}",
            }
        )
        raw.append({**case, **found})
        print(rows[-1], flush=True)
    report("pitfall_memory", rows, raw={"cases": raw})


def _computed(unit: Unit, *, device: torch.device) -> None:
    unit.compute(device)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def main(arguments: list[str] | None = None) -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pitfall_memory", description=__doc__)
    parser.add_argument("--tiny", action="store_true", help="a size that says nothing, for the tests")
    parser.add_argument("--case", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.case:
        print(json.dumps(measure_here(options.case)))
    elif options.tiny:
        compare({"loci": 200, "cell_types": 8, "length": 12, "steps": 2, "validation": 16}, ["two branches"])
    else:
        compare({"loci": 17_951, "cell_types": 56, "length": 2000, "steps": 100, "validation": 3200})


if __name__ == "__main__":
    main()

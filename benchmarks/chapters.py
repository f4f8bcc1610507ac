"""How long the chapters take as the book runs them, cold and warm, and how much of it is not training.

Run with ``python -m benchmarks.chapters`` in the project's folder. Cold: results and data folders are new and empty. Warm:
the same folders again. Training time is the sum of the seconds of the units that this very run computed (from the start to
the end of each: tuning, fits, predictions), divided by the number of workers, as if they had been busy all along; what is
left of the wall time is everything else: the start of kernel and workers, data, figures, tables, waiting for the last
worker, and the study of penalties, which is not made of units.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
import zipfile
from pathlib import Path

import yaml

from benchmarks.measure import report, spread
from linear_signal.book.chapter_page import execute
from linear_signal.book.paths import project_root
from linear_signal.book.run_chapters import SOURCES
from linear_signal.errors import unknown


def run_twice(chapter: str, *, root: Path, workers: int, overrides: dict) -> dict[str, dict[str, float]]:
    """Execute a chapter cold, then warm: wall seconds, training seconds and units computed of both."""
    source, measured = root / SOURCES / f"{chapter}.py", {}
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results"
        parameters = overrides | {"results_folder": str(results), "workers": workers}
        if "data_folder:" in source.read_text(encoding="utf-8"):
            parameters["data_folder"] = str(Path(folder) / "data")
        for state in ("cold", "warm"):
            known = set(results.glob("*.zip"))
            start = time.perf_counter()
            execute(source, Path(folder) / f"{state}.ipynb", root=root, parameters=parameters)
            seconds = time.perf_counter() - start
            computed = set(results.glob("*.zip")) - known
            training = sum(map(unit_seconds, computed)) / workers
            measured[state] = {"seconds": seconds, "training": training, "units": len(computed)}
    return measured


def unit_seconds(archive: Path) -> float:
    """Return how long the unit took that a results file holds."""
    with zipfile.ZipFile(archive) as file:
        return json.loads(file.read("run.json"))["seconds"]


def compare(chapters: list[str], *, root: Path, repeats: int, tiny: bool) -> None:
    """Measure every chapter and report."""
    rows, raw = [], {}
    workers = os.cpu_count() or 1
    for chapter in chapters:
        overrides = yaml.safe_load((root / f"params/test/{chapter}.yaml").read_text(encoding="utf-8")) if tiny else {}
        runs = [run_twice(chapter, root=root, workers=workers, overrides=overrides) for _ in range(repeats)]
        raw[chapter] = runs
        for state in ("cold", "warm"):
            of_state = [run[state] for run in runs]
            outside = [100 * (1 - run["training"] / run["seconds"]) for run in of_state]
            rows.append(
                {
                    "chapter": chapter,
                    "state": state,
                    "units computed": statistics.median(run["units"] for run in of_state),
                    "seconds": spread([run["seconds"] for run in of_state], 1),
                    "training (s)": spread([run["training"] for run in of_state], 1),
                    "outside training (s)": spread([run["seconds"] - run["training"] for run in of_state], 1),
                    "outside training (%)": spread(outside, 0),
                }
            )
    report("chapters", rows, raw={"workers": workers, "runs": raw})


def main(arguments: list[str] | None = None) -> None:
    """Read the command line and measure."""
    root = project_root()
    known = sorted(source.stem for source in (root / SOURCES).glob("*.py"))
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chapters", description=__doc__)
    parser.add_argument("--chapters", nargs="+", default=known, help=f"which ones (default: {' '.join(known)})")
    parser.add_argument("--repeats", type=int, default=1, help="times each is run cold and warm (default: 1)")
    parser.add_argument("--tiny", action="store_true", help="with the parameters of the tests; the numbers mean nothing")
    options = parser.parse_args(arguments)
    for chapter in options.chapters:
        if chapter not in known:
            raise unknown("chapter", chapter, known)
    compare(options.chapters, root=root, repeats=options.repeats, tiny=options.tiny)


if __name__ == "__main__":
    main()

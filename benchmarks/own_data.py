"""The test behind "your data" on data whose truth is known: python -m benchmarks.own_data [--only false] [--out folder].

Tables: how often signal is "found" where there is none beyond class means (``false``), and by the whole design with the
probes that are trained (``whole``); how often it is where there is (``power``); the same of single trained probes
(``trained``); and how long a test of 1,000 samples and 5,000 genes takes (``time``). The first four are kept in a folder,
an answer a line: a run that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from benchmarks.own_data_sets import ROWS, WHOLE_ROWS, Row, linear_data, planted_data
from linear_signal.experiment.machine import usable_cores
from linear_signal.studies.own_data.budget import Budget
from linear_signal.studies.own_data.cells import cells_of
from linear_signal.studies.own_data.design import COSTLY, measured, parts_of, seen_by_trained, single_threads
from linear_signal.studies.own_data.residuals import Residuals, centred_jointly, residuals_of
from linear_signal.studies.own_data.signal_test import CANNOT, FOUND, NONE_FOUND, test_signal

# An observed statistic has to exceed them all: the level is 5 % as with the 199 of the test itself, in a tenth of the time.
PERMUTATIONS = 19
CLOSED = Budget(samples=1500, genes=10_000, few=300, repeats=1, permutations=PERMUTATIONS, costly=(), costly_permutations=0)
WHOLE = Budget(samples=1500, genes=10_000, few=300, repeats=1, permutations=199, costly=COSTLY, costly_permutations=39)
SIZES = {
    "shift": (0.5, 1.0, 2.0),
    "spread": (1.2, 1.5, 2.0),
    "interaction": (0.7, 1.0, 2.0),
    "co-expression": (0.35, 0.5, 1.0),
}
SAMPLES = (60, 120, 240, 480, 960)
TRAINED = (
    ("boosted_trees", ROWS[1]),
    ("boosted_trees", ROWS[7]),
    ("network", ROWS[1]),
    ("network", ROWS[7]),
    *product(("network", "boosted_trees"), [("interaction", size, 120) for size in (1.0, 2.0, 3.0)]),
)
COLUMNS = ("row", "seed", "answer", "p", "cpu_seconds")


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table of the benchmark.

    Attributes:
        rows: by name, what answers for a data set: takes its number, gives back the answer and its p-value.
        share: data sets of a row, of those that are asked for.
    """

    rows: dict[str, Callable[[int], tuple[str, float]]]
    share: float = 1.0


def _tested(budget: Budget, row: Row, seed: int) -> tuple[str, float]:
    values, classes, groups = linear_data(row, seed)
    return _answer(values, classes, groups, budget, seed)


def _planted(kind: str, size: float, n_samples: int, seed: int) -> tuple[str, float]:
    return _answer(*planted_data(kind, size, n_samples, seed), None, CLOSED, seed)


def _answer(
    values: np.ndarray, classes: np.ndarray, groups: np.ndarray | None, budget: Budget, seed: int
) -> tuple[str, float]:
    found = test_signal(values, classes, groups, names=("benchmark", seed), plants=False, rungs=(), budget=budget)
    return found.answer, found.p_value


def _trained(place: int, seed: int) -> tuple[str, float]:
    """Say whether a probe that is trained exceeds all permutations, by itself."""
    probe, data = TRAINED[place]
    values, classes, *groups = planted_data(*data, seed) if isinstance(data, tuple) else linear_data(data, 20_000 + seed)
    cells = cells_of(classes, groups[0] if groups else np.arange(len(classes)), most=1500, names=("trained", seed))
    parts = parts_of(cells, n_repeats=1, names=("trained", seed))
    residuals = residuals_of(values, cells, most_genes=1000, few=300)
    with single_threads(1) as worker:

        def reached(some: Residuals, of_sample: np.ndarray) -> float:
            return worker.submit(measured, some, cells, parts, of_sample, (probe,)).result().statistic[0]

        observed = np.mean([reached(one, cells.of_sample) for one in seen_by_trained(residuals, cells, ("trained", seed))])
        others = (cells.permuted(np.random.default_rng([seed, one])) for one in range(PERMUTATIONS))
        null = [reached(centred_jointly(residuals, cells, cells.of_sample, one), one) for one in others]
    p_value = (1 + sum(one >= observed for one in null)) / (1 + PERMUTATIONS)
    return FOUND if p_value <= 0.05 else NONE_FOUND, p_value


def _trained_name(probe: str, data: object) -> str:
    return f"{probe}: {'{} of {}, {} samples'.format(*data) if isinstance(data, tuple) else data.name}"


TABLES = {
    "false": Table(rows={row.name: partial(_tested, CLOSED, row) for row in ROWS}),
    "trained": Table(rows={_trained_name(*one): partial(_trained, place) for place, one in enumerate(TRAINED)}),
    "power": Table(
        rows={
            f"{kind} {size:g}, {n}": partial(_planted, kind, size, n)
            for kind, sizes in SIZES.items()
            for size in sizes
            for n in SAMPLES
        },
        share=0.1,
    ),
    "whole": Table(rows={row.name: partial(_tested, WHOLE, row) for row in WHOLE_ROWS}, share=0.2),
}


def _timed(table: str, row: str, seed: int) -> dict[str, object]:
    began = time.process_time()
    answer, p_value = TABLES[table].rows[row](seed)
    return dict(zip(COLUMNS, (row, seed, answer, p_value, time.process_time() - began), strict=True))


def answers(table: str, sets: int, rows: Sequence[str], *, folder: Path, workers: int) -> pd.DataFrame:
    """Answer for every data set of the rows, with those that lie in the folder already: a line each."""
    path = folder / f"{table}.csv"
    folder.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_text(",".join(COLUMNS) + "\n")
    kept = pd.read_csv(path)
    done = set(zip(kept["row"], kept["seed"], strict=True))
    # One set of each row after the other, so that whatever stops the run, all rows have about as many.
    asked = [(row, seed) for seed in range(sets) for row in rows if (row, seed) not in done]
    context = multiprocessing.get_context("spawn")
    cores = context.Queue()
    for core in (sorted(os.sched_getaffinity(0)) * workers)[:workers]:
        cores.put(core)
    with ProcessPoolExecutor(workers, context, initializer=_on_one_core, initargs=(cores,)) as pool:
        for number, one in enumerate(as_completed([pool.submit(_timed, table, *of) for of in asked]), start=1):
            pd.DataFrame([one.result()]).to_csv(path, mode="a", header=False, index=False)
            if number % 100 == 0:
                print(f"{table}: {number} of {len(asked)} data sets", file=sys.stderr, flush=True)
    kept = pd.read_csv(path)
    return kept[kept["row"].isin(rows) & (kept["seed"] < sets)]


def _on_one_core(cores: multiprocessing.Queue[int]) -> None:
    """Keep a process to a core of its own, or the threads of all would wait for one another."""
    os.sched_setaffinity(0, {cores.get()})


def summary(kept: pd.DataFrame, rows: Sequence[str]) -> pd.DataFrame:
    """Tell of every row how often signal is found, in % with standard error, and how long a set takes."""
    lines = []
    for name in rows:
        part = kept[kept["row"] == name]
        judged = part[part["answer"] != CANNOT]
        line: dict[str, object] = {"data": name, "sets": len(part)}
        if len(judged):
            share = (judged["answer"] == FOUND).mean()
            error = np.sqrt(max(share * (1 - share), 1 / len(judged)) / len(judged))
            line |= {"found, %": f"{100 * share:.1f} ± {100 * error:.1f}", "found": int((judged["answer"] == FOUND).sum())}
            line |= {"p of at most 0.1, %": f"{100 * (judged['p'] <= 0.1).mean():.0f}"}
        else:
            line |= {"found, %": "cannot be judged"}
        lines.append(line | {"CPU seconds a set": round(part["cpu_seconds"].mean(), 1)})
    return pd.DataFrame(lines).set_index("data").fillna("")


def too_often(kept: pd.DataFrame) -> list[str]:
    """Name the rows in which signal is found so much more often than in 5 % that chance does it once in a thousand."""
    judged = kept[kept["answer"] != CANNOT].assign(found=lambda table: table["answer"] == FOUND)
    counts = judged.groupby("row")["found"].agg(["sum", "size"])
    return [row for row, n, of in counts.itertuples() if binomtest(n, of, 0.05, alternative="greater").pvalue < 1e-3]


def seconds() -> pd.DataFrame:
    """How long the whole test takes at its default budget."""
    lines = []
    for kind in ("none", "shift"):
        values, classes = planted_data("shift", 2.0 if kind == "shift" else 0.0, 1000, 0, n_genes=5000)
        started, cpu = time.perf_counter(), time.process_time()
        found = test_signal(values, classes, names=("time", kind), minutes=1.5)
        lines.append(
            {
                "planted": kind,
                "answer": found.answer,
                "seconds": round(time.perf_counter() - started),
                "CPU seconds": round(time.process_time() - cpu),
                "what was done": " ".join(found.notes),
            }
        )
    return pd.DataFrame(lines).set_index("planted")


def main() -> int:
    """Print the tables; 1 where something is found too often that is not there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=100, help="data sets a row; of power and whole a tenth and a fifth")
    parser.add_argument("--only", nargs="+", choices=(*TABLES, "time"), default=(*TABLES, "time"))
    parser.add_argument("--rows", type=int, nargs="+", help="of each table that is asked for, from 0; default: all")
    parser.add_argument("--out", type=Path, default=Path("_build/benchmarks/own_data"), help="folder of answers so far")
    parser.add_argument("--workers", type=int, default=usable_cores(), help="processes, each with a core of its own")
    asked = parser.parse_args()
    wrong: list[str] = []
    for name in asked.only:
        if name == "time":
            table = seconds()
        else:
            rows = [row for place, row in enumerate(TABLES[name].rows) if asked.rows is None or place in asked.rows]
            sets = max(1, round(TABLES[name].share * asked.sets))
            kept = answers(name, sets, rows, folder=asked.out, workers=asked.workers)
            wrong += too_often(kept) if name in ("false", "whole") else []
            table = summary(kept, rows)
        print(f"\n{name}\n{table.to_markdown()}", flush=True)
    if wrong:
        print(f"\nFound far more often than in 5 %: {', '.join(wrong)}.", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

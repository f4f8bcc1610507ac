"""The test behind "your data" on data whose truth is known: python -m benchmarks.own_data [--only false|power|trained|time].

Tables: how often signal is "found" where there is none beyond class means, how often it is where there is, the same for the
probes that are trained, and how long a test of 1,000 samples and 5,000 genes takes.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import product
from zlib import crc32

import numpy as np
import pandas as pd

from linear_signal.experiment.machine import usable_cores
from linear_signal.studies.own_data.cells import cells_of
from linear_signal.studies.own_data.design import measured, parts_of, single_threads
from linear_signal.studies.own_data.power import KINDS
from linear_signal.studies.own_data.residuals import residuals_of
from linear_signal.studies.own_data.signal_test import CANNOT, FOUND, SignalTest, test_signal


@dataclass(frozen=True, kw_only=True)
class Row:
    """Data without signal beyond class means.

    Attributes:
        name: in the table.
        groups: of every class.
        each: samples of a group, by class; of a range, drawn.
        crossed: whether every group holds all classes (``groups`` then are the same ones, ``each`` of every class).
        copies: whether a group's samples are near copies of one another.
        means: size of the linear signal, in standard deviations, in a third of the genes.
        n_genes: made up.
    """

    name: str
    groups: tuple[int, ...]
    each: tuple[int, ...] | tuple[tuple[int, int], ...]
    crossed: bool = False
    copies: bool = False
    means: float = 2.0
    n_genes: int = 30


# An observed statistic has to exceed them all: the level is 5 % as with the 199 of the test itself, in a tenth of the time.
PERMUTATIONS = 19

ROWS = (
    Row(name="no signal at all, 60 samples", groups=(30, 30), each=(1, 1), means=0.0),
    Row(name="linear, 30 + 30 samples", groups=(30, 30), each=(1, 1)),
    Row(name="linear, 60 + 60 samples, 300 genes", groups=(60, 60), each=(1, 1), n_genes=300),
    Row(name="linear, 2,500 + 2,500 samples", groups=(2500, 2500), each=(1, 1)),
    Row(name="linear, 1:20, 12 rare to 240", groups=(12, 240), each=(1, 1)),
    Row(name="linear, 12 classes of 12 samples", groups=(12,) * 12, each=(1,) * 12),
    Row(name="linear, classes of 10 to 60 samples", groups=(10, 14, 20, 30, 42, 60), each=(1,) * 6),
    Row(name="linear, 10 + 10 studies of 5", groups=(10, 10), each=(5, 5)),
    Row(name="linear, 10 + 40 studies of 5", groups=(10, 40), each=(5, 5)),
    Row(name="linear, 10 studies of 8, 60 of 1", groups=(10, 60), each=(8, 1)),
    Row(name="linear, studies of 1 to 12, 12 + 30", groups=(12, 30), each=((1, 12), (1, 4))),
    Row(name="label is batch: 12 + 12 batches of 6", groups=(12, 12), each=(6, 6), means=4.0),
    Row(name="replicates: 20 + 20 donors, 3 near copies", groups=(20, 20), each=(3, 3), copies=True),
    Row(name="both classes in each of 25 donors", groups=(25, 25), each=(2, 2), crossed=True),
    Row(name="5 + 5 studies of 12", groups=(5, 5), each=(12, 12)),
)


def linear_data(row: Row, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Make up values, classes and groups: genes go together, are skewed or hold zeros, and groups differ.

    Every class mean is shifted after all else, so that nothing beyond means differs.
    """
    random = np.random.default_rng([crc32(row.name.encode()), seed])
    sizes = [
        random.integers(each[0], each[1] + 1, n) if isinstance(each, tuple) else np.full(n, each)
        for n, each in zip(row.groups, row.each, strict=True)
    ]
    classes = np.concatenate([np.full(of_class.sum(), one) for one, of_class in enumerate(sizes)])
    groups = np.repeat(np.arange(sum(row.groups)), np.concatenate(sizes))
    if row.crossed:
        groups %= row.groups[0]
    loadings = random.standard_normal((4, row.n_genes))
    values = 0.7 * random.standard_normal((len(classes), 4)) @ loadings + random.standard_normal((len(classes), row.n_genes))
    if len(np.unique(groups)) < len(groups):
        between = random.standard_normal((groups.max() + 1, row.n_genes))[groups]
        values = (0.1 if row.copies else 1.0) * values + (2.0 if row.copies else 1.0) * between
    third = row.n_genes // 3
    values[:, :third] = np.exp(0.7 * values[:, :third])
    values[:, third : 2 * third] = np.maximum(0, values[:, third : 2 * third])
    shifts = row.means * random.standard_normal((classes.max() + 1, row.n_genes))
    return (values + shifts[classes] * (random.random(row.n_genes) < 0.33)).astype(np.float32), classes, groups


def planted_data(kind: str, size: float, n_samples: int, seed: int, n_genes: int = 100) -> tuple[np.ndarray, np.ndarray]:
    """Make up two classes with a linear signal and one planted kind of another."""
    random = np.random.default_rng([crc32(kind.encode()), int(1000 * size), n_samples, seed])
    classes = np.arange(n_samples) % 2
    values = random.standard_normal((n_samples, n_genes))
    of_kind = KINDS[kind]
    genes = random.choice(n_genes, of_kind.n_genes(n_genes), replace=False)
    values[:, genes] = of_kind.plant(values[:, genes], classes == 1, size, random)
    values[classes == 1, : n_genes // 3] += 1
    return values.astype(np.float32), classes


def _closed(values: np.ndarray, classes: np.ndarray, groups: np.ndarray | None, seed: int, **further: object) -> SignalTest:
    settings = {"permutations": PERMUTATIONS, "trained": False, "plants": False, "rungs": (), "minutes": 0.02} | further
    return test_signal(values, classes, groups, names=("benchmark", seed), **settings)


def _false(place: int, seed: int) -> tuple[str, float]:
    found = _closed(*linear_data(ROWS[place], seed), seed)
    return found.answer, found.p_value


def false_rates(sets: int, rows: tuple[int, ...]) -> pd.DataFrame:
    """How often signal is found where there is none, in % with standard error."""
    asked = list(product(rows, range(sets)))
    with ProcessPoolExecutor(usable_cores()) as pool:
        answers = list(pool.map(_false, *zip(*asked, strict=True), chunksize=5))
    table = pd.DataFrame(answers, columns=["answer", "p"]).assign(data=[ROWS[place].name for place, _ in asked])
    lines = []
    for name, part in table.groupby("data", sort=False):
        judged = part[part["answer"] != CANNOT]
        share = (judged["answer"] == FOUND).mean() if len(judged) else float("nan")
        error = np.sqrt(max(share * (1 - share), 1 / len(part)) / max(len(judged), 1))
        cell = f"{100 * share:.0f} ± {100 * error:.0f}" if len(judged) else "cannot be judged"
        lines.append(
            {
                "data": name,
                "sets": len(part),
                "found, %": cell,
                "p of at most 0.1, %": f"{100 * (judged['p'] <= 0.1).mean():.0f}" if len(judged) else "",
            }
        )
    return pd.DataFrame(lines).set_index("data")


SIZES = {
    "shift": (0.5, 1.0, 2.0),
    "spread": (1.2, 1.5, 2.0),
    "interaction": (0.7, 1.0, 2.0),
    "co-expression": (0.35, 0.5, 1.0),
}
SAMPLES = (60, 120, 240, 480)


def _power(kind: str, size: float, n_samples: int, seed: int) -> bool:
    values, classes = planted_data(kind, size, n_samples, seed)
    return _closed(values, classes, None, seed).found


def power(sets: int) -> pd.DataFrame:
    """How often planted signal is found by the probes in closed form, in %, by number of samples."""
    asked = [
        (kind, size, n, seed) for kind, sizes in SIZES.items() for size in sizes for n in SAMPLES for seed in range(sets)
    ]
    with ProcessPoolExecutor(usable_cores()) as pool:
        found = list(pool.map(_power, *zip(*asked, strict=True), chunksize=5))
    table = pd.DataFrame(asked, columns=["kind", "size", "samples", "seed"]).assign(found=found)
    return (100 * table.groupby(["kind", "size", "samples"], sort=False)["found"].mean()).unstack().round(0).astype(int)


TRAINED = (
    ("network", ROWS[1].name, 60),
    ("network", ROWS[7].name, 40),
    ("network", "interaction of size 3, 120 samples", 10),
    ("boosted_trees", ROWS[1].name, 12),
)


def _trained(probe: str, data: str, seed: int) -> bool:
    """Say whether a probe that is trained exceeds all permutations, by itself."""
    made = {row.name: partial(linear_data, row, 20_000 + seed) for row in ROWS}
    values, classes, *groups = made[data]() if data in made else planted_data("interaction", 3.0, 120, seed)
    cells = cells_of(classes, groups[0] if groups else np.arange(len(classes)), most=1500, names=("trained", seed))
    parts = parts_of(cells, n_repeats=1, names=("trained", seed))
    residuals = residuals_of(values, cells, most_genes=1000, few=300)
    with single_threads(1) as worker:

        def reached(of_sample: np.ndarray) -> float:
            return worker.submit(measured, residuals, cells, parts, of_sample, (probe,)).result().statistic[0]

        observed = reached(cells.of_sample)
        return all(reached(cells.permuted(np.random.default_rng([seed, one]))) < observed for one in range(PERMUTATIONS))


def trained(share: float) -> pd.DataFrame:
    """How often each probe that is trained finds, by itself, in %; ``share`` of the data sets that it was measured on."""
    lines = []
    for probe, data, most in TRAINED:
        sets = max(1, round(share * most))
        with ProcessPoolExecutor(usable_cores()) as pool:
            found = list(pool.map(partial(_trained, probe, data), range(sets)))
        lines.append({"probe": probe, "data": data, "sets": sets, "found": sum(found)})
    return pd.DataFrame(lines).set_index("probe")


def seconds() -> pd.DataFrame:
    """How long the whole test takes at its default budget."""
    lines = []
    for kind in ("none", "shift"):
        values, classes = planted_data("shift", 2.0 if kind == "shift" else 0.0, 1000, 0, n_genes=5000)
        started = time.perf_counter()
        found = test_signal(values, classes, names=("time", kind), minutes=1.5)
        lines.append(
            {
                "planted": kind,
                "answer": found.answer,
                "seconds": round(time.perf_counter() - started),
                "what was done": " ".join(found.notes),
            }
        )
    return pd.DataFrame(lines).set_index("planted")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--sets",
        type=int,
        default=100,
        help="data sets per row of the first table; of the others in proportion",
    )
    parser.add_argument("--only", choices=("false", "power", "trained", "time"))
    parser.add_argument("--rows", type=int, nargs="+", default=list(range(len(ROWS))), help="of the first table, from 0")
    asked = parser.parse_args()
    tables: dict[str, Callable[[], pd.DataFrame]] = {
        "false": partial(false_rates, asked.sets, tuple(asked.rows)),
        "power": partial(power, max(1, asked.sets // 10)),
        "trained": partial(trained, asked.sets / 100),
        "time": seconds,
    }
    for name, table in tables.items():
        if asked.only in (None, name):
            print(f"\n{name}\n{table().to_markdown()}", flush=True)


if __name__ == "__main__":
    sys.exit(main())

"""Has the null of the test behind "your data" the spread of what it stands for? python -m benchmarks.own_data_null

Errors that are known are put to the class means in another order, again and again. Each order is observed once as a reader's
data are, and once as a permutation of the first. Both see the same errors under the same labels, so that few data sets tell
as much as thousands of verdicts: how much wider one spreads than the other, and how often it exceeds 95 % of the other's.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np
import pandas as pd

from benchmarks.own_data_sets import ROWS, Row, errors_and_means
from linear_signal.studies.own_data.cells import Cells, cells_of
from linear_signal.studies.own_data.design import CHEAP, COSTLY, Part, measured, parts_of, seen_by_trained, single_threads
from linear_signal.studies.own_data.max_test import joint_p
from linear_signal.studies.own_data.residuals import Residuals, centred_again, centred_jointly, residuals_of

ORDERS = 40


def seen(row: Row, seed: int, probes: tuple[str, ...], *, once: bool = False) -> np.ndarray:
    """Statistics as observed (without the second labelling's means, where ``once``) and as permuted: [orders, 2, probes]."""
    errors, means, classes, groups = errors_and_means(row, seed)
    cells = cells_of(classes, groups, most=1500, names=("null", seed))
    parts = parts_of(cells, n_repeats=1, names=("null", seed))
    random = np.random.default_rng([seed, 1])
    places, values = np.argsort(cells.of_sample, kind="stable"), (means + errors).astype(np.float32)
    first = residuals_of(values, cells, most_genes=1000, few=300)
    results = []
    for number in range(ORDERS):
        dealt, other = cells.permuted(random), cells.permuted(random)
        own = errors[cells.rows]
        own[places] = own[np.argsort(dealt, kind="stable")]
        values[cells.rows] = means[cells.rows] + own
        observed = residuals_of(values, cells, most_genes=1000, few=300)
        row_of_both = np.empty((2, len(probes)))
        for place, probe in enumerate(probes):
            trained = probe in COSTLY
            if once:
                own = [observed]
            elif trained:
                own = seen_by_trained(observed, cells, ("null", seed, number))
            else:
                own = [centred_again(observed, cells, other)]
            permuted = centred_jointly(first, cells, cells.of_sample, dealt) if trained and not once else first
            row_of_both[0, place] = np.mean([_reached(one, cells, parts, cells.of_sample, probe) for one in own])
            row_of_both[1, place] = _reached(permuted, cells, parts, dealt, probe)
        results.append(row_of_both)
    return np.array(results)


def _reached(some: Residuals, cells: Cells, parts: tuple[Part, ...], of_sample: np.ndarray, probe: str) -> float:
    return measured(some, cells, parts, of_sample, (probe,)).statistic[0]


def summary(found: np.ndarray, probes: tuple[str, ...]) -> pd.DataFrame:
    """Lay out, with standard errors over data sets, what was seen: float64 [data sets, orders, 2, probes]."""
    observed, null = found[:, :, 0], found[:, :, 1]
    wider = 100 * (observed.std(axis=1) / null.std(axis=1) - 1)
    families = [(probe,) for probe in probes] + [some for some in (CHEAP, COSTLY) if set(some) <= set(probes)]
    lines = []
    for family in families:
        columns = [probes.index(one) for one in family]
        p_values = np.array(
            [
                [
                    joint_p(
                        dict(zip(family, one[columns], strict=True)),
                        dict(zip(family, np.delete(others[:, columns], place, axis=0).T, strict=True)),
                    )
                    for place, one in enumerate(ones)
                ]
                for ones, others in zip(observed, null, strict=True)
            ]
        )
        line = {"probes": ", ".join(family).replace("_", " ")}
        line["spread beyond its null's, %"] = _with_error(wider[:, columns[0]]) if len(family) == 1 else ""
        lines.append(line | {"found, %": _with_error(100 * (p_values <= 0.05 + 1e-9).mean(axis=1))})
    return pd.DataFrame(lines).set_index("probes")


def _with_error(values: np.ndarray) -> str:
    return f"{values.mean():.1f} ± {values.std(ddof=1) / np.sqrt(len(values)):.1f}"


def main() -> int:
    """Print a table a row of data."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=8, help="data sets a row")
    parser.add_argument("--rows", type=int, nargs="+", default=(1, 6), help="of the benchmark own_data, from 0")
    parser.add_argument("--probes", nargs="+", default=(*CHEAP, *COSTLY), choices=(*CHEAP, *COSTLY))
    parser.add_argument("--once", action="store_true", help="without the means of a second labelling taken off")
    asked = parser.parse_args()
    probes = tuple(asked.probes)
    with single_threads(1) as worker:
        for place in asked.rows:
            seeds = range(30_000, 30_000 + asked.sets)
            found = [worker.submit(seen, ROWS[place], seed, probes, once=asked.once).result() for seed in seeds]
            print(f"\n{ROWS[place].name}\n{summary(np.array(found), probes).to_markdown()}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""How often intervals and verdicts are wrong on data whose truth is known: python -m benchmarks.calibration [--long]."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
import torch
from scipy.stats import norm

from linear_signal.analysis.intervals import corrected_interval
from linear_signal.analysis.metrics import BALANCED_ACCURACY
from linear_signal.analysis.rules import FAILS, FEW_GROUPS, HOLDS, SMALLEST_GROUPS
from linear_signal.analysis.signal import judge_signal
from linear_signal.crossvalidation.design import Design
from linear_signal.crossvalidation.plan import make_plan
from linear_signal.data.dataset import Dataset
from linear_signal.data.made_up.simulation import simulate
from linear_signal.data.tasks import make_task
from linear_signal.experiment.compute import compute
from linear_signal.experiment.machine import usable_cores
from linear_signal.training.settings import TrainingSettings

MODELS = ["logistic_regression", "exact_logistic_regression", "linear_svm", "three_layer", "five_layer", "squared_logistic"]
DESIGN = Design(
    n_inner_folds=1,
    n_trials=4,
    fractions=(1.0,),
    learning_rate_range=(1e-4, 0.03),
    weight_decay_range=(1e-6, 0.01),
    training=TrainingSettings(max_epochs=30),
)


@dataclass(frozen=True)
class Scenario:
    """Data of known kind: none has non-linear signal; ``linear`` says whether there is linear signal."""

    name: str
    make: Callable[[int], Dataset]
    linear: bool = False
    sets: tuple[int, int] = (40, 200)


def _grouped(groups_per_class: list[int], size: int, seed: int, *, n_genes: int = 100, between: float = 1.0) -> Dataset:
    """Groups of ``size`` samples that differ among each other as much as samples do, whatever their class."""
    random = np.random.default_rng([77, seed, sum(groups_per_class)])
    labels, groups = [], []
    for number, n_groups in enumerate(groups_per_class):
        for group in range(n_groups):
            labels += [f"class {number:02d}"] * size
            groups += [f"class {number:02d} group {group:03d}"] * size
    of_group = np.unique(groups, return_inverse=True)[1]
    n_groups = sum(groups_per_class)
    values = random.standard_normal((len(labels), n_genes)) + between * random.standard_normal((n_groups, n_genes))[of_group]
    return _dataset(f"groups {groups_per_class} {seed}", values, labels, groups)


def _imbalanced(rare: int, common: int, seed: int, *, n_genes: int = 100) -> Dataset:
    random = np.random.default_rng([5, seed])
    labels = ["rare"] * rare + ["common"] * common
    return _dataset(f"{rare} to {common} {seed}", random.standard_normal((rare + common, n_genes)), labels)


def _dataset(name: str, values: np.ndarray, labels: list[str], groups: list[str] | None = None) -> Dataset:
    ids = np.array([f"S{i:05d}" for i in range(len(labels))])
    return Dataset(
        name=name,
        expression=values.astype(np.float32),
        samples=pd.DataFrame({"label": labels, "group": ids if groups is None else groups}, index=ids),
        gene_ids=np.array([f"g{i}" for i in range(values.shape[1])]),
        source="made up for a calibration",
        synthetic=True,
    )


UNEQUAL = [3, 3, 4, 4, 5, 6, 8, 10, 12, 15]
SCENARIOS = (
    Scenario("no signal, 100 + 100 samples", lambda s: simulate("Simulated 3", n_samples=200, n_features=100, seed=s)),
    Scenario("linear, 100 + 100", lambda s: simulate("Simulated 2", n_samples=200, n_features=200, seed=s), linear=True),
    Scenario("no signal, 30 + 30 studies of 6", lambda s: _grouped([30, 30], 6, s)),
    Scenario("no signal, 25 + 100 studies of 3", lambda s: _grouped([25, 100], 3, s)),
    Scenario("no signal, 25 rare to 500", lambda s: _imbalanced(25, 500, s)),
    Scenario("no signal, 5 classes of 25 studies of 3", lambda s: _grouped([25] * 5, 3, s)),
    Scenario("no signal, 20 rare to 400", lambda s: _imbalanced(20, 400, s), sets=(5, 20)),
    Scenario("no signal, 20 + 20 studies of 6", lambda s: _grouped([20, 20], 6, s), sets=(5, 20)),
    Scenario("no signal, 10 + 40 studies of 5", lambda s: _grouped([10, 40], 5, s), sets=(5, 20)),
    Scenario("no signal, 5 + 5 studies of 20", lambda s: _grouped([5, 5], 20, s), sets=(5, 20)),
    Scenario("no signal, 10 classes of 4 studies of 6", lambda s: _grouped([4] * 10, 6, s), sets=(5, 20)),
    Scenario("no signal, 10 classes of 3 to 15 studies of 4", lambda s: _grouped(UNEQUAL, 4, s), sets=(5, 20)),
)


def judge_one(scenario: int, seed: int) -> dict[str, object]:
    """Run every model on one data set, with full signal and after removal, and judge it."""
    torch.set_num_threads(1)
    dataset = SCENARIOS[scenario].make(seed)
    task = make_task(dataset, name="task", group="group" if "group" in dataset.samples else None)
    plan = make_plan([task], models=MODELS, signals=["full", "removed"], seeds=[0], design=DESIGN)
    names = ("model", "signal", "pretraining", "seed", "fold")
    fits = pd.concat(
        [
            compute(unit, device=torch.device("cpu")).fits.assign(
                task="task", split="group", **{name: getattr(unit, name) for name in names}
            )
            for unit in plan.units
        ],
        ignore_index=True,
    )
    signal = judge_signal(fits, "task")
    chance = [table for table in (signal.candidates, signal.rivals) if len(table)]
    rows = pd.concat(chance, ignore_index=True) if chance else pd.DataFrame({"lower": [], "upper": [], "constant": []})
    tested = rows[~rows["constant"].astype(bool)]
    return {
        "scenario": scenario,
        "non_linear": signal.non_linear.verdict,
        "linear": signal.linear.verdict,
        "few": FEW_GROUPS in (signal.non_linear.cause, signal.linear.cause),
        "above": float((tested["lower"] > 0).mean()) if len(tested) else float("nan"),
        "below": float((tested["upper"] < 0).mean()) if len(tested) else float("nan"),
    }


def verdict_rates(*, long: bool) -> pd.DataFrame:
    """Rates of wrong verdicts per scenario, with standard errors over the data sets, in per cent."""
    asked = [(number, seed) for number, one in enumerate(SCENARIOS) for seed in range(one.sets[long])]
    with ProcessPoolExecutor(usable_cores()) as pool:
        judged = pd.DataFrame(pool.map(judge_one, *zip(*asked, strict=True), chunksize=1))
    rows = []
    for number, part in judged.groupby("scenario"):
        scenario = SCENARIOS[number]
        wrong = part["linear"] == (FAILS if scenario.linear else HOLDS)
        rows.append(
            {
                "data": scenario.name,
                "sets": len(part),
                "cannot be judged": _rate(part["few"]),
                "says non-linear": _rate(part["non_linear"] == HOLDS),
                "wrong on linear": _rate(wrong & ~part["few"]),
                "interval above chance": f"{100 * part['above'].mean():.1f}",
                "interval below": f"{100 * part['below'].mean():.1f}",
            }
        )
    return pd.DataFrame(rows)


# n0, n1, genes, distance of the class means, spread between groups, groups per class
COVERAGE = {
    "chance, 30 + 30": (30, 30, 20, 0.0, 0.0, None),
    "chance, 100 + 100": (100, 100, 20, 0.0, 0.0, None),
    "0.70, 100 + 100": (100, 100, 20, 1.2, 0.0, None),
    "0.95, 100 + 100": (100, 100, 20, 3.4, 0.0, None),
    "chance, 25 rare to 500": (500, 25, 20, 0.0, 0.0, None),
    "chance, 25 rare to 500, 100 genes": (500, 25, 100, 0.0, 0.0, None),
    "0.7, 25 + 25 groups of 5": (125, 125, 20, 2.0, 1.0, (25, 25)),
    "chance, 25 + 25 groups of 5": (125, 125, 20, 0.0, 1.0, (25, 25)),
    "no interval given: chance, 10 rare to 200": (200, 10, 20, 0.0, 0.0, None),
    "no interval given: 0.7, 10 + 10 groups of 10": (100, 100, 20, 2.5, 1.0, (10, 10)),
    "no interval given: 0.75, 5 + 5 groups of 20": (100, 100, 20, 3.0, 1.0, (5, 5)),
}


def coverage(*, long: bool) -> pd.DataFrame:
    """How often an interval lies on one side of the expected balanced accuracy, in per cent, with standard errors.

    The model is a ridge discriminant on Gaussian data, whose true balanced accuracy follows in closed form.
    """
    sets = 2000 if long else 400
    with ProcessPoolExecutor(usable_cores()) as pool:
        parts = pool.map(_coverage_of, COVERAGE, [sets] * len(COVERAGE))
        return pd.DataFrame([row for part in parts for row in part])


def _coverage_of(name: str, sets: int) -> list[dict[str, object]]:
    settings = COVERAGE[name]
    random = np.random.default_rng([sets, *map(ord, name)])
    experiments = [_cross_validated(random, *settings) for _ in range(sets)]
    truth = np.mean([one["true"].mean() for one in experiments])
    rows = []
    for seeds in (1, 3):
        above = below = given = 0
        for one in experiments:
            runs = one[one["seed"] < seeds]
            if len(runs) < 2:
                continue
            interval = corrected_interval(runs["seen"], 1.0, runs["ratio"].mean(), within=BALANCED_ACCURACY.within)
            given += not np.isnan(interval.lower)
            above, below = above + (interval.lower > truth), below + (interval.upper < truth)
        misses = {"lies above": _rate(np.arange(given) < above), "lies below": _rate(np.arange(given) < below)}
        rows.append({"data": name, "true": f"{truth:.2f}", "runs": f"{seeds} x 5", "sets": given, **misses})
    return rows


def _cross_validated(
    random: np.random.Generator,
    n0: int,
    n1: int,
    n_genes: int,
    distance: float,
    between: float,
    groups: tuple[int, int] | None,
) -> pd.DataFrame:
    classes = np.repeat([0, 1], [n0, n1])
    group = np.arange(n0 + n1)
    if groups:
        sizes = (n0 // groups[0], n1 // groups[1])
        group = np.r_[np.repeat(np.arange(groups[0]), sizes[0]), groups[0] + np.repeat(np.arange(groups[1]), sizes[1])]
    mean = np.zeros(n_genes)
    mean[0] = distance
    values = random.standard_normal((n0 + n1, n_genes)) + np.outer(classes, mean)
    values += between * random.standard_normal((group.max() + 1, n_genes))[group]
    rows = []
    for seed, fold in product(range(3), range(5)):
        if fold == 0:
            deal = random.permutation(group.max() + 1) % 5
        judged = deal[group] == fold
        if len(np.unique(classes[judged])) < 2 or len(np.unique(classes[~judged])) < 2:
            continue
        x, y = values[~judged], classes[~judged]
        means = np.array([x[y == one].mean(axis=0) for one in (0, 1)])
        centred = x - means[y]
        weights = np.linalg.solve(centred.T @ centred / len(y) + np.eye(n_genes), means[1] - means[0])
        cut = -weights @ means.sum(axis=0) / 2
        says = values[judged] @ weights + cut > 0
        seen = np.mean([np.mean(says[classes[judged] == one] == one) for one in (0, 1)])
        spread = np.sqrt(weights @ weights * (1 + between**2))
        true = (norm.cdf(-cut / spread) + norm.cdf((weights @ mean + cut) / spread)) / 2
        rows.append({"seed": seed, "seen": seen, "true": true, "ratio": judged.mean() / (1 - judged.mean())})
    return pd.DataFrame(rows)


def _rate(hits: pd.Series | np.ndarray) -> str:
    hits = np.asarray(hits, dtype=float)
    if not len(hits):
        return "-"
    rate = hits.mean()
    if not hits.any():
        # What 95 % of such samples would show at least one of (Clopper & Pearson 1934, one-sided).
        return f"0.0 (below {100 * (1 - 0.05 ** (1 / len(hits))):.1f})"
    return f"{100 * rate:.1f} ± {100 * np.sqrt(max(rate * (1 - rate), 1e-9) / len(hits)):.1f}"


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true", help="hours instead of minutes")
    parser.add_argument("--only", choices=("verdicts", "coverage"))
    asked = parser.parse_args()
    print(
        f"Verdicts are given, and intervals believed, from {SMALLEST_GROUPS} groups per class on. Per cent ± standard error."
    )
    for name, table in (("coverage", coverage), ("verdicts", verdict_rates)):
        if asked.only in (None, name):
            print(f"\n{name}\n{table(long=asked.long).to_string(index=False)}", flush=True)


if __name__ == "__main__":
    sys.exit(main())

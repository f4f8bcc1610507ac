"""The findings of Schreiber et al. 2020 on simulated loci: what the simulator's specification asks, measured over seeds.

Run with ``python -m benchmarks.pitfall``; ``--epochs`` and ``--steps`` say how long networks are trained at most (the paper:
100 epochs of 400 steps). The table says what holds, and what a fit of each kind of network took.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch

from benchmarks.measure import report
from linear_signal.experiment.execution import compute_units
from linear_signal.studies.schreiber2020.partition import activity_groups, compare_in_groups
from linear_signal.studies.schreiber2020.plan import make_plan
from linear_signal.studies.schreiber2020.protocol import Protocol
from linear_signal.studies.schreiber2020.schemes import make_scheme
from linear_signal.studies.schreiber2020.simulator import simulate_loci
from linear_signal.studies.schreiber2020.unit import Fit

WIDTHS = (1, 16, 256)
# What networks see, by preset of the simulator.
PRESETS = {
    "standard": ("signal", "sequence", "both"),
    "baselines permuted": ("sequence",),
    "sequences permuted": ("sequence",),
    "cell types differ": ("signal",),
}
SINGLE = ("signal", "sequence")
ACROSS, HYBRID = "cross_cell_type", "hybrid"
GIVEN = {"target": "C00", "validation_cell_types": ("C01", "C02", "C03")}


def units_of(seed: int, protocol: Protocol, *, n_loci: int) -> list[Fit]:
    """All units of one seed: of the simulator and of the training."""
    units = []
    more = {"widths": WIDTHS, "seeds": (seed,), "protocol": protocol, "baselines": ("average_label",)}
    for preset, inputs in PRESETS.items():
        table = simulate_loci(preset, seed=seed, n_loci=n_loci)
        schemes = (ACROSS, HYBRID) if preset == "standard" else (ACROSS,)
        units += make_plan([(table, make_scheme(name, table, **GIVEN)) for name in schemes], inputs=inputs, **more).units
    return units


def measure(seeds: Sequence[int], protocol: Protocol, *, n_loci: int, workers: int) -> tuple[pd.DataFrame, dict]:
    """Compute all units: one row per fit, with the preset and the seconds it took; and the scores by unit."""
    rows, scores = [], {}
    for seed in seeds:
        for unit, result in compute_units(
            units_of(seed, protocol, n_loci=n_loci), device=torch.device("cpu"), workers=workers
        ):
            row = {**unit.names, **result.tables["fits"].iloc[0].to_dict(), "seconds": result.run["seconds"]}
            preset = next((name for name in PRESETS if name in unit.table.name), "standard")
            rows.append({**row, "seed": seed, "preset": preset})
            scores[preset, row["scheme"], row["input"], row["model"], seed] = result.tables["scores"]["score"].to_numpy()
    return pd.DataFrame(rows), scores


def share_of_groups(scores: dict, seed: int, *, n_loci: int) -> float:
    """Share of groups of loci in which the median network over marks is above the median one over sequence (Fig. S3)."""
    table = simulate_loci("standard", seed=seed, n_loci=n_loci)
    scheme = make_scheme(ACROSS, table, **GIVEN)
    chosen = {
        key: one for key, one in scores.items() if key[:2] == ("standard", ACROSS) and key[2] in SINGLE and key[4] == seed
    }
    n_other = len(scheme.train.cell_types) + len(scheme.tune.cell_types)
    compared = compare_in_groups(
        [key[2] for key in chosen],
        np.stack(list(chosen.values())),
        table.labels[scheme.judge.loci, scheme.target],
        activity_groups(table, scheme),
        n_other=n_other,
        n_draws=2,
    )
    return float((compared["difference"] > 0).mean())


def compare(seeds: Sequence[int], protocol: Protocol, *, n_loci: int, workers: int) -> None:
    """Measure everything and report every criterion with what is asked of it."""
    fits, scores = measure(seeds, protocol, n_loci=n_loci, workers=workers)
    means = fits.groupby(["preset", "scheme", "input", "model"])["average_precision"].mean()
    prevalence = fits.groupby(["preset", "scheme"])["prevalence"].mean()

    def found(scheme: str, which: str, width: int, preset: str = "standard") -> float:
        return means[preset, scheme, which, f"dense 1 x {width}"]

    def average(scheme: str, preset: str = "standard") -> float:
        return means[preset, scheme, "baseline", "average_label"]

    def best(scheme: str, preset: str = "standard") -> float:
        return means[preset, scheme].drop("baseline", level="input").max()

    def rise(scheme: str, which: str, narrow: int, wide: int) -> float:
        return found(scheme, which, wide) - found(scheme, which, narrow)

    def from_prevalence(preset: str) -> float:
        return max(abs(found(ACROSS, "sequence", width, preset) - prevalence[preset, ACROSS]) for width in WIDTHS)

    groups = [share_of_groups(scores, seed, n_loci=n_loci) for seed in seeds]
    differ = "cell types differ"
    criteria = [
        ("sequence across cell types, AP(256) - AP(1)", rise(ACROSS, "sequence", 1, 256), ">=", 0.15),
        ("signal across cell types, |AP(256) - AP(16)|", abs(rise(ACROSS, "signal", 16, 256)), "<=", 0.02),
        ("sequence in hybrid, AP(256) - AP(16)", rise(HYBRID, "sequence", 16, 256), "<=", 0.03),
        ("average - best network, across cell types", average(ACROSS) - best(ACROSS), ">=", -0.01),
        ("average - best network, hybrid", average(HYBRID) - best(HYBRID), ">=", -0.01),
        ("baselines permuted: |AP of sequence - prevalence|", from_prevalence("baselines permuted"), "<=", 0.04),
        ("sequences permuted: |AP of sequence - prevalence|", from_prevalence("sequences permuted"), "<=", 0.04),
        ("cell types differ: best of signal - average", best(ACROSS, differ) - average(ACROSS, differ), ">=", 0.2),
        ("share of groups with signal above sequence", float(np.mean(groups)), ">=", 0.6),
    ]
    rows = [
        {
            "criterion": what,
            "measured": f"{value:.3f}",
            "asked": f"{sign} {limit:g}",
            "holds": "yes" if (value >= limit if sign == ">=" else value <= limit) else "NO",
        }
        for what, value, sign, limit in criteria
    ]
    time = fits.groupby(["input", "model"])[["seconds", "epochs"]].mean().round(2)
    print(
        means.unstack(["preset", "scheme"]).round(3).to_string(),
        prevalence.round(3).to_string(),
        time.to_string(),
        sep="\n\n",
    )
    print(f"\n{len(fits)} units, {fits['seconds'].sum():.1f} s of computing")
    fits = fits.drop(columns=["draws", "of_groups"])
    report("pitfall", rows, raw={"fits": fits.astype(object).where(fits.notna(), None).to_dict("records")})


def main(arguments: list[str] | None = None) -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pitfall", description=__doc__)
    parser.add_argument("--tiny", action="store_true", help="a size that says nothing, for the tests")
    parser.add_argument("--epochs", type=int, default=Protocol.max_epochs)
    parser.add_argument("--steps", type=int, default=Protocol.steps_per_epoch)
    parser.add_argument("--learning-rate", type=float, default=Protocol.learning_rate)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--loci", type=int, default=1600)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args(arguments)
    if options.tiny:
        protocol = Protocol(max_epochs=1, steps_per_epoch=2, validation_samples=64)
        return compare((0,), protocol, n_loci=200, workers=1)
    protocol = Protocol(max_epochs=options.epochs, steps_per_epoch=options.steps, learning_rate=options.learning_rate)
    return compare(range(options.seeds), protocol, n_loci=options.loci, workers=options.workers)


if __name__ == "__main__":
    main()

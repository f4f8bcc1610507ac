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
from linear_signal.analysis.average_precision import average_precision
from linear_signal.experiment.execution import compute_units
from linear_signal.studies.schreiber2020.loci import LociTable
from linear_signal.studies.schreiber2020.plan import make_plan
from linear_signal.studies.schreiber2020.protocol import Protocol
from linear_signal.studies.schreiber2020.schemes import Scheme, make_scheme
from linear_signal.studies.schreiber2020.simulator import simulate_loci
from linear_signal.studies.schreiber2020.unit import Fit

WIDTHS = (1, 16, 256)
CONTROLS = {"baselines permuted": "sequence", "sequences permuted": "sequence", "cell types differ": "signal"}
ACROSS, HYBRID = "cross_cell_type", "hybrid"
GIVEN = {"target": "C00", "validation_cell_types": ("C01", "C02", "C03")}


def units_of(seed: int, protocol: Protocol, *, n_loci: int) -> list[Fit]:
    """All units of one seed: of the simulator and of the training."""
    units = []
    more = {"widths": WIDTHS, "seeds": (seed,), "protocol": protocol, "baselines": ("average_label",)}
    for preset, inputs in {
        "standard": ("signal", "sequence", "both"),
        **{name: (one,) for name, one in CONTROLS.items()},
    }.items():
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
            preset = next((name for name in CONTROLS if name in unit.table.name), "standard")
            rows.append({**row, "seed": seed, "preset": preset})
            scores[preset, row["scheme"], row["input"], row["model"], seed] = result.tables["scores"]["score"].to_numpy()
    return pd.DataFrame(rows), scores


def share_of_groups(scores: dict, seed: int, *, n_loci: int) -> tuple[float, int]:
    """Share of groups of loci in which networks over marks beat those over sequence, and how many groups there are.

    A group are the loci that are active in the same number of training and validation cell types; compared are the medians
    of average precision over the networks.

    Source: Schreiber et al. 2020, Fig. S3.
    """
    table = simulate_loci("standard", seed=seed, n_loci=n_loci)
    scheme = make_scheme(ACROSS, table, **GIVEN)
    others = np.union1d(scheme.train.cell_types, scheme.tune.cell_types)
    active, labels = _count(table, scheme, others), table.labels[scheme.judge.loci, scheme.target]
    by_input = {
        which: np.stack([one for key, one in scores.items() if key[:3] == ("standard", ACROSS, which) and key[4] == seed])
        for which in ("signal", "sequence")
    }
    wins = []
    for count in range(1, len(others)):
        group = active == count
        if 0 < labels[group].mean() < 1 if group.any() else False:
            signal, sequence = (np.median(average_precision(by_input[which][:, group], labels[group])) for which in by_input)
            wins.append(signal > sequence)
    return float(np.mean(wins)), len(wins)


def _count(table: LociTable, scheme: Scheme, cell_types: np.ndarray) -> np.ndarray:
    return table.labels[np.ix_(scheme.judge.loci, cell_types)].sum(axis=1)


def compare(seeds: Sequence[int], protocol: Protocol, *, n_loci: int, workers: int) -> None:
    """Measure everything and report every criterion with what is asked of it."""
    fits, scores = measure(seeds, protocol, n_loci=n_loci, workers=workers)
    means = fits.groupby(["preset", "scheme", "input", "model"])["average_precision"].mean()
    prevalence = fits.groupby(["preset", "scheme"])["prevalence"].mean()

    def found(scheme: str, which: str, width: int, preset: str = "standard") -> float:
        name = f"dense 1 x {width}"
        return means[preset, scheme, which, f"({name}) + ({name}), dense {width}" if which == "both" else name]

    def average(scheme: str, preset: str = "standard") -> float:
        return means[preset, scheme, "baseline", "average_label"]

    def best(scheme: str, preset: str = "standard") -> float:
        networks = means[preset, scheme].drop("baseline", level="input")
        return networks[~networks.index.get_level_values("model").str.startswith("conv")].max()

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
        ("share of groups with signal above sequence", float(np.mean([share for share, _ in groups])), ">=", 0.6),
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

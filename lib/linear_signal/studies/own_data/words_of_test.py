"""What the test of signal did, as a table of its probes and in sentences on what was cut."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from linear_signal.analysis.intervals import SMALLEST_GROUPS, corrected_interval
from linear_signal.errors import listed
from linear_signal.names import counted
from linear_signal.studies.own_data.budget import Budget
from linear_signal.studies.own_data.cells import Cells
from linear_signal.studies.own_data.checks import FEWEST_GROUPS
from linear_signal.studies.own_data.design import CHEAP
from linear_signal.studies.own_data.max_test import p_of_each
from linear_signal.studies.own_data.timed_null import FEWEST, TimedNull


def too_short(timed: TimedNull, needed: float) -> str:
    """Say that no p-value is to be had in this time, and the minutes that would do."""
    done = len(timed.null[CHEAP[0]])
    return (
        f"The time allowed {done} of the {FEWEST} permutations that a p-value of 5 % needs; "
        f"{whole_minutes(needed)} would do."
    )


def whole_minutes(minutes: float) -> str:
    """Write minutes rounded up, with a little to spare."""
    return counted(max(1, math.ceil(1.3 * minutes)), "minute")


def table_of_probes(timed: TimedNull, statistic: dict[str, float], cells: Cells) -> pd.DataFrame:
    """Lay out the probes, as :class:`SignalTest` tells; ``statistic`` is the area of each less one half."""
    null = timed.null
    believed = cells.per_class().min() >= SMALLEST_GROUPS
    single = p_of_each(statistic, null)
    rows = []
    for number, probe in enumerate(timed.probes):
        accuracies = timed.observed.accuracies[number]
        accuracies = accuracies[np.isfinite(accuracies)]
        bounds = (np.nan, np.nan)
        if believed and len(accuracies) > 1:
            ratio = np.mean([part.cuts[0].sum() / part.fit.sum() for part in timed.parts])
            interval = corrected_interval(accuracies, 1.0, ratio, within=(-1, 1))
            bounds = interval.lower, interval.upper
        rows.append(
            {
                "probe": probe,
                "area": statistic[probe] + 0.5,
                "accuracy": accuracies.mean(),
                "lower": bounds[0],
                "upper": bounds[1],
                "null_mean": null[probe].mean() + 0.5,
                "null_deviation": null[probe].std(),
                "p_value": single[probe],
                "permutations": len(null[probe]),
            }
        )
    return pd.DataFrame(rows)


def notes_of(
    budget: Budget,
    timed: TimedNull,
    cells: Cells,
    n_genes: int,
    n_samples: int,
    all_genes: int,
    left_out: tuple[str, ...],
) -> tuple[str, ...]:
    """Say what was left out and cut, and what was done."""
    notes = [f"Left out, with fewer than {FEWEST_GROUPS} groups: {listed(left_out, most=5)}."] if left_out else []
    if len(cells.rows) < n_samples:
        notes.append(
            f"{len(cells.rows):,} of {n_samples:,} samples: sizes of groups are cut alike in all classes, and to the time."
        )
    if n_genes < all_genes:
        notes.append(
            f"{n_genes:,} of {all_genes:,} genes: constant ones, and the least variable beyond these, are left out."
        )
    if budget.few < n_genes:
        notes.append(f"Pairs, trees and the network look at the {budget.few} genes that vary most within classes.")
    trained = [probe for probe in timed.probes if probe in budget.costly]
    n_repeats = len({part.names[0] for part in timed.parts})
    done = f"{n_repeats} x 5 folds; {len(timed.null[CHEAP[0]])} permutations"
    if trained:
        done += f", {budget.costly_permutations} for {' and '.join(trained).replace('_', ' ')}"
    notes.append(f"{done}." if trained or budget.costly else f"{done}; no trees and no network within the time.")
    if timed.left_out:
        notes.append(f"More was planned than the time allowed on this machine. Left out: {', '.join(timed.left_out)}.")
    return tuple(notes)

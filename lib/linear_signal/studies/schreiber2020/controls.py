"""Controls of the simulation: without anything to remember, without anything to recognise loci by, and with much to see."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from linear_signal.numbers import accuracy, chance
from linear_signal.studies.schreiber2020.loci import LociTable
from linear_signal.studies.schreiber2020.schemes import Scheme
from linear_signal.studies.schreiber2020.simulator import simulate_loci
from linear_signal.studies.schreiber2020.sources import schemes_of

# Preset -> what it takes away or adds, and what must be seen.
CONTROLS = {
    "baselines permuted": "Nothing is shared between cell types: average and sequence are at prevalence",
    "sequences permuted": "Loci cannot be recognised: the sequence is at prevalence",
    "cell types differ": "Cell types differ, marks say how: signal beats the average",
}


def control_problems(seed: int, sizes: Mapping[str, object]) -> list[tuple[LociTable, Scheme]]:
    """Simulate the controls of a run; each is judged across cell types."""
    tables = [simulate_loci(preset, seed=seed, **sizes) for preset in CONTROLS]
    return [(table, *schemes_of(table, names=["cross_cell_type"])) for table in tables]


def control_table(fits: pd.DataFrame) -> pd.DataFrame:
    """Lay out the controls for a page: what each is, prevalence, the average label, signal and sequence by size.

    Args:
        fits: of the controls; names of data sets end with the preset.
    """
    rows = []
    for preset, says in CONTROLS.items():
        part = fits[fits["dataset"].str.endswith(preset)]
        row = {"Control": says, "Prevalence": chance(part["prevalence"].mean())}
        row["Average label"] = accuracy(part.loc[part["model"] == "average_label", "average_precision"].mean())
        for name, title in (("signal", "Signal, largest"), ("sequence", "Sequence, largest")):
            networks = part[part["input"] == name]
            largest = networks[networks["n_parameters"] == networks["n_parameters"].max()]
            row[title] = accuracy(largest["average_precision"].mean())
        rows.append(row)
    return pd.DataFrame(rows)

"""How good the average label is by how many training cell types it is the average of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from linear_signal.analysis.average_precision import average_precision
from linear_signal.errors import InputError
from linear_signal.seeds import generator
from linear_signal.studies.schreiber2020.baselines import BASELINES
from linear_signal.studies.schreiber2020.loci import LociTable
from linear_signal.studies.schreiber2020.schemes import Scheme

_NUMBERS = (1, 2, 5, 10, 20, 50)


def average_label_curve(
    table: LociTable, scheme: Scheme, numbers: Sequence[int], *, n_draws: int = 20, seed: int = 0
) -> pd.DataFrame:
    """Average precision of the average label by how many training cell types it is the average of.

    Args:
        table: the loci.
        scheme: cross_cell_type or hybrid.
        numbers: of cell types, drawn from those for training.
        n_draws: draws of each number.
        seed: of the draws.

    Returns:
        One row per number and draw: n_cell_types, draw, average_precision.

    Raises:
        InputError: a number that the scheme does not have.
    """
    lacking = BASELINES["average_label"].needs(table, scheme)
    columns = scheme.train.cell_types
    if lacking or min(numbers) < 1 or max(numbers) > len(columns):
        raise InputError(
            f"The average of {sorted(numbers)} cell types cannot be had: {lacking or f'{len(columns)} are for training'}."
        )
    truth, known = (
        table.labels[scheme.judge.loci, scheme.target],
        table.labels[np.ix_(scheme.judge.loci, columns)].astype(np.float64),
    )
    rows = []
    for number in numbers:
        draws = generator("average label curve", table.name, scheme.name, number, seed)
        chosen = [draws.choice(len(columns), number, replace=False) for _ in range(n_draws)]
        precisions = average_precision(np.stack([known[:, some].mean(axis=1) for some in chosen]), truth)
        rows += [(number, draw, precision) for draw, precision in enumerate(precisions.tolist())]
    return pd.DataFrame(rows, columns=["n_cell_types", "draw", "average_precision"])


def cell_types_curve(table: LociTable, scheme: Scheme) -> pd.DataFrame:
    """Average precision of the average of 1, 2, 5 and more training cell types, up to all of them.

    Args:
        table: the loci.
        scheme: cross_cell_type or hybrid.

    Returns:
        n_cell_types, average_precision (mean over draws of cell types), lowest and highest among these, n_draws.
    """
    n_all = len(scheme.train.cell_types)
    draws = average_label_curve(table, scheme, [*(number for number in _NUMBERS if number < 0.9 * n_all), n_all])
    grouped = draws.groupby("n_cell_types")["average_precision"]
    curve = grouped.agg(average_precision="mean", lowest="min", highest="max", n_draws="size")
    return curve.reset_index()

"""Marks of the target cell type in two dimensions: whether active loci lie apart from the others (Fig. S1)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from linear_signal.seeds import generator
from linear_signal.studies.schreiber2020.loci import LociTable
from linear_signal.studies.schreiber2020.schemes import Scheme

_MOST = 2000  # points of a figure


def marks_components(table: LociTable, scheme: Scheme) -> tuple[pd.DataFrame, list[float]]:
    """Principal components of the marks of the target at the judged loci.

    Args:
        table: one with marks.
        scheme: whose judged loci are taken, some of them where there are many.

    Returns:
        first, second and active, one row a locus; and the shares of the variance that the two components explain.
    """
    marks = table.signal[scheme.judge.loci, scheme.target].astype(np.float64)
    centred = marks - marks.mean(axis=0)
    left, spread, _ = np.linalg.svd(centred, full_matrices=False)
    found = left[:, :2] * spread[:2]
    active = table.labels[scheme.judge.loci, scheme.target]
    shares = (spread**2 / (spread**2).sum()).tolist()
    if found.shape[1] < 2:  # a single mark
        found, shares = np.column_stack([found, np.zeros(len(found))]), [*shares, 0.0]
    chosen = generator("marks", table.name).permutation(len(found))[:_MOST]
    return pd.DataFrame({"first": found[chosen, 0], "second": found[chosen, 1], "active": active[chosen]}), shares[:2]

"""The partition of a run for its page: every network within every group, and the comparison of signal with sequence."""

from __future__ import annotations

import numpy as np
import pandas as pd

from linear_signal.experiment.run import Results
from linear_signal.studies.schreiber2020.partition import activity_groups, compare_in_groups, group_precisions
from linear_signal.studies.schreiber2020.unit import Fit

_INPUTS = ("signal", "sequence")
_SCHEME = "cross_cell_type"


def within_groups(results: Results) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Judge the networks of the first run, across cell types, within groups of loci that are active equally often elsewhere.

    Args:
        results: of the main plan.

    Returns:
        Two tables, both empty where a run lacks one of the two inputs: a row per network and group (active_cell_types,
        input, average_precision, prevalence, n_loci), and a row per group (as of
        :func:`~linear_signal.studies.schreiber2020.partition.compare_in_groups`).
    """
    units = [unit for unit in results.plan.units if isinstance(unit, Fit) and unit.scheme.name == _SCHEME]
    first = min((unit.seed for unit in units), default=0)
    units = [unit for unit in units if unit.seed == first and unit.architecture.input in _INPUTS]
    if {unit.architecture.input for unit in units} != set(_INPUTS):
        return pd.DataFrame(), pd.DataFrame()
    table, scheme = units[0].table, units[0].scheme
    scores = np.stack([results.store.load(unit, tables=("scores",)).tables["scores"]["score"] for unit in units])
    labels, groups = table.labels[scheme.judge.loci, scheme.target], activity_groups(table, scheme)
    n_other = len(scheme.train.cell_types) + len(scheme.tune.cell_types)
    inner = (groups > 0) & (groups < n_other)
    inputs = [unit.architecture.input for unit in units]
    each = group_precisions(inputs, scores[:, inner], labels[inner], groups[inner])
    compared = compare_in_groups(inputs, scores, labels, groups, n_other=n_other)
    return each.rename(columns={"group": "active_cell_types", "model": "input"}), compared

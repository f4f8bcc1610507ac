"""A table of expression and a table of labels as a data set for the chapters that tell labels apart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from linear_signal.data.dataset import Dataset
from linear_signal.data.own.open_own import open_own_data
from linear_signal.data.own.scales import ZERO_ONE
from linear_signal.data.preprocessing import MostVariableGenes, ZeroOneScaling
from linear_signal.data.sample_table import LABEL
from linear_signal.errors import InputError

TABLE = "table"
NAME = "your table"  # not the file's own: folds are drawn by it, and renaming a file must not change numbers


def open_labelled(
    expression_file: Path | str,
    attributes_file: Path | str,
    *,
    label_column: str,
    group_column: str,
    n_genes: int,
) -> Dataset:
    """Read expression and labels, as source "table" of a chapter does: genes scaled to [0, 1], the most variable ones kept.

    Of every sample ``label`` and the group are known, the latter under its own name. A label all of whose samples come from
    one group can never be in training and in validation: it is left out, and ``notes`` says so.

    Args:
        expression_file, attributes_file: as ``expression`` and ``labels`` of
            :func:`~linear_signal.data.own.open_own.open_own_data`.
        label_column: column of the labels.
        group_column: column of what must not be torn apart: donor, study, hospital.
        n_genes: genes to keep, the most variable ones; all, where there are fewer.

    Raises:
        InputError: a file or column is not named, or as of that function.
    """
    named = {
        "expression_file": str(expression_file),
        "attributes_file": str(attributes_file),
        "label_column": label_column,
        "group_column": group_column,
    }
    missing = [name for name, value in named.items() if not value]
    if missing:
        raise InputError(f"Source {TABLE!r} needs {', '.join(named)}; {', '.join(missing)} is empty.")
    if n_genes < 1:
        raise InputError(f"n_genes is {n_genes}; at least one gene must be kept.")
    own = open_own_data(expression_file, attributes_file, label=label_column, groups=[group_column], scaling=ZERO_ONE)
    whole = own.dataset
    facts = pd.DataFrame({LABEL: own.labels.astype(str), group_column: whole.column(group_column).astype(str)})
    n_groups = facts.groupby(LABEL)[group_column].nunique()
    lonely = n_groups.index[n_groups < 2].tolist()
    rows = ~facts[LABEL].isin(lonely).to_numpy()
    if not rows.any():
        raise InputError(f"Each label of {label_column} comes from one {group_column} alone: no group can be held out.")
    notes = list(own.notes)
    if lonely:
        notes.append(
            f"Left out, since all samples come from one {group_column}: {', '.join(lonely)} ({int((~rows).sum())} samples)."
        )
    chosen = MostVariableGenes(min(n_genes, whole.n_genes), n_samples=int(rows.sum()))
    chosen.add(whole.gene_ids.tolist(), whole.expression[rows].T)
    genes = chosen.result()
    places = np.flatnonzero(np.isin(whole.gene_ids, genes.gene_ids))
    before, after = whole.scaling, ZeroOneScaling(minimum=genes.minimum, maximum=genes.maximum)
    span = (before.maximum - before.minimum)[places]
    return replace(
        whole,
        name=NAME,
        expression=genes.expression,
        samples=facts.set_axis(whole.samples.index)[rows],
        gene_ids=genes.gene_ids,
        source=f"Your table {Path(expression_file).name}, with the column {label_column} of {Path(attributes_file).name}",
        notes=tuple(notes),
        scaling=ZeroOneScaling(
            minimum=before.minimum[places] + after.minimum * span, maximum=before.minimum[places] + after.maximum * span
        ),
    )

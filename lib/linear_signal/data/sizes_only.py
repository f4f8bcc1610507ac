"""Data sets of which the sizes are genuine and the values were never drawn: enough to count what a plan would compute."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from linear_signal.data.dataset import Dataset
from linear_signal.data.sample_table import LABEL


def sizes_only(
    counts: Mapping[str, int],
    *,
    name: str,
    n_genes: int,
    group: str,
    n_groups: int,
    source: str,
    gene_ids: np.ndarray | None = None,
) -> Dataset:
    """Make a data set of so many samples per label; all its values are zero, and nothing can be learnt from it.

    Args:
        counts: samples by label.
        name: of the data set it stands for.
        n_genes: columns.
        group: "donor" or "study".
        n_groups: how many of these there are; samples of every label are dealt out to them in turn.
        source: where the sizes are from, for a sentence.
        gene_ids: str [n_genes]; made up like those of Ensembl where they are left out, the same for any two data sets.
    """
    labels = np.repeat(list(counts), list(counts.values()))
    n_samples = len(labels)
    groups = [f"group {number % n_groups}" for number in range(n_samples)]
    ids = [f"{name} {number}" for number in range(n_samples)]
    if gene_ids is None:
        gene_ids = np.array([f"ENSG{number:011d}" for number in range(n_genes)])
    return Dataset(
        name=name,
        # Memory that was never written to costs nothing.
        expression=np.zeros((n_samples, n_genes), np.float32),
        samples=pd.DataFrame({LABEL: labels, group: groups}, index=ids),
        gene_ids=gene_ids,
        source=f"{name} in sizes alone, {source}",
        synthetic=True,
    )

"""Data with exact zeros, on which the removal of class means writes the label into the values."""

from __future__ import annotations

import numpy as np
import pandas as pd

from linear_signal.data.dataset import Dataset
from linear_signal.data.sample_table import LABEL
from linear_signal.errors import InputError
from linear_signal.seeds import generator

ZEROS, NO_ZEROS, MASK = "Genes with zeros", "The same without zeros", "Zeros alone"
_ABOVE_ZERO, _SHIFT = 4.0, 1.0  # mean of what is above zero, and standard deviation of its shift between classes


def simulate_zeros(*, n_samples: int, n_genes: int, share: float = 0.3, seed: int = 0) -> dict[str, Dataset]:
    """Simulate genes whose means differ between two classes and nothing else, with and without exact zeros.

    Above zero a gene follows N(4, 1) in class A and N(4 + d, 1) in class B, with d from N(0, 1) per gene. A value is
    exactly zero with the same probability in both classes, whatever it would be otherwise.

    Args:
        n_samples: half of them in each class.
        n_genes: genes.
        share: of values that are zero.
        seed: the same seed gives the same values.

    Returns:
        By name: the values with zeros; the same values before any was set to zero; 1 where a value is zero and 0 elsewhere.

    Raises:
        InputError: fewer than 4 samples, no gene, or a share that is none.
    """
    if n_samples < 4 or n_genes < 1 or not 0 < share < 1:
        raise InputError(
            f"{n_samples} samples, {n_genes} genes and a share of zeros of {share}; at least 4 samples, one gene and a "
            "share between 0 and 1 are needed."
        )
    random = generator("removal traps", "zeros", n_samples, n_genes, seed)
    class_b = np.arange(n_samples) % 2 == 1
    values = random.standard_normal((n_samples, n_genes)) + _ABOVE_ZERO
    values += class_b[:, None] * random.normal(0, _SHIFT, n_genes)
    is_zero = random.random(values.shape) < share
    kinds = {ZEROS: np.where(is_zero, 0, values), NO_ZEROS: values, MASK: is_zero.astype(float)}
    return {name: _dataset(name, of_kind, class_b, seed) for name, of_kind in kinds.items()}


def _dataset(name: str, values: np.ndarray, class_b: np.ndarray, seed: int) -> Dataset:
    ids = np.array([f"S{number:05d}" for number in range(len(values))])
    return Dataset(
        name=name,
        expression=values,
        samples=pd.DataFrame({LABEL: np.where(class_b, "B", "A")}, index=ids),
        gene_ids=np.array([f"N{number:05d}" for number in range(values.shape[1])]),
        source=f"{name}, simulated with seed {seed}",
        synthetic=True,
    )

"""Data on which the removal of class means writes the label into the values: exact zeros, and classes of unequal size."""

from __future__ import annotations

import numpy as np
import pandas as pd

from linear_signal.data.dataset import Dataset
from linear_signal.data.sample_table import LABEL
from linear_signal.errors import InputError
from linear_signal.seeds import generator

ZEROS, NO_ZEROS, MASK, SIZES = "Zeros among values", "Genes without zeros", "Zeros alone", "Classes of unequal size"
_ABOVE_ZERO, _SHIFT = 4.0, 0.5  # mean of what is above zero, and standard deviation of its shift between classes


def simulate_zeros(*, n_samples: int, n_genes: int, share: float = 0.3, seed: int = 0) -> dict[str, Dataset]:
    """Simulate genes whose means differ between two classes and nothing else, with and without exact zeros.

    Above zero a gene follows N(4, 1) in class A and N(4 + d, 1) in class B, with d from N(0, 0.25) per gene. A value is
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
    _check(n_samples, n_genes, least=4)
    if not 0 < share < 1:
        raise InputError(f"The share of zeros is {share}; it must lie between 0 and 1.")
    random = generator("removal traps", "zeros", n_samples, n_genes, seed)
    class_b = np.arange(n_samples) % 2 == 1
    values = random.standard_normal((n_samples, n_genes)) + _ABOVE_ZERO
    values += class_b[:, None] * random.normal(0, _SHIFT, n_genes)
    is_zero = random.random(values.shape) < share
    kinds = {ZEROS: np.where(is_zero, 0, values), NO_ZEROS: values, MASK: is_zero.astype(float)}
    return {name: _dataset(name, of_kind, class_b, seed) for name, of_kind in kinds.items()}


def simulate_sizes(*, n_samples: int, n_genes: int, rare: int, seed: int = 0) -> Dataset:
    """Simulate genes without any signal, N(0, 1) in both classes, one of which is rare.

    Args:
        n_samples: in all.
        n_genes: genes.
        rare: samples of class B.
        seed: the same seed gives the same values.

    Raises:
        InputError: fewer than 2 samples in a class, or no gene.
    """
    _check(min(rare, n_samples - rare), n_genes, least=2)
    random = generator("removal traps", "sizes", n_samples, n_genes, rare, seed)
    class_b = np.arange(n_samples) < rare
    return _dataset(SIZES, random.standard_normal((n_samples, n_genes)), class_b, seed)


def _check(n_samples: int, n_genes: int, *, least: int) -> None:
    if n_samples < least or n_genes < 1:
        raise InputError(
            f"{n_samples} samples (of the rarer class, where it is rare) and {n_genes} genes; at least {least} "
            "and 1 are needed."
        )


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

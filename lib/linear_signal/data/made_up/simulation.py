"""The three simulated data sets: linear and non-linear signal, linear signal only, no signal."""

from __future__ import annotations

import numpy as np
import pandas as pd

from linear_signal.data.dataset import Dataset
from linear_signal.data.sample_table import LABEL
from linear_signal.errors import InputError, unknown
from linear_signal.seeds import generator

SIMULATIONS = {
    "Simulated 1": "linear and non-linear signal",
    "Simulated 2": "linear signal only",
    "Simulated 3": "no signal",
}

# Distance of class B's mean from class A's, in standard deviations (Heil et al. 2023, Methods, "Simulated data").
_SHIFT = 6.0

_MOST_VALUES = 100_000_000


def simulate(name: str, *, n_samples: int = 1000, n_features: int = 5000, seed: int = 0) -> Dataset:
    """Simulate one of the paper's three data sets: two balanced classes.

    Features follow N(0, 1) in class A. In class B a linear feature follows N(6, 1); a non-linear feature follows N(6, 1)
    or N(-6, 1) with equal probability, drawn anew for every value, so that its class means agree and no single threshold
    separates the classes. A feature without signal follows N(0, 1) in both classes.

    Args:
        name: "Simulated 1" (half of the features linear, half non-linear), "Simulated 2" (the linear half alone, so
            ``n_features / 2`` features) or "Simulated 3" (``n_features`` features without signal).
        n_samples: samples in all, half in each class; even.
        n_features: features of Simulated 1 and 3; even.
        seed: the same seed gives the same data set.

    Returns:
        Dataset with float32 expression [n_samples, features], labels "A" and "B" in alternation.

    Raises:
        InputError: unknown name, or sizes that are odd, too small or too large.

    Source: Heil, Crawford & Greene 2023, Methods, "Simulated data".
    """
    if name not in SIMULATIONS:
        raise unknown("simulated data set", name, SIMULATIONS)
    for what, size in (("n_samples", n_samples), ("n_features", n_features)):
        if size < 4 or size % 2:
            raise InputError(f"{what} is {size}; it must be an even number of at least 4, for two equal halves.")
    if n_samples * n_features > _MOST_VALUES:
        raise InputError(
            f"n_samples {n_samples:,} times n_features {n_features:,} are {n_samples * n_features:,} values; at most "
            f"{_MOST_VALUES:,} fit into the memory of this program. The paper has 1,000 times 5,000."
        )
    n_genes = n_features // 2 if name == "Simulated 2" else n_features
    n_linear = 0 if name == "Simulated 3" else n_features // 2
    random = generator("simulation", name, n_samples, n_features, seed)
    values = random.standard_normal((n_samples, n_genes), dtype=np.float32)
    class_b = np.arange(n_samples) % 2 == 1
    values[class_b, :n_linear] += _SHIFT
    if name == "Simulated 1":
        values[class_b, n_linear:] += _SHIFT * random.choice(
            np.array([-1, 1], dtype=np.float32), size=(class_b.sum(), n_genes - n_linear)
        )
    sample_ids = np.array([f"S{i:05d}" for i in range(n_samples)])
    return Dataset(
        name=name,
        expression=values,
        samples=pd.DataFrame({LABEL: np.where(class_b, "B", "A")}, index=sample_ids),
        gene_ids=np.array([f"{'L' if i < n_linear else 'N'}{i:05d}" for i in range(n_genes)]),
        source=f"{name} ({SIMULATIONS[name]}), simulated with seed {seed}",
        synthetic=True,
    )

"""Products of pairs of leading components: features in which a linear model sees how genes go together, two at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg

from linear_signal.training.standardised import Standardised, standardised_of

N_COMPONENTS = 20


@dataclass(frozen=True, eq=False, kw_only=True)
class PairProducts:
    """Turns expression into products of pairs; make one with :func:`pair_products_of`.

    Standardised genes are projected on the components, each score is divided by its standard deviation, and the products of
    all pairs of scores, each with itself as well, are standardised in their turn.

    Attributes:
        genes: how genes are standardised.
        axes: float64 [genes, components], whose scores have variance 1 over the samples that were learnt from.
        products: how products are standardised.
    """

    genes: Standardised
    axes: np.ndarray
    products: Standardised

    def apply(self, expression: np.ndarray) -> np.ndarray:
        """Features of samples, float64 [samples, pairs]."""
        return self.products.apply(_products(self.genes.apply(expression) @ self.axes))

    @property
    def state(self) -> dict[str, np.ndarray]:
        """All that it has learnt, as arrays by name."""
        products = {f"products.{name}": array for name, array in vars(self.products).items()}
        return vars(self.genes) | {"axes": self.axes} | products

    @classmethod
    def from_state(cls, state: dict[str, np.ndarray]) -> PairProducts:
        """Make it again from ``state``."""
        products = {name: state[f"products.{name}"] for name in ("mean", "deviation")}
        return cls(
            genes=Standardised(mean=state["mean"], deviation=state["deviation"]),
            axes=state["axes"],
            products=Standardised(**products),
        )


def pair_products_of(expression: np.ndarray) -> PairProducts:
    """Learn the components of standardised genes, and mean and standard deviation of their products.

    Args:
        expression: float [samples, genes], of the samples to learn from.
    """
    genes = standardised_of(expression)
    values = genes.apply(expression)
    n = min(N_COMPONENTS, *values.shape)
    # From the smaller of both tables of inner products: a decomposition of the values would take many times longer.
    if values.shape[0] < values.shape[1]:
        squared, left = _largest(values @ values.T, n)
        axes = values.T @ left
    else:
        squared, axes = _largest(values.T @ values, n)
    there = squared > 1e-9 * squared.max(initial=1e-300)
    axes = axes[:, there] / np.linalg.norm(axes[:, there], axis=0) * np.sqrt(len(values) / squared[there])
    return PairProducts(genes=genes, axes=axes, products=standardised_of(_products(values @ axes)))


def _largest(inner: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    size = len(inner)
    values, vectors = scipy.linalg.eigh(inner, subset_by_index=(size - n, size - 1))
    return values[::-1], vectors[:, ::-1]


def _products(scores: np.ndarray) -> np.ndarray:
    first, second = np.triu_indices(scores.shape[1])
    return scores[:, first] * scores[:, second]

"""Squares of standardised genes: features in which a linear model sees differences of spread, and none of means."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from linear_signal.training.standardised import Standardised, standardised_of


@dataclass(frozen=True, eq=False, kw_only=True)
class SquaredGenes(Standardised):
    """Turns expression into squares; make one with :func:`squares_of`.

    The feature of a gene is ((value - mean) / standard deviation) squared, with mean and standard deviation over the samples
    that were learnt from; a gene that is constant there is 0 everywhere.
    """

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Features of samples, float64 [samples, genes].

        >>> squares_of(np.array([[1.0, 5.0], [3.0, 5.0]])).apply(np.array([[4.0, 7.0]])).tolist()
        [[4.0, 0.0]]
        """
        features = super().apply(values)
        return np.square(features, out=features)

    @property
    def state(self) -> dict[str, np.ndarray]:
        """All that was learnt, as arrays by name."""
        return dict(vars(self))

    @classmethod
    def from_state(cls, state: dict[str, np.ndarray]) -> SquaredGenes:
        """Make it again from ``state``, which may hold further arrays."""
        return cls(mean=state["mean"], deviation=state["deviation"])


def squares_of(expression: np.ndarray) -> SquaredGenes:
    """Learn mean and standard deviation of every gene.

    Args:
        expression: float [samples, genes], of the samples to learn from.
    """
    return SquaredGenes(**vars(standardised_of(expression)))

"""Squares of standardised genes: features in which a linear model sees differences of spread, and none of means."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Of the largest absolute value of a gene, and of all genes: what rounding to float32 leaves of a constant is below these. A
# gene that is constant within every class is such a constant once the signal is removed; divided by its own rounding errors
# it would tell the classes apart.
_OWN, _OF_ALL = 1e-6, 1e-9


@dataclass(frozen=True, eq=False, kw_only=True)
class SquaredGenes:
    """Turns expression into squares; make one with :func:`squares_of`.

    The feature of a gene is ((value - mean) / standard deviation) squared, with mean and standard deviation over the samples
    that were learnt from; a gene that is constant there is 0 everywhere.

    Attributes:
        mean: float64 [genes].
        deviation: float64 [genes], the standard deviation (divisor: number of samples); 0 for a constant gene.
    """

    mean: np.ndarray
    deviation: np.ndarray

    def apply(self, expression: np.ndarray) -> np.ndarray:
        """Features of samples, float64 [samples, genes].

        >>> squares_of(np.array([[1.0, 5.0], [3.0, 5.0]])).apply(np.array([[4.0, 7.0]])).tolist()
        [[4.0, 0.0]]
        """
        per_deviation = np.divide(1.0, self.deviation, out=np.zeros_like(self.deviation), where=self.deviation > 0)
        features = (expression - self.mean) * per_deviation
        return np.square(features, out=features)


def squares_of(expression: np.ndarray) -> SquaredGenes:
    """Learn mean and standard deviation of every gene.

    Args:
        expression: float [samples, genes], of the samples to learn from.
    """
    deviation = expression.std(axis=0, dtype=np.float64)
    largest = np.abs(expression).max(axis=0)
    varies = deviation > _OWN * largest + _OF_ALL * largest.max()
    return SquaredGenes(mean=expression.mean(axis=0, dtype=np.float64), deviation=np.where(varies, deviation, 0.0))

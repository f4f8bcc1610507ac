"""Standardised columns: minus their mean, divided by their standard deviation, both of the samples a model learns from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Of the largest absolute value of a gene, and of all genes: what rounding to float32 leaves of a constant is below these. A
# gene that is constant within every class is such a constant once the signal is removed; divided by its own rounding errors
# it would tell the classes apart.
_OWN, _OF_ALL = 1e-6, 1e-9


@dataclass(frozen=True, eq=False, kw_only=True)
class Standardised:
    """Standardises columns; make one with :func:`standardised_of`. A column that was constant is 0 everywhere.

    Attributes:
        mean: float64 [columns].
        deviation: float64 [columns], the standard deviation (divisor: number of samples); 0 for a constant column.
    """

    mean: np.ndarray
    deviation: np.ndarray

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Standardise samples, float64 [samples, columns]."""
        per_deviation = np.divide(1.0, self.deviation, out=np.zeros_like(self.deviation), where=self.deviation > 0)
        return (values - self.mean) * per_deviation


def standardised_of(values: np.ndarray) -> Standardised:
    """Learn mean and standard deviation of every column.

    Args:
        values: float [samples, columns], of the samples to learn from.
    """
    deviation = values.std(axis=0, dtype=np.float64)
    largest = np.abs(values).max(axis=0)
    varies = deviation > _OWN * largest + _OF_ALL * largest.max()
    return Standardised(mean=values.mean(axis=0, dtype=np.float64), deviation=np.where(varies, deviation, 0.0))

"""Minimum, maximum and variance per gene over samples that come in parts: stable, mergeable, whatever the order."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np

from linear_signal.errors import InputError

_DIGITS = 8  # of a variance: far more than a choice of genes needs, far fewer than rounding noise reaches


@dataclass(frozen=True, eq=False, kw_only=True)
class GeneStatistics:
    """What is known about each gene after some samples; never changed, merged into new ones.

    Mean and sum of squares are updated as Chan, Golub & LeVeque 1983 ("Algorithms for computing the sample variance",
    The American Statistician 37) do, which loses nothing where values are large and vary little. Minimum and maximum are
    the same to the last bit whatever the order of merging; mean and sum of squares agree to 1e-12 (less only where a
    mean is more than a hundred thousand times the standard deviation).

    Attributes:
        n_samples: samples seen.
        minimum: float32 [genes].
        maximum: float32 [genes].
        mean: float64 [genes].
        squares: float64 [genes], squared deviations from the mean, summed.

    >>> parts = [GeneStatistics.of(np.float32([[1, 3]])), GeneStatistics.of(np.float32([[5]]))]
    >>> whole = parts[0].merged(parts[1])
    >>> whole.n_samples, whole.mean.tolist(), whole.variance().round(3).tolist()
    (3, [3.0], [2.667])
    """

    n_samples: int
    minimum: np.ndarray
    maximum: np.ndarray
    mean: np.ndarray
    squares: np.ndarray

    @classmethod
    def empty(cls, n_genes: int) -> GeneStatistics:
        """Return the statistics of no sample: what is merged into them comes out as it was."""
        return cls(
            n_samples=0,
            minimum=np.full(n_genes, np.inf, dtype=np.float32),
            maximum=np.full(n_genes, -np.inf, dtype=np.float32),
            mean=np.zeros(n_genes),
            squares=np.zeros(n_genes),
        )

    @classmethod
    def of(cls, values: np.ndarray) -> GeneStatistics:
        """Return the statistics of ``values``, float32 [genes, samples].

        Raises:
            InputError: a value is missing or infinite.
        """
        values = np.asarray(values, dtype=np.float32)
        if not values.shape[1]:
            return cls.empty(len(values))
        minimum, maximum = values.min(axis=1), values.max(axis=1)
        bad = ~(np.isfinite(minimum) & np.isfinite(maximum))
        if bad.any():
            raise InputError(
                f"Gene {int(np.argmax(bad)) + 1} of {len(values):,} has a value that is missing or infinite; expression "
                "must be finite."
            )
        deviations = values.astype(np.float64)
        mean = deviations.mean(axis=1)
        deviations -= mean[:, None]
        squares = np.einsum("gs,gs->g", deviations, deviations)
        return cls(n_samples=values.shape[1], minimum=minimum, maximum=maximum, mean=mean, squares=squares)

    def merged(self, other: GeneStatistics) -> GeneStatistics:
        """Return the statistics of the samples of both.

        Raises:
            InputError: they are of another number of genes.
        """
        if len(self.mean) != len(other.mean):
            raise InputError(
                f"Statistics of {len(self.mean):,} and of {len(other.mean):,} genes; they must be of the same ones."
            )
        total = self.n_samples + other.n_samples
        share = other.n_samples / total if total else 0.0
        difference = other.mean - self.mean
        return GeneStatistics(
            n_samples=total,
            minimum=np.minimum(self.minimum, other.minimum),
            maximum=np.maximum(self.maximum, other.maximum),
            mean=self.mean + difference * share,
            squares=self.squares + other.squares + difference**2 * (self.n_samples * share),
        )

    def variance(self) -> np.ndarray:
        """Return the variance of the values as they are, float64 [genes] (divisor: number of samples)."""
        return self.squares / max(self.n_samples, 1)

    def scaled_variance(self) -> np.ndarray:
        """Return the variance after zero-one scaling, float64 [genes], to eight digits; 0 where a gene is constant.

        The digits that depend on the order of merging are cut off, so that a choice of genes by it does not.
        """
        span = self.maximum.astype(np.float64) - self.minimum
        varies = (span > 0) & np.isfinite(span)
        return rounded(np.divide(self.variance(), span**2, out=np.zeros(len(span)), where=varies))

    def most_variable(self, n_genes: int) -> np.ndarray:
        """Return the positions of the ``n_genes`` genes with the largest scaled variance, in the order of the genes.

        Of two genes with equal variance the one that comes first is kept; all are, where there are fewer.
        """
        ranks = np.argsort(-self.scaled_variance(), kind="stable")
        return np.sort(ranks[:n_genes])

    def to_bytes(self) -> bytes:
        """Pack everything into the bytes of an ``.npz`` file; each of its parts carries a checksum."""
        buffer = io.BytesIO()
        arrays = {name: getattr(self, name) for name in ("minimum", "maximum", "mean", "squares")}
        np.savez(buffer, n_samples=np.int64(self.n_samples), **arrays)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> GeneStatistics:
        """Undo :meth:`to_bytes`; bytes of another origin raise what NumPy and zipfile raise."""
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            arrays = {name: file[name] for name in ("minimum", "maximum", "mean", "squares")}
            return cls(n_samples=int(file["n_samples"]), **arrays)


def rounded(values: np.ndarray, digits: int = _DIGITS) -> np.ndarray:
    """Round to so many significant digits.

    >>> rounded(np.array([0.0123456789123, 0.0, 123456.789]), 4).tolist()
    [0.01235, 0.0, 123500.0]
    """
    # In decimal text, because scaling by powers of ten would bring rounding of its own.
    return np.array([float(f"{value:.{digits - 1}e}") for value in values.tolist()])

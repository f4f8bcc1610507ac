"""Zero-one scaling and the choice of the most variable genes, in one pass over a file larger than memory."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from linear_signal.errors import InputError

_TRANSPOSED_AT_ONCE = 64  # genes per step when genes x samples becomes samples x genes: keeps both sides in cache


@dataclass(frozen=True, eq=False, kw_only=True)
class ScaledGenes:
    """The genes that were kept, scaled, in the order in which they came.

    Attributes:
        gene_ids: str [genes].
        expression: float32 [samples, genes], each gene scaled to [0, 1] over all samples.
        minimum: float32 [genes], the unscaled value that became 0.
        maximum: float32 [genes], the unscaled value that became 1.
        variance: float64 [genes], of the scaled values (divisor: number of samples).
        n_seen: number of genes these were chosen from.
    """

    gene_ids: np.ndarray
    expression: np.ndarray
    minimum: np.ndarray
    maximum: np.ndarray
    variance: np.ndarray
    n_seen: int


def zero_one(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scale each gene to [0, 1] over the samples; a constant gene becomes 0.

    Args:
        values: float32 [genes, samples], any unit.

    Returns:
        The scaled values, float32 [genes, samples], and minimum and maximum of each gene, float32 [genes].

    >>> zero_one(np.array([[2, 4, 6], [5, 5, 5]], dtype=np.float32))[0].tolist()
    [[0.0, 0.5, 1.0], [0.0, 0.0, 0.0]]
    """
    values = np.asarray(values, dtype=np.float32)
    minimum, maximum = values.min(axis=1), values.max(axis=1)
    span = maximum - minimum
    scaled = values - minimum[:, None]
    scaled /= np.where(span > 0, span, np.float32(1))[:, None]
    return scaled, minimum, maximum


@dataclass(frozen=True, eq=False, kw_only=True)
class ZeroOneScaling:
    """How the genes of a data set were scaled, to do the same to other samples.

    Attributes:
        minimum: float32 [genes], the unscaled value that became 0.
        maximum: float32 [genes], the unscaled value that became 1.

    >>> scaling = ZeroOneScaling(minimum=np.float32([2, 5]), maximum=np.float32([6, 5]))
    >>> scaling.apply(np.float32([[4, 9], [8, 5]])).tolist()
    [[0.5, 0.0], [1.5, 0.0]]
    """

    minimum: np.ndarray
    maximum: np.ndarray

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Scale float [samples, genes] to float32; values outside the range the data set had leave [0, 1].

        A gene that was constant stays 0 whatever its value is now: models have never seen it as anything else.
        """
        scaled = np.array(values, dtype=np.float32)
        self.apply_to(scaled)
        return scaled

    def apply_to(self, values: np.ndarray) -> None:
        """Scale float32 [samples, genes] in place, as ``apply`` does."""
        span = self.maximum - self.minimum
        values -= self.minimum
        values /= np.where(span > 0, span, np.float32(1))
        values[:, ~(span > 0)] = 0


class MostVariableGenes:
    """Collect the most variable genes from blocks of genes.

    Genes are scaled to [0, 1] and ranked by the variance of the scaled values (Heil et al. 2023, Methods; their code does
    so for GTEx, and ranks by unscaled variance for Recount3). Of two genes with equal variance the one that came first is
    kept. The result depends neither on the size of the blocks nor on anything random; memory holds ``n_genes`` genes and
    one block.

    Args:
        n_genes: how many to keep; all, where fewer come.
        n_samples: samples per gene.

    Raises:
        InputError: a number below one, a block of another width, a value that is not finite.

    >>> chosen = MostVariableGenes(1, n_samples=3)
    >>> chosen.add(["flat", "steep"], np.array([[7, 7, 7], [0, 5, 10]], dtype=np.float32))
    >>> chosen.result().gene_ids.tolist(), chosen.result().expression.ravel().tolist()
    (['steep'], [0.0, 0.5, 1.0])
    """

    def __init__(self, n_genes: int, *, n_samples: int) -> None:
        for kind, number in (("genes to keep", n_genes), ("samples", n_samples)):
            if number < 1:
                raise InputError(f"{number} {kind}; at least one is needed.")
        self.n_genes = n_genes
        self.n_samples = n_samples
        self.n_seen = 0
        self._kept = np.empty((n_genes, n_samples), dtype=np.float32)
        # The smallest entry is the one to go: (variance, -order); with equal variance the later gene goes first.
        self._heap: list[tuple[float, int, int]] = []
        self._ids: list[str] = [""] * n_genes
        self._ranges = np.empty((n_genes, 2), dtype=np.float32)

    def add(self, gene_ids: Sequence[str], values: np.ndarray) -> None:
        """Take the next block: ``values`` float32 [genes, samples] of the genes ``gene_ids``."""
        values = np.asarray(values, dtype=np.float32)
        if values.shape != (len(gene_ids), self.n_samples):
            raise InputError(
                f"A block of shape {values.shape} for {len(gene_ids)} genes and {self.n_samples:,} samples; "
                "it must be genes x samples."
            )
        if not len(gene_ids):
            return
        scaled, minimum, maximum = zero_one(values)
        bad = ~(np.isfinite(minimum) & np.isfinite(maximum))
        if bad.any():
            raise InputError(
                f"Gene {str(gene_ids[int(np.argmax(bad))])!r} has a value that is missing or infinite; expression must "
                "be finite. Drop the gene or impute the value."
            )
        variance = scaled.var(axis=1, dtype=np.float64)
        for row in range(len(gene_ids)):
            slot = self._slot_for(float(variance[row]))
            if slot is not None:
                self._kept[slot] = scaled[row]
                self._ids[slot] = str(gene_ids[row])
                self._ranges[slot] = minimum[row], maximum[row]
            self.n_seen += 1

    def result(self) -> ScaledGenes:
        """Return what was kept so far, in file order.

        Raises:
            InputError: no gene was added.
        """
        if not self._heap:
            raise InputError("No genes to choose from; at least one is needed. Is the file empty?")
        in_order = sorted(self._heap, key=lambda entry: -entry[1])
        slots = np.array([slot for _, _, slot in in_order])
        expression = np.empty((self.n_samples, len(slots)), dtype=np.float32)
        for start in range(0, len(slots), _TRANSPOSED_AT_ONCE):
            part = slice(start, start + _TRANSPOSED_AT_ONCE)
            expression[:, part] = self._kept[slots[part]].T
        return ScaledGenes(
            gene_ids=np.array([self._ids[slot] for slot in slots]),
            expression=expression,
            minimum=self._ranges[slots, 0],
            maximum=self._ranges[slots, 1],
            variance=np.array([variance for variance, _, _ in in_order]),
            n_seen=self.n_seen,
        )

    def _slot_for(self, variance: float) -> int | None:
        """Find the row of the buffer for the next gene, or None where it is not variable enough."""
        if len(self._heap) < self.n_genes:
            slot = len(self._heap)
            heapq.heappush(self._heap, (variance, -self.n_seen, slot))
            return slot
        if variance <= self._heap[0][0]:
            return None
        slot = self._heap[0][2]
        heapq.heapreplace(self._heap, (variance, -self.n_seen, slot))
        return slot

"""Whether labels can be told from batches at all: how they go together, and what a comparison of labels would rest on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from linear_signal.errors import InputError


@dataclass(frozen=True, eq=False, kw_only=True)
class Confounding:
    """How labels and batches of the same samples go together.

    Attributes:
        counts: samples, labels x batches.
        cramers_v: 0 where they are independent, 1 where one is a function of the other; nan where there is one of either.
        n_aliased: contrasts of labels that equal contrasts of batches, so that no model with both can estimate them.
        n_informative: samples of batches that hold several labels; the others say nothing of labels within a batch.
        fewest: samples of the rarest label in such batches.
        fewest_batches: batches of the label that has the fewest: what splits by batch have to deal out.
        told_by_batch: share of the samples that are named rightly by the commonest label of their batch, without a gene.
    """

    counts: pd.DataFrame
    cramers_v: float
    n_aliased: int
    n_informative: int
    fewest: int
    fewest_batches: int
    told_by_batch: float


def confounding(labels: np.ndarray, batches: np.ndarray) -> Confounding:
    """Count labels by batches and say what that leaves to compare.

    Cramér's V is that of Cramér 1946 (Mathematical Methods of Statistics, chapter 21.9), without a correction for small
    samples. Contrasts are counted by the rank of the design with both factors.

    Args:
        labels, batches: str [samples] each.

    Raises:
        InputError: no samples, or not as many of one as of the other.

    >>> told = confounding(["ill", "ill", "well", "well"], ["Monday", "Monday", "Friday", "Friday"])
    >>> told.cramers_v, told.n_aliased, told.n_informative
    (1.0, 1, 0)
    """
    labels, batches = np.asarray(labels, dtype=str), np.asarray(batches, dtype=str)
    if labels.ndim != 1 or labels.shape != batches.shape or not len(labels):
        raise InputError(
            f"Labels have shape {labels.shape}, batches {batches.shape}; one of either per sample is needed, and a sample."
        )
    counts = pd.crosstab(pd.Series(labels, name="label"), pd.Series(batches, name="batch"))
    table = counts.to_numpy()
    seen = (table > 0).sum(axis=0) > 1
    return Confounding(
        counts=counts,
        cramers_v=_cramers_v(table),
        n_aliased=_aliased(table),
        n_informative=int(table[:, seen].sum()),
        fewest=int(table[:, seen].sum(axis=1).min()),
        fewest_batches=int((table > 0).sum(axis=1).min()),
        told_by_batch=float(table.max(axis=0).sum() / table.sum()),
    )


def _cramers_v(table: np.ndarray) -> float:
    smaller = min(table.shape) - 1
    if not smaller:
        return float("nan")
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    return float(np.sqrt(((table - expected) ** 2 / expected).sum() / table.sum() / smaller))


def _aliased(table: np.ndarray) -> int:
    """Count the label contrasts that are lost: the rank of two factors is labels plus batches, less one a connected part."""
    rows, columns = np.nonzero(table)
    size = sum(table.shape)
    edges = sparse.coo_array((np.ones(len(rows)), (rows, table.shape[0] + columns)), shape=(size, size))
    return int(connected_components(edges, directed=False, return_labels=False)) - 1

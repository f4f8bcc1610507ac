"""A table of numbers as it was found, before anybody knows which way round it lies; it is put together once, in float32."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import psutil

from linear_signal.errors import InputError

MOST_GENES = 200_000
MOST_SAMPLES = 100_000
_SPARE = 0.9  # of the memory that is free
INDEX = "index"  # what the names of rows are called among the facts


@dataclass(frozen=True, eq=False, kw_only=True)
class RawTable:
    """Numbers in rows and columns.

    Attributes:
        name: of the file, or what was handed over, for messages.
        facts: what is told of each row beside the numbers: ids, labels, texts. One row per row of numbers.
        columns: names of the columns of numbers.
        blocks: float32 [some rows, columns] in order, to be gone through once. What is taken from it is let go.
        rows_are_samples: the kind of file says that rows are samples; None where it does not say.
    """

    name: str
    facts: pd.DataFrame
    columns: list[str]
    blocks: Iterable[np.ndarray]
    rows_are_samples: bool | None = None

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.facts)


def drained(blocks: list[np.ndarray]) -> Iterator[np.ndarray]:
    """Yield the blocks of a list and forget each, so that a matrix made of them takes no second one's memory."""
    blocks.reverse()
    while blocks:
        yield blocks.pop()


def put_together(raw: RawTable, samples: np.ndarray, genes: np.ndarray, *, rows_are_samples: bool) -> np.ndarray:
    """Make one matrix of samples x genes.

    Args:
        raw: of which the blocks are used up.
        samples, genes: int64, sorted: which rows and columns to take, or columns and rows.
        rows_are_samples: which way round the table lies.

    Returns:
        float32 [samples, genes].

    Raises:
        InputError: too large for the memory that is free, or for anything.
    """
    check_size(raw.name, len(samples), len(genes))
    matrix = np.empty((len(samples), len(genes)), dtype=np.float32)
    rows, columns = (samples, genes) if rows_are_samples else (genes, samples)
    some_columns = slice(None) if len(columns) == len(raw.columns) else columns
    start = 0
    for block in raw.blocks:
        first, last = np.searchsorted(rows, [start, start + len(block)])
        local = rows[first:last] - start
        chosen = block if len(local) == len(block) else block[local]
        if rows_are_samples:
            matrix[first:last] = chosen[:, some_columns]
        else:
            matrix[:, first:last] = chosen[:, some_columns].T
        start += len(block)
    return matrix


def check_shape(name: str, *shape: int) -> None:
    """Refuse what has more rows or columns than there can be genes, before they are looked at one by one."""
    check_size(name, 1, max(shape))


def check_size(name: str, n_samples: int, n_genes: int) -> None:
    """Refuse what is no table of genes, or does not fit into memory.

    Raises:
        InputError: the message says how large it is and what to do.
    """
    if n_genes > MOST_GENES:
        raise InputError(
            f"{name} has {n_genes:,} genes; at most {MOST_GENES:,} are taken. Are genes and samples the wrong way round, or "
            "are these probes, peaks or variants? Keep the most variable ones."
        )
    if n_samples > MOST_SAMPLES:
        raise InputError(
            f"{name} has {n_samples:,} samples; at most {MOST_SAMPLES:,} are taken. Sum single cells over those of one "
            "donor and cell type first (pseudobulk)."
        )
    needed, free = 4 * n_samples * n_genes, psutil.virtual_memory().available
    if needed > _SPARE * free:
        raise InputError(
            f"{name}: {n_samples:,} samples x {n_genes:,} genes take {needed / 1e9:.1f} GB, and {free / 1e9:.1f} GB of "
            "memory are free. Keep fewer genes (the most variable ones), or use a larger machine."
        )

"""Go through some rows of a matrix block by block, so that a large matrix is never copied as a whole."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

ROWS_AT_ONCE = 256  # of 5,000 genes 5 MB: more would leave the processor's cache


def row_blocks(values: np.ndarray, rows: np.ndarray | None = None) -> Iterator[np.ndarray]:
    """Yield the rows of a matrix in order, some at a time: views where they lie behind one another, else copies.

    Args:
        values: [rows, columns].
        rows: int64, which rows and in which order; all where None.

    >>> [block.ravel().tolist() for block in row_blocks(np.array([[1], [2], [3]]), np.array([2, 0]))]
    [[3, 1]]
    """
    count = len(values) if rows is None else len(rows)
    for start in range(0, count, ROWS_AT_ONCE):
        if rows is None:
            yield values[start : start + ROWS_AT_ONCE]
            continue
        some = rows[start : start + ROWS_AT_ONCE]
        follow = bool((np.diff(some) == 1).all())
        yield values[some[0] : some[-1] + 1] if follow else values[some]


def taken(values: np.ndarray, rows: np.ndarray | None = None, *, dtype: np.dtype | type | None = None) -> np.ndarray:
    """Copy rows of a matrix into one of their own, in another dtype where one is named; nothing else is copied."""
    count = len(values) if rows is None else len(rows)
    copy = np.empty((count, values.shape[1]), dtype=dtype or values.dtype)
    fill(copy, values, rows)
    return copy


def fill(out: np.ndarray, values: np.ndarray, rows: np.ndarray | None = None) -> None:
    """Write rows of a matrix into ``out``, [rows, columns]."""
    start = 0
    for block in row_blocks(values, rows):
        out[start : start + len(block)] = block
        start += len(block)


def ranges(values: np.ndarray, rows: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Smallest and largest value of every column over some rows.

    >>> [one.tolist() for one in ranges(np.array([[1, 5], [3, 2], [9, 9]]), np.array([0, 1]))]
    [[1, 2], [3, 5]]
    """
    of_blocks = [(block.min(axis=0), block.max(axis=0)) for block in row_blocks(values, rows)]
    low, high = zip(*of_blocks, strict=True)
    return np.minimum.reduce(low), np.maximum.reduce(high)

"""The leading singular vectors of a table, found from its smaller Gram matrix."""

from __future__ import annotations

import numpy as np


def leading_components(table: np.ndarray, rank: int) -> tuple[np.ndarray, np.ndarray]:
    """Cut a table to its largest singular values; of a centred one these are its principal components.

    The singular vectors come from the eigenvectors of the smaller of the two Gram matrices, which is several times faster
    than a full decomposition and as good for values that are not tiny beside the largest.

    Args:
        table: [rows, columns].
        rank: how many; fewer where the table has no more.

    Returns:
        Scores [rows, rank], largest first, and axes [rank, columns], orthogonal and of length 1; ``scores @ axes`` is the
        best approximation of that rank. An axis of a singular value of 0 is 0.

    >>> scores, axes = leading_components(np.outer([3.0, 4.0], [0.0, 1.0]), 1)
    >>> (scores @ axes).round(9).tolist()
    [[0.0, 3.0], [0.0, 4.0]]
    """
    wide = table.shape[0] < table.shape[1]
    sizes, vectors = np.linalg.eigh(table @ table.T if wide else table.T @ table)
    sizes, vectors = sizes[::-1][:rank], vectors[:, ::-1][:, :rank]
    if not wide:
        return table @ vectors, vectors.T
    lengths = np.sqrt(np.maximum(sizes, 0.0))
    axes = np.divide(
        vectors.T @ table, lengths[:, None], out=np.zeros((len(sizes), table.shape[1])), where=lengths[:, None] > 0
    )
    return vectors * lengths, axes

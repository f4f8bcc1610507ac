"""Where the values of a grid are zero, as short lines between the middles of its cells."""

from __future__ import annotations

import numpy as np


def zero_lines(values: np.ndarray) -> list[tuple[float, float, float, float]]:
    """Return the pieces of the contour at zero: marching squares, with straight lines between neighbouring middles.

    Args:
        values: float [rows, columns].

    Returns:
        Pieces as (x, y, x, y), in steps of the grid from the middle of its first cell.

    >>> zero_lines(np.array([[-1.0, 1.0], [-1.0, 3.0]]))
    [(0.5, 0.0, 0.25, 1.0)]
    """
    pieces = []
    for row, column in np.ndindex(values.shape[0] - 1, values.shape[1] - 1):
        corners = [(column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1)]
        ends = []
        for (x, y), (to_x, to_y) in zip(corners, [*corners[1:], corners[0]], strict=True):
            here, there = values[y, x], values[to_y, to_x]
            if (here < 0) != (there < 0):
                share = here / (here - there)
                ends += [(float(x + (to_x - x) * share), float(y + (to_y - y) * share))]
        # Four ends are a saddle: the first two and the last two belong together.
        pieces += [(*ends[k], *ends[k + 1]) for k in range(0, len(ends), 2)]
    return pieces

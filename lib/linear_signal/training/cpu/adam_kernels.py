"""Adam on the processor: one step of a row of weights, compiled by Numba."""

from __future__ import annotations

import numpy as np

from linear_signal.training.cpu.compiling import compiled


@compiled("contract")
def adam_row(
    weights: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    row: int,
    gradient: np.ndarray,
    gradient_row: int,
    start: int,
    stop: int,
    rates: np.ndarray,
    constants: np.ndarray,
) -> None:
    """Move weights[row, start:stop] by one step.

    Args:
        weights, first, second: float [rows, values]: weights and Adam's moments.
        row: of these.
        gradient: float [rows of its own, values], before clipping.
        gradient_row: of the gradient.
        start, stop: values that are moved.
        rates: (step size, weight decay, factor on the root of the second moment, factor on the gradient).
        constants: (1 - beta 1, 1 - beta 2, epsilon).

    Source: Kingma & Ba 2015, algorithm 1.
    """
    values, slopes = weights[row][start:stop], gradient[gradient_row][start:stop]
    moments, squares = first[row][start:stop], second[row][start:stop]
    size, decay, correction, shrink = rates[0], rates[1], rates[2], rates[3]
    new_1, new_2, epsilon = constants[0], constants[1], constants[2]
    for i in range(values.shape[0]):
        slope = shrink * slopes[i] + decay * values[i]
        moment = moments[i] + new_1 * (slope - moments[i])
        square = squares[i] + new_2 * (slope * slope - squares[i])
        moments[i] = moment
        squares[i] = square
        values[i] -= size * moment / (np.sqrt(square) * correction + epsilon)

"""Adam on the processor: one step of neighbouring weights, compiled by Numba."""

from __future__ import annotations

from typing import Any

import numpy as np

from linear_signal.training.cpu.compiling import compiled
from linear_signal.training.cpu.vectors import LANES, load, root, spread, store, value, zeros


@compiled("contract")
def adam_step(
    weights: np.ndarray, first: np.ndarray, second: np.ndarray, row: int, column: int, gradient: Any, rates: np.ndarray
) -> None:
    """Move a vector of weights[row], from a column on, by one step.

    Args:
        weights, first, second: float [rows, values]: weights and Adam's moments.
        row, column: of these.
        gradient: vector, before clipping.
        rates: float [1, 7]: step size, weight decay, factor on the root of the second moment, factor on the gradient,
            1 - beta_1, 1 - beta_2, epsilon.

    Source: Kingma & Ba 2015, algorithm 1.
    """
    values = load(gradient, weights, row, column)
    slope = spread(gradient, value(rates, 0, 3)) * gradient + spread(gradient, value(rates, 0, 1)) * values
    moment = load(gradient, first, row, column)
    moment = moment + spread(gradient, value(rates, 0, 4)) * (slope - moment)
    square = load(gradient, second, row, column)
    square = square + spread(gradient, value(rates, 0, 5)) * (slope * slope - square)
    store(moment, first, row, column)
    store(square, second, row, column)
    scale = root(square) * spread(gradient, value(rates, 0, 2)) + spread(gradient, value(rates, 0, 6))
    store(values - spread(gradient, value(rates, 0, 0)) * moment / scale, weights, row, column)


@compiled("contract")
def adam_row(weights: np.ndarray, first: np.ndarray, second: np.ndarray, gradient: np.ndarray, rates: np.ndarray) -> None:
    """Move weights [1, values], in whole vectors, by one step; the gradient [1, values] is given."""
    zero = zeros(weights)
    for i in range(0, weights.shape[1], LANES):
        adam_step(weights, first, second, 0, i, load(zero, gradient, 0, i), rates)

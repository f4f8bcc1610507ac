"""Adam on the processor: one step of a vector of weights, compiled by Numba."""

from __future__ import annotations

import numpy as np

from linear_signal.training.cpu.compiling import compiled


@compiled("contract")
def adam(
    weights: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    gradient: np.ndarray,
    rates: np.ndarray,
    constants: np.ndarray,
) -> None:
    """Move a vector of weights by one step.

    Args:
        weights, first, second, gradient: float [values]: weights, Adam's moments, gradient before clipping.
        rates: (step size, weight decay, factor on the root of the second moment, factor on the gradient).
        constants: (1 - beta 1, 1 - beta 2, epsilon).

    Source: Kingma & Ba 2015, algorithm 1.
    """
    size, decay, correction, shrink = rates[0], rates[1], rates[2], rates[3]
    new_1, new_2, epsilon = constants[0], constants[1], constants[2]
    for i in range(weights.shape[0]):
        slope = shrink * gradient[i] + decay * weights[i]
        moment = first[i] + new_1 * (slope - first[i])
        square = second[i] + new_2 * (slope * slope - second[i])
        first[i] = moment
        second[i] = square
        weights[i] -= size * moment / (np.sqrt(square) * correction + epsilon)

"""What lies between the dense layers of one member on the processor: loss, ReLU, batch norm and dropout, by Numba.

Rows are worked on one after the other, each as a vector; the constants have the type of the data, so that no value takes a
detour through double precision.
"""

from __future__ import annotations

import numpy as np

from linear_signal.training.cpu.compiling import compiled

CROSS_ENTROPY, HINGE, BINARY_CROSS_ENTROPY = 0, 1, 2
_MOMENTUM = 0.1  # of the running statistics of batch norm, PyTorch's default
_EPSILON = 1e-5


@compiled("contract")
def loss_and_error(
    scores: np.ndarray, n: int, truth: np.ndarray, weights: np.ndarray, loss: int, errors: np.ndarray
) -> float:
    """Class-weighted mean loss of a batch; errors [batch, outputs] become its derivative by the scores."""
    n_classes = scores.shape[1]
    total = weight_sum = 0.0
    for b in range(n):
        weight_sum += float(weights[truth[b]])
    for b in range(n):
        share = float(weights[truth[b]]) / weight_sum
        if loss == BINARY_CROSS_ENTROPY:
            score, is_one = float(scores[b, 0]), float(truth[b])
            total += share * (np.log1p(np.exp(-abs(score))) + max(score, 0.0) - is_one * score)
            errors[b, 0] = share * (1 / (1 + np.exp(-score)) - is_one)
        elif loss == CROSS_ENTROPY:
            own = float(scores[b, truth[b]])
            largest = float(scores[b].max())
            denominator = 0.0
            for c in range(n_classes):
                denominator += np.exp(float(scores[b, c]) - largest)
            total += share * (np.log(denominator) + largest - own)
            for c in range(n_classes):
                errors[b, c] = share * np.exp(float(scores[b, c]) - largest) / denominator
            errors[b, truth[b]] -= share
        else:
            own = float(scores[b, truth[b]])
            n_wrong = 0
            for c in range(n_classes):
                margin = 1 - own + float(scores[b, c])
                # Not "margin > 0": a score that is not a number must stay visible in the loss.
                if c != truth[b] and not margin <= 0:
                    total += share * margin / n_classes
                    errors[b, c] = share / n_classes
                    n_wrong += 1
                else:
                    errors[b, c] = 0
            errors[b, truth[b]] = -share * n_wrong / n_classes
    return total


@compiled("contract")
def rectify(row: np.ndarray) -> None:
    """ReLU in place; a value that is not a number stays one."""
    zero = row.dtype.type(0)
    for i in range(row.shape[0]):
        row[i] = zero if row[i] < zero else row[i]


@compiled("contract")
def rectify_backward(error: np.ndarray, rectified: np.ndarray) -> None:
    """Set errors to zero where the ReLU did."""
    zero = error.dtype.type(0)
    for i in range(error.shape[0]):
        error[i] = error[i] if rectified[i] > zero else zero


@compiled("contract")
def drop(row: np.ndarray, mask: np.ndarray, threshold: int) -> None:
    """Dropout in place: units whose byte is below ``threshold`` become zero, the others are scaled up."""
    zero, scale = row.dtype.type(0), row.dtype.type(256 / (256 - threshold))
    for i in range(row.shape[0]):
        row[i] *= scale if mask[i] >= threshold else zero


@compiled("contract")
def add_to(row: np.ndarray, other: np.ndarray) -> None:
    """Add a row to another."""
    for i in range(row.shape[0]):
        row[i] += other[i]


@compiled("contract")
def _add_square(row: np.ndarray, other: np.ndarray, centre: np.ndarray) -> None:
    for i in range(row.shape[0]):
        away = other[i] - centre[i]
        row[i] += away * away


@compiled("contract")
def _add_product(row: np.ndarray, one: np.ndarray, other: np.ndarray) -> None:
    for i in range(row.shape[0]):
        row[i] += one[i] * other[i]


@compiled("contract")
def _scale_row(
    out: np.ndarray, row: np.ndarray, mean: np.ndarray, inverse: np.ndarray, gain: np.ndarray, offset: np.ndarray
) -> None:
    for i in range(mean.shape[0]):
        out[i] = (row[i] - mean[i]) * inverse[i]
        row[i] = out[i] * gain[i] + offset[i]


@compiled("contract")
def normalise(
    hidden: np.ndarray,
    n: int,
    gain: np.ndarray,
    offset: np.ndarray,
    running: np.ndarray,
    normalised: np.ndarray,
    inverse: np.ndarray,
) -> None:
    """Batch norm in training mode, in place.

    Args:
        hidden: float [batch, >= width].
        n: samples in the batch, at least two.
        gain, offset: float [width].
        running: float [(mean, variance), >= width], moved towards the batch's.
        normalised, inverse: filled with what the way back needs, [batch, >= width] and [>= width].
    """
    width = gain.shape[0]
    real = hidden.dtype.type
    mean, variance = np.zeros(width, hidden.dtype), np.zeros(width, hidden.dtype)
    for b in range(n):
        add_to(mean, hidden[b])
    mean *= real(1 / n)
    for b in range(n):
        _add_square(variance, hidden[b], mean)
    for i in range(width):
        running[0, i] += real(_MOMENTUM) * (mean[i] - running[0, i])
        running[1, i] += real(_MOMENTUM) * (variance[i] * real(1 / (n - 1)) - running[1, i])
        inverse[i] = real(1) / np.sqrt(variance[i] * real(1 / n) + real(_EPSILON))
    for b in range(n):
        _scale_row(normalised[b], hidden[b], mean, inverse, gain, offset)


@compiled("contract")
def _error_row(
    error: np.ndarray, normalised: np.ndarray, inverse: np.ndarray, gain: np.ndarray, total: np.ndarray, product: np.ndarray
) -> None:
    for i in range(gain.shape[0]):
        error[i] = (error[i] - total[i] - normalised[i] * product[i]) * gain[i] * inverse[i]


@compiled("contract")
def normalise_backward(
    errors: np.ndarray,
    n: int,
    gain: np.ndarray,
    normalised: np.ndarray,
    inverse: np.ndarray,
    gain_gradient: np.ndarray,
    offset_gradient: np.ndarray,
) -> None:
    """Take errors [batch, >= width] back through batch norm, in place; the gradients [width] are filled."""
    gain_gradient[:] = 0
    offset_gradient[:] = 0
    for b in range(n):
        add_to(offset_gradient, errors[b])
        _add_product(gain_gradient, errors[b], normalised[b])
    share = errors.dtype.type(1 / n)
    total, product = offset_gradient * share, gain_gradient * share
    for b in range(n):
        _error_row(errors[b], normalised[b], inverse, gain, total, product)


@compiled("contract")
def normalise_by_running(row: np.ndarray, gain: np.ndarray, offset: np.ndarray, running: np.ndarray) -> None:
    """Batch norm in evaluation mode, in place."""
    epsilon = row.dtype.type(_EPSILON)
    for i in range(gain.shape[0]):
        row[i] = (row[i] - running[0, i]) * (gain[i] / np.sqrt(running[1, i] + epsilon)) + offset[i]

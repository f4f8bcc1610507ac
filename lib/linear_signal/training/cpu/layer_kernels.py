"""What lies between the dense layers of one member on the processor: loss, ReLU, batch norm and dropout, by Numba.

Rows are worked on one after the other, each as a vector; the constants have the type of the data, so that no value takes a
detour through double precision.
"""

from __future__ import annotations

import numpy as np

from linear_signal.training.cpu.compiling import compiled
from linear_signal.training.cpu.vectors import LANES, load, store, where_positive, zeros

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
            largest = scores[b, 0]
            for c in range(1, n_classes):
                # Not "scores > largest": a score that is not a number must stay visible in the loss.
                largest = largest if scores[b, c] <= largest else scores[b, c]
            denominator = 0.0
            for c in range(n_classes):
                power = np.exp(float(scores[b, c]) - float(largest))
                denominator += power
                errors[b, c] = power
            total += share * (np.log(denominator) + float(largest) - own)
            for c in range(n_classes):
                errors[b, c] = share * float(errors[b, c]) / denominator
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
def rectify(rows: np.ndarray, n: int, width: int, rectified: np.ndarray) -> None:
    """Fill rectified[:n, :width] with the ReLU of rows; a value that is not a number stays one."""
    zero = zeros(rows)
    for b in range(n):
        for i in range(0, width, LANES):
            values = load(zero, rows, b, i)
            store(where_positive(values, values), rectified, b, i)


@compiled("contract")
def rectify_backward(rows: np.ndarray, n: int, width: int, rectified: np.ndarray, errors: np.ndarray) -> None:
    """Fill errors[:n, :width] with rows, and with zero where the ReLU was."""
    zero = zeros(errors)
    for b in range(n):
        for i in range(0, width, LANES):
            store(where_positive(load(zero, rows, b, i), load(zero, rectified, b, i)), errors, b, i)


@compiled("contract")
def drop(rows: np.ndarray, n: int, width: int, masks: np.ndarray, start: int, threshold: int) -> None:
    """Dropout in place: units whose byte in masks[:n, start:] is below ``threshold`` become zero, others are scaled up."""
    zero, scale = rows.dtype.type(0), rows.dtype.type(256 / (256 - threshold))
    for b in range(n):
        row, mask = rows[b][:width], masks[b][start : start + width]
        for i in range(width):
            row[i] *= scale if mask[i] >= threshold else zero


@compiled("contract")
def copy_rows(rows: np.ndarray, others: np.ndarray, index: np.ndarray, n: int, width: int) -> None:
    """Fill rows[:n, :width] with the first values of rows index[:n] of others."""
    for b in range(n):
        row, other = rows[b], others[index[b]]
        for i in range(width):
            row[i] = other[i]


@compiled("contract", "reassoc", "nsz")
def sum_of_squares(values: np.ndarray) -> float:
    """Sum of squares of a vector."""
    total = values.dtype.type(0)
    for i in range(values.shape[0]):
        total += values[i] * values[i]
    return total


@compiled("contract")
def add_rows(total: np.ndarray, rows: np.ndarray, n: int) -> None:
    """Add the first values of rows[:n] to a vector, one row after the other."""
    for b in range(n):
        row = rows[b]
        for i in range(total.shape[0]):
            total[i] += row[i]


@compiled("contract")
def normalise(
    rows: np.ndarray,
    n: int,
    gain: np.ndarray,
    offset: np.ndarray,
    running: np.ndarray,
    normalised: np.ndarray,
    inverse: np.ndarray,
    out: np.ndarray,
) -> None:
    """Batch norm of rows[:n, :width] in training mode.

    Args:
        rows: float [batch, >= width].
        n: samples in the batch, at least two.
        gain, offset: float [width].
        running: float [(mean, variance), >= width], moved towards the batch's.
        normalised, inverse: filled with what the way back needs, [batch, >= width] and [>= width].
        out: filled with the result, [batch, >= width].
    """
    width = gain.shape[0]
    real = rows.dtype.type
    mean, variance = np.zeros(width, rows.dtype), np.zeros(width, rows.dtype)
    add_rows(mean, rows, n)
    mean *= real(1 / n)
    for b in range(n):
        row = rows[b]
        for i in range(width):
            away = row[i] - mean[i]
            variance[i] += away * away
    for i in range(width):
        running[0, i] += real(_MOMENTUM) * (mean[i] - running[0, i])
        running[1, i] += real(_MOMENTUM) * (variance[i] * real(1 / (n - 1)) - running[1, i])
        inverse[i] = real(1) / np.sqrt(variance[i] * real(1 / n) + real(_EPSILON))
    for b in range(n):
        row, away_from_mean, result = rows[b], normalised[b], out[b]
        for i in range(width):
            value = (row[i] - mean[i]) * inverse[i]
            away_from_mean[i] = value
            result[i] = value * gain[i] + offset[i]


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
    add_rows(offset_gradient, errors, n)
    for b in range(n):
        error, of_gain = errors[b], normalised[b]
        for i in range(gain.shape[0]):
            gain_gradient[i] += error[i] * of_gain[i]
    share = errors.dtype.type(1 / n)
    total, product = offset_gradient * share, gain_gradient * share
    for b in range(n):
        error, of_gain = errors[b], normalised[b]
        for i in range(gain.shape[0]):
            error[i] = (error[i] - total[i] - of_gain[i] * product[i]) * gain[i] * inverse[i]


@compiled("contract")
def normalise_by_running(rows: np.ndarray, n: int, gain: np.ndarray, offset: np.ndarray, running: np.ndarray) -> None:
    """Batch norm of rows[:n] in evaluation mode, in place."""
    scale = gain / np.sqrt(running[1, : gain.shape[0]] + rows.dtype.type(_EPSILON))
    for b in range(n):
        row = rows[b]
        for i in range(gain.shape[0]):
            row[i] = (row[i] - running[0, i]) * scale[i] + offset[i]

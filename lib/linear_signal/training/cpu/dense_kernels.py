"""Dense layers of one member on the processor, compiled by Numba: products with a thin batch, and Adam.

A step of a large network is bound by memory traffic, one of a small network by the cost of each operation. Here a member's
weights are read once forward, once backward, and once more for gradient, clipping, decay and update together: a tile of the
gradient, the product of two thin matrices, lives in the cache for as long as its weights and moments are at hand.

All functions work in place; every thread trains a member of its own. Sums have one fixed
order: neither the number of threads nor the company a member is in changes a digit. Rows of a matrix may be wider than
what is used of them.

Inner functions are handed whole matrices and the numbers of rows. To cut a row out costs hundreds of cycles where the row is
handed on to another function, and next to nothing where it is read in the function that cuts it.
"""

from __future__ import annotations

import numpy as np

from linear_signal.training.cpu.adam_kernels import adam_row
from linear_signal.training.cpu.compiling import compiled

_TILE = 2560  # values of a row that are worked on at a time: of four rows they stay in the first-level cache


@compiled("contract", "reassoc", "nsz")  # reassoc: a sum over a row is kept in as many parts as a vector register has
def _dots(inputs: np.ndarray, index: np.ndarray, b: int, weights: np.ndarray, o: int) -> tuple:
    """Scalar products of four rows of inputs, index[b : b + 4], with row ``o`` of weights."""
    row = weights[o]
    n = row.shape[0]
    x_0, x_1 = inputs[index[b]][:n], inputs[index[b + 1]][:n]
    x_2, x_3 = inputs[index[b + 2]][:n], inputs[index[b + 3]][:n]
    with_0 = with_1 = with_2 = with_3 = row.dtype.type(0)
    for i in range(n):
        with_0 += x_0[i] * row[i]
        with_1 += x_1[i] * row[i]
        with_2 += x_2[i] * row[i]
        with_3 += x_3[i] * row[i]
    return with_0, with_1, with_2, with_3


@compiled("contract", "reassoc", "nsz")
def _dots_of_four(
    inputs: np.ndarray, index: np.ndarray, b: int, weights: np.ndarray, o: int, start: int, stop: int, sums: np.ndarray
) -> None:
    """Fill sums [4, 4] with the products of inputs[index[b : b + 4], start:stop] and weights[o : o + 4, start:stop]."""
    x_0, x_1 = inputs[index[b]][start:stop], inputs[index[b + 1]][start:stop]
    x_2, x_3 = inputs[index[b + 2]][start:stop], inputs[index[b + 3]][start:stop]
    w_0, w_1, w_2, w_3 = (
        weights[o][start:stop],
        weights[o + 1][start:stop],
        weights[o + 2][start:stop],
        weights[o + 3][start:stop],
    )
    zero = sums.dtype.type(0)
    a_0 = a_1 = a_2 = a_3 = b_0 = b_1 = b_2 = b_3 = zero
    c_0 = c_1 = c_2 = c_3 = d_0 = d_1 = d_2 = d_3 = zero
    for i in range(x_0.shape[0]):
        p, q, r, s = w_0[i], w_1[i], w_2[i], w_3[i]
        x, y, z, u = x_0[i], x_1[i], x_2[i], x_3[i]
        a_0 += x * p
        a_1 += x * q
        a_2 += x * r
        a_3 += x * s
        b_0 += y * p
        b_1 += y * q
        b_2 += y * r
        b_3 += y * s
        c_0 += z * p
        c_1 += z * q
        c_2 += z * r
        c_3 += z * s
        d_0 += u * p
        d_1 += u * q
        d_2 += u * r
        d_3 += u * s
    sums[0, 0], sums[0, 1], sums[0, 2], sums[0, 3] = a_0, a_1, a_2, a_3
    sums[1, 0], sums[1, 1], sums[1, 2], sums[1, 3] = b_0, b_1, b_2, b_3
    sums[2, 0], sums[2, 1], sums[2, 2], sums[2, 3] = c_0, c_1, c_2, c_3
    sums[3, 0], sums[3, 1], sums[3, 2], sums[3, 3] = d_0, d_1, d_2, d_3


@compiled("contract")
def dense_forward(
    inputs: np.ndarray, index: np.ndarray, n: int, weights: np.ndarray, bias: np.ndarray, out: np.ndarray
) -> None:
    """Fill out[:n, :outputs] with bias plus inputs times weights.

    Args:
        inputs: float [rows, >= inputs].
        index: int64 [>= n rounded up to four]; sample b of the batch is row index[b].
        n: samples in the batch.
        weights: float [outputs, inputs].
    """
    n_outputs, n_inputs = weights.shape
    sums = np.empty((4, 4), weights.dtype)
    for o in range(0, n_outputs - n_outputs % 4, 4):
        for j in range(4):
            for b in range(n):
                out[b, o + j] = bias[o + j]
        for start in range(0, n_inputs, _TILE):
            stop = min(start + _TILE, n_inputs)
            for b in range(0, n, 4):
                _dots_of_four(inputs, index, b, weights, o, start, stop, sums)
                for i in range(min(4, n - b)):
                    for j in range(4):
                        out[b + i, o + j] += sums[i, j]
    for o in range(n_outputs - n_outputs % 4, n_outputs):
        for b in range(0, n, 4):
            four = _dots(inputs, index, b, weights, o)
            for i in range(min(4, n - b)):
                out[b + i, o] = bias[o] + four[i]


@compiled("contract")
def _add_four(
    rows: np.ndarray,
    row: int,
    start: int,
    stop: int,
    factors: np.ndarray,
    sources: np.ndarray,
    index: np.ndarray,
    b: int,
) -> None:
    """Add to rows[row : row + 4, start:stop] the four source rows index[b : b + 4], times factors [source, row]."""
    to_0, to_1, to_2, to_3 = (
        rows[row][start:stop],
        rows[row + 1][start:stop],
        rows[row + 2][start:stop],
        rows[row + 3][start:stop],
    )
    x_0, x_1 = sources[index[b]][start:stop], sources[index[b + 1]][start:stop]
    x_2, x_3 = sources[index[b + 2]][start:stop], sources[index[b + 3]][start:stop]
    a_0, a_1, a_2, a_3 = factors[0, 0], factors[1, 0], factors[2, 0], factors[3, 0]
    b_0, b_1, b_2, b_3 = factors[0, 1], factors[1, 1], factors[2, 1], factors[3, 1]
    c_0, c_1, c_2, c_3 = factors[0, 2], factors[1, 2], factors[2, 2], factors[3, 2]
    d_0, d_1, d_2, d_3 = factors[0, 3], factors[1, 3], factors[2, 3], factors[3, 3]
    for i in range(stop - start):
        x, y, z, u = x_0[i], x_1[i], x_2[i], x_3[i]
        to_0[i] += (a_0 * x + a_1 * y) + (a_2 * z + a_3 * u)
        to_1[i] += (b_0 * x + b_1 * y) + (b_2 * z + b_3 * u)
        to_2[i] += (c_0 * x + c_1 * y) + (c_2 * z + c_3 * u)
        to_3[i] += (d_0 * x + d_1 * y) + (d_2 * z + d_3 * u)


@compiled("contract")
def dense_backward(errors: np.ndarray, n: int, weights: np.ndarray, out: np.ndarray) -> None:
    """Fill out[:n, :inputs] with errors[:n, :outputs] times weights [outputs, inputs].

    Both ``errors`` and ``out`` have rows for n rounded up to four, and ``errors`` has columns for outputs rounded up to
    four; all beyond n and outputs is zero in ``errors``. The same holds for the errors of the functions below.
    """
    n_outputs, n_inputs = weights.shape
    factors = np.empty((4, 4), weights.dtype)
    index = np.empty(4, np.int64)
    out[:, :n_inputs] = 0
    for o in range(0, n_outputs, 4):
        for j in range(4):
            index[j] = min(o + j, n_outputs - 1)
        for start in range(0, n_inputs, _TILE):
            stop = min(start + _TILE, n_inputs)
            for b in range(0, n, 4):
                for j in range(4):
                    for i in range(4):
                        factors[j, i] = errors[b + i, o + j]
                _add_four(out, b, start, stop, factors, weights, index, 0)


@compiled("contract")
def _gradient_tile(
    gradient: np.ndarray,
    errors: np.ndarray,
    o: int,
    n: int,
    inputs: np.ndarray,
    index: np.ndarray,
    start: int,
    stop: int,
    factors: np.ndarray,
) -> None:
    """Fill gradient [4, start:stop] for the output rows from ``o`` on: errors transposed times inputs."""
    for j in range(4):
        gradient[j][start:stop] = 0
    for b in range(0, n, 4):
        for i in range(4):
            for j in range(4):
                factors[i, j] = errors[b + i, o + j]
        _add_four(gradient, 0, start, stop, factors, inputs, index, b)


@compiled("contract", "reassoc", "nsz")
def sum_of_squares(values: np.ndarray, row: int, start: int, stop: int) -> float:
    """Sum of squares of values[row, start:stop]."""
    part = values[row][start:stop]
    total = values.dtype.type(0)
    for i in range(part.shape[0]):
        total += part[i] * part[i]
    return total


@compiled("contract")
def copy_rows(rows: np.ndarray, others: np.ndarray, index: np.ndarray, n: int, width: int) -> None:
    """Fill rows[:n, :width] with the first values of rows index[:n] of others."""
    for b in range(n):
        row, other = rows[b], others[index[b]]
        for i in range(width):
            row[i] = other[i]


@compiled("contract")
def squared_norm(errors: np.ndarray, n_outputs: int, n: int, inputs: np.ndarray, index: np.ndarray, n_inputs: int) -> float:
    """Squared Euclidean norm of a layer's gradient, without the gradient.

    That of a product of errors and inputs is the sum of the products of their Gram matrices, each of the size of the batch;
    with fewer outputs than samples the gradient itself is less work.
    """
    total = 0.0
    if n_outputs <= n:
        gradient, factors = np.empty((4, n_inputs), inputs.dtype), np.empty((4, 4), inputs.dtype)
        for o in range(0, n_outputs, 4):
            for start in range(0, n_inputs, _TILE):
                stop = min(start + _TILE, n_inputs)
                _gradient_tile(gradient, errors, o, n, inputs, index, start, stop, factors)
                for j in range(min(4, n_outputs - o)):
                    total += sum_of_squares(gradient, j, start, stop)
        return total
    zero = np.zeros(n, inputs.dtype)
    of_inputs, of_errors = np.empty((n + 3, n), inputs.dtype), np.empty((n + 3, n), inputs.dtype)
    rows = np.empty((n, n_inputs), inputs.dtype)
    copy_rows(rows, inputs, index, n, n_inputs)
    dense_forward(inputs, index, n, rows, zero, of_inputs)
    columns = np.empty((n, n_outputs), inputs.dtype)
    in_order = np.arange(n + 3)
    copy_rows(columns, errors, in_order, n, n_outputs)
    dense_forward(errors, in_order, n, columns, zero, of_errors)
    for b in range(n):
        for c in range(n):
            total += float(of_inputs[b, c]) * float(of_errors[b, c])
    return max(total, 0.0)


@compiled("contract")
def dense_update(
    weights: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    errors: np.ndarray,
    n: int,
    inputs: np.ndarray,
    index: np.ndarray,
    rates: np.ndarray,
    constants: np.ndarray,
) -> None:
    """Move the weights of a layer [outputs, inputs] by one step of Adam, the gradient multiplied out tile by tile."""
    n_outputs, n_inputs = weights.shape
    gradient, factors = np.empty((4, n_inputs), weights.dtype), np.empty((4, 4), weights.dtype)
    for o in range(0, n_outputs, 4):
        for start in range(0, n_inputs, _TILE):
            stop = min(start + _TILE, n_inputs)
            _gradient_tile(gradient, errors, o, n, inputs, index, start, stop, factors)
            for j in range(min(4, n_outputs - o)):
                adam_row(weights, first, second, o + j, gradient, j, start, stop, rates, constants)

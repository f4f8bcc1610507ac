"""Dense layers of one member on the processor, compiled by Numba: products with a thin batch, and Adam.

A step of a large network is bound by memory traffic, one of a small network by the cost of each operation. Here a member's
weights are read once forward, once backward, and once more for gradient, clipping, decay and update together: a tile of the
gradient, the product of two thin matrices, never leaves the registers.

All functions work in place; every thread trains a member of its own. Sums have one fixed order: neither the number of
threads nor the company a member is in changes a digit.

Rows are as wide as whole vectors (``vectors.padded``), and zero beyond their width. Batches have room for whole fours of
samples; what stands in rows beyond the batch is nobody's.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from linear_signal.training.cpu.adam_kernels import adam_step
from linear_signal.training.cpu.compiling import compiled
from linear_signal.training.cpu.vectors import (
    LANES,
    add_halves,
    load,
    spread,
    store,
    sum_of,
    sums_of_eight,
    value,
    wide_zeros,
    zeros,
)

_WIDE = 2 * LANES
_COLUMNS = 1024  # of four rows of weights: they stay in the first-level cache while the batch passes
_OUTPUTS = 64  # rows of weights that pass at a time on the way back, for the same reason


@compiled("contract")
def dense_forward(
    inputs: np.ndarray, n: int, weights: np.ndarray, n_outputs: int, n_inputs: int, bias: np.ndarray, out: np.ndarray
) -> None:
    """Fill out[:n, :n_outputs] with bias plus inputs times weights.

    Args:
        inputs: float [>= n rounded up to two, >= n_inputs].
        n: samples in the batch.
        weights: float [>= n_outputs, >= n_inputs].
        n_outputs: rows of the weights that are used.
        n_inputs: columns that are used, in whole vectors.
        bias: float [>= n_outputs].
        out: float [>= n rounded up to two, >= n_outputs rounded up to four].
    """
    zero = zeros(weights)
    for b in range(n + n % 2):
        for o in range(n_outputs):
            out[b, o] = bias[o]
    for o in range(0, n_outputs, 4):
        # Where there are fewer than four outputs left the last is taken again, for columns that nobody reads.
        p, q, r = min(o + 1, n_outputs - 1), min(o + 2, n_outputs - 1), min(o + 3, n_outputs - 1)
        for start in range(0, n_inputs, _COLUMNS):
            stop = min(start + _COLUMNS, n_inputs)
            for b in range(0, n, 2):
                a_0 = a_1 = a_2 = a_3 = b_0 = b_1 = b_2 = b_3 = zero
                for i in range(start, stop, LANES):
                    x, y = load(zero, inputs, b, i), load(zero, inputs, b + 1, i)
                    one = load(zero, weights, o, i)
                    a_0, b_0 = a_0 + x * one, b_0 + y * one
                    one = load(zero, weights, p, i)
                    a_1, b_1 = a_1 + x * one, b_1 + y * one
                    one = load(zero, weights, q, i)
                    a_2, b_2 = a_2 + x * one, b_2 + y * one
                    one = load(zero, weights, r, i)
                    a_3, b_3 = a_3 + x * one, b_3 + y * one
                add_halves(sums_of_eight(a_0, a_1, a_2, a_3, b_0, b_1, b_2, b_3), out, b, o)


@compiled("contract")
def _four_rows(zero: Any, factors: np.ndarray, start: int, stop: int, j: int, rows: np.ndarray, i: int) -> Any:
    """Sum factors[k, j : j + 4] times rows[k], from column ``i`` on, over k from ``start``: four vectors like ``zero``."""
    p = q = r = s = zero
    for k in range(start, stop):
        row = load(zero, rows, k, i)
        p = p + spread(zero, value(factors, k, j)) * row
        q = q + spread(zero, value(factors, k, j + 1)) * row
        r = r + spread(zero, value(factors, k, j + 2)) * row
        s = s + spread(zero, value(factors, k, j + 3)) * row
    return p, q, r, s


@compiled("contract")
def dense_backward(errors: np.ndarray, n: int, weights: np.ndarray, out: np.ndarray) -> None:
    """Fill out[:n, :inputs] with errors[:n, :outputs] times weights [outputs, inputs].

    Both have room for n rounded up to four samples.
    """
    n_outputs, n_inputs = weights.shape
    zero, wide = zeros(weights), wide_zeros(weights)
    factors = errors.T
    for start in range(0, n_outputs, _OUTPUTS):
        stop = min(start + _OUTPUTS, n_outputs)
        for i in range(0, n_inputs - LANES, _WIDE):
            for b in range(0, n, 4):
                _put_four(_four_rows(wide, factors, start, stop, b, weights, i), out, b, i, start > 0)
        if n_inputs % _WIDE:
            i = n_inputs - LANES
            for b in range(0, n, 4):
                _put_four(_four_rows(zero, factors, start, stop, b, weights, i), out, b, i, start > 0)


@compiled("contract")
def _put_four(values: Any, out: np.ndarray, b: int, i: int, adds: bool) -> None:
    """Write one vector into each of out[b : b + 4], from column ``i`` on, or add them to what is there."""
    p, q, r, s = values
    if adds:
        p, q = p + load(p, out, b, i), q + load(p, out, b + 1, i)
        r, s = r + load(p, out, b + 2, i), s + load(p, out, b + 3, i)
    store(p, out, b, i)
    store(q, out, b + 1, i)
    store(r, out, b + 2, i)
    store(s, out, b + 3, i)


@compiled("contract")
def squared_norm(
    errors: np.ndarray, n_outputs: int, n: int, inputs: np.ndarray, n_inputs: int, nought: np.ndarray, grams: np.ndarray
) -> float:
    """Squared Euclidean norm of a layer's gradient, without the gradient.

    That of a product of errors and inputs is the sum of the products of their Gram matrices, each of the size of the batch;
    with fewer outputs than samples the gradient itself is less work.

    Args:
        nought: zeros, float [>= n].
        grams: room for two Gram matrices, float [2, n rounded up to four, n rounded up to four].
    """
    total = 0.0
    zero = zeros(inputs)
    if n_outputs <= n:
        for o in range(0, n_outputs, 4):
            p = q = r = s = zero
            for i in range(0, n_inputs, LANES):
                a, b, c, d = _four_rows(zero, errors, 0, n, o, inputs, i)
                p, q, r, s = p + a * a, q + b * b, r + c * c, s + d * d
            sums = sum_of(p), sum_of(q), sum_of(r), sum_of(s)
            for j in range(min(4, n_outputs - o)):
                total += sums[j]
        return total
    dense_forward(inputs, n, inputs, n, n_inputs, nought, grams[0])
    dense_forward(errors, n, errors, n, n_outputs + -n_outputs % LANES, nought, grams[1])
    return max(_product_of(grams, n), 0.0)


@compiled("contract", "reassoc", "nsz")
def _product_of(grams: np.ndarray, n: int) -> float:
    """Sum of the products of two matrices [n, n], in double precision."""
    total = 0.0
    for b in range(n):
        for c in range(n):
            total += float(grams[0, b, c]) * float(grams[1, b, c])
    return total


@compiled("contract")
def dense_update(
    weights: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    errors: np.ndarray,
    n: int,
    inputs: np.ndarray,
    rates: np.ndarray,
) -> None:
    """Move the weights of a layer [outputs, inputs] by one step of Adam, the gradient multiplied out tile by tile."""
    n_outputs, n_inputs = weights.shape
    zero, wide = zeros(weights), wide_zeros(weights)
    for o in range(0, n_outputs, 4):
        for i in range(0, n_inputs - LANES, _WIDE):
            _move_four(_four_rows(wide, errors, 0, n, o, inputs, i), weights, first, second, o, i, rates)
        if n_inputs % _WIDE:
            i = n_inputs - LANES
            _move_four(_four_rows(zero, errors, 0, n, o, inputs, i), weights, first, second, o, i, rates)


@compiled("contract")
def _move_four(
    gradient: Any, weights: np.ndarray, first: np.ndarray, second: np.ndarray, o: int, i: int, rates: np.ndarray
) -> None:
    """One step of Adam for weights[o : o + 4], as far as there are so many, from column ``i`` on: one vector of each row."""
    p, q, r, s = gradient
    left = weights.shape[0] - o
    adam_step(weights, first, second, o, i, p, rates)
    if left > 1:
        adam_step(weights, first, second, o + 1, i, q, rates)
    if left > 2:
        adam_step(weights, first, second, o + 2, i, r, rates)
    if left > 3:
        adam_step(weights, first, second, o + 3, i, s, rates)

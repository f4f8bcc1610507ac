"""One member on the processor: training steps and scores, compiled by Numba from the layers of ``dense_kernels``.

A member is three flat vectors (weights and Adam's two moments) with ``Layout.places`` telling where what lies, and the
running statistics of batch norm. The same network as ``stack`` trains on a GPU.
"""

from __future__ import annotations

import numpy as np

from linear_signal.training.cpu.adam_kernels import adam_row
from linear_signal.training.cpu.compiling import compiled
from linear_signal.training.cpu.dense_kernels import (
    copy_rows,
    dense_backward,
    dense_forward,
    dense_update,
    squared_norm,
    sum_of_squares,
)
from linear_signal.training.cpu.layer_kernels import (
    add_rows,
    drop,
    loss_and_error,
    normalise,
    normalise_backward,
    normalise_by_running,
    rectify,
    rectify_backward,
)

_BETA_1, _BETA_2, _ADAM_EPSILON = 0.9, 0.999, 1e-8


@compiled("contract")
def _matrix(vector: np.ndarray, places: np.ndarray, widths: np.ndarray, layer: int) -> np.ndarray:
    """View the weights of a layer, [outputs, inputs], in a member's vector."""
    n_in, n_out = widths[layer], widths[layer + 1]
    return vector[places[layer, 0] : places[layer, 0] + n_in * n_out].reshape(n_out, n_in)


@compiled("contract")
def _part(vector: np.ndarray, places: np.ndarray, widths: np.ndarray, layer: int, kind: int) -> np.ndarray:
    """View the bias (1), gain (2) or offset (3) of a layer."""
    return vector[places[layer, kind] : places[layer, kind] + widths[layer + 1]]


@compiled("contract")
def train_steps(
    weights: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    running: np.ndarray,
    widths: np.ndarray,
    places: np.ndarray,
    features: np.ndarray,
    batches: np.ndarray,
    truths: np.ndarray,
    class_weights: np.ndarray,
    lengths: np.ndarray,
    masks: np.ndarray,
    threshold: int,
    batch_norm: bool,
    loss: int,
    learning_rate: float,
    weight_decay: float,
    clip_norm: float,
    n_steps_before: int,
) -> float:
    """Train a member for some steps, in place; return the sum of the steps' losses.

    Args:
        weights, first, second: float [parameters].
        running: float [hidden layers, (mean, variance), widest layer]; used with batch norm.
        widths: int64 [layers + 1].
        places: int64 [layers, (matrix, bias, gain, offset)], see ``Layout.places``.
        features: float [rows, genes], read-only.
        batches: int64 [steps, batch rounded up to four], rows; those beyond a step's length repeat one of its samples.
        truths: int64, the classes of the samples of ``batches``.
        class_weights: float [classes].
        lengths: int64 [steps], samples of each step.
        masks: uint8 [steps, batch, hidden units]; below ``threshold`` a unit is dropped. Not read with threshold 0.
        loss: ``layer_kernels.CROSS_ENTROPY``, ``HINGE`` or ``BINARY_CROSS_ENTROPY``.
        clip_norm: infinite: the gradient is left as it is, and its norm not asked for.
        n_steps_before: steps taken before.
    """
    n_layers = len(widths) - 1
    n_rows = batches.shape[1]
    widest = widths[1:].max()
    dtype = weights.dtype
    hidden = np.zeros((n_layers, n_rows, widest), dtype)
    rectified = np.zeros((n_layers, n_rows, widest), dtype)
    normalised = np.zeros((n_layers, n_rows, widest), dtype)
    inverse = np.zeros((n_layers, widest), dtype)
    errors = np.zeros((n_layers, n_rows, widest + 3), dtype)  # the kernels take columns by fours
    scores = np.empty((n_rows, widths[n_layers]), dtype)
    score_errors = np.empty((n_rows, widths[n_layers]), dtype)
    small = places[0, 1]  # from here on the small parameters lie
    gradient = np.zeros(len(weights) - small, dtype)
    row = (1, len(gradient))  # as a matrix of one row they are handed to what takes matrices
    rates = np.empty(4, dtype)
    constants = np.array([1 - _BETA_1, 1 - _BETA_2, _ADAM_EPSILON]).astype(dtype)
    in_order, clips = np.arange(n_rows), clip_norm < np.inf
    total = 0.0
    for step in range(len(lengths)):
        n = lengths[step]
        rows = batches[step]
        start = 0
        for layer in range(n_layers - 1):
            inputs, index = (features, rows) if layer == 0 else (hidden[layer - 1], in_order)
            here, width = hidden[layer], widths[layer + 1]
            bias = _part(weights, places, widths, layer, 1)
            dense_forward(inputs, index, n, _matrix(weights, places, widths, layer), bias, here)
            rectify(here, n, width, rectified[layer])
            if batch_norm:
                gain, offset = _part(weights, places, widths, layer, 2), _part(weights, places, widths, layer, 3)
                normalise(here, n, gain, offset, running[layer], normalised[layer], inverse[layer])
            if threshold:
                drop(here, n, width, masks[step], start, threshold)
                start += width
        last = n_layers - 1
        inputs, index = (features, rows) if last == 0 else (hidden[last - 1], in_order)
        dense_forward(
            inputs, index, n, _matrix(weights, places, widths, last), _part(weights, places, widths, last, 1), scores
        )
        total += loss_and_error(scores, n, truths[step], class_weights, loss, score_errors)
        copy_rows(errors[last], score_errors, in_order, n, widths[n_layers])
        for layer in range(n_layers):
            for b in range(n, n_rows):
                errors[layer][b][:] = 0

        square = 0.0
        for layer in range(last, -1, -1):
            width = widths[layer + 1]
            here = errors[layer]
            bias_gradient = _part(gradient, places - small, widths, layer, 1)
            bias_gradient[:] = 0
            add_rows(bias_gradient, here, n)
            inputs, index = (features, rows) if layer == 0 else (hidden[layer - 1], in_order)
            if clips:
                square += squared_norm(here, width, n, inputs, index, widths[layer])
            if layer == 0:
                break
            before = errors[layer - 1]
            dense_backward(here, n, _matrix(weights, places, widths, layer), before)
            if threshold:
                start -= widths[layer]
                drop(before, n, widths[layer], masks[step], start, threshold)
            if batch_norm:
                normalise_backward(
                    before,
                    n,
                    _part(weights, places, widths, layer - 1, 2),
                    normalised[layer - 1],
                    inverse[layer - 1],
                    _part(gradient, places - small, widths, layer - 1, 2),
                    _part(gradient, places - small, widths, layer - 1, 3),
                )
            rectify_backward(before, n, widths[layer], rectified[layer - 1])

        n_steps = n_steps_before + step + 1
        rates[0] = learning_rate / (1 - _BETA_1**n_steps)
        rates[1] = weight_decay
        rates[2] = 1 / np.sqrt(1 - _BETA_2**n_steps)
        rates[3] = 1
        if clips:
            norm = np.sqrt(square + sum_of_squares(gradient.reshape(row), 0, 0, row[1]))
            rates[3] = min(1.0, clip_norm / (norm + 1e-6)) if norm == norm else norm
        for layer in range(n_layers):
            inputs, index = (features, rows) if layer == 0 else (hidden[layer - 1], in_order)
            dense_update(
                _matrix(weights, places, widths, layer),
                _matrix(first, places, widths, layer),
                _matrix(second, places, widths, layer),
                errors[layer],
                n,
                inputs,
                index,
                rates,
                constants,
            )
        adam_row(
            weights[small:].reshape(row),
            first[small:].reshape(row),
            second[small:].reshape(row),
            0,
            gradient.reshape(row),
            0,
            0,
            row[1],
            rates,
            constants,
        )
    return total


@compiled("contract")
def scores_of(
    weights: np.ndarray,
    running: np.ndarray,
    widths: np.ndarray,
    places: np.ndarray,
    features: np.ndarray,
    rows: np.ndarray,
    batch_norm: bool,
) -> np.ndarray:
    """Scores of samples in evaluation mode, float [rows, classes]; arguments as in ``train_steps``."""
    n_layers = len(widths) - 1
    block = 64
    index = np.zeros(block, np.int64)
    in_order = np.arange(block)
    hidden = np.zeros((n_layers, block, widths[1:].max()), weights.dtype)
    scores = np.empty((len(rows), widths[n_layers]), weights.dtype)
    for start in range(0, len(rows), block):
        n = min(block, len(rows) - start)
        for b in range(n):
            index[b] = rows[start + b]
        for layer in range(n_layers):
            inputs, some = (features, index) if layer == 0 else (hidden[layer - 1], in_order)
            here, width = hidden[layer], widths[layer + 1]
            bias = _part(weights, places, widths, layer, 1)
            dense_forward(inputs, some, n, _matrix(weights, places, widths, layer), bias, here)
            if layer == n_layers - 1:
                break
            rectify(here, n, width, here)
            if batch_norm:
                gain, offset = _part(weights, places, widths, layer, 2), _part(weights, places, widths, layer, 3)
                normalise_by_running(here, n, gain, offset, running[layer])
        copy_rows(scores[start:], hidden[n_layers - 1], in_order, n, widths[n_layers])
    return scores

"""One member on the processor: training steps and scores, compiled by Numba from the layers of ``dense_kernels``.

A member is three flat vectors (weights and Adam's two moments) with ``Layout.places`` telling where what lies, and the
running statistics of batch norm. The same network as ``stack`` trains on a GPU.
"""

from __future__ import annotations

import numpy as np

from linear_signal.training.cpu.adam_kernels import adam_row
from linear_signal.training.cpu.compiling import compiled
from linear_signal.training.cpu.dense_kernels import dense_backward, dense_forward, dense_update, squared_norm
from linear_signal.training.cpu.layer_kernels import (
    add_rows,
    copy_rows,
    drop,
    loss_and_error,
    normalise,
    normalise_backward,
    normalise_by_running,
    rectify,
    rectify_backward,
    sum_of_squares,
)
from linear_signal.training.cpu.vectors import LANES

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
    units: np.ndarray,
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
        weights, first, second: float [parameters], in whole vectors.
        running: float [hidden layers, (mean, variance), widest layer]; used with batch norm.
        widths: int64 [layers + 1], all but the last in whole vectors.
        units: int64 [hidden layers], the widths that dropout knows.
        places: int64 [layers, (matrix, bias, gain, offset)], see ``Layout.places``.
        features: float [rows, genes], read-only.
        batches: int64 [steps, batch], rows; those beyond a step's length are not read.
        truths: int64, the classes of the samples of ``batches``.
        class_weights: float [classes].
        lengths: int64 [steps], samples of each step.
        masks: uint8 [steps, batch, hidden units]; below ``threshold`` a unit is dropped. Not read with threshold 0.
        loss: ``layer_kernels.CROSS_ENTROPY``, ``HINGE`` or ``BINARY_CROSS_ENTROPY``.
        clip_norm: infinite: the gradient is left as it is, and its norm not asked for.
        n_steps_before: steps taken before.
    """
    n_layers = len(widths) - 1
    n_samples = batches.shape[1]
    n_rows = n_samples + (-n_samples) % 4  # the kernels take samples by fours
    widest = widths[1:].max() + LANES
    dtype = weights.dtype
    batch = np.zeros((n_rows, widths[0]), dtype)
    summed = np.zeros((n_rows, widest), dtype)  # of the layer that is at work, on the way there and back
    rectified = np.zeros((n_layers, n_rows, widest), dtype)
    hidden = np.zeros((n_layers, n_rows, widest), dtype) if batch_norm else rectified
    normalised = np.zeros((n_layers, n_rows, widest), dtype)
    inverse = np.zeros((n_layers, widest), dtype)
    errors = np.zeros((n_layers, n_rows, widest), dtype)
    grams, nought = np.zeros((2, n_rows, n_rows), dtype), np.zeros(n_rows, dtype)
    scores = np.empty((n_rows, widths[n_layers]), dtype)
    score_errors = np.empty((n_rows, widths[n_layers]), dtype)
    small = places[0, 1]  # from here on the small parameters lie
    gradient = np.zeros(len(weights) - small, dtype)
    row = (1, len(gradient))  # as a matrix of one row they are handed to what takes matrices
    rates = np.empty((1, 7), dtype)
    in_order, clips = np.arange(n_rows), clip_norm < np.inf
    total = 0.0
    for step in range(len(lengths)):
        n = lengths[step]
        copy_rows(batch, features, batches[step], n, features.shape[1])
        start = 0
        for layer in range(n_layers):
            inputs = batch if layer == 0 else hidden[layer - 1]
            width = widths[layer + 1]
            bias = _part(weights, places, widths, layer, 1)
            dense_forward(inputs, n, _matrix(weights, places, widths, layer), width, widths[layer], bias, summed)
            if layer == n_layers - 1:
                break
            rectify(summed, n, width, rectified[layer])
            here = hidden[layer]
            if batch_norm:
                gain, offset = _part(weights, places, widths, layer, 2), _part(weights, places, widths, layer, 3)
                normalise(rectified[layer], n, gain, offset, running[layer], normalised[layer], inverse[layer], here)
            if threshold:
                drop(here, n, units[layer], masks[step], start, threshold)
                start += units[layer]
        last = n_layers - 1
        copy_rows(scores, summed, in_order, n, widths[n_layers])
        total += loss_and_error(scores, n, truths[step], class_weights, loss, score_errors)
        copy_rows(errors[last], score_errors, in_order, n, widths[n_layers])

        square = 0.0
        for layer in range(last, -1, -1):
            width = widths[layer + 1]
            here = errors[layer]
            bias_gradient = _part(gradient, places - small, widths, layer, 1)
            bias_gradient[:] = 0
            add_rows(bias_gradient, here, n)
            inputs = batch if layer == 0 else hidden[layer - 1]
            if clips:
                square += squared_norm(here, width, n, inputs, widths[layer], nought, grams)
            if layer == 0:
                break
            dense_backward(here, n, _matrix(weights, places, widths, layer), summed)
            if threshold:
                start -= units[layer - 1]
                drop(summed, n, units[layer - 1], masks[step], start, threshold)
            if batch_norm:
                normalise_backward(
                    summed,
                    n,
                    _part(weights, places, widths, layer - 1, 2),
                    normalised[layer - 1],
                    inverse[layer - 1],
                    _part(gradient, places - small, widths, layer - 1, 2),
                    _part(gradient, places - small, widths, layer - 1, 3),
                )
            rectify_backward(summed, n, widths[layer], rectified[layer - 1], errors[layer - 1])

        n_steps = n_steps_before + step + 1
        rates[0, 0] = learning_rate / (1 - _BETA_1**n_steps)
        rates[0, 1] = weight_decay
        rates[0, 2] = 1 / np.sqrt(1 - _BETA_2**n_steps)
        rates[0, 3] = 1
        rates[0, 4], rates[0, 5], rates[0, 6] = 1 - _BETA_1, 1 - _BETA_2, _ADAM_EPSILON
        if clips:
            norm = np.sqrt(square + sum_of_squares(gradient))
            rates[0, 3] = min(1.0, clip_norm / (norm + 1e-6)) if norm == norm else norm
        for layer in range(n_layers):
            dense_update(
                _matrix(weights, places, widths, layer),
                _matrix(first, places, widths, layer),
                _matrix(second, places, widths, layer),
                errors[layer],
                n,
                batch if layer == 0 else hidden[layer - 1],
                rates,
            )
        adam_row(
            weights[small:].reshape(row),
            first[small:].reshape(row),
            second[small:].reshape(row),
            gradient.reshape(row),
            rates,
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
    in_order = np.arange(block)
    batch = np.zeros((block, widths[0]), weights.dtype)
    summed = np.zeros((block, widths[1:].max() + LANES), weights.dtype)
    hidden = np.zeros((block, widths[1:].max()), weights.dtype)
    scores = np.empty((len(rows), widths[n_layers]), weights.dtype)
    for start in range(0, len(rows), block):
        n = min(block, len(rows) - start)
        copy_rows(batch, features, rows[start:], n, features.shape[1])
        for layer in range(n_layers):
            inputs = batch if layer == 0 else hidden
            width = widths[layer + 1]
            bias = _part(weights, places, widths, layer, 1)
            dense_forward(inputs, n, _matrix(weights, places, widths, layer), width, widths[layer], bias, summed)
            if layer == n_layers - 1:
                break
            rectify(summed, n, width, hidden)
            if batch_norm:
                gain, offset = _part(weights, places, widths, layer, 2), _part(weights, places, widths, layer, 3)
                normalise_by_running(hidden, n, gain, offset, running[layer])
        copy_rows(scores[start:], summed, in_order, n, widths[n_layers])
    return scores

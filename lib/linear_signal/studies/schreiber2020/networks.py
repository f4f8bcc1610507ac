"""Convolutional and two-branch networks, which look up what they see in the tables they hold, and first weights of all."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import embedding, max_pool1d, relu

from linear_signal.seeds import generator
from linear_signal.studies.schreiber2020.architectures import KERNEL, POOL, Architecture

# Bases 0 to 3 as one of four; one that is not known as none.
ONE_HOT = np.eye(5, 4, dtype=np.float32)


class LookUpNetwork(nn.Module):
    """A network over marks, over what is constant over cell types, or over both; its inputs are places in two tables.

    So the sequence of a locus lies in memory once, as a byte per base, whatever the number of cell types and of batches.

    Args:
        architecture: any.
        constant: uint8 [loci, length], bases 0 to 4; or float32 [loci, numbers].
        signal: float32 [pairs of locus and cell type, marks].
        names: what the first weights are derived from.

    Attributes:
        widest: values of its widest layer, for one sample.
    """

    def __init__(
        self, architecture: Architecture, constant: Tensor, signal: Tensor, *, names: tuple[str | int, ...]
    ) -> None:
        super().__init__()
        self.is_sequence = constant.dtype == torch.uint8
        for name, table in (("constant", constant), ("signal", signal), ("one_hot", torch.from_numpy(ONE_HOT))):
            self.register_buffer(name, table.to(constant.device), persistent=False)
        self.sees_constant, self.sees_signal = architecture.sequence is not None, architecture.signal is not None
        last = 0
        if self.sees_constant:
            branch, n_channels = architecture.sequence, 4 if self.is_sequence else 1
            channels = (n_channels, *[branch.filters] * branch.convolutions)
            self.convolutions = nn.ModuleList(nn.Conv1d(*some, KERNEL) for some in pairwise(channels))
            self.of_constant = _dense(branch.widths(constant.shape[1], n_channels))
            last += branch.width
        if self.sees_signal:
            self.of_signal = _dense(architecture.signal.widths(signal.shape[1], 1))
            last += architecture.signal.width
        self.joint = _dense((last, architecture.joint) if architecture.joint else (last,))
        self.output = nn.Linear(architecture.joint or last, 1)
        self.widest = _widest(architecture, constant.shape[1], 4 if self.is_sequence else 1)
        draw_weights(self, names)

    def forward(self, places: Tensor) -> Tensor:
        """Scores before the sigmoid, float32 [batch, 1].

        Args:
            places: int64 [batch, 2], rows of ``constant`` and of ``signal``.
        """
        last = []
        if self.sees_constant:
            values = self.constant[places[:, 0]]
            # [batch, channels, positions], which is what convolutions take.
            values = embedding(values.int(), self.one_hot).mT if self.is_sequence else values.unsqueeze(1)
            for convolution in self.convolutions:
                values = relu(max_pool1d(convolution(values), POOL))
            last.append(_through(self.of_constant, values.flatten(1)))
        if self.sees_signal:
            last.append(_through(self.of_signal, self.signal[places[:, 1]]))
        return self.output(_through(self.joint, torch.cat(last, dim=1)))


def draw_weights(module: nn.Module, names: tuple[str | int, ...]) -> None:
    """Draw the weights of all dense layers and convolutions after Glorot & Bengio, and set biases to zero."""
    random = generator("initialisation", *names)
    with torch.no_grad():
        for layer in module.modules():
            if isinstance(layer, nn.Linear | nn.Conv1d):
                layer.weight.copy_(torch.from_numpy(_glorot(random, tuple(layer.weight.shape))))
                layer.bias.zero_()


def first_state(widths: tuple[int, ...], names: tuple[str | int, ...]) -> dict[str, np.ndarray]:
    """First weights of a stack of dense layers for the engine (``Member.start``), as :func:`draw_weights` draws them.

    Args:
        widths: from input to output.
        names: what they are derived from.
    """
    random = generator("initialisation", *names)
    state = {}
    for layer in range(len(widths) - 1):
        state[f"layers.{layer}.weight"] = _glorot(random, (widths[layer + 1], widths[layer]))
        state[f"layers.{layer}.bias"] = np.zeros(widths[layer + 1], dtype=np.float32)
    return state


def _dense(widths: tuple[int, ...]) -> nn.ModuleList:
    return nn.ModuleList(nn.Linear(n_in, n_out) for n_in, n_out in pairwise(widths))


def _through(layers: nn.ModuleList, values: Tensor) -> Tensor:
    for layer in layers:
        values = relu(layer(values))
    return values


def _widest(architecture: Architecture, n_positions: int, n_channels: int) -> int:
    branches = [branch for branch in (architecture.signal, architecture.sequence) if branch]
    of_branches = [max(branch.width, branch.filters * n_positions) for branch in branches]
    return max(*of_branches, architecture.joint, n_positions * n_channels)


def _glorot(random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Uniform on +-sqrt(6 / (inputs + outputs)), float32; a convolution has that many per position.

    Source: Glorot & Bengio 2010, equation 16; what Keras does unless told otherwise.
    """
    bound = np.float32(np.sqrt(6 / (shape[0] + shape[1]) / np.prod(shape[2:])))
    return (random.random(shape, dtype=np.float32) * 2 - 1) * bound

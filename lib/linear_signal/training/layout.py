"""Layout: which parameters a member of a stack has, and where the small ones lie."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from linear_signal.seeds import generator
from linear_signal.training.member import Member


@dataclass(frozen=True)
class Layout:
    """Layers of a member: one weight matrix each, and all biases, gains and offsets in one vector.

    Attributes:
        widths: from input to output (genes, hidden ..., classes).
        batch_norm: whether hidden layers have a gain and an offset.
    """

    widths: tuple[int, ...]
    batch_norm: bool

    @property
    def n_layers(self) -> int:
        """Dense layers, the output layer included."""
        return len(self.widths) - 1

    @property
    def hidden(self) -> tuple[int, ...]:
        """Widths of the hidden layers."""
        return self.widths[1:-1]

    @cached_property
    def matrices(self) -> list[tuple[int, int]]:
        """Shape (outputs, inputs) of every layer's weights."""
        return [(n_out, n_in) for n_in, n_out in pairwise(self.widths)]

    @cached_property
    def vectors(self) -> dict[tuple[int, str], slice]:
        """Place of (layer, "bias" | "gain" | "offset") in the vector of small parameters."""
        places: dict[tuple[int, str], slice] = {}
        start = 0
        for layer, width in enumerate(self.widths[1:]):
            names = ("bias", "gain", "offset") if self.batch_norm and layer < self.n_layers - 1 else ("bias",)
            for name in names:
                places[layer, name] = slice(start, start + width)
                start += width
        return places

    @property
    def places(self) -> np.ndarray:
        """Start of every layer's weights, bias, gain and offset when all lie in one vector: int64 [layers, 4].

        First come the matrices, then the small parameters; -1 where a layer has no gain and offset.
        """
        starts = np.cumsum([0, *(n_out * n_in for n_out, n_in in self.matrices)])
        places = np.full((self.n_layers, 4), -1, dtype=np.int64)
        places[:, 0] = starts[:-1]
        for (layer, name), place in self.vectors.items():
            places[layer, 1 + ("bias", "gain", "offset").index(name)] = starts[-1] + place.start
        return places

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """Shapes of a member's buffers: the matrices, then the vector of small parameters."""
        return [*self.matrices, (max(place.stop for place in self.vectors.values()),)]

    @property
    def size(self) -> int:
        """Number of parameters of one member."""
        return sum(int(np.prod(shape)) for shape in self.shapes)


def named_state(
    layout: Layout, matrices: list[np.ndarray], vector: np.ndarray, means: list[np.ndarray], variances: list[np.ndarray]
) -> dict[str, np.ndarray]:
    """Name what a member has learnt, as float32: per layer ``layers.0.weight`` [out, in] and ``layers.0.bias`` [out], with
    batch norm also ``gain``, ``offset``, ``running_mean`` and ``running_variance`` [out].

    Args:
        matrices: weights per layer, [outputs, inputs].
        vector: the small parameters, in the order of ``layout.vectors``.
        means, variances: running statistics per hidden layer, [width]; empty without batch norm.
    """
    named = {f"layers.{layer}.weight": matrix for layer, matrix in enumerate(matrices)}
    named |= {f"layers.{layer}.{name}": vector[place] for (layer, name), place in layout.vectors.items()}
    named |= {f"layers.{layer}.running_mean": mean for layer, mean in enumerate(means)}
    named |= {f"layers.{layer}.running_variance": variance for layer, variance in enumerate(variances)}
    return {name: np.array(values, dtype=np.float32) for name, values in named.items()}


def buffers_of(layout: Layout, state: dict[str, np.ndarray]) -> list[np.ndarray]:
    """Turn a named state back into buffers, float32: matrices, the vector, running means, running variances."""
    vector = np.empty(layout.shapes[-1], dtype=np.float32)
    for (layer, name), place in layout.vectors.items():
        vector[place] = state[f"layers.{layer}.{name}"]
    hidden = range(len(layout.hidden)) if layout.batch_norm else ()
    return [
        *(state[f"layers.{layer}.weight"] for layer in range(layout.n_layers)),
        vector,
        *(state[f"layers.{layer}.running_mean"] for layer in hidden),
        *(state[f"layers.{layer}.running_variance"] for layer in hidden),
    ]


def first_buffers(layout: Layout, member: Member) -> list[np.ndarray]:
    """What a member starts with, float32: matrices, the vector, running means, running variances.

    Raises:
        ValueError: the member starts from the state of another architecture.
    """
    if member.start is None:
        hidden = layout.hidden if layout.batch_norm else ()
        means, variances = ([fill(width, dtype=np.float32) for width in hidden] for fill in (np.zeros, np.ones))
        return [*initial_weights(layout, member.first_weights or member.names), *means, *variances]
    buffers = buffers_of(layout, member.start)
    if [buffer.shape for buffer in buffers[: len(layout.shapes)]] != layout.shapes:
        raise ValueError(f"Members named {member.names} start from weights of another shape than {layout.widths}.")
    return buffers


def initial_weights(layout: Layout, names: tuple[str | int, ...]) -> list[np.ndarray]:
    """Draw a member's first weights, float32 ``layout.shapes``: uniform on +-1/sqrt(inputs), as PyTorch's Linear does."""
    random = generator("initialisation", *names)
    vector = np.zeros(layout.shapes[-1], dtype=np.float32)
    drawn = []
    for layer, (n_out, n_in) in enumerate(layout.matrices):
        bound = np.float32(n_in**-0.5)
        drawn.append((random.random((n_out, n_in), dtype=np.float32) * 2 - 1) * bound)
        vector[layout.vectors[layer, "bias"]] = (random.random(n_out, dtype=np.float32) * 2 - 1) * bound
    for (_, name), place in layout.vectors.items():
        if name == "gain":
            vector[place] = 1
    return [*drawn, vector]

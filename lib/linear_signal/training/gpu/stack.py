"""A stack: the weights of many members of one architecture, with their forward and backward pass.

Every buffer has the members in its first dimension, so that those still in their epoch are its leading rows. Weights lie
as [members, outputs, inputs]: members that see the same mini-batch multiply it as one matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from linear_signal.models import Network
from linear_signal.training.layout import Layout

_MOMENTUM = 0.1  # of the running statistics of batch norm, PyTorch's default
_EPSILON = 1e-5


@dataclass(frozen=True, eq=False)
class Batch:
    """One mini-batch per group of members; a group's members see the same samples.

    Attributes:
        features: float [groups, batch, genes].
        sizes: members of each group, which follow one another in the stack.
        group_of: int64 [members], the group of each member.
        valid: float [members, batch], 0 where a short last batch was padded.
        kept: dropout masks per hidden layer, float [members, batch, width], 0 or 1 / (1 - dropout); None without dropout.
    """

    features: Tensor
    sizes: Sequence[int]
    group_of: Tensor
    valid: Tensor
    kept: list[Tensor] | None


@dataclass(frozen=True, eq=False)
class Gradient:
    """The gradient of a stack, not multiplied out: that of a layer is the sum over samples of error times input.

    Attributes:
        errors: per layer float [members, batch, outputs].
        inputs: per layer float [groups, batch, inputs]; from the second layer on every member is its own group.
        vectors: float [members, small parameters].
    """

    errors: list[Tensor]
    inputs: list[Tensor]
    vectors: Tensor


class Stack:
    """Weights and batch-norm statistics of members.

    Args:
        rows: the first weights, float [members, *shape] for every shape of the layout.
        statistics: running means, then running variances, float [members, width] per hidden layer; empty without batch norm.
        network: what the layers are.
        layout: where the small parameters lie.
    """

    def __init__(self, rows: list[Tensor], statistics: list[Tensor], network: Network, layout: Layout) -> None:
        self.network, self.layout = network, layout
        self.rows = rows
        half = len(statistics) // 2
        self.running_mean, self.running_variance = statistics[:half], statistics[half:]

    @property
    def state(self) -> list[Tensor]:
        """All buffers that make up what was learnt: weights, then running means, then running variances."""
        return [*self.rows, *self.running_mean, *self.running_variance]

    def keep(self, members: Tensor) -> None:
        """Shrink the stack to these members, int64 [kept]."""
        self.rows = [buffer[members] for buffer in self.rows]
        self.running_mean = [statistic[members] for statistic in self.running_mean]
        self.running_variance = [statistic[members] for statistic in self.running_variance]

    def forward(self, batch: Batch) -> tuple[Tensor, list[dict[str, Tensor]]]:
        """Scores in training mode, float [members, batch, classes], and what the backward pass needs, layer by layer."""
        n_members = len(batch.valid)
        weights = [buffer[:n_members] for buffer in self.rows]
        tape: list[dict[str, Tensor]] = []
        outputs = shared_product(batch.features, weights[0], batch.sizes)
        for layer in range(self.layout.n_layers):
            if layer:
                outputs = torch.bmm(tape[-1]["hidden"], weights[layer].mT)
            outputs += self._vector(weights[-1], layer, "bias")
            if layer == self.layout.n_layers - 1:
                break
            record = {"active": outputs > 0}
            hidden = outputs.clamp_(min=0)
            if self.network.batch_norm:
                hidden = self._normalise(hidden, layer, weights[-1], batch.valid, record)
            if batch.kept is not None:
                hidden = hidden * batch.kept[layer]
            record["hidden"] = hidden
            tape.append(record)
        return outputs, tape

    def backward(self, batch: Batch, error: Tensor, tape: list[dict[str, Tensor]]) -> Gradient:
        """Gradient of the loss; ``error`` is its derivative by the scores."""
        n_members = len(error)
        vectors = self.rows[-1].new_empty(n_members, self.rows[-1].shape[1])
        errors = [error]
        for layer in reversed(range(self.layout.n_layers)):
            torch.sum(error, dim=1, out=vectors[:, self.layout.vectors[layer, "bias"]])
            if layer == 0:
                break
            record = tape[layer - 1]
            error = torch.bmm(error, self.rows[layer][:n_members])
            if batch.kept is not None:
                error *= batch.kept[layer - 1]
            if self.network.batch_norm:
                error = self._normalise_backward(error, layer - 1, record, vectors)
            error *= record["active"]
            errors.append(error)
        return Gradient(errors[::-1], [batch.features, *(record["hidden"] for record in tape)], vectors)

    def _vector(self, vectors: Tensor, layer: int, name: str) -> Tensor:
        return vectors[:, self.layout.vectors[layer, name]].unsqueeze(1)

    def _normalise(self, hidden: Tensor, layer: int, vectors: Tensor, valid: Tensor, record: dict[str, Tensor]) -> Tensor:
        valid = valid.unsqueeze(-1)
        count = valid.sum(dim=1, keepdim=True)
        mean = (hidden * valid).sum(dim=1, keepdim=True) / count
        centred = (hidden - mean) * valid
        variance = centred.square().sum(dim=1, keepdim=True) / count
        n_members = len(hidden)
        unbiased = variance * (count / (count - 1))
        self.running_mean[layer][:n_members].lerp_(mean.squeeze(1), _MOMENTUM)
        self.running_variance[layer][:n_members].lerp_(unbiased.squeeze(1), _MOMENTUM)
        inverse = (variance + _EPSILON).rsqrt()
        record |= {"normalised": centred * inverse, "inverse": inverse, "valid": valid, "count": count}
        return record["normalised"] * self._vector(vectors, layer, "gain") + self._vector(vectors, layer, "offset")

    def _normalise_backward(self, error: Tensor, layer: int, record: dict[str, Tensor], vectors: Tensor) -> Tensor:
        error = error * record["valid"]
        normalised = record["normalised"]
        torch.sum(error * normalised, dim=1, out=vectors[:, self.layout.vectors[layer, "gain"]])
        torch.sum(error, dim=1, out=vectors[:, self.layout.vectors[layer, "offset"]])
        error = error * self._vector(self.rows[-1][: len(error)], layer, "gain")
        mean_error = error.sum(dim=1, keepdim=True) / record["count"]
        mean_product = (error * normalised).sum(dim=1, keepdim=True) / record["count"]
        return (error - mean_error - normalised * mean_product) * record["inverse"] * record["valid"]


def shared_product(features: Tensor, weights: Tensor, sizes: Sequence[int]) -> Tensor:
    """Multiply the samples of each group with the weights of all its members.

    Args:
        features: float [groups, samples, genes].
        weights: float [members, outputs, genes].
        sizes: members of each group.

    Returns:
        float [members, samples, outputs], contiguous.
    """
    n_members, n_outputs, n_genes = weights.shape
    n_samples = features.shape[1]
    if max(sizes) == 1:
        return torch.bmm(features, weights.mT)
    products = weights.new_empty(n_members, n_samples, n_outputs)
    start = 0
    for group, size in zip(features, sizes, strict=True):
        flat = weights[start : start + size].view(size * n_outputs, n_genes)
        products[start : start + size] = torch.mm(group, flat.T).view(n_samples, size, n_outputs).transpose(0, 1)
        start += size
    return products


def scores_of(features: Tensor, rows: Tensor, state: list[Tensor], layout: Layout) -> Tensor:
    """Scores in evaluation mode of members that judge the same rows: float [members, rows, classes].

    Args:
        features: float [samples, genes].
        rows: int64 [rows], the samples to judge.
        state: buffers of the members in the order of ``Stack.state``.
    """
    n_members, n_hidden = len(state[0]), len(layout.hidden)
    vectors, means, variances = state[layout.n_layers], state[-2 * n_hidden : -n_hidden], state[-n_hidden:]
    pieces = []
    # Blocks of rows keep the widest hidden layer of the whole stack near 64 MB.
    block = max(16, 2**24 // (n_members * max(layout.widths[1:])))
    for some_rows in rows.split(block):
        hidden = features[some_rows].unsqueeze(0)
        for layer in range(layout.n_layers):
            sizes = [n_members] if layer == 0 else [1] * n_members
            hidden = shared_product(hidden, state[layer], sizes)
            hidden += vectors[:, layout.vectors[layer, "bias"]].unsqueeze(1)
            if layer < layout.n_layers - 1:
                hidden.clamp_(min=0)
                if layout.batch_norm:
                    inverse = (variances[layer] + _EPSILON).rsqrt() * vectors[:, layout.vectors[layer, "gain"]]
                    hidden -= means[layer].unsqueeze(1)
                    hidden *= inverse.unsqueeze(1)
                    hidden += vectors[:, layout.vectors[layer, "offset"]].unsqueeze(1)
        pieces.append(hidden)
    return torch.cat(pieces, dim=1)

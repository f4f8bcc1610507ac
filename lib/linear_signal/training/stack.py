"""A stack: the weights of many members of one architecture, with their forward and backward pass.

Everything a member owns lies in one row of a [members, parameters] buffer, so that Adam and the gradient norm see plain
matrices, and the members that are still in their epoch are a slice of rows. The layers are views into that buffer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from linear_signal.models import Network
from linear_signal.seeds import generator

_MOMENTUM = 0.1  # of the running statistics of batch norm, PyTorch's default
_EPSILON = 1e-5


@dataclass(frozen=True)
class Layout:
    """Where each parameter lies in a member's row."""

    widths: tuple[int, ...]
    batch_norm: bool

    @property
    def n_layers(self) -> int:
        """Dense layers, the output layer included."""
        return len(self.widths) - 1

    def parameters(self) -> dict[tuple[int, str], tuple[int, tuple[int, ...]]]:
        """Map (layer, name) to (start, shape); names are weight [in, out], bias [out], gain [out], offset [out]."""
        places: dict[tuple[int, str], tuple[int, tuple[int, ...]]] = {}
        start = 0
        for layer, (n_in, n_out) in enumerate(zip(self.widths[:-1], self.widths[1:], strict=True)):
            shapes = {"weight": (n_in, n_out), "bias": (n_out,)}
            if self.batch_norm and layer < self.n_layers - 1:
                shapes |= {"gain": (n_out,), "offset": (n_out,)}
            for name, shape in shapes.items():
                places[layer, name] = (start, shape)
                start += int(np.prod(shape))
        return places

    @property
    def size(self) -> int:
        """Number of parameters of one member."""
        start, shape = list(self.parameters().values())[-1]
        return start + int(np.prod(shape))


def initial_row(layout: Layout, names: tuple[str | int, ...]) -> np.ndarray:
    """Draw a member's first weights, float32 [parameters]: uniform on +-1/sqrt(inputs), as PyTorch's Linear does."""
    random = generator("initialisation", *names)
    row = np.empty(layout.size, dtype=np.float32)
    for (layer, name), (start, shape) in layout.parameters().items():
        size = int(np.prod(shape))
        if name in ("weight", "bias"):
            bound = layout.widths[layer] ** -0.5
            row[start : start + size] = (random.random(size, dtype=np.float32) * 2 - 1) * np.float32(bound)
        else:
            row[start : start + size] = 1 if name == "gain" else 0
    return row


class Stack:
    """Weights, gradients and batch-norm statistics of ``members`` members.

    Args:
        rows: float [members, parameters], the first weights.
        network: what the layers are.
        layout: where they lie.
    """

    def __init__(self, rows: Tensor, network: Network, layout: Layout) -> None:
        self.network, self.layout = network, layout
        self.weights = rows
        self.gradients = torch.zeros_like(rows)
        hidden = layout.widths[1:-1] if network.batch_norm else ()
        self.running_mean = [rows.new_zeros(len(rows), width) for width in hidden]
        self.running_variance = [rows.new_ones(len(rows), width) for width in hidden]
        self._bind()

    def keep(self, members: Tensor) -> None:
        """Shrink the stack to these members, int64 [kept]."""
        self.weights = self.weights[members]
        self.gradients = self.gradients[members]
        self.running_mean = [statistic[members] for statistic in self.running_mean]
        self.running_variance = [statistic[members] for statistic in self.running_variance]
        self._bind()

    def _bind(self) -> None:
        places = self.layout.parameters()
        self._weight = {key: view_of(self.weights, *place) for key, place in places.items()}
        self._gradient = {key: view_of(self.gradients, *place) for key, place in places.items()}

    def forward(
        self, batches: list[Tensor], groups: list[slice], n_members: int, keep_masks: list[Tensor] | None, valid: Tensor
    ) -> tuple[Tensor, list[dict[str, Tensor]]]:
        """Scores of one mini-batch per member in training mode, and what the backward pass needs.

        Args:
            batches: one float [batch, genes] per group of members that see the same samples.
            groups: the members (rows) of each group.
            n_members: how many leading members take part.
            keep_masks: per hidden layer float [members, batch, width], 0 or 1 / (1 - dropout); None without dropout.
            valid: float [members, batch], 0 where a short last batch was padded.
        """
        parameter = {key: view[:n_members] for key, view in self._weight.items()}
        tape: list[dict[str, Tensor]] = []
        hidden: Tensor | None = None
        for layer in range(self.layout.n_layers):
            weight, bias = parameter[layer, "weight"], parameter[layer, "bias"].unsqueeze(1)
            if hidden is None:
                outputs = weight.new_empty(n_members, batches[0].shape[0], weight.shape[2])
                for batch, group in zip(batches, groups, strict=True):
                    shared = batch.expand(group.stop - group.start, -1, -1)
                    torch.baddbmm(bias[group], shared, weight[group], out=outputs[group])
            else:
                outputs = torch.baddbmm(bias, hidden, weight)
            if layer == self.layout.n_layers - 1:
                return outputs, tape
            record = {"active": outputs > 0}
            hidden = outputs.clamp_(min=0)
            if self.network.batch_norm:
                hidden = self._normalise(hidden, layer, parameter, valid, record)
            if keep_masks is not None:
                record["keep"] = keep_masks[layer]
                hidden = hidden * keep_masks[layer]
            record["hidden"] = hidden
            tape.append(record)
        raise AssertionError("a network has at least one layer")

    def backward(self, batches: list[Tensor], groups: list[slice], error: Tensor, tape: list[dict[str, Tensor]]) -> None:
        """Write the gradient of the loss into ``gradients``; ``error`` is its derivative by the scores."""
        n_members = len(error)
        for layer in reversed(range(self.layout.n_layers)):
            gradient = {name: self._gradient[layer, name][:n_members] for name in ("weight", "bias")}
            torch.sum(error, dim=1, out=gradient["bias"])
            if layer == 0:
                for batch, group in zip(batches, groups, strict=True):
                    shared = batch.T.expand(group.stop - group.start, -1, -1)
                    torch.bmm(shared, error[group], out=gradient["weight"][group])
                return
            record = tape[layer - 1]
            torch.bmm(record["hidden"].mT, error, out=gradient["weight"])
            error = torch.bmm(error, self._weight[layer, "weight"][:n_members].mT)
            if "keep" in record:
                error = error * record["keep"]
            if self.network.batch_norm:
                error = self._normalise_backward(error, layer - 1, record)
            error = error * record["active"]

    def _normalise(self, hidden: Tensor, layer: int, parameter: dict, valid: Tensor, record: dict[str, Tensor]) -> Tensor:
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
        gain, offset = (parameter[layer, name].unsqueeze(1) for name in ("gain", "offset"))
        return record["normalised"] * gain + offset

    def _normalise_backward(self, error: Tensor, layer: int, record: dict[str, Tensor]) -> Tensor:
        n_members = len(error)
        error = error * record["valid"]
        normalised = record["normalised"]
        torch.sum(error * normalised, dim=1, out=self._gradient[layer, "gain"][:n_members])
        torch.sum(error, dim=1, out=self._gradient[layer, "offset"][:n_members])
        error = error * self._weight[layer, "gain"][:n_members].unsqueeze(1)
        mean_error = error.sum(dim=1, keepdim=True) / record["count"]
        mean_product = (error * normalised).sum(dim=1, keepdim=True) / record["count"]
        return (error - mean_error - normalised * mean_product) * record["inverse"] * record["valid"]


def view_of(buffer: Tensor, start: int, shape: tuple[int, ...]) -> Tensor:
    """View one parameter of all members: [members, *shape]."""
    return buffer[:, start : start + int(np.prod(shape))].unflatten(1, shape)


def scores_of(
    features: Tensor,
    rows: Tensor,
    weights: Tensor,
    running_mean: list[Tensor],
    running_variance: list[Tensor],
    network: Network,
    layout: Layout,
) -> Tensor:
    """Scores in evaluation mode of members that judge the same rows: float [members, rows, classes].

    Args:
        features: float [samples, genes].
        rows: int64 [rows], the samples to judge.
        weights: float [members, parameters]; running statistics per hidden layer, float [members, width].
    """
    parameter = {key: view_of(weights, *place) for key, place in layout.parameters().items()}
    pieces = []
    # Blocks of rows keep the widest hidden layer of the whole stack near 64 MB.
    block = max(16, 2**24 // (len(weights) * max(layout.widths[1:])))
    for some_rows in rows.split(block):
        hidden = features[some_rows].expand(len(weights), -1, -1)
        for layer in range(layout.n_layers):
            hidden = torch.baddbmm(parameter[layer, "bias"].unsqueeze(1), hidden, parameter[layer, "weight"])
            if layer < layout.n_layers - 1:
                hidden.clamp_(min=0)
                if network.batch_norm:
                    inverse = (running_variance[layer] + _EPSILON).rsqrt() * parameter[layer, "gain"]
                    hidden = (hidden - running_mean[layer].unsqueeze(1)) * inverse.unsqueeze(1)
                    hidden += parameter[layer, "offset"].unsqueeze(1)
        pieces.append(hidden)
    return torch.cat(pieces, dim=1)

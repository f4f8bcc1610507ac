"""The training loop of small networks, written out: weights in one buffer, gradients by hand, AdamW in eight calls a step.

It does what ``nn.Sequential``, autograd and ``torch.optim.AdamW`` do, in the same order and to the last bit, in half the
time: steps of networks this small are spent between the calls. It also does without the constructor of AdamW, which loads
PyTorch's compiler, two seconds in every process.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

_BETA_1, _BETA_2, _EPSILON = 0.9, 0.999, 1e-8


class FlatNetwork:
    """Linear layers with rectifiers between them, trained by the mean squared error with AdamW.

    Args:
        layers: ``nn.Linear`` and ``nn.ReLU``, in their order; their weights are copied.
        base: what the layers' output is added to [outputs]; None: nothing.
        learning_rate, weight_decay: of AdamW.
    """

    def __init__(
        self, layers: Iterable[nn.Module], *, base: torch.Tensor | None, learning_rate: float, weight_decay: float
    ) -> None:
        self.base, self.learning_rate, self.weight_decay = base, learning_rate, weight_decay
        layers = list(layers)
        parameters = [one.detach() for layer in layers for one in layer.parameters()]
        self._weights = torch.cat([one.reshape(-1) for one in parameters])
        self._gradient, self._first, self._second, self._root = (torch.zeros_like(self._weights) for _ in range(4))
        pairs = [_views(buffer, parameters) for buffer in (self._weights, self._gradient)]
        # Of each layer its weights and bias with their gradients; None is a rectifier.
        of_linear = iter(zip(*pairs, strict=True))
        self._layers = [next(of_linear) if isinstance(layer, nn.Linear) else None for layer in layers]
        self._steps, self._one = 0, torch.ones(())

    def __call__(self, inputs: torch.Tensor) -> torch.Tensor:
        """Predict [rows, outputs]."""
        return self._output(self._passed(inputs))

    def step(self, inputs: torch.Tensor, wanted: torch.Tensor) -> None:
        """Learn from one batch: inputs [rows, inputs], wanted [rows, outputs]."""
        passed = self._passed(inputs)
        error = torch.ops.aten.mse_loss_backward(self._one, self._output(passed), wanted, 1)
        for place in range(len(self._layers) - 1, -1, -1):
            if (layer := self._layers[place]) is None:
                error = torch.ops.aten.threshold_backward(error, passed[place + 1], 0)
                continue
            (weights, _), (of_weights, of_bias) = layer
            torch.mm(error.t(), passed[place], out=of_weights)
            torch.sum(error, 0, out=of_bias)
            if place:
                error = error.mm(weights)
        self._moved()

    def _passed(self, inputs: torch.Tensor) -> list[torch.Tensor]:
        passed = [inputs]
        for layer in self._layers:
            passed.append(passed[-1].relu() if layer is None else torch.addmm(layer[0][1], passed[-1], layer[0][0].t()))
        return passed

    def _output(self, passed: list[torch.Tensor]) -> torch.Tensor:
        return passed[-1] if self.base is None else self.base + passed[-1]

    def _moved(self) -> None:
        """Take a step of AdamW (Loshchilov & Hutter 2019, algorithm 2), in the order of operations of PyTorch's."""
        self._steps += 1
        size = self.learning_rate / (1 - _BETA_1**self._steps)
        self._weights.mul_(1 - self.learning_rate * self.weight_decay)
        self._first.lerp_(self._gradient, 1 - _BETA_1)
        self._second.mul_(_BETA_2).addcmul_(self._gradient, self._gradient, value=1 - _BETA_2)
        torch.sqrt(self._second, out=self._root).div_((1 - _BETA_2**self._steps) ** 0.5).add_(_EPSILON)
        self._weights.addcdiv_(self._first, self._root, value=-size)


def _views(buffer: torch.Tensor, parameters: list[torch.Tensor]) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Cut a buffer into weights and bias of each linear layer."""
    parts = buffer.split([one.numel() for one in parameters])
    shaped = [part.view(one.shape) for part, one in zip(parts, parameters, strict=True)]
    return list(zip(shaped[::2], shaped[1::2], strict=True))

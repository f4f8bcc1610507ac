"""Adam for a stack: gradient clipping, then PyTorch's fused Adam, one launch for all weights of a member."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.optim.adam import adam as library_adam

from linear_signal.training.gpu.stack import Gradient

_BETA_1, _BETA_2, _EPSILON = 0.9, 0.999, 1e-8


class Adam:
    """Adam with gradient clipping and L2 weight decay, as torch.optim.Adam after clip_grad_norm_.

    Args:
        rows: weights, float [members, ...]; only shapes, dtype and device matter here.
        learning_rates, weight_decays: float64 [members].
        clip_norm: the gradient of a member is shortened to this Euclidean norm.
    Source: Kingma & Ba 2015, algorithm 1.
    """

    def __init__(
        self,
        rows: list[Tensor],
        learning_rates: np.ndarray,
        weight_decays: np.ndarray,
        *,
        clip_norm: float,
    ) -> None:
        self.first = [torch.zeros_like(buffer) for buffer in rows]
        self.second = [torch.zeros_like(buffer) for buffer in rows]
        self.learning_rates, self.weight_decays = learning_rates, weight_decays
        self.clip_norm = clip_norm
        # The fused Adam wants one count of steps per buffer of each member, on the device.
        self._steps = torch.zeros(len(rows[0]), len(rows), device=rows[0].device)

    def keep(self, members: Tensor) -> None:
        """Shrink to these members, int64 [kept]."""
        kept = members.cpu().numpy()
        self.first = [buffer[members] for buffer in self.first]
        self.second = [buffer[members] for buffer in self.second]
        self.learning_rates, self.weight_decays = self.learning_rates[kept], self.weight_decays[kept]
        self._steps = self._steps[members]

    def step(self, rows: list[Tensor], gradient: Gradient, group_of: Tensor) -> None:
        """Move the leading members one step, in place; the gradient is used up.

        Args:
            rows: all weights of the stack.
            group_of: int64 [members], the group of each member that takes this step.
        """
        n_members = len(gradient.vectors)
        if self.clip_norm < float("inf"):
            shrink = (self.clip_norm / (gradient_norm(gradient, group_of) + 1e-6)).clamp_(max=1)
            for errors in gradient.errors:
                errors *= shrink[:, None, None]
            gradient.vectors.mul_(shrink[:, None])
        products = [
            torch.bmm(errors.mT, inputs[group_of] if layer == 0 else inputs)
            for layer, (errors, inputs) in enumerate(zip(gradient.errors, gradient.inputs, strict=True))
        ]
        for member in range(n_members):
            library_adam(
                [buffer[member] for buffer in rows],
                [product[member] for product in (*products, gradient.vectors)],
                [buffer[member] for buffer in self.first],
                [buffer[member] for buffer in self.second],
                [],
                list(self._steps[member]),
                fused=True,
                amsgrad=False,
                beta1=_BETA_1,
                beta2=_BETA_2,
                lr=float(self.learning_rates[member]),
                weight_decay=float(self.weight_decays[member]),
                eps=_EPSILON,
                maximize=False,
            )


def gradient_norm(gradient: Gradient, group_of: Tensor) -> Tensor:
    """Euclidean norm of every member's gradient, float [members], without multiplying the gradient out.

    The squared norm of a product of errors and inputs is the sum of the products of their Gram matrices, each of the
    size of the batch.
    """
    squares = gradient.vectors.square().sum(1)
    for layer, (errors, inputs) in enumerate(zip(gradient.errors, gradient.inputs, strict=True)):
        of_inputs = torch.bmm(inputs, inputs.mT)
        if layer == 0:
            of_inputs = of_inputs[group_of]
        squares = squares + (torch.bmm(errors, errors.mT) * of_inputs).sum((1, 2))
    return squares.clamp_(min=0).sqrt_()

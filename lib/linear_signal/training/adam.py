"""Adam for a stack: every member has its own learning rate, weight decay and step count."""

from __future__ import annotations

import torch
from torch import Tensor

_BETA_1, _BETA_2, _EPSILON = 0.9, 0.999, 1e-8
# Values per pass: the five buffers of a pass stay in the processor's cache, so main memory is read and written once.
_CHUNK = 2**17


class Adam:
    """Adam with gradient clipping and L2 weight decay, as torch.optim.Adam after clip_grad_norm_.

    Args:
        weights: float [members, parameters]; only its shape, dtype and device matter here.
        learning_rates: float [members].
        weight_decays: float [members].
        clip_norm: the gradient of a member is shortened to this Euclidean norm.

    Source: Kingma & Ba 2015, algorithm 1.
    """

    def __init__(self, weights: Tensor, learning_rates: Tensor, weight_decays: Tensor, *, clip_norm: float) -> None:
        self.first = torch.zeros_like(weights)
        self.second = torch.zeros_like(weights)
        self.learning_rates, self.weight_decays = learning_rates, weight_decays
        # In double precision: 0.999 ** steps in single precision would cost the first steps three digits.
        self.steps = torch.zeros(len(weights), dtype=torch.float64, device=weights.device)
        self.clip_norm = clip_norm

    def keep(self, members: Tensor) -> None:
        """Shrink to these members, int64 [kept]."""
        for name in ("first", "second", "learning_rates", "weight_decays", "steps"):
            setattr(self, name, getattr(self, name)[members])

    def step(self, weights: Tensor, gradients: Tensor) -> None:
        """Move the leading members one step, in place; ``gradients`` is used up."""
        n_members, n_parameters = weights.shape
        self.steps[:n_members] += 1
        steps = self.steps[:n_members, None]
        norm = torch.linalg.vector_norm(gradients, dim=1, keepdim=True)
        shrink = (self.clip_norm / (norm + 1e-6)).clamp_(max=1)
        size = (self.learning_rates[:n_members, None] / (1 - _BETA_1**steps)).to(weights.dtype)
        correction = (1 - _BETA_2**steps).sqrt().to(weights.dtype)
        decay = self.weight_decays[:n_members, None]
        # A GPU has no such cache to stay in, and every pass would be a launch.
        width = max(1, _CHUNK // n_members) if weights.device.type == "cpu" else n_parameters
        for start in range(0, n_parameters, width):
            part = slice(start, start + width)
            gradient, weight = gradients[:, part], weights[:, part]
            first, second = self.first[:n_members, part], self.second[:n_members, part]
            gradient.mul_(shrink).addcmul_(weight, decay)
            first.lerp_(gradient, 1 - _BETA_1)
            second.mul_(_BETA_2).addcmul_(gradient, gradient, value=1 - _BETA_2)
            change = torch.div(first, second.sqrt().div_(correction).add_(_EPSILON), out=gradient)
            weight.addcmul_(change, size, value=-1)

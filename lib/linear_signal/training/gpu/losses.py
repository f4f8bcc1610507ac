"""Class-weighted losses with their gradients, for many members at once."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import softplus


def cross_entropy(scores: Tensor, classes: Tensor, *, gradient: bool) -> tuple[Tensor, Tensor | None]:
    """Cross-entropy of every sample: float [members, samples], and its derivative by the scores.

    Args:
        scores: float [members, samples, classes], before the softmax.
        classes: int64 [members, samples].
        gradient: whether the derivative [members, samples, classes] is wanted.
    """
    log_shares = scores.log_softmax(dim=-1)
    losses = -log_shares.gather(-1, classes.unsqueeze(-1)).squeeze(-1)
    if not gradient:
        return losses, None
    derivative = log_shares.exp_()
    derivative.scatter_add_(-1, classes.unsqueeze(-1), derivative.new_full((*classes.shape, 1), -1.0))
    return losses, derivative


def hinge(scores: Tensor, classes: Tensor, *, gradient: bool) -> tuple[Tensor, Tensor | None]:
    """Multi-class hinge loss (Weston & Watkins 1999; as PyTorch's MultiMarginLoss): shapes as in ``cross_entropy``.

    The loss of a sample is the mean over classes of max(0, 1 - score of the true class + score of the other class).
    """
    n_classes = scores.shape[-1]
    true = classes.unsqueeze(-1)
    margins = (1 - scores.gather(-1, true) + scores).clamp_(min=0)
    margins.scatter_(-1, true, 0.0)
    losses = margins.sum(-1) / n_classes
    if not gradient:
        return losses, None
    derivative = (margins > 0).to(scores.dtype) / n_classes
    derivative.scatter_(-1, true, -derivative.sum(-1, keepdim=True))
    return losses, derivative


def binary_cross_entropy(scores: Tensor, classes: Tensor, *, gradient: bool) -> tuple[Tensor, Tensor | None]:
    """Cross-entropy of two classes with one output, whose sigmoid is the share of class 1; otherwise as ``cross_entropy``.

    Args:
        scores: float [members, samples, 1], before the sigmoid.
    """
    score, is_one = scores.squeeze(-1), classes.to(scores.dtype)
    losses = softplus(score) - is_one * score
    return losses, (score.sigmoid() - is_one).unsqueeze(-1) if gradient else None


LOSSES = {"cross_entropy": cross_entropy, "hinge": hinge, "binary_cross_entropy": binary_cross_entropy}


def weighted_mean(losses: Tensor, weights: Tensor) -> Tensor:
    """Mean over the samples, each counted with its weight: float [members]."""
    return (losses * weights).sum(-1) / weights.sum(-1)

"""Train any PyTorch module, plainly and one at a time: the yardstick of the engines, and for layers they do not have."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy

import numpy as np
import torch
from torch import nn
from torch.optim.adam import adam as library_adam

from linear_signal.seeds import generator, seed_of
from linear_signal.training.batches import BalancedRows
from linear_signal.training.class_weights import weights_of
from linear_signal.training.member import EarlyStopping, Member, Trained
from linear_signal.training.settings import TrainingSettings


def train_module(
    module: nn.Module,
    features: torch.Tensor,
    classes: torch.Tensor,
    member: Member,
    *,
    n_classes: int,
    settings: TrainingSettings,
    loss: str = "cross_entropy",
    feature_rows: torch.Tensor | None = None,
    rows_at_once: int = 4096,
    before_step: Callable[[np.ndarray], None] | None = None,
) -> Trained:
    """Train a module with Adam, stopped early by the member's tune rows, under the settings of the fast engines.

    Batches come in the order that the member's names give them, and whatever else the module draws (dropout) from seeds of
    the same names. Other random numbers of the process are left alone.

    Args:
        module: takes [batch, ...] of ``features`` and returns scores [batch, classes], or [batch, 1] for a binary loss;
            trained in place, left in its best state and in evaluation mode.
        features: [rows, ...], on the module's device; of its dtype, or of whatever it takes.
        classes: int64 [samples].
        member: which rows fit, tune and judge, learning rate and weight decay. Its ``first_weights`` and ``start`` play no
            part: the module comes with its weights.
        n_classes: number of classes.
        settings: epochs, batches, patience, clipping.
        loss: one of those of a :class:`~linear_signal.models.Network`; weighted by class.
        feature_rows: int64 [samples], which row of ``features`` each sample has; None: its own.
        rows_at_once: samples that are scored at a time, which decides on the memory that takes.
        before_step: called with the rows of every batch before it is learnt.

    Returns:
        As of the engines; ``state`` holds the module's own state by name.

    Raises:
        InputError: balanced batches of a single class, or of a size that cannot be dealt out evenly.

    Source: the loop of Heil et al. 2023, Methods, "Model training".
    """
    classes_here = classes.cpu().numpy()
    by_class, parameters = weights_of(member, classes_here, n_classes), list(module.parameters())
    # Where all weigh the same nothing is weighed: of a small network that would be a tenth of the time.
    weights = None if len(set(by_class)) == 1 else torch.as_tensor(by_class).to(parameters[0])
    adam = _Adam(parameters, learning_rate=member.learning_rate, weight_decay=member.weight_decay)
    stopping, best, train_loss = EarlyStopping(settings), deepcopy(module.state_dict()), []
    batches, clips = _epochs(member, classes_here, settings.batch_size), settings.clip_norm < float("inf")
    devices = [features.device] if features.device.type == "cuda" else []

    def inputs(rows: np.ndarray) -> torch.Tensor:
        return features[rows if feature_rows is None else feature_rows[rows]]

    def scored(rows: np.ndarray) -> torch.Tensor:
        module.eval()
        with torch.no_grad():
            parts = [module(inputs(rows[start : start + rows_at_once])) for start in range(0, len(rows), rows_at_once)]
        return torch.cat(parts) if parts else parameters[0].new_empty(0, 1 if loss == "binary_cross_entropy" else n_classes)

    def loss_on(rows: np.ndarray) -> float:
        return weighted_loss(loss, scored(rows), classes[rows], weights).item()

    with torch.random.fork_rng(devices):
        torch.manual_seed(seed_of("module", *member.names) % 2**63)
        while not stopping.stopped:
            module.train()
            losses = []
            for batch in next(batches):
                if before_step:
                    before_step(batch)
                for one in parameters:
                    one.grad = None
                step = weighted_loss(loss, module(inputs(batch)), classes[batch], weights)
                step.backward()
                if clips:
                    nn.utils.clip_grad_norm_(parameters, settings.clip_norm)
                adam.step()
                losses.append(step.detach())
            train_loss.append(float(np.mean([one.item() for one in losses])) if losses else float("nan"))
            if stopping.improves(loss_on(member.tune_rows)):
                best = deepcopy(module.state_dict())
    module.load_state_dict(best)
    known = member.judge_rows[by_class[classes_here[member.judge_rows]] > 0]
    return Trained(
        scores=scored(member.judge_rows).cpu().numpy(),
        further_scores=scored(member.further_rows).cpu().numpy(),
        judge_loss=loss_on(known) if len(known) else float("nan"),
        best_epoch=stopping.best_epoch,
        out_of_patience=stopping.out_of_patience,
        train_loss=np.array(train_loss),
        tune_loss=np.array(stopping.losses),
        state={name: value.cpu().numpy() for name, value in best.items()},
    )


class _Adam:
    """torch.optim.Adam, whose constructor would load PyTorch's compiler first: two seconds in every process.

    Args:
        parameters: moved in place; those without a gradient stay where they are.
    """

    def __init__(self, parameters: list[nn.Parameter], *, learning_rate: float, weight_decay: float) -> None:
        self.parameters, self.learning_rate, self.weight_decay = parameters, learning_rate, weight_decay
        self.first, self.second = ([torch.zeros_like(one) for one in parameters] for _ in range(2))
        self.steps = [torch.zeros((), device=one.device) for one in parameters]

    @torch.no_grad()
    def step(self) -> None:
        """Move all parameters by their gradients."""
        moved = [place for place, one in enumerate(self.parameters) if one.grad is not None]
        library_adam(
            [self.parameters[place] for place in moved],
            [self.parameters[place].grad for place in moved],
            *([all_of[place] for place in moved] for all_of in (self.first, self.second)),
            [],
            [self.steps[place] for place in moved],
            fused=True,
            amsgrad=False,
            beta1=0.9,
            beta2=0.999,
            lr=self.learning_rate,
            weight_decay=self.weight_decay,
            eps=1e-8,
            maximize=False,
        )


def weighted_loss(loss: str, scores: torch.Tensor, classes: torch.Tensor, weights: torch.Tensor | None) -> torch.Tensor:
    """Mean loss over samples that count as their classes weigh, or all alike: a tensor without dimensions."""
    if loss == "cross_entropy":
        return nn.functional.cross_entropy(scores, classes, weight=weights)
    reduction = "mean" if weights is None else "none"
    if loss == "binary_cross_entropy":
        truth = classes.to(scores.dtype)
        each = nn.functional.binary_cross_entropy_with_logits(scores[:, 0], truth, reduction=reduction)
    else:
        each = nn.functional.multi_margin_loss(scores, classes, reduction=reduction)
    return each if weights is None else (each * weights[classes]).sum() / weights[classes].sum()


def _epochs(member: Member, classes: np.ndarray, size: int) -> Iterator[list[np.ndarray]]:
    """Deal out the rows of the batches of one epoch after the other, without end."""
    order = generator("order", *member.names)
    if member.balanced_steps:
        balanced = BalancedRows(member.fit_rows, classes)
        while True:
            yield list(balanced.draw(order, (member.balanced_steps, size)))
    while True:
        rows = order.permutation(member.fit_rows)
        cut = [rows[start : start + size] for start in range(0, len(rows), size)]
        yield [batch for batch in cut if len(batch) > 1]  # batch norm knows no spread of a single sample

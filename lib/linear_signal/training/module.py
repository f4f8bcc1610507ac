"""Train any PyTorch module, plainly and one at a time: the yardstick of the engines, and for layers they do not have."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import numpy as np
import torch
from torch import nn

from linear_signal.seeds import generator, seed_of
from linear_signal.training.class_weights import class_weights
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
    before_step: Callable[[np.ndarray], None] | None = None,
) -> Trained:
    """Train a module with Adam, stopped early by the member's tune rows, under the settings of the fast engines.

    Batches come in the order that the member's names give them, and whatever else the module draws (dropout) from seeds of
    the same names. Other random numbers of the process are left alone.

    Args:
        module: takes [batch, ...] of ``features`` and returns scores [batch, classes]; trained in place, left in its best
            state and in evaluation mode.
        features: [samples, ...], of the module's dtype and on its device.
        classes: int64 [samples].
        member: which rows fit, tune and judge, learning rate and weight decay. Its ``first_weights`` and ``start`` play no
            part: the module comes with its weights.
        n_classes: number of classes.
        settings: epochs, batches, patience, clipping.
        loss: "cross_entropy", or "hinge" (multi-class, after Weston & Watkins); weighted by class.
        before_step: called with the rows of every batch before it is learnt.

    Returns:
        As of the engines; ``state`` holds the module's own state by name.

    Source: the loop of Heil et al. 2023, Methods, "Model training".
    """
    learnt = np.concatenate([member.fit_rows, member.tune_rows])
    by_class = class_weights(classes[learnt].cpu().numpy(), n_classes)
    weights = torch.as_tensor(by_class, dtype=features.dtype, device=features.device)
    adam = torch.optim.Adam(module.parameters(), lr=member.learning_rate, weight_decay=member.weight_decay)
    order, size = generator("order", *member.names), settings.batch_size
    stopping, best, train_loss = EarlyStopping(settings), deepcopy(module.state_dict()), []
    devices = [features.device] if features.device.type == "cuda" else []
    with torch.random.fork_rng(devices):
        torch.manual_seed(seed_of("module", *member.names) % 2**63)
        while not stopping.stopped:
            module.train()
            rows, losses = order.permutation(member.fit_rows), []
            for batch in (rows[start : start + size] for start in range(0, len(rows), size)):
                if len(batch) == 1:  # batch norm knows no spread of a single sample
                    continue
                if before_step:
                    before_step(batch)
                adam.zero_grad()
                step = weighted_loss(loss, module(features[batch]), classes[batch], weights)
                step.backward()
                nn.utils.clip_grad_norm_(module.parameters(), settings.clip_norm)
                adam.step()
                losses.append(step.item())
            train_loss.append(float(np.mean(losses)) if losses else float("nan"))
            if stopping.improves(_loss_on(module, features, classes, member.tune_rows, loss, weights)):
                best = deepcopy(module.state_dict())
    module.load_state_dict(best)
    known = member.judge_rows[by_class[classes[member.judge_rows].cpu().numpy()] > 0]
    return Trained(
        scores=_scores(module, features, member.judge_rows, n_classes),
        further_scores=_scores(module, features, member.further_rows, n_classes),
        judge_loss=_loss_on(module, features, classes, known, loss, weights) if len(known) else float("nan"),
        best_epoch=stopping.best_epoch,
        out_of_patience=stopping.out_of_patience,
        train_loss=np.array(train_loss),
        tune_loss=np.array(stopping.losses),
        state={name: value.cpu().numpy() for name, value in best.items()},
    )


def weighted_loss(loss: str, scores: torch.Tensor, classes: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Mean loss over samples that count as their classes weigh: a tensor without dimensions."""
    if loss == "cross_entropy":
        return nn.functional.cross_entropy(scores, classes, weight=weights)
    each = nn.functional.multi_margin_loss(scores, classes, reduction="none")
    return (each * weights[classes]).sum() / weights[classes].sum()


def _loss_on(
    module: nn.Module, features: torch.Tensor, classes: torch.Tensor, rows: np.ndarray, loss: str, weights: torch.Tensor
) -> float:
    module.eval()
    with torch.no_grad():
        return weighted_loss(loss, module(features[rows]), classes[rows], weights).item()


def _scores(module: nn.Module, features: torch.Tensor, rows: np.ndarray, n_classes: int) -> np.ndarray:
    if not len(rows):
        return np.empty((0, n_classes), dtype=np.float32)
    module.eval()
    with torch.no_grad():
        return module(features[rows]).cpu().numpy()

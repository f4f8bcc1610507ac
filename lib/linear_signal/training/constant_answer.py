"""The loss of the best constant answer on a member's own mini-batches: what a network has that never left its start."""

from __future__ import annotations

import numpy as np
import scipy.special

from linear_signal.training.batches import Batches

LEARNT_BELOW = 0.99  # share of the loss of the constant answer; a network above it in every epoch never left its start


def constant_losses(
    names: tuple[str | int, ...],
    fit_rows: np.ndarray,
    classes: np.ndarray,
    class_weights: np.ndarray,
    *,
    batch_size: int,
    n_epochs: int,
) -> np.ndarray:
    """Training loss, epoch by epoch, of the constant answer that is best over all epochs: float64 [epochs].

    With classes of one size that is the logarithm of their number. With uneven ones it is less, because the weights of a
    batch count relative to one another and a batch can lack a class; so the batches are gone through as they were trained
    on.

    Args:
        names, fit_rows: of the member.
        classes: int64 [rows], of all rows.
        class_weights: float [classes].
        batch_size: samples per step.
        n_epochs: of the training.
    """
    batches = Batches(names, fit_rows, batch_size=batch_size, dropout=0.0, n_hidden=0)
    shares = np.zeros((n_epochs, len(class_weights)))
    for of_epoch in shares:
        rows, lengths = batches.epoch()
        weights = class_weights[classes[rows]] * (np.arange(batch_size) < lengths[:, None])
        weights /= weights.sum(axis=1, keepdims=True)
        np.add.at(of_epoch, classes[rows], weights / max(1, len(rows)))
    # Cross-entropy is least where every class is given the share of the weight that it has.
    return -scipy.special.xlogy(shares, shares.mean(axis=0)).sum(axis=1)


def left_start(train_loss: np.ndarray, constant: np.ndarray) -> bool:
    """Say whether a network's training loss (cross-entropy) fell below that of a constant answer in any epoch.

    Args:
        train_loss: float64 [epochs].
        constant: float64 [epochs, or more], from ``constant_losses``.
    """
    return bool((train_loss < LEARNT_BELOW * constant[: len(train_loss)]).any())

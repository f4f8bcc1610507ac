"""Class weights: how much a sample of a class counts in every loss, for all models alike."""

from __future__ import annotations

import numpy as np

from linear_signal.training.member import Member


def class_weights(classes: np.ndarray, n_classes: int) -> np.ndarray:
    """Weigh classes by their inverse frequency, 1 / (count + 1); one without samples weighs nothing.

    Args:
        classes: int [samples], of all samples that a model may learn from.
        n_classes: number of classes, with those without samples.

    Returns:
        float64 [classes].

    Source: the code of Heil et al. 2023, which weighs a class without samples 1. No sample of it is ever learnt from, but
    where one is judged it would count as much as all samples of another class together, and settings would be chosen by
    what no model can know.

    >>> class_weights(np.array([0, 0, 0, 2]), 3).tolist()
    [0.25, 0.0, 0.5]
    """
    counts = np.bincount(classes, minlength=n_classes)
    return np.where(counts > 0, 1 / (counts + 1), 0.0)


def weights_of(member: Member, classes: np.ndarray, n_classes: int) -> np.ndarray:
    """Weigh classes for a member: by the samples it may learn from, or all alike where its batches are balanced.

    Args:
        member: fit and tune rows, and how its batches are drawn.
        classes: int64 [rows], of all rows.
        n_classes: number of classes.

    Returns:
        float64 [classes].
    """
    if member.balanced_steps:
        return np.ones(n_classes)
    return class_weights(classes[np.concatenate([member.fit_rows, member.tune_rows])], n_classes)

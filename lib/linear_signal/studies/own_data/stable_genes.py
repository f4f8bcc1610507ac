"""Genes that the linear model rests on in every split, with the sign of their weight."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd

from linear_signal.data.splits import find_split
from linear_signal.data.tasks import Task
from linear_signal.training.exact.ridge import ridge_path

_PENALTY = 1e-2
_STABLE = 0.9
_MOST_ROWS = 200


def stable_genes(task: Task, *, n_top: int = 50, n_seeds: int = 2, until: float = float("inf")) -> pd.DataFrame | None:
    """Fit ridge logistic regression on the training samples of every split, and count the genes with the largest weights.

    Genes are standardised over the training samples, so that weights can be compared.

    Args:
        task: the samples.
        n_top: genes of a class that count as used, those with the largest weights.
        n_seeds: repeats of five folds.
        until: reading of ``time.monotonic`` at which it ends, with the repeats that are whole.

    Returns:
        gene, class, share (of splits in which it is among these, with one sign), sign (+1: higher in the class), weight
        (mean); those with a share of 0.9 or more, the largest weights first. Of two classes the second alone is listed.
        None where time did not suffice for one repeat.

    Source: after Meinshausen & Bühlmann 2010, J R Stat Soc B 72:417, with folds in place of halves.
    """
    values = task.dataset.expression[task.rows].astype(np.float64)
    weights: list[np.ndarray] = []
    for seed in range(n_seeds):
        of_seed = _weights(task, values, seed, until)
        if of_seed is None:
            if seed == 0:
                return None
            break
        weights += of_seed
    if not weights:
        return pd.DataFrame()
    stacked = np.array(weights)  # [splits, genes, classes]
    rows = []
    for one in range(1 if task.n_classes == 2 else 0, task.n_classes):
        own = stacked[:, :, one]
        n_used = min(n_top, own.shape[1])
        used = np.zeros(own.shape, dtype=bool)
        np.put_along_axis(used, np.argsort(-np.abs(own), axis=1)[:, :n_used], values=True, axis=1)
        mean = own.mean(axis=0)
        share = (used & (np.sign(own) == np.sign(mean))).mean(axis=0)
        rows += [
            {
                "gene": task.dataset.gene_ids[gene],
                "class": task.class_names[one],
                "share": share[gene],
                "sign": int(np.sign(mean[gene])),
                "weight": mean[gene],
            }
            for gene in np.flatnonzero(share >= _STABLE)
        ]
    if not rows:
        return pd.DataFrame()
    table = pd.DataFrame(rows)
    return table.reindex(table["weight"].abs().sort_values(ascending=False).index).head(_MOST_ROWS).reset_index(drop=True)


def _weights(task: Task, values: np.ndarray, seed: int, until: float) -> list[np.ndarray] | None:
    """Fit the folds that have all classes: float64 [genes, classes] each; None where time did not suffice."""
    found = []
    for fold in find_split("group").folds(task, n_folds=5, seed=seed):
        if time.monotonic() > until:
            return None
        own = values[fold.train]
        if len(np.unique(task.classes[fold.train])) < task.n_classes:
            continue
        deviation = own.std(axis=0)
        own = (own - own.mean(axis=0)) / np.where(deviation > 0, deviation, np.inf)
        found.append(ridge_path(own, task.classes[fold.train], [_PENALTY], n_classes=task.n_classes)[0].weights)
    return found

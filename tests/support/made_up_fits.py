"""Results tables of one task with a mean balanced accuracy per model and signal, for the tests of verdicts."""

from itertools import product

import numpy as np
import pandas as pd

SIGNAL = {
    ("logistic_regression", "full"): 0.95,
    ("three_layer", "full"): 0.96,
    ("logistic_regression", "removed"): 0.5,
    ("three_layer", "removed"): 0.8,
}


def make_fits(levels, *, tasks=("Blood vs Brain",), fractions=(0.5, 1.0), folds=5, seeds=1, spread=0.01, **columns):
    """Fits with a mean balanced accuracy per (model, signal); ``columns`` are the same in every row."""
    random = np.random.default_rng(7)
    rows = []
    for task, (key, level), fraction in product(tasks, levels.items(), fractions):
        for seed, fold in product(range(seeds), range(folds)):
            score = level - 0.1 * (1 - fraction) + spread * random.standard_normal()
            rows.append(
                {"task": task, "model": key[0], "signal": key[1], "pretraining": "none", "split": "group"}
                | {"seed": seed, "fold": fold}
                | {"fraction": fraction, "balanced_accuracy": min(1.0, score), "naive_accuracy": 0.5}
                | {"train_samples": round(80 * fraction), "validation_samples": 20, "smallest_class_groups": 40}
                | columns
            )
    return pd.DataFrame(rows)

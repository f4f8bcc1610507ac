"""Results tables of random numbers, for the tests of figures."""

from itertools import product

import numpy as np
import pandas as pd

MODELS = ("logistic_regression", "three_layer", "sklearn.ensemble.HistGradientBoostingClassifier")


def random_fits(*, tasks=("Simulated 1", "Simulated 2"), signals=("full", "removed"), folds=3, fractions=(0.5, 1.0)):
    random = np.random.default_rng(0)
    return pd.DataFrame(
        {"task": task, "signal": signal, "pretraining": "none", "split": "group", "model": model, "seed": 0, "fold": fold}
        | {"fraction": fraction, "balanced_accuracy": random.uniform(0.5, 1), "naive_accuracy": 0.5}
        | {"train_samples": round(800 * fraction), "validation_samples": 200}
        for task, signal, model, fraction, fold in product(tasks, signals, MODELS, fractions, range(folds))
    )


def random_trials():
    random = np.random.default_rng(0)
    rows = [
        {"task": "Simulated 1", "model": model, "signal": signal, "split": "group", "seed": 0, "fold": fold}
        | {"trial": trial, "learning_rate": 10 ** random.uniform(-6, 1), "weight_decay": 10 ** random.uniform(-6, 1)}
        | {"inner_loss": 1.0, "inner_balanced_accuracy": random.uniform(), "chosen": trial == 0}
        for model, signal, fold, trial in product(MODELS[:2], ("full", "removed"), range(2), range(5))
    ]
    return pd.DataFrame(rows)


def random_penalties():
    random = np.random.default_rng(0)
    return pd.DataFrame(
        {"penalty": penalty, "balanced_accuracy": random.uniform(0.5, 1), "train_samples": size, "variant": variant}
        | {"seed": 0, "fold": fold, "naive_accuracy": 0.5}
        for penalty, size, variant, fold in product([1e-6, 1e-2, 1e2], [80, 800], ["raw", "centred"], range(3))
    )

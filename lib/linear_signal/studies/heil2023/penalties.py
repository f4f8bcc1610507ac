"""A study of exactly solved logistic regression: what the penalty, the intercept and centring each do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from linear_signal.crossvalidation.before_and_after_fits import balanced_accuracy
from linear_signal.data.splits import find_split, training_fractions
from linear_signal.data.tasks import Task
from linear_signal.errors import InputError
from linear_signal.experiment.threads import single_thread
from linear_signal.numbers import accuracy
from linear_signal.training.exact.ridge import ridge_path

# How the features are shifted and whether an intercept is fitted.
VARIANTS = {
    "raw, with intercept": (False, True),
    "raw, intercept at zero": (False, False),
    "centred, intercept at zero": (True, False),
}


def check_penalties(penalties: Sequence[float]) -> None:
    """Refuse penalties that :func:`penalty_study` could not solve or show.

    Raises:
        InputError: there is none, one is not positive, or one is there twice.
    """
    if not penalties:
        raise InputError("penalties are []; at least one is needed.")
    if not all(penalty > 0 for penalty in penalties):
        raise InputError(f"penalties name {min(penalties)}; each must be positive.")
    if len(set(penalties)) < len(penalties):
        raise InputError("penalties name one twice.")


@single_thread()
def penalty_study(
    task: Task, *, penalties: Sequence[float], fractions: Sequence[float], n_folds: int = 5, seed: int = 0
) -> pd.DataFrame:
    """Solve ridge logistic regression for every penalty, training-set size, fold and variant.

    Centring subtracts the mean over the training samples from training and validation samples.

    Returns:
        Tidy table, without folds whose training samples at a size hold a single class:
        variant, penalty, fraction, train_samples, seed, fold, balanced_accuracy, naive_accuracy, converged.
    """
    expression, rows = task.dataset.expression, []
    for number, fold in enumerate(find_split("group").folds(task, n_folds=n_folds, seed=seed)):
        names = (task.dataset.name, task.name, seed, number)
        for fraction, cut in training_fractions(fold.train, tuple(fractions), names=names).items():
            if len(np.unique(task.classes[cut])) < 2:
                continue
            for variant, (centred, intercept) in VARIANTS.items():
                learnt, judged = task.rows[cut], task.rows[fold.validation]
                shift = expression[learnt].mean(axis=0, dtype=np.float64) if centred else 0
                path = ridge_path(
                    expression[learnt] - shift,
                    task.classes[cut],
                    list(penalties),
                    n_classes=task.n_classes,
                    intercept=intercept,
                )
                truth = task.classes[fold.validation]
                rows += [
                    {
                        "variant": variant,
                        "penalty": fit.penalty,
                        "fraction": fraction,
                        "train_samples": len(cut),
                        "seed": seed,
                        "fold": number,
                        "balanced_accuracy": balanced_accuracy(truth, fit.scores(expression[judged] - shift).argmax(axis=1)),
                        "naive_accuracy": 1 / len(np.unique(truth)),
                        "converged": fit.converged,
                    }
                    for fit in path
                ]
    return pd.DataFrame(rows)


def intercept_answers(study: pd.DataFrame) -> dict[str, str]:
    """Say what an intercept does on all training samples, by the names that the prose calls it, as text.

    Args:
        study: from :func:`penalty_study`.
    """
    at_full = study[study["fraction"] == study["fraction"].max()].groupby("variant")["balanced_accuracy"]
    least, mean = at_full.min(), at_full.mean()
    return {
        "with_intercept": accuracy(least["raw, with intercept"]),
        "without_intercept": accuracy(mean["raw, intercept at zero"]),
        "centred": accuracy(least["centred, intercept at zero"]),
        "converged": f"{study['converged'].sum()} of {len(study)}",
    }

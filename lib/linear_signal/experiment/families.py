"""Linear models against networks: means of a family, its best model, and the best of each in a paired comparison."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from linear_signal.errors import InputError
from linear_signal.experiment.comparison import compare_models
from linear_signal.experiment.verdict import verdict
from linear_signal.names import model_family


def family_mean(fits: pd.DataFrame, condition: str, family: str) -> str:
    """Mean balanced accuracy of a family at the largest training set, as text; "not run" where there is none of it.

    Args:
        fits: the results table of one task.
        condition: "full", "removed", ...
        family: "linear" or "network".
    """
    chosen = _largest(fits, condition, family)
    return f"{chosen.balanced_accuracy.mean():.3f}" if len(chosen) else "not run"


def best_of(fits: pd.DataFrame, condition: str, family: str) -> str | None:
    """Name of the family's best model at the largest training set; None where there is none of it."""
    means = _largest(fits, condition, family).groupby("model").balanced_accuracy.mean().dropna()
    return means.idxmax() if len(means) else None


def contest(fits: pd.DataFrame, condition: str = "full") -> str:
    """Say in one sentence how the best network compares with the best linear model, paired on the same folds."""
    network, linear = (best_of(fits, condition, family) for family in ("network", "linear"))
    if network is None or linear is None:
        return "This run did not have both linear models and networks."
    return verdict(compare_models(fits[fits.condition == condition], network, linear))


def networks_against_linear(questions: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Compare every network with the best linear model of the first question, in every question and condition.

    Args:
        questions: results table of one task each, by the task's name.

    Returns:
        Rows of :func:`~linear_signal.experiment.comparison.compare_models`; none where one family was not run.
    """
    first = next(iter(questions.values()))
    linear = best_of(first, "full", "linear")
    networks = [model for model in dict.fromkeys(first.model) if model_family(model) == "network"]
    if linear is None or not networks:
        return pd.DataFrame()
    return pd.concat(
        [compare_models(fits, network, linear) for fits in questions.values() for network in networks], ignore_index=True
    )


def _largest(fits: pd.DataFrame, condition: str, family: str) -> pd.DataFrame:
    if fits.task.nunique() > 1:
        raise InputError(f"One task at a time; the table has {', '.join(dict.fromkeys(fits.task))}.")
    of_family = fits.model.map(model_family) == family
    return fits[(fits.condition == condition) & of_family & (fits.fraction == fits.fraction.max())]

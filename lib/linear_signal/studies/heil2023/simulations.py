"""What the chapter on simulated data says: of the spread of linear models, of the leak, and of the paper's curves."""

from __future__ import annotations

import pandas as pd

from linear_signal.analysis.comparison import against_naive, compare_models
from linear_signal.analysis.verdict import largest_verdict, verdict
from linear_signal.models.titles import model_family
from linear_signal.numbers import accuracy, difference
from linear_signal.studies.heil2023.published import published_value

BOTH, NOTHING = "Simulated 1", "Simulated 3"


def spread_of_linear_models(fits: pd.DataFrame) -> dict[str, str]:
    """Say between what single runs of linear models scatter on Simulated 1 once the signal is removed, as text."""
    chosen = fits[(fits["task"] == BOTH) & (fits["signal"] == "removed") & (fits["fraction"] == fits["fraction"].max())]
    accuracies = chosen.loc[chosen["model"].map(model_family) == "linear", "balanced_accuracy"]
    if accuracies.empty:
        return dict.fromkeys(("linear_lowest", "linear_highest"), "(not run)")
    return {"linear_lowest": accuracy(accuracies.min()), "linear_highest": accuracy(accuracies.max())}


def leak_answers(separate: pd.DataFrame, leak: pd.DataFrame) -> dict[str, str]:
    """Say how far models depart from chance on data without any signal, by the way in which it was removed.

    Args:
        separate: fits with the signal removed from training and validation samples separately.
        leak: removed from all data at once.
    """
    leaks = against_naive(leak, together=True)
    furthest = leaks.loc[leaks["difference"].abs().idxmax(), "first_mean"]
    most = against_naive(separate)["difference"].abs().max()
    return {
        "leak_verdict": largest_verdict(leaks),
        "leak_turned": accuracy(1 - min(furthest, 1 - furthest)),
        "separate_largest": difference(most, signed=False),
    }


def behind_the_exact(fits: pd.DataFrame) -> str:
    """Say how far logistic regression trained with Adam is behind the exact one, on Simulated 1 with full signal."""
    models = ("exact_logistic_regression", "logistic_regression")
    if not set(models) <= set(fits["model"]):
        return "This run did not have both kinds of logistic regression."
    return verdict(compare_models(fits[(fits["task"] == BOTH) & (fits["signal"] == "full")], *models))


def published_simulations() -> dict[str, str]:
    """Balanced accuracies at the ends of the paper's curves, by the names that the prose calls them."""
    ends = {
        "published_linear": ("logistic_regression", "full", BOTH),
        "published_three": ("three_layer", "removed", BOTH),
        "published_five": ("five_layer", "removed", BOTH),
        "published_leak": ("five_layer", "removed_on_all_data", NOTHING),
    }
    return {
        name: accuracy(published_value("simulation", model, signal, task=task))
        for name, (model, signal, task) in ends.items()
    }

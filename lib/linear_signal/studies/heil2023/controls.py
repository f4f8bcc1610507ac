"""What the chapter on controls says of the leak, and of the runs that small training sets leave."""

from __future__ import annotations

import numpy as np
import pandas as pd

from linear_signal.analysis.comparison import against_naive, compare_signals
from linear_signal.analysis.verdict import largest_verdict, verdict
from linear_signal.models.titles import model_family, model_phrase, ordered_models
from linear_signal.numbers import accuracy, share

NO_SIGNAL = "Simulated 3"
# Once the linear signal is removed nothing is left of these for any model, of other data nothing for linear models.
_NOTHING_LEFT = ("Simulated 2", NO_SIGNAL)


def leak_answers(fits: pd.DataFrame) -> dict[str, object]:
    """Count and name what the leak does, by the names that the prose calls it.

    Args:
        fits: with the signal removed in both ways.

    Returns:
        n_nothing: models and data sets without anything to predict; leaks_whole and leaks_separate: how many of them leave
        chance, removed on all data and separately; leaking: models that do on data without any signal; leak_verdict: the
        largest departure there.
    """
    departures = against_naive(fits)
    linear = departures["model"].map(model_family) == "linear"
    nothing = departures[linear | departures["task"].isin(_NOTHING_LEFT)]
    leaks = nothing[(nothing["lower"] > 0) | (nothing["upper"] < 0)].groupby("signal").size()
    of_nothing = fits[(fits["task"] == NO_SIGNAL) & (fits["signal"] == "removed_on_all_data")]
    # The largest is picked, so these intervals have to hold at once.
    tainted = against_naive(of_nothing, together=True)
    leaking = tainted.loc[(tainted["lower"] > 0) | (tainted["upper"] < 0), "model"]
    return {
        "n_nothing": int((nothing["signal"] == "removed").sum()),
        "leaks_whole": int(leaks.get("removed_on_all_data", 0)),
        "leaks_separate": int(leaks.get("removed", 0)),
        "leaking": ", ".join(map(model_phrase, leaking)) or "no model",
        "leak_verdict": largest_verdict(tainted),
    }


def leak_verdicts(fits: pd.DataFrame) -> list[str]:
    """Say of one task what linear models reach, removed separately and on all data at once, and which networks gain by it.

    Args:
        fits: of one task, with the signal removed in both ways.
    """
    linear = fits[fits["model"].map(model_family) == "linear"]
    departures = against_naive(linear[linear["signal"].isin(["removed", "removed_on_all_data"])])
    gains = compare_signals(fits, "removed_on_all_data", "removed", together=True)
    return [verdict(row) for _, row in departures.iterrows()] + [
        verdict(row) for _, row in gains.iterrows() if model_family(row["model"]) != "linear" and row["n_pairs"]
    ]


def written_by_removal(fits: pd.DataFrame) -> str:
    """Say where a model does better after removal than any with full signal, and what that means; empty where none does.

    Labels take part in removal, so that what it leaves can tell more of them than the data did (chapter 70).

    Args:
        fits: of one task, with full signal and with the linear signal removed.
    """
    fits = fits[np.isclose(fits["fraction"], fits["fraction"].max())]
    means = fits.groupby(["signal", "model"])["balanced_accuracy"].mean()
    if not {"full", "removed"} <= set(fits["signal"]):
        return ""
    best, removed = means["full"].max(), means["removed"]
    gains = compare_signals(fits, "removed", "full", together=True).set_index("model")
    ahead = [model for model in ordered_models(removed.index) if removed[model] > best and gains.loc[model, "lower"] > 0]
    if not ahead:
        return ""
    told = ", ".join(f"{model_phrase(model)} ({accuracy(removed[model])})" for model in ahead)
    return (
        f"After removal {told} do better than any model with full signal ({accuracy(best)}). Removing means adds nothing to "
        "what a sample says of its class, but the class itself takes part in it: exact zeros move with the mean of their "
        "class. So this is most likely not signal but a trace of the removal, as chapter 70 shows on data made for it."
    )


def runs_left(fits: pd.DataFrame, *, n_runs: int) -> str:
    """Say how many runs are left at every training-set size, at least, over models and signals."""
    fewest = fits.groupby(["fraction", "model", "signal"]).size().groupby("fraction").min()
    return ", ".join(f"at least {n} of {n_runs} at {share(fraction)}" for fraction, n in fewest.items())

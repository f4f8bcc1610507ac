"""What the chapter on controls says of the leak, and of the runs that small training sets leave."""

from __future__ import annotations

import pandas as pd

from linear_signal.analysis.answer_rows import AnswerRow, reached
from linear_signal.analysis.comparison import against_naive, compare_signals
from linear_signal.analysis.rules import FAILS, HOLDS, OPEN, away, level, overall
from linear_signal.analysis.training_state import training_warnings
from linear_signal.analysis.verdict import largest_verdict, verdict
from linear_signal.data.made_up.removal_traps import ZEROS
from linear_signal.models.titles import model_family, model_phrase, model_title
from linear_signal.numbers import accuracy, share
from linear_signal.studies.heil2023.size_trap import HOW, means_of
from linear_signal.studies.heil2023.zero_trap import TREES

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


def runs_left(fits: pd.DataFrame, *, n_runs: int) -> str:
    """Say how many runs are left at every training-set size, at least, over models and signals."""
    fewest = fits.groupby(["fraction", "model", "signal"]).size().groupby("fraction").min()
    return ", ".join(f"at least {n} of {n_runs} at {share(fraction)}" for fraction, n in fewest.items())


def control_rows(leak: pd.DataFrame, zeros: pd.DataFrame, sizes: pd.DataFrame, permuted: pd.DataFrame) -> list[AnswerRow]:
    """Lay out what every trap makes of data on which there is nothing to find, and what is left once it is avoided.

    Args:
        leak: fits with the signal removed in both ways.
        zeros: fits on data with zeros.
        sizes: table of :func:`~linear_signal.studies.heil2023.size_trap.distance_probe`.
        permuted: fits of one task whose labels were permuted.

    Returns:
        A row per trap: with it, without it, and whether it fools.
    """
    nothing = leak[leak["task"] == NO_SIGNAL]
    tainted = against_naive(nothing[nothing["signal"] == "removed_on_all_data"], together=True)
    fooled = tainted[[away(row).verdict == HOLDS for row in tainted.to_dict("records")]]
    trees = zeros[(zeros["task"] == ZEROS) & (zeros["model"] == TREES)]
    traces = against_naive(trees[trees["signal"] == "removed"]).iloc[0]
    rare = means_of(sizes[sizes["n_genes"] == sizes["n_genes"].max()]).set_index("how")
    told, cured = (rare.loc[how] for how in HOW)
    pipeline = against_naive(permuted, together=True)
    at_chance = overall([level(row) for row in pipeline.to_dict("records")])
    without = {HOLDS: "at chance", FAILS: "away from chance"}.get(at_chance.verdict, OPEN)
    return [
        AnswerRow(
            question="Signal removed once from all samples",
            cells=(reached(nothing, "removed_on_all_data"), reached(nothing, "removed")),
            so="leaks" if len(fooled) else "no leak seen",
            why=", ".join(map(model_title, fooled["model"])),
            doubts=tuple(training_warnings(nothing)),
        ),
        AnswerRow(
            question="Values that are exactly zero",
            cells=(reached(trees, "removed"), reached(trees, "distributions_removed")),
            so="leaves traces" if away(traces).verdict == HOLDS else OPEN,
            why="with it: means removed; without: distributions of genes equal",
        ),
        AnswerRow(
            question="A rare class",
            cells=(accuracy(told["mean"]), accuracy(cured["mean"])),
            so="leaves traces" if told["lower"] > 0.5 else OPEN,
            why="by the size of residuals alone; without: residuals rescaled",
        ),
        AnswerRow(
            question="Labels dealt out at random",
            cells=(reached(permuted, "full"), "0.500 by construction"),
            so=without,
            why=at_chance.cause,
            doubts=tuple(training_warnings(permuted)),
        ),
    ]

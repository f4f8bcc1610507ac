"""What the study says on the front page, from measured results: its answer, and what its paper does not say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from linear_signal.analysis.claims import non_linear_signal
from linear_signal.analysis.rules import FAILS, HOLDS, MARGIN
from linear_signal.models.titles import model_family, model_phrase
from linear_signal.names import counted
from linear_signal.numbers import accuracy, chance, difference
from linear_signal.studies.heil2023.finding import PAIRS, HeilFinding
from linear_signal.studies.heil2023.installed import ASKED
from linear_signal.studies.heil2023.published import published_value

Sets = Mapping[str, Sequence[Mapping[str, pd.DataFrame]]]  # by chapter: the tables of every measured set

_LADDER, _NO_TRACES = "25_what_kind_of_signal", "distributions_removed"


def _pairs(chapter: str, removed: str) -> HeilFinding:
    """Pick the mean over pairs of tissues, with full signal and after a removal."""
    named = {"question": "", "says": "", "about": "", "section": "", "claim": non_linear_signal}
    return HeilFinding(chapter=chapter, task=PAIRS, signals=("full", removed), **named)


_PAIRS = _pairs("20_gtex", "removed")
_WORDS = {HOLDS: "Yes.", FAILS: "Not that we can see."}


def answer(sets: Sets) -> str:
    """Answer the study's question by the first measured set of chapter 20 that has pairs; empty where there is none."""
    for tables in sets.get(_PAIRS.chapter, ()):
        fits = _PAIRS.select(tables["results"])
        means = fits.groupby(["signal", "model"])["balanced_accuracy"].mean()
        linear, networks = (_of_family(means, family) for family in ("linear", "network"))
        if fits.empty or linear.empty or networks.empty:
            continue
        verdicts, beside = _without_traces(sets)
        verdicts.add(non_linear_signal(fits).judgement.verdict)
        word = _WORDS.get(verdicts.pop() if len(verdicts) == 1 else "", "It remains open.")
        lead = networks["full"].max() - linear["full"].max()
        intact = (
            f"with the data intact that hardly helps (networks {_range(networks['full'])}, linear {_range(linear['full'])})"
            if lead < MARGIN
            else f"with the data intact they lead by {difference(lead, signed=False)}"
        )
        return (
            f"<strong>Is there non-linear signal in gene expression? {word}</strong> On {len(fits.attrs['tasks'])} pairs of "
            f"GTEx tissues whose class means were made equal, {_who(fits, 'linear')} reaches {_range(linear['removed'])} "
            f"(chance 0.50) and networks {_range(networks['removed'])}{beside}; {intact}."
        )
    return ""


def _without_traces(sets: Sets) -> tuple[set[str], str]:
    """Ask the rung on which removal leaves no trace in zeros or class sizes: the verdict, and a clause with its number."""
    for tables in sets.get(_LADDER, ()):
        fits = _pairs(_LADDER, _NO_TRACES).select(tables["results"])
        removed = fits[(fits["signal"] == _NO_TRACES) & (fits["model"] == "three_layer")]
        if len(removed):
            reached, pairs = accuracy(removed["balanced_accuracy"].mean()), counted(len(fits.attrs["tasks"]), "pair")
            clause = f" (still {reached} on {pairs} where removal can leave no trace in zeros)"
            return {non_linear_signal(fits, removed=_NO_TRACES).judgement.verdict}, clause
    return set(), ""


def learnt(sets: Sets) -> list[tuple[str, str]]:
    """List what was learnt here that the paper does not say: each a sentence (HTML) and the chapter it is from."""
    return [*_kinds(sets), *_squares(sets), _intercept()]


def _kinds(sets: Sets) -> list[tuple[str, str]]:
    for tables in sets.get(_LADDER, ()):
        results = tables["results"]
        means = results[results["model"] == "three_layer"].groupby("signal")["balanced_accuracy"].mean()
        if not {"removed", "distributions_removed", "covariances_removed"} <= set(means.index):
            continue
        within, between = -means[["removed", "distributions_removed", "covariances_removed"]].diff().iloc[1:]
        if between > max(MARGIN, within):
            pairs = counted(results["task"].nunique(), "pair")
            text = (
                f"<strong>Most of what is left lies between genes, not in them.</strong> On {pairs} of GTEx tissues the "
                f"three-layer network reaches {accuracy(means['removed'])} once means are equal, "
                f"{accuracy(means['distributions_removed'])} once whole distributions of single genes are, and "
                f"{accuracy(means['covariances_removed'])} once covariances are, too."
            )
            return [(text, _LADDER)]
    return []


def _squares(sets: Sets) -> list[tuple[str, str]]:
    """Tell of the genuine task where a simple probe is the furthest ahead of a network after removal."""
    chapter = "26_installed_data"
    for tables in sets.get(chapter, ()):
        results = tables["results"]
        removed = results[results["signal"] == "removed"]
        means = removed.groupby(["task", "model"])["balanced_accuracy"].mean().unstack()
        if {"squared_logistic", "three_layer"} <= set(means):
            ahead = means["squared_logistic"] - means["three_layer"]
            task = str(ahead.idxmax())
            if ahead[task] < MARGIN:
                continue
            guess = chance(removed.loc[removed["task"] == task, "naive_accuracy"].mean())
            text = (
                "<strong>A network at chance does not mean that nothing is there.</strong> "
                f"{ASKED[task].about if task in ASKED else task}, means equal: the three-layer network reaches "
                f"{accuracy(means.loc[task, 'three_layer'])} (chance {guess}), {model_phrase('squared_logistic')} "
                f"{accuracy(means.loc[task, 'squared_logistic'])}. With few samples ask a simpler probe first."
            )
            return [(text, chapter)]
    return []


def _intercept() -> tuple[str, str]:
    low = accuracy(published_value("simulation", "logistic_regression", "full", task="Simulated 1"))
    return (
        f"<strong>The low linear curve is a missing intercept.</strong> The published logistic regression ends at {low} on "
        "simulated data that a plane separates without an error. Solved exactly, with an intercept, it makes none.",
        "10_simulation",
    )


def _of_family(means: pd.Series, family: str) -> pd.Series:
    return means[[model_family(model) == family for model in means.index.get_level_values("model")]]


def _who(fits: pd.DataFrame, family: str) -> str:
    models = [model for model in fits["model"].unique() if model_family(model) == family]
    return model_phrase(models[0]) if len(models) == 1 else "every linear model"


def _range(means: pd.Series) -> str:
    return " to ".join(dict.fromkeys(accuracy(one) for one in (means.min(), means.max())))

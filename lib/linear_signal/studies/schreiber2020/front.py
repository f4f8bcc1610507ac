"""What the study says on the front page, from measured results: its answer in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from linear_signal.analysis.rules import FAILS, HOLDS
from linear_signal.numbers import accuracy
from linear_signal.studies.schreiber2020.findings import CHAPTER, not_ahead_of_the_average
from linear_signal.studies.schreiber2020.ladder import REFERENCE

_SEEN, _NEW = "cross_cell_type", "hybrid"  # loci seen in training, and loci that were not
_WORDS = {HOLDS: "No.", FAILS: "Yes."}


def answer(sets: Mapping[str, Sequence[Mapping[str, pd.DataFrame]]]) -> str:
    """Answer the study's question by the measured set of chapter 80 with the most loci; empty where there is none.

    Args:
        sets: the tables of every measured set, by chapter.
    """
    candidates = [tables["results"] for tables in sets.get(CHAPTER, ())]
    candidates = [
        one[one["input"].isin(["sequence", "baseline"])] for one in candidates if {_SEEN, _NEW} <= set(one["scheme"])
    ]
    candidates = [one for one in candidates if (one["input"] == "sequence").any()]
    if not candidates:
        return ""
    results = max(candidates, key=lambda one: one["n_loci"].max())
    results = results[results["input"].isin(["sequence", "baseline"])]
    by_scheme = {scheme: results[results["scheme"] == scheme] for scheme in (_SEEN, _NEW)}
    word = _WORDS.get(not_ahead_of_the_average(by_scheme[_SEEN]).judgement.verdict, "It remains open.")
    networks = results[results["input"] == "sequence"]
    largest = networks.loc[networks["n_parameters"].idxmax(), "model"]
    seen, new, average, prevalence = (
        accuracy(by_scheme[scheme].loc[by_scheme[scheme]["model"] == model, "average_precision"].mean())
        for scheme, model in ((_SEEN, largest), (_NEW, largest), (_SEEN, REFERENCE), (_NEW, "prevalence"))
    )
    return (
        f"<strong>Do networks that predict across cell types know more than an average does? {word}</strong> On "
        f"{results['dataset'].iloc[0]} the largest network that sees the sequence alone reaches an average precision of "
        f"{seen} in a new cell type, and the average over the other cell types {average}; on loci that are new as well the "
        f"network falls to {new}, where knowing nothing gets {prevalence}."
    )

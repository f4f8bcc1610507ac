"""What the study says on the front page, from measured results: its answer in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from linear_signal.analysis.rules import FAILS, HOLDS
from linear_signal.numbers import accuracy
from linear_signal.studies.ahlmann2025.findings import DOUBLES_CHAPTER, networks_not_ahead_of_linear
from linear_signal.studies.ahlmann2025.predictors import DOUBLES
from linear_signal.studies.ahlmann2025.titles import GIVEN, NETWORK, method_title

_WORDS = {HOLDS: "No.", FAILS: "Yes."}


def answer(sets: Mapping[str, Sequence[Mapping[str, pd.DataFrame]]]) -> str:
    """Answer the study's question by the first measured set of chapter 85; empty where there is none.

    Args:
        sets: the tables of every measured set, by chapter.
    """
    for tables in sets.get(DOUBLES_CHAPTER, ()):
        results = tables["results"]
        doubles = results[results["kind"] == DOUBLES]
        errors = doubles.groupby("method")["l2"].mean()
        deep = errors[errors.index.isin(doubles.loc[doubles["family"].isin([NETWORK, GIVEN]), "method"])]
        if "additive" not in errors or deep.empty:
            continue
        word = _WORDS.get(networks_not_ahead_of_linear(doubles).judgement.verdict, "It remains open.")
        return (
            f"<strong>Do deep models predict two perturbations at once better than a sum? {word}</strong> On the published "
            f"predictions for {doubles['dataset'].iloc[0].removesuffix(', published')} the sum of the two single effects "
            f"errs by {accuracy(errors['additive'])} (L2 distance), the best of {len(deep)} deep models by "
            f"{accuracy(deep.min())} ({method_title(str(deep.idxmin()))})."
        )
    return ""

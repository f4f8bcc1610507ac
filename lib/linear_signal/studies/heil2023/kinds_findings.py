"""Findings of chapter 25 on what kind of signal is left: claims of this book, for the paper stops at "something is left"."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from linear_signal.analysis import claims, rules
from linear_signal.analysis.claims import Claim
from linear_signal.analysis.comparison import against_naive
from linear_signal.analysis.finding import Question
from linear_signal.models.titles import model_family, ordered_models
from linear_signal.studies.heil2023.finding import PAIRS, HeilFinding

QUESTION = Question(
    title="What kind of non-linear signal is it?",
    text="The paper makes class means equal, finds that something is left, and stops. These claims are ours. They were made "
    "after a first look at genuine GTEx (97 genes) and say what was seen there, so such data do not confirm them afresh. "
    'At each step one more thing is made equal (<a href="../methods.html#the-ladder-of-removal">the ladder of removal</a>).',
)


def beyond_spreads(fits: pd.DataFrame) -> Claim:
    """There is non-linear signal once means and spreads of genes are equal."""
    return claims.non_linear_signal(fits, removed="spreads_removed")


def beyond_distributions(fits: pd.DataFrame) -> Claim:
    """There is non-linear signal once the distributions of single genes are equal."""
    return claims.non_linear_signal(fits, removed="distributions_removed")


def covariance_is_lost(fits: pd.DataFrame) -> Claim:
    """Every network is better with equal distributions of single genes than with equal covariances as well."""
    return claims.higher_signal(fits, "distributions_removed", "covariances_removed", family="network")


def nothing_beyond_covariances(fits: pd.DataFrame) -> Claim:
    """Every model that is not linear is at chance once covariances are equal."""
    fits = fits.dropna(subset=["balanced_accuracy"])
    if fits.empty:
        return claims.every_row([], rules.level)
    order = ordered_models(fits["model"])
    fits = fits[fits["model"].map(model_family) != "linear"].sort_values(
        "model", key=lambda names: names.map(order.index), kind="stable"
    )
    tables = [against_naive(fits, by=["signal", "pretraining", "split", "model"])] if len(fits) else []
    return claims.every_row(tables, rules.level)


def _asked(says: str, signals: tuple[str, ...], claim: Callable[[pd.DataFrame], Claim]) -> list[HeilFinding]:
    return [
        HeilFinding(
            question="kinds",
            says=says,
            about=about,
            chapter="25_what_kind_of_signal",
            section="the-ladder",
            task=task,
            signals=signals,
            claim=claim,
        )
        for about, task in (("GTEx, pairs of tissues", PAIRS), ("GTEx, all tissues", "all tissues"))
    ]


FINDINGS: tuple[HeilFinding, ...] = (
    *_asked(
        "There is non-linear signal once spreads of genes are equal as well.", ("full", "spreads_removed"), beyond_spreads
    ),
    *_asked(
        "There is non-linear signal once whole distributions of single genes are equal.",
        ("full", "distributions_removed"),
        beyond_distributions,
    ),
    *_asked(
        "Every network does worse once covariances between genes are equal, too.",
        ("distributions_removed", "covariances_removed"),
        covariance_is_lost,
    ),
    *_asked(
        "Once covariances are equal, every model that is not linear is at chance.",
        ("covariances_removed",),
        nothing_beyond_covariances,
    ),
)

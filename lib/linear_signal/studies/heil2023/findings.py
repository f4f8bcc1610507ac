"""The findings of Heil, Crawford & Greene 2023: what each says, where this book asks it again, and by which claim."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from linear_signal.analysis import claims, rules
from linear_signal.analysis.claims import Claim
from linear_signal.analysis.finding import Finding, Question
from linear_signal.analysis.metrics import BALANCED_ACCURACY_ON_REMOVED
from linear_signal.models.titles import model_family, ordered_models
from linear_signal.studies.heil2023 import installed_findings, kinds_findings, zero_trap
from linear_signal.studies.heil2023.finding import PAIRS, PERMUTED, HeilFinding

# What the page of findings says below each heading.
QUESTIONS = {
    "simulations": Question(
        title="Data whose answer is known",
        text="Three simulated data sets: one with linear and non-linear signal, one with linear signal only, one with none.",
    ),
    "full": Question(
        title="Who predicts better, with full signal?",
        text="Tissues of GTEx, tissues of Recount3, and sex. Positive differences mean that the model named first is ahead.",
    ),
    "removed": Question(
        title="What is left once the linear signal is removed?",
        text="Class means agree then, and a linear model trained on such data is at chance by construction. The check that "
        "can fail is a linear model that was trained with full signal. What another model reaches above chance and above "
        "every linear model is non-linear signal: classes differ in more than the means of single genes (<a "
        'href="../methods.html#what-else-can-look-like-non-linear-signal">what else can look like it</a>).',
    ),
    "kinds": kinds_findings.QUESTION,
    "splits": Question(
        title="What do sample-wise splits do?",
        text="Study-wise splits hold whole studies out. Sample-wise ones put samples of one study on both sides, and what "
        "is particular to the study gives the tissue away.",
    ),
    "pretraining": Question(title="Does pretraining help, and whom?"),
    "controls": Question(title="Controls", text="Where nothing was published, a row says what is to be expected."),
    "transfer": Question(
        title="From one data set to another",
        text="Models learn on one data set and predict the tissues of the other. The authors' code does this; their paper "
        "has no word on it.",
    ),
    "installed": Question(
        title="And in genuine data that anybody can install?",
        text="Small sets that packages of R bring along, asked the same. Expected by us; the paper has other data.",
    ),
}


def perfect(fits: pd.DataFrame) -> Claim:
    """Every model is near 1.0."""
    return claims.accuracies(fits, rules.near_one)


def at_chance(fits: pd.DataFrame) -> Claim:
    """Every model is at chance."""
    return claims.accuracies(fits, rules.level)


def above_chance(fits: pd.DataFrame) -> Claim:
    """Every model is above chance."""
    return claims.accuracies(fits, rules.above)


def check_at_chance(fits: pd.DataFrame) -> Claim:
    """Every linear model that was trained with full signal is at chance on validation samples after removal."""
    return claims.accuracies(fits, rules.level, family="linear", metric=BALANCED_ACCURACY_ON_REMOVED)


def linear_at_chance(fits: pd.DataFrame) -> Claim:
    """Every linear model is at chance."""
    return claims.accuracies(fits, rules.level, family="linear")


def non_linear_signal(fits: pd.DataFrame) -> Claim:
    """Some model that is not linear is above chance and above every linear model."""
    return claims.non_linear_signal(fits)


def networks_above_chance(fits: pd.DataFrame) -> Claim:
    """Every network is above chance."""
    return claims.accuracies(fits, rules.above, family="network")


def networks_away_from_chance(fits: pd.DataFrame) -> Claim:
    """Networks are above or below chance: either way they know the labels."""
    return claims.accuracies(fits, rules.away, family="network")


def networks_below_full(fits: pd.DataFrame) -> Claim:
    """Networks are better with full signal than after removal."""
    return claims.higher_signal(fits, "full", "removed", family="network")


def linear_slightly_ahead(fits: pd.DataFrame) -> Claim:
    """Every linear model is slightly ahead of every network."""
    return claims.lead(fits, _across(fits, "linear", "network"), rule=rules.slightly_above)


def linear_ahead(fits: pd.DataFrame) -> Claim:
    """Every linear model is ahead of every network."""
    return claims.lead(fits, _across(fits, "linear", "network"))


def networks_slightly_ahead(fits: pd.DataFrame) -> Claim:
    """Every network is slightly ahead of every linear model."""
    return claims.lead(fits, _across(fits, "network", "linear"), rule=rules.slightly_above)


def order_of_models(fits: pd.DataFrame) -> Claim:
    """Linear models are slightly ahead of the five-layer network, and it of the three-layer one."""
    return claims.lead(fits, _order(fits), rule=rules.slightly_above)


def order_kept(fits: pd.DataFrame) -> Claim:
    """The same models are ahead in both kinds of splits."""
    return claims.same_order(fits, _order(fits))


def pretraining_gain(fits: pd.DataFrame) -> Claim:
    """Every model is better with pretraining, by however little."""
    return claims.higher_pretraining(fits, rule=rules.slightly_above)


def no_family_gains_more(fits: pd.DataFrame) -> Claim:
    """Networks gain as much from pretraining as linear models."""
    return claims.same_gain(fits)


def _models(fits: pd.DataFrame, family: str) -> list[str]:
    return [model for model in ordered_models(fits["model"]) if model_family(model) == family]


def _across(fits: pd.DataFrame, first: str, second: str) -> list[tuple[str, str]]:
    return [(one, other) for one in _models(fits, first) for other in _models(fits, second)]


def _order(fits: pd.DataFrame) -> list[tuple[str, str]]:
    return [*((linear, "five_layer") for linear in _models(fits, "linear")), ("five_layer", "three_layer")]


def _simulation(number: int, says: str, signal: str, claim: Callable[[pd.DataFrame], Claim]) -> HeilFinding:
    kinds = {1: "linear and non-linear signal", 2: "linear signal only", 3: "no signal"}
    return HeilFinding(
        question="simulations",
        says=says,
        about=f"Simulated {number}, {kinds[number]}",
        chapter="10_simulation",
        section="learning-curves",
        task=f"Simulated {number}",
        signals=(signal,),
        claim=claim,
        figure="simulation",
        simulated_there=True,
    )


# about, chapter, section, task, published figure
_LABELLED = (
    ("GTEx, pairs of tissues", "20_gtex", "the-pairs", PAIRS, "gtex_binary_combined"),
    ("GTEx, all tissues", "20_gtex", "all-tissues-at-once", "all tissues", "gtex_multiclass_combined"),
    ("Recount3, pairs of tissues", "30_recount3", "the-pairs", PAIRS, "recount_binary_combined"),
    ("Recount3, all tissues", "30_recount3", "all-tissues-at-once", "all tissues", "recount_multiclass_combined"),
    ("Recount3, sex", "40_sex_prediction", "learning-curves", "sex", "sex_prediction_combined"),
)
_ORDER = "Every linear model is slightly ahead of the five-layer network, and it is slightly ahead of the three-layer one."
# One for each of _LABELLED: what the paper found with full signal.
_FULL = (
    ("Every model is near 1.0.", perfect),
    (_ORDER, order_of_models),
    ("Every linear model is slightly ahead of every network.", linear_slightly_ahead),
    (_ORDER, order_of_models),
    ("Every network is slightly ahead of every linear model.", networks_slightly_ahead),
)
_REMOVED = (
    ("Every linear model is at chance.", ("removed",), linear_at_chance),
    (
        "There is non-linear signal: some model does better than chance and than all linear ones.",
        ("full", "removed"),
        non_linear_signal,
    ),
    ("Every network is above chance.", ("removed",), networks_above_chance),
    ("Every network does worse than with full signal.", ("full", "removed"), networks_below_full),
)


def _labelled(place: int, question: str, says: str, signals: tuple[str, ...], claim: Callable) -> HeilFinding:
    about, chapter, section, task, figure = _LABELLED[place]
    where = {"about": about, "chapter": chapter, "section": section, "task": task, "figure": figure}
    return HeilFinding(question=question, says=says, signals=signals, claim=claim, **where)


# Not a finding of the paper: the check that can fail (a linear model trained after removal is at chance by construction).
_CHECK = "Every linear model that was trained with full signal is at chance after removal."


def _checked(place: int) -> HeilFinding:
    return replace(_labelled(place, "removed", _CHECK, ("full",), check_at_chance), figure="")


def _splits(says: str, claim: Callable) -> HeilFinding:
    where = {"chapter": "50_sample_wise_splits", "section": "the-inflation", "task": "all tissues"}
    how = {"signals": ("full",), "splits": ("group", "sample"), "figure": "recount_multiclass_sample_split"}
    return HeilFinding(question="splits", says=says, about="Recount3, all tissues", claim=claim, **where, **how)


def _pretraining(says: str, claim: Callable) -> HeilFinding:
    where = {"chapter": "60_pretraining", "section": "the-gain", "task": "all tissues"}
    how = {"signals": ("full",), "pretraining": ("pretrained", "none"), "over_sizes": True}
    how |= {"figure": "recount_pretraining"}
    return HeilFinding(question="pretraining", says=says, about="Recount3, all tissues", claim=claim, **where, **how)


def _leak(chapter: str) -> HeilFinding:
    return HeilFinding(
        question="controls",
        says="Removed from the whole data set at once, the signal leaves a trace by which networks predict what has none.",
        about="Simulated 3, no signal",
        chapter=chapter,
        section="the-leak",
        task="Simulated 3",
        signals=("removed_on_all_data",),
        claim=networks_away_from_chance,
        figure="simulation",
        simulated_there=True,
    )


def _few_samples(says: str, signal: str, claim: Callable) -> HeilFinding:
    where = {"chapter": "70_controls", "section": "small-samples", "task": PAIRS, "few_samples": True}
    about = "GTEx, pairs of tissues, small training sets"
    return HeilFinding(question="controls", says=says, about=about, signals=(signal,), claim=claim, **where)


def _transfer(direction: str, says: str, signal: str, claim: Callable) -> HeilFinding:
    where = {"chapter": "75_transfer", "section": "between-data-sets", "task": direction, "splits": ("transfer",)}
    return HeilFinding(question="transfer", says=says, about=direction, signals=(signal,), claim=claim, **where)


_PERMUTED_LABELS = HeilFinding(
    question="controls",
    says="With permuted labels every model is at chance.",
    about="GTEx, pairs of tissues",
    chapter="70_controls",
    section="permuted-labels",
    task=PERMUTED,
    signals=("full",),
    claim=at_chance,
)
FINDINGS: tuple[Finding, ...] = (
    _simulation(1, "Every model predicts perfectly.", "full", perfect),
    _simulation(1, "Once the linear signal is removed, every linear model is at chance.", "removed", linear_at_chance),
    _simulation(1, "Once the linear signal is removed, every network still predicts.", "removed", networks_above_chance),
    _simulation(2, "Every model predicts perfectly.", "full", perfect),
    _simulation(2, "Once the linear signal is removed, every model is at chance.", "removed", at_chance),
    _simulation(3, "Every model is at chance.", "full", at_chance),
    _simulation(3, "Every model is at chance after removal, too.", "removed", at_chance),
    *(_labelled(place, "full", says, ("full",), claim) for place, (says, claim) in enumerate(_FULL)),
    *(_labelled(place, "removed", *what) for what in _REMOVED for place in range(len(_LABELLED))),
    *(_checked(place) for place in range(len(_LABELLED))),
    *kinds_findings.FINDINGS,
    _splits("Every model looks better in sample-wise splits than in study-wise ones.", claims.higher_split),
    _splits("The order of the models stays the same.", order_kept),
    _pretraining("Every model gains from pretraining (mean over training-set sizes).", pretraining_gain),
    _pretraining("Networks gain no more from it than linear models, and no less.", no_family_gains_more),
    _leak("10_simulation"),
    _leak("70_controls"),
    _few_samples("Where samples are few, every linear model is ahead of every network.", "full", linear_ahead),
    _few_samples(
        "Where samples are few, every network is above chance after removal, too.", "removed", networks_above_chance
    ),
    _PERMUTED_LABELS,
    *zero_trap.FINDINGS,
    *(
        _transfer(direction, says, signal, claim)
        for direction in ("GTEx to Recount3", "Recount3 to GTEx")
        for says, signal, claim in (
            ("Every model predicts the tissues of the other data set.", "full", above_chance),
            ("Once the linear signal is removed, every linear model is at chance.", "removed", linear_at_chance),
            ("Once the linear signal is removed, every network is above chance.", "removed", networks_above_chance),
        )
    ),
    *installed_findings.FINDINGS,
)

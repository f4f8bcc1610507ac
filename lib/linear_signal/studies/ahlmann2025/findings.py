"""The findings of Ahlmann-Eltze et al. 2025 and of their critics: what each says, and how the book asks it again.

The paper prints figures and no table. Its published values per perturbation, judged again by the same claims, stand beside
ours as measured results.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from linear_signal.analysis import rules
from linear_signal.analysis.claims import Claim, every_row
from linear_signal.analysis.finding import Finding, Question
from linear_signal.analysis.metrics import Metric
from linear_signal.studies.ahlmann2025.judged import BOUNDS, against, best_of, contrast
from linear_signal.studies.ahlmann2025.power import RANDOM
from linear_signal.studies.ahlmann2025.prediction_unit import FOUND, JUDGED_BY, RELATIVE
from linear_signal.studies.ahlmann2025.predictors import DOUBLES, SINGLES
from linear_signal.studies.ahlmann2025.titles import CEILINGS, GIVEN, LINEAR, NETWORK, REPEAT, method_title

QUESTIONS = {
    "doubles": Question(
        title="Does any model predict a double perturbation better than the sum of its singles?",
        text="Positive differences mean that the first is better: a smaller error, or more interactions found.",
    ),
    "singles": Question(
        title="Does any model predict an unseen perturbation better than the mean of the others?",
        text="Differences of the error relative to the mean baseline; positive ones mean that the first is better.",
    ),
    "metrics": Question(
        title="Is it the metric?",
        text="Miller et al. 2025 answered the paper: on metrics that can tell good from bad, models do beat baselines that "
        "know nothing. Positive differences mean that the first is better.",
    ),
    "power": Question(
        title="How many doubles would a network need?",
        text="Simulated epistasis between modules, all of which can be learnt. Differences in L2 distance; positive ones "
        "mean that the network is better. Expected by us; the paper does not ask it.",
    ),
}
DOUBLES_CHAPTER, SINGLES_CHAPTER = "85_perturbation_baselines", "86_unseen_perturbations"
# Others are controls, of which one thing was taken away.
_JUDGED_PRESETS = {DOUBLES: ("norman", "published", ""), SINGLES: ("k562", "rpe1", "published", "")}
L2, DELTA, CENTROID = (JUDGED_BY[name] for name in ("l2", "pearson_delta", "centroid_accuracy"))


@dataclass(frozen=True, kw_only=True)
class PerturbationFinding(Finding):
    """A finding about predictions of one kind.

    Attributes:
        kind: "doubles", "singles" or "power".
        presets: simulations that count; empty: those that are like the genuine data.
    """

    kind: str
    presets: tuple[str, ...] = ()

    def select(self, results: pd.DataFrame) -> pd.DataFrame:
        """Pick the fits of this kind; controls take no part."""
        fits = results[results["kind"] == self.kind]
        if self.kind in _JUDGED_PRESETS:
            fits = fits[fits["preset"].fillna("").isin(self.presets or _JUDGED_PRESETS[self.kind])]
        return fits


def networks_not_ahead_of_linear(fits: pd.DataFrame) -> Claim:
    """No network, nor any predictions that were given, is ahead of the best simple linear model, in L2 distance."""
    rows = []
    for _, part in fits.groupby("dataset", sort=False):
        best = best_of(part, _of(part, LINEAR), L2)
        if best:
            rows += _against(part, _of(part, NETWORK, GIVEN), best, L2)
    return every_row(rows, rules.not_above)


def found_no_better_than_by_no_change(fits: pd.DataFrame) -> Claim:
    """No network finds more interactions than the prediction that nothing changes, where half of the calls may be false."""
    if FOUND.column not in fits:
        return every_row([], rules.not_above)
    return every_row(_against(fits, _of(fits, NETWORK, GIVEN), "no_change", FOUND), rules.not_above)


def synergy_is_not_found(fits: pd.DataFrame) -> Claim:
    """Of the strongest calls of a network hardly any is a synergy, and right."""
    if "right_synergy" not in fits:
        return every_row([], rules.level)
    rows = []
    for method in _of(fits, NETWORK, GIVEN):
        part = fits[fits["method"] == method].dropna(subset=["right_synergy"])
        n_calls = part[["n_buffering", "n_synergy", "n_opposite"]].sum(axis=1)
        shares = part.assign(share=part["right_synergy"] / n_calls)
        none = shares.assign(share=0.0)
        row = contrast(f"{method_title(method)}: right calls of synergy among its calls", shares, none, _SHARE)
        if len(row):
            # A method without a single right one in any run has no spread, and is no open question.
            none_at_all = bool((shares["share"] == 0).all())
            # It is a share, of which the t interval does not know that it ends at 0 and 1.
            kept = {name: row[name].clip(0, 1) for name in BOUNDS}
            rows.append(row.assign(comparison="naive", other_model=None, constant=none_at_all, **kept))
    return every_row(rows, rules.not_above)


def ahead(methods: tuple[str, ...], reference: str, metric: Metric, rule: rules.Rule) -> Callable[[pd.DataFrame], Claim]:
    """Claim something of some methods against another one, in every data set."""

    def claim(fits: pd.DataFrame) -> Claim:
        return every_row(_against(fits, methods, reference, metric), rule)

    return claim


def networks_not_ahead_of_mean(fits: pd.DataFrame) -> Claim:
    """No network, nor any predictions that were given, is ahead of the mean."""
    return every_row(_against(fits, _of(fits, NETWORK, GIVEN), "mean", RELATIVE), rules.not_above)


def mean_gains_from_shift(fits: pd.DataFrame) -> Claim:
    """The mean has a higher Pearson delta the more perturbations share: the largest shift against none, run by run."""
    mean = fits[fits["method"] == "mean"].dropna(subset=["shift"])
    shifts = sorted(mean["shift"].unique())
    if len(shifts) < 2:
        return every_row([], rules.above)
    most, least = (mean[mean["shift"] == shift] for shift in (shifts[-1], shifts[0]))
    said = f"Mean: shared response {shifts[-1]:g} against {shifts[0]:g}"
    return every_row([row for row in [contrast(said, most, least, DELTA)] if len(row)], rules.above)


def network_with(place: int, rule: rules.Rule) -> Callable[[pd.DataFrame], Claim]:
    """Claim something of the network against the best linear model at the smallest (0) or largest (-1) training set."""

    def claim(fits: pd.DataFrame) -> Claim:
        if fits.empty:
            return every_row([], rule)
        fits = fits[fits["held_out"] == RANDOM]
        sizes = sorted(fits["train_doubles"].unique())
        if len(sizes) < 2:
            return every_row([], rule)
        fits = fits[fits["train_doubles"] == sizes[place]]
        best = best_of(fits, set(fits["method"]) - {"mlp", REPEAT}, L2)
        sides = (fits[fits["method"] == name] for name in ("mlp", best))
        row = contrast(f"Network with {int(sizes[place]):,} training doubles, against the best linear model", *sides, L2)
        return every_row([row] if len(row) else [], rule)

    return claim


_SHARE = Metric(column="share", title="Share", lowest=0.0, highest=1.0, level=0.05)


def _of(fits: pd.DataFrame, *families: str) -> list[str]:
    return [name for name in fits.loc[fits["family"].isin(families), "method"].unique() if name not in CEILINGS]


def _against(fits: pd.DataFrame, methods: list[str] | tuple[str, ...], reference: str, metric: Metric) -> list[pd.DataFrame]:
    titles = {name: method_title(name) for name in methods}
    words = method_title(reference)
    return against(fits, methods, reference, metric, of=words[0].lower() + words[1:], titles=titles)


FINDINGS = [
    PerturbationFinding(
        question="doubles",
        says="No network predicts doubles better than the best simple linear model.",
        about="Unseen doubles of seen singles, 1,000 most expressed genes",
        kind=DOUBLES,
        chapter=DOUBLES_CHAPTER,
        section="errors",
        claim=networks_not_ahead_of_linear,
        figure="1a",
    ),
    PerturbationFinding(
        question="doubles",
        says="The sum of the singles is closer than no change at all.",
        about="Unseen doubles of seen singles, 1,000 most expressed genes",
        kind=DOUBLES,
        chapter=DOUBLES_CHAPTER,
        section="errors",
        claim=ahead(("additive",), "no_change", L2, rules.above),
        figure="1a",
    ),
    PerturbationFinding(
        question="doubles",
        says="No network finds more genetic interactions than the prediction that nothing changes.",
        about="True positive rate where half of the calls may be false",
        kind=DOUBLES,
        chapter=DOUBLES_CHAPTER,
        section="interactions",
        claim=found_no_better_than_by_no_change,
        figure="1c",
    ),
    PerturbationFinding(
        question="doubles",
        says="Networks hardly ever name a synergy and are right.",
        about="The 500 strongest calls of every method and run",
        kind=DOUBLES,
        chapter=DOUBLES_CHAPTER,
        section="interactions",
        claim=synergy_is_not_found,
        figure="1f",
    ),
    PerturbationFinding(
        question="singles",
        says="A linear model with perturbations embedded by another cell line is ahead of the mean.",
        about="Unseen single perturbations",
        kind=SINGLES,
        chapter=SINGLES_CHAPTER,
        section="errors",
        claim=ahead(("linear_other_line",), "mean", RELATIVE, rules.above),
        figure="2c",
    ),
    PerturbationFinding(
        question="singles",
        says="No deep model is ahead of the mean.",
        about="Unseen single perturbations",
        kind=SINGLES,
        chapter=SINGLES_CHAPTER,
        section="errors",
        claim=networks_not_ahead_of_mean,
        figure="2c",
    ),
    PerturbationFinding(
        question="singles",
        says="With random embeddings a linear model is not.",
        about="Unseen single perturbations",
        kind=SINGLES,
        chapter=SINGLES_CHAPTER,
        section="errors",
        claim=ahead(("linear_random_p", "linear_random_g"), "mean", RELATIVE, rules.not_above),
        figure="2c",
    ),
    PerturbationFinding(
        question="metrics",
        says="The more perturbations share a response, the higher is the Pearson delta of the mean, which knows none.",
        about="Simulated cell lines that differ in nothing else",
        kind=SINGLES,
        presets=("shift",),
        chapter=SINGLES_CHAPTER,
        section="shared-response",
        claim=mean_gains_from_shift,
    ),
    PerturbationFinding(
        question="metrics",
        says="Asked which perturbation it was, a model that knows something of it is ahead of the mean.",
        about="Centroid accuracy of unseen single perturbations",
        kind=SINGLES,
        chapter=SINGLES_CHAPTER,
        section="both-verdicts",
        claim=ahead(("linear_other_line",), "mean", CENTROID, rules.above),
    ),
    PerturbationFinding(
        question="metrics",
        says="On doubles as well, networks are far ahead of baselines that know nothing of the condition.",
        about="Centroid accuracy of unseen doubles",
        kind=DOUBLES,
        chapter=DOUBLES_CHAPTER,
        section="both-verdicts",
        claim=ahead(("mlp", "latent_additive", "decoder_only"), "mean", CENTROID, rules.above),
    ),
    PerturbationFinding(
        question="power",
        says="With as few doubles as were measured, no network beats the best linear model.",
        about="Random doubles held out; rules of modules decide what a double does",
        kind="power",
        chapter=DOUBLES_CHAPTER,
        section="how-many-doubles",
        claim=network_with(0, rules.not_above),
    ),
    PerturbationFinding(
        question="power",
        says="With many doubles a network beats the best linear model.",
        about="Random doubles held out; rules of modules decide what a double does",
        kind="power",
        chapter=DOUBLES_CHAPTER,
        section="how-many-doubles",
        claim=network_with(-1, rules.above),
    ),
]

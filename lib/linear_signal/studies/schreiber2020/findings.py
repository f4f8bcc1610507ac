"""The findings of Schreiber et al. 2020: what each says, and by which comparison the book asks it again.

The paper has figures and no table, so that there are no published numbers to stand beside ours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from linear_signal.analysis import rules
from linear_signal.analysis.claims import Claim, every_row
from linear_signal.analysis.finding import Finding, Question
from linear_signal.studies.schreiber2020.controls import CONTROLS
from linear_signal.studies.schreiber2020.gaussian_unit import DATASET
from linear_signal.studies.schreiber2020.judged import behind, contrast, growth, in_groups
from linear_signal.studies.schreiber2020.ladder import REFERENCE
from linear_signal.studies.schreiber2020.simulator import BOUNDARIES
from linear_signal.studies.schreiber2020.titles import INPUT_TITLES

QUESTIONS = {
    "memory": Question(
        title="Do models that predict across cell types get better, or remember better?",
        text="Networks of all sizes learn from some cell types and are judged in another one. Average precision; positive "
        "differences mean that larger networks do better.",
    ),
    "baseline": Question(
        title="Does any of them beat the average?",
        text="The average of a locus over the training cell types is a baseline without a model. Differences are the "
        "network minus the average.",
    ),
}
CHAPTER = "80_cell_type_pitfall"


@dataclass(frozen=True, kw_only=True)
class SchreiberFinding(Finding):
    """A finding about the fits under one scheme.

    Attributes:
        scheme: of evaluation.
    """

    scheme: str
    chapter: str = CHAPTER

    def select(self, results: pd.DataFrame) -> pd.DataFrame:
        """Pick the fits and the baselines of the scheme; the second task and the controls take no part."""
        of_scheme = results[(results["scheme"] == self.scheme) & (results["task"] != BOUNDARIES)]
        return of_scheme[~of_scheme["dataset"].str.endswith(tuple(CONTROLS))]


@dataclass(frozen=True, kw_only=True)
class GaussianFinding(Finding):
    """The finding about two normal distributions."""

    chapter: str = CHAPTER

    def select(self, results: pd.DataFrame) -> pd.DataFrame:
        """Pick the fits on the two distributions."""
        return results[results["dataset"] == DATASET]


def grows(inputs: tuple[str, ...], first: str, last: str, rule: rules.Rule) -> Callable[[pd.DataFrame], Claim]:
    """Claim something of every input: how the last third of its networks, by size, compares with the first."""

    def claim(fits: pd.DataFrame) -> Claim:
        return every_row(growth(fits, first, last, titles={name: INPUT_TITLES[name] for name in inputs}), rule)

    return claim


def not_ahead_of_the_average(fits: pd.DataFrame) -> Claim:
    """The large networks of no input are ahead of the average label."""
    average = fits[fits["model"] == REFERENCE]
    return every_row(behind(fits, average, titles=INPUT_TITLES, of="the average label"), rules.not_above)


def flat_on_gaussians(fits: pd.DataFrame) -> Claim:
    """The largest network is as good as the smallest with more than one hidden unit."""
    sizes = sorted(fits["n_parameters"].unique())
    if len(sizes) < 3:
        return every_row([], rules.level)
    fits = fits.assign(data=fits["seed"])
    parts = [fits[fits["n_parameters"] == size] for size in (sizes[-1], sizes[1])]
    return every_row([contrast("Largest network minus a small one", *parts)], rules.level)


def better_within_groups(fits: pd.DataFrame) -> Claim:
    """In more than half of the groups of loci that are active equally often, signal is ahead of sequence."""
    return every_row(in_groups(fits), rules.above)


FINDINGS = [
    SchreiberFinding(
        question="memory",
        says="Within the target cell type, across chromosomes, larger networks do no better than middle-sized ones.",
        about="Trained and judged in the target cell type",
        scheme="cross_chromosome",
        section="size",
        claim=grows(("both", "signal", "sequence"), "middle", "large", rules.level),
        figure="1d",
    ),
    SchreiberFinding(
        question="memory",
        says="Across cell types, networks that see the sequence get better the larger they are.",
        about="Judged in the target cell type, on loci seen in training",
        scheme="cross_cell_type",
        section="size",
        claim=grows(("both", "sequence"), "small", "large", rules.above),
        figure="1e",
    ),
    SchreiberFinding(
        question="memory",
        says="Across cell types, networks that see the signal alone get no better with size.",
        about="Judged in the target cell type, on loci seen in training",
        scheme="cross_cell_type",
        section="size",
        claim=grows(("signal",), "middle", "large", rules.level),
        figure="1e",
    ),
    SchreiberFinding(
        question="memory",
        says="On loci that are new as well, the gain from size is gone.",
        about="Judged in the target cell type, on loci not seen in training",
        scheme="hybrid",
        section="size",
        claim=grows(("both", "sequence"), "middle", "large", rules.not_above),
        figure="1f",
    ),
    SchreiberFinding(
        question="baseline",
        says="Large networks, whatever they see, are not ahead of the average over the training cell types.",
        about="Judged in the target cell type, on loci seen in training",
        scheme="cross_cell_type",
        section="ladder",
        claim=not_ahead_of_the_average,
        figure="1e",
    ),
    SchreiberFinding(
        question="baseline",
        says="Nor are large networks on loci that are new, where the average may use labels of other cell types.",
        about="Judged in the target cell type, on loci not seen in training",
        scheme="hybrid",
        section="ladder",
        claim=not_ahead_of_the_average,
        figure="1f",
    ),
    SchreiberFinding(
        question="baseline",
        says="Among loci that are active in equally many cell types, networks that see the signal are ahead of those that "
        "see the sequence, in most groups.",
        about="Groups in which the average says nothing",
        scheme="cross_cell_type",
        section="within",
        claim=better_within_groups,
        figure="S3",
    ),
    GaussianFinding(
        question="memory",
        says="On two normal distributions that overlap, where there is nothing to remember, size does not help.",
        about="Two features, two classes",
        section="nothing-to-remember",
        claim=flat_on_gaussians,
        figure="S2",
        simulated_there=True,
    ),
]

"""Metrics: what results are judged by, each with its column, its title, its direction and its own level of chance."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A number per fit by which models are judged.

    Attributes:
        column: of the results table.
        title: at the axis of a figure; in small letters inside a sentence.
        higher_is_better: whether more is better.
        chance: column with what guessing gets in each fit; empty where there is no such level.
        lowest, highest: where it can lie; infinite where there is no bound.
        level: half width of the region of practical equivalence around chance and around a difference of zero.
        share_of_chance: the region around chance is no wider than this share of it.
    """

    column: str
    title: str
    higher_is_better: bool = True
    chance: str = ""
    lowest: float = -math.inf
    highest: float = math.inf
    level: float
    share_of_chance: float = math.inf

    @property
    def within(self) -> tuple[float, float]:
        """Where it can lie."""
        return self.lowest, self.highest

    @property
    def best(self) -> float:
        """What cannot be bettered."""
        return self.highest if self.higher_is_better else self.lowest

    def differences_within(self, times: int = 1) -> tuple[float, float]:
        """Where a difference of two can lie; with ``times`` 2 a difference of two differences."""
        span = times * (self.highest - self.lowest)
        return -span, span

    def margin(self, chance: float = math.nan) -> float:
        """Half width of the region of practical equivalence around this level of chance; around zero without one."""
        return self.level if math.isnan(chance) else min(self.level, self.share_of_chance * chance)

    def advantage(self, left: pd.Series, right: pd.Series) -> pd.Series:
        """How much better ``left`` is than ``right``: their difference, positive where left is better."""
        return left - right if self.higher_is_better else right - left


# The mean over the classes that a validation fold has of the share of a class that was recognised. Chance is that of an
# answer that is the same for every sample.
BALANCED_ACCURACY = Metric(
    column="balanced_accuracy",
    title="Balanced accuracy",
    chance="naive_accuracy",
    lowest=0.0,
    highest=1.0,
    level=0.05,
    share_of_chance=0.25,
)
# The same of a linear model that was trained with full signal, on validation samples without theirs.
BALANCED_ACCURACY_ON_REMOVED = Metric(
    column="balanced_accuracy_on_removed",
    title="Balanced accuracy after removal",
    chance="naive_accuracy",
    lowest=0.0,
    highest=1.0,
    level=0.05,
    share_of_chance=0.25,
)
# The area under the curve of precision over recall, as a sum over thresholds. Chance is the share of positives.
AVERAGE_PRECISION = Metric(
    column="average_precision",
    title="Average precision",
    chance="prevalence",
    lowest=0.0,
    highest=1.0,
    level=0.05,
    share_of_chance=0.25,
)

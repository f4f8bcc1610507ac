"""The rule book at its edges: each rule, what hinders it, and claims about every one or some of several."""

from itertools import product

import numpy as np
import pytest

from linear_signal.analysis import rules
from linear_signal.analysis.rules import ABSENT, FAILS, HOLDS, OPEN, Judgement

NAN = float("nan")


def row(difference=0.0, lower=0.0, upper=0.0, *, inner=None, chance=0.5, **changes):
    """A comparison with chance; ``inner`` is the 90 % interval, by default most of the 95 % one."""
    low, high = inner or (difference + 0.75 * (lower - difference), difference + 0.75 * (upper - difference))
    given = {"comparison": "naive", "n_pairs": 5, "first_mean": chance + difference, "second_mean": chance}
    given |= {"difference": difference, "lower": lower, "upper": upper, "level_lower": low, "level_upper": high}
    return given | {"smallest_class_groups": 40.0, "constant": False} | changes


@pytest.mark.parametrize(
    ("rule", "judged", "verdict", "cause"),
    [
        (rules.above, row(0.06, 0.001, 0.119), HOLDS, ""),
        (rules.above, row(0.05, 0.001, 0.099), OPEN, rules.BELOW_RESOLUTION),
        (rules.above, row(0.06, 0.0, 0.12), OPEN, rules.IMPRECISE),
        (rules.above, row(0.02, 0.01, 0.03), FAILS, ""),
        (rules.above, row(0.0, -0.06, 0.06, inner=(-0.05, 0.05)), FAILS, ""),
        (rules.above, row(0.0, -0.07, 0.07, inner=(-0.06, 0.06)), OPEN, rules.IMPRECISE),
        (rules.above, row(-0.2, -0.3, -0.1), FAILS, ""),
        (rules.level, row(0.0, -0.06, 0.06, inner=(-0.05, 0.05)), HOLDS, ""),
        (rules.level, row(0.0, -0.06, 0.06, inner=(-0.051, 0.051)), OPEN, rules.IMPRECISE),
        (rules.level, row(0.051, 0.001, 0.101), FAILS, ""),
        (rules.level, row(-0.06, -0.07, -0.05), FAILS, ""),
        (rules.level, row(0.045, 0.001, 0.089), OPEN, rules.BELOW_RESOLUTION),
        # Surely above chance and yet close to it: level.
        (rules.level, row(0.02, 0.01, 0.03), HOLDS, ""),
        (rules.away, row(0.02, 0.01, 0.03), FAILS, ""),
        (rules.away, row(-0.2, -0.3, -0.1), HOLDS, ""),
        (rules.near_one, row(0.47, 0.42, 0.5, inner=(0.45, 0.5)), HOLDS, ""),
        (rules.near_one, row(0.47, 0.42, 0.5, inner=(0.44, 0.5)), OPEN, rules.IMPRECISE),
        (rules.near_one, row(0.4, 0.36, 0.44), FAILS, ""),
    ],
)
def test_a_rule_at_its_edges(rule, judged, verdict, cause):
    assert rule(judged) == Judgement(verdict, cause)


RULES = [rules.above, rules.level, rules.away, rules.near_one]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"n_pairs": 1, "lower": NAN, "upper": NAN}, rules.SINGLE_RUN),
        ({"smallest_class_groups": 24.0}, rules.FEW_GROUPS),
        ({"lower": NAN, "upper": NAN, "level_lower": NAN, "level_upper": NAN}, rules.NO_SPREAD),
    ],
)
def test_what_cannot_be_judged_is_inconclusive_and_says_why(rule, changes, cause):
    assert rule(row(0.2, 0.1, 0.3) | changes) == Judgement(OPEN, cause)


def test_a_number_of_groups_that_is_not_known_hinders_nothing():
    assert rules.above(row(0.2, 0.1, 0.3, smallest_class_groups=NAN)).verdict == HOLDS


def test_a_constant_prediction_is_at_chance_by_construction():
    constant = row(0.0, NAN, NAN, constant=True)
    assert rules.level(constant).verdict == HOLDS
    assert rules.above(constant).verdict == FAILS


@pytest.mark.parametrize("rule", [rules.above, rules.level])
def test_a_tie_at_the_ceiling_ranks_nobody(rule):
    tie = row(0.0, NAN, NAN, comparison="models", first_mean=1.0, second_mean=1.0)
    assert rule(tie) == Judgement(OPEN, rules.CEILING)


def test_the_region_is_the_same_for_every_rule_and_small_beside_chance():
    assert [rules.margin(1 / k) for k in (2, 5, 8)] == [0.05, 0.05, 0.03125]
    assert rules.level(row(0.04, 0.03, 0.05, chance=1 / 5)).verdict == HOLDS
    assert rules.level(row(0.04, 0.03, 0.05, chance=1 / 7)).verdict == FAILS
    assert rules.above(row(0.04, 0.03, 0.05, chance=1 / 5)).verdict == FAILS
    assert rules.above(row(0.04, 0.03, 0.05, chance=1 / 7)).verdict == HOLDS
    difference = row(0.04, 0.03, 0.05, chance=0.9, comparison="models")
    assert rules.level(difference).verdict == HOLDS, "around a difference it is 0.05 whatever the accuracies"


@pytest.mark.parametrize("chance", [0.5, 0.125, 1 / 31])
def test_no_result_is_both_at_chance_and_away_from_it(chance):
    for mean, half in product(np.linspace(-0.2, 0.2, 21), np.linspace(0, 0.2, 21)):
        judged = row(mean, mean - half, mean + half, chance=chance)
        level = rules.level(judged).verdict
        for rule in (rules.above, rules.away):
            assert {level, rule(judged).verdict} != {HOLDS}


def test_claims_about_every_one_and_about_some():
    yes, no, wide, few = (
        Judgement(HOLDS),
        Judgement(FAILS),
        Judgement(OPEN, rules.IMPRECISE),
        Judgement(OPEN, rules.FEW_GROUPS),
    )
    assert rules.overall([yes, yes]) == yes
    assert rules.overall([yes, wide]) == Judgement(OPEN, rules.MIXED)
    assert rules.overall([wide, wide]) == wide
    assert rules.overall([wide, few]) == Judgement(OPEN, rules.MIXED)
    assert rules.overall([yes, wide, no]) == no
    assert rules.overall([]).verdict == rules.overall_of_some([]).verdict == ABSENT
    assert rules.overall_of_some([no, wide, yes]) == yes
    assert rules.overall_of_some([no, no]) == no
    assert rules.overall_of_some([no, wide]) == wide


def test_error_rates_of_claims_made_of_several_comparisons():
    assert rules.error_rate(6, HOLDS, rules.above) == 0.025
    assert rules.error_rate(6, FAILS, rules.above) == pytest.approx(0.3)
    assert rules.error_rate(6, FAILS, rules.level) == pytest.approx(0.3)
    assert rules.error_rate(6, FAILS, rules.slightly_above) == pytest.approx(0.15)
    assert np.isnan(rules.error_rate(6, OPEN, rules.level))

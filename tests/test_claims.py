"""Claims about models: each rule at its edges, comparisons on the same runs, and what nobody ran."""

import numpy as np
import pandas as pd
import pytest

from linear_signal.experiment import claims
from linear_signal.experiment.claims import ABSENT, FAILS, HOLDS, OPEN
from made_up_tables import NETWORKS, levels, made_up_fits

TREE = "sklearn.tree.DecisionTreeClassifier(max_depth=2)"
NAN = float("nan")


@pytest.mark.parametrize(
    ("rule", "mean", "lower", "upper", "verdict"),
    [
        (claims.above, 0.06, 0.001, 0.119, HOLDS),
        (claims.above, 0.05, 0.001, 0.099, OPEN),
        (claims.above, 0.06, 0.0, 0.12, OPEN),
        (claims.above, 0.02, 0.01, 0.03, FAILS),
        (claims.above, 0.0, -0.05, 0.05, FAILS),
        (claims.above, -0.2, -0.3, -0.1, FAILS),
        (claims.level, 0.05, 0.0, 0.1, HOLDS),
        (claims.level, 0.05, -0.001, 0.101, OPEN),
        (claims.level, 0.051, 0.001, 0.101, FAILS),
        (claims.level, -0.06, -0.07, -0.05, FAILS),
        (claims.level, 0.06, -0.01, 0.13, OPEN),
        # Surely above guessing and yet close to it: level, so that one interval in twenty does no harm.
        (claims.level, 0.02, 0.01, 0.03, HOLDS),
        (claims.away, 0.02, 0.01, 0.03, FAILS),
        (claims.away, 0.05, 0.01, 0.09, OPEN),
        (claims.away, 0.051, 0.01, 0.09, HOLDS),
        (claims.alike, 0.0, -0.1, 0.1, HOLDS),
        (claims.alike, 0.0, -0.101, 0.1, OPEN),
        (claims.alike, 0.01, 0.001, 0.019, FAILS),
        (claims.alike, -0.2, -0.3, -0.1, FAILS),
        (claims.away, -0.2, -0.3, -0.1, HOLDS),
        (claims.away, 0.0, -0.05, 0.05, FAILS),
        (claims.away, 0.0, -0.06, 0.06, OPEN),
        (claims.near_one, 0.45, 0.4, 0.5, HOLDS),
        (claims.near_one, 0.46, 0.39, 0.53, OPEN),
        (claims.near_one, 0.4, 0.36, 0.44, FAILS),
        (claims.near_one, 0.4, 0.35, 0.45, OPEN),
        (claims.ahead, 0.01, 0.001, 0.02, HOLDS),
        (claims.ahead, -0.01, -0.02, -0.001, FAILS),
        (claims.ahead, 0.01, 0.0, 0.02, OPEN),
        (claims.ahead, 0.0, 0.0, 0.0, OPEN),
    ],
)
def test_a_rule_at_its_edges(rule, mean, lower, upper, verdict):
    assert rule(mean, lower, upper, 0.5) == verdict


@pytest.mark.parametrize("rule", [claims.above, claims.level, claims.away, claims.alike, claims.near_one, claims.ahead])
def test_without_an_interval_nothing_can_be_told(rule):
    assert rule(0.0, NAN, NAN, 0.5) == OPEN
    assert rule(0.5, NAN, NAN, 0.5) == OPEN


def test_with_many_classes_the_bound_is_a_quarter_of_what_guessing_gets():
    assert claims.level(0.04, 0.02, 0.06, 1 / 5) == HOLDS
    assert claims.level(0.04, 0.02, 0.06, 1 / 7) == FAILS
    assert claims.above(0.0, -0.01, 0.04, 1 / 5) == FAILS
    assert claims.above(0.0, -0.01, 0.04, 1 / 7) == OPEN


@pytest.mark.parametrize("naive", [0.5, 0.125, 1 / 31])
def test_no_result_is_both_at_chance_and_away_from_it(naive):
    steps = np.linspace(-0.2, 0.2, 21)
    for mean in steps:
        for half in np.linspace(0, 0.2, 21):
            interval = (mean, mean - half, mean + half, naive)
            for rule in (claims.above, claims.away):
                assert {claims.level(*interval), rule(*interval)} != {HOLDS}


def test_a_claim_about_several_models_needs_them_all():
    assert claims.overall([HOLDS, HOLDS]) == HOLDS
    assert claims.overall([HOLDS, OPEN]) == OPEN
    assert claims.overall([HOLDS, OPEN, FAILS]) == FAILS
    assert claims.overall([]) == ABSENT


def test_accuracies_are_judged_per_model_in_the_order_of_the_book():
    fits = made_up_fits("all tissues", "removed", {TREE: 0.9} | levels(0.125, 0.4, 0.3), naive=0.125)
    table = claims.accuracies(fits, claims.above)
    assert list(table.columns) == list(claims.COLUMNS)
    assert list(table["model"]) == ["logistic_regression", "linear_svm", *NETWORKS], "the tree takes no part"
    assert list(table["verdict"]) == [FAILS, FAILS, HOLDS, HOLDS]
    assert list(claims.accuracies(fits, claims.above, family="network")["model"]) == list(NETWORKS)
    row = table.set_index("model").loc["three_layer"]
    assert row["estimate"] == pytest.approx(0.4, abs=0.01)
    assert row["lower"] < row["estimate"] < row["upper"] < 0.43
    assert (row["naive_accuracy"], row["n_runs"]) == (0.125, 10)


def test_models_are_compared_on_the_same_runs():
    fits = made_up_fits("sex", "full", levels(0.9, 0.91, 0.9))
    # A fold that is hard for everybody widens no interval of a difference.
    hard = fits["fold"] == 2
    fits.loc[hard, "balanced_accuracy"] -= 0.3
    table = claims.lead(fits, [("three_layer", "linear_svm"), ("five_layer", "linear_svm"), ("three_layer", TREE)])
    assert list(table["model"]) == ["three_layer", "five_layer"], "the tree was not run"
    assert table["verdict"].iloc[0] == HOLDS
    assert table["upper"].iloc[0] - table["lower"].iloc[0] < 0.01
    assert (table["other_model"] == "linear_svm").all()


def test_equal_runs_are_a_draw_whatever_rounding_leaves():
    fits = made_up_fits("sex", "full", {"three_layer": 0.9})
    twin = fits.assign(model="five_layer", balanced_accuracy=fits["balanced_accuracy"] + 1e-13)
    table = claims.lead(pd.concat([fits, twin]), [("five_layer", "three_layer")])
    assert list(table["verdict"]) == [OPEN]


def test_conditions_are_compared_per_model():
    fits = pd.concat(
        [made_up_fits("sex", "full", levels(0.9, 0.9, 0.9)), made_up_fits("sex", "removed", levels(0.5, 0.95, 0.7))]
    )
    table = claims.higher_condition(fits, "full", "removed", family="network").set_index("model")
    assert table["verdict"].to_dict() == {"three_layer": FAILS, "five_layer": HOLDS}
    assert table.loc["five_layer", "estimate"] == pytest.approx(0.2, abs=0.01)
    assert set(table["condition"]) == {"full"}
    assert set(table["other_condition"]) == {"removed"}


def test_splits_are_compared_per_model_and_order_between_them():
    group = made_up_fits("all tissues", "full", levels(0.48, 0.42, 0.46))
    sample = made_up_fits("all tissues", "full", levels(0.7, 0.8, 0.41), split="sample")
    fits = pd.concat([group, sample])
    inflation = claims.higher_split(fits).set_index("model")["verdict"].to_dict()
    assert inflation == dict.fromkeys(levels(0, 0, 0), HOLDS) | {"five_layer": FAILS}
    pairs = [("logistic_regression", "five_layer"), ("five_layer", "three_layer"), ("three_layer", TREE)]
    order = claims.same_order(fits, pairs)
    assert list(order["verdict"]) == [HOLDS, FAILS]
    assert list(order["split"]) == ["sample", "sample"]
    assert order["note"].iloc[1].startswith("by study +0.04")


def test_an_order_that_was_none_is_not_kept():
    group = made_up_fits("all tissues", "full", levels(0.46, 0.42, 0.46))
    sample = made_up_fits("all tissues", "full", levels(0.8, 0.7, 0.7), split="sample")
    order = claims.same_order(pd.concat([group, sample]), [("logistic_regression", "five_layer")])
    assert list(order["verdict"]) == [OPEN]


@pytest.mark.parametrize(("network_gain", "verdict"), [(0.04, HOLDS), (0.14, FAILS)])
def test_families_gain_alike_or_not(network_gain, verdict):
    before = made_up_fits("all tissues", "not_pretrained", levels(0.4, 0.4, 0.4))
    after = made_up_fits("all tissues", "pretrained", levels(0.44, 0.4 + network_gain, 0.4 + network_gain))
    table = claims.same_gain(pd.concat([before, after]), "pretrained", "not_pretrained")
    assert list(table["verdict"]) == [verdict]
    assert table["estimate"].iloc[0] == pytest.approx(network_gain - 0.04, abs=0.005)
    assert list(table[["model", "other_model", "n_runs"]].iloc[0]) == ["network", "linear", 10]


def test_what_nobody_ran_is_an_empty_table():
    only = made_up_fits("sex", "full", {"linear_svm": 0.9})
    nothing = only.iloc[:0]
    empty = [
        claims.accuracies(nothing, claims.level),
        claims.accuracies(only, claims.level, family="network"),
        claims.lead(only, [("linear_svm", "three_layer")]),
        claims.higher_condition(only, "full", "removed"),
        claims.higher_split(only),
        claims.same_order(only, [("linear_svm", "three_layer")]),
        claims.same_gain(only, "pretrained", "not_pretrained"),
    ]
    for table in empty:
        assert table.empty
        assert list(table.columns) == list(claims.COLUMNS)


def test_a_single_run_has_an_estimate_and_no_verdict():
    fits = made_up_fits("sex", "full", levels(0.9, 0.9, 0.9))
    one = fits[(fits["seed"] == 0) & (fits["fold"] == 0)]
    for table in (claims.accuracies(one, claims.above), claims.lead(one, [("three_layer", "linear_svm")])):
        assert np.isfinite(table["estimate"]).all()
        assert (table["verdict"] == OPEN).all()
        assert table["note"].str.contains("single run").all()

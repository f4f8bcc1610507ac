"""Claims about models: judged by the rule book, on the same runs, and what nobody ran."""

import numpy as np
import pandas as pd
import pytest

from linear_signal.analysis import claims, rules
from linear_signal.analysis.rules import ABSENT, FAILS, HOLDS, OPEN
from made_up_tables import NETWORKS, levels, made_up_fits

TREE = "sklearn.tree.DecisionTreeClassifier(max_depth=2)"
NAN = float("nan")


def test_accuracies_are_judged_per_model_in_the_order_of_the_book():
    fits = made_up_fits("all tissues", "removed", {TREE: 0.9} | levels(0.125, 0.4, 0.3), naive=0.125)
    claim = claims.accuracies(fits, rules.above)
    table = claim.rows
    assert (claim.judgement.verdict, claim.error_rate) == (FAILS, 0.2), "four comparisons at 5 %"
    assert list(table.columns) == list(claims.COLUMNS)
    assert list(table["model"]) == ["logistic_regression", "linear_svm", *NETWORKS], "the tree takes no part"
    assert list(table["verdict"]) == [FAILS, FAILS, HOLDS, HOLDS]
    assert list(claims.accuracies(fits, rules.above, family="network").rows["model"]) == list(NETWORKS)
    row = table.set_index("model").loc["three_layer"]
    assert row["estimate"] == pytest.approx(0.4, abs=0.01)
    assert row["lower"] < row["estimate"] < row["upper"] < 0.43
    assert (row["naive_accuracy"], row["n_runs"]) == (0.125, 10)


def test_models_are_compared_on_the_same_runs():
    fits = made_up_fits("sex", "full", levels(0.9, 0.91, 0.9))
    # A fold that is hard for everybody widens no interval of a difference.
    hard = fits["fold"] == 2
    fits.loc[hard, "balanced_accuracy"] -= 0.3
    pairs = [("three_layer", "linear_svm"), ("five_layer", "linear_svm"), ("three_layer", TREE)]
    table = claims.lead(fits, pairs, rule=rules.slightly_above).rows
    assert list(table["model"]) == ["three_layer", "five_layer"], "the tree was not run"
    assert table["verdict"].iloc[0] == HOLDS
    assert claims.lead(fits, pairs).rows["verdict"].iloc[0] == FAILS, "a lead of 0.01 counts as level"
    assert table["upper"].iloc[0] - table["lower"].iloc[0] < 0.01
    assert (table["other_model"] == "linear_svm").all()


def test_equal_runs_are_a_draw_whatever_rounding_leaves():
    fits = made_up_fits("sex", "full", {"three_layer": 0.9})
    twin = fits.assign(model="five_layer", balanced_accuracy=fits["balanced_accuracy"] + 1e-13)
    table = claims.lead(pd.concat([fits, twin]), [("five_layer", "three_layer")]).rows
    assert list(table["verdict"]) == [OPEN]


def test_pretraining_is_judged_per_model_with_either_signal():
    level = {"full": levels(0.4, 0.5, 0.5), "removed": levels(0.1, 0.3, 0.3)}
    fits = [made_up_fits("all tissues", signal, level[signal]) for signal in level]
    gained = levels(0.1, 0.4, 0.3), {"pretraining": "pretrained"}
    fits += [made_up_fits("all tissues", "full", level["full"], **gained[1])]
    fits += [made_up_fits("all tissues", "removed", gained[0], **gained[1])]
    table = claims.higher_pretraining(pd.concat(fits), family="network").rows.set_index(["signal", "model"])
    assert table["verdict"].to_dict() == {
        ("full", "three_layer"): FAILS,
        ("full", "five_layer"): FAILS,
        ("removed", "three_layer"): HOLDS,
        ("removed", "five_layer"): FAILS,
    }
    assert set(zip(table["pretraining"], table["other_pretraining"], strict=True)) == {("pretrained", "none")}
    assert set(table.loc["removed", "other_signal"]) == {"removed"}


def test_signals_are_compared_per_model():
    fits = pd.concat(
        [made_up_fits("sex", "full", levels(0.9, 0.9, 0.9)), made_up_fits("sex", "removed", levels(0.5, 0.95, 0.7))]
    )
    table = claims.higher_signal(fits, "full", "removed", family="network").rows.set_index("model")
    assert table["verdict"].to_dict() == {"three_layer": FAILS, "five_layer": HOLDS}
    assert table.loc["five_layer", "estimate"] == pytest.approx(0.2, abs=0.01)
    assert set(table["signal"]) == {"full"}
    assert set(table["other_signal"]) == {"removed"}


def test_splits_are_compared_per_model_and_order_between_them():
    group = made_up_fits("all tissues", "full", levels(0.48, 0.42, 0.46))
    sample = made_up_fits("all tissues", "full", levels(0.7, 0.8, 0.41), split="sample")
    fits = pd.concat([group, sample])
    inflation = claims.higher_split(fits).rows.set_index("model")["verdict"].to_dict()
    assert inflation == dict.fromkeys(levels(0, 0, 0), HOLDS) | {"five_layer": FAILS}
    pairs = [("logistic_regression", "five_layer"), ("five_layer", "three_layer"), ("three_layer", TREE)]
    order = claims.same_order(fits, pairs).rows
    assert list(order["verdict"]) == [HOLDS, FAILS]
    assert list(order["split"]) == ["sample", "sample"]
    assert order["note"].iloc[1].startswith("by group +0.04")


def test_an_order_that_was_none_is_not_kept():
    group = made_up_fits("all tissues", "full", levels(0.46, 0.42, 0.46))
    sample = made_up_fits("all tissues", "full", levels(0.8, 0.7, 0.7), split="sample")
    order = claims.same_order(pd.concat([group, sample]), [("logistic_regression", "five_layer")]).rows
    assert list(order["verdict"]) == [OPEN]


@pytest.mark.parametrize(("network_gain", "verdict"), [(0.04, HOLDS), (0.14, FAILS)])
def test_families_gain_alike_or_not(network_gain, verdict):
    before = made_up_fits("all tissues", "full", levels(0.4, 0.4, 0.4))
    after = made_up_fits(
        "all tissues", "full", levels(0.44, 0.4 + network_gain, 0.4 + network_gain), pretraining="pretrained"
    )
    table = claims.same_gain(pd.concat([before, after])).rows
    assert list(table["verdict"]) == [verdict]
    assert table["estimate"].iloc[0] == pytest.approx(network_gain - 0.04, abs=0.005)
    assert list(table[["model", "other_model", "n_runs"]].iloc[0]) == ["network", "linear", 10]


def test_what_nobody_ran_is_an_empty_table():
    only = made_up_fits("sex", "full", {"linear_svm": 0.9})
    nothing = only.iloc[:0]
    empty = [
        claims.accuracies(nothing, rules.level),
        claims.accuracies(only, rules.level, family="network"),
        claims.lead(only, [("linear_svm", "three_layer")]),
        claims.higher_signal(only, "full", "removed"),
        claims.higher_split(only),
        claims.same_order(only, [("linear_svm", "three_layer")]),
        claims.higher_pretraining(only),
        claims.same_gain(only),
    ]
    for claim in empty:
        table = claim.rows
        assert claim.judgement.verdict == ABSENT
        assert table.empty
        assert list(table.columns) == list(claims.COLUMNS)


def test_a_single_run_has_an_estimate_and_no_verdict():
    fits = made_up_fits("sex", "full", levels(0.9, 0.9, 0.9))
    one = fits[(fits["seed"] == 0) & (fits["fold"] == 0)]
    for table in (claims.accuracies(one, rules.above), claims.lead(one, [("three_layer", "linear_svm")])):
        table = table.rows
        assert np.isfinite(table["estimate"]).all()
        assert (table["verdict"] == OPEN).all()
        assert (table["cause"] == rules.SINGLE_RUN).all()

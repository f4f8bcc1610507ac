"""Scores of anybody's cross-validation, compared in pairs with allowance for training sets that overlap."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_validate
from sklearn.tree import DecisionTreeClassifier

from linear_signal import GroupFolds, InputError, compare_scores

RANDOM = np.random.default_rng(0)
SCORES = {name: np.clip(RANDOM.normal(mean, 0.03, 10), 0, 1) for name, mean in (("a", 0.9), ("b", 0.8), ("c", 0.79))}


def long(scores=SCORES, **columns):
    rows = [
        {"model": model, "seed": run // 5, "fold": run % 5, "score": score, "n_train": 80, "n_test": 20}
        for model, of_model in scores.items()
        for run, score in enumerate(of_model)
    ]
    return pd.DataFrame(rows).assign(**columns)


def test_without_bounds_and_overlap_it_is_the_paired_t_test():
    scores = {"a": 10 * SCORES["a"], "b": 10 * SCORES["b"]}
    found = compare_scores(scores, test_share=0, bounds=None).iloc[0]
    plain = stats.ttest_rel(scores["a"], scores["b"])
    assert found["p_value"] == pytest.approx(plain.pvalue)
    assert (found["lower"], found["upper"]) == pytest.approx(tuple(plain.confidence_interval()))


def test_overlap_widens_the_interval_as_nadeau_and_bengio_say():
    scores = {"a": SCORES["a"], "b": SCORES["b"]}
    plain, allowed = (compare_scores(scores, test_share=share, bounds=None).iloc[0] for share in (0, 0.2))
    ratio = (allowed["upper"] - allowed["lower"]) / (plain["upper"] - plain["lower"])
    assert ratio == pytest.approx(np.sqrt((1 / 10 + 0.2 / 0.8) / (1 / 10)))


def test_a_table_and_a_dict_say_the_same_and_the_order_of_rows_does_not_matter():
    table = compare_scores(long().sample(frac=1, random_state=0).sort_values("model", kind="stable"))
    wide = compare_scores(SCORES, test_share=0.2)
    numbers = ["difference", "lower", "upper", "p_value", "adjusted_for"]
    pd.testing.assert_frame_equal(table[numbers], wide[numbers])
    assert len(table) == 3
    assert wide["n_runs"].eq(10).all()


def test_several_pairs_hold_at_once_and_a_baseline_needs_fewer():
    alone = compare_scores({"a": SCORES["a"], "b": SCORES["b"]}, test_share=0.2).iloc[0]
    among = compare_scores(SCORES, test_share=0.2).iloc[0]
    assert among["upper"] - among["lower"] > alone["upper"] - alone["lower"]
    against = compare_scores(SCORES, test_share=0.2, baseline="c")
    assert list(zip(against["first"], against["second"], strict=True)) == [("a", "c"), ("b", "c")]
    assert "ahead" in against["verdict"][0]


def test_losses_turn_the_difference_round():
    up, down = (compare_scores(SCORES, test_share=0.2, higher_is_better=higher) for higher in (True, False))
    np.testing.assert_allclose(up["difference"], -down["difference"])
    np.testing.assert_allclose(up["lower"], -down["upper"])


def test_runs_that_only_one_model_has_are_counted_and_left_out():
    table = long()
    found = compare_scores(table[~((table["model"] == "b") & (table["seed"] == 1))], baseline="b")
    assert found[["n_runs", "n_unpaired"]].iloc[0].tolist() == [5, 5]


def test_what_cross_validate_returns_is_taken():
    X, y = make_classification(random_state=0)
    options = {"cv": GroupFolds(5), "groups": np.arange(100), "scoring": ["accuracy", "neg_log_loss"]}
    runs = {
        type(one).__name__: cross_validate(one, X, y, **options) for one in (LogisticRegression(), DecisionTreeClassifier())
    }
    assert len(compare_scores(runs, score="accuracy", test_share=0.2)) == 1
    loss = compare_scores(runs, score="neg_log_loss", test_share=0.2, bounds=None)
    assert loss["difference"][0] > 0
    with pytest.raises(InputError, match=r"test_accuracy"):
        compare_scores(runs, score="acuracy", test_share=0.2)


@pytest.mark.parametrize(
    ("table", "options", "said"),
    [
        (SCORES, {}, "test_share"),
        (SCORES, {"test_share": 1}, "test_share is 1"),
        (SCORES, {"test_share": 0.2, "baseline": "d"}, "Unknown baseline 'd'"),
        ({"a": [0.5, 0.6]}, {"test_share": 0.2}, "two or more models"),
        ({}, {"test_share": 0.2}, "two or more models"),
        ({"a": [0.5, 0.6], "b": [0.5]}, {"test_share": 0.2}, "same folds"),
        ({"a": [0.5, 60], "b": [0.5, 0.7]}, {"test_share": 0.2}, "bounds"),
        ({"a": [0.5, np.nan], "b": [0.5, 0.7]}, {"test_share": 0.2}, "no finite number"),
        (long(fold=0), {}, "several scores"),
        (long().drop(columns="score"), {}, "score=..."),
        (long().drop(columns=["seed", "fold"]), {}, "seed or fold"),
        (long().drop(columns="n_test"), {}, "n_test"),
        ([0.5], {}, "DataFrame or a dict"),
    ],
    ids=range(13),
)
def test_what_cannot_be_compared_is_refused(table, options, said):
    with pytest.raises(InputError, match=said):
        compare_scores(table, **options)

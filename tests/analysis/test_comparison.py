"""Paired comparisons: pairing, averages within runs, several at once, and the sentences built on them."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score

from linear_signal.analysis.averages import over_fractions, over_tasks
from linear_signal.analysis.comparison import (
    against_naive,
    compare_models,
    compare_pairs,
    compare_pretraining,
    compare_signals,
    summarise,
)
from linear_signal.analysis.family_comparison import contest, networks_against_linear
from linear_signal.analysis.intervals import corrected_interval
from linear_signal.analysis.signal_verdict import signal_verdict
from linear_signal.analysis.verdict import verdict
from linear_signal.errors import InputError
from linear_signal.models.titles import model_family, model_phrase, model_title
from linear_signal.names import signal_title
from made_up_fits import SIGNAL, make_fits

DIFFERENCE = (-1.0, 1.0)


def test_order_only_flips_the_sign():
    fits = make_fits(SIGNAL, seeds=2)
    one = compare_models(fits, "three_layer", "logistic_regression")
    other = compare_models(fits, "logistic_regression", "three_layer")
    np.testing.assert_allclose(one["difference"], -other["difference"])
    np.testing.assert_allclose(one["lower"], -other["upper"])
    np.testing.assert_allclose(one["p_value"], other["p_value"])
    assert (one["n_pairs"] == 10).all()
    assert (one["n_seeds"] == 2).all()


def test_pairs_are_matched_by_seed_and_fold_not_by_row():
    fits = make_fits(SIGNAL)
    shuffled = fits.sample(frac=1, random_state=3)
    expected = compare_models(fits, "three_layer", "logistic_regression").set_index("signal")["lower"]
    got = compare_models(shuffled, "three_layer", "logistic_regression").set_index("signal")["lower"]
    np.testing.assert_allclose(got[expected.index], expected)


def test_correction_does_not_depend_on_the_fraction():
    fits = make_fits(SIGNAL)
    table = [compare_models(fits, "three_layer", "logistic_regression", fraction=f) for f in (0.5, 1.0)]
    assert [t["train_samples"].iloc[0] for t in table] == [40, 80]
    half = fits[np.isclose(fits["fraction"], 0.5)]
    wide = half.pivot_table(index=["signal", "fold"], columns="model", values="balanced_accuracy", sort=False)
    full = (wide["three_layer"] - wide["logistic_regression"]).loc["full"]
    assert table[0]["lower"].iloc[0] == pytest.approx(corrected_interval(full, 80, 20, within=DIFFERENCE).lower)


def test_unpaired_runs_are_counted_and_left_out():
    fits = make_fits(SIGNAL)
    lost = (fits["model"] == "three_layer") & (fits["fold"] == 2) & (fits["signal"] == "full")
    row = compare_models(fits[~lost], "three_layer", "logistic_regression").iloc[0]
    assert (row["n_pairs"], row["n_unpaired"]) == (4, 1)


def test_runs_without_a_name_are_compared_with_nobody():
    fits = make_fits(SIGNAL)
    unnamed = fits.assign(task=None, balanced_accuracy=0.1)
    both = pd.concat([fits, unnamed], ignore_index=True)
    pd.testing.assert_frame_equal(
        compare_models(both, "three_layer", "logistic_regression"),
        compare_models(fits, "three_layer", "logistic_regression"),
    )


def test_no_pair_at_all_is_an_error():
    fits = make_fits(SIGNAL)
    apart = fits[(fits["model"] == "three_layer") == (fits["fold"] < 2)]
    with pytest.raises(InputError, match="No seed and fold"):
        compare_models(apart, "three_layer", "logistic_regression")


def test_unknown_names_give_the_nearest():
    fits = make_fits(SIGNAL)
    with pytest.raises(InputError, match="did you mean 'three_layer'"):
        compare_models(fits, "three_layr", "logistic_regression")
    with pytest.raises(InputError, match="Unknown signal"):
        compare_signals(fits, "remved")
    with pytest.raises(InputError, match=r"Unknown fraction '0\.3'"):
        compare_models(fits, "three_layer", "logistic_regression", fraction=0.3)
    with pytest.raises(InputError, match="Unknown task"):
        signal_verdict(fits, "Blood vs Brian")


def test_two_splits_in_one_comparison_are_refused():
    fits = make_fits(SIGNAL)
    both = pd.concat([fits, fits.assign(split="sample")])
    with pytest.raises(InputError, match="one split or add it to by"):
        compare_models(both, "three_layer", "logistic_regression")
    assert len(compare_models(both, "three_layer", "logistic_regression", by=("task", "signal", "split"))) == 4


def test_against_naive_is_the_mean_above_chance():
    fits = make_fits(SIGNAL)
    table = against_naive(fits).set_index(["signal", "model"])
    at_full = fits[(fits["fraction"] == 1) & (fits["signal"] == "removed") & (fits["model"] == "three_layer")]
    assert table.loc[("removed", "three_layer"), "difference"] == pytest.approx(at_full["balanced_accuracy"].mean() - 0.5)


def test_over_tasks_averages_within_runs_before_testing():
    tasks = ["A vs B", "A vs C", "B vs C"]
    fits = make_fits(SIGNAL, tasks=tasks)
    together = over_tasks(fits, tasks, "three pairs")
    assert set(together["task"]) == {"three pairs"}
    assert len(together) == len(fits) / 3
    assert compare_models(together, "three_layer", "logistic_regression")["n_pairs"].tolist() == [5, 5]
    incomplete = over_tasks(fits.drop(index=fits.index[0]), tasks, "three pairs")
    assert incomplete.attrs["incomplete_runs"] == 1
    with pytest.raises(InputError, match="Unknown task"):
        over_tasks(fits, ["A vs D"], "one")


def test_summary_holds_means_and_counts():
    fits = make_fits(SIGNAL, seeds=3)
    table = summarise(fits, by=["model", "signal", "fraction"])
    assert table[["n_runs", "n_seeds", "n_folds"]].drop_duplicates().values.tolist() == [[15, 3, 5]]
    assert ((table["lower"] < table["mean"]) & (table["mean"] < table["upper"])).all()
    with pytest.raises(InputError, match="empty"):
        summarise(fits.head(0), by=["model"])
    with pytest.raises(InputError, match="lacks column 'seed'"):
        summarise(fits.drop(columns="seed"), by=["model"])


def test_intervals_that_hold_at_once_are_wider():
    fits = make_fits(SIGNAL | {("five_layer", "removed"): 0.7, ("linear_svm", "removed"): 0.5}, spread=0.05)
    removed = fits[fits["signal"] == "removed"]
    alone, together = (against_naive(removed, together=flag) for flag in (False, True))
    assert ((together["upper"] - together["lower"]) > (alone["upper"] - alone["lower"])).all()
    assert set(alone["adjusted_for"]) == {1}
    assert set(together["adjusted_for"]) == {4}
    pairs = [("three_layer", "linear_svm"), ("five_layer", "linear_svm")]
    assert list(compare_pairs(removed, pairs)["first"]) == ["three_layer", "five_layer"]


def test_chance_is_that_of_the_classes_a_fold_has():
    # A constant prediction gets 1/8 in folds that lack one of nine classes: chance, not more than it.
    fits = make_fits({("exact_logistic_regression", "removed"): 0.5}, fractions=(1.0,))
    level = [1 / 8, 1 / 9, 1 / 9, 1 / 8, 1 / 9]
    row = against_naive(fits.assign(balanced_accuracy=level, naive_accuracy=level, predicted_classes=1)).iloc[0]
    assert row["difference"] == pytest.approx(0)
    assert row["constant"]
    assert "a constant prediction" in verdict(row)


def test_a_summary_has_the_interval_that_verdicts_look_at():
    fits = make_fits(SIGNAL, fractions=(1.0,), spread=0.1)
    fits["naive_accuracy"] = np.where(fits["fold"] == 2, 0.5, 1 / 3)
    summary = summarise(fits, by=["signal", "model"]).set_index(["signal", "model"])
    table = against_naive(fits).set_index(["signal", "model"])
    np.testing.assert_allclose(summary["lower"], table["lower"] + summary["naive_accuracy"])
    assert summary["lower"].ge(0).all()
    assert summary["upper"].le(1).all()


def test_of_several_tasks_the_poorest_counts():
    fits = make_fits(SIGNAL, tasks=["A vs B", "A vs C"], predicted_classes=2, ended_at_last_epoch=False, at_edge="")
    first = fits["task"] == "A vs B"
    fits.loc[first, ["smallest_class_groups", "predicted_classes"]] = [30, 1]
    fits.loc[first, "ended_at_last_epoch"], fits.loc[first, "at_edge"] = True, "lower"
    together = over_tasks(fits, ["A vs B", "A vs C"], "both")
    assert set(together["smallest_class_groups"]) == {30}
    assert set(together["predicted_classes"]) == {2}
    assert set(together["ended_at_last_epoch"]) == set(together["at_edge"]) == {0.5}


def test_verdict_names_the_winner_whatever_the_order():
    fits = make_fits(SIGNAL)
    removed = fits[fits["signal"] == "removed"]
    one = verdict(compare_models(removed, "three_layer", "logistic_regression"))
    assert one == verdict(compare_models(removed, "logistic_regression", "three_layer"))
    assert one.startswith("The three-layer network is ahead of logistic regression by 0.3")
    assert one.endswith("with the linear signal removed, over 5 paired folds (1 seed).")


def test_verdict_says_level_inconclusive_and_why():
    fits = make_fits(SIGNAL | {("three_layer", "full"): 0.95}, spread=0.05)
    row = compare_models(fits, "three_layer", "logistic_regression").iloc[0]
    assert "inconclusive (too imprecise)" in verdict(row)
    assert "would have been seen" in verdict(row)
    single = compare_models(fits[fits["fold"] == 0], "three_layer", "logistic_regression").iloc[0]
    assert "a single run says nothing about uncertainty" in verdict(single)
    close = make_fits(SIGNAL)
    assert "are level within 0.050" in verdict(compare_models(close, "three_layer", "logistic_regression").iloc[0])
    level = fits.assign(balanced_accuracy=1.0)
    assert "a tie at the ceiling" in verdict(compare_models(level, "three_layer", "logistic_regression").iloc[0])
    few = fits.assign(smallest_class_groups=12)
    assert "too few groups: 12 in the smallest class" in verdict(against_naive(few).iloc[0])
    with pytest.raises(InputError, match="2 rows"):
        verdict(compare_models(fits, "three_layer", "logistic_regression"))


def test_verdict_of_signals_and_of_chance():
    fits = make_fits(SIGNAL)
    table = compare_signals(fits).set_index("model", drop=False)
    assert "three-layer network with the linear signal removed is below itself with full signal" in verdict(
        table.loc["three_layer"]
    )
    # Where both were run with pretraining and without, a sentence says so of that with it, which is not the usual.
    better = fits.assign(pretraining="pretrained", balanced_accuracy=fits["balanced_accuracy"] ** 0.5)
    table = compare_pretraining(pd.concat([fits, better]), by=["signal", "model"])
    gain = verdict(table[(table["signal"] == "removed") & (table["model"] == "three_layer")])
    assert "with pretraining is above itself without pretraining" in gain
    assert "with the linear signal removed" in gain
    models = compare_models(better, "three_layer", "logistic_regression", by=["signal", "pretraining"])
    assert "with the linear signal removed and with pretraining" in verdict(models[models["signal"] == "removed"])
    table = against_naive(fits).set_index(["model", "signal"], drop=False)
    assert "The three-layer network is above chance by 0." in verdict(table.loc[("three_layer", "removed")])


def test_a_contest_picks_nobody_before_the_test():
    everybody = {("linear_svm", "full"): 0.8, ("five_layer", "full"): 0.81, ("logistic_regression", "full"): 0.8}
    fits = make_fits(everybody | {("three_layer", "full"): 0.95})
    assert contest(fits).startswith("The three-layer network is ahead of all linear models, of the closest (")
    assert "adjusted for 4 comparisons" in contest(fits)
    assert contest(make_fits(everybody | {("three_layer", "full"): 0.6, ("five_layer", "full"): 0.6})).startswith(
        ("Logistic regression is ahead of all networks", "The linear SVM is ahead of all networks")
    )
    assert "level within 0.05" in contest(make_fits(everybody))
    assert "inconclusive" in contest(make_fits(everybody, spread=0.1))
    assert "tie at the ceiling" in contest(fits.assign(balanced_accuracy=1.0))
    assert "did not have both" in contest(make_fits({("linear_svm", "full"): 0.8}))
    always = contest(fits.assign(balanced_accuracy=np.where(fits.model == "three_layer", 0.9, 0.8)))
    assert "no interval: the same in every run" in always, "and none is made up"


def test_the_best_linear_model_is_named_once_per_signal():
    level = {("logistic_regression", "full"): 0.9, ("linear_svm", "full"): 0.8}
    level |= {("logistic_regression", "removed"): 0.45, ("linear_svm", "removed"): 0.52}
    level |= {(network, signal): 0.7 for network in ("three_layer", "five_layer") for signal in ("full", "removed")}
    table = networks_against_linear({"pair": make_fits(level)})
    assert table.groupby("signal")["second"].unique().str.join(",").to_dict() == {
        "full": "logistic_regression",
        "removed": "linear_svm",
    }
    assert set(table["adjusted_for"]) == {4}


def test_balanced_accuracy_example_of_the_specification():
    truth = np.array([0] * 9 + [1])
    predicted = np.array([0] * 8 + [1, 0])
    assert accuracy_score(truth, predicted) == pytest.approx(0.8)
    assert balanced_accuracy_score(truth, predicted) == pytest.approx(0.44, abs=0.005)


def test_names_of_import_paths():
    path = "sklearn.ensemble.HistGradientBoostingClassifier"
    assert model_title(path) == model_phrase(path) == "HistGradientBoostingClassifier"
    assert model_family(path) == "trees"
    assert model_title(f"{path}(learning_rate=0.5)") == "HistGradientBoostingClassifier(learning_rate=0.5)"
    assert model_family("sklearn.svm.LinearSVC(C=0.1)") == "linear"
    assert model_family("sklearn.linear_model.RidgeClassifier") == "linear"
    assert signal_title("removed") == "Linear signal removed"


def test_a_learning_curve_becomes_one_number_per_run():
    fits = make_fits(SIGNAL, fractions=(0.2, 0.5, 1.0))
    averaged = over_fractions(fits.sample(frac=1, random_state=0))
    assert len(averaged) == 4 * 5
    assert set(averaged.fraction) == {1.0}
    assert set(averaged.train_samples) == {80}
    for row in averaged.itertuples():
        same = (fits.model == row.model) & (fits.signal == row.signal) & (fits.fold == row.fold)
        assert row.balanced_accuracy == pytest.approx(fits[same].balanced_accuracy.mean())


def test_every_run_is_averaged_over_the_same_sizes():
    fits = make_fits(SIGNAL, fractions=(0.2, 0.5, 1.0))
    fits.loc[(fits.fold == 2) & (fits.fraction == 0.5), "balanced_accuracy"] = np.nan
    fits.loc[(fits.fold == 3) & (fits.fraction == 1.0), "balanced_accuracy"] = np.nan
    averaged = over_fractions(fits)
    assert set(averaged.fold) == {0, 1, 2, 4}
    assert set(averaged.n_sizes) == {2}
    one = fits[(fits.model == "three_layer") & (fits.signal == "full") & (fits.fold == 0) & (fits.fraction != 0.5)]
    found = averaged[(averaged.model == "three_layer") & (averaged.signal == "full") & (averaged.fold == 0)]
    assert found.balanced_accuracy.item() == pytest.approx(one.balanced_accuracy.mean())
    with pytest.raises(InputError, match="Several rows"):
        over_fractions(pd.concat([fits, fits]))


def test_the_correction_counts_what_a_fold_leaves_out_not_what_it_judges_on():
    fits = make_fits(SIGNAL)
    own, elsewhere = (against_naive(fits.assign(validation_samples=n, left_out_samples=20)) for n in (20, 400))
    pd.testing.assert_frame_equal(own.drop(columns="validation_samples"), elsewhere.drop(columns="validation_samples"))

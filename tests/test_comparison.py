"""Paired comparisons: the interval's arithmetic and coverage, pairing, and the sentences built on them."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score

from linear_signal.errors import InputError
from linear_signal.experiment.comparison import (
    against_naive,
    compare_conditions,
    compare_models,
    over_fractions,
    over_tasks,
    summarise,
)
from linear_signal.experiment.intervals import corrected_t_interval
from linear_signal.experiment.verdict import signal_verdict, verdict
from linear_signal.names import condition_title, model_family, model_phrase, model_title


def make_fits(levels, *, tasks=("Blood vs Brain",), fractions=(0.5, 1.0), folds=5, seeds=1, spread=0.01):
    """Fits with a mean balanced accuracy per (model, condition)."""
    random = np.random.default_rng(7)
    rows = []
    for task, (key, level), fraction in product(tasks, levels.items(), fractions):
        for seed, fold in product(range(seeds), range(folds)):
            score = level - 0.1 * (1 - fraction) + spread * random.standard_normal()
            rows.append(
                {"task": task, "model": key[0], "condition": key[1], "split": "group", "seed": seed, "fold": fold}
                | {"fraction": fraction, "balanced_accuracy": score, "naive_accuracy": 0.5}
                | {"train_samples": round(80 * fraction), "validation_samples": 20}
            )
    return pd.DataFrame(rows)


SIGNAL = {
    ("logistic_regression", "full"): 0.95,
    ("three_layer", "full"): 0.96,
    ("logistic_regression", "removed"): 0.5,
    ("three_layer", "removed"): 0.8,
}


def test_interval_by_hand():
    # mean 0.2, variance 0.01, error sqrt(0.01 x (1/3 + 50/100)) = 0.0912871; t(0.975, 2) = 4.3026527
    interval = corrected_t_interval([0.1, 0.2, 0.3], 100, 50)
    assert interval.mean == pytest.approx(0.2)
    assert interval.lower == pytest.approx(0.2 - 4.3026527 * 0.0912871, abs=1e-6)
    assert interval.upper == pytest.approx(0.2 + 4.3026527 * 0.0912871, abs=1e-6)
    assert interval.p_value == pytest.approx(1 - 2.1908902 / np.sqrt(2 + 2.1908902**2), abs=1e-6)
    assert interval.degrees_of_freedom == 2


def test_interval_covers_the_mean_of_independent_runs():
    draws = np.random.default_rng(0).normal(0.3, 1.0, size=(1500, 5))
    intervals = [corrected_t_interval(draw, 100, 0) for draw in draws]
    covered = np.mean([interval.lower <= 0.3 <= interval.upper for interval in intervals])
    assert covered == pytest.approx(0.95, abs=0.02)


def test_interval_covers_the_mean_of_overlapping_runs():
    # Runs that share a part of their error, as with shared training samples: correlation 1/5 = validation / all.
    random = np.random.default_rng(1)
    draws = np.sqrt(0.2) * random.normal(size=(1500, 1)) + np.sqrt(0.8) * random.normal(size=(1500, 5))
    corrected, plain = (
        np.mean([low <= 0 <= high for _, low, high, *_ in (corrected_t_interval(d, 80, n) for d in draws)]) for n in (20, 0)
    )
    assert corrected == pytest.approx(0.95, abs=0.02)
    assert plain < 0.91


def test_interval_grows_with_overlap_and_confidence():
    values = [0.1, 0.2, 0.25]
    widths = [corrected_t_interval(values, 100, n, confidence=c).upper for n, c in ((0, 0.9), (25, 0.9), (25, 0.95))]
    assert widths == sorted(widths)
    assert len(set(widths)) == 3


def test_interval_of_a_single_run_says_so():
    interval = corrected_t_interval([0.3], 80, 20)
    assert interval.mean == 0.3
    assert np.isnan([interval.lower, interval.upper, interval.p_value]).all()
    assert "single run" in interval.note


@pytest.mark.parametrize(("value", "p_value"), [(0.0, 1.0), (0.1, 0.0)])
def test_interval_without_variation(value, p_value):
    interval = corrected_t_interval([value] * 4, 80, 20)
    assert interval[:4] == (value, value, value, p_value)
    assert "every run" in interval.note


@pytest.mark.parametrize(
    ("values", "train", "validation", "confidence"),
    [([], 80, 20, 0.95), ([np.nan, 1], 80, 20, 0.95), ([1, 2], 0, 20, 0.95), ([1, 2], 80, 20, 95)],
)
def test_interval_refuses_nonsense(values, train, validation, confidence):
    with pytest.raises(InputError):
        corrected_t_interval(values, train, validation, confidence=confidence)


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
    expected = compare_models(fits, "three_layer", "logistic_regression").set_index("condition")["lower"]
    got = compare_models(shuffled, "three_layer", "logistic_regression").set_index("condition")["lower"]
    np.testing.assert_allclose(got[expected.index], expected)


def test_correction_does_not_depend_on_the_fraction():
    fits = make_fits(SIGNAL)
    table = [compare_models(fits, "three_layer", "logistic_regression", fraction=f) for f in (0.5, 1.0)]
    assert [t["train_samples"].iloc[0] for t in table] == [40, 80]
    half = fits[np.isclose(fits["fraction"], 0.5)]
    wide = half.pivot_table(index=["condition", "fold"], columns="model", values="balanced_accuracy", sort=False)
    full = (wide["three_layer"] - wide["logistic_regression"]).loc["full"]
    assert table[0]["lower"].iloc[0] == pytest.approx(corrected_t_interval(full, 80, 20).lower)


def test_unpaired_runs_are_counted_and_left_out():
    fits = make_fits(SIGNAL)
    lost = (fits["model"] == "three_layer") & (fits["fold"] == 2) & (fits["condition"] == "full")
    row = compare_models(fits[~lost], "three_layer", "logistic_regression").iloc[0]
    assert (row["n_pairs"], row["n_unpaired"]) == (4, 1)


def test_no_pair_at_all_is_an_error():
    fits = make_fits(SIGNAL)
    apart = fits[(fits["model"] == "three_layer") == (fits["fold"] < 2)]
    with pytest.raises(InputError, match="No seed and fold"):
        compare_models(apart, "three_layer", "logistic_regression")


def test_unknown_names_give_the_nearest():
    fits = make_fits(SIGNAL)
    with pytest.raises(InputError, match="did you mean 'three_layer'"):
        compare_models(fits, "three_layr", "logistic_regression")
    with pytest.raises(InputError, match="Unknown condition"):
        compare_conditions(fits, "remved")
    with pytest.raises(InputError, match=r"Unknown fraction '0\.3'"):
        compare_models(fits, "three_layer", "logistic_regression", fraction=0.3)
    with pytest.raises(InputError, match="Unknown task"):
        signal_verdict(fits, "Blood vs Brian")


def test_two_splits_in_one_comparison_are_refused():
    fits = make_fits(SIGNAL)
    both = pd.concat([fits, fits.assign(split="sample")])
    with pytest.raises(InputError, match="one split or add it to by"):
        compare_models(both, "three_layer", "logistic_regression")
    assert len(compare_models(both, "three_layer", "logistic_regression", by=("task", "condition", "split"))) == 4


def test_against_naive_is_the_mean_above_chance():
    fits = make_fits(SIGNAL)
    table = against_naive(fits).set_index(["condition", "model"])
    at_full = fits[(fits["fraction"] == 1) & (fits["condition"] == "removed") & (fits["model"] == "three_layer")]
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
    table = summarise(fits, by=["model", "condition", "fraction"])
    assert table[["n_runs", "n_seeds", "n_folds"]].drop_duplicates().values.tolist() == [[15, 3, 5]]
    assert ((table["lower"] < table["mean"]) & (table["mean"] < table["upper"])).all()
    with pytest.raises(InputError, match="empty"):
        summarise(fits.head(0), by=["model"])
    with pytest.raises(InputError, match="lacks column 'seed'"):
        summarise(fits.drop(columns="seed"), by=["model"])


def test_verdict_names_the_winner_whatever_the_order():
    fits = make_fits(SIGNAL)
    removed = fits[fits["condition"] == "removed"]
    one = verdict(compare_models(removed, "three_layer", "logistic_regression"))
    assert one == verdict(compare_models(removed, "logistic_regression", "three_layer"))
    assert one.startswith("Over 5 paired folds (1 seed) the three-layer network beats logistic regression by 0.3")
    assert one.endswith("on Blood vs Brain with the linear signal removed.")


def test_verdict_admits_ignorance():
    fits = make_fits(SIGNAL | {("three_layer", "full"): 0.95}, spread=0.05)
    row = compare_models(fits, "three_layer", "logistic_regression").iloc[0]
    assert "no difference can be told between the three-layer network and logistic regression" in verdict(row)
    single = compare_models(fits[fits["fold"] == 0], "three_layer", "logistic_regression").iloc[0]
    assert verdict(single).endswith("rests on a single run and says nothing about uncertainty.")
    level = fits.assign(balanced_accuracy=1.0)
    assert "exactly level" in verdict(compare_models(level, "three_layer", "logistic_regression").iloc[0])
    with pytest.raises(InputError, match="2 rows"):
        verdict(compare_models(fits, "three_layer", "logistic_regression"))


def test_verdict_of_conditions_and_of_chance():
    fits = make_fits(SIGNAL)
    table = compare_conditions(fits).set_index("model", drop=False)
    assert "three-layer network with the linear signal removed is below itself with full signal" in verdict(
        table.loc["three_layer"]
    )
    table = against_naive(fits).set_index(["model", "condition"], drop=False)
    assert "the three-layer network is above the naive classifier by 0." in verdict(table.loc[("three_layer", "removed")])


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, ("there is linear signal", "there is non-linear signal")),
        ({("three_layer", "removed"): 0.5}, ("there is linear signal", "no non-linear signal can be told")),
        ({("logistic_regression", "full"): 0.5}, ("no linear signal can be told", "there is non-linear signal")),
        ({("logistic_regression", "removed"): 0.55}, ("ahead of logistic regression", "above chance as well")),
        ({("logistic_regression", "removed"): 0.8}, ("there is linear signal", "cannot be judged")),
    ],
)
def test_signal_verdict(changed, expected):
    sentence = signal_verdict(make_fits(SIGNAL | changed), "Blood vs Brain")
    assert all(words in sentence for words in expected), sentence
    assert "5 folds (1 seed)" in sentence


def test_signal_verdict_of_incomplete_runs():
    fits = make_fits(SIGNAL)
    assert "single run, which says nothing about uncertainty" in signal_verdict(fits[fits["fold"] == 0], "Blood vs Brain")
    assert "no network was run" in signal_verdict(fits[fits["condition"] == "full"], "Blood vs Brain")
    assert "no linear model was run" in signal_verdict(fits[fits["model"] == "three_layer"], "Blood vs Brain")


def test_balanced_accuracy_example_of_the_specification():
    truth = np.array([0] * 9 + [1])
    predicted = np.array([0] * 8 + [1, 0])
    assert accuracy_score(truth, predicted) == pytest.approx(0.8)
    assert balanced_accuracy_score(truth, predicted) == pytest.approx(0.44, abs=0.005)


def test_names_of_import_paths():
    path = "sklearn.ensemble.HistGradientBoostingClassifier"
    assert model_title(path) == model_phrase(path) == "HistGradientBoostingClassifier"
    assert model_family(path) == "other"
    assert model_title(f"{path}(learning_rate=0.5)") == "HistGradientBoostingClassifier(learning_rate=0.5)"
    assert model_family("sklearn.svm.LinearSVC(C=0.1)") == "linear"
    assert model_family("sklearn.linear_model.RidgeClassifier") == "linear"
    assert condition_title("removed") == "Linear signal removed"


def test_a_learning_curve_becomes_one_number_per_run():
    fits = make_fits(SIGNAL, fractions=(0.2, 0.5, 1.0))
    averaged = over_fractions(fits.sample(frac=1, random_state=0))
    assert len(averaged) == 4 * 5
    assert set(averaged.fraction) == {1.0}
    assert set(averaged.train_samples) == {80}
    for row in averaged.itertuples():
        same = (fits.model == row.model) & (fits.condition == row.condition) & (fits.fold == row.fold)
        assert row.balanced_accuracy == pytest.approx(fits[same].balanced_accuracy.mean())


def test_every_run_is_averaged_over_the_same_sizes():
    fits = make_fits(SIGNAL, fractions=(0.2, 0.5, 1.0))
    fits.loc[(fits.fold == 2) & (fits.fraction == 0.5), "balanced_accuracy"] = np.nan
    fits.loc[(fits.fold == 3) & (fits.fraction == 1.0), "balanced_accuracy"] = np.nan
    averaged = over_fractions(fits)
    assert set(averaged.fold) == {0, 1, 2, 4}
    assert set(averaged.n_sizes) == {2}
    one = fits[(fits.model == "three_layer") & (fits.condition == "full") & (fits.fold == 0) & (fits.fraction != 0.5)]
    found = averaged[(averaged.model == "three_layer") & (averaged.condition == "full") & (averaged.fold == 0)]
    assert found.balanced_accuracy.item() == pytest.approx(one.balanced_accuracy.mean())
    with pytest.raises(InputError, match="Several rows"):
        over_fractions(pd.concat([fits, fits]))


def test_the_correction_counts_what_a_fold_leaves_out_not_what_it_judges_on():
    fits = make_fits(SIGNAL)
    own, elsewhere = (against_naive(fits.assign(validation_samples=n, left_out_samples=20)) for n in (20, 400))
    pd.testing.assert_frame_equal(own.drop(columns="validation_samples"), elsewhere.drop(columns="validation_samples"))

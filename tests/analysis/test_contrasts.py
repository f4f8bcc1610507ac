"""Contrasts between splits and between families of models, against scipy and against sums by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from linear_signal.analysis.contrasts import compare_splits, family_difference, gains
from linear_signal.analysis.intervals import corrected_interval
from linear_signal.errors import InputError

GAINS = (-2.0, 2.0)


def table(values, *, split="group", model="three_layer", signal="full", pretraining="none", validation=0, task="t"):
    return pd.DataFrame(
        {
            "task": task,
            "model": model,
            "signal": signal,
            "pretraining": pretraining,
            "split": split,
            "seed": 0,
            "fold": range(len(values)),
            "fraction": 1.0,
            "balanced_accuracy": values,
            "naive_accuracy": 0.25,
            "train_samples": 80,
            "validation_samples": validation,
        }
    )


def test_without_overlap_a_difference_between_splits_has_welchs_interval():
    random = np.random.default_rng(0)
    first, second = random.normal(0.8, 0.05, 5), random.normal(0.6, 0.1, 7)
    fits = pd.concat([table(first, split="sample"), table(second)])
    row = compare_splits(fits).iloc[0]
    expected = stats.ttest_ind(first, second, equal_var=False)
    interval = expected.confidence_interval(0.95)
    # On the scale of the intervals, so that none leaves the range: the same but for a few thousandths.
    np.testing.assert_allclose(row[["lower", "upper"]].astype(float), [interval.low, interval.high], atol=2e-3)
    np.testing.assert_allclose([row.p_value, row.degrees_of_freedom], [expected.pvalue, expected.df], rtol=0.1)
    assert (row.n_first, row.n_second) == (5, 7)


def test_overlapping_training_sets_widen_it():
    values = np.array([0.7, 0.8, 0.75, 0.9, 0.72])
    narrow, wide = (
        compare_splits(pd.concat([table(values, split="sample", validation=n), table(values - 0.1, validation=n)])).iloc[0]
        for n in (0, 20)
    )
    assert narrow.difference == pytest.approx(0.1)
    assert (wide.upper - wide.lower) / (narrow.upper - narrow.lower) == pytest.approx(
        np.sqrt((1 / 5 + 20 / 80) * 5), rel=0.01
    )
    assert wide.standard_error / narrow.standard_error == pytest.approx(np.sqrt((1 / 5 + 20 / 80) * 5))


@pytest.mark.parametrize(("values", "note"), [([0.8], "a single run"), ([0.8, 0.8, 0.8], "the same in every run")])
def test_what_has_no_spread_says_so(values, note):
    row = compare_splits(pd.concat([table(values, split="sample"), table(values)])).iloc[0]
    assert note in row.note
    assert row.difference == 0
    assert np.isnan(row.lower)


def test_a_gain_is_taken_within_each_run():
    before, after = np.array([0.5, 0.6, 0.9]), np.array([0.6, 0.8, 0.85])
    fits = pd.concat([table(before), table(after, pretraining="pretrained")])
    shuffled = fits.sample(frac=1, random_state=0)
    found = gains(shuffled).sort_values("fold")
    np.testing.assert_allclose(found.gain, after - before)


def test_a_difference_between_families_is_that_of_mean_gains_within_each_run():
    random = np.random.default_rng(1)
    gain = {
        model: random.normal(0.1, 0.02, 5)
        for model in ("logistic_regression", "linear_svm", "three_layer", "five_layer", "sklearn.svm.SVC")
    }
    fits = pd.concat(
        table(
            np.full(5, 0.5) + (values if pretraining == "pretrained" else 0),
            model=model,
            pretraining=pretraining,
            validation=20,
        )
        for model, values in gain.items()
        for pretraining in ("none", "pretrained")
    )
    row = family_difference(fits).iloc[0]
    networks = (gain["three_layer"] + gain["five_layer"]) / 2
    linear = (gain["logistic_regression"] + gain["linear_svm"]) / 2
    expected = corrected_interval(networks - linear, 80, 20, within=GAINS)
    np.testing.assert_allclose(row[["difference", "lower", "upper"]].astype(float), expected[:3])
    assert row.n_pairs == 5


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda fits: compare_splits(fits), "Unknown split 'sample'"),
        (lambda fits: gains(fits, "pretrained", "none"), "Unknown pretraining 'pretrained'"),
        (lambda fits: family_difference(fits, "full", "removed", of="signal"), "both network and linear"),
        (
            lambda fits: compare_splits(pd.concat([fits, table([0.5], split="sample", task="other")])),
            "with both split 'sample' and split 'group'",
        ),
    ],
)
def test_what_was_not_run_cannot_be_contrasted(call, message):
    fits = pd.concat([table([0.5, 0.6]), table([0.5, 0.6], signal="removed")])
    with pytest.raises(InputError, match=message):
        call(fits)

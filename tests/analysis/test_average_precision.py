"""Average precision equals scikit-learn's, with ties and weights; its bootstrap is paired between models."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from linear_signal.analysis.average_precision import (
    average_precision,
    bootstrap_weights,
    precision_intervals,
    precision_of_guessing,
    skill,
)
from linear_signal.analysis.metrics import AVERAGE_PRECISION
from linear_signal.errors import InputError


def some(*, n_models=4, n_loci=300, digits=1, seed=0, prevalence=0.3):
    """Scores with ties (few digits) and labels that they know something of."""
    random = np.random.default_rng(seed)
    labels = random.random(n_loci) < prevalence
    return np.round(random.normal(size=(n_models, n_loci)) + labels, digits), labels


@pytest.mark.parametrize("digits", [0, 1, 12])
@pytest.mark.parametrize("n_loci", [2, 7, 300])
def test_it_is_that_of_scikit_learn(digits, n_loci):
    scores, _ = some(digits=digits, n_loci=n_loci)
    labels = np.arange(n_loci) % 3 == 0
    expected = [average_precision_score(labels, one) for one in scores]
    np.testing.assert_allclose(average_precision(scores, labels), expected, rtol=0, atol=1e-12)
    assert average_precision(scores[1].astype(np.float32), labels).shape == ()


@pytest.mark.parametrize("whole", [True, False], ids=["counts", "shares"])
def test_weights_are_those_of_scikit_learn(whole):
    scores, labels = some()
    random = np.random.default_rng(1)
    weights = random.integers(0, 3, (5, 300)) if whole else random.random((5, 300)) * (random.random((5, 300)) < 0.7)
    found = average_precision(scores, labels, weights=weights)
    expected = [[average_precision_score(labels, one, sample_weight=draw) for draw in weights] for one in scores]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    # Many draws are worked through in parts.
    many = average_precision(scores, labels, weights=np.tile(weights, (400, 1)))
    np.testing.assert_array_equal(many, np.tile(found, 400))


def test_a_constant_score_gets_the_prevalence_and_one_that_knows_gets_one():
    _, labels = some()
    found = average_precision(np.stack([np.zeros(300), labels, ~labels]), labels)
    assert found[:2] == pytest.approx([labels.mean(), 1])
    assert found[2] == pytest.approx(labels.mean())
    assert np.isnan(average_precision(np.arange(4.0), np.zeros(4, bool)))


def test_draws_are_the_same_for_all_models_and_depend_on_names_alone():
    draws = bootstrap_weights(300, 20, names=("a", 1))
    assert (draws.sum(axis=1) == 300).all()
    np.testing.assert_array_equal(draws, bootstrap_weights(300, 20, names=("a", 1)))
    assert (draws != bootstrap_weights(300, 20, names=("a", 2))).any()


def test_pairing_makes_intervals_of_differences_narrower():
    scores, labels = some(n_models=2, digits=12, n_loci=1000)
    scores[1] = scores[0] + 0.05 * np.random.default_rng(2).normal(size=1000)
    table = precision_intervals(["first", "second"], scores, labels, baseline="first").set_index("model")
    second = table.loc["second"]
    assert table.loc["first", ["difference", "difference_lower", "difference_upper", "skill"]].tolist() == [0, 0, 0, 0]
    assert second["difference_lower"] < second["difference"] < second["difference_upper"]
    width = second["upper"] - second["lower"]
    assert second["difference_upper"] - second["difference_lower"] < width / 4
    assert second["prevalence"] == labels.mean()


def test_intervals_hold_what_they_promise():
    inside = []
    truth = average_precision(*some(n_models=1, n_loci=200_000, digits=12, seed=99))[0]
    for seed in range(100):
        row = precision_intervals(["a"], *some(n_models=1, n_loci=400, digits=12, seed=seed)).iloc[0]
        inside.append(row["lower"] <= truth <= row["upper"])
    assert 0.88 <= np.mean(inside) <= 1


@pytest.mark.parametrize("n_positive", [1, 3, 7])
def test_a_random_order_gets_more_than_the_prevalence_of_few_loci(n_positive):
    labels = np.arange(7) < n_positive
    orders = np.random.default_rng(0).random((5000, 7))
    expected = precision_of_guessing(7, n_positive)
    assert average_precision(orders, labels).mean() == pytest.approx(expected, abs=0.015)
    assert expected >= n_positive / 7 - 1e-12


def test_skill_is_zero_at_the_baseline_and_one_at_the_top():
    assert skill(np.array([0.98, 1.0, 0.97]), 0.98) == pytest.approx([0, 1, -0.5])
    assert np.isnan(skill(0.5, 1.0))


def test_the_metric_has_prevalence_as_its_chance():
    assert (AVERAGE_PRECISION.column, AVERAGE_PRECISION.chance) == ("average_precision", "prevalence")
    assert AVERAGE_PRECISION.best == 1
    assert AVERAGE_PRECISION.margin(0.02) < AVERAGE_PRECISION.margin(0.5) == AVERAGE_PRECISION.level


def test_what_cannot_be_scored_is_refused():
    scores, labels = some()
    with pytest.raises(InputError, match="shape"):
        average_precision(scores[:, 1:], labels)
    with pytest.raises(InputError, match="NaN"):
        average_precision(np.where(scores > 2, np.nan, scores), labels)
    with pytest.raises(InputError, match="below zero"):
        average_precision(scores, labels, weights=np.full(300, -1))
    with pytest.raises(InputError, match="same label"):
        precision_intervals(["a", "b", "c", "d"], scores, np.ones(300, bool))
    with pytest.raises(InputError, match="none of the models"):
        precision_intervals(["a", "b", "c", "d"], scores, labels, baseline="average")
    with pytest.raises(InputError, match="names"):
        precision_intervals(["a", "a", "b", "c"], scores, labels)

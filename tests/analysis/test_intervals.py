"""Intervals: arithmetic by hand, coverage, bounds that stay where results can lie, and several that hold at once."""

import numpy as np
import pytest
from scipy import stats

from linear_signal.analysis import simultaneous
from linear_signal.analysis.contrast_rows import resolution, without_an_error
from linear_signal.analysis.intervals import (
    angles_of,
    corrected_interval,
    interval_of_mean,
)
from linear_signal.analysis.simultaneous import widening
from linear_signal.analysis.student_t import quantile, upper_tail
from linear_signal.errors import InputError

ACCURACY, DIFFERENCE, GAINS = (0.0, 1.0), (-1.0, 1.0), (-2.0, 2.0)


@pytest.mark.parametrize("freedom", [0, 1, 2.7, 4, 14, 1e6, np.inf, np.nan])
def test_students_t_is_that_of_scipy_to_the_bit(freedom):
    shares, at = np.linspace(0.01, 0.999, 50), np.array([*np.linspace(-5, 5, 50), 1e300, np.inf, np.nan])
    np.testing.assert_array_equal(quantile(shares, freedom), stats.t.ppf(shares, freedom))
    np.testing.assert_array_equal(upper_tail(at, freedom), stats.t.sf(at, freedom))


def test_interval_by_hand():
    # On the arcsine scale: angles of -0.1, 0, 0.1; mean 0, error sd x sqrt(1/3 + 50/100), t(0.975, 2) = 4.3026527.
    error = np.arcsin(0.1) * np.sqrt(1 / 3 + 0.5)
    interval = corrected_interval([-0.1, 0.0, 0.1], 100, 50, within=DIFFERENCE)
    assert interval.mean == pytest.approx(0)
    assert interval.upper == pytest.approx(np.sin(4.3026527 * error), abs=1e-6)
    assert interval.lower == pytest.approx(-interval.upper)
    assert interval.level_upper == pytest.approx(np.sin(2.9199856 * error), abs=1e-6), "90 % for two one-sided tests"
    assert interval.standard_error == pytest.approx(0.1 * np.sqrt(1 / 3 + 0.5)), "in the unit of the result"
    assert interval.degrees_of_freedom == 2
    assert interval.p_value == pytest.approx(1)


def test_small_differences_have_the_usual_t_interval():
    values = np.array([0.01, 0.012, 0.02, 0.008, 0.011])
    interval = corrected_interval(values, 100, 0, within=DIFFERENCE)
    usual = stats.ttest_1samp(values, 0)
    np.testing.assert_allclose(interval[1:3], usual.confidence_interval(0.95), atol=1e-5)
    assert interval.p_value == pytest.approx(usual.pvalue, rel=1e-3)


@pytest.mark.parametrize("within", [ACCURACY, DIFFERENCE, GAINS])
def test_no_bound_leaves_the_range(within):
    random = np.random.default_rng(2)
    for _ in range(200):
        values = random.uniform(*within, size=random.integers(2, 7))
        interval = corrected_interval(values, 80, 20, within=within)
        assert within[0] <= interval.lower <= interval.level_lower <= interval.level_upper <= interval.upper <= within[1]


def test_five_runs_two_of_which_failed():
    interval = corrected_interval([0.11, 0.15, 0.78, 0.85, 0.92], 80, 20, within=ACCURACY)
    assert 0 <= interval.lower < 0.1
    assert 0.95 < interval.upper <= 1


def test_the_other_way_round_only_flips_the_signs():
    values = np.array([0.1, 0.25, -0.05, 0.2])
    one, other = (corrected_interval(sign * values, 80, 20, within=DIFFERENCE) for sign in (1, -1))
    np.testing.assert_allclose((one.lower, one.upper), (-other.upper, -other.lower))
    assert one.p_value == pytest.approx(other.p_value)


def test_interval_covers_the_mean_of_overlapping_runs():
    # Runs that share a part of their error, as with shared training samples: correlation 1/5 = validation / all.
    random = np.random.default_rng(1)
    draws = 0.1 * (np.sqrt(0.2) * random.normal(size=(1500, 1)) + np.sqrt(0.8) * random.normal(size=(1500, 5)))
    corrected, plain = (
        np.mean([one.lower <= 0 <= one.upper for one in (corrected_interval(d, 80, n, within=DIFFERENCE) for d in draws)])
        for n in (20, 0)
    )
    assert corrected == pytest.approx(0.95, abs=0.02)
    assert plain < 0.91


def test_near_one_it_misses_no_more_often_than_the_plain_t_interval():
    random = np.random.default_rng(3)
    draws = random.beta(38, 2, size=(2000, 5))
    ours = np.mean([corrected_interval(d, 80, 0, within=ACCURACY).lower > 0.95 for d in draws])
    half = stats.t.ppf(0.975, 4) * draws.std(axis=1, ddof=1) / np.sqrt(5)
    plain = np.mean(draws.mean(axis=1) - half > 0.95)
    assert ours < plain
    assert np.mean(draws.mean(axis=1) + half > 1) > 0.02, "which the plain one pays for with bounds beyond 1"


def test_a_reference_is_tested_on_the_same_scale():
    values = [0.6, 0.7, 0.65, 0.72]
    interval = corrected_interval(values, 80, 0, within=ACCURACY, reference=0.5)
    edge = corrected_interval(values, 80, 0, within=ACCURACY, reference=interval.lower)
    assert edge.p_value == pytest.approx(0.05)
    assert interval.p_value < 0.05


def test_interval_grows_with_overlap_confidence_and_widening():
    values = [0.1, 0.2, 0.25]
    settings = ({"confidence": 0.9}, {"confidence": 0.95}, {"confidence": 0.95, "widen": 1.5})
    uppers = [corrected_interval(values, 100, 0, within=DIFFERENCE, confidence=0.9).upper]
    uppers += [corrected_interval(values, 100, 25, within=DIFFERENCE, **one).upper for one in settings]
    assert uppers == sorted(uppers)
    assert len(set(uppers)) == 4


def test_a_single_run_and_equal_runs_have_no_interval():
    single = corrected_interval([0.3], 80, 20, within=ACCURACY)
    assert "single run" in single.note
    same = corrected_interval([0.3] * 4, 80, 20, within=ACCURACY)
    assert "every run" in same.note
    for interval in (single, same):
        assert interval.mean == 0.3
        assert np.isnan([interval.lower, interval.upper, interval.p_value]).all(), "no interval of width zero"


def test_right_in_every_run_is_bounded_by_the_groups_that_were_judged():
    interval = corrected_interval([1.0] * 5, 80, 20, within=ACCURACY)
    bounded = without_an_error(interval, 100)
    assert bounded.lower == pytest.approx(stats.binomtest(100, 100).proportion_ci(method="exact").low)
    assert (bounded.mean, bounded.upper) == (1.0, 1.0)
    assert without_an_error(interval, float("nan")) == interval


@pytest.mark.parametrize(
    ("values", "train", "left_out", "confidence"),
    [
        ([], 80, 20, 0.95),
        ([np.nan, 1], 80, 20, 0.95),
        ([0.5, 1.1], 80, 20, 0.95),
        ([0.5, 0.6], 0, 20, 0.95),
        ([0.5, 0.6], 80, 20, 95),
    ],
)
def test_interval_refuses_nonsense(values, train, left_out, confidence):
    with pytest.raises(InputError):
        corrected_interval(values, train, left_out, within=ACCURACY, confidence=confidence)


def test_an_interval_from_a_standard_error_agrees():
    values = np.array([0.01, 0.03, -0.02, 0.04, 0.02])
    one = corrected_interval(values, 80, 20, within=DIFFERENCE)
    other = interval_of_mean(one.mean, one.standard_error, one.degrees_of_freedom, within=DIFFERENCE)
    np.testing.assert_allclose(one[1:3], other[1:3], atol=1e-3)
    np.testing.assert_allclose(one.level_lower, other.level_lower, atol=1e-3)


@pytest.fixture
def fewer_draws(monkeypatch):
    """Take the critical value from a tenth of the draws: its error moves the level by a tenth of what a test can see."""
    simultaneous._draws.cache_clear()
    monkeypatch.setattr(simultaneous, "_DRAWS", 4000)
    yield
    simultaneous._draws.cache_clear()


def test_the_best_of_several_is_allowed_for(fewer_draws):
    random = np.random.default_rng(5)
    one_wrong = all_wrong = 0
    for _ in range(300):
        runs = angles_of(0.1 * random.normal(size=(10, 5)), DIFFERENCE)
        statistics = np.abs(runs.mean(axis=0)) / (runs.std(axis=0, ddof=1) / np.sqrt(10))
        critical = stats.t.ppf(0.975, 9)
        one_wrong += statistics.max() > critical
        all_wrong += statistics.max() > critical * widening(runs)
    assert one_wrong / 300 > 0.15, "the largest of five, tested as if it were the only one"
    assert all_wrong / 300 == pytest.approx(0.05, abs=0.03)


def test_comparisons_that_move_together_cost_nothing_and_more_cost_more():
    random = np.random.default_rng(6)
    base = random.normal(size=(10, 1))
    factors = [
        widening(base @ np.ones((1, n)) + scale * random.normal(size=(10, n))) for n, scale in ((4, 0), (2, 9), (8, 9))
    ]
    assert factors == sorted(factors)
    assert factors[0] == pytest.approx(1.0, abs=0.02)
    assert widening(base) == widening(base[:1]) == widening(np.zeros((10, 3))) == 1.0


def test_resolution_is_what_four_in_five_such_runs_see():
    random = np.random.default_rng(7)
    seen = 0
    true = resolution(0.03, 14)
    for _ in range(1000):
        draws = true + random.normal(size=15) * 0.03 * np.sqrt(15)
        seen += stats.ttest_1samp(draws, 0).pvalue < 0.05
    assert seen / 1000 == pytest.approx(0.8, abs=0.06)
    assert np.isnan(resolution(float("nan"), 0))


def test_without_bounds_the_interval_is_the_plain_one():
    values = np.array([1.0, 9.0, 2.0, 8.0])
    found = corrected_interval(values, 100, 0, within=(0.0, np.inf))
    low, high = stats.t.interval(0.95, 3, values.mean(), stats.sem(values))
    assert (found.lower, found.upper) == (pytest.approx(low), pytest.approx(high))
    assert found.lower < 0, "no bound is invented"
    other = interval_of_mean(found.mean, found.standard_error, 3, within=(-np.inf, np.inf))
    np.testing.assert_allclose(other[1:3], found[1:3])

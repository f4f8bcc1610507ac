"""Drawing clusters is wider than drawing values where clusters are alike, and the same where every value is its own."""

import numpy as np
import pytest

from linear_signal.analysis.cluster_bootstrap import bootstrap_mean
from linear_signal.errors import InputError


def test_values_that_come_twice_tell_as_much_as_once():
    once = np.random.default_rng(0).standard_normal(60)
    twice, names = np.tile(once, 2), np.tile(np.arange(60), 2)
    alone, kept, single = (
        bootstrap_mean(values, clusters, random=np.random.default_rng(1))
        for values, clusters in ((once, None), (twice, names), (twice, None))
    )
    assert (kept.mean, kept.lower, kept.upper) == pytest.approx((alone.mean, alone.lower, alone.upper))
    assert single.upper - single.lower == pytest.approx((kept.upper - kept.lower) / np.sqrt(2), rel=0.05)
    assert kept.n_clusters == 60


def test_clusters_of_any_size_weigh_as_their_values_do():
    names = ["a"] * 5 + ["b"] + ["c"] * 2
    same = bootstrap_mean([2.0] * 8, names, random=np.random.default_rng(0))
    assert (same.mean, same.lower, same.upper) == pytest.approx((2, 2, 2))


def test_the_interval_holds_the_truth_as_often_as_it_says():
    random = np.random.default_rng(2)
    held = []
    for _ in range(300):
        values = random.standard_normal((40, 1)) + 0.5 * random.standard_normal((40, 3))
        found = bootstrap_mean(values.ravel(), np.repeat(np.arange(40), 3), random=random, n_draws=400)
        held.append(found.lower < 0 < found.upper)
    assert 0.89 < np.mean(held) < 0.99


def test_columns_are_drawn_together():
    values = np.random.default_rng(3).standard_normal((30, 2))
    both = bootstrap_mean(values, random=np.random.default_rng(4))
    second = bootstrap_mean(values[:, 1], random=np.random.default_rng(4))
    assert (both.mean[1], both.lower[1], both.upper[1]) == pytest.approx(second[:3])


def test_a_single_cluster_has_no_interval_and_nonsense_is_refused():
    alone = bootstrap_mean([1.0, 2.0], ["a", "a"], random=np.random.default_rng(0))
    assert alone.mean == 1.5
    assert np.isnan([alone.lower, alone.upper]).all()
    for values, options in (
        ([], {}),
        ([np.nan], {}),
        ([1.0, 2.0], {"clusters": ["a"]}),
        ([1.0, 2.0], {"clusters": ["a", None]}),
        ([1.0], {"confidence": 1.0}),
    ):
        with pytest.raises(InputError):
            bootstrap_mean(values, **options, random=np.random.default_rng(0))

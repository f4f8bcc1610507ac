"""The ladder of removal: each rung makes one thing more equal, keeps what lower ones made and leaves no trace."""

import numpy as np
import pytest
from scipy.stats import ks_2samp, kstest

from linear_signal.data.companies import deal
from linear_signal.data.equal_companies import centred
from linear_signal.data.removal_ladder import LADDER, RUNGS, WITHOUT_TRACES, leading_axes, make_equal, most_components
from linear_signal.data.signal_removal import remove_linear_signal
from linear_signal.data.ties import broken_ties, spread_zeros
from linear_signal.errors import InputError

HIGHER = LADDER[2:]


def unequal(n_genes=12, sizes=(90, 150, 60), seed=0):
    """Classes that differ in all the ladder knows of: mean, spread, zeros and skew, covariance."""
    random = np.random.default_rng(seed)
    classes = random.permutation(np.repeat(np.arange(len(sizes)), sizes))
    values = random.standard_normal((len(classes), n_genes))
    values[:, 1] += classes * values[:, 0]
    values = classes[:, None] + (1 + classes[:, None]) * values
    values[:, ::3] = np.exp(values[:, ::3] / 3)
    values[:, 2::3] = np.maximum(0, values[:, 2::3])
    return values.astype(np.float32), classes


def spread_over_classes(statistic, values, classes):
    found = np.array([statistic(values[classes == one]) for one in np.unique(classes)])
    return np.abs(found - found[0]).max()


def covariance(values):
    return values.T @ values / len(values)


# What is equal from which rung on, and how nearly.
EQUAL = {
    "mean": (1, lambda values: values.mean(axis=0), 1e-5),
    "spread": (2, lambda values: values.std(axis=0), 1e-5),
    "distribution": (3, lambda values: np.quantile(values, np.linspace(0.05, 0.95, 10), axis=0), 0.25),
    "covariance": (4, covariance, 1e-5),
}


@pytest.mark.parametrize("rung", LADDER)
def test_what_a_rung_and_those_below_name_is_equal_in_all_classes_and_nothing_else_is(rung):
    values, classes = unequal()
    equal = make_equal(values, classes, rung=rung)
    assert equal.dtype == np.float32
    for what, (first, statistic, tolerance) in EQUAL.items():
        apart = spread_over_classes(statistic, equal, classes)
        is_equal = LADDER.index(rung) >= first
        assert apart < tolerance if is_equal else apart > 2 * tolerance, what


def test_the_first_two_rungs_are_what_they_always_were():
    values, classes = unequal()
    np.testing.assert_array_equal(make_equal(values, classes, rung="full"), values)
    np.testing.assert_array_equal(make_equal(values, classes, rung="removed"), remove_linear_signal(values, classes))


@pytest.mark.parametrize("rung", HIGHER)
def test_the_same_names_give_the_same_values_and_the_order_of_samples_plays_no_part_but_for_chance(rung):
    values, classes = unequal()
    first = make_equal(values, classes, rung=rung)
    np.testing.assert_array_equal(first, make_equal(values, classes, rung=rung))
    assert not np.array_equal(first, make_equal(values, classes, rung=rung, names=("other",)))
    order = np.random.default_rng(1).permutation(len(values))
    turned = np.empty_like(first)
    turned[order] = make_equal(values[order], classes[order], rung=rung)
    # Genes without zeros: what a sample has of them hardly depends on the company that chance gave it.
    for gene in (1, 4, 7):
        assert np.corrcoef(first[:, gene], turned[:, gene])[0, 1] > 0.8


def test_single_genes_are_normal_whatever_they_were_and_no_step_shows_how_many_samples_there_are():
    values, classes = unequal(sizes=(200, 600))
    equal = make_equal(values, classes, rung="distributions_removed")
    assert min(kstest(equal[classes == one, gene], "norm").pvalue for one in (0, 1) for gene in range(12)) > 0.01
    # Ranks alone would take as many values as the class has samples.
    assert len(np.unique(equal[:, 2])) == len(equal)


def test_zeros_become_values_that_differ_and_no_class_is_known_by_them():
    random = np.random.default_rng(0)
    classes = np.arange(300) % 2
    values = np.maximum(0, random.standard_normal((300, 4)) + classes[:, None]).astype(np.float32)
    spread = spread_zeros(values, names=("zeros",))
    np.testing.assert_array_equal(spread[values > 0], values[values > 0])
    assert len(np.unique(spread[:, 0])) == 300
    # One that stands alone is a measurement, and a gene that never varies has nothing to take a width from.
    alone = np.array([[0.0, 5.0], [1.0, 5.0], [2.0, 5.0]])
    np.testing.assert_array_equal(spread_zeros(alone, names=("zeros",)), alone)
    assert len(np.unique(broken_ties(alone, names=("ties",))[:, 1])) == 3
    removed, cured = (make_equal(values, classes, rung=rung) for rung in ("removed", WITHOUT_TRACES))
    # The zeros of a class share a value after removal; without traces no two samples do.
    assert len(np.unique(removed[:, 0])) < 250
    assert len(np.unique(cured[:, 0])) == 300


def test_the_mean_gives_back_the_spread_that_it_takes():
    draws = np.random.default_rng(0).standard_normal((5000, 4, 10))
    residuals = centred(draws)
    np.testing.assert_allclose(residuals.mean(axis=1), 0, atol=1e-12)
    assert np.square(residuals).mean() == pytest.approx(1, rel=0.02)


@pytest.mark.parametrize(
    ("sizes", "found"),
    [
        ((10, 200), (10, 10)),
        ((4, 7), (4, 4)),
        ((2, 41), (2, 2)),
        ((5,) * 10, (5, 5)),
        ((6, 8, 10, 12, 16, 24, 32, 48, 80, 120), (6, 6)),
        ((150, 381), (127, 150)),
        ((1000, 1900), (950, 1000)),
    ],
)
def test_companies_have_one_size_in_all_classes_and_every_sample_belongs_to_one(sizes, found):
    classes = np.repeat(np.arange(len(sizes)), sizes)
    dealt = deal(classes, None, names=("test",))
    own = np.concatenate([one.rows[one.own] for one in dealt.companies])
    assert np.array_equal(np.sort(own), np.arange(len(classes)))
    assert all(len(np.unique(one.rows)) == len(one.rows) for one in dealt.companies)
    n_samples = [len(one.rows) for one in dealt.companies]
    assert (min(n_samples), max(n_samples)) == found
    assert all(len(np.unique(classes[one.rows])) == 1 for one in dealt.companies)


@pytest.mark.parametrize("sizes", [(4, 3), (1, 6)])
def test_a_company_has_one_sample_of_a_group_however_many_samples_groups_have(sizes):
    classes = np.repeat([0, 1], [12 * sizes[0], 30 * sizes[1]])
    groups = np.concatenate([np.arange(12 * sizes[0]) // sizes[0], 12 + np.arange(30 * sizes[1]) // sizes[1]])
    for company in deal(classes, groups, names=("test",)).companies:
        assert 10 <= len(company.rows) == len(np.unique(groups[company.rows])) <= 13
        assert set(classes[company.rows]) == {company.name[0]}


def test_a_class_too_thin_takes_the_values_of_others_and_cuts_none_of_them_down():
    values, classes = unequal(sizes=(100, 80, 1))
    dealt = deal(classes, None, names=("data",))
    assert classes[dealt.thin].tolist() == [2]
    assert dealt.n_samples > 70
    equal = make_equal(values, classes, rung="spreads_removed")
    assert (equal[classes != 2] == equal[classes == 2]).all(axis=1).sum() == 1
    # A tenth of the median class is the least; of two classes the smaller is the median.
    assert not len(deal(np.repeat([0, 1], [2, 500]), None, names=()).thin)
    assert len(deal(np.repeat([0, 1, 2], [5, 500, 500]), None, names=()).thin) == 5


def test_with_more_genes_than_samples_covariances_are_equal_within_the_components_learnt():
    values, classes = unequal(n_genes=120, sizes=(60, 90))
    learnt = np.zeros(150, dtype=bool)
    for one, n_learnt in ((0, 36), (1, 54)):
        learnt[np.flatnonzero(classes == one)[:n_learnt]] = True
    others = ~learnt
    n_components = min(most_components(classes[some], None, names=("data",)) for some in (learnt, others))
    axes = leading_axes(values[learnt], classes[learnt], n_components=n_components)
    np.testing.assert_allclose(axes.T @ axes, np.eye(n_components), atol=1e-6)
    for some in (learnt, others):
        equal = make_equal(values[some], classes[some], rung="covariances_removed", axes=axes)
        assert np.linalg.matrix_rank(equal, tol=1e-3) == n_components
        assert spread_over_classes(covariance, equal, classes[some]) < 1e-4
        np.testing.assert_allclose(equal.std(axis=0), 1, atol=1e-3)
    with pytest.raises(InputError, match="n_components"):
        make_equal(values[others], classes[others], rung="covariances_removed", axes=np.eye(120))


@pytest.mark.parametrize("rung", [WITHOUT_TRACES, *HIGHER])
@pytest.mark.parametrize("each", [(1, 1), (4, 4), (6, 1)])
def test_where_labels_mean_nothing_samples_of_a_small_class_look_like_those_of_a_large_one(rung, each):
    random = np.random.default_rng(5)
    classes, found = np.repeat([0, 1], [6 * each[0], 60 * each[1]]), {0: [], 1: []}
    groups = np.repeat(np.arange(66), np.repeat(each, [6, 60]))
    for number in range(60):
        values = np.exp(random.standard_normal((66, 20))[groups] + 0.5 * random.standard_normal((len(groups), 20)))
        equal = make_equal(values, classes, groups=groups, rung=rung, names=(number,))
        for one in (0, 1):
            # One sample of each, so that they are independent: how far out it lies, and its most extreme gene.
            sample = equal[np.flatnonzero(classes == one)[0]]
            found[one].append([np.square(sample).sum(), np.abs(sample).max(), sample.sum()])
    small, large = np.array(found[0]), np.array(found[1])
    assert min(ks_2samp(small[:, one], large[:, one]).pvalue for one in range(3)) > 0.01


def test_every_rung_says_what_it_makes_equal_and_what_it_cannot_see():
    assert tuple(RUNGS) == LADDER
    assert len({rung.title for rung in RUNGS.values()}) == len({rung.unseen for rung in RUNGS.values()}) == 5


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"rung": "spread_removed"}, "did you mean 'spreads_removed'"),
        ({"classes": np.zeros(300, dtype=int)}, "at least two classes"),
        ({"classes": np.zeros(4, dtype=int)}, "one class"),
        ({"groups": np.zeros(4, dtype=int)}, "group"),
        ({"expression": np.full((300, 12), np.nan)}, "missing or infinite"),
    ],
)
def test_what_cannot_be_made_equal_is_refused(change, says):
    values, classes = unequal()
    given = {"expression": values, "classes": classes, "rung": "spreads_removed"} | change
    with pytest.raises(InputError, match=says):
        make_equal(given.pop("expression"), given.pop("classes"), **given)

"""The test of signal beyond class means: what it must not see, what it must, and that its p-values hold."""

import time
import warnings
from dataclasses import replace
from itertools import repeat

import numpy as np
import pandas as pd
import pytest

from linear_signal.errors import InputError
from linear_signal.studies.own_data import design as of_test
from linear_signal.studies.own_data import signal_test, timed_null
from linear_signal.studies.own_data.budget import Budget
from linear_signal.studies.own_data.cells import cells_of, cuts_of, folds_of
from linear_signal.studies.own_data.max_test import joint_p, p_of_largest
from linear_signal.studies.own_data.probes import kernel_scores, learnt_kernel, learnt_squares, squares_scores
from linear_signal.studies.own_data.residuals import (
    centred_jointly,
    removed,
    removed_inner,
    residuals_of,
    sample_set,
)

DESIGN = Budget(samples=1500, genes=10_000, few=300, repeats=1, permutations=19, costly=(), costly_permutations=0)
# No clock, so that a busy machine changes no answer.
QUICK = {"minutes": np.inf, "budget": DESIGN, "plants": False, "rungs": ()}
NAMES = ("a test",)


def made_up(groups, each, *, crossed=False, n_genes=8):
    """Values without signal, classes and groups: numbers of groups and of their samples, by class."""
    random = np.random.default_rng([*groups, *each])
    classes = np.repeat(np.arange(len(groups)), np.array(groups) * each)
    of_group = np.repeat(np.arange(sum(groups)), np.repeat(each, groups))
    if crossed:
        of_group %= groups[0]
    return random.standard_normal((len(classes), n_genes)).astype(np.float32), classes, of_group


DESIGNS = {
    "samples": ((12, 14), (1, 1), False),
    "studies": ((11, 30), (4, 2), False),
    "donors with both": ((12, 12), (2, 3), True),
    "five classes": ((10,) * 5, (1,) * 5, False),
}


@pytest.fixture(params=DESIGNS, ids=str)
def design(request):
    """Return values and cells."""
    groups, each, crossed = DESIGNS[request.param]
    values, classes, of_group = made_up(groups, each, crossed=crossed)
    return values, cells_of(classes, of_group, most=1000, names=NAMES)


def test_two_labellings_lose_their_means_jointly_whichever_is_judged(design):
    values, cells = design
    shifted = values.copy()
    shifted[cells.rows] += 3 * cells.classes[cells.of_sample][:, None]
    residuals = residuals_of(shifted, cells, most_genes=100, few=5)
    dealt = cells.permuted(np.random.default_rng(1))
    both = centred_jointly(residuals, cells, cells.of_sample, dealt).values
    assert both.shape == (len(cells.rows), 5)
    assert both.std() > 0.05  # less where classes lie far apart, whose spread genes are divided by
    assert both == pytest.approx(centred_jointly(residuals, cells, dealt, cells.of_sample).values, abs=1e-5)
    for of_sample in (cells.of_sample, dealt):
        of_cells = pd.DataFrame(both).groupby(of_sample).mean()
        assert of_cells.groupby(cells.classes[of_cells.index]).mean().to_numpy() == pytest.approx(0, abs=1e-5)


def test_a_permutation_tears_no_group_apart_and_keeps_what_classes_and_folds_hold(design):
    _, cells = design
    dealt = cells.permuted(np.random.default_rng(0))
    assert not np.array_equal(dealt, cells.of_sample)
    whole = cells.whole[cells.of_sample]
    for cell in np.unique(cells.of_sample[whole]):
        assert len(np.unique(dealt[cells.of_sample == cell])) == 1
    # Within a group that holds several classes each keeps its number of samples, and its group.
    assert np.array_equal(cells.groups[dealt[~whole]], cells.groups[cells.of_sample[~whole]])
    assert np.array_equal(np.sort(np.bincount(dealt)), np.sort(np.bincount(cells.of_sample)))
    if not cells.whole.all():
        assert np.array_equal(np.bincount(dealt), np.bincount(cells.of_sample))


def test_no_group_is_in_two_folds_and_each_class_is_dealt_out_evenly(design):
    _, cells = design
    folds = folds_of(cells, n_folds=5, names=NAMES)
    for group in np.unique(cells.groups):
        assert len(np.unique(folds[cells.groups == group])) == 1
    counts = np.array([np.bincount(folds[cells.classes == one], minlength=5) for one in range(cells.n_classes)])
    assert (np.ptp(counts, axis=1) <= 1).all()
    for cut in cuts_of(cells, folds, 0, names=NAMES):
        assert len(set(np.bincount(cells.classes[cut]))) == 1


def test_groups_have_the_same_sizes_in_all_classes_whatever_they_had():
    classes = np.repeat([0, 1], [10 * 8, 60])
    groups = np.concatenate([np.repeat(np.arange(10), 8), 10 + np.arange(60)])
    cells = cells_of(classes, groups, most=1000, names=NAMES)
    assert set(np.bincount(cells.of_sample)) == {1}
    assert cells.per_class().tolist() == [10, 60]


def test_removal_leaves_equal_means_of_group_means_and_agrees_with_its_closed_forms(design):
    values, cells = design
    residuals = residuals_of(values, cells, most_genes=100, few=5)
    some = sample_set(cells, cells.permuted(np.random.default_rng(1)), np.arange(len(cells.classes)) % 4 > 0)
    own = removed(residuals.values, some)
    np.testing.assert_allclose(some.weights @ own, 0, atol=1e-5)
    inner = removed_inner(residuals.inner, some, some)
    np.testing.assert_allclose(inner, own @ own.T / own.shape[1], atol=1e-4)


def test_labels_permuted_are_to_all_probes_what_values_in_another_order_are(design):
    values, cells = design
    values = values[cells.rows]
    dealt = cells.permuted(np.random.default_rng(3))
    assert np.array_equal(np.bincount(dealt), np.bincount(cells.of_sample))
    others = np.empty_like(values)
    others[np.argsort(cells.of_sample, kind="stable")] = values[np.argsort(dealt, kind="stable")]
    chosen = np.arange(len(cells.classes)) % 3 > 0
    permuted, ordered = (sample_set(cells, of_sample, chosen) for of_sample in (dealt, cells.of_sample))
    # What a network draws by place, its mini-batches, would else differ.
    assert np.array_equal(values[permuted.rows], others[ordered.rows])
    assert np.array_equal(permuted.classes, ordered.classes)
    assert np.array_equal(permuted.weights, ordered.weights)


def test_as_many_means_are_off_what_is_observed_as_off_what_it_is_compared_with(monkeypatch):
    random = np.random.default_rng(0)
    zeros = np.arange(60) % 2 == 0
    values = random.standard_normal((60, 6))
    values[:, 0] = np.where(zeros, 0, np.exp(values[:, 0]))
    classes = random.permutation(np.arange(60) % 3)
    seen = []

    def measured(residuals, cells, parts, of_sample, probes):
        gene, label = residuals.values[:, 0].round(4), cells.classes[of_sample]
        seen.append([len(np.unique(gene[zeros & (label == one)])) for one in range(3)])
        return whole(residuals, cells, parts, of_sample, probes)

    whole = of_test.measured
    monkeypatch.setattr(of_test, "measured", measured)
    monkeypatch.setattr(timed_null, "measured", measured)
    signal_test.test_signal(values, classes, names=NAMES, **QUICK)
    # Zeros show it: less three classes' means they lie at three values in a permuted class, so must they in a true one.
    assert len(seen) == 20
    assert np.mean(seen[1:]) > 2.9
    assert seen[0] == [3, 3, 3]


def test_scores_in_closed_form_are_those_of_the_removed_values(design):
    values, cells = design
    residuals = residuals_of(values, cells, most_genes=100, few=5)
    of_sample = cells.permuted(np.random.default_rng(2))
    inside = np.arange(len(cells.classes)) % 3 > 0
    fit, judged = (sample_set(cells, of_sample, some) for some in (inside, ~inside))
    learnt, others = (removed(residuals.values, some) for some in (fit, judged))
    direct = learnt_squares(fit.weights @ learnt**2, fit.weights @ learnt**4, fit)(np.square(others))
    np.testing.assert_allclose(squares_scores(residuals, fit, [judged])[0], direct, atol=1e-3)
    n_genes = learnt.shape[1]
    direct = learnt_kernel(np.square(learnt @ learnt.T / n_genes), fit)(np.square(others @ learnt.T / n_genes))
    np.testing.assert_allclose(kernel_scores(residuals.inner, fit, [judged])[0], direct, atol=1e-2)


def test_of_all_that_could_have_been_observed_no_more_than_the_level_are_found():
    drawn = np.random.default_rng(0).standard_normal((40, 3)) * [1, 5, 0.1]
    p_values = [p_of_largest(drawn[one], np.delete(drawn, one, axis=0)) for one in range(40)]
    for level in (0.05, 0.1, 0.5):
        assert np.mean(np.array(p_values) <= level + 1e-9) == pytest.approx(level)


def test_families_with_other_numbers_of_permutations_share_the_level():
    null = {"a": np.linspace(-1, 1, 199), "b": np.linspace(-1, 1, 39)}
    assert joint_p({"a": 0.0, "b": 2.0}, null) == pytest.approx(0.05)
    assert joint_p({"a": 2.0, "b": 0.0}, null) == pytest.approx(0.01)
    assert joint_p({"a": 0.0, "b": 0.0}, null) > 0.5


def test_what_classes_have_for_means_plays_no_part():
    values, classes, groups = made_up((20, 25), (1, 1))
    shifted = values + 5 * np.random.default_rng(0).standard_normal((2, values.shape[1]))[classes]
    first, second = (signal_test.test_signal(some, classes, groups, names=NAMES, **QUICK) for some in (values, shifted))
    # The kernel alone weighs genes by their spread over all samples, in which differences of means are.
    of_genes = [some.probes.set_index("probe").loc[["squares", "pair_products"], "area"] for some in (first, second)]
    np.testing.assert_allclose(*of_genes, atol=1e-3)
    assert first.answer == second.answer == signal_test.NONE_FOUND


def test_p_values_hold_where_there_is_nothing_to_find():
    found = []
    for seed in range(12):
        random = np.random.default_rng(seed)
        values = np.exp(random.standard_normal((40, 4)))
        found.append(signal_test.test_signal(values, np.arange(40) % 4 > 0, names=("null", seed), **QUICK).found)
    assert sum(found) <= 3  # of 12 at 5 %: more in 2 of 1,000 such series


@pytest.mark.parametrize(
    ("kind", "probe"),
    [("spread", "squares"), ("interaction", "pair_products"), ("together", "quadratic_kernel")],
)
def test_planted_signal_is_found_by_the_probe_that_is_there_for_it(kind, probe):
    values, classes, _ = made_up((60, 60), (1, 1), n_genes=12)
    random = np.random.default_rng(1)
    signs = random.choice((-1.0, 1.0), 120)
    if kind == "spread":
        values[classes == 1, :4] *= 2
    elif kind == "interaction":
        values[:, 0] += 1.5 * signs
        values[:, 1] += 1.5 * np.where(classes == 1, signs, -signs)
    else:
        values += random.standard_normal((120, 1)) * np.where(classes[:, None] == 1, 1, np.resize((1, -1), 12))
    found = signal_test.test_signal(values, classes, names=(kind,), **QUICK)
    assert found.answer == signal_test.FOUND
    best = found.probes.set_index("probe")
    assert best.loc[probe, "p_value"] == pytest.approx(0.05)
    assert best.loc[probe, "area"] > 0.65


def test_no_kind_is_named_of_what_only_trees_see():
    _, classes, _ = made_up((60, 60), (1, 1))
    skewed = np.random.default_rng(1).exponential(size=(120, 6)) - 1
    values = np.where(classes[:, None] == 1, skewed, -skewed)  # means, spreads and covariances are equal
    budget = replace(DESIGN, costly=("boosted_trees",), costly_permutations=39, permutations=39)
    settings = QUICK | {"rungs": ("removed", "spreads_removed"), "budget": budget}
    found = signal_test.test_signal(values, classes, names=NAMES, **settings)
    assert ("error", None, Warning, None, 0) in warnings.filters  # trees side by side take none off
    assert found.answer == signal_test.FOUND
    assert not found.closed_form
    assert found.kind == ""


def test_the_ladder_says_that_a_spread_is_one_and_plants_say_what_none_is_worth():
    values, classes, _ = made_up((40, 40), (1, 1))
    stretched = values * np.where(classes[:, None] == 1, 2, 1)
    settings = QUICK | {"rungs": ("removed", "spreads_removed"), "budget": replace(DESIGN, repeats=3)}
    found = signal_test.test_signal(stretched, classes, names=NAMES, **settings)
    assert found.rungs["found"].tolist() == [True, False]
    assert found.kind == "spreads_removed"
    more = replace(DESIGN, repeats=3, permutations=39)
    none = signal_test.test_signal(values, classes, names=NAMES, **(settings | {"plants": True, "budget": more}))
    planted = none.planted.set_index("kind")
    assert planted["complete"].all()
    assert 1 < planted.loc["spread", "smallest"] <= 3
    assert planted.loc["interaction", "smallest"] <= 3


def test_too_few_groups_cannot_be_judged_and_small_classes_are_left_out():
    values, classes, groups = made_up((5, 12), (6, 1))
    few = signal_test.test_signal(values, classes, groups, **QUICK)
    assert few.answer == signal_test.CANNOT
    assert np.isnan(few.p_value)
    values, classes, groups = made_up((12, 12, 4), (1, 1, 1))
    some = signal_test.test_signal(values, np.array(["a", "b", "rare"])[classes], groups, **QUICK)
    assert some.left_out == ("rare",)
    assert some.answer in (signal_test.FOUND, signal_test.NONE_FOUND)
    assert some.probes["lower"].isna().all()  # an interval needs 25 groups
    constant = signal_test.test_signal(np.ones((40, 5)) * (np.arange(40) % 2)[:, None], np.arange(40) % 2, **QUICK)
    assert constant.answer == signal_test.CANNOT


def test_time_cuts_permutations_and_never_below_what_an_answer_needs(monkeypatch):
    values, classes, _ = made_up((30, 30), (1, 1))
    budget = replace(DESIGN, repeats=3, permutations=199, costly=("network", "boosted_trees"), costly_permutations=39)
    clock = [0.0]
    seconds = iter([])

    def measured(*given):
        clock[0] += next(seconds)
        return whole(*given)

    whole = of_test.measured
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(of_test, "measured", measured)
    monkeypatch.setattr(timed_null, "measured", measured)
    monkeypatch.setattr(signal_test, "usable_cores", lambda: 1)

    def asked(pace, minutes):
        nonlocal seconds
        seconds, clock[0] = repeat(pace), 0.0
        return signal_test.test_signal(values, classes, names=NAMES, **QUICK | {"budget": budget, "minutes": minutes})

    # A second each: 100 s allow 60 of the first probes, then not the 39 of a trained one, but more of the first.
    some = asked(1.0, 100 / 60)
    assert some.answer in (signal_test.FOUND, signal_test.NONE_FOUND)
    assert some.probes["permutations"].between(60, 100).all()
    assert len(some.probes) == 3
    assert any("the network" in note and "permutations" in note for note in some.notes)
    assert clock[0] <= 101  # the one that was begun is finished
    none = asked(1.0, 10 / 60)
    assert none.answer == signal_test.CANNOT
    assert np.isnan(none.p_value)
    assert clock[0] <= 11
    assert "minute" in none.why
    enough = asked(1.0, none.minutes_needed * 1.3)
    assert enough.answer in (signal_test.FOUND, signal_test.NONE_FOUND)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"values": np.zeros((9, 2))}, "shape"),
        ({"values": np.full((40, 2), np.nan)}, "missing"),
        ({"classes": np.zeros(40)}, "two classes"),
        ({"rungs": ("covariances_removed", "removed")}, "order"),
    ],
    ids=["shape", "missing", "one class", "rungs"],
)
def test_bad_input_is_refused(change, told):
    given = {"values": np.random.default_rng(0).random((40, 2)), "classes": np.arange(40) % 2, "rungs": ()} | change
    with pytest.raises(InputError, match=told):
        signal_test.test_signal(given["values"], given["classes"], rungs=given["rungs"])

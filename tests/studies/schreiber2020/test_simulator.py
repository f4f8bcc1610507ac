"""The simulator makes what the prototype measured, and its controls change the one thing that they are named after."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from linear_signal.analysis.average_precision import average_precision
from linear_signal.errors import InputError
from linear_signal.studies.schreiber2020.gaussians import best_average_precision, two_gaussians
from linear_signal.studies.schreiber2020.schemes import make_scheme
from linear_signal.studies.schreiber2020.simulator import PRESETS, simulate_loci

SEEDS = range(3)


def measured(preset, scheme="cross_cell_type"):
    """Prevalence, and average precision of the average label and of logistic regression on marks; means over seeds."""
    rows = []
    for seed in SEEDS:
        table = simulate_loci(preset, seed=seed)
        held = table.cell_types[1:4] if table.n_cell_types > 7 else table.cell_types[1:2]
        dealt = make_scheme(scheme, table, target="C00", validation_cell_types=held)
        labels = dealt.judge.of(table.labels)[:, 0]
        average = table.labels[np.ix_(dealt.judge.loci, dealt.train.cell_types)].mean(axis=1)
        learnt = dealt.train.of(table.signal).reshape(-1, table.n_marks)
        model = LogisticRegression().fit(learnt, dealt.train.of(table.labels).ravel())
        by_marks = model.decision_function(dealt.judge.of(table.signal)[:, 0])
        rows.append([labels.mean(), *average_precision(np.stack([average, by_marks]), labels)])
    return np.mean(rows, axis=0)


def test_the_average_label_is_as_good_as_in_the_prototype():
    prevalence, average, by_marks = measured("standard")
    assert prevalence == pytest.approx(0.42, abs=0.02)
    assert average == pytest.approx(0.971, abs=0.01)
    assert by_marks == pytest.approx(0.826, abs=0.02)
    assert measured("standard", "hybrid")[1] == pytest.approx(0.960, abs=0.03)


def test_without_shared_baselines_there_is_nothing_to_remember_and_marks_tell_what_they_told():
    prevalence, average, by_marks = measured("baselines permuted")
    assert average == pytest.approx(prevalence, abs=0.02)
    assert by_marks == pytest.approx(0.82, abs=0.02)


def test_where_cell_types_differ_marks_are_far_ahead_of_the_average():
    _, average, by_marks = measured("cell types differ")
    assert by_marks - average > 0.2


def test_domain_boundaries_are_rare_and_on_three_chromosomes():
    prevalence, average, _ = measured("domain boundaries")
    assert 0.05 <= prevalence <= 0.10
    assert average > 5 * prevalence
    assert set(simulate_loci("domain boundaries").chromosomes) == {"chr1", "chr2", "chr3"}


def test_permuting_sequences_changes_whose_sequence_a_locus_gets_and_nothing_else():
    plain, permuted = simulate_loci(), simulate_loci("sequences permuted")
    for name in ("labels", "signal", "constant", "chromosomes"):
        np.testing.assert_array_equal(getattr(plain, name), getattr(permuted, name))
    assert plain.constant_order is None
    assert (np.sort(permuted.constant_order, axis=0) == np.arange(plain.n_loci)[:, None]).all()
    assert (permuted.constant_order[:, 0] == permuted.constant_order[:, 1]).mean() < 0.01


def test_the_sequence_knows_the_baseline_and_has_the_bases_it_should():
    table = simulate_loci(n_loci=4000)
    gc = np.isin(table.constant, (1, 2)).mean(axis=1)
    assert np.corrcoef(gc, table.labels.mean(axis=1))[0, 1] > 0.3
    shares = np.bincount(table.constant.ravel(), minlength=5) / table.constant.size
    assert shares[:4] == pytest.approx([(1 - gc.mean()) / 2, gc.mean() / 2, gc.mean() / 2, (1 - gc.mean()) / 2], abs=0.01)
    assert shares[4] == 0


def test_chromosomes_have_their_shares_in_every_seed():
    for seed in SEEDS:
        names, counts = np.unique(simulate_loci(seed=seed).chromosomes, return_counts=True)
        assert len(names) == 22
        assert counts[names == "chr1"] / 1600 == pytest.approx(0.114, abs=0.001)


def test_the_seed_and_the_settings_alone_decide():
    assert simulate_loci(seed=1).fingerprint == simulate_loci(seed=1).fingerprint
    assert len({simulate_loci(preset, seed=seed).fingerprint for preset in PRESETS for seed in SEEDS}) == 3 * len(PRESETS)
    # More noise on the marks leaves all else as it was.
    noisy = simulate_loci(mark_noise=5.0)
    np.testing.assert_array_equal(noisy.labels, simulate_loci().labels)


def test_relatives_are_all_others_and_the_nearest_one_is_more_alike_than_the_last():
    table = simulate_loci(n_loci=4000, deviation_sds=(1.0, 1.0, 1.0))
    alike = np.corrcoef((table.activity - table.activity.mean(axis=1, keepdims=True)).T)
    ahead = []
    for one, others in table.relatives.items():
        assert sorted((one, *others)) == sorted(table.cell_types)
        near, far = (table.place(others[place]) for place in (0, -1))
        ahead.append(alike[table.place(one), near] - alike[table.place(one), far])
    assert min(ahead) > 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"preset": "NC3"}, "preset"),
        ({"marks_noise": 1.0}, "mark_noise"),
        ({"mix": (0.5, 0.5, 0.5)}, "add up to 1"),
        ({"mix": (0.5, 0.5)}, "three are needed"),
        ({"label_noise": -1.0}, "label_noise"),
        ({"deviation_sds": (0.1, -0.1, 1.0)}, "deviation_sds"),
        ({"n_loci": 10}, "at least 100"),
        ({"n_loci": 10**9}, "the most here"),
        ({"chr1_share": 1.0}, "chr1_share"),
        ({"n_chromosomes": 2}, "n_chromosomes"),
        ({"gc_span": 0.9}, "gc_span"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_settings_out_of_their_range_are_refused(changes, said):
    with pytest.raises(InputError, match=said):
        simulate_loci(**changes)


@pytest.mark.parametrize(("distance", "expected"), [(1.0, 0.750), (1.5, 0.853), (2.0, 0.920)])
def test_no_score_of_two_gaussians_is_better_than_the_best_one(distance, expected):
    features, labels = two_gaussians(20_000, distance=distance)
    best = best_average_precision(distance)
    assert best == pytest.approx(expected, abs=0.003)
    assert average_precision(features.sum(axis=1), labels) == pytest.approx(best, abs=0.01)
    assert not (two_gaussians(20, part="judge")[0] == two_gaussians(20)[0]).any()
    with pytest.raises(InputError, match="even number"):
        two_gaussians(5)

"""Datasets, simulations, tasks and splits: what must hold for every one of them."""

import numpy as np
import pytest

from linear_signal.data.dataset import Dataset
from linear_signal.data.made_up.simulation import simulate
from linear_signal.data.splits import inner_folds, outer_folds, training_fractions, tune_set
from linear_signal.data.tasks import binary_pairs, make_task, permute_labels
from linear_signal.errors import InputError


def made(**changes):
    n = 24
    fields = {
        "name": "made",
        "expression": np.arange(n * 3, dtype=float).reshape(n, 3),
        "labels": np.array(["Brain", "Blood", "Skin"])[np.arange(n) % 3],
        "groups": np.array([f"donor {i // 3}" for i in range(n)]),
        "sample_ids": np.array([f"S{i}" for i in range(n)]),
        "gene_ids": np.array(["g0", "g1", "g2"]),
        "source": "made by a test",
        "synthetic": True,
    }
    return Dataset(**(fields | changes))


def with_value(value):
    expression = np.zeros((24, 3))
    expression[4, 1] = expression[7, 2] = value
    return expression


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({"expression": np.zeros((3, 24))}, ["3 samples", "24 genes", "transposed"]),
        ({"expression": np.zeros(24)}, ["samples x genes"]),
        ({"expression": with_value(np.nan)}, ["'S4'", "'g1'", "nan", "1 more"]),
        ({"expression": with_value(np.inf)}, ["'S4'", "'g1'", "inf"]),
        ({"sample_ids": ["A"] * 2 + [f"S{i}" for i in range(22)]}, ["unique", "'A'"]),
        ({"gene_ids": ["g", "g", "h"]}, ["gene ids", "'g'"]),
        ({"labels": [""] * 3 + ["Brain"] * 21}, ["label", "'S0'", "2 more"]),
        ({"groups": [None] * 24}, ["group", "'S0'", "23 more"]),
        ({"labels": ["Brain"] * 5}, ["5 labels", "24 are needed"]),
    ],
)
def test_a_bad_dataset_is_refused_by_name(changes, parts):
    with pytest.raises(InputError) as caught:
        made(**changes)
    for part in parts:
        assert part in str(caught.value)


def test_a_dataset_cannot_be_changed_and_its_fingerprint_follows_its_content():
    one, same, other = made(), made(), made(labels=np.array(["A", "B"] * 12))
    assert one.fingerprint == same.fingerprint != other.fingerprint
    with pytest.raises(ValueError, match="read-only"):
        one.expression[0, 0] = 1
    assert one.expression.dtype == np.float32


def test_simulations_are_what_the_paper_says():
    for name, n_genes in (("Simulated 1", 400), ("Simulated 2", 200), ("Simulated 3", 400)):
        dataset = simulate(name, n_samples=2000, n_features=400, seed=3)
        assert dataset.expression.shape == (2000, n_genes)
        b = dataset.labels == "B"
        assert b.sum() == 1000
        mean_a, mean_b = dataset.expression[~b].mean(axis=0), dataset.expression[b].mean(axis=0)
        assert np.abs(mean_a).max() < 0.2
        linear = slice(0, 0 if name == "Simulated 3" else 200)
        assert np.abs(mean_b[linear] - 6).max(initial=0) < 0.2
        rest = dataset.expression[b][:, linear.stop :]
        spread = 6 if name == "Simulated 1" else 0
        assert np.abs(rest.mean(axis=0)).max(initial=0) < 1.0
        if rest.size:
            assert abs(np.square(rest, dtype=float).mean() - (1 + spread**2)) < 0.15
            assert abs((rest > 0).mean() - 0.5) < 0.01
    assert simulate("Simulated 1", n_samples=20, n_features=4, seed=1).fingerprint != dataset.fingerprint


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ({"name": "simulated 1"}, "did you mean 'Simulated 1'"),
        ({"name": "Simulated 1", "n_samples": 7}, "even"),
        ({"name": "Simulated 1", "n_features": 2}, "at least 4"),
    ],
)
def test_a_simulation_that_cannot_be_is_refused(arguments, part):
    with pytest.raises(InputError, match=part):
        simulate(**arguments)


def test_tasks_are_named_in_alphabetical_order_and_hold_their_samples_only():
    tasks = binary_pairs(made(), ["Skin", "Brain", "Blood"])
    assert [task.name for task in tasks] == ["Blood vs Brain", "Blood vs Skin", "Brain vs Skin"]
    for task in tasks:
        assert set(task.dataset.labels) == set(task.class_names)
        assert (np.array(task.class_names)[task.classes] == task.dataset.labels).all()
        assert task.naive_accuracy == 0.5


@pytest.mark.parametrize(
    ("make", "part"),
    [
        (lambda: make_task(made(), name="t", labels=["Brian", "Blood"]), "did you mean 'Brain'"),
        (lambda: make_task(made(labels=np.array(["Brain"] * 24)), name="t"), "at least two"),
        (lambda: make_task(made(labels=np.array(["A"] * 3 + ["B"] * 21)), name="t"), "one group"),
        (lambda: outer_folds(make_task(made(), name="t"), n_folds=9), "8 groups"),
        (lambda: outer_folds(make_task(made(), name="t"), split="study"), "Unknown split"),
        (lambda: training_fractions(np.arange(5), (0.0,), names=("t",)), "outside"),
    ],
)
def test_a_task_or_split_that_cannot_be_is_refused(make, part):
    with pytest.raises(InputError, match=part):
        make()


@pytest.mark.parametrize("seed", range(5))
def test_no_group_is_in_two_folds_and_every_sample_is_validated_once(seed):
    task = make_task(made(), name="t")
    folds = outer_folds(task, n_folds=4, seed=seed)
    seen = np.concatenate([fold.validation for fold in folds])
    assert sorted(seen) == list(range(24))
    for number, fold in enumerate(folds):
        assert not set(task.dataset.groups[fold.train]) & set(task.dataset.groups[fold.validation])
        for inner in inner_folds(folds, number, n_inner=3):
            assert not set(inner.train) & set(fold.validation)
            assert set(inner.train) | set(inner.validation) == set(fold.train)
            assert not set(task.dataset.groups[inner.train]) & set(task.dataset.groups[inner.validation])
        fit, tune = tune_set(task, fold.train, names=("t", seed), split="group")
        assert set(fit) | set(tune) == set(fold.train)
        assert not set(task.dataset.groups[fit]) & set(task.dataset.groups[tune])
        assert len(set(task.classes[fit])) >= 2
        assert len(set(task.classes[tune])) >= 2


def test_splits_depend_on_their_names_alone():
    task = make_task(made(), name="t")
    one, two, other = (outer_folds(task, n_folds=4, seed=seed) for seed in (0, 0, 1))
    assert all((a.validation == b.validation).all() for a, b in zip(one, two, strict=True))
    assert any(
        len(a.validation) != len(b.validation) or (a.validation != b.validation).any()
        for a, b in zip(one, other, strict=True)
    )


def test_smaller_cuts_are_part_of_larger_ones():
    rows = np.arange(100, 200)
    cuts = training_fractions(rows, (1.0, 0.1, 0.5), names=("t",))
    assert [len(cut) for cut in cuts.values()] == [100, 10, 50]
    assert set(cuts[0.1]) < set(cuts[0.5]) < set(cuts[1.0]) == set(rows)


def test_a_tune_set_of_one_class_grows_until_it_holds_two():
    labels = np.array(["A"] * 12 + ["B"] * 12)
    task = make_task(made(labels=labels, groups=np.array([f"study {i // 2}" for i in range(24)])), name="t")
    for seed in range(20):
        fit, tune = tune_set(task, np.arange(24), names=("t", seed), split="group", share=0.05)
        assert len(set(task.classes[tune])) == 2
        assert len(set(task.classes[fit])) == 2
    # Two studies of one class each: whichever is held out, one class is missing on one side.
    assert tune_set(task, np.array([0, 1, 12, 13]), names=("t", 0), split="group") is None


def test_permuted_labels_are_balanced_in_every_group_and_lose_the_tie_to_the_sample():
    random = np.random.default_rng(0)
    n = 600
    labels = random.choice(["Blood", "Brain", "Skin"], n, p=[0.6, 0.3, 0.1])
    fields = {"expression": random.normal(size=(n, 2)), "sample_ids": np.array([f"S{i}" for i in range(n)])}
    groups = np.array([f"donor {i // 6}" for i in range(n)])
    fields |= {"labels": labels, "groups": groups, "gene_ids": np.array(["g0", "g1"])}
    task = make_task(made(**fields), name="t", labels=["Blood", "Brain"])
    permuted, again, other = (permute_labels(task, seed=seed) for seed in (0, 0, 1))
    assert permuted.name == "t (labels permuted)"
    assert permuted.dataset.fingerprint == again.dataset.fingerprint != other.dataset.fingerprint
    assert (np.array(permuted.class_names)[permuted.classes] == permuted.dataset.labels).all()
    was = dict(zip(task.dataset.sample_ids, task.dataset.labels, strict=True))
    before = np.array([was[sample] for sample in permuted.dataset.sample_ids])
    for group in np.unique(permuted.dataset.groups):
        rows = permuted.dataset.groups == group
        for one in (before, permuted.dataset.labels):
            assert (one[rows] == "Blood").sum() == (one[rows] == "Brain").sum() > 0
    # Over the groups the composition says nothing either: a sample's label is that of its tissue half of the time.
    assert abs((before == permuted.dataset.labels).mean() - 0.5) < 3 * np.sqrt(0.25 / len(before))


def test_groups_of_one_label_each_cannot_be_permuted():
    labels = np.repeat(["Blood", "Brain"], 12)
    task = make_task(made(labels=labels, groups=np.repeat([f"study {i}" for i in range(4)], 6)), name="t")
    with pytest.raises(InputError, match="0 groups"):
        permute_labels(task, seed=0)

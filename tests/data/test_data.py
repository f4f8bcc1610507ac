"""Datasets, simulations, tasks and splits: what must hold for every one of them."""

import pickle
import tracemalloc
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from linear_signal.data.dataset import Dataset
from linear_signal.data.made_up.simulation import simulate
from linear_signal.data.splits import find_split, training_fractions
from linear_signal.data.tasks import binary_pairs, make_task, permute_labels
from linear_signal.errors import InputError


def made(**changes):
    n = 24
    facts = {
        "label": np.array(["Brain", "Blood", "Skin"])[np.arange(n) % 3],
        "donor": [f"donor {i // 3}" for i in range(n)],
        "age": np.arange(n),
    }
    ids = changes.pop("ids", [f"S{i}" for i in range(n)])
    facts |= {name: changes.pop(name) for name in ("label", "donor", "age") if name in changes}
    fields = {
        "name": "made",
        "expression": np.arange(n * 3, dtype=float).reshape(n, 3),
        "samples": pd.DataFrame(facts, index=ids),
        "gene_ids": np.array(["g0", "g1", "g2"]),
        "source": "made by a test",
        "synthetic": True,
    }
    return Dataset(**(fields | changes))


def asked(name="t", labels=None, group="donor", **changes):
    return make_task(made(**changes), name=name, labels=labels, group=group)


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
        ({"ids": ["A"] * 2 + [f"S{i}" for i in range(22)]}, ["unique", "'A'"]),
        ({"ids": ["", *(f"S{i}" for i in range(23))]}, ["sample 1 has an empty id"]),
        ({"gene_ids": ["g", "g", "h"]}, ["gene ids", "'g'"]),
        ({"samples": pd.DataFrame({"label": ["Brain"] * 5})}, ["5 samples", "24 are needed"]),
        ({"samples": ["Brain"] * 24}, ["list", "pandas table"]),
        ({"samples": pd.DataFrame([["a", "b"]] * 24, columns=["x", "x"])}, ["column ids must be unique", "'x'"]),
    ],
)
def test_a_bad_dataset_is_refused_by_name(changes, parts):
    with pytest.raises(InputError) as caught:
        made(**changes)
    for part in parts:
        assert part in str(caught.value)


def test_a_dataset_cannot_be_changed_and_its_fingerprint_follows_its_content():
    one, same, other = made(), made(), made(label=np.array(["A", "B"] * 12))
    assert one.fingerprint == same.fingerprint != other.fingerprint
    with pytest.raises(ValueError, match="read-only"):
        one.expression[0, 0] = 1
    for column in one.samples:
        with pytest.raises(ValueError, match="read-only"):
            one.samples.loc["S0", column] = one.samples.loc["S1", column]
    assert one.expression.dtype == np.float32


def test_a_table_of_samples_is_a_copy_whose_gaps_are_empty_texts_and_whose_numbers_stay_numbers():
    facts = pd.DataFrame({"label": ["A", None, np.nan, *"B" * 21], "age": np.arange(24) / 2})
    dataset = made(samples=facts)
    facts.loc[0, "label"] = "changed"
    assert dataset.column("label").tolist() == ["A", "", "", *"B" * 21]
    assert dataset.column("age").dtype == float
    assert dataset.sample_ids.tolist() == [str(number) for number in range(24)]
    with pytest.raises(InputError, match="did you mean 'label'"):
        dataset.column("labels")


def test_a_large_dataset_is_neither_copied_nor_checked_at_once():
    expression = np.zeros((20_000, 100), dtype=np.float32)
    tracemalloc.start()
    dataset = Dataset(
        name="zeros",
        expression=expression,
        samples=pd.DataFrame({"label": "A"}, index=np.arange(20_000)),
        gene_ids=np.arange(100),
        source="a test",
        synthetic=True,
    )
    assert np.shares_memory(dataset.expression, expression)
    again = replace(dataset, name="again")
    assert again.expression is dataset.expression
    before, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    dataset._check_finite()
    assert again.fingerprint != dataset.fingerprint
    peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    assert peak < expression.nbytes / 2


def test_tasks_are_views_that_name_the_content_of_a_dataset_of_their_own():
    dataset = made()
    for task in [
        *binary_pairs(dataset, ["Skin", "Brain", "Blood"], group="donor"),
        make_task(dataset, name="t", group=None),
    ]:
        assert task.dataset is dataset
        alone = make_task(dataset.take(task.rows), name=task.name, group="donor" if "vs" in task.name else None)
        assert alone.dataset.n_samples == task.n_samples == len(task.sample_ids)
        assert alone.fingerprint == task.fingerprint
        assert (alone.sample_ids == task.sample_ids).all()
    other = made(expression=np.arange(72, dtype=float).reshape(24, 3) + (np.arange(24) == 2)[:, None])
    # Sample 2 is skin: a task without it does not notice.
    pair = make_task(other, name="t", labels=["Brain", "Blood"], group="donor")
    assert pair.fingerprint == asked(labels=["Brain", "Blood"]).fingerprint
    assert make_task(other, name="t", group="donor").fingerprint != asked().fingerprint


def test_a_task_travels_without_its_dataset_and_finds_its_way_back():
    task = asked(labels=["Brain", "Blood"])
    rest = task.without_dataset
    assert rest is task.without_dataset
    assert rest.dataset is None
    back = pickle.loads(pickle.dumps(rest)).over(task.dataset)
    assert back.fingerprint == task.fingerprint
    assert (back.sample_ids == task.sample_ids).all()
    assert back.without_dataset.dataset is None


def test_simulations_are_what_the_paper_says():
    for name, n_genes in (("Simulated 1", 400), ("Simulated 2", 200), ("Simulated 3", 400)):
        dataset = simulate(name, n_samples=2000, n_features=400, seed=3)
        assert dataset.expression.shape == (2000, n_genes)
        b = dataset.column("label") == "B"
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
    tasks = binary_pairs(made(), ["Skin", "Brain", "Blood"], group="donor")
    assert [task.name for task in tasks] == ["Blood vs Brain", "Blood vs Skin", "Brain vs Skin"]
    for task in tasks:
        assert set(task.labels) == set(task.class_names)
        assert (task.labels == task.dataset.column("label")[task.rows]).all()
        assert (task.groups == task.dataset.column("donor")[task.rows]).all()
        assert task.naive_accuracy == 0.5


@pytest.mark.parametrize(
    ("make", "part"),
    [
        (lambda: asked(labels=["Brian", "Blood"]), "did you mean 'Brain'"),
        (lambda: asked(label=np.array(["Brain"] * 24)), "at least two"),
        (lambda: asked(label=np.array(["A"] * 3 + ["B"] * 21)), "one group"),
        (lambda: asked(label=[""] * 3 + ["Brain"] * 21), "without a label: 'S0' and 2 more"),
        (lambda: asked(donor=[None] * 24), "without a donor: 'S0' and 23 more"),
        (lambda: asked(group="study"), "Unknown column of the samples of made 'study'"),
        (lambda: find_split("group").folds(asked(), n_folds=9), "8 groups"),
        (lambda: find_split("group").folds(asked(), n_folds=2), "at least 3"),
        (lambda: find_split("study"), "Unknown split"),
        (lambda: training_fractions(np.arange(5), (0.0,), names=("t",)), "outside"),
    ],
)
def test_a_task_or_split_that_cannot_be_is_refused(make, part):
    with pytest.raises(InputError, match=part):
        make()


@pytest.mark.parametrize("seed", range(5))
def test_no_group_is_in_two_folds_and_every_sample_is_validated_once(seed):
    task, split = asked(), find_split("group")
    folds = split.folds(task, n_folds=4, seed=seed)
    seen = np.concatenate([fold.validation for fold in folds])
    assert sorted(seen) == list(range(24))
    for number, fold in enumerate(folds):
        assert not set(task.groups[fold.train]) & set(task.groups[fold.validation])
        for inner in split.inner_folds(folds, number, n_inner=3):
            assert not set(inner.train) & set(fold.validation)
            assert set(inner.train) | set(inner.validation) == set(fold.train)
            assert not set(task.groups[inner.train]) & set(task.groups[inner.validation])
        fit, tune = split.tune_set(task, fold.train, names=("t", seed))
        assert set(fit) | set(tune) == set(fold.train)
        assert not set(task.groups[fit]) & set(task.groups[tune])
        assert len(set(task.classes[fit])) >= 2
        assert len(set(task.classes[tune])) >= 2


def test_splits_depend_on_their_names_alone():
    task = asked()
    one, two, other = (find_split("group").folds(task, n_folds=4, seed=seed) for seed in (0, 0, 1))
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
    task, split = asked(label=labels, donor=[f"study {i // 2}" for i in range(24)]), find_split("group")
    for seed in range(20):
        fit, tune = split.tune_set(task, np.arange(24), names=("t", seed), share=0.05)
        assert len(set(task.classes[tune])) == 2
        assert len(set(task.classes[fit])) == 2
    # Two studies of one class each: whichever is held out, one class is missing on one side.
    assert split.tune_set(task, np.array([0, 1, 12, 13]), names=("t", 0)) is None


def test_permuted_labels_are_balanced_in_every_group_and_lose_the_tie_to_the_sample():
    random = np.random.default_rng(0)
    n = 600
    labels = random.choice(["Blood", "Brain", "Skin"], n, p=[0.6, 0.3, 0.1])
    fields = {"expression": random.normal(size=(n, 2)), "ids": [f"S{i}" for i in range(n)], "age": np.zeros(n)}
    fields |= {"label": labels, "donor": [f"donor {i // 6}" for i in range(n)], "gene_ids": np.array(["g0", "g1"])}
    task = asked(labels=["Blood", "Brain"], **fields)
    permuted, again, other = (permute_labels(task, seed=seed) for seed in (0, 0, 1))
    assert permuted.name == "t (labels permuted)"
    assert permuted.fingerprint == again.fingerprint != other.fingerprint
    assert permuted.dataset is task.dataset
    before = task.dataset.column("label")[permuted.rows]
    for group in np.unique(permuted.groups):
        rows = permuted.groups == group
        for one in (before, permuted.labels):
            assert (one[rows] == "Blood").sum() == (one[rows] == "Brain").sum() > 0
    # Over the groups the composition says nothing either: a sample's label is that of its tissue half of the time.
    assert abs((before == permuted.labels).mean() - 0.5) < 3 * np.sqrt(0.25 / len(before))


def test_groups_of_one_label_each_cannot_be_permuted():
    labels = np.repeat(["Blood", "Brain"], 12)
    task = asked(label=labels, donor=np.repeat([f"study {i}" for i in range(4)], 6))
    with pytest.raises(InputError, match="0 groups"):
        permute_labels(task, seed=0)

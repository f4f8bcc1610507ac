"""Splits of made-up tasks of every shape: nothing is lost, nothing is in two parts, no group is torn."""

import numpy as np
import pandas as pd
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.model_selection import GroupKFold

from examples import few
from linear_signal.data.dataset import Dataset
from linear_signal.data.splits import find_split, training_fractions
from linear_signal.data.tasks import make_task
from linear_signal.seeds import seed_of


@st.composite
def tasks(draw):
    """Make up a task of two or three classes: groups of very different sizes, their samples of any class."""
    sizes = draw(st.lists(st.integers(1, 9), min_size=7, max_size=20))
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    groups = np.repeat([f"donor {number}" for number in range(len(sizes))], sizes)
    labels = random.choice(["A", "B", "C"][: draw(st.integers(2, 3))], len(groups))
    order = random.permutation(len(groups))
    at_least_two = [len(set(groups[labels == label])) > 1 for label in set(labels)]
    assume(len(at_least_two) > 1 and all(at_least_two))
    dataset = Dataset(
        name="made up",
        expression=np.zeros((len(groups), 1)),
        samples=pd.DataFrame({"label": labels[order], "donor": groups[order]}, index=[f"S{one}" for one in order]),
        gene_ids=np.array(["g"]),
        source="made up for a test",
        synthetic=True,
    )
    return make_task(dataset, name="made up", group="donor")


splits = st.sampled_from([find_split("group"), find_split("sample")])
seeds = st.integers(0, 5)


def are_apart(task, split, *parts):
    """Whether no sample and nothing that must stay together is in two of the parts."""
    groups = split.groups(task)
    of_parts = [set(groups[part]) for part in parts]
    return len(set().union(*of_parts)) == sum(map(len, of_parts))


@few
@given(task=tasks(), split=splits, n_folds=st.integers(3, 7), seed=seeds)
def test_every_sample_is_judged_once_and_by_nobody_who_learnt_from_its_group(task, split, n_folds, seed):
    folds = split.folds(task, n_folds=n_folds, seed=seed)
    everyone = np.arange(task.n_samples)
    np.testing.assert_array_equal(np.sort(np.concatenate([fold.validation for fold in folds])), everyone)
    for number, fold in enumerate(folds):
        np.testing.assert_array_equal(np.sort(np.r_[fold.train, fold.validation]), everyone)
        assert are_apart(task, split, fold.train, fold.validation)
        inner = split.inner_folds(folds, number, n_inner=n_folds - 1)
        np.testing.assert_array_equal(np.sort(np.concatenate([one.validation for one in inner])), fold.train)
        for one in inner:
            np.testing.assert_array_equal(np.sort(np.r_[one.train, one.validation]), fold.train)
            assert are_apart(task, split, one.train, one.validation, fold.validation)
        if n_folds % 2:
            shared = split.with_pretraining(folds, number)
            np.testing.assert_array_equal(np.sort(np.r_[shared.pretrain, shared.train]), fold.train)
            assert are_apart(task, split, shared.pretrain, shared.train, fold.validation)


@few
@given(task=tasks(), split=splits, seed=seeds, share=st.floats(0.01, 0.99), part=st.floats(0.2, 1))
def test_a_tune_set_shares_no_group_with_what_is_fitted_and_both_have_two_classes(task, split, seed, share, part):
    rows = np.sort(np.random.default_rng(seed).permutation(task.n_samples)[: max(2, int(part * len(task.classes)))])
    held = split.tune_set(task, rows, names=("made up", seed), share=share)
    if held is None:
        return  # the test below says when that may be
    fit, tune = held
    np.testing.assert_array_equal(np.sort(np.r_[fit, tune]), rows)
    assert are_apart(task, split, fit, tune)
    assert min(len(set(task.classes[part])) for part in (fit, tune)) >= 2


@few
@given(task=tasks(), seed=seeds)
def test_of_samples_dealt_out_singly_a_tune_set_is_found_where_each_class_has_many(task, seed):
    assume(np.bincount(task.classes).min() >= len(task.classes) // 4 >= 3)
    assert find_split("sample").tune_set(task, np.arange(len(task.classes)), names=("made up", seed)) is not None


@few
@given(n_rows=st.integers(1, 200), fractions=st.lists(st.floats(0.001, 1), min_size=1, max_size=5, unique=True), seed=seeds)
def test_cuts_are_nested_and_of_the_size_asked_for(n_rows, fractions, seed):
    rows = np.arange(n_rows) * 3 + seed
    cuts = training_fractions(rows, tuple(fractions), names=("made up", seed))
    assert list(cuts) == fractions
    before = set()
    for fraction in sorted(fractions):
        cut = cuts[fraction]
        assert len(set(cut.tolist())) == len(cut) == max(1, round(fraction * n_rows))
        assert before <= set(cut.tolist()) <= set(rows.tolist())
        assert (np.diff(cut) > 0).all()
        before = set(cut.tolist())


@few
@given(task=tasks(), split=splits, n_folds=st.integers(3, 7), seed=seeds)
def test_folds_are_those_of_scikit_learn(task, split, n_folds, seed):
    names = ("outer folds", task.dataset.name, task.name, split.name, seed)
    theirs = GroupKFold(n_folds, shuffle=True, random_state=seed_of(*names) % 2**32)
    ours = split.folds(task, n_folds=n_folds, seed=seed)
    for (kept, held), fold in zip(theirs.split(task.classes, groups=split.groups(task)), ours, strict=True):
        np.testing.assert_array_equal(fold.train, kept)
        np.testing.assert_array_equal(fold.validation, held)

"""Splits for scikit-learn are the book's folds: whole groups, every sample judged once, the same by name and seed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_validate

from examples import few
from linear_signal import GivenFolds, GroupFolds, InputError, SampleFolds
from linear_signal.data.splits import find_split
from linear_signal.estimators.on_arrays import task_of

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(60, 3))
Y = np.where(X[:, 0] + RANDOM.normal(size=60) / 4 > 0, "high", "low")
DONORS = [f"donor {number}" for number in np.arange(60) // 3]


@settings(few, max_examples=100)
@given(
    labels=st.lists(st.integers(0, 7) | st.sampled_from("abc") | st.tuples(st.integers(0, 2)), min_size=6, max_size=40),
    n_folds=st.integers(3, 5),
    seed=st.integers(0, 9),
)
def test_groups_of_any_kind_are_dealt_out_whole(labels, n_folds, seed):
    folds, values = GroupFolds(n_folds, seed=seed), np.zeros((len(labels), 1))
    if len(set(labels)) < n_folds:
        with pytest.raises(InputError, match="groups"):
            list(folds.split(values, groups=labels))
        return
    judged = []
    for train, test in folds.split(values, groups=labels):
        assert not {labels[row] for row in train} & {labels[row] for row in test}
        assert sorted([*train, *test]) == list(range(len(labels)))
        judged += list(test)
    assert sorted(judged) == list(range(len(labels)))


def test_they_are_the_folds_that_the_engine_deals():
    task = task_of(X, Y, DONORS, name="blood")
    for folds, split in ((GroupFolds(4, seed=3, name="blood"), "group"), (SampleFolds(4, seed=3, name="blood"), "sample")):
        engine = find_split(split).folds(task, n_folds=4, seed=3)
        for (train, test), fold in zip(folds.split(X, Y, DONORS), engine, strict=True):
            np.testing.assert_array_equal(train, fold.train)
            np.testing.assert_array_equal(test, fold.validation)


def test_seed_and_name_decide_and_nothing_else():
    def dealt(folds, values=X):
        return [test.tolist() for _, test in folds.split(values, Y, DONORS)]

    assert dealt(GroupFolds()) == dealt(GroupFolds(), X * 2)
    assert dealt(GroupFolds()) != dealt(GroupFolds(seed=1)) != dealt(GroupFolds(seed=1, name="other"))


@pytest.mark.parametrize(
    "folds",
    [GroupFolds(4), SampleFolds(4), GivenFolds([(range(30), range(30, 60))])],
    ids=["groups", "samples", "given"],
)
def test_scikit_learn_takes_them(folds):
    found = cross_validate(LogisticRegression(), X, Y, cv=folds, groups=DONORS)
    assert len(found["test_score"]) == folds.get_n_splits(X, Y, DONORS)
    search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=folds).fit(X, Y, groups=DONORS)
    assert search.n_splits_ == folds.get_n_splits()


@pytest.mark.parametrize(
    ("split", "said"),
    [
        (lambda: list(GroupFolds().split(X, Y)), "needs groups"),
        (lambda: list(GroupFolds().split(X, Y, DONORS[:5])), "5 entries for 60 samples"),
        (lambda: list(GroupFolds().split(X, Y, [None, *DONORS[1:]])), "sample 0 is missing"),
        (lambda: list(GroupFolds().split(X, Y, [[1], *DONORS[1:]])), "cannot be a label"),
        (lambda: list(SampleFolds(2).split(X)), "at least 3"),
        (lambda: GivenFolds([]), "no folds"),
        (lambda: GivenFolds([([0, 1], [1, 2])]), "'1'"),
        (lambda: GivenFolds([([0, 1], [])]), "one or more row numbers"),
        (lambda: list(GivenFolds([([0, 1], [60])]).split(X)), "0 to 59"),
        (lambda: list(GivenFolds([([0], [1])]).split(X, Y, DONORS)), "group on both sides"),
    ],
    ids=range(10),
)
def test_what_cannot_be_dealt_is_refused(split, said):
    with pytest.raises(InputError, match=said):
        split()

"""Signal removal for people: arrays and tables, class labels of any kind."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from examples import few
from linear_signal import InputError, compare, make_equal, remove_linear_signal

LABELS = st.integers(0, 2) | st.sampled_from(["a", "b"]) | st.tuples(st.integers(0, 1), st.booleans())


@settings(few, max_examples=100)
@given(classes=st.lists(LABELS, min_size=2, max_size=30), seed=st.integers(0, 99))
def test_afterwards_all_classes_have_the_same_means(classes, seed):
    values = np.random.default_rng(seed).normal(size=(len(classes), 3))
    if len(set(classes)) < 2:
        with pytest.raises(InputError, match="two classes"):
            remove_linear_signal(values, classes)
        return
    removed = remove_linear_signal(values, classes)
    means = [removed[[one == label for one in classes]].mean(axis=0) for label in set(classes)]
    np.testing.assert_allclose(means, np.broadcast_to(means[0], (len(means), 3)), atol=1e-12)


def test_a_table_stays_a_table():
    table = pd.DataFrame({"g1": [1.0, 2, 6], "g2": [3, 3, 9]}, index=["x", "y", "z"])
    classes = pd.Series(["a", "a", "b"], index=[7, 8, 9])
    removed = remove_linear_signal(table, classes)
    of_array = remove_linear_signal(table.to_numpy(), list(classes))
    pd.testing.assert_frame_equal(removed, pd.DataFrame(of_array, index=table.index, columns=table.columns))


@pytest.mark.parametrize(("dtype", "becomes"), [("f4", "f4"), ("f8", "f8"), ("i8", "f8"), ("?", "f8")])
def test_types_of_numbers(dtype, becomes):
    values = np.array([[0, 1], [1, 1], [1, 0]], dtype=dtype)
    assert remove_linear_signal(values, [0, 0, 1]).dtype == np.dtype(becomes)
    assert remove_linear_signal(pd.DataFrame(values), [0, 0, 1]).dtypes.eq(np.dtype(becomes)).all()


@pytest.mark.parametrize(
    ("values", "classes", "said"),
    [
        (csr_array(np.eye(3)), [0, 0, 1], "sparse"),
        (np.eye(3), [0, 1], "2 entries for 3 samples"),
        (np.eye(3), [0, 1, np.nan], "sample 2 is missing"),
        (np.ones(3), [0, 0, 1], "samples x features"),
        ([["a"], ["b"]], [0, 1], "numbers"),
        (pd.DataFrame({"g": ["a", "b"]}), [0, 1], "'g'"),
    ],
    ids=range(6),
)
def test_what_cannot_be_removed_is_refused(values, classes, said):
    with pytest.raises(InputError, match=said):
        remove_linear_signal(values, classes)


def test_a_table_made_equal_keeps_its_index_and_labels_and_donors_may_be_of_any_kind():
    random = np.random.default_rng(0)
    table = pd.DataFrame(random.normal(size=(40, 3)), index=[f"S{number}" for number in range(40)], columns=list("abc"))
    classes, donors = np.array(["no", "yes"])[np.arange(40) % 2], [f"donor {number // 4}" for number in range(40)]
    equal = make_equal(table, classes, rung="spreads_removed", groups=donors)
    assert equal.index.equals(table.index)
    assert equal.columns.equals(table.columns)
    np.testing.assert_allclose(equal.groupby(classes).std(ddof=0), 1, atol=1e-4)
    np.testing.assert_array_equal(equal, make_equal(table.to_numpy(), classes, rung="spreads_removed", groups=donors))
    with pytest.raises(InputError, match="groups has 3 entries"):
        make_equal(table, classes, rung="spreads_removed", groups=donors[:3])
    with pytest.raises(InputError, match="missing or infinite"):
        make_equal(table.where(table > 0), classes, rung="spreads_removed")


def test_labels_of_the_samples_in_another_order_are_refused():
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 3)), index=[f"S{number}" for number in range(40)])
    classes = pd.Series(np.arange(40) % 2, index=table.index)
    turned = classes.iloc[::-1]
    for call in (remove_linear_signal, partial(make_equal, rung="removed"), partial(compare, models=["squared_logistic"])):
        with pytest.raises(InputError, match=r"another order.*row 0.*'S39'.*'S0'.*\.loc"):
            call(table, turned)
    with pytest.raises(InputError, match="groups has the samples"):
        compare(table, classes, turned, models=["squared_logistic"])
    expected = remove_linear_signal(table.to_numpy(), turned.to_numpy())
    for same in (turned.to_numpy(), turned.reset_index(drop=True)):
        np.testing.assert_array_equal(remove_linear_signal(table, same), expected)


def test_a_measurement_is_no_class():
    values = np.random.default_rng(0).normal(size=(40, 3))
    with pytest.raises(InputError, match=r"measurement.*cut it"):
        compare(values, values[:, 0], models=["squared_logistic"])

"""Arrays kept for who computes the same once more: made once, told apart by all they depend on, and bounded."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from hypothesis.extra import numpy as arrays

from examples import few
from linear_signal.crossvalidation.kept_arrays import KeptArrays


def test_what_was_made_from_the_same_is_not_made_again():
    kept, made = KeptArrays(1000), []

    def make():
        made.append(True)
        return np.arange(3.0)

    first = kept.made(make, np.arange(4), "a", None, ("names", 1))
    assert kept.made(make, np.arange(4), "a", None, ("names", 1)) is first
    assert len(made) == 1
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 1


@pytest.mark.parametrize(
    "other",
    [
        (np.array([0, 2]), "a", None),
        (np.array([[0, 1]]), "a", None),
        (np.array([0.0, 1.0]), "a", None),
        (np.array([0, 1], dtype=np.int32), "a", None),
        (np.array([0, 1]), "b", None),
        (np.array([0, 1]), "a", "None"),
        (np.array([0, 1]), "a", np.array([])),
        (np.array([0, 1]), None, "a"),
    ],
)
def test_what_differs_in_anything_is_made_anew(other):
    kept = KeptArrays(1000)
    kept.made(lambda: np.zeros(1), np.array([0, 1]), "a", None)
    assert kept.made(lambda: np.ones(1), *other)[0] == 1


def test_texts_are_told_apart_and_objects_are_refused():
    kept = KeptArrays(1000)
    kept.made(lambda: np.zeros(1), np.array(["a", "b"]))
    assert kept.made(lambda: np.ones(1), np.array(["a", "c"]))[0] == 1
    assert kept.made(lambda: np.ones(1), np.array(["a", "b"]))[0] == 0
    with pytest.raises(TypeError, match="objects"):
        kept.made(lambda: np.ones(1), np.array(["a", None], dtype=object))


@few
@given(arrays.arrays(np.float32, (2, 3), elements=some.floats(-1, 1, width=32)), some.integers(0, 5))
def test_one_changed_value_is_another_array(values, place):
    kept, changed = KeptArrays(1000), values.copy()
    changed.flat[place] += 1
    kept.made(lambda: np.zeros(1), values)
    assert kept.made(lambda: np.ones(1), changed)[0] == 1


def test_the_last_ones_used_are_kept_up_to_the_size():
    kept = KeptArrays(3 * 80)
    for name in "abc":
        kept.made(lambda: np.zeros(10), name)
    kept.made(lambda: np.ones(10), "a")  # used again, so b is the oldest
    kept.made(lambda: np.zeros(10), "d")
    assert [kept.made(lambda: np.ones(10), name)[0] for name in "acd"] == [0, 0, 0]
    assert kept.made(lambda: np.ones(10), "b")[0] == 1


def test_an_array_that_is_too_large_is_returned_and_not_kept():
    kept = KeptArrays(8)
    assert len(kept.made(lambda: np.zeros(2), "large")) == 2
    assert kept.made(lambda: np.ones(2), "large")[0] == 1
    assert kept.made(lambda: np.zeros(1), "small")[0] == 0
    assert kept.made(lambda: np.ones(1), "small")[0] == 0

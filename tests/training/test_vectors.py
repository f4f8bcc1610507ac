"""Vectors of kernels do what NumPy does, value by value."""

import numba
import numpy as np
import pytest

from linear_signal.training.cpu.vectors import (
    LANES,
    add_halves,
    load,
    padded,
    root,
    spread,
    store,
    sum_of,
    sums_of_eight,
    value,
    where_positive,
    wide_zeros,
    zeros,
)


@numba.njit
def _worked_on(rows, out):
    """Row by row of ``out``: one operation each."""
    zero, wide = zeros(rows), wide_zeros(rows)
    one, other = load(zero, rows, 0, LANES), load(zero, rows, 1, LANES)
    store(one + other, out, 0, 0)
    store(one - other, out, 1, 0)
    store(one * spread(zero, value(rows, 2, 3)), out, 2, 0)
    store(one / other, out, 3, 0)
    store(root(one * one), out, 4, 0)
    store(where_positive(one, other), out, 5, 0)
    store(load(wide, rows, 3, 0), out, 6, 0)
    eight = sums_of_eight(
        load(zero, rows, 0, 0),
        load(zero, rows, 1, 0),
        load(zero, rows, 2, 0),
        load(zero, rows, 3, 0),
        load(zero, rows, 4, 0),
        load(zero, rows, 5, 0),
        load(zero, rows, 6, 0),
        load(zero, rows, 7, 0),
    )
    store(eight, out, 7, 0)
    add_halves(one, out, 8, 2)
    return sum_of(one), sum_of(load(wide, rows, 3, 0))


@pytest.mark.parametrize(("dtype", "exact"), [(np.float32, 1e-6), (np.float64, 1e-14)])
def test_vectors_are_worked_on_value_by_value(dtype, exact):
    rows = np.random.default_rng(0).normal(size=(8, 2 * LANES)).astype(dtype)
    rows[1, LANES : LANES + 3] = np.nan, 0, -0.0
    out = np.zeros((10, 2 * LANES), dtype)
    sums = _worked_on(rows, out)
    one, other = rows[0, LANES:], rows[1, LANES:]
    with np.errstate(divide="ignore"):
        expected = [one + other, one - other, one * rows[2, 3], one / other, abs(one), np.where(other <= 0, 0, one)]
    for row, wanted in zip(out, expected, strict=False):
        np.testing.assert_allclose(row[:LANES], wanted, rtol=exact)
    np.testing.assert_array_equal(out[6], rows[3])
    np.testing.assert_allclose(out[7, :LANES], rows[:, :LANES].sum(axis=1), rtol=10 * exact)
    np.testing.assert_array_equal(out[8:, 2:6], one.reshape(2, 4))
    np.testing.assert_allclose(sums, [one.sum(), rows[3].sum()], rtol=10 * exact)


@pytest.mark.parametrize(("width", "wide"), [(1, 8), (8, 8), (9, 16)])
def test_a_row_is_filled_up_to_whole_vectors(width, wide):
    assert padded(width) == wide

"""Genes with zeros: classes differ in the means of what is above zero, and in nothing else."""

import numpy as np
import pytest

from linear_signal.data.made_up.removal_traps import MASK, NO_ZEROS, ZEROS, simulate_zeros
from linear_signal.errors import InputError


def test_zeros_are_as_many_in_either_class_and_hide_what_the_other_set_shows():
    made = simulate_zeros(n_samples=2000, n_genes=20, share=0.3, seed=1)
    with_zeros, without, mask = (made[name].expression for name in (ZEROS, NO_ZEROS, MASK))
    np.testing.assert_array_equal(mask == 1, with_zeros == 0)
    np.testing.assert_array_equal(with_zeros[mask == 0], without[mask == 0])
    is_b = made[ZEROS].samples["label"].to_numpy() == "B"
    assert abs(mask[is_b].mean() - mask[~is_b].mean()) < 0.02
    assert np.abs(without[is_b].mean(axis=0) - without[~is_b].mean(axis=0)).max() > 0.5
    assert np.abs(without[is_b].std(axis=0) - without[~is_b].std(axis=0)).max() < 0.15


def test_the_same_seed_gives_the_same_values():
    one, same, other = (simulate_zeros(n_samples=20, n_genes=3, seed=seed)[ZEROS].expression for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


@pytest.mark.parametrize("wrong", [{"n_samples": 3}, {"n_genes": 0}, {"share": 0.0}, {"share": 1.0}])
def test_sizes_that_make_no_data_are_refused(wrong):
    with pytest.raises(InputError, match="at least 4 samples"):
        simulate_zeros(**{"n_samples": 20, "n_genes": 3} | wrong)

"""Marks overtake the average where cell types differ and marks are clean, and nowhere else."""

import numpy as np
import pytest

from linear_signal.errors import InputError
from linear_signal.studies.schreiber2020.phase import phase_grid, share_between_loci


def test_marks_win_in_one_corner_and_the_average_in_the_other():
    grid = phase_grid((0.3, 0.95), (0.5, 8.0), n_loci=200, n_cell_types=5).set_index(["share_between_loci", "mark_noise"])
    assert grid.loc[(0.3, 0.5), "difference"] > 0.2
    assert grid.loc[(0.95, 8.0), "difference"] < -0.2
    # Noise on the marks is nothing to the average, and the worse the more there is to the regression.
    assert grid.loc[(0.3, 0.5), "average_label"] == grid.loc[(0.3, 8.0), "average_label"]
    assert grid.loc[(0.95, 0.5), "by_marks"] > grid.loc[(0.95, 8.0), "by_marks"] + 0.1
    assert grid.loc[(0.95, 0.5), "average_label"] > grid.loc[(0.3, 0.5), "average_label"] + 0.1
    np.testing.assert_allclose(grid["difference"], grid["by_marks"] - grid["average_label"])


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
@pytest.mark.parametrize("n_cell_types", [2, 12])
def test_the_share_between_loci_is_found_whatever_the_number_of_cell_types(share, n_cell_types):
    random = np.random.default_rng(0)
    values = np.sqrt(share) * random.normal(size=(20_000, 1)) + np.sqrt(1 - share) * random.normal(
        size=(20_000, n_cell_types)
    )
    assert share_between_loci(values + random.normal(size=n_cell_types)) == pytest.approx(share, abs=0.02)


def test_what_has_no_share_is_refused_or_not_a_number():
    assert np.isnan(share_between_loci(np.ones((3, 3))))
    with pytest.raises(InputError, match="two cell types"):
        share_between_loci(np.ones((3, 1)))
    with pytest.raises(InputError, match="below 1"):
        phase_grid((1.0,), (0.5,))

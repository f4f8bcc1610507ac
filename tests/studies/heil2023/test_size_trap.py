"""Distances tell a rare class from a common one on data without signal, unless residuals are rescaled."""

import pytest

from linear_signal.errors import InputError
from linear_signal.studies.heil2023.size_trap import HOW, distance_probe, means_of, size_answers, size_plot

SIZES = {"n_samples": 210, "n_rare": 20, "n_sets": 30}


def test_the_trap_snaps_with_many_genes_and_the_cure_holds():
    told = distance_probe(n_genes=[10, 600], **SIZES)
    assert len(told) == len(HOW) * 2 * SIZES["n_sets"]
    means = means_of(told).set_index(["how", "n_genes"])
    trapped, cured = (means.loc[(how, 600)] for how in HOW)
    assert trapped["lower"] > 0.65
    assert abs(cured["mean"] - 0.5) < 3 * cured["sem"]
    assert means.loc[("removed", 10), "mean"] < trapped["mean"]
    assert size_answers(told)["sizes_genes"] == "600"
    assert "without any signal" in size_plot(told).labels.caption


def test_classes_of_one_size_are_no_trap():
    told = distance_probe(n_samples=200, n_rare=100, n_genes=[600], n_sets=8)
    assert means_of(told)["mean"].between(0.42, 0.58).all()


@pytest.mark.parametrize("wrong", [{"n_rare": 9}, {"n_sets": 1}, {"n_genes": []}, {"n_genes": [0]}])
def test_what_makes_no_data_is_refused(wrong):
    with pytest.raises(InputError, match="at least 10 samples"):
        distance_probe(**SIZES | {"n_genes": [10]} | wrong)

"""Genes of spread and pairs of correlation: what was planted is found, by donors who had no part in picking it."""

import numpy as np
import pandas as pd
import pytest

from linear_signal.data.dataset import Dataset
from linear_signal.data.preprocessing import ZeroOneScaling, zero_one
from linear_signal.data.tasks import make_task
from linear_signal.studies.heil2023 import kinds_genes
from linear_signal.studies.heil2023.kinds_genes import (
    FEWEST_SAMPLES,
    GENES,
    PAIRS,
    _halves,
    described_by,
    genes_by_spread,
    genes_of,
    has_halves,
    named,
    pairs_by_correlation,
    points_of_pairs,
)

SPREAD, PAIR, SILENT, N_GENES = 3, (5, 6), 9, 12


def task(*, n_donors=80, warp=lambda level: level):
    """Two tissues of every donor: one gene of other spread, a pair correlated in A alone, and a gene silent in most of B."""
    random = np.random.default_rng(3)
    is_b = np.tile([False, True], n_donors)
    level = 5 + 0.3 * random.standard_normal((len(is_b), N_GENES))
    level[is_b, SPREAD] = 5 + 1.2 * random.standard_normal(n_donors)
    level[~is_b, PAIR[1]] = level[~is_b, PAIR[0]] + 0.05 * random.standard_normal(n_donors)
    level = warp(level)
    tpm = np.maximum(2**level - 1, 0)
    tpm[is_b & (random.random(len(is_b)) < 0.8), SILENT] = 0
    scaled, minimum, maximum = zero_one(tpm.T)
    samples = {"label": np.where(is_b, "B", "A"), "donor": np.repeat([f"d{number}" for number in range(n_donors)], 2)}
    dataset = Dataset(
        name="planted",
        expression=scaled.T,
        samples=pd.DataFrame(samples, index=[f"s{number}" for number in range(len(is_b))]),
        gene_ids=np.array([f"g{number}" for number in range(N_GENES)]),
        source="a test",
        synthetic=True,
        scaling=ZeroOneScaling(minimum=minimum, maximum=maximum),
    )
    return make_task(dataset, name="A vs B", group="donor")


def test_the_gene_of_other_spread_comes_first():
    found = genes_by_spread(task(), most=4)
    assert list(found) == list(GENES)
    assert found["gene"].iloc[0] == f"g{SPREAD}"
    assert found["log2_ratio"].iloc[0] == pytest.approx(np.log2(0.3 / 1.2), abs=0.5)
    assert found["log2_ratio"].iloc[1:].abs().max() < 0.7
    assert f"g{SILENT}" not in set(genes_by_spread(task(), most=N_GENES)["gene"])


def test_the_pair_that_goes_together_in_one_tissue_comes_first_and_no_gene_twice():
    found = pairs_by_correlation(task(), most=5)
    assert list(found) == list(PAIRS)
    first = found.iloc[0]
    assert (first["first_gene"], first["second_gene"]) == tuple(f"g{gene}" for gene in PAIR)
    assert first["first_correlation"] > 0.9
    assert abs(first["second_correlation"]) < 0.4
    listed = [*found["first_gene"], *found["second_gene"]]
    assert len(listed) == len(set(listed))
    assert f"g{SILENT}" not in listed


def test_correlations_hang_on_ranks_alone():
    plain, warped = (pairs_by_correlation(task(warp=warp)) for warp in (lambda level: level, lambda level: level**3 / 25))
    columns = ["first_correlation", "second_correlation"]
    np.testing.assert_allclose(plain[columns], warped[columns], atol=1e-6)


def test_donors_who_pick_are_not_those_who_are_shown():
    asked = task()
    halves = [set(asked.groups[np.concatenate(half)]) for half in _halves(asked)]
    assert not halves[0] & halves[1]
    assert halves[0] | halves[1] == set(asked.groups)
    found = pairs_by_correlation(asked, most=2)
    points = points_of_pairs(asked, found, {f"g{gene}": f"name {gene}" for gene in range(N_GENES)})
    assert points.groupby(["pair", "tissue"]).size().unique().tolist() == [len(halves[1])]
    drawn = points[(points["pair"] == "name 5 and name 6") & (points["tissue"] == "A")]
    assert np.corrcoef(drawn["x"], drawn["y"])[0, 1] == pytest.approx(drawn["correlation"].iloc[0])


def test_so_many_samples_are_drawn_and_told_of_all(monkeypatch):
    asked, names = task(), {f"g{gene}": f"name {gene}" for gene in range(N_GENES)}
    found = pairs_by_correlation(asked, most=1)
    whole = points_of_pairs(asked, found, names)
    monkeypatch.setattr(kinds_genes, "MOST_DRAWN", 9)
    some = points_of_pairs(asked, found, names)
    assert some.groupby("tissue").size().tolist() == [9, 9]
    assert len(some.merge(whole)) == len(some)


def test_too_few_donors_are_not_described():
    small = task(n_donors=2 * FEWEST_SAMPLES - 2)
    assert not has_halves(small)
    assert described_by(genes_by_spread, [small]) == described_by(pairs_by_correlation, [small]) == {}


def test_names_stand_in_the_place_of_ids():
    found = pairs_by_correlation(task(), most=1)
    assert genes_of(found) == {"g5", "g6"}
    assert named(found, {"g5": "HBB", "g6": "HBA1"})[["first_gene", "second_gene"]].iloc[0].tolist() == ["HBB", "HBA1"]

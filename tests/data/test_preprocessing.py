"""Zero-one scaling and the choice of genes, against doing it on the whole matrix."""

import numpy as np
import pytest

from linear_signal.data.preprocessing import MostVariableGenes, zero_one
from linear_signal.errors import InputError
from linear_signal.seeds import generator


def matrix(n_genes=60, n_samples=40):
    values = generator("test", "preprocessing").gamma(1.5, 20, (n_genes, n_samples)).astype(np.float32)
    values[7] = 3.0  # a constant gene
    return values


def choose(values, n_genes, block):
    chosen = MostVariableGenes(n_genes, n_samples=values.shape[1])
    for start in range(0, len(values), block):
        part = values[start : start + block]
        chosen.add([f"G{start + row}" for row in range(len(part))], part)
    return chosen.result()


def test_scaled_genes_span_exactly_zero_to_one():
    scaled, minimum, maximum = zero_one(matrix())
    varying = maximum > minimum
    assert scaled.dtype == np.float32
    assert (scaled[varying].min(axis=1) == 0).all()
    assert (scaled[varying].max(axis=1) == 1).all()
    assert (scaled[~varying] == 0).all()


def test_keeps_what_sorting_the_whole_matrix_would_keep():
    values = matrix()
    kept = choose(values, 20, 7)
    scaled, minimum, maximum = zero_one(values)
    variance = scaled.var(axis=1, dtype=np.float64)
    expected = np.sort(np.argsort(-variance, kind="stable")[:20])
    assert kept.gene_ids.tolist() == [f"G{gene}" for gene in expected]
    np.testing.assert_array_equal(kept.expression, scaled[expected].T)
    np.testing.assert_array_equal(kept.minimum, minimum[expected])
    np.testing.assert_array_equal(kept.maximum, maximum[expected])
    np.testing.assert_array_equal(kept.variance, variance[expected])
    assert kept.expression.dtype == np.float32
    assert kept.expression.flags.c_contiguous
    assert kept.n_seen == 60


@pytest.mark.parametrize("block", [1, 3, 60])
def test_the_size_of_the_blocks_changes_nothing(block):
    expected, seen = choose(matrix(), 11, 13), choose(matrix(), 11, block)
    assert seen.gene_ids.tolist() == expected.gene_ids.tolist()
    assert seen.expression.tobytes() == expected.expression.tobytes()
    assert seen.variance.tobytes() == expected.variance.tobytes()


@pytest.mark.parametrize("block", [1, 2, 6])
def test_of_equally_variable_genes_the_first_are_kept(block):
    same = np.tile(np.array([0, 1, 2, 3], dtype=np.float32), (6, 1)) * np.arange(1, 7, dtype=np.float32)[:, None]
    assert choose(same, 2, block).gene_ids.tolist() == ["G0", "G1"]
    flat = same.copy()
    flat[0] = 5
    assert choose(flat, 3, block).gene_ids.tolist() == ["G1", "G2", "G3"]


def test_minimum_and_maximum_lead_back_to_the_values():
    values = matrix()
    kept = choose(values, 60, 16)
    back = kept.expression * (kept.maximum - kept.minimum) + kept.minimum
    np.testing.assert_allclose(back.T, values, rtol=1e-5, atol=1e-4)


def test_fewer_genes_than_asked_for_are_all_kept_in_order():
    assert choose(matrix(n_genes=9), 50, 4).gene_ids.tolist() == [f"G{gene}" for gene in range(9)]


def test_says_what_cannot_be_used():
    with pytest.raises(InputError, match="0 genes to keep"):
        MostVariableGenes(0, n_samples=3)
    chosen = MostVariableGenes(2, n_samples=3)
    with pytest.raises(InputError, match="Is the file empty"):
        chosen.result()
    with pytest.raises(InputError, match=r"shape \(1, 2\)"):
        chosen.add(["A"], np.zeros((1, 2)))
    with pytest.raises(InputError, match="Gene 'B' has a value that is missing or infinite"):
        chosen.add(["A", "B"], np.array([[1, 2, 3], [1, np.nan, 3]]))

"""Statistics of parts, merged in any order, are those of the whole."""

import itertools

import numpy as np
import pytest

from linear_signal.data.gene_statistics import GeneStatistics, rounded
from linear_signal.data.preprocessing import MostVariableGenes, zero_one
from linear_signal.errors import InputError
from linear_signal.seeds import generator


def values(n_genes=40, n_samples=60):
    random = generator("test", "gene statistics")
    # Sizes over nine orders, one constant gene and one that hardly varies around a large value.
    scale = 10.0 ** random.uniform(-3, 6, (n_genes, 1))
    x = (random.gamma(0.3, 1, (n_genes, n_samples)) * scale).astype(np.float32)
    x[3] = 7
    x[4] = 1e4 + random.integers(0, 3, n_samples)
    return x


def merged(parts):
    whole = GeneStatistics.empty(len(parts[0].mean))
    for part in parts:
        whole = whole.merged(part)
    return whole


def test_merging_in_any_order_and_grouping_agrees_with_the_whole():
    x = values()
    parts = [GeneStatistics.of(part) for part in np.split(x, [1, 4, 30, 30], axis=1)]
    exact = x.astype(np.longdouble)
    expected = [exact.mean(axis=1), exact.var(axis=1)]
    orders = list(itertools.permutations(parts))
    trees = [merged([merged(order[:2]), merged(order[2:])]) for order in orders[::7]]
    for whole in [merged(order) for order in orders] + trees:
        assert whole.n_samples == x.shape[1]
        np.testing.assert_array_equal(whole.minimum, x.min(axis=1))
        np.testing.assert_array_equal(whole.maximum, x.max(axis=1))
        np.testing.assert_allclose(whole.mean, expected[0].astype(float), rtol=1e-12)
        np.testing.assert_allclose(whole.variance(), expected[1].astype(float), rtol=1e-12, atol=0)


def test_the_order_of_a_thousand_parts_does_not_change_the_choice():
    random = generator("test", "many parts")
    x = random.gamma(0.5, 1, (300, 1000)).astype(np.float32)
    x[250:] = x[:50]  # ties, which only rounding noise could break
    wholes = []
    for order in (np.arange(1000), random.permutation(1000), random.permutation(1000)):
        wholes.append(merged([GeneStatistics.of(x[:, [column]]) for column in order]))
    assert len({whole.squares.tobytes() for whole in wholes}) > 1
    for whole in wholes:
        np.testing.assert_allclose(whole.squares, wholes[0].squares, rtol=1e-12)
        np.testing.assert_array_equal(whole.scaled_variance(), wholes[0].scaled_variance())
        np.testing.assert_array_equal(whole.most_variable(100), wholes[0].most_variable(100))


def test_the_choice_is_that_of_the_reader_of_whole_genes():
    x = values()
    chosen = MostVariableGenes(12, n_samples=x.shape[1])
    chosen.add([str(row) for row in range(len(x))], x)
    statistics = GeneStatistics.of(x)
    assert statistics.most_variable(12).tolist() == [int(gene) for gene in chosen.result().gene_ids]
    assert statistics.most_variable(1000).tolist() == list(range(len(x)))
    variance = zero_one(x)[0].var(axis=1, dtype=np.float64)
    np.testing.assert_allclose(statistics.scaled_variance(), variance, rtol=2e-6)
    assert statistics.scaled_variance()[3] == 0


def test_bytes_bring_everything_back():
    statistics = GeneStatistics.of(values())
    again = GeneStatistics.from_bytes(statistics.to_bytes())
    for name in ("n_samples", "minimum", "maximum", "mean", "squares"):
        np.testing.assert_array_equal(getattr(again, name), getattr(statistics, name))
        assert np.asarray(getattr(again, name)).dtype == np.asarray(getattr(statistics, name)).dtype
    content = bytearray(statistics.to_bytes())
    content[len(content) // 2] ^= 255
    with pytest.raises(Exception, match="CRC"):
        GeneStatistics.from_bytes(bytes(content))


def test_no_sample_is_no_change():
    statistics = GeneStatistics.of(values())
    nothing = GeneStatistics.of(values()[:, :0])
    for whole in (nothing.merged(statistics), statistics.merged(nothing)):
        assert whole.to_bytes() == statistics.to_bytes()
    assert nothing.merged(nothing).scaled_variance().tolist() == [0.0] * len(values())


def test_bad_input_is_explained():
    x = values()
    x[7, 3] = np.nan
    with pytest.raises(InputError, match="Gene 8 of 40 has a value that is missing"):
        GeneStatistics.of(x)
    with pytest.raises(InputError, match="of 40 and of 39 genes"):
        GeneStatistics.empty(40).merged(GeneStatistics.empty(39))
    assert rounded(np.array([1e-300, -2.5])).tolist() == [1e-300, -2.5]

"""Products of pairs: features that hold variances and covariances of leading components, and no means."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from linear_signal.data.made_up.planted_kinds import make_planted_kind
from linear_signal.training.pair_products import N_COMPONENTS, PairProducts, pair_products_of
from linear_signal.training.squares import squares_of


@pytest.mark.parametrize("shape", [(80, 200), (200, 30), (50, 4)])
def test_features_are_standardised_products_of_uncorrelated_scores(shape):
    values = np.random.default_rng(0).normal(5, 3, shape).astype(np.float32)
    values[:, 0] = 1.5
    products = pair_products_of(values)
    scores = products.genes.apply(values) @ products.axes
    n = scores.shape[1]
    assert n == min(N_COMPONENTS, shape[1] - 1, shape[0])
    np.testing.assert_allclose(scores.T @ scores / len(values), np.eye(n), atol=1e-6)
    features = products.apply(values)
    assert features.shape == (shape[0], n * (n + 1) // 2)
    np.testing.assert_allclose(features.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(features.std(axis=0), 1, atol=1e-9)


def test_the_leading_components_are_those_of_a_principal_component_analysis():
    random = np.random.default_rng(1)
    values = random.normal(size=(300, 3)) @ np.diag([9.0, 4.0, 2.0]) @ random.normal(size=(3, 60))
    values += 0.1 * random.normal(size=values.shape)
    products = pair_products_of(values)
    directions = np.linalg.svd(products.genes.apply(values), full_matrices=False)[2][:3].T
    own = products.axes[:, :3] / np.linalg.norm(products.axes[:, :3], axis=0)
    np.testing.assert_allclose(np.abs(directions.T @ own), np.eye(3), atol=1e-6)


def test_what_was_learnt_can_be_written_as_arrays_and_read_back():
    values = np.random.default_rng(2).normal(size=(60, 30))
    products = pair_products_of(values)
    again = PairProducts.from_state(products.state | {"weights": np.zeros(3)})
    np.testing.assert_array_equal(again.apply(values[:5]), products.apply(values[:5]))


@pytest.mark.parametrize(
    ("kind", "squares_see", "pairs_see"),
    [("mean", False, False), ("spread", True, True), ("covariance", False, True), ("three_way_parity", False, False)],
)
def test_each_probe_sees_its_own_kind(kind, squares_see, pairs_see):
    dataset = make_planted_kind(kind, n_samples=1200, n_genes=9, seed=0)
    classes = (dataset.column("label") == "B").astype(int)
    # By the class means, which either probe is handed equal.
    means = np.array([dataset.expression[classes == one].mean(axis=0) for one in (0, 1)])
    values = dataset.expression - means[classes]
    for learn, sees in ((squares_of, squares_see), (pair_products_of, pairs_see)):
        features = learn(values[:800])
        fitted = LogisticRegression(C=0.1).fit(features.apply(values[:800]), classes[:800])
        accuracy = fitted.score(features.apply(values[800:]), classes[800:])
        assert accuracy > 0.65 if sees else abs(accuracy - 0.5) < 0.08

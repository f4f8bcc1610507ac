"""Signal removal: class means agree afterwards, nothing else moves, and limma says the same."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from examples import few
from linear_signal.data.signal_removal import limma_available, remove_linear_signal
from linear_signal.errors import InputError


def samples(n_classes=3, dtype=np.float64, seed=0):
    random = np.random.default_rng(seed)
    classes = random.choice(
        [0, 1, 2, 5][:n_classes], size=60, p=np.array([4, 2, 1, 1][:n_classes]) / sum([4, 2, 1, 1][:n_classes])
    )
    return (random.normal(size=(60, 17)) * 3 + classes[:, None]).astype(dtype), classes


@pytest.mark.parametrize("n_classes", [2, 3, 4])
def test_class_means_agree_after_removal_and_deviations_stay(n_classes):
    expression, classes = samples(n_classes)
    removed = remove_linear_signal(expression, classes)
    target = np.mean([expression[classes == label].mean(axis=0) for label in np.unique(classes)], axis=0)
    for label in np.unique(classes):
        chosen = classes == label
        np.testing.assert_allclose(removed[chosen].mean(axis=0), target, atol=1e-12)
        np.testing.assert_allclose(
            removed[chosen] - removed[chosen].mean(axis=0),
            expression[chosen] - expression[chosen].mean(axis=0),
            atol=1e-12,
        )
    np.testing.assert_allclose(remove_linear_signal(removed, classes), removed, atol=1e-12)


def test_a_linear_model_finds_nothing_where_signal_was_removed():
    expression, classes = samples(2)
    removed = remove_linear_signal(expression, classes)
    model = LogisticRegression(class_weight="balanced", C=1e6).fit(removed, classes)
    # Equal class means make the zero vector the optimum of the balanced problem, but for the rounding of the weights.
    assert LogisticRegression(class_weight="balanced").fit(expression, classes).score(expression, classes) > 0.8
    assert np.abs(model.coef_).max() < 0.05


def test_the_input_is_left_alone_and_its_precision_kept():
    expression, classes = samples(dtype=np.float32)
    before = expression.copy()
    assert remove_linear_signal(expression, classes).dtype == np.float32
    np.testing.assert_array_equal(expression, before)


def test_a_missing_value_stays_missing_and_is_left_out_of_the_means():
    expression, classes = samples()
    holes = expression.copy()
    holes[3, 4] = np.nan
    removed = remove_linear_signal(holes, classes)
    assert np.isnan(removed).sum() == 1
    assert np.isnan(removed[3, 4])
    means = [np.nanmean(removed[classes == label], axis=0) for label in np.unique(classes)]
    np.testing.assert_allclose(means, np.broadcast_to(means[0], np.shape(means)), atol=1e-12)


@pytest.mark.skipif(limma_available() is not None, reason=f"limma cannot be run here: {limma_available()}")
@pytest.mark.parametrize("n_classes", [2, 3, 4])
@pytest.mark.parametrize("hole", [False, True])
def test_limma_says_the_same(n_classes, hole):
    expression, classes = samples(n_classes)
    if hole:
        expression[3, 4] = np.nan
    ours = remove_linear_signal(expression, classes)
    theirs = remove_linear_signal(expression, classes, engine="limma")
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-10)


@pytest.mark.parametrize(
    ("classes", "engine", "part"),
    [
        (np.zeros(60, int), "closed_form", "two classes"),
        (np.zeros(59, int), "closed_form", "shape"),
        (np.arange(60) % 2, "lima", "did you mean 'limma'"),
    ],
)
def test_what_cannot_be_removed_is_refused(classes, engine, part):
    with pytest.raises(InputError, match=part):
        remove_linear_signal(samples()[0], classes, engine=engine)


@few
@given(
    counts=st.lists(st.integers(1, 12), min_size=2, max_size=5),
    n_genes=st.integers(1, 6),
    scale=st.sampled_from([1e-3, 1.0, 1e4]),
    seed=st.integers(0, 10**6),
)
def test_removal_of_anything_leaves_no_class_mean_and_nothing_that_is_not_one(counts, n_genes, scale, seed):
    random = np.random.default_rng(seed)
    classes = random.permutation(np.repeat(np.arange(len(counts)) * 3, counts))
    expression = scale * (
        random.standard_normal((len(classes), n_genes)) + random.standard_normal(n_genes) * classes[:, None]
    )
    removed, precision = remove_linear_signal(expression, classes), 1e-11 * scale * len(classes)
    means = np.array([removed[classes == label].mean(axis=0) for label in np.unique(classes)])
    np.testing.assert_allclose(means, np.broadcast_to(means[0], means.shape), atol=precision)
    shift = removed - expression
    for label in np.unique(classes):
        np.testing.assert_allclose(
            shift[classes == label],
            np.broadcast_to(shift[classes == label][0], shift[classes == label].shape),
            atol=precision,
        )
    # What shifts every sample of a class, or all samples, alike leaves no trace.
    moved = remove_linear_signal(expression + scale * classes[:, None] ** 2, classes)
    np.testing.assert_allclose(moved - moved.mean(axis=0), removed - removed.mean(axis=0), atol=1e-9 * scale * len(classes))
    order = random.permutation(len(classes))
    np.testing.assert_allclose(remove_linear_signal(expression[order], classes[order]), removed[order], atol=precision)

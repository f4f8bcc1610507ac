"""The exactly solved logistic regression: optimal to tolerance, in either space, for every penalty."""

import numpy as np
import pytest
import scipy.special

from linear_signal.errors import InputError
from linear_signal.training.exact_linear import ridge_path, weighted_loss


def problem(n_samples, n_genes, n_classes, seed=0):
    random = np.random.default_rng(seed)
    classes = np.arange(n_samples) % n_classes
    expression = random.normal(size=(n_samples, n_genes)) + classes[:, None] * random.normal(size=n_genes)
    return expression, classes


def gradient(fit, expression, classes):
    """Gradient of the objective by weights and by intercepts, from its definition."""
    weights = (1 / (np.bincount(classes) + 1))[classes]
    weights = weights / weights.sum()
    error = scipy.special.softmax(fit.scores(expression), axis=1)
    error[np.arange(len(classes)), classes] -= 1
    error *= weights[:, None]
    return expression.T @ error + fit.penalty * fit.weights, error.sum(axis=0)


@pytest.mark.parametrize(("n_samples", "n_genes"), [(30, 80), (80, 30)])
@pytest.mark.parametrize("n_classes", [2, 4])
def test_the_solution_is_stationary_at_every_penalty(n_samples, n_genes, n_classes):
    expression, classes = problem(n_samples, n_genes, n_classes)
    for fit in ridge_path(expression, classes, [1e-6, 10.0, 1e-3, 0.1], n_classes=n_classes):
        by_weights, by_intercepts = gradient(fit, expression, classes)
        assert fit.converged
        assert np.linalg.norm(by_weights) < 1e-2 * fit.penalty * np.linalg.norm(fit.weights)
        assert np.abs(by_intercepts).max() < 1e-4 * max(fit.penalty, 1e-2)


def test_the_order_of_penalties_is_kept_and_weaker_ones_give_larger_weights():
    expression, classes = problem(40, 60, 2)
    penalties = [0.1, 1e-4, 10.0]
    fits = ridge_path(expression, classes, penalties, n_classes=2)
    assert [fit.penalty for fit in fits] == penalties
    sizes = {fit.penalty: np.linalg.norm(fit.weights) for fit in fits}
    assert sizes[1e-4] > sizes[0.1] > sizes[10.0]


def test_a_class_without_samples_is_never_predicted():
    expression, classes = problem(40, 10, 2)
    (fit,) = ridge_path(expression, classes * 2, [0.1], n_classes=3)
    assert not (fit.scores(expression).argmax(axis=1) == 1).any()
    assert np.isfinite(weighted_loss(fit.scores(expression), classes * 2, classes * 2))


def test_without_intercept_the_intercepts_stay_zero():
    expression, classes = problem(40, 10, 2)
    (fit,) = ridge_path(expression, classes, [0.1], n_classes=2, intercept=False)
    assert (fit.intercepts == 0).all()


@pytest.mark.parametrize(("classes", "penalty", "part"), [([0, 1], 0.0, "not positive"), ([1, 1], 1.0, "two classes")])
def test_what_has_no_solution_is_refused(classes, penalty, part):
    with pytest.raises(InputError, match=part):
        ridge_path(np.eye(2), np.array(classes), [penalty], n_classes=2)

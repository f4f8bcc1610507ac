"""The exactly solved logistic regression: optimal to tolerance, in either space, for every penalty."""

import numpy as np
import pytest
import scipy.special
from sklearn.linear_model import LogisticRegression

from linear_signal.data.made_up.simulation import simulate
from linear_signal.data.tasks import make_task
from linear_signal.errors import InputError
from linear_signal.studies.heil2023.penalties import penalty_study
from linear_signal.training.exact import newton
from linear_signal.training.exact.ridge import ridge_path, weighted_loss


@pytest.fixture(autouse=True, params=[newton._FEW, 0], ids=["small problems directly", "all by iterations"])
def steps(request, monkeypatch):
    """Have the steps of small problems solved directly, as they are, and like those of large ones."""
    monkeypatch.setattr(newton, "_FEW", request.param)


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


def largest(gradients):
    return max(np.abs(part).max() for part in gradients)


@pytest.mark.parametrize(("n_samples", "n_genes"), [(30, 80), (80, 30), (60, 50), (300, 4)])
@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("shift", [0, 30])
def test_the_solution_is_stationary_at_every_penalty(n_samples, n_genes, n_classes, shift):
    expression, classes = problem(n_samples, n_genes, n_classes)
    for fit in ridge_path(expression + shift, classes, [1e-6, 10.0, 1e-3, 0.1], n_classes=n_classes):
        assert fit.converged
        assert largest(gradient(fit, expression + shift, classes)) <= 1.01e-5 * fit.penalty


@pytest.mark.parametrize(("n_samples", "n_genes"), [(30, 80), (80, 30)])
@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("intercept", [True, False])
def test_agrees_with_scikit_learn(n_samples, n_genes, n_classes, intercept):
    expression, classes = problem(n_samples, n_genes, n_classes)
    classes = classes[np.random.default_rng(1).permutation(n_samples)]  # not separable, so that the curvature is large
    weights = (1 / (np.bincount(classes) + 1))[classes]
    weights /= weights.sum()
    for fit in ridge_path(expression, classes, [10.0, 0.1, 1e-4], n_classes=n_classes, intercept=intercept):
        # With two classes scikit-learn fits the difference of their scores, which has twice the squared weights.
        factor = 2 if n_classes == 2 else 1
        theirs = LogisticRegression(
            C=factor / fit.penalty, solver="newton-cg", tol=1e-6 * fit.penalty, max_iter=10000, fit_intercept=intercept
        ).fit(expression, classes, sample_weight=weights)
        ours = scipy.special.softmax(fit.scores(expression), axis=1)
        np.testing.assert_allclose(ours, theirs.predict_proba(expression), rtol=0, atol=2e-5)
        if n_classes > 2:
            np.testing.assert_allclose(fit.weights, theirs.coef_.T, rtol=0, atol=1e-4 * np.abs(theirs.coef_).max())


@pytest.mark.parametrize("n_genes", [10, 60])
def test_rotated_genes_give_rotated_weights(n_genes):
    expression, classes = problem(40, n_genes, 3)
    rotation = np.linalg.qr(np.random.default_rng(5).normal(size=(n_genes, n_genes)))[0]
    for fit, rotated in zip(
        ridge_path(expression, classes, [1.0, 1e-4], n_classes=3),
        ridge_path(expression @ rotation, classes, [1.0, 1e-4], n_classes=3),
        strict=True,
    ):
        scale = np.abs(fit.weights).max()
        np.testing.assert_allclose(rotated.weights, rotation.T @ fit.weights, rtol=0, atol=1e-4 * scale)
        np.testing.assert_allclose(rotated.intercepts, fit.intercepts, rtol=0, atol=1e-4)


class NumPyOfNaN:
    """NumPy, but what it does not fill is not a number, and not whatever lay there before."""

    def __getattr__(self, name):
        return getattr(np, name)

    def empty(self, *shape, **kinds):
        return np.full(*shape, np.nan, **kinds)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_steps_solved_directly_lead_where_iterations_lead(monkeypatch, n_classes):
    expression, classes = problem(60, 20, n_classes)
    monkeypatch.setattr(newton, "_FEW", 0)
    iterated = ridge_path(expression, classes, [0.1, 1e-3], n_classes=n_classes)
    monkeypatch.setattr(newton, "_FEW", 256)
    monkeypatch.setattr(newton, "np", NumPyOfNaN())
    for one, other in zip(iterated, ridge_path(expression, classes, [0.1, 1e-3], n_classes=n_classes), strict=True):
        np.testing.assert_allclose(one.weights, other.weights, atol=1e-4)


def test_contradictory_and_repeated_samples_have_a_solution():
    expression, classes = problem(40, 90, 4)
    expression[1] = expression[0]
    expression[6:10] = expression[5]
    for fit in ridge_path(expression, classes, [1.0, 1e-3, 1e-6], n_classes=4):
        assert fit.converged
        assert largest(gradient(fit, expression, classes)) <= 1.01e-5 * fit.penalty


@pytest.mark.parametrize("scale", [0.01, 1, 100])
@pytest.mark.parametrize(("n_samples", "n_genes"), [(32, 200), (320, 200), (150, 200)])
@pytest.mark.parametrize("intercept", [True, False])
def test_samples_of_one_class_far_away_and_of_the_other_at_the_origin(n_samples, n_genes, scale, intercept):
    # Far from the boundary the shares are 0 or 1 and the curvature is next to none: the mean curvature tells nothing.
    expression, classes = problem(n_samples, n_genes, 2)
    expression = np.random.default_rng(3).normal(size=expression.shape) + 6 * classes[:, None]
    penalties = [1e-6 * scale**2, 1e-3 * scale**2, 0.1 * scale**2]
    for fit in ridge_path(expression * scale, classes, penalties, n_classes=2, intercept=intercept):
        assert fit.converged
        by_weights, by_intercepts = gradient(fit, expression * scale, classes)
        assert np.abs(by_weights).max() <= 1.01e-5 * fit.penalty
        assert np.abs(by_intercepts).max() <= 1.01e-5 * fit.penalty or not intercept


def test_the_study_of_penalties_converges_throughout():
    task = make_task(simulate("Simulated 1", n_samples=200, n_features=200), name="Simulated 1", group=None)
    study = penalty_study(task, penalties=[1e-6, 1e-4, 1e-2, 1.0, 10.0], fractions=[0.2, 1.0], n_folds=3)
    assert study.converged.all()


def test_genes_that_never_vary_get_no_weight():
    expression, classes = problem(40, 10, 2)
    expression[:, 3] = 0.7
    (fit,) = ridge_path(expression, classes, [1e-3], n_classes=2)
    assert fit.converged
    assert np.abs(fit.weights[3]).max() < 1e-10 * np.abs(fit.weights).max()


def test_a_solver_that_was_stopped_early_says_so():
    expression, classes = problem(40, 60, 3)
    (fit,) = ridge_path(expression, classes, [1e-4], n_classes=3, max_iterations=1)
    assert not fit.converged
    assert largest(gradient(fit, expression, classes)) > 1e-5 * fit.penalty


def test_the_values_given_are_left_alone():
    expression, classes = problem(40, 10, 2)
    before = expression.copy()
    ridge_path(expression, classes, [0.1], n_classes=2)
    np.testing.assert_array_equal(expression, before)


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
    (without,) = ridge_path(expression, classes, [0.1], n_classes=2)
    np.testing.assert_array_equal(fit.weights[:, [0, 2]], without.weights)
    scores, learnt = fit.scores(expression), classes * 2
    with_unknown = np.where(np.arange(40) < 35, learnt, 1)
    assert weighted_loss(scores, with_unknown, learnt) == weighted_loss(scores[:35], learnt[:35], learnt)
    assert np.isnan(weighted_loss(scores, np.full(40, 1), learnt))


def test_without_intercept_the_intercepts_stay_zero():
    expression, classes = problem(40, 10, 2)
    (fit,) = ridge_path(expression, classes, [0.1], n_classes=2, intercept=False)
    assert (fit.intercepts == 0).all()


@pytest.mark.parametrize(("classes", "penalty", "part"), [([0, 1], 0.0, "not positive"), ([1, 1], 1.0, "two classes")])
def test_what_has_no_solution_is_refused(classes, penalty, part):
    with pytest.raises(InputError, match=part):
        ridge_path(np.eye(2), np.array(classes), [penalty], n_classes=2)

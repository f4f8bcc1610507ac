"""Ridge logistic regression solved to tolerance, for a whole path of penalties."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import scipy.linalg
import scipy.special

from linear_signal.errors import InputError

_TOLERANCE = 1e-5


@dataclass(frozen=True, eq=False, kw_only=True)
class LinearFit:
    """One solution.

    Attributes:
        penalty: the penalty it was solved for.
        weights: float64 [genes, classes]; the scores are ``expression @ weights + intercepts``.
        intercepts: float64 [classes].
        converged: whether the solver reached its tolerance.
    """

    penalty: float
    weights: np.ndarray
    intercepts: np.ndarray
    converged: bool

    def scores(self, expression: np.ndarray) -> np.ndarray:
        """Scores before the softmax, float64 [samples, classes]."""
        return expression @ self.weights + self.intercepts


def ridge_path(
    expression: np.ndarray,
    classes: np.ndarray,
    penalties: list[float],
    *,
    n_classes: int,
    intercept: bool = True,
    max_iterations: int = 5000,
) -> list[LinearFit]:
    """Solve ridge logistic regression for every penalty, from the strongest to the weakest, each started at the last.

    Minimises the class-weighted mean cross-entropy plus ``penalty / 2`` times the squared weights: what Adam with that
    weight decay minimises, but for the intercepts, which are not penalised here. Class weights are 1 / (count + 1).
    With fewer samples than genes the solution lies in the span of the samples, so the problem is rotated into it first
    (QR decomposition), which changes nothing but the time.

    The solver stops when no entry of the gradient exceeds ``1e-5 * penalty``. A fixed tolerance will not do: at weak
    penalties the gradient on separable data is below any usual one long before the intercept has arrived.

    Args:
        expression: float [samples, genes].
        classes: int [samples], from 0 to ``n_classes - 1``; a class without samples gets a score of minus infinity.
        penalties: positive.
        intercept: False keeps the intercepts at zero.

    Returns:
        One fit per penalty, in the order given.
    """
    if min(penalties) <= 0:
        raise InputError(f"Penalty {min(penalties)} is not positive; without a penalty separable data have no solution.")
    present = np.unique(classes)
    if len(present) < 2:
        raise InputError("Logistic regression needs samples of at least two classes.")
    expression = expression.astype(np.float64)
    basis = None
    if expression.shape[0] < expression.shape[1]:
        basis, triangle = scipy.linalg.qr(expression.T, mode="economic")
        expression = triangle.T
    counts = np.bincount(classes, minlength=n_classes)
    sample_weights = (1 / (counts + 1))[classes]
    sample_weights /= sample_weights.sum()
    fits = {}
    solver = _solver(intercept, max_iterations)
    # One score per class has, for two classes, half the penalty of the single difference that scikit-learn fits.
    factor = 2 if len(present) == 2 else 1
    for penalty in sorted(set(penalties), reverse=True):
        solver.set_params(C=factor / penalty, tol=_TOLERANCE * penalty)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="lbfgs failed to converge")  # recorded in ``converged``
            solver.fit(expression, classes, sample_weight=sample_weights)
        weights, intercepts = solver.coef_.T, np.broadcast_to(solver.intercept_, len(solver.coef_))
        if len(present) == 2:
            weights, intercepts = weights * [-0.5, 0.5], intercepts * [-0.5, 0.5]
        full = np.zeros((expression.shape[1] if basis is None else len(basis), n_classes))
        full[:, present] = weights if basis is None else basis @ weights
        full_intercepts = np.full(n_classes, -np.inf)
        full_intercepts[present] = intercepts
        converged = bool((solver.n_iter_ < max_iterations).all())
        fits[penalty] = LinearFit(penalty=penalty, weights=full, intercepts=full_intercepts, converged=converged)
    return [fits[penalty] for penalty in penalties]


def weighted_loss(scores: np.ndarray, classes: np.ndarray, training_classes: np.ndarray) -> float:
    """Cross-entropy with the class weights of the training samples, as the trained models are judged.

    A class that the training samples lack has no score; its samples are left out, since every penalty would lose alike.
    """
    counts = np.bincount(training_classes, minlength=scores.shape[1])
    known = counts[classes] > 0
    scores, classes = scores[known], classes[known]
    shares = scipy.special.log_softmax(scores, axis=1)
    weights = (1 / (counts + 1))[classes]
    return float(-(shares[np.arange(len(classes)), classes] * weights).sum() / weights.sum())


def _solver(intercept: bool, max_iterations: int):  # noqa: ANN202 - imported late: scikit-learn's models are slow to load
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(solver="lbfgs", fit_intercept=intercept, max_iter=max_iterations, warm_start=True)

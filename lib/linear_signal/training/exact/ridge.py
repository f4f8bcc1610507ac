"""Ridge logistic regression solved to tolerance, for a whole path of penalties."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.special

from linear_signal.data.row_blocks import taken
from linear_signal.errors import InputError
from linear_signal.training.class_weights import class_weights
from linear_signal.training.exact.newton import RidgeProblem

_TOLERANCE = 1e-5


@dataclass(frozen=True, eq=False, kw_only=True)
class LinearFit:
    """One solution.

    Attributes:
        penalty: the penalty it was solved for.
        weights: float64 [genes, classes]; the scores are ``expression @ weights + intercepts``.
        intercepts: float64 [classes].
        converged: whether every entry of the gradient is within the tolerance.
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
    rows: np.ndarray | None = None,
    intercept: bool = True,
    max_iterations: int = 100,
) -> list[LinearFit]:
    """Solve ridge logistic regression for every penalty, from the strongest to the weakest, each started at the last.

    Minimises the class-weighted mean cross-entropy plus ``penalty / 2`` times the squared weights: what Adam with that
    weight decay minimises, but for the intercepts, which are not penalised here. Class weights are 1 / (count + 1).
    The solution lies in the span of the samples and is sought there, by Newton's method.

    A solution has converged when no entry of the gradient exceeds ``1e-5 * penalty``. A fixed tolerance will not do: at
    weak penalties the gradient on separable data is below any usual one long before the intercept has arrived.

    Args:
        expression: float [samples, genes]; copied once, in double precision.
        classes: int [samples], from 0 to ``n_classes - 1``; a class without samples gets a score of minus infinity.
        penalties: positive.
        n_classes: number of classes, with those without samples.
        rows: int64 [samples], which rows of ``expression`` the samples are; all where None.
        intercept: False keeps the intercepts at zero.
        max_iterations: Newton steps per penalty, at most; a handful is usual.

    Returns:
        One fit per penalty, in the order given.

    Raises:
        InputError: a penalty that is not positive, or samples of fewer than two classes.
    """
    if min(penalties) <= 0:
        raise InputError(f"Penalty {min(penalties)} is not positive; without a penalty separable data have no solution.")
    present, numbers = np.unique(classes, return_inverse=True)
    if len(present) < 2:
        raise InputError("Logistic regression needs samples of at least two classes.")
    sample_weights = class_weights(numbers, len(present))[numbers]
    sample_weights /= sample_weights.sum()
    # Shifting genes only shifts the intercepts, which carry no penalty; centred, the problem is better conditioned.
    centred = taken(expression, rows, dtype=np.float64)
    shift = sample_weights @ centred if intercept else np.zeros(expression.shape[1])
    centred -= shift
    targets = np.eye(len(present))[numbers]
    problem = RidgeProblem(centred, targets, sample_weights, intercept=intercept)
    del centred
    # By uncentred weights the gradient can be larger than by centred ones, by at most this factor.
    tolerance = _TOLERANCE / (1 + np.abs(shift).max())
    solved: list[tuple[float, np.ndarray]] = []
    fits = {}
    for penalty in sorted(set(penalties), reverse=True):
        start = _extrapolated(solved, penalty) if solved else problem.zeros()
        solution = problem.solve(penalty, start, tolerance=tolerance * penalty, max_steps=max_iterations)
        solved = [*solved[-1:], (penalty, solution)]
        weights, intercepts = problem.weights(solution), solution[-1]
        # From its definition, and for the samples as they came: the solver is not taken at its word.
        by_weights, by_intercepts = problem.gradient(weights, intercepts, penalty)
        by_weights += shift[:, None] * by_intercepts
        converged = max(np.abs(by_weights).max(), np.abs(by_intercepts).max()) <= _TOLERANCE * penalty
        full, full_intercepts = np.zeros((len(weights), n_classes)), np.full(n_classes, -np.inf)
        full[:, present], full_intercepts[present] = weights, intercepts - shift @ weights
        fits[penalty] = LinearFit(penalty=penalty, weights=full, intercepts=full_intercepts, converged=bool(converged))
    return [fits[penalty] for penalty in penalties]


def weighted_loss(scores: np.ndarray, classes: np.ndarray, training_classes: np.ndarray) -> float:
    """Cross-entropy with the class weights of the training samples, as the trained models are judged.

    A class that the training samples lack has no score; its samples are left out, since every penalty would lose alike. NaN
    where that leaves none.
    """
    by_class = class_weights(training_classes, scores.shape[1])
    known = by_class[classes] > 0
    if not known.any():
        return float("nan")
    scores, classes = scores[known], classes[known]
    shares = scipy.special.log_softmax(scores, axis=1)
    weights = by_class[classes]
    return float(-(shares[np.arange(len(classes)), classes] * weights).sum() / weights.sum())


def _extrapolated(solved: list[tuple[float, np.ndarray]], penalty: float) -> np.ndarray:
    """Guess the solution from the last two: along the path it is almost linear in the logarithm of the penalty."""
    last_penalty, last = solved[-1]
    if len(solved) == 1:
        return last
    before_penalty, before = solved[0]
    # Two penalties that happen to lie close together say little about one far away.
    ahead = min(np.log(last_penalty / penalty) / np.log(before_penalty / last_penalty), 2.0)
    return last + ahead * (last - before)

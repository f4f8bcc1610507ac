"""Ridge logistic regression for scikit-learn: solved exactly, over a whole path of penalties, the best by inner folds."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from linear_signal.errors import InputError
from linear_signal.estimators.checking import checked_classes, checked_samples
from linear_signal.estimators.on_arrays import as_codes, dealt_folds
from linear_signal.training.exact.ridge import ridge_path, weighted_loss

_PENALTIES = tuple(float(penalty) for penalty in np.geomspace(10, 1e-6, 15))


class RidgeLogisticRegression(ClassifierMixin, BaseEstimator):
    """Logistic regression with a ridge penalty, solved by Newton's method in the span of the samples.

    It minimises the mean cross-entropy, every class weighing the same, plus ``penalty / 2`` times the squared weights of
    all classes; intercepts are free. The whole path of penalties is solved on every inner fold, and the penalty with the
    smallest mean loss on what was left out is taken for all samples.

    Args:
        penalties: tried; a single one is taken without inner folds. Strong ones suit many features and few samples.
        inner_folds: of the choice, three or more; as many as there are samples or groups, where these are fewer.
        random_state: of the inner folds.

    Attributes:
        classes_: the labels, sorted.
        coef_: float64 [1 or classes, features]; one row where there are two classes.
        intercept_: float64 [1 or classes].
        penalty_: the one chosen; the strongest, where no inner fold had two classes on both sides.
        losses_: float64 [inner folds, penalties], in the order of ``penalties``; empty where nothing was chosen.
        converged_: whether the gradient is within the tolerance of the solver.

    >>> from sklearn.datasets import make_classification
    >>> X, y = make_classification(random_state=0)
    >>> RidgeLogisticRegression().fit(X, y).score(X, y) > 0.9
    True
    """

    def __init__(self, penalties: Sequence[float] = _PENALTIES, *, inner_folds: int = 5, random_state: Any = 0) -> None:
        self.penalties, self.inner_folds, self.random_state = penalties, inner_folds, random_state

    def fit(self, X: Any, y: Any, groups: Iterable[Hashable] | None = None) -> RidgeLogisticRegression:
        """Choose a penalty and solve.

        Args:
            X: float [samples, features], dense.
            y: one class per sample.
            groups: that no inner fold tears apart; None deals single samples out.

        Raises:
            InputError: values that are missing or infinite, fewer than two classes, penalties that are not positive.
        """
        X, y = checked_samples(self, X, learn=True, y=y)
        self.classes_, classes = checked_classes(y)
        penalties = [float(penalty) for penalty in np.atleast_1d(self.penalties)]
        if not penalties or not np.isfinite(penalties).all():
            raise InputError(f"penalties are {self.penalties!r}; one or more positive numbers are needed.")
        self.losses_ = self._losses(X, classes, groups, penalties) if len(penalties) > 1 else np.empty((0, 1))
        means = self.losses_.mean(axis=0) if len(self.losses_) else -np.array(penalties)
        self.penalty_ = penalties[int(means.argmin())]
        [fit] = ridge_path(X, classes, [self.penalty_], n_classes=len(self.classes_))
        self.converged_ = fit.converged
        weights, intercepts = fit.weights.T, fit.intercepts
        if len(self.classes_) == 2:
            weights, intercepts = weights[1:] - weights[:1], intercepts[1:] - intercepts[:1]
        self.coef_, self.intercept_ = weights, intercepts
        return self

    def decision_function(self, X: Any) -> np.ndarray:
        """Scores before the softmax, float64 [samples, classes]; of two classes that of the second, [samples]."""
        check_is_fitted(self)
        scores = checked_samples(self, X).astype(np.float64) @ self.coef_.T + self.intercept_
        return scores.ravel() if len(self.classes_) == 2 else scores

    def predict(self, X: Any) -> np.ndarray:
        """Predict the class of every sample."""
        chosen = self._scores(X).argmax(axis=1)
        return self.classes_[chosen]

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities, float64 [samples, classes]."""
        return softmax(self._scores(X), axis=1)

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Logarithms of probabilities, float64 [samples, classes]."""
        return log_softmax(self._scores(X), axis=1)

    def _scores(self, X: Any) -> np.ndarray:
        scores = self.decision_function(X)
        return scores if scores.ndim == 2 else np.column_stack([np.zeros(len(scores)), scores])

    def _losses(
        self, X: np.ndarray, classes: np.ndarray, groups: Iterable[Hashable] | None, penalties: list[float]
    ) -> np.ndarray:
        """Loss on what every inner fold left out, float64 [usable folds, penalties]."""
        codes = None if groups is None else as_codes(groups, len(X), what="groups")
        n_folds = min(self.inner_folds, len(X) if codes is None else len(set(codes.tolist())))
        if n_folds < 3 <= self.inner_folds:
            return np.empty((0, len(penalties)))
        seed = check_random_state(self.random_state).randint(2**31)
        losses = []
        for train, judged in dealt_folds(len(X), codes, n_folds=n_folds, seed=int(seed), name="inner folds"):
            if len(np.intersect1d(classes[train], classes[judged])) < 2:
                continue  # on a single class any constant answer is right
            path = ridge_path(X[train], classes[train], penalties, n_classes=len(self.classes_))
            judge = X[judged].astype(np.float64)
            losses.append([weighted_loss(fit.scores(judge), classes[judged], classes[train]) for fit in path])
        return np.array(losses).reshape(-1, len(penalties))

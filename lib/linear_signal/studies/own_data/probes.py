"""Probes in closed form: classifiers of squares, of products of all genes, and of the few pairs that differ most."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import scipy.linalg

from linear_signal.studies.own_data.residuals import Residuals, SampleSet, removed, removed_inner

# A difference of squares within so many standard errors of zero counts as none.
_SHRINK = 1.0
_N_PAIRS = 10


def squares_scores(residuals: Residuals, fit: SampleSet, judged: Sequence[SampleSet]) -> list[np.ndarray]:
    """Score sets of samples by their squares: nearest shrunken centroids.

    Returns:
        Per set, float32 [judged, classes].

    Source: Tibshirani et al. 2002, PNAS 99:6567-6572, on squared residuals.
    """
    # Weights of zero for all other samples: to gather the rows would take longer than to multiply them.
    weights = np.zeros((len(fit.weights), len(residuals.values)), dtype=np.float32)
    weights[:, fit.rows] = fit.weights
    first, second, third, fourth = ((power @ weights.T).T for power in residuals.powers)
    spreads = second - np.square(first)
    fourth += -4 * first * third + 6 * np.square(first) * second - 3 * first**4
    stretch = np.square(_per_class(fit.stretch, fit))[:, None]
    score = learnt_squares(spreads * stretch, fourth * np.square(stretch), fit)
    return [score(np.square(removed(residuals.values, one))) for one in judged]


def learnt_squares(spreads: np.ndarray, fourth: np.ndarray, fit: SampleSet) -> Callable[[np.ndarray], np.ndarray]:
    """Learn the classes' mean squares; return what scores squares by them, float32 [judged, genes] to [judged, classes].

    Args:
        spreads, fourth: float32 [classes, genes], mean squares and fourth powers of the samples that are learnt from.
        fit: the samples that are learnt from.
    """
    counts = np.bincount(fit.classes, minlength=len(spreads))
    present = counts > 0
    middle = spreads[present].mean(axis=0)
    variance = fourth[present].mean(axis=0) - np.square(spreads[present]).mean(axis=0)
    deviation = np.sqrt(np.maximum(variance, 1e-3 * np.square(middle) + 1e-12))
    differences = (spreads - middle) / deviation
    error = 1 / np.sqrt(np.maximum(counts, 1))[:, None]
    differences = np.sign(differences) * np.maximum(np.abs(differences) - _SHRINK * error, 0)
    weights = differences / deviation

    def score(judged: np.ndarray) -> np.ndarray:
        return _only(judged @ weights.T - weights @ middle - np.square(differences).sum(axis=1) / 2, present)

    return score


def kernel_scores(inner: np.ndarray, fit: SampleSet, judged: Sequence[SampleSet]) -> list[np.ndarray]:
    """Score sets of samples by ridge regression on products of all pairs of genes, in closed form.

    The kernel is the squared inner product; the penalty is its mean diagonal, and classes weigh alike.

    Args:
        inner: of :class:`Residuals`.

    Returns:
        Per set, float32 [judged, classes].
    """
    score = learnt_kernel(np.square(removed_inner(inner, fit, fit)), fit)
    return [score(np.square(removed_inner(inner, one, fit))) for one in judged]


def learnt_kernel(of_fit: np.ndarray, fit: SampleSet) -> Callable[[np.ndarray], np.ndarray]:
    """Ridge regression of classes on a kernel; return what scores by it, float32 [judged, fit] to [judged, classes].

    Kernels are overwritten.

    Args:
        of_fit: float32 [fit, fit].
        fit: the samples that are learnt from.
    """
    n_classes = len(fit.weights)
    means = of_fit.mean(axis=0)
    middle = means.mean()
    of_fit -= means + means[:, None] - middle
    of_fit[np.diag_indices_from(of_fit)] += max(np.trace(of_fit) / len(of_fit), 1e-12)
    counts = np.bincount(fit.classes, minlength=n_classes)
    targets = (fit.classes[:, None] == np.arange(n_classes)) / np.maximum(counts, 1)
    targets = ((targets - targets.mean(axis=0)) * len(of_fit)).astype(np.float32)
    factor = scipy.linalg.cho_factor(of_fit, lower=True, overwrite_a=True, check_finite=False)
    weights = scipy.linalg.cho_solve(factor, targets, check_finite=False)

    def score(of_judged: np.ndarray) -> np.ndarray:
        of_judged -= of_judged.mean(axis=1, keepdims=True) + means - middle
        return _only(of_judged @ weights, counts > 0)

    return score


def pair_scores(residuals: Residuals, fit: SampleSet, judged: Sequence[SampleSet]) -> list[np.ndarray]:
    """Score sets of samples by the products of the ten pairs of genes whose covariances differ most.

    Returns:
        Per set, float32 [judged, classes].
    """
    score = learnt_pairs(removed(residuals.some, fit), fit)
    return [score(removed(residuals.some, one)) for one in judged]


def learnt_pairs(values: np.ndarray, fit: SampleSet) -> Callable[[np.ndarray], np.ndarray]:
    """Choose pairs by what is learnt from; return what scores others by them, float32 [judged, genes] to [judged, classes].

    Args:
        values: float32 [fit, genes].
        fit: the samples that are learnt from.
    """
    counts = np.bincount(fit.classes, minlength=len(fit.weights))
    present = np.flatnonzero(counts > 0)
    weights = fit.weights[fit.classes, np.arange(len(values)), None]
    differences = np.empty((len(present), values.shape[1], values.shape[1]), dtype=np.float32)
    for place, one in enumerate(present):
        members = fit.classes == one
        own = values[members]
        np.matmul((own * weights[members]).T, own, out=differences[place])
    middle = differences.mean(axis=0)
    squares = np.square(values)
    variance = (squares * (weights / len(present))).T @ squares - np.square(differences).mean(axis=0)
    np.maximum(variance, 1e-3 * np.multiply.outer(*[np.diagonal(middle)] * 2) + 1e-12, out=variance)
    differences -= middle
    strength = np.einsum("cij,cij,c->ij", differences, differences, counts[present].astype(np.float32)) / variance
    strength[np.tril_indices_from(strength)] = 0
    # The strongest pairs, each as far as it is stronger than the first that is left out: as strong as chance makes one.
    n_pairs = min(_N_PAIRS, strength.shape[0] * (strength.shape[0] - 1) // 2 - 1)
    if n_pairs < 1:
        return lambda judged: _only(np.zeros((len(judged), len(counts)), dtype=np.float32), counts > 0)
    order = np.argpartition(-strength, n_pairs, axis=None)[: n_pairs + 1]
    first, second = np.unravel_index(order, strength.shape)
    own = strength[first, second]
    shrunken = 1 - np.sqrt(own.min() / np.maximum(own, 1e-30))
    chosen = differences[:, first, second] * shrunken
    weights, middle = chosen / variance[first, second], middle[first, second]

    def score(judged: np.ndarray) -> np.ndarray:
        products = judged[:, first] * judged[:, second] - middle
        scores = np.full((len(judged), len(counts)), -np.inf, dtype=np.float32)
        scores[:, present] = products @ weights.T - (weights * chosen).sum(axis=1) / 2
        return scores

    return score


def auc(scores: np.ndarray, classes: np.ndarray) -> float:
    """Area under the curve of every class present against all others, averaged over classes.

    Args:
        scores: [samples, classes], of which those of absent classes are not looked at.
        classes: int64 [samples].

    >>> auc(np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]), np.array([0, 1, 1]))
    1.0
    """
    counts = np.bincount(classes)
    present = np.flatnonzero(counts)
    own = scores[:, present]
    # What is told apart is one class from the others present: their scores are what a sample's own has to beat.
    beaten = own - (own.sum(axis=1, keepdims=True) - own) / (len(present) - 1)
    areas = []
    for place, one in enumerate(present[: 1 if len(present) == 2 else None]):  # of two, either says the same
        ordered, members = np.sort(beaten[:, place]), beaten[classes == one, place]
        ranks = ordered.searchsorted(members, "left") + ordered.searchsorted(members, "right") + 1
        n_own, n_others = counts[one], len(classes) - counts[one]
        areas.append((ranks.sum() / 2 - n_own * (n_own + 1) / 2) / (n_own * n_others))
    return float(np.mean(areas))


def _per_class(values: np.ndarray, some: SampleSet) -> np.ndarray:
    result = np.ones(len(some.weights), dtype=np.float32)
    result[some.classes] = values
    return result


def _only(scores: np.ndarray, present: np.ndarray) -> np.ndarray:
    scores[:, ~present] = -np.inf
    return scores

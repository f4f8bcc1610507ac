"""Newton's method for ridge logistic regression, worked in the span of the samples.

The best weights are a combination of the samples. A Cholesky factor of the samples' inner products is the same samples in
as many coordinates as there are samples; where these are much fewer than the genes, the problem is solved in them.
Otherwise the genes are the coordinates.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
import scipy.linalg

from linear_signal.seeds import generator

# Leading directions that the preconditioner treats one by one; more did not save iterations on expression data.
_DIRECTIONS = 64
_FEW = 256  # unknowns up to which a step is solved directly: to factorise so small a matrix costs less than iterations
_FEWER = 2  # times fewer samples than genes, from which on a change of coordinates repays its cost
_MOST_ITERATIONS = 1000  # of the conjugate gradients, per step
_LEAST_DECREASE = 1e-4  # share of the predicted decrease that a step must bring (Armijo's rule)
_ROUNDING = 1e-12  # differences of the objective below this share of it are rounding


class RidgeProblem:
    """One set of samples, prepared once and then solved for any number of penalties.

    A solution is float64 [coordinates + 1, classes], weights by coordinate and a last row of intercepts; without intercept
    that row stays zero.

    Args:
        expression: float64 [samples, genes], better conditioned where the weighted mean of every gene is zero.
        targets: float64 [samples, classes], one 1 per row.
        sample_weights: float64 [samples], summing to 1.
        intercept: False keeps the intercepts at zero.
    """

    def __init__(
        self, expression: np.ndarray, targets: np.ndarray, sample_weights: np.ndarray, *, intercept: bool = True
    ) -> None:
        self._expression, self._targets, self._sample_weights = expression, targets, sample_weights[:, None]
        self._basis_samples, self._triangle = None, None
        is_spanned = _FEWER * expression.shape[0] <= expression.shape[1]
        samples = self._in_span() if is_spanned else expression
        last = np.full((len(samples), 1), float(intercept))
        self._samples = np.concatenate([samples, last], axis=1)
        if not is_spanned:
            self._expression = self._samples[:, :-1]  # the same values need not be kept twice

    def zeros(self) -> np.ndarray:
        """Return the solution with all weights and intercepts zero."""
        return np.zeros((self._samples.shape[1], self._targets.shape[1]))

    def weights(self, solution: np.ndarray) -> np.ndarray:
        """Return the weights by gene, float64 [genes, classes]."""
        if self._triangle is None:
            return solution[:-1].copy()
        combination = scipy.linalg.solve_triangular(self._triangle, solution[:-1], lower=True, trans="T")
        return self._expression[self._basis_samples].T @ combination

    def gradient(self, weights: np.ndarray, intercepts: np.ndarray, penalty: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the gradient by weights, float64 [genes, classes], and by intercepts, [classes], from its definition."""
        errors = self._errors(_softmax(self._expression @ weights + intercepts))
        return self._expression.T @ errors + penalty * weights, self._samples[:, -1] @ errors

    def solve(self, penalty: float, start: np.ndarray, *, tolerance: float, max_steps: int) -> np.ndarray:
        """Minimise the weighted mean cross-entropy plus ``penalty / 2`` times the squared weights.

        Args:
            penalty: positive.
            start: solution to start from.
            tolerance: of the Euclidean norm of the gradient, which no entry of it can exceed.
            max_steps: Newton steps, at most.

        Returns:
            The last solution, whether or not the tolerance was met.
        """
        solution, scores, first = start, _product(self._samples, start), None
        objective = self._objective(solution, scores, penalty)
        for _ in range(max_steps):
            shares = _softmax(scores)
            gradient = _product(self._samples.T, self._errors(shares))
            gradient[:-1] += penalty * solution[:-1]
            norm = float(np.linalg.norm(gradient))
            if norm <= tolerance:
                break
            first = first or norm
            # Far from the solution a rough step will do (Dembo, Eisenstat & Steihaug 1982); never finer than needed.
            accuracy = max(min(0.1, np.sqrt(norm / first)) * norm, 0.3 * tolerance)
            step = self._direct_step(gradient, shares, penalty)
            if step is None:
                step, along = self._newton_step(gradient, shares, penalty, accuracy)
            else:
                along = _product(self._samples, step)
            slope, length = np.vdot(gradient, step), 1.0
            new = self._objective(solution + step, scores + along, penalty)
            while new > objective + _LEAST_DECREASE * length * slope + _ROUNDING * objective and length > 1e-6:
                length /= 2
                new = self._objective(solution + length * step, scores + length * along, penalty)
            solution, scores, objective = solution + length * step, scores + length * along, new
        return solution

    def _errors(self, shares: np.ndarray) -> np.ndarray:
        return (shares - self._targets) * self._sample_weights

    def _objective(self, solution: np.ndarray, scores: np.ndarray, penalty: float) -> float:
        # The score of the right class comes off first: taken from the logarithm, little would be left of its digits.
        losses = _log_of_sums(scores - (scores * self._targets).sum(axis=1, keepdims=True))
        return float(losses @ self._sample_weights[:, 0] + penalty / 2 * np.vdot(solution[:-1], solution[:-1]))

    def _direct_step(self, gradient: np.ndarray, shares: np.ndarray, penalty: float) -> np.ndarray | None:
        """Solve ``Hessian @ step = -gradient`` by a Cholesky factor; None where the unknowns are many."""
        (n, n_classes), samples = gradient.shape, self._samples
        # Of two classes the second column of a step is the negative of the first, which leaves half of the unknowns.
        n_solved = 1 if n_classes == 2 else n_classes
        if n * n_solved > _FEW:
            return None
        weighted_shares = (2 if n_classes == 2 else 1) * self._sample_weights * shares
        hessian = np.empty((n_solved, n, n_solved, n))  # of which the lower half is filled, and read
        for c in range(n_solved):
            for other in range(c + 1):
                variances = weighted_shares[:, c] * (float(c == other) - shares[:, other])
                hessian[c, :, other] = (samples * variances[:, None]).T @ samples
        hessian = hessian.reshape(n * n_solved, n * n_solved)
        hessian.flat[:: n * n_solved + 1] += np.tile(self._floor(n, penalty), n_solved)
        _, step, failed = scipy.linalg.lapack.dposv(hessian, -gradient[:, :n_solved].T.reshape(-1, 1), lower=1)
        if failed:
            return None
        step = step.reshape(n_solved, n).T
        if n_classes == 2:
            return step * np.array([1.0, -1.0])
        step[-1] -= step[-1].mean()  # the same amount added to all intercepts changes nothing: it is kept out
        return step

    @staticmethod
    def _floor(n: int, penalty: float) -> np.ndarray:
        """What the penalty adds to the diagonal of a Hessian of n coordinates, the intercept last."""
        floor = np.full(n, penalty)
        # The intercepts have no penalty, but the inverse must exist also where all shares are 0 or 1.
        floor[-1] = 1e-8 * penalty
        return floor

    def _newton_step(
        self, gradient: np.ndarray, shares: np.ndarray, penalty: float, accuracy: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Solve ``Hessian @ step = -gradient`` to a remainder of ``accuracy``; return the step and its scores."""
        weighted_shares = self._sample_weights * shares
        precondition = self._preconditioner(weighted_shares * (1 - shares), penalty)

        def curved(samples: np.ndarray, direction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            """Return the Hessian times the direction, and the scores of the direction."""
            scores = _product(samples, direction)
            errors = weighted_shares * (scores - (shares * scores).sum(axis=1, keepdims=True))
            change = _product(samples.T, errors)
            change[:-1] += penalty * direction[:-1]
            return change, scores

        step, remainder = np.zeros_like(gradient), -gradient
        # Single precision is twice as fast and mostly enough. Where it is not, double precision goes on from there.
        for samples, iterations in ((self._samples_single, 100), (self._samples, _MOST_ITERATIONS)):
            step = step + _conjugate_gradients(
                lambda direction, samples=samples: curved(samples, direction)[0],
                remainder,
                precondition,
                accuracy=accuracy,
                iterations=iterations,
            )
            change, scores = curved(self._samples, step)
            remainder = -gradient - change
            if np.linalg.norm(remainder) <= 2 * accuracy:
                break
        return step, scores

    def _preconditioner(self, variances: np.ndarray, penalty: float) -> Callable[[np.ndarray], np.ndarray]:
        """Return what solves with an approximation of the Hessian that leaves out how classes hang together.

        Among the leading directions and the intercept it is exact; all other directions are given their mean variance.

        Args:
            variances: of the class shares times the sample weights, float64 [samples, classes].
            penalty: of the problem.
        """
        leading, scores_of_leading, variance_of_others = self._leading_directions
        other = 1 / (penalty + variances.sum(axis=0) * variance_of_others)
        floor = np.diag(self._floor(scores_of_leading.shape[1], penalty))
        inverses = np.stack(
            [_inverse((scores_of_leading * of_class[:, None]).T @ scores_of_leading + floor) for of_class in variances.T]
        )

        def precondition(remainder: np.ndarray) -> np.ndarray:
            inside = leading.T @ remainder
            result = other * remainder
            result += leading @ ((inverses @ inside.T[:, :, None])[:, :, 0].T - other * inside)
            # The same amount added to all intercepts changes nothing: it is kept out.
            result[-1] -= result[-1].mean()
            return result

        return precondition

    def _in_span(self) -> np.ndarray:
        """Express the samples in coordinates of their span, float64 [samples, rank]; inner products stay the same."""
        factor, order, rank, _ = scipy.linalg.lapack.dpstrf(self._expression @ self._expression.T, lower=1)
        factor, order = np.tril(factor)[:, :rank], order - 1
        # Pivoting puts samples that repeat others last; the first ones are a basis.
        self._basis_samples, self._triangle = order[:rank], factor[:rank]
        samples = np.empty_like(factor)
        samples[order] = factor
        return samples

    @cached_property  # and not made at once: by then whoever made the problem has let go of the samples
    def _samples_single(self) -> np.ndarray:
        return self._samples.astype(np.float32)

    @cached_property
    def _leading_directions(self) -> tuple[np.ndarray, np.ndarray, float]:
        """Find orthonormal directions of large weighted variance by subspace iteration.

        They need not be accurate: what they miss costs iterations, not digits.

        Returns:
            The directions, float64 [coordinates, directions], with one more for the intercept; the scores of the samples on
            them, [samples, directions]; and the mean variance of all other directions.
        """
        weighted = np.sqrt(self._sample_weights) * self._samples[:, :-1]
        n_directions = min(_DIRECTIONS, weighted.shape[1])
        basis = generator("newton", "directions").normal(size=(weighted.shape[1], n_directions))
        for _ in range(3):
            basis = np.linalg.qr(weighted.T @ (weighted @ basis))[0]
        leading = scipy.linalg.block_diag(basis, 1.0)
        rest = np.vdot(weighted, weighted) - np.linalg.norm(weighted @ basis) ** 2
        variance_of_others = max(rest, 0) / max(weighted.shape[1] - n_directions, 1)
        return leading, self._samples @ leading, variance_of_others


def _conjugate_gradients(
    apply: Callable[[np.ndarray], np.ndarray],
    right: np.ndarray,
    precondition: Callable[[np.ndarray], np.ndarray],
    *,
    accuracy: float,
    iterations: int,
) -> np.ndarray:
    """Solve ``apply(x) = right`` until the norm of what remains is at most ``accuracy``."""
    solution, remainder = np.zeros_like(right), right.copy()
    direction, size = np.zeros_like(right), np.inf
    for _ in range(iterations):
        preconditioned = precondition(remainder)
        last, size = size, np.vdot(remainder, preconditioned)
        direction = preconditioned + size / last * direction
        change = apply(direction)
        curvature = np.vdot(direction, change)
        if not curvature > 0:
            break  # rounding has the better of it
        solution += size / curvature * direction
        remainder -= size / curvature * change
        if np.linalg.norm(remainder) <= accuracy:
            break
    return solution


def _inverse(matrix: np.ndarray) -> np.ndarray:
    """Invert a symmetric, positive matrix."""
    factor, failed = scipy.linalg.lapack.dpotrf(matrix, lower=1)
    if failed:
        return np.linalg.inv(matrix)
    half = scipy.linalg.lapack.dpotri(factor, lower=1)[0]
    return np.tril(half) + np.tril(half, -1).T


# Those of SciPy ask for half a millisecond what they were handed: as long as all else that a small problem needs.
def _softmax(scores: np.ndarray) -> np.ndarray:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _log_of_sums(scores: np.ndarray) -> np.ndarray:
    """Logarithm of the sum of exponentials, by row; a sum of little more than 1 keeps its digits."""
    rows, largest = np.arange(len(scores)), scores.argmax(axis=1)
    most = scores[rows, largest]
    others = np.exp(scores - most[:, None])
    others[rows, largest] = 0.0
    return most + np.log1p(others.sum(axis=1))


def _product(matrix: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Multiply in the precision of the matrix; float64."""
    columns = columns.astype(matrix.dtype, copy=False)
    if columns.shape[1] == 2:
        # Of two classes the second column is the negative of the first all along, and one product does.
        return (matrix @ columns[:, 0])[:, None] * np.array([1.0, -1.0])
    return (matrix @ columns).astype(np.float64, copy=False)

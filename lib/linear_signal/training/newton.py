"""Newton's method for ridge logistic regression, worked in the span of the samples.

The best weights are a combination of the samples. A Cholesky factor of the samples' inner products is the same samples in
as many coordinates as there are samples; where these are much fewer than the genes, the problem is solved in them.
Otherwise the genes are the coordinates.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg
import scipy.special

from linear_signal.seeds import generator

# Leading directions that the preconditioner treats one by one; more did not save iterations on expression data.
_DIRECTIONS = 64
_FEWER = 2  # times fewer samples than genes, from which on a change of coordinates repays its cost
_MOST_ITERATIONS = 1000  # of the conjugate gradients, per step
_LEAST_DECREASE = 1e-4  # share of the predicted decrease that a step must bring (Armijo's rule)
_ROUNDING = 1e-13  # differences of the objective below this share of it are rounding


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
        samples = self._in_span() if _FEWER * expression.shape[0] <= expression.shape[1] else expression
        last = np.full((len(samples), 1), float(intercept))
        self._samples = np.concatenate([samples, last], axis=1)
        # For the steps: what single precision does to one the next gradient, in double precision, puts right.
        self._samples_single = self._samples.astype(np.float32)
        self._find_leading_directions()

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
        errors = self._errors(scipy.special.softmax(self._expression @ weights + intercepts, axis=1))
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
            shares = scipy.special.softmax(scores, axis=1)
            gradient = _product(self._samples.T, self._errors(shares))
            gradient[:-1] += penalty * solution[:-1]
            norm = float(np.linalg.norm(gradient))
            if norm <= tolerance:
                break
            first = first or norm
            # Far from the solution a rough step will do (Dembo, Eisenstat & Steihaug 1982); never finer than needed.
            accuracy = max(min(0.1, np.sqrt(norm / first)) * norm, 0.3 * tolerance)
            step = self._newton_step(gradient, shares, penalty, accuracy)
            slope, length, along = np.vdot(gradient, step), 1.0, _product(self._samples, step)
            new = self._objective(solution + step, scores + along, penalty)
            while new > objective + _LEAST_DECREASE * length * slope + _ROUNDING * objective and length > 1e-6:
                length /= 2
                new = self._objective(solution + length * step, scores + length * along, penalty)
            solution, scores, objective = solution + length * step, scores + length * along, new
        return solution

    def _errors(self, shares: np.ndarray) -> np.ndarray:
        return (shares - self._targets) * self._sample_weights

    def _objective(self, solution: np.ndarray, scores: np.ndarray, penalty: float) -> float:
        losses = scipy.special.logsumexp(scores, axis=1) - (scores * self._targets).sum(axis=1)
        return float(losses @ self._sample_weights[:, 0] + penalty / 2 * np.vdot(solution[:-1], solution[:-1]))

    def _newton_step(self, gradient: np.ndarray, shares: np.ndarray, penalty: float, accuracy: float) -> np.ndarray:
        """Solve ``Hessian @ step = -gradient`` by conjugate gradients, to a remainder of at most ``accuracy``."""
        remainder, step = -gradient, np.zeros_like(gradient)
        direction, size = np.zeros_like(gradient), np.inf
        weighted_shares = self._sample_weights * shares
        variances = (weighted_shares * (1 - shares)).sum(axis=0)
        for _ in range(_MOST_ITERATIONS):
            preconditioned = self._precondition(remainder, variances, penalty)
            last, size = size, np.vdot(remainder, preconditioned)
            direction = preconditioned + size / last * direction
            along = _product(self._samples_single, direction.astype(np.float32)).astype(np.float64)
            along -= (shares * along).sum(axis=1, keepdims=True)
            along *= weighted_shares
            change = _product(self._samples_single.T, along.astype(np.float32)).astype(np.float64)
            change[:-1] += penalty * direction[:-1]
            length = size / np.vdot(direction, change)
            step += length * direction
            remainder -= length * change
            if np.linalg.norm(remainder) <= accuracy:
                break
        return step

    def _precondition(self, remainder: np.ndarray, variances: np.ndarray, penalty: float) -> np.ndarray:
        """Solve with the Hessian as it would be if every sample had the mean variances of the class shares.

        Exact for the leading directions; all others are given their mean variance.
        """
        other = 1 / (penalty + variances * self._variance_of_others)
        leading = 1 / (penalty + variances * self._variance_of_leading[:, None]) - other
        result = other * remainder
        result[:-1] += self._leading @ (leading * (self._leading.T @ remainder[:-1]))
        result[-1] = remainder[-1] / np.maximum(variances, np.finfo(float).tiny)
        # The same amount added to all intercepts changes nothing: it is kept out.
        result[-1] -= result[-1].mean()
        return result

    def _in_span(self) -> np.ndarray:
        """Express the samples in coordinates of their span, float64 [samples, rank]; inner products stay the same."""
        factor, order, rank, _ = scipy.linalg.lapack.dpstrf(self._expression @ self._expression.T, lower=1)
        factor, order = np.tril(factor)[:, :rank], order - 1
        # Pivoting puts samples that repeat others last; the first ones are a basis.
        self._basis_samples, self._triangle = order[:rank], factor[:rank]
        samples = np.empty_like(factor)
        samples[order] = factor
        return samples

    def _find_leading_directions(self) -> None:
        """Find orthonormal directions of large weighted variance, float64 [coordinates, directions], by subspace iteration.

        They need not be accurate: what they miss costs iterations, not digits.
        """
        weighted = np.sqrt(self._sample_weights) * self._samples[:, :-1]
        n_directions = min(_DIRECTIONS, weighted.shape[1])
        basis = generator("newton", "directions").normal(size=(weighted.shape[1], n_directions))
        for _ in range(3):
            basis = np.linalg.qr(weighted.T @ (weighted @ basis))[0]
        self._variance_of_leading, rotation = np.linalg.eigh(basis.T @ (weighted.T @ (weighted @ basis)))
        self._leading = basis @ rotation
        rest = np.vdot(weighted, weighted) - self._variance_of_leading.sum()
        self._variance_of_others = max(rest, 0) / max(weighted.shape[1] - n_directions, 1)


def _product(matrix: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Multiply; of two classes the second column is the negative of the first all along, and one product does."""
    if columns.shape[1] == 2:
        return (matrix @ columns[:, 0])[:, None] * np.array([1, -1], dtype=columns.dtype)
    return matrix @ columns

"""Local false discovery rate with a null that is fitted to the centre of the data: which values are no noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from linear_signal.errors import InputError

_REACH = 10.0  # robust standard deviations around the median within which the density is fitted
_LEAST = 200
_DF = 7


@dataclass(frozen=True, eq=False, kw_only=True)
class LocalFdr:
    """A fitted null, a fitted density, and what follows.

    Attributes:
        centre, sigma: mean and standard deviation of the null.
        null_share: share of the values that are of the null; above 1 is possible by chance.
        grid: values at which the curves below are given.
        density: of all values at the grid.
        null_density: share of the null times its density.
        fdr: their ratio, at most 1; 1 in the middle.
        lower, upper: thresholds, where ``fdr`` falls to ``level`` on either side; infinite where it does not.
        level: see there.
    """

    centre: float
    sigma: float
    null_share: float
    grid: np.ndarray
    density: np.ndarray
    null_density: np.ndarray
    fdr: np.ndarray
    lower: float
    upper: float
    level: float

    def beyond(self, values: np.ndarray) -> np.ndarray:
        """Say of each value whether it lies beyond a threshold: boolean, shape of ``values``."""
        return (values < self.lower) | (values > self.upper)


def local_fdr(values: np.ndarray, *, level: float = 0.05) -> LocalFdr:
    """Estimate the local false discovery rate of values most of which are noise.

    The null is normal, its mean and standard deviation fitted by maximum likelihood to the values near the median, as a
    normal that is cut off there. The density of all values is a Poisson regression of counts on a natural cubic spline of
    seven degrees of freedom. Bins are no wider than a quarter of the spread and reach ten times as far; values beyond are
    no noise, and cannot make bins or splines too coarse, which they can in R's ``locfdr``.

    Args:
        values: any shape, at least 200, finite.
        level: local false discovery rate at the thresholds.

    Raises:
        InputError: too few values, one that is not finite, no spread in the middle, a level outside of 0 to 1.

    Source: Efron 2004, JASA 99:96-104; Efron 2007, Annals of Statistics 35:1351-1377, section 4 (maximum likelihood).
    """
    values = np.asarray(values, dtype=float).ravel()
    if len(values) < _LEAST or not np.isfinite(values).all():
        raise InputError(
            f"There are {len(values)} values, {int((~np.isfinite(values)).sum())} not finite; at least {_LEAST} "
            "finite ones are needed to fit a null."
        )
    if not 0 < level < 1:
        raise InputError(f"level is {level}; it must lie between 0 and 1.")
    median = float(np.median(values))
    spread = float(np.subtract(*np.quantile(values, [0.75, 0.25]))) / 1.349
    if not spread > 0:
        raise InputError("Half of the values are equal, so that no null can be fitted; leave out what never changes.")
    centre, sigma, share = fit_null(values, median=median, spread=spread)
    n_bins = int(8 * _REACH)
    edges = np.linspace(median - _REACH * spread, median + _REACH * spread, n_bins + 1)
    counts, _ = np.histogram(values, bins=edges)
    grid, width = (edges[:-1] + edges[1:]) / 2, edges[1] - edges[0]
    density = poisson_spline(grid, counts, df=_DF) / (len(values) * width)
    null = share * np.exp(-0.5 * ((grid - centre) / sigma) ** 2) / (sigma * np.sqrt(2 * np.pi))
    fdr = np.minimum(1.0, null / density)
    # Thin tails of a fitted density can dip below those of the null: a value further out is never likelier to be noise.
    middle = int(np.argmin(np.abs(grid - centre)))
    fdr[middle:] = np.minimum.accumulate(fdr[middle:])
    fdr[: middle + 1] = np.minimum.accumulate(fdr[: middle + 1][::-1])[::-1]
    return LocalFdr(
        centre=centre,
        sigma=sigma,
        null_share=share,
        grid=grid,
        density=density,
        null_density=null,
        fdr=fdr,
        lower=_crossing(grid[: middle + 1][::-1], fdr[: middle + 1][::-1], level, -np.inf),
        upper=_crossing(grid[middle:], fdr[middle:], level, np.inf),
        level=level,
    )


def fit_null(values: np.ndarray, *, median: float, spread: float) -> tuple[float, float, float]:
    """Fit mean, standard deviation and share of a normal null to the values near the median.

    Near is within ``4.3 exp(-0.26 log10 n)`` spreads, Efron's rule: the more values, the narrower. Their likelihood under a
    normal cut off at both ends needs nothing but their mean and mean square.
    """
    from scipy import optimize
    from scipy.special import ndtr

    reach = (4.3 * np.exp(-0.26 * np.log10(len(values))) if len(values) <= 500_000 else 1.0) * spread
    near = (values[np.abs(values - median) <= reach] - median) / spread
    first, second, end = near.mean(), (near**2).mean(), reach / spread

    def loss(parameters: np.ndarray) -> float:
        mean, sigma = parameters[0], np.exp(parameters[1])
        inside = ndtr((end - mean) / sigma) - ndtr((-end - mean) / sigma)
        return 0.5 * (second - 2 * mean * first + mean**2) / sigma**2 + parameters[1] + np.log(inside)

    # A normal far wider than the window is a flat one; nothing tells its width.
    best = optimize.minimize(loss, np.zeros(2), method="L-BFGS-B", bounds=[(-end, end), (np.log(0.05), np.log(4.0))]).x
    mean, sigma = float(best[0]), float(np.exp(best[1]))
    inside = ndtr((end - mean) / sigma) - ndtr((-end - mean) / sigma)
    return median + mean * spread, sigma * spread, float(len(near) / len(values) / inside)


def poisson_spline(places: np.ndarray, counts: np.ndarray, *, df: int) -> np.ndarray:
    """Expected counts by Poisson regression on a natural cubic spline with an intercept and ``df`` further terms."""
    scaled = (places - places.min()) / np.ptp(places)
    basis = natural_spline(scaled, np.quantile(scaled, np.linspace(0, 1, df + 1)))
    basis, _ = np.linalg.qr(basis)
    expected = counts + 0.5
    for _ in range(100):
        log = np.log(expected)
        weights = np.sqrt(expected)
        target = log + (counts - expected) / expected
        coefficients = np.linalg.lstsq(basis * weights[:, None], target * weights, rcond=None)[0]
        fitted = np.exp(np.clip(basis @ coefficients, -30, 30))
        if np.abs(fitted - expected).max() <= 1e-8 * max(1.0, counts.max()):
            break
        expected = fitted
    return fitted


def natural_spline(places: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """Basis of natural cubic splines, constant and line first: [places, knots].

    Source: Hastie, Tibshirani & Friedman, The Elements of Statistical Learning, equations 5.4 and 5.5.
    """
    cubes = np.maximum(places[:, None] - knots, 0.0) ** 3
    slopes = (cubes[:, :-1] - cubes[:, -1:]) / (knots[-1] - knots[:-1])
    return np.column_stack([np.ones_like(places), places, slopes[:, :-1] - slopes[:, -1:]])


def _crossing(grid: np.ndarray, fdr: np.ndarray, level: float, never: float) -> float:
    """Find where a falling curve crosses a level, from the middle outwards, straight between logarithms."""
    below = np.flatnonzero(fdr <= level)
    if not len(below):
        return never
    last = below[0]
    if last == 0:
        return float(grid[0])
    before, after = np.log(np.maximum(fdr[[last - 1, last]], 1e-300))
    share = (before - np.log(level)) / (before - after)
    return float(grid[last - 1] + share * (grid[last] - grid[last - 1]))

"""The learning curve carried on: what twice the samples would give, and how sure that is."""

from __future__ import annotations

import numpy as np
import pandas as pd

from linear_signal.analysis.rules import OPEN
from linear_signal.seeds import generator
from linear_signal.studies.own_data.answers import NOT_ASKED, Brief

_EXPONENTS = np.linspace(0.1, 1.5, 15)
_DRAWS = 200
_AHEAD = 2.0


def extrapolated(
    n_train: np.ndarray, error: np.ndarray, *, ahead: float = _AHEAD, names: tuple[str | int, ...] = ("curve",)
) -> tuple[float, float, float]:
    """Fit ``error = a + b n^-c`` and read it off beyond the largest training set: error there, and its 95 % interval.

    The interval is of curves through folds drawn anew; exponents c from 0.1 to 1.5 and a of at least 0 are allowed.

    Args:
        n_train: float [folds, sizes], samples learnt from.
        error: float [folds, sizes], one less balanced accuracy.
        ahead: how many times the largest.
        names: what draws are derived from.

    Source: Figueroa et al. 2012, BMC Med Inform Decis Mak 12:8; Viering & Loog 2023, IEEE TPAMI 45:7799.

    >>> n = np.array([[25.0, 50, 100]])
    >>> [round(one, 3) for one in extrapolated(np.repeat(n, 5, axis=0), np.repeat(1 / np.sqrt(n), 5, axis=0))]
    [0.071, 0.071, 0.071]
    """
    random = generator(*names, "extrapolated")
    best = _read_off(n_train.mean(axis=0), error.mean(axis=0), ahead)
    drawn = []
    for _ in range(_DRAWS):
        chosen = random.integers(0, len(error), len(error))
        drawn.append(_read_off(n_train[chosen].mean(axis=0), error[chosen].mean(axis=0), ahead))
    return best, *map(float, np.quantile(drawn, (0.025, 0.975)))


def curve_in_words(fits: pd.DataFrame) -> tuple[str, Brief]:
    """Say what twice the samples would give the model of these fits, and briefly; "" where there is no curve.

    Args:
        fits: of one model: seed, fold, fraction, train_samples, balanced_accuracy.
    """
    table = fits.pivot_table(index=["seed", "fold"], columns="fraction", values=["train_samples", "balanced_accuracy"])
    table = table.dropna()
    if table.empty or len(table.columns) < 6 or len(table) < 3:
        return "", NOT_ASKED
    n_train, error = table["train_samples"].to_numpy(float), 1 - table["balanced_accuracy"].to_numpy(float)
    ahead, low, high = extrapolated(n_train, error)
    now = 1 - error[:, -1].mean()
    size = f"{n_train[:, -1].mean():,.0f} training samples give a balanced accuracy of {now:.2f}"
    gain = 1 - ahead - now
    reach = f"{1 - ahead:.2f} ({1 - high:.2f} to {1 - low:.2f})"
    told = f"the curve through smaller training sets leads to {reach} with twice as many"
    so, advice = OPEN, ""
    if 1 - high > now + 0.01:
        so, advice = "more samples would help", "More samples would help."
    elif gain < 0.02:
        so, advice = "no clear gain", "That is no clear gain."
    brief = Brief(so, f"{now:.2f} now\n{reach} with twice the samples")
    return f"For the linear model {size}; {told}. {advice}".strip(), brief


def _read_off(n_train: np.ndarray, error: np.ndarray, ahead: float) -> float:
    """Least squares for every exponent, the best of them read off; never worse than the last point."""
    best, value = np.inf, float(error[-1])
    for exponent in _EXPONENTS:
        shape = n_train**-exponent
        slope = max(np.cov(shape, error, bias=True)[0, 1] / max(shape.var(), 1e-30), 0.0)
        level = error.mean() - slope * shape.mean()
        if level < 0:
            slope, level = float((shape @ error) / (shape @ shape)), 0.0
        misfit = float(np.square(error - level - slope * shape).sum())
        if misfit < best - 1e-15:
            best, value = misfit, float(level + slope * (ahead * n_train[-1]) ** -exponent)
    return value

"""Covariates, such as age and sex: columns of numbers and of levels made features, and their part taken off the values."""

from __future__ import annotations

import numpy as np
import pandas as pd

MOST_LEVELS = 20
_MOST_LEVERAGE = 0.5


def features_of(covariates: pd.DataFrame) -> np.ndarray:
    """Make numbers of covariates: float64 [samples, features], centred, and scaled to a standard deviation of one.

    A missing number counts as the mean. Of texts every level but the commonest is a feature; levels beyond the 20 commonest
    are one together, and columns without variation are left out.

    >>> features_of(pd.DataFrame({"age": [1.0, 3.0], "sex": ["f", "f"]})).tolist()
    [[-1.0], [1.0]]
    """
    columns = []
    for name in covariates:
        values = covariates[name]
        if pd.api.types.is_numeric_dtype(values.dtype):
            numbers = values.to_numpy(dtype=np.float64)
            known = numbers[np.isfinite(numbers)]
            columns.append(np.where(np.isfinite(numbers), numbers, known.mean() if len(known) else 0.0))
        else:
            levels = values.astype(str)
            columns += [(levels == one).to_numpy(dtype=np.float64) for one in levels.value_counts().index[1:MOST_LEVELS]]
    features = np.stack(columns, axis=1) if columns else np.empty((len(covariates), 0))
    features = features - features.mean(axis=0)
    deviation = features.std(axis=0)
    return features[:, deviation > 0] / deviation[deviation > 0]


def vary_within(classes: np.ndarray, features: np.ndarray) -> bool:
    """Whether some feature has more than one value in some class; arguments as below."""
    return bool(np.abs(_within(classes, features)).max(initial=0.0) > 1e-9)


def without_covariates(values: np.ndarray, classes: np.ndarray, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Take off what covariates explain beside the classes, by least squares.

    Samples are stretched by what the fit took of their spread, 1 / sqrt(1 - leverage); where it took half of it or more, as
    of a sample with a level of its own, they are left out.

    Args:
        values: float [samples, genes].
        classes: int64 [samples].
        features: float64 [samples, features].

    Returns:
        float32 [samples kept, genes], and bool [samples], which these are.
    """
    dummies = np.eye(classes.max() + 1)[classes]
    basis, sizes, _ = np.linalg.svd(_within(classes, features), full_matrices=False)
    basis = basis[:, sizes > 1e-6 * max(sizes.max(initial=0.0), 1e-30)]
    leverage = np.square(basis).sum(axis=1)
    kept = leverage < _MOST_LEVERAGE
    means = dummies @ (dummies.T @ values / dummies.sum(axis=0)[:, None])
    centred = values - means
    left = (centred - basis @ (basis.T @ centred)) / np.sqrt(np.maximum(1 - leverage, 0.1))[:, None] + means
    return left[kept].astype(np.float32), kept


def _within(classes: np.ndarray, features: np.ndarray) -> np.ndarray:
    """What classes do not tell of the features: float64 [samples, features]."""
    dummies = np.eye(classes.max() + 1)[classes]
    return features - dummies @ (dummies.T @ features / dummies.sum(axis=0)[:, None])

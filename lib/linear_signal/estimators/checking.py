"""What the classifiers take: checked as scikit-learn checks it, said in the library's own sentences."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from linear_signal.errors import InputError


def checked_samples(classifier: BaseEstimator, X: Any, *, learn: bool = False, y: Any = None) -> Any:
    """Check values, and classes where they are learnt from; take note of the features then.

    Args:
        classifier: remembers number and names of the features it learnt from (``n_features_in_``).
        X: samples x features.
        learn: whether they are learnt from, with the classes ``y``.

    Returns:
        float [samples, features], and with ``learn`` also what y is.

    Raises:
        InputError: sparse, missing or infinite values, another number of features, or what scikit-learn finds besides.
    """
    if issparse(X):
        raise InputError(
            f"X is sparse, which {type(classifier).__name__} does not take. Pass X.toarray(), if memory allows."
        )
    allowed = {"dtype": (np.float64, np.float32), "ensure_all_finite": False}
    try:
        if not learn:
            values = validate_data(classifier, X, reset=False, **allowed)
            found = values
        else:
            values, y = found = validate_data(classifier, X, y, **allowed)
            check_classification_targets(y)
    except ValueError as error:
        raise InputError(str(error)) from None
    bad = ~np.isfinite(values)
    if bad.any():
        sample, feature = np.argwhere(bad)[0]
        raise InputError(
            f"X of sample {sample}, feature {_name(classifier, feature)} is {values[sample, feature]}, and "
            f"{int(bad.sum()) - 1:,} more values are NaN or inf. Leave these samples out or impute the values first."
        )
    return found


def checked_classes(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Number the classes: the labels, sorted, and int64 [samples].

    Raises:
        InputError: there is only one class.
    """
    labels, classes = np.unique(y, return_inverse=True)
    if len(labels) < 2:
        raise InputError(f"There is 1 class, {labels[0]!r}; a classifier needs samples of at least two.")
    return labels, classes.astype(np.int64)


def _name(classifier: BaseEstimator, feature: int) -> str:
    names = getattr(classifier, "feature_names_in_", None)
    return str(feature) if names is None else repr(str(names[feature]))

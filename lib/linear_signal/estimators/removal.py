"""Signal removal, and the ladder of it, on arrays and tables, for class labels of any kind."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from linear_signal.data import removal_ladder, signal_removal
from linear_signal.errors import InputError, listed
from linear_signal.estimators.on_arrays import as_codes, check_order


def remove_linear_signal(values: Any, classes: Iterable[Hashable], *, engine: str = "closed_form") -> Any:
    """Move the class means of every feature onto one point, the unweighted mean of the class means.

    Afterwards no linear model can tell the classes of these very samples apart by a difference of means; whatever still can
    sees something else. It uses the labels of the samples it is given, so it belongs after the split: call it once on the
    training samples, and once on those that judge.

    Args:
        values: samples x features, array or DataFrame; a missing value stays missing and is left out of the means.
        classes: one label per sample, text, numbers or anything else that can be hashed.
        engine: "closed_form", or "limma" (R, through rpy2: ``pip install linear-signal[r]``); they agree to rounding.

    Returns:
        The same type, shape, index and columns; float32 and float64 keep their type, all other numbers become float64.

    Raises:
        InputError: fewer than two classes, a class that is missing, values that are no numbers, or limma without R.

    >>> remove_linear_signal([[1.0, 5.0], [3.0, 5.0], [7.0, 5.0]], ["a", "a", "b"]).tolist()
    [[3.5, 5.0], [5.5, 5.0], [4.5, 5.0]]
    """
    array = _numbers(values)
    check_order(values, classes=classes)
    removed = signal_removal.remove_linear_signal(array, as_codes(classes, len(array), what="classes"), engine=engine)
    return _like(values, removed)


def make_equal(
    values: Any,
    classes: Iterable[Hashable],
    *,
    rung: str,
    groups: Iterable[Hashable] | None = None,
    n_components: int | None = None,
    axes: np.ndarray | None = None,
    names: Sequence[str | int] = ("data",),
) -> Any:
    """Make classes equal in all that a rung of the ladder of removal names, and leave what lies beyond it.

    The rungs are "full" (nothing), "removed" (means, as :func:`remove_linear_signal`), "spreads_removed" (and spreads),
    "distributions_removed" (and whole distributions of single features) and "covariances_removed" (and covariances of
    features); "removed_without_traces" is "removed" without what the removal itself writes into the data.

    Like :func:`remove_linear_signal` it belongs after the split. On the last rung the samples that judge take the components
    of those that were learnt from: ``axes = linear_signal.data.removal_ladder.leading_axes(...)``.

    Args:
        values: samples x features, array or DataFrame, without missing values.
        classes: one label per sample, text, numbers or anything else that can be hashed.
        rung: one of the above.
        groups: what samples come in, such as donors, one per sample; None where each stands for itself.
        n_components, axes, names: as of :func:`linear_signal.data.removal_ladder.make_equal`.

    Returns:
        float32 of the same shape; of a DataFrame one with its index and columns. From "spreads_removed" on, and after
        "removed_without_traces", every feature has mean 0 in every class.

    Raises:
        InputError: an unknown rung, fewer than two classes, a class, a group or a value that is missing, or no numbers.

    >>> make_equal([[1.0], [3.0], [7.0], [5.0]], ["a", "a", "b", "b"], rung="spreads_removed").ravel().round(3).tolist()
    [-1.0, 1.0, 1.0, -1.0]
    """
    array = _numbers(values)
    check_order(values, classes=classes, groups=groups)
    equal = removal_ladder.make_equal(
        array,
        as_codes(classes, len(array), what="classes"),
        groups=None if groups is None else as_codes(groups, len(array), what="groups"),
        rung=rung,
        n_components=n_components,
        axes=axes,
        names=names,
    )
    return _like(values, equal)


def _numbers(values: Any) -> np.ndarray:
    """Take an array of floating point numbers out of what was handed over."""
    if hasattr(values, "toarray"):
        raise InputError("The values are sparse; signal removal fills every zero. Pass values.toarray(), if memory allows.")
    if isinstance(values, pd.DataFrame):
        odd = [str(column) for column, kind in values.dtypes.items() if not pd.api.types.is_numeric_dtype(kind)]
        if odd:
            raise InputError(f"The columns {listed(odd, most=3)} hold no numbers. Drop them, or convert them first.")
        singles = (values.dtypes == np.float32).all()
        return values.to_numpy(dtype=np.float32 if singles else np.float64, na_value=np.nan)
    array = np.asarray(values)
    if array.dtype.kind not in "fiub" or array.ndim != 2:
        raise InputError(f"The values are {array.dtype} of shape {array.shape}; numbers, samples x features, are needed.")
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def _like(values: Any, result: np.ndarray) -> Any:
    is_table = isinstance(values, pd.DataFrame)
    return pd.DataFrame(result, index=values.index, columns=values.columns) if is_table else result

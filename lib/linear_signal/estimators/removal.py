"""Signal removal on arrays and tables, for class labels of any kind."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

import numpy as np
import pandas as pd

from linear_signal.data import signal_removal
from linear_signal.errors import InputError, listed
from linear_signal.estimators.on_arrays import as_codes


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
    if hasattr(values, "toarray"):
        raise InputError("The values are sparse; signal removal fills every zero. Pass values.toarray(), if memory allows.")
    if isinstance(values, pd.DataFrame):
        odd = [str(column) for column, kind in values.dtypes.items() if not pd.api.types.is_numeric_dtype(kind)]
        if odd:
            raise InputError(f"The columns {listed(odd, most=3)} hold no numbers. Drop them, or convert them first.")
        singles = (values.dtypes == np.float32).all()
        array = values.to_numpy(dtype=np.float32 if singles else np.float64, na_value=np.nan)
        removed = _removed(array, classes, engine)
        return pd.DataFrame(removed, index=values.index, columns=values.columns)
    return _removed(np.asarray(values), classes, engine)


def _removed(array: np.ndarray, classes: Iterable[Hashable], engine: str) -> np.ndarray:
    if array.dtype.kind not in "fiub" or array.ndim != 2:
        raise InputError(f"The values are {array.dtype} of shape {array.shape}; numbers, samples x features, are needed.")
    if array.dtype.kind != "f":
        array = array.astype(np.float64)
    return signal_removal.remove_linear_signal(array, as_codes(classes, len(array), what="classes"), engine=engine)

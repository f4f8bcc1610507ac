"""The table of samples: what is known of each, one column per fact, checked when it is made and never changed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from linear_signal.data.plain_text import why_no_name
from linear_signal.errors import InputError, listed

LABEL = "label"  # the column in which readers put what is to be predicted


def sample_table(name: str, samples: pd.DataFrame) -> pd.DataFrame:
    """Check the facts of samples and put them into a table of their own, whose values cannot be written to.

    Args:
        name: of the data set, for messages.
        samples: index: the id of each sample; columns: facts. Numbers stay numbers; anything else becomes text, and what is
            missing an empty one.

    Raises:
        InputError: an id is empty or there twice, a column has no name or one that is there twice, or a text is no name as
            in :mod:`~linear_signal.data.plain_text`.
    """
    if not isinstance(samples, pd.DataFrame):
        raise InputError(
            f"{name}: samples is a {type(samples).__name__}; a pandas table with sample ids as index is needed."
        )
    ids = texts(name, "sample ids", samples.index.to_numpy())
    check_ids(name, "sample", ids)
    columns = [str(column) for column in samples.columns]
    check_ids(name, "column", np.array(columns, dtype=str))
    facts = {}
    for place, column in enumerate(columns):
        values = samples.iloc[:, place]
        if pd.api.types.is_numeric_dtype(values.dtype):
            facts[column] = values.to_numpy(copy=True)
        else:
            facts[column] = texts(name, f"values of {column}", values.to_numpy(dtype=object)).astype(object)
        facts[column].flags.writeable = False
    return pd.DataFrame(facts, index=pd.Index(ids.astype(object), name="sample_id"), copy=False)


def texts(name: str, what: str, values: Any) -> np.ndarray:
    """Turn values into texts, str [values]; what is missing becomes empty.

    Raises:
        InputError: they do not lie in a row, or one is no name.
    """
    values = np.asarray(values)
    if values.ndim != 1:
        raise InputError(f"{name}: {what} has {values.ndim} dimensions; it must have one.")
    found = ["" if value is None or value is pd.NA or value != value else str(value) for value in values.tolist()]
    for text in dict.fromkeys(found):
        wrong = why_no_name(text) if text else ""
        if wrong:
            raise InputError(f"{name}: one of its {what} {wrong}. Write it in printable characters.")
    return np.array(found, dtype=str)


def check_ids(name: str, kind: str, ids: np.ndarray) -> None:
    """Refuse ids of which one is empty or there twice.

    Raises:
        InputError: the message says which.
    """
    values, first, counts = np.unique(ids, return_index=True, return_counts=True)
    if (values == "").any():
        raise InputError(f"{name}: {kind} {int(np.flatnonzero(ids == '')[0]) + 1} has an empty id.")
    repeated = values[counts > 1][np.argsort(first[counts > 1])]
    if len(repeated):
        raise InputError(f"{name}: {kind} ids must be unique; repeated: {listed(repeated)}. Remove or rename.")

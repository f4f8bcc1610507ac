"""Anybody's predictions for loci in contexts, as arrays or tables, brought into matrices of loci x contexts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from linear_signal.errors import InputError, listed


class GivenPredictions(NamedTuple):
    """What was handed over, as matrices, [loci, contexts] each.

    Attributes:
        contexts: their names.
        active: 0, 1, or NaN where it is not known.
        scores: by model; NaN where there is no prediction.
        learnt: whether it was learnt from, bool; None where that was not said.
    """

    contexts: list[str]
    active: np.ndarray
    scores: dict[str, np.ndarray]
    learnt: np.ndarray | None


def read_given(targets: Any, predictions: Any, loci: Any, contexts: Any, learnt_from: Any) -> GivenPredictions:
    """Bring rows, or tables of loci x contexts, into matrices.

    Args:
        targets, predictions, loci, contexts, learnt_from: as of ``check_memorisation``.

    Raises:
        InputError: they do not fit each other, or hold what they may not.
    """
    if (loci is None) != (contexts is None):
        raise InputError("loci and contexts go together: give both, one per row, or neither with targets loci x contexts.")
    if loci is None:
        return _wide(targets, predictions, learnt_from)
    names = [np.asarray(list(each), dtype=object).astype(str) for each in (loci, contexts)]
    truth = _numbers("targets", targets)
    by_model = predictions if isinstance(predictions, (Mapping, pd.DataFrame)) else {"predictions": predictions}
    columns = {str(model): _numbers(f"predictions of {model}", by_model[model]) for model in by_model}
    learnt = None if learnt_from is None else _numbers("learnt_from", learnt_from)
    for what, values in {"targets": truth, **columns}.items():
        if values.ndim != 1:
            raise InputError(f"With loci and contexts {what} must be one value per row; the shape is {values.shape}.")
    lengths = {"targets": len(truth), "loci": len(names[0]), "contexts": len(names[1])}
    lengths |= {model: len(values) for model, values in columns.items()}
    lengths |= {} if learnt is None else {"learnt_from": len(learnt)}
    if len(set(lengths.values())) > 1:
        raise InputError(f"All must have one value per row; there are {lengths}.")
    (rows, row_names), (places, context_names) = (pd.factorize(each) for each in names)
    shape = (len(row_names), len(context_names))
    pairs, counts = np.unique(rows * shape[1] + places, return_counts=True)
    if (counts > 1).any():
        twice = divmod(int(pairs[counts > 1][0]), shape[1])
        raise InputError(
            f"Locus {row_names[twice[0]]!r} is there twice or more in context {context_names[twice[1]]!r}. Keep one row."
        )

    def matrix(values: np.ndarray) -> np.ndarray:
        found = np.full(shape, np.nan)
        found[rows, places] = values
        return found

    columns = {model: matrix(values) for model, values in columns.items()}
    return _checked(context_names.tolist(), matrix(truth), columns, None if learnt is None else matrix(learnt) == 1)


def _wide(targets: Any, predictions: Any, learnt_from: Any) -> GivenPredictions:
    if not isinstance(targets, pd.DataFrame):
        raise InputError(
            f"Without loci and contexts targets must be a DataFrame of loci x contexts, not {type(targets).__name__}."
        )
    by_model = predictions if isinstance(predictions, Mapping) else {"predictions": predictions}
    tables = {f"predictions of {model}": table for model, table in by_model.items()}
    tables |= {} if learnt_from is None else {"learnt_from": learnt_from}
    if not (targets.index.is_unique and targets.columns.is_unique):
        raise InputError("targets names a locus or a context twice. Keep one row and one column each.")
    matrices = {}
    for what, table in tables.items():
        if not isinstance(table, pd.DataFrame) or not (table.index.is_unique and table.columns.is_unique):
            raise InputError(f"{what} must be a DataFrame of loci x contexts like targets, each named once.")
        missing = [*targets.index.difference(table.index), *targets.columns.difference(table.columns)]
        if missing:
            raise InputError(f"{what} lacks {listed(missing)}, which targets has. Use NaN where something is not known.")
        matrices[what] = _numbers(what, table.reindex(index=targets.index, columns=targets.columns))
    learnt = matrices.pop("learnt_from") == 1 if learnt_from is not None else None
    named = dict(zip(map(str, by_model), matrices.values(), strict=True))
    return _checked(list(map(str, targets.columns)), _numbers("targets", targets), named, learnt)


def _numbers(what: str, values: Any) -> np.ndarray:
    """Return values as float64, booleans as 0 and 1; None and pandas' missing values become NaN."""
    try:
        table = values.to_numpy(dtype=float, na_value=np.nan) if hasattr(values, "to_numpy") else np.asarray(values, float)
    except (TypeError, ValueError) as error:
        raise InputError(f"{what} holds something that is no number ({error}).") from None
    if np.isinf(table).any():
        raise InputError(f"{what} holds an infinite value. Use a large number, or NaN where nothing is known.")
    return table


def _checked(
    contexts: list[str], active: np.ndarray, scores: dict[str, np.ndarray], learnt: np.ndarray | None
) -> GivenPredictions:
    odd = active[np.isfinite(active) & ~np.isin(active, (0, 1))]
    if len(odd):
        raise InputError(f"targets holds {odd[0]:g}; 0 and 1 are allowed. Cut numbers at a threshold first.")
    if not scores:
        raise InputError("There are no predictions; give those of one model or more.")
    if len(contexts) < 2:
        raise InputError(f"There is one context, {contexts[0]!r}; what a locus does in others takes two or more.")
    return GivenPredictions(contexts, active, scores, learnt)

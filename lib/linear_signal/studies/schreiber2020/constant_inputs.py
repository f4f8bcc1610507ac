"""Inputs that are the same in every context: what a locus can be recognised by, replaced by noise, or fitted exactly."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import scipy.special

from linear_signal.errors import InputError
from linear_signal.seeds import generator
from linear_signal.studies.schreiber2020.loci import LociTable
from linear_signal.studies.schreiber2020.roadmap import random_codes


def replace_constant_inputs(X: Any, loci: Iterable[Any], *, seed: int = 0) -> tuple[Any, list[Any]]:
    """Replace every feature that is the same in all contexts of a locus by noise: train again, and what stays was memory.

    A model that knows a locus by its sequence knows it as well by a random number. Noise holds no biology: a score that
    stays where it was did not come from any.

    Args:
        X: rows x features, an array or a DataFrame; left as it is.
        loci: the locus of every row.
        seed: the same seed gives the same noise.

    Returns:
        A copy with noise of each feature's mean and spread, one value per locus and feature, and which features these are
        (names of columns, or their places). A feature that is the same for all loci is left alone.

    Raises:
        InputError: rows do not fit, a feature is no number, or no locus is in two contexts.

    >>> X = np.array([[1.0, 0.1], [1.0, 0.2], [5.0, 0.3], [5.0, 0.1]])
    >>> replace_constant_inputs(X, ["L1", "L1", "L2", "L2"])[1]
    [0]
    """
    table = X if isinstance(X, pd.DataFrame) else pd.DataFrame(np.asarray(X))
    places, names = pd.factorize(np.asarray(list(loci), dtype=object).astype(str))
    if len(places) != len(table):
        raise InputError(f"X has {len(table):,} rows and there are {len(places):,} loci; one locus per row is needed.")
    if len(names) == len(places):
        raise InputError("Every locus is there once; what is constant over contexts shows only in loci with two or more.")
    try:
        values = table.to_numpy(dtype=float, copy=True)
    except (TypeError, ValueError) as error:
        raise InputError(f"X holds something that is no number ({error}). Encode it first, or leave it out.") from None
    first = np.unique(places, return_index=True)[1]
    constant = (values == values[first][places]).all(axis=0) & (values != values[:1]).any(axis=0)
    noise = generator("constant inputs", seed).normal(size=(len(names), int(constant.sum())))
    of_loci = values[first][:, constant]
    values[:, constant] = (of_loci.mean(axis=0) + noise * of_loci.std(axis=0))[places]
    replaced = [name for name, is_constant in zip(table.columns, constant, strict=True) if is_constant]
    return (pd.DataFrame(values, index=X.index, columns=X.columns) if isinstance(X, pd.DataFrame) else values), replaced


def with_random_codes(table: LociTable, *, n_numbers: int = 64, seed: int = 0) -> LociTable:
    """Put a random code per locus, the same in every cell type, in the place of a table's constant input."""
    codes = random_codes(table.n_loci, n_numbers, name=table.name, seed=seed)
    return replace(
        table,
        name=f"{table.name}, random codes",
        constant=codes,
        constant_order=None,
        notes=(*table.notes, f"The constant input is a random code of {n_numbers} numbers per locus."),
    )


def one_hot_logistic(labels: np.ndarray) -> pd.DataFrame:
    """Fit logistic regression without penalty on a one-hot code of the locus, and put its weights beside the average label.

    Every locus has a feature of its own, 1 in all its rows, one row per cell type; there is no intercept. The weights that
    the solver finds are the logits of the averages: the limit of what memory can do is a linear model, the average.

    Args:
        labels: bool [loci, cell types]. Loci that are active nowhere or everywhere are left out: their weights are infinite.

    Returns:
        One row per locus that is left: locus (its row in ``labels``), average, logit, weight.

    Raises:
        InputError: no locus is active in some cell types and not in others.
    """
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    active = np.asarray(labels, dtype=bool)
    average = active.mean(axis=1)
    kept = np.flatnonzero((average > 0) & (average < 1))
    if not len(kept):
        raise InputError("No locus is active in some cell types and not in others; there is nothing to fit.")
    n_cell_types = active.shape[1]
    rows, locus = np.arange(len(kept) * n_cell_types), np.repeat(np.arange(len(kept)), n_cell_types)
    code = csr_matrix((np.ones(len(rows)), (rows, locus)))
    # Each feature has few rows of many, and the solver looks at the mean over all: hence so small a tolerance.
    model = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-9, max_iter=1000).fit(code, active[kept].ravel())
    return pd.DataFrame(
        {"locus": kept, "average": average[kept], "logit": scipy.special.logit(average[kept]), "weight": model.coef_[0]}
    )

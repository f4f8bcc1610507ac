"""Samples that a trained model has never seen, brought into the shape it needs."""

from __future__ import annotations

import numpy as np
import pandas as pd

from linear_signal.errors import InputError, listed


def aligned(expression: pd.DataFrame | np.ndarray, gene_ids: tuple[str, ...]) -> np.ndarray:
    """Check samples and put their genes in the order of a model.

    Args:
        expression: samples x genes. A table is aligned by its column names and may have further genes; an array has the
            genes of ``gene_ids`` in that order.
        gene_ids: the genes that are needed.

    Returns:
        float32 [samples, genes].

    Raises:
        InputError: a gene is missing or there twice, a value is missing, infinite or no number, another shape or type.

    >>> aligned(pd.DataFrame({"g2": [2.0], "other": [9.0], "g1": [1.0]}), ("g1", "g2")).tolist()
    [[1.0, 2.0]]
    """
    if isinstance(expression, pd.DataFrame):
        samples = [str(name) for name in expression.index]
        expression = _chosen(expression, gene_ids)
    elif not isinstance(expression, np.ndarray):
        raise InputError(f"Expression is a {type(expression).__name__}; a pandas table or a NumPy array is needed.")
    elif expression.ndim != 2 or expression.shape[1] != len(gene_ids):
        raise InputError(
            f"Expression has shape {expression.shape}; samples x {len(gene_ids):,} genes are needed, in the order of "
            "model.gene_ids. A table with gene ids as column names is put in order."
        )
    else:
        samples = [str(number) for number in range(len(expression))]
    if not np.issubdtype(expression.dtype, np.number) or np.issubdtype(expression.dtype, np.complexfloating):
        raise InputError(f"Expression holds values of type {expression.dtype}; numbers are needed.")
    if not len(samples):
        raise InputError("There are no samples to predict; at least one is needed.")
    with np.errstate(over="ignore"):  # found below
        features = np.array(expression, dtype=np.float32, order="C")  # a copy: PyTorch has no read-only tensors
    bad = ~np.isfinite(features)
    if bad.any():
        sample, gene = np.argwhere(bad)[0]
        raise InputError(
            f"Expression of sample {samples[sample]!r}, gene {gene_ids[gene]!r} is {expression[sample, gene]}; "
            f"{int(bad.sum()) - 1:,} more values are missing or infinite. Drop these samples or impute the values first."
        )
    return features


def _chosen(table: pd.DataFrame, gene_ids: tuple[str, ...]) -> np.ndarray:
    columns = table.columns.map(str)
    known = set(columns)
    missing = [gene for gene in gene_ids if gene not in known]
    if missing:
        turned = " They are in its index: pass table.T." if missing[0] in set(table.index.map(str)) else ""
        raise InputError(
            f"{len(missing):,} of the {len(gene_ids):,} genes of the model are not among the columns of the table: "
            f"{listed(missing, most=3)}.{turned} Every gene is needed, under the id it has in model.gene_ids."
        )
    repeated = columns[columns.duplicated() & columns.isin(gene_ids)].unique()
    if len(repeated):
        raise InputError(f"The table has genes of the model twice: {listed(repeated, most=3)}. Keep one column of each.")
    chosen = table.set_axis(columns, axis=1)[list(gene_ids)]
    texts = [gene for gene, kind in chosen.dtypes.items() if not pd.api.types.is_numeric_dtype(kind)]
    if texts:
        raise InputError(
            f"The columns {listed(texts, most=3)} hold no numbers. Convert the table first: table.astype(float)."
        )
    return chosen.to_numpy(dtype=np.float64, na_value=np.nan)

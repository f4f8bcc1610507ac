"""From cells to pseudobulk, part by part: AnnData in memory or on disk, or whatever looks like it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from linear_signal.errors import InputError, listed, unknown
from linear_signal.seeds import generator
from linear_signal.studies.ahlmann2025.conditions import CONTROL, canonical
from linear_signal.studies.ahlmann2025.pseudobulk import Pseudobulk, make_pseudobulk

SIZE = 1e4
_PART = 4096  # cells in memory at once


@dataclass(frozen=True, eq=False, kw_only=True)
class CellMeans:
    """What cells say of their conditions.

    Attributes:
        data: means over all cells.
        halves: means over either half of the cells of each condition, dealt at random: the experiment done twice. Conditions
            with fewer than four cells are left out.
        spread: standard deviation between the cells of a condition [conditions, genes].
        notes: which conditions are left out.
    """

    data: Pseudobulk
    halves: tuple[Pseudobulk, Pseudobulk]
    spread: pd.DataFrame
    notes: tuple[str, ...] = ()


def open_cells(path: Path) -> Any:
    """Open an ``.h5ad`` file without reading its matrix.

    Raises:
        InputError: no such file, not an h5ad, or the extra that reads it is not installed.
    """
    try:
        import anndata
    except ModuleNotFoundError as error:
        raise InputError("h5ad files are read by anndata, which is not here: pip install 'linear-signal[h5ad]'.") from error
    try:
        return anndata.read_h5ad(path, backed="r")
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{path} cannot be read as h5ad: {error}. Is it the file you mean?") from error


def pseudobulk_of_cells(
    cells: Any,
    *,
    name: str,
    condition: str = "condition",
    control: str = CONTROL,
    layer: str | None = None,
    genes: str | None = None,
    counts: bool = False,
    number_repeats: bool = False,
    seed: int = 0,
    source: str = "",
) -> CellMeans:
    """Average the cells of each condition, a few thousand at a time.

    Args:
        cells: an AnnData, also one opened by :func:`open_cells`; or anything with ``X``, ``layers``, ``obs`` (a table),
            ``var`` and ``var_names``, whose matrix gives rows by slices, dense or sparse.
        name: of the data set.
        condition: column of ``obs`` with conditions, "A+B" in any order; both orders are one condition.
        control: name of the control in it.
        layer: which layer holds the values; None takes ``X``. Of a file only ``X`` stays on disk.
        genes: column of ``var`` with the names of the genes; None takes ``var_names``.
        counts: the values are raw counts and become log1p(counts / size x 10,000) per cell; otherwise they are taken as
            log-normalised.
        number_repeats: name a gene that comes again "TBCE.1", instead of refusing.
        seed: which cells make which half.
        source: where they come from, in words.

    Returns:
        Means, two halves and the spread. Conditions with a single cell are left out.

    Raises:
        InputError: a column or layer that is not there; cells without a condition; gene names that repeat; values that look
            like counts where log values are expected, or the other way round; missing values; no control cells.

    Source: Ahlmann-Eltze et al. 2025, Methods; the authors' ``run_ground_truth_for_combinatorial_perturbations.py``.
    """
    names, codes = _conditions(cells, condition, control, name)
    gene_names, n = _genes(cells, genes, name, number_repeats=number_repeats), len(names)
    # Random order first, then every other cell of a condition: halves differ by one cell at most.
    order = generator("halves", name, seed).permutation(len(codes))
    place = pd.Series(codes[order]).groupby(codes[order]).cumcount().to_numpy()
    half = np.empty(len(codes), dtype=np.int64)
    half[order] = place % 2
    sums, squares = np.zeros((2 * n, len(gene_names))), np.zeros((n, len(gene_names)))
    for rows, values in _parts(cells, layer, counts, name):
        sums += _added(codes[rows] + n * half[rows], values, 2 * n)
        squares += _added(codes[rows], values**2 if isinstance(values, np.ndarray) else values.power(2), n)
    sizes = np.bincount(codes + n * half, minlength=2 * n)
    total, cells_each = sums[:n] + sums[n:], sizes[:n] + sizes[n:]
    mean = total / cells_each[:, None]
    variance = np.maximum(squares - cells_each[:, None] * mean**2, 0) / np.maximum(cells_each - 1, 1)[:, None]

    def made(values: np.ndarray, n_cells: np.ndarray, what: str) -> Pseudobulk:
        means = pd.DataFrame(values / np.maximum(n_cells, 1)[:, None], index=names, columns=gene_names)
        counted = pd.Series(n_cells, index=names)
        return make_pseudobulk(means, counted, name=name + what, control=control, source=source, drop_thin=True)

    data = made(total, cells_each, "")
    halves = tuple(made(sums[k * n : (k + 1) * n], sizes[k * n : (k + 1) * n], f", half {k + 1}") for k in (0, 1))
    spread = pd.DataFrame(np.sqrt(variance), index=names, columns=gene_names).loc[data.means.index]
    lonely = [one for one, n_its in zip(names, cells_each, strict=True) if n_its == 1]
    notes = (f"conditions with a single cell are left out: {listed(lonely)}",) if lonely else ()
    return CellMeans(data=data, halves=halves, spread=spread, notes=notes)


def control_covariance(
    cells: Any,
    targets: Sequence[str],
    *,
    condition: str = "condition",
    control: str = CONTROL,
    layer: str | None = None,
    genes: str | None = None,
    counts: bool = False,
    number_repeats: bool = False,
) -> pd.DataFrame:
    """Covariance over control cells of perturbed genes with all genes [those targets that are read out, genes].

    Args:
        cells: as of :func:`pseudobulk_of_cells`, as are the others.
        targets: perturbed genes.

    Raises:
        InputError: fewer than two control cells, or as of :func:`pseudobulk_of_cells`.
    """
    names, codes = _conditions(cells, condition, control, "cells")
    gene_names = _genes(cells, genes, "cells", number_repeats=number_repeats)
    read_out = {gene: place for place, gene in enumerate(gene_names)}
    columns = [read_out[one] for one in targets if one in read_out]
    is_control = codes == names.index(control) if control in names else np.zeros(len(codes), dtype=bool)
    if is_control.sum() < 2:
        raise InputError(f"There are {is_control.sum()} cells of the control {control!r}; a covariance needs at least 2.")
    products, total, n = np.zeros((len(columns), len(gene_names))), np.zeros(len(gene_names)), int(is_control.sum())
    for rows, values in _parts(cells, layer, counts, "cells"):
        kept = values[is_control[rows]]
        kept = kept if isinstance(kept, np.ndarray) else kept.toarray()
        products += kept[:, columns].T @ kept
        total += kept.sum(axis=0)
    covariance = (products - np.outer(total[columns], total) / n) / (n - 1)
    return pd.DataFrame(covariance, index=[gene_names[place] for place in columns], columns=gene_names)


def _conditions(cells: Any, column: str, control: str, name: str) -> tuple[list[str], np.ndarray]:
    """Conditions in canonical notation, and of each cell which it is."""
    if column not in cells.obs:
        raise unknown(f"column of the cells of {name!r}", column, map(str, cells.obs.columns))
    labels = cells.obs[column]
    if labels.isna().any():
        raise InputError(f"{labels.isna().sum():,} of {len(labels):,} cells of {name!r} have no {column}; leave them out.")
    codes, written = pd.factorize(labels.astype(str).to_numpy())
    merged, names = pd.factorize(np.array([canonical(one, control=control) for one in written], dtype=object))
    return list(names), merged[codes]


def _genes(cells: Any, column: str | None, name: str, *, number_repeats: bool = False) -> list[str]:
    if column is not None and column not in cells.var:
        raise unknown(f"column of the genes of {name!r}", column, map(str, cells.var.columns))
    names = pd.Index(cells.var_names if column is None else cells.var[column]).astype(str)
    repeated = names[names.duplicated()].unique()
    if number_repeats:
        times = pd.Series(names).groupby(names).cumcount()
        names = pd.Index([f"{gene}.{n}" if n else gene for gene, n in zip(names, times, strict=True)])
    elif len(repeated):
        raise InputError(
            f"{len(repeated)} gene names of {name!r} repeat: {listed(repeated, most=3)}. Name a column of var without "
            "repeats (gene_column of a chapter, genes=... in Python), or have them numbered: number_repeats."
        )
    return list(names)


def _parts(cells: Any, layer: str | None, counts: bool, name: str) -> Iterator[tuple[slice, Any]]:
    """Give log-normalised values in parts: the rows, and float64 values, dense or sparse by rows."""
    from scipy import sparse

    if layer is not None and layer not in cells.layers:
        raise unknown(f"layer of {name!r}", layer, cells.layers)
    matrix = cells.X if layer is None else cells.layers[layer]
    n_cells = len(cells.obs)
    for start in range(0, n_cells, _PART):
        rows = slice(start, min(start + _PART, n_cells))
        part = matrix[rows]
        values = sparse.csr_matrix(part, dtype=np.float64) if sparse.issparse(part) else np.asarray(part, dtype=np.float64)
        stored = values.data if sparse.issparse(values) else values
        if not np.isfinite(stored).all() or (stored < 0).any():
            raise InputError(
                f"Cells of {name!r} hold values that are missing, infinite or below 0; neither counts nor their logs."
            )
        whole = bool((stored == np.floor(stored)).all())
        if stored.any() and whole != counts:
            seen, told = (
                ("whole numbers only", "raw counts: counts=True") if whole else ("fractions", "log values: counts=False")
            )
            raise InputError(f"Cells of {name!r} hold {seen}, so they seem to be {told}.")
        yield rows, _normalised(values) if counts else values


def _normalised(values: Any) -> Any:
    """log1p of counts per 10,000; a cell without any count stays empty."""
    from scipy import sparse

    sizes = np.asarray(values.sum(axis=1), dtype=float).ravel()
    factors = SIZE / np.where(sizes > 0, sizes, 1.0)
    scaled = sparse.diags_array(factors).tocsr() @ values if sparse.issparse(values) else values * factors[:, None]
    return np.log1p(scaled)


def _added(groups: np.ndarray, values: Any, n_groups: int) -> np.ndarray:
    """Add rows up by group: float64 [groups, genes]."""
    from scipy import sparse

    shape = (n_groups, len(groups))
    added = sparse.csr_matrix((np.ones(len(groups)), (groups, np.arange(len(groups)))), shape=shape) @ values
    return added.toarray() if sparse.issparse(added) else added

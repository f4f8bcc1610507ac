"""Pseudobulk: the mean of log-normalised cells per condition, which is what every model here predicts."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from linear_signal.errors import InputError, listed
from linear_signal.files import disk_errors, write_whole
from linear_signal.studies.ahlmann2025.conditions import CONTROL, all_canonical, canonical, targets_of

N_CELLS = "n_cells"
TOP_GENES = 1000
_MOST = float(np.log1p(1e6))  # of a cell all of whose counts are of one gene, at a million counts per cell
_META = b"linear_signal"
_KEPT = 1000  # of which a kept mean is a whole number


@dataclass(frozen=True, eq=False, kw_only=True)
class Pseudobulk:
    """Means over the cells of each condition; :func:`make_pseudobulk` makes one and checks it.

    Attributes:
        name: of the data set.
        means: float64 [conditions, genes]; mean over cells of log1p(counts / size x 10,000). The index holds conditions
            ("A+B" sorted, "A+ctrl", "ctrl"), the columns genes.
        n_cells: int64 [conditions], same index; None where nobody knows.
        control: name of the control, one of the conditions.
        synthetic: whether it is made up.
        source: where it comes from, in words.
    """

    name: str
    means: pd.DataFrame
    n_cells: pd.Series | None
    control: str
    synthetic: bool
    source: str

    @property
    def genes(self) -> pd.Index:
        """Genes that were read out."""
        return self.means.columns

    @property
    def control_mean(self) -> pd.Series:
        """Mean of the control cells [genes]."""
        return self.means.loc[self.control]

    @cached_property
    def singles(self) -> list[str]:
        """Conditions with one perturbed gene, in the order of the table."""
        return self._with(1)

    @cached_property
    def doubles(self) -> list[str]:
        """Conditions with two perturbed genes, in the order of the table."""
        return self._with(2)

    def effects(self, conditions: Sequence[str]) -> pd.DataFrame:
        """Change of conditions from the control [conditions, genes].

        Raises:
            InputError: a condition that is not there.
        """
        return self.rows(conditions) - self.control_mean

    def rows(self, conditions: Sequence[str]) -> pd.DataFrame:
        """Means of conditions, in that order, in any notation.

        Raises:
            InputError: a condition that is not there.
        """
        names = [canonical(one, control=self.control) for one in conditions]
        missing = sorted(set(names) - set(self.means.index))
        if missing:
            raise InputError(
                f"Data set {self.name!r} has no condition {listed(missing, most=3)}; it has {len(self.means):,}, "
                f"such as {listed(self.means.index, most=3)}. Ask for these only."
            )
        return self.means.loc[names]

    def top_genes(self, n: int = TOP_GENES) -> pd.Index:
        """Genes with the highest control mean, most expressed first; all of them where there are fewer."""
        order = np.argsort(-self.control_mean.to_numpy(), kind="stable")
        return self.genes[order[:n]]

    def restricted(self, genes: Sequence[str]) -> Pseudobulk:
        """Keep these genes, in this order."""
        return replace(self, means=self.means[list(genes)])

    def _with(self, n: int) -> list[str]:
        return [one for one in self.means.index if len(targets_of(one, control=self.control)) == n]


def make_pseudobulk(
    means: pd.DataFrame,
    n_cells: pd.Series | None = None,
    *,
    name: str,
    control: str = CONTROL,
    synthetic: bool = False,
    source: str = "",
    drop_thin: bool = False,
) -> Pseudobulk:
    """Make a pseudobulk data set of a table.

    Args:
        means: conditions x genes, mean over cells of log1p(counts / size x 10,000); conditions in any notation.
        n_cells: cells per condition, with the index of ``means``.
        name: of the data set.
        control: name of the control.
        synthetic: whether it is made up; only then values below 0 are taken (noise around a mean near 0).
        source: where it comes from, in words.
        drop_thin: leave conditions with a single cell out, instead of refusing them.

    Raises:
        InputError: the control is missing; a condition or a gene is there twice; a value is missing or infinite; values look
            like raw counts or like scaled ones; a condition has a single cell or none.

    Source: Ahlmann-Eltze et al. 2025, Methods; the authors' ``run_ground_truth_for_combinatorial_perturbations.py``.
    """
    index = all_canonical(means.index, control=control, what=f"Data set {name!r}")
    if control not in index:
        raise InputError(
            f"Data set {name!r} has no condition {control!r}, which all changes are measured from; it has "
            f"{listed(index, most=3)}. Name the control as it is called there: control=..."
        )
    repeated = means.columns[means.columns.duplicated()].unique()
    if len(repeated):
        raise InputError(f"Data set {name!r} names a gene twice: {listed(repeated, most=3)}. Add them up or keep one.")
    table = means.set_axis(index, axis=0).astype(float)
    check_values(table, f"Data set {name!r}", signed=synthetic)
    if n_cells is not None:
        counts = n_cells.reindex(means.index).set_axis(index)
        thin = counts.index[~(counts >= 2)]
        if len(thin) and (control in thin or not drop_thin):
            raise InputError(
                f"Data set {name!r} has conditions with one cell or none: {listed(thin, most=3)}. A mean of one cell is "
                "mostly noise; leave them out, or set drop_thin=True."
            )
        n_cells = counts.drop(thin).astype(np.int64)
        table = table.drop(index=thin)
    return Pseudobulk(name=name, means=table, n_cells=n_cells, control=control, synthetic=synthetic, source=source)


def check_values(table: pd.DataFrame, what: str, *, signed: bool) -> None:
    """Refuse values that are no means of log-normalised expression.

    Args:
        table: conditions x genes, float.
        what: whose they are, for the error.
        signed: whether values below 0 are taken.

    Raises:
        InputError: nothing is there, a value is missing or infinite, or they look like raw counts or scaled values.
    """
    values = table.to_numpy()
    if not values.size:
        raise InputError(f"{what} is empty: {table.shape[0]} conditions x {table.shape[1]} genes.")
    bad = ~np.isfinite(values)
    if bad.any():
        first = table.index[bad.any(axis=1)]
        raise InputError(f"{what} has {bad.sum():,} values that are missing or infinite, in {listed(first, most=3)}.")
    if values.max() > _MOST:
        raise InputError(
            f"{what} holds values up to {values.max():,.1f}, more than log1p(counts per million) can be ({_MOST:.1f}): raw "
            "counts? Give the mean over cells of log1p(counts / size x 10,000)."
        )
    if not signed and values.min() < 0:
        raise InputError(
            f"{what} holds values down to {values.min():.2f}; means of log1p values are never below 0: scaled values? Give "
            "the mean over cells of log1p(counts / size x 10,000)."
        )


def write_pseudobulk(data: Pseudobulk, path: Path) -> None:
    """Write a data set as one parquet file: conditions x genes, with the cells per condition.

    Means are rounded to 0.001, far below the noise of a mean over cells, and kept as whole numbers, whose differences along
    a gene take one to two bytes: 5,000 genes of 1,100 conditions stay below 10 MB.

    Raises:
        InputError: the disk is full or the place cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = (data.means * _KEPT).round().astype(np.int32).reset_index(names="condition")
    if data.n_cells is not None:
        table.insert(1, N_CELLS, data.n_cells.to_numpy())
    told = {key: getattr(data, key) for key in ("name", "control", "synthetic", "source")}
    arrow = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata({_META: json.dumps(told)})
    sink = io.BytesIO()
    packed = dict.fromkeys(data.genes.astype(str), "DELTA_BINARY_PACKED")
    pq.write_table(arrow, sink, compression="zstd", use_dictionary=False, column_encoding=packed)
    with disk_errors("The pseudobulk"):
        write_whole(Path(path), sink.getvalue())


def read_pseudobulk(path: Path, *, drop_thin: bool = False) -> Pseudobulk:
    """Read what :func:`write_pseudobulk` wrote.

    Raises:
        InputError: no such file, another kind of file, or as of :func:`make_pseudobulk`.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        arrow = pq.read_table(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise InputError(f"{path} cannot be read as parquet: {error}. Write it with write_pseudobulk.") from error
    told = (arrow.schema.metadata or {}).get(_META)
    if told is None:
        raise InputError(f"{path} is parquet, but no pseudobulk written here; read it with pandas, call make_pseudobulk.")
    table = arrow.to_pandas().set_index("condition")
    n_cells = table.pop(N_CELLS) if N_CELLS in table else None
    return make_pseudobulk(table / _KEPT, n_cells, **json.loads(told), drop_thin=drop_thin)

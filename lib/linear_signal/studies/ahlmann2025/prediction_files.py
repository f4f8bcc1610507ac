"""Predictions as people store them: conditions x genes in parquet, CSV or h5ad, read and written."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd

from linear_signal.errors import InputError, listed
from linear_signal.files import disk_errors, write_whole
from linear_signal.studies.ahlmann2025.cells import open_cells
from linear_signal.studies.ahlmann2025.conditions import CONTROL, all_canonical

ENDINGS = (".parquet", ".csv", ".tsv", ".h5ad")


def read_predictions(path: Path, *, control: str = CONTROL) -> pd.DataFrame:
    """Read predicted means [conditions, genes], ready for ``evaluate``.

    Args:
        path: parquet with conditions in the index or in a column ``condition``; CSV or TSV with conditions in the first
            column; h5ad with conditions as names of the observations, or in a column ``condition``.
        control: name of the control in the conditions.

    Raises:
        InputError: another ending, no such file, values that are no numbers, a condition or a gene that is there twice.
    """
    path = Path(path)
    if path.suffix not in ENDINGS:
        raise InputError(f"{path.name} ends in {path.suffix!r}; predictions are read from {', '.join(ENDINGS)}.")
    try:
        table = _read(path)
        repeated = table.columns[table.columns.duplicated()].unique()
        if len(repeated):
            raise InputError(f"{path.name} names a gene twice: {listed(repeated, most=3)}. Keep one column of each.")
        table = table.astype(float)
    except InputError:
        raise
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{path} cannot be read as conditions x genes: {str(error).splitlines()[0]}") from error
    return table.set_axis(all_canonical(table.index, control=control, what=path.name), axis=0).rename_axis(None, axis=1)


def write_predictions(table: pd.DataFrame, path: Path) -> None:
    """Write predicted means [conditions, genes], so that :func:`read_predictions` and others read them.

    Raises:
        InputError: another ending, or the place cannot be written.
    """
    path = Path(path)
    if path.suffix not in ENDINGS:
        raise InputError(f"{path.name} ends in {path.suffix!r}; predictions are written as {', '.join(ENDINGS)}.")
    named = table.rename_axis("condition")
    with disk_errors("The prediction"):
        if path.suffix == ".h5ad":
            to_anndata(table).write_h5ad(path)
        elif path.suffix == ".parquet":
            sink = io.BytesIO()
            named.to_parquet(sink)
            write_whole(path, sink.getvalue())
        else:
            write_whole(path, named.to_csv(sep="\t" if path.suffix == ".tsv" else ",").encode())


def to_anndata(table: pd.DataFrame) -> object:
    """Make an AnnData of means [conditions, genes]: conditions are its observations, genes its variables.

    Raises:
        InputError: anndata is not installed.
    """
    try:
        import anndata
    except ModuleNotFoundError as error:
        raise InputError("AnnData needs anndata, which is not here: pip install 'linear-signal[h5ad]'.") from error
    obs = pd.DataFrame({"condition": table.index.astype(str)}, index=table.index.astype(str))
    return anndata.AnnData(table.to_numpy(np.float32), obs=obs, var=pd.DataFrame(index=table.columns.astype(str)))


def _read(path: Path) -> pd.DataFrame:
    if path.suffix == ".h5ad":
        cells = open_cells(path)
        index = cells.obs["condition"].astype(str) if "condition" in cells.obs else cells.obs_names
        values = cells.X[:]
        return pd.DataFrame(getattr(values, "toarray", lambda: values)(), index=list(index), columns=list(cells.var_names))
    if path.suffix == ".parquet":
        table = pd.read_parquet(path)
        return table.set_index("condition") if "condition" in table else table
    sep = "\t" if path.suffix == ".tsv" else ","
    # pandas would give genes that repeat other names.
    names = pd.read_csv(path, sep=sep, header=None, nrows=1, dtype=str).iloc[0, 1:]
    return pd.read_csv(path, sep=sep, index_col=0).set_axis(names.to_numpy(), axis=1)

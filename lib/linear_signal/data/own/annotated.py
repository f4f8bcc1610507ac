"""AnnData in memory and ``.h5ad`` files: rows of X or of a layer, made dense some at a time; facts from ``obs``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from linear_signal.data.own.columnar import facts_of
from linear_signal.data.own.raw_table import RawTable
from linear_signal.data.text_lines import AGAIN
from linear_signal.errors import InputError, unknown

RAW = "raw"
_VALUES_AT_ONCE = 1 << 22


def read_h5ad(path: Path, *, layer: str = "") -> RawTable:
    """Open an ``.h5ad`` file; only the rows at hand are ever dense beside the result.

    Args:
        path: the file.
        layer: which one; "" takes ``X``, and "raw" what AnnData keeps as ``raw``.

    Raises:
        InputError: anndata is not installed, the file is damaged or no AnnData, or it has no such layer.
    """
    try:
        import h5py
        from anndata.io import read_elem, sparse_dataset
    except ModuleNotFoundError:
        raise InputError("h5ad files are read by anndata, which is not here: pip install 'linear-signal[h5ad]'.") from None
    try:
        file = h5py.File(path, "r")
        obs, layers = read_elem(file["obs"]), list(file.get("layers", {}))
        place = _place(path.name, layer, layers, has_raw=RAW in file)
        if place not in file:
            raise _no_matrix(path.name, [*layers, *([RAW] if RAW in file else [])])
        var = read_elem(file["raw/var" if layer == RAW else "var"])
        element = file[place]
        matrix = element if isinstance(element, h5py.Dataset) else sparse_dataset(element)
        if getattr(matrix, "format", "csr") == "csc":
            matrix = matrix.to_memory().tocsr()  # rows of it would be looked for through the whole file
    except InputError:
        raise
    except Exception as error:  # whatever h5py or anndata stumbled over, the file is not one of theirs
        words = str(error).splitlines()[0][:160] if str(error) else type(error).__name__
        raise InputError(f"{path.name} cannot be read as h5ad: {words}. {AGAIN}") from None
    return _table(path.name, obs, var, matrix)


def table_of_anndata(data: Any, *, layer: str = "") -> RawTable:
    """Take an AnnData, or whatever has ``X``, ``layers``, ``obs`` and ``var`` like one; arguments as above."""
    place = _place("The AnnData", layer, list(data.layers), has_raw=getattr(data, RAW, None) is not None)
    source = data.raw if place == f"{RAW}/X" else data
    matrix = source.X if place in ("X", f"{RAW}/X") else data.layers[layer]
    if matrix is None:
        raise _no_matrix("The AnnData", [*data.layers, *([RAW] if getattr(data, RAW, None) is not None else [])])
    return _table("The AnnData", data.obs, source.var, matrix)


def _place(name: str, layer: str, layers: list[str], *, has_raw: bool) -> str:
    if not layer:
        return "X"
    if layer == RAW and has_raw:
        return f"{RAW}/X"
    if layer not in layers:
        raise unknown(f"layer of {name}", layer, [*layers, *([RAW] if has_raw else [])] or ["none: leave it out"])
    return f"layers/{layer}"


def _no_matrix(name: str, layers: list[str]) -> InputError:
    there = f"Name a layer: {', '.join(layers)}." if layers else "It has no layers either. Is it the whole file?"
    return InputError(f"{name} has no X, which is read where no layer is named. {there}")


def _table(name: str, obs: Any, var: Any, matrix: Any) -> RawTable:
    if len(getattr(matrix, "shape", ())) != 2:
        raise InputError(f"{name} has no matrix of values there. Name a layer.")
    if tuple(matrix.shape) != (len(obs), len(var)):
        raise InputError(f"{name}: values are {matrix.shape}, obs has {len(obs):,} rows and var {len(var):,}. {AGAIN}")
    if not len(obs) or not len(var):
        raise InputError(f"{name} has {len(obs):,} samples and {len(var):,} genes; at least one of each is needed.")
    rows = max(1, _VALUES_AT_ONCE // len(var))

    def blocks() -> Iterator[np.ndarray]:
        for start in range(0, len(obs), rows):
            part = matrix[start : start + rows]
            part = part.toarray() if hasattr(part, "toarray") else np.asarray(part)
            if not np.issubdtype(part.dtype, np.number) or np.iscomplexobj(part):
                raise InputError(f"{name}: values are of type {part.dtype}; numbers are needed.")
            with np.errstate(over="ignore"):  # infinite then, and refused as such
                block = part.astype(np.float32, copy=False)
            yield block

    facts = facts_of(obs.set_axis(obs.index.astype(str)))
    return RawTable(name=name, facts=facts, columns=var.index.astype(str).tolist(), blocks=blocks(), rows_are_samples=True)

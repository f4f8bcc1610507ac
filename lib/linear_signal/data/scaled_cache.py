"""Keep scaled genes on disk, so that a large expression file is read once: one parquet file per input and setting."""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from pathlib import Path

import numpy as np

from linear_signal.data.preprocessing import ScaledGenes

FORMAT = 1  # to be raised with every change of the layout, the scaling or the choice of genes
_GENES_PER_GROUP = 250  # 17 MB of GTEx at a time, on the way in and out
_KEY = b"linear_signal"


def content_hash(path: Path, *, memory: Path | None = None) -> str:
    """Return the SHA-256 of a file's content, as hexadecimal digits.

    SHA-256 because it can be compared with ``sha256sum`` and published values, and because current processors compute
    it at the speed of a disk (1.8 GB/s measured, BLAKE2b 1.2 GB/s).

    Args:
        path: the file.
        memory: where :func:`remember_hash` wrote, so that a large file is hashed once and not at every start.
    """
    known = _remembered(memory).get(_state(path))
    if known is not None:
        return known
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remember_hash(path: Path, digest: str, *, memory: Path) -> None:
    """Note a hash in the JSON file ``memory``, under path, size and time of last change."""
    known = _remembered(memory)
    if known.get(_state(path)) == digest:
        return
    known = {state: value for state, value in known.items() if not state.startswith(f"{path.resolve()}|")}
    memory.parent.mkdir(parents=True, exist_ok=True)
    partial = _partial(memory)
    partial.write_text(json.dumps(known | {_state(path): digest}, indent=1))
    os.replace(partial, memory)


def cache_key(*parts: str | int) -> str:
    """Name the inputs and settings that decide a cached file's content, in 16 hexadecimal digits."""
    return hashlib.sha256(json.dumps([FORMAT, *parts]).encode()).hexdigest()[:16]


def write_scaled(path: Path, genes: ScaledGenes, *, key: str, extra: dict) -> None:
    """Write genes as rows (``gene_id``, ``minimum``, ``maximum``, ``variance``, ``scaled``), then move into place.

    Args:
        path: the parquet file; its folder is made where needed.
        genes: what to keep.
        key: from :func:`cache_key`; a file with another key is not read.
        extra: what else belongs to it (sample ids, labels); anything that JSON can hold.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    n_samples, n_genes = genes.expression.shape
    schema = pa.schema(
        [
            ("gene_id", pa.string()),
            ("minimum", pa.float32()),
            ("maximum", pa.float32()),
            ("variance", pa.float64()),
            ("scaled", pa.list_(pa.float32(), n_samples)),
        ],
        metadata={_KEY: json.dumps({"key": key, "genes": n_genes, "seen": genes.n_seen, "extra": extra}).encode()},
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = _partial(path)
    try:
        options = {"compression": "zstd", "use_dictionary": False, "write_page_checksum": True}
        with pq.ParquetWriter(partial, schema, write_statistics=False, **options) as writer:
            for start in range(0, n_genes, _GENES_PER_GROUP):
                part = slice(start, start + _GENES_PER_GROUP)
                scaled = np.ascontiguousarray(genes.expression[:, part].T).ravel()
                columns = [genes.gene_ids[part], genes.minimum[part], genes.maximum[part], genes.variance[part]]
                arrays = [pa.array(column) for column in columns]
                arrays.append(pa.FixedSizeListArray.from_arrays(pa.array(scaled), n_samples))
                writer.write_table(pa.table(arrays, schema=schema))
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def read_scaled(path: Path, *, key: str) -> tuple[ScaledGenes, dict] | None:
    """Read what :func:`write_scaled` wrote; None where there is nothing to read.

    A torn file, and one of another origin, is reported by a warning and passed over; the next write replaces it.
    """
    if not path.exists():
        return None
    try:
        return _read(path, key)
    except Exception as error:  # whatever is wrong with it, the input can be read again
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        warnings.warn(f"{path} cannot be used ({reason}); reading the input again and replacing it.", stacklevel=2)
        return None


def _read(path: Path, key: str) -> tuple[ScaledGenes, dict]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        metadata = (file.schema_arrow.metadata or {}).get(_KEY)
        if metadata is None:
            raise ValueError("not written by this program")
        stored = json.loads(metadata)
        if stored["key"] != key:
            raise ValueError(f"made from other input: {stored['key']}, needed {key}")
        n_samples = file.schema_arrow.field("scaled").type.list_size
        expression = np.empty((n_samples, stored["genes"]), dtype=np.float32)
        columns: dict[str, list[np.ndarray]] = {name: [] for name in ("gene_id", "minimum", "maximum", "variance")}
        start = 0
        for group in range(file.num_row_groups):
            table = file.read_row_group(group)
            scaled = table.column("scaled").combine_chunks().flatten().to_numpy().reshape(-1, n_samples)
            expression[:, start : start + len(scaled)] = scaled.T
            start += len(scaled)
            for name, parts in columns.items():
                parts.append(table.column(name).to_numpy())
    if start != stored["genes"]:
        raise ValueError(f"{start} genes where {stored['genes']} were written")
    joined = {name: np.concatenate(parts) for name, parts in columns.items()}
    genes = ScaledGenes(
        gene_ids=joined["gene_id"].astype(str),
        expression=expression,
        minimum=joined["minimum"],
        maximum=joined["maximum"],
        variance=joined["variance"],
        n_seen=stored["seen"],
    )
    return genes, stored["extra"]


def _remembered(memory: Path | None) -> dict[str, str]:
    if memory is None or not memory.exists():
        return {}
    try:
        known = json.loads(memory.read_text())
    except (OSError, ValueError):
        return {}  # a torn memory costs one more hash, nothing else
    return known if isinstance(known, dict) else {}


def _state(path: Path) -> str:
    status = path.stat()
    return f"{path.resolve()}|{status.st_size}|{status.st_mtime_ns}"


def _partial(path: Path) -> Path:
    # Beside its target, so that the move stays on one file system; with the process id, so that two runs can meet.
    return path.with_name(f".{path.name}.{os.getpid()}.partial")

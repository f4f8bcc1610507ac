"""Keep scaled genes on disk, so that a large expression file is read once: one file per input and setting."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path

import numpy as np

from linear_signal.data.preprocessing import ScaledGenes
from linear_signal.files import file_state, read_kept, write_kept

FORMAT = 2  # to be raised with every change of the layout, the scaling or the choice of genes
_GENES_PER_GROUP = 250  # 17 MB of GTEx at a time, on the way in and out
_KEY = b"linear_signal"
_HASHES = "hashes of files"


def content_hash(path: Path, *, memory: Path | None = None) -> str:
    """Return the SHA-256 of a file's content, as hexadecimal digits.

    SHA-256 because it can be compared with ``sha256sum`` and published values, and because current processors compute
    it at the speed of a disk (1.8 GB/s measured, BLAKE2b 1.2 GB/s).

    Args:
        path: the file.
        memory: where :func:`remember_hashes` wrote, so that a large file is hashed once and not at every start.
    """
    known = _remembered(memory).get(file_state(path))
    if known is not None:
        return known
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remember_hashes(hashes: dict[str, str], *, memory: Path) -> None:
    """Note hashes by the state (:func:`~linear_signal.files.file_state`) that their files had when they were read.

    Raises:
        OSError: the disk is full or the folder cannot be written.
    """
    known = _remembered(memory)
    if hashes.items() <= known.items():
        return
    paths = tuple(f"{state.rsplit('|', 4)[0]}|" for state in hashes)
    known = {state: value for state, value in known.items() if not state.startswith(paths)}
    write_kept(memory, json.dumps(known | hashes, indent=1).encode(), identity=_HASHES)


def cache_key(*parts: str | int) -> str:
    """Name the inputs and settings that decide a cached file's content, in 16 hexadecimal digits."""
    return hashlib.sha256(json.dumps([FORMAT, *parts]).encode()).hexdigest()[:16]


def write_scaled(path: Path, genes: ScaledGenes, *, key: str, extra: dict) -> None:
    """Write genes as rows (``gene_id``, ``minimum``, ``maximum``, ``variance``, ``scaled``), as a kept file.

    Args:
        path: the file; its folder is made where needed.
        genes: what to keep.
        key: from :func:`cache_key`; a file with another key is not read.
        extra: what else belongs to it (sample ids, labels); anything that JSON can hold.

    Raises:
        OSError: the disk is full or the folder cannot be written.
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
        metadata={_KEY: json.dumps({"genes": n_genes, "seen": genes.n_seen, "extra": extra}).encode()},
    )
    content = io.BytesIO()
    options = {"compression": "zstd", "use_dictionary": False, "write_statistics": False}
    with pq.ParquetWriter(content, schema, **options) as writer:
        for start in range(0, n_genes, _GENES_PER_GROUP):
            part = slice(start, start + _GENES_PER_GROUP)
            scaled = np.ascontiguousarray(genes.expression[:, part].T).ravel()
            columns = [genes.gene_ids[part], genes.minimum[part], genes.maximum[part], genes.variance[part]]
            arrays = [pa.array(column) for column in columns]
            arrays.append(pa.FixedSizeListArray.from_arrays(pa.array(scaled), n_samples))
            writer.write_table(pa.table(arrays, schema=schema))
    write_kept(path, content.getvalue(), identity=_identity(key))


def read_scaled(path: Path, *, key: str) -> tuple[ScaledGenes, dict] | None:
    """Read what :func:`write_scaled` wrote; None where there is nothing to read, or nothing that can be used."""
    return read_kept(path, _parse, identity=_identity(key))


def _identity(key: str) -> str:
    return f"scaled genes {key}"


def _parse(content: bytes) -> tuple[ScaledGenes, dict]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(pa.BufferReader(content)) as file:
        stored = json.loads(file.schema_arrow.metadata[_KEY])
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
    if memory is None:
        return {}
    # Where it is damaged, files are hashed once more.
    return read_kept(memory, json.loads, identity=_HASHES) or {}

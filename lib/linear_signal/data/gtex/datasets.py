"""GTEx bulk RNA-seq: TPM from a GCT file, tissues from the sample attributes table, donors from the sample ids."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from linear_signal.data.dataset import Dataset
from linear_signal.data.gct import GctReader
from linear_signal.data.gtex.tissues import LABEL_COLUMN, read_tissues
from linear_signal.data.preprocessing import MostVariableGenes, ScaledGenes, ZeroOneScaling
from linear_signal.data.sample_table import LABEL
from linear_signal.data.scaled_cache import cache_key, content_hash, read_scaled, remember_hashes, write_scaled
from linear_signal.errors import InputError, listed
from linear_signal.files import DISK_ERRORS, file_state
from linear_signal.progress import Progress

_SAMPLE_ID = re.compile(r"(GTEX-[A-Za-z0-9]+)-[A-Za-z0-9.\-]+")


def load_gtex(
    expression: Path,
    attributes: Path,
    *,
    n_genes: int = 5000,
    cache: Path | None = None,
    name: str = "GTEx",
    synthetic: bool = False,
    source: str | None = None,
) -> Dataset:
    """Read GTEx as Heil et al. 2023 did: labelled samples, genes scaled to [0, 1], the most variable ones kept.

    Of every sample ``label`` is known, the tissue (``SMTS``), and ``donor`` (``GTEX-1117F`` of
    ``GTEX-1117F-0226-SM-5GZZ7``). Samples that the attributes table does not name or leaves without a tissue are dropped
    before scaling; ``notes`` counts them.

    Args:
        expression: TPM in GCT 1.2, plain or gzip. Read in one pass; memory follows ``n_genes``, not the file.
        attributes: table of labels (:mod:`~linear_signal.data.text_columns`) with the columns ``SAMPID`` and ``SMTS``.
        n_genes: genes to keep by variance after scaling; all, where the file has fewer (``notes`` says so).
        cache: folder for the result; the next call with the same files and ``n_genes`` takes a second or two. Where it
            cannot be written, a warning says so, and the result is handed out all the same.
        name: name of the dataset.
        synthetic: whether the files are simulated.
        source: one sentence for the page; by default it names the expression file.

    Returns:
        Dataset with float32 expression [samples, genes] in [0, 1], samples and genes in file order.

    Raises:
        InputError: one of the files is missing, damaged or malformed (:class:`~linear_signal.data.gct.GctReader`),
            no sample has a tissue, a sample id has another shape, a file changed while it was read. Nothing is written
            then.
    """
    expression, attributes = Path(expression), Path(attributes)
    states = {file: file_state(file) for file in (expression, attributes) if file.exists()}
    tissues = read_tissues(attributes)
    if n_genes < 1:
        raise InputError(f"n_genes is {n_genes}; at least one gene must be kept (the paper keeps 5,000).")
    with GctReader(expression) as reader:
        labels = np.array([tissues.get(sample, "") for sample in reader.sample_ids.tolist()])
        kept, notes = _labelled(reader.sample_ids, labels, known=tissues)
        if not kept.any():
            raise InputError(
                f"None of the {len(kept):,} samples of {expression} has a tissue in {attributes}. Ids look like "
                f"{str(reader.sample_ids[0])!r} in the first and {next(iter(tissues), '(empty)')!r} in the second; do "
                "the files belong together?"
            )
        sample_ids = reader.sample_ids[kept]
        donors = donors_of(sample_ids)
        genes = _genes(reader, kept, n_genes, cache, states)
    if genes.n_seen < n_genes:
        notes.append(f"The file holds {genes.n_seen:,} genes, fewer than the {n_genes:,} asked for; all were kept.")
    return Dataset(
        name=name,
        expression=genes.expression,
        samples=pd.DataFrame({LABEL: labels[kept], "donor": donors}, index=sample_ids),
        gene_ids=genes.gene_ids,
        source=source or f"GTEx TPM from {expression.name}, tissues from {attributes.name}",
        synthetic=synthetic,
        notes=tuple(notes),
        scaling=ZeroOneScaling(minimum=genes.minimum, maximum=genes.maximum),
    )


def donors_of(sample_ids: np.ndarray) -> np.ndarray:
    """Return the donor of each sample.

    Raises:
        InputError: an id has another shape.

    >>> donors_of(np.array(["GTEX-1117F-0226-SM-5GZZ7"])).tolist()
    ['GTEX-1117F']
    """
    matches = [_SAMPLE_ID.fullmatch(sample) for sample in sample_ids.tolist()]
    odd = [sample for sample, match in zip(sample_ids.tolist(), matches, strict=True) if match is None]
    if odd:
        raise InputError(
            f"Sample ids of another shape than 'GTEX-1117F-0226-SM-5GZZ7': {listed(odd)}. The donor is read from the "
            "second field, and folds are made by donor; rename the samples, or load the file as your own data."
        )
    return np.array([match.group(1) for match in matches])


def _labelled(sample_ids: np.ndarray, labels: np.ndarray, *, known: dict[str, str]) -> tuple[np.ndarray, list[str]]:
    """Say which samples have a tissue, and in a sentence how many have none and why."""
    kept = labels != ""
    n_dropped = int((~kept).sum())
    if not n_dropped:
        return kept, []
    n_unknown = sum(sample not in known for sample in sample_ids[~kept].tolist())
    return kept, [
        f"{n_dropped:,} of {len(kept):,} samples were dropped: {n_dropped - n_unknown:,} without a tissue "
        f"({LABEL_COLUMN}), {n_unknown:,} not in the attributes table."
    ]


def _genes(reader: GctReader, kept: np.ndarray, n_genes: int, cache: Path | None, states: dict[Path, str]) -> ScaledGenes:
    """Take the scaled genes from the cache, or make them and put them there."""
    if cache is None:
        genes = _chosen(reader, kept, n_genes)
        _check_unchanged(states)
        return genes
    memory = Path(cache) / "hashes.kept"
    hashes = {state: content_hash(file, memory=memory) for file, state in states.items()}
    key = cache_key("gtex", *hashes.values(), n_genes)
    path = Path(cache) / f"gtex-{key}.kept"
    stored = read_scaled(path, key=key)
    genes = stored[0] if stored is not None else _chosen(reader, kept, n_genes)
    _check_unchanged(states)
    # Only now is it known that the input is sound, and only then is anything written.
    try:
        if stored is None:
            write_scaled(path, genes, key=key, extra={"samples": reader.sample_ids[kept].tolist()})
        remember_hashes(hashes, memory=memory)
    except OSError as error:
        if error.errno not in DISK_ERRORS:
            raise
        warnings.warn(
            f"The cache cannot be written ({error}): what was read is used now, and read again at the next start. Make room "
            "or name another data_folder.",
            stacklevel=3,
        )
    return genes


def _check_unchanged(states: dict[Path, str]) -> None:
    """Stop where a file is not the one any more that was opened: its content and its hash may be of two files."""
    for file, state in states.items():
        if not file.exists() or file_state(file) != state:
            raise InputError(f"{file} changed while it was being read. Wait until it is complete, then run again.")


def _chosen(reader: GctReader, kept: np.ndarray, n_genes: int) -> ScaledGenes:
    """Scale and choose genes over the kept samples, in one pass over the file."""
    chosen = MostVariableGenes(min(n_genes, reader.n_genes), n_samples=int(kept.sum()))
    with Progress(reader.n_genes, f"Reading {reader.path.name}", "genes") as progress:
        for gene_ids, values in reader.blocks(kept):
            chosen.add(gene_ids, values)
            progress.advance(len(gene_ids))
    return chosen.result()

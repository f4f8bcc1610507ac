"""Transcripts per million of one recount3 study: gene sums read in parts, aligned by gene id, filtered and converted."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from linear_signal.errors import listed

if TYPE_CHECKING:
    import pandas as pd

MOST_ZEROS = 0.75  # Heil et al. 2023, Methods: runs with a larger share of zero genes are taken for single cells
_RUNS_AT_ONCE = 1_000  # 0.5 GB of sums for the 63,856 genes of recount3
_RUNS_PER_CONVERSION = 64
_BYTES_AT_ONCE = 1 << 25


@dataclass(frozen=True, eq=False, kw_only=True)
class TpmBlock:
    """Some runs of one study.

    Attributes:
        runs: run accessions that passed the filter.
        values: float32 [genes, runs], transcripts per million; the genes are those of the annotation, in its order.
        n_mostly_zero: runs that did not pass.
        n_uncovered: runs that passed, but have no coverage on any gene with a length.
    """

    runs: list[str]
    values: np.ndarray
    n_mostly_zero: int = 0
    n_uncovered: int = 0


def columns_of(path: Path, *, known: set[str]) -> list[str]:
    """Read which runs a file of gene sums holds.

    Raises:
        ValueError: the header is another one, or names runs that are not of this study.
    """
    with gzip.open(path) as file:
        return _header(file, known=known)


def tpm_blocks(
    path: Path, *, lengths: pd.Series, known: set[str], wanted: Sequence[str], most_zeros: float
) -> Iterator[TpmBlock]:
    """Read gene sums and convert them to transcripts per million, a block of runs at a time.

    A run of which too many of the genes in the file are zero is left out. Sums are coverage, not reads; dividing
    by the length of a gene and then by the sum over genes leaves the same as for reads of one length.

    The package's own reader is not used here: it holds a study three times over, and after any error it reads the file
    again with a parser that takes minutes. The conversion is the package's.

    Args:
        path: the file, gzip.
        lengths: bases per gene, by gene id, without missing ones. Genes of the file that are not there are left out.
        known: all runs of the study.
        wanted: the runs to read, of those in the file; the others are passed over.
        most_zeros: the largest share of zero genes that a run may have.

    Raises:
        ValueError: the file breaks off, has other columns, lacks a gene, names one twice, or holds something else than
            sums. EOFError, OSError and zlib.error come from the unpacking.
    """
    for start in range(0, len(wanted), _RUNS_AT_ONCE):
        runs = list(wanted[start : start + _RUNS_AT_ONCE])
        sums, zeros = _sums(path, lengths=lengths, known=known, runs=runs)
        full, covered = zeros <= most_zeros, sums.any(axis=0)
        yield TpmBlock(
            runs=[],
            values=np.empty((len(lengths), 0), dtype=np.float32),
            n_mostly_zero=int((~full).sum()),
            n_uncovered=int((full & ~covered).sum()),
        )
        passed = np.flatnonzero(full & covered)
        for first in range(0, len(passed), _RUNS_PER_CONVERSION):
            columns = passed[first : first + _RUNS_PER_CONVERSION]
            yield TpmBlock(runs=[runs[column] for column in columns], values=_tpm(sums[:, columns], lengths.to_numpy()))


def _sums(path: Path, *, lengths: pd.Series, known: set[str], runs: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Read the columns ``runs``: float64 [genes with a length, runs], and the share of zeros among all genes of each."""
    sums = np.empty((len(lengths), len(runs)))
    zeros = np.zeros(len(runs))
    seen: set[str] = set()
    with gzip.open(path) as file:
        columns = _header(file, known=known)
        while lines := file.readlines(_BYTES_AT_ONCE):
            gene_ids, values = _numbers(lines, columns, runs)
            zeros += (values == 0).sum(axis=0)
            if len(seen) + len(gene_ids) > len(seen := seen | set(gene_ids)):
                raise ValueError("a gene is there twice")
            rows = lengths.index.get_indexer(gene_ids)
            sums[rows[rows >= 0]] = values[rows >= 0]
    missing = [gene for gene in lengths.index if gene not in seen]
    if missing:
        raise ValueError(f"genes are missing: {listed(missing)}")
    return sums, zeros / len(seen)


def _header(file: gzip.GzipFile, *, known: set[str]) -> list[str]:
    line = file.readline()
    while line.startswith(b"#"):
        line = file.readline()
    first, *runs = line.decode().rstrip("\r\n").split("\t")
    if first != "gene_id" or not runs:
        raise ValueError(f"its header begins with {first[:40]!r}, not with gene_id and runs")
    foreign = [run for run in runs if run not in known]
    if foreign:
        raise ValueError(f"it holds runs that are not of this study: {listed(foreign)}")
    if len(set(runs)) < len(runs):
        raise ValueError("a run is there twice")
    return runs


def _numbers(lines: list[bytes], columns: list[str], runs: list[str]) -> tuple[list[str], np.ndarray]:
    """Parse lines of gene sums: the gene ids and the values of ``runs``, float64 [lines, runs]."""
    import pandas as pd

    text = b"".join(lines)
    # Where only some columns are asked for, pandas does not mind how many others there are.
    if text.count(b"\t") != len(lines) * len(columns):
        raise ValueError(f"rows have another number of fields than the {len(columns) + 1} of the header")
    table = pd.read_csv(
        io.BytesIO(text),
        sep="\t",
        header=None,
        names=["gene_id", *columns],
        usecols=["gene_id", *runs],
        index_col=False,
        dtype=dict.fromkeys(runs, np.float64) | {"gene_id": str},
        na_filter=False,
        quoting=3,
        engine="c",
    )
    values = table[runs].to_numpy()
    if not (np.isfinite(values).all() and (values >= 0).all()):
        raise ValueError("a sum is negative or not finite")
    return table["gene_id"].tolist(), values


def _tpm(sums: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Convert sums, float64 [genes, runs], by the package; float32."""
    from biocframe import BiocFrame
    from recount3.se import compute_tpm
    from summarizedexperiment import RangedSummarizedExperiment

    # The package divides by the read length of each run first. It cancels in transcripts per million, so any will do,
    # and the table that holds it need not be fetched.
    experiment = RangedSummarizedExperiment(
        assays={"raw_counts": sums},
        row_data=BiocFrame({"bp_length": lengths.astype(float)}),
        column_data=BiocFrame({"recount_qc.star.average_mapped_length": np.ones(sums.shape[1])}),
    )
    return np.ascontiguousarray(compute_tpm(experiment).to_numpy(), dtype=np.float32)

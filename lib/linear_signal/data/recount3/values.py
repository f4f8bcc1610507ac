"""Transcripts per million of one recount3 study: gene sums read in parts, aligned by gene id, filtered and converted.

A file of gene sums is gzip, UTF-8 text whose lines end with LF or CR LF: lines that begin with ``#``, a header of
``gene_id`` and run accessions, and a line per gene of its id and a sum per run, with tabs between them. Sums are numbers as
in :mod:`~linear_signal.data.number_text`, which holds the rule for all readers. No line is longer than a mebibyte and 64
bytes per run of the study; there are a million genes at most, with 256 bytes and 32 per run on average.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from linear_signal.data.number_text import parse_numbers, why_no_number
from linear_signal.errors import listed

if TYPE_CHECKING:
    import pandas as pd

MOST_ZEROS = 0.75  # Heil et al. 2023, Methods: runs with a larger share of zero genes are taken for single cells
_RUNS_AT_ONCE = 1_000  # 0.5 GB of sums for the 63,856 genes of recount3
_RUNS_PER_CONVERSION = 64
_BYTES_AT_ONCE = 1 << 17
_MOST_BYTES, _BYTES_PER_RUN = 1 << 20, 64
_MOST_COMMENTS = 100
_MOST_GENES = 1_000_000
_BYTES_OF_GENE, _BYTES_OF_SUM = 256, 32


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


def most_bytes(n_runs: int) -> int:
    """Return how many bytes a file of gene sums may unpack to, by the runs of its study."""
    return _MOST_GENES * (_BYTES_OF_GENE + _BYTES_OF_SUM * n_runs)


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

    The package's own reader is not used here: it holds a study three times over, takes more for a number than is one, and
    after any error it reads the file again with a parser that takes minutes.

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
            yield TpmBlock(
                runs=[runs[column] for column in columns],
                values=transcripts_per_million(sums[:, columns], lengths.to_numpy()),
            )


def transcripts_per_million(sums: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Convert coverage sums to transcripts per million, to the last bit as the recount3 package does (``compute_tpm``).

    The package divides by the read length of each run first, which cancels, and brings six packages along for it.

    Args:
        sums: float64 [genes, runs], with some coverage in each run.
        lengths: float64 [genes], bases.

    Returns:
        float32 [genes, runs].

    >>> transcripts_per_million(np.array([[2.0], [9.0]]), np.array([1000.0, 1500.0])).tolist()
    [[250000.0], [750000.0]]
    """
    # In this order of operations; another one may end in another last bit.
    per_kilobase = sums / (lengths / 1000)[:, None]
    return np.ascontiguousarray(per_kilobase / (per_kilobase.sum(axis=0) / 1e6), dtype=np.float32)


def _sums(path: Path, *, lengths: pd.Series, known: set[str], runs: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Read the columns ``runs``: float64 [genes with a length, runs], and the share of zeros among all genes of each."""
    sums = np.empty((len(lengths), len(runs)))
    zeros = np.zeros(len(runs))
    seen: set[str] = set()
    with gzip.open(path) as file:
        header = _header(file, known=known)
        place_of = {run: place for place, run in enumerate(header)}
        columns = np.array([place_of[run] for run in runs], dtype=int)
        for lines in _parts(file, most_of_line=_most_of_line(known)):
            gene_ids, values = _numbers(lines, header)
            values = values[:, columns]
            zeros += (values == 0).sum(axis=0)
            n_before = len(seen)
            seen.update(gene_ids)
            if len(seen) < n_before + len(gene_ids):
                raise ValueError("a gene is there twice")
            if len(seen) > _MOST_GENES:
                raise ValueError(f"it holds more than {_MOST_GENES:,} genes")
            rows = lengths.index.get_indexer(gene_ids)
            sums[rows[rows >= 0]] = values[rows >= 0]
    missing = [gene for gene in lengths.index if gene not in seen]
    if missing:
        raise ValueError(f"genes are missing: {listed(missing)}")
    return sums, zeros / len(seen)


def _most_of_line(known: set[str]) -> int:
    return _MOST_BYTES + _BYTES_PER_RUN * len(known)


def _header(file: gzip.GzipFile, *, known: set[str]) -> list[str]:
    most = _most_of_line(known)
    for _ in range(_MOST_COMMENTS):
        line = file.readline(most + 1)
        if not line.startswith(b"#"):
            break
    first, *runs = line.decode().removesuffix("\n").removesuffix("\r").split("\t")
    if first != "gene_id" or not runs or len(line) > most:
        raise ValueError(f"its header begins with {first[:40]!r}, not with gene_id and runs")
    foreign = [run for run in runs if run not in known]
    if foreign:
        raise ValueError(f"it holds runs that are not of this study: {listed(foreign)}")
    if len(set(runs)) < len(runs):
        raise ValueError("a run is there twice")
    return runs


def _parts(file: gzip.GzipFile, *, most_of_line: int) -> Iterator[list[bytes]]:
    """Yield the lines that are left, without their ends, so many at once that they fill the memory set aside for them."""
    begun = b""
    while part := file.read(_BYTES_AT_ONCE):
        *lines, begun = (begun + part).split(b"\n")
        if len(begun) > most_of_line:
            raise ValueError(f"a line goes on for more than {most_of_line:,} bytes")
        if lines:
            yield lines
    if begun:
        yield [begun]


def _numbers(lines: list[bytes], header: list[str]) -> tuple[list[str], np.ndarray]:
    """Parse lines of gene sums: the gene ids, and the values of all runs, float64 [lines, runs]."""
    gene_ids, texts = [], []
    for line in lines:
        if line.count(b"\t") != len(header):
            raise ValueError(f"rows have another number of fields than the {len(header) + 1} of the header")
        gene, _, text = line.removesuffix(b"\r").partition(b"\t")
        gene_ids.append(gene.decode())
        texts.append(text)
    values = parse_numbers(b"\t".join(texts), np.float64)
    if values is None:
        raise ValueError(_bad_sum(gene_ids, texts, header))
    return gene_ids, values.reshape(-1, len(header))


def _bad_sum(gene_ids: list[str], texts: list[bytes], header: list[str]) -> str:
    for gene, text in zip(gene_ids, texts, strict=True):
        for run, field in zip(header, text.decode(errors="backslashreplace").split("\t"), strict=True):
            wrong = why_no_number(field, np.float64)
            if wrong:
                return f"the sum of gene {gene!r} in run {run!r} {wrong}; it must be a plain number of zero or more"
    return "a sum cannot be read as a number"

"""Two passes over the studies of a recount3 mirror: statistics over all runs, then the chosen genes of labelled ones."""

from __future__ import annotations

import hashlib
import io
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from linear_signal.data.gene_statistics import GeneStatistics
from linear_signal.data.recount3.files import BrokenFileError
from linear_signal.data.recount3.mirror import Recount3Mirror, Result
from linear_signal.data.recount3.values import columns_of, most_bytes, tpm_blocks
from linear_signal.data.scaled_cache import cache_key
from linear_signal.files import read_kept, write_kept
from linear_signal.progress import Progress

if TYPE_CHECKING:
    import pandas as pd

SECONDS_BETWEEN_SAVES = 20.0
SINGLE_CELL = "scrna-seq"
COUNTED = ("listed", "absent", "single_cell", "mostly_zero", "uncovered", "kept")


@dataclass(frozen=True, eq=False, kw_only=True)
class Studies:
    """The studies to read, and how.

    Attributes:
        mirror: where their files come from.
        cache: folder for what an interrupted call goes on with.
        runs: ``study``, ``run`` and ``type`` of all their runs, sorted.
        lengths: bases per gene, by gene id, of the genes that have a length.
        identity: what tells their content from that of others.
        downloads: files fetched at once.
        most_zeros: the largest share of zero genes that a run may have.
    """

    mirror: Recount3Mirror
    cache: Path
    runs: pd.DataFrame
    lengths: pd.Series
    identity: str
    downloads: int
    most_zeros: float


@dataclass(frozen=True, eq=False, kw_only=True)
class FirstPass:
    """What the studies read so far amount to.

    Attributes:
        statistics: of transcripts per million over all runs that were kept, genes in the order of the lengths.
        counts: per study that was read, its runs by what became of them, in the order of :data:`COUNTED`.
        skipped: why the others could not be read.
    """

    statistics: GeneStatistics
    counts: Mapping[str, Sequence[int]]
    skipped: Mapping[str, str] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """Names which studies were read, in 16 hexadecimal digits."""
        return hashlib.sha256("\n".join(sorted(self.counts)).encode()).hexdigest()[:16]


@dataclass(frozen=True, eq=False, kw_only=True)
class ChosenValues:
    """The chosen genes of the wanted runs that passed the filter.

    Attributes:
        runs: run accessions, by study.
        studies: the study of each run.
        scaled: float32 [runs, genes], in [0, 1].
        skipped: why a study could not be read this time.
    """

    runs: list[str]
    studies: list[str]
    scaled: np.ndarray
    skipped: Mapping[str, str]


def first_pass(studies: Studies) -> FirstPass:
    """Read every study once, for minimum, maximum and variance of each gene over all runs that are kept.

    What was read is saved every twenty seconds and at the end, also where an error or a key ends the call; a later call
    goes on from there and tries again what was skipped.
    """
    path = studies.cache / f"recount3-statistics-{cache_key('statistics', studies.identity)}.kept"
    runs_of = dict(iter(studies.runs.groupby("study", sort=True)))
    done = _stored(path)
    if done is None or not set(done.counts) <= set(runs_of):
        done = FirstPass(statistics=GeneStatistics.empty(len(studies.lengths)), counts={})
    missing = [study for study in runs_of if study not in done.counts]
    if not missing:
        return done
    saved, saved_at, skipped = done, time.monotonic(), {}
    try:
        with Progress(len(runs_of), "Reading studies for the scaling", "studies") as progress:
            progress.advance(len(done.counts))
            for study, read in _each(studies, missing, lambda study, path: _summary(path, runs_of[study], studies)):
                if isinstance(read, BrokenFileError):
                    skipped[study] = f"its gene sums: {read}"
                else:
                    done = FirstPass(
                        statistics=done.statistics.merged(read[0]), counts={**done.counts, study: read[1]}, skipped=skipped
                    )
                progress.advance(note=f"{len(skipped)} skipped" if skipped else "")
                if time.monotonic() - saved_at >= SECONDS_BETWEEN_SAVES:
                    _save(path, done)
                    saved, saved_at = done, time.monotonic()
    finally:
        if done is not saved:
            _save(path, done)
    return FirstPass(statistics=done.statistics, counts=done.counts, skipped=skipped)


def second_pass(
    studies: Studies, *, wanted: Mapping[str, Sequence[str]], genes: np.ndarray, statistics: GeneStatistics, pieces: Path
) -> ChosenValues:
    """Read the chosen genes of the wanted runs, and scale them by the statistics of all runs.

    Args:
        studies: where to read.
        wanted: runs by study.
        genes: positions of the chosen genes among the lengths.
        statistics: of all runs that were kept.
        pieces: folder that keeps one file per study that was read, for a call that continues; to be removed by the caller.
    """
    stored = {study: _piece(pieces / f"{study}.kept") for study in sorted(wanted)}
    missing = [study for study, piece in stored.items() if piece is None]
    known_of = {study: set(part) for study, part in studies.runs.groupby("study")["run"]}
    minimum, span = statistics.minimum[genes], (statistics.maximum - statistics.minimum)[genes]
    scaled = np.empty((sum(map(len, wanted.values())), len(genes)), dtype=np.float32)
    runs: list[str] = []
    studies_of_runs: list[str] = []
    skipped: dict[str, str] = {}

    def read_one(study: str, path: Path) -> tuple[list[str], np.ndarray]:
        return _values(path, wanted[study], known_of[study], studies, genes)

    with (
        closing(_each(studies, missing, read_one)) as reading,
        Progress(len(stored), "Reading labelled samples", "studies") as progress,
    ):
        for study, piece in stored.items():
            read = next(reading)[1] if piece is None else piece
            if isinstance(read, BrokenFileError):
                skipped[study] = f"its gene sums, at the second reading: {read}"
            else:
                part = scaled[len(runs) : len(runs) + len(read[0])]
                np.subtract(read[1].T, minimum, out=part)
                part /= np.where(span > 0, span, np.float32(1))
                runs += read[0]
                studies_of_runs += [study] * len(read[0])
                if piece is None:
                    _keep_piece(pieces / f"{study}.kept", *read)
            progress.advance()
    return ChosenValues(runs=runs, studies=studies_of_runs, scaled=scaled[: len(runs)], skipped=skipped)


def _each(
    studies: Studies, names: Sequence[str], parse: Callable[[str, Path], Result]
) -> Iterator[tuple[str, Result | BrokenFileError]]:
    """Yield what ``parse`` makes of the gene sums of each study, in the order of the names, or why it cannot."""
    mirror, n_runs = studies.mirror, studies.runs["study"].value_counts()

    def fetch(study: str) -> None:
        mirror.fetch_gene_sums(study, most_bytes=most_bytes(int(n_runs[study])))

    for study, outcome in mirror.ahead(names, fetch, downloads=studies.downloads):
        read: Result | BrokenFileError
        try:
            read = outcome or mirror.read_gene_sums(study, partial(parse, study))
        except BrokenFileError as error:
            read = error
        yield study, read


def _summary(path: Path, runs: pd.DataFrame, studies: Studies) -> tuple[GeneStatistics, list[int]]:
    """Summarise one study, whose runs are ``run`` and ``type``."""
    known = set(runs["run"])
    columns = columns_of(path, known=known)
    single_cell = set(runs.loc[runs["type"].str.lower() == SINGLE_CELL, "run"])
    wanted = [run for run in columns if run not in single_cell]
    statistics, left_out, n_kept = GeneStatistics.empty(len(studies.lengths)), np.zeros(2, dtype=int), 0
    for block in tpm_blocks(path, lengths=studies.lengths, known=known, wanted=wanted, most_zeros=studies.most_zeros):
        statistics = statistics.merged(GeneStatistics.of(block.values))
        left_out += block.n_mostly_zero, block.n_uncovered
        n_kept += len(block.runs)
    n_absent, n_single_cell = len(known) - len(columns), len(columns) - len(wanted)
    return statistics, [len(known), n_absent, n_single_cell, *left_out.tolist(), n_kept]


def _values(
    path: Path, runs: Sequence[str], known: set[str], studies: Studies, genes: np.ndarray
) -> tuple[list[str], np.ndarray]:
    """Read the chosen genes of one study: runs, and float32 [genes, runs]."""
    there = set(columns_of(path, known=known))
    wanted = [run for run in runs if run in there]
    read = tpm_blocks(path, lengths=studies.lengths, known=known, wanted=wanted, most_zeros=studies.most_zeros)
    blocks = [(block.runs, block.values[genes]) for block in read]
    values = [np.empty((len(genes), 0), dtype=np.float32)] + [part for _, part in blocks]
    return [run for part, _ in blocks for run in part], np.concatenate(values, axis=1)


def _keep_piece(path: Path, runs: list[str], values: np.ndarray) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, runs=np.array(runs, dtype=np.str_), values=values)
    # It only spares a call that continues some work; another reader may have finished, and removed the folder.
    with suppress(OSError):
        write_kept(path, buffer.getvalue(), identity=_piece_identity(path))


def _piece(path: Path) -> tuple[list[str], np.ndarray] | None:
    def parse(content: bytes) -> tuple[list[str], np.ndarray]:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            return file["runs"].tolist(), file["values"]

    return read_kept(path, parse, identity=_piece_identity(path))


def _piece_identity(path: Path) -> str:
    return f"values of {path.stem}, {path.parent.name}"


def _save(path: Path, done: FirstPass) -> None:
    head = json.dumps({name: list(counts) for name, counts in done.counts.items()}).encode()
    write_kept(path, head + b"\n" + done.statistics.to_bytes(), identity=_statistics_identity(path))


def _stored(path: Path) -> FirstPass | None:
    def parse(content: bytes) -> FirstPass:
        head, _, rest = content.partition(b"\n")
        return FirstPass(statistics=GeneStatistics.from_bytes(rest), counts=json.loads(head))

    return read_kept(path, parse, identity=_statistics_identity(path))


def _statistics_identity(path: Path) -> str:
    return f"statistics of genes {path.stem}"

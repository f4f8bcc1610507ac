"""Recount3: labelled human samples of a mirror, scaled over all samples that were kept, as tables and as datasets."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from linear_signal.data.preprocessing import ScaledGenes
from linear_signal.data.recount3.mirror import Recount3Mirror
from linear_signal.data.recount3.passes import COUNTED, FirstPass, Studies, first_pass, second_pass
from linear_signal.data.recount3.report import Recount3Report
from linear_signal.data.recount3.scope import Opened, digest, labelled_runs, open_mirror, reasons
from linear_signal.data.recount3.sex_labels import SEX_GENES, SexLabels
from linear_signal.data.recount3.values import MOST_ZEROS
from linear_signal.data.scaled_cache import cache_key, read_scaled, write_scaled
from linear_signal.errors import InputError
from linear_signal.files import disk_errors

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, kw_only=True)
class Recount3Table:
    """Labelled samples of recount3.

    Attributes:
        genes: the most variable genes; scaling and variance are of all kept samples in scope, labelled or not.
        markers: the genes asked for besides, whatever their variance.
        sample_ids: run accessions, sorted by study and run.
        studies: study accession of each sample.
        tissues: curated tissue as written; ``""`` where none.
        sexes: ``"female"``, ``"male"`` or ``""``.
        report: what was read, dropped and skipped.
    """

    genes: ScaledGenes
    markers: ScaledGenes
    sample_ids: np.ndarray
    studies: np.ndarray
    tissues: np.ndarray
    sexes: np.ndarray
    report: Recount3Report


def read_recount3(
    mirror: str | Path | Recount3Mirror,
    cache: Path,
    *,
    scope: str = "labelled",
    n_genes: int = 5000,
    downloads: int = 8,
    sex_labels: SexLabels | None = None,
    most_zeros: float = MOST_ZEROS,
    also: Sequence[str] = tuple(SEX_GENES),
) -> Recount3Table:
    """Read the labelled samples of a recount3 mirror as Heil et al. 2023 did, a study at a time.

    Runs with more than 75 % zero genes and those that recount3 takes for single cells are dropped; the others are
    converted to transcripts per million with the lengths of the annotation. Minimum, maximum and variance of each gene
    over all of them give the scaling to [0, 1] and the most variable genes, by the variance of the scaled values. The
    result depends neither on the order in which studies arrive nor on interruptions. Memory holds one study, in parts
    of a thousand runs, and the kept genes of the labelled samples.

    An interrupted call continues. A study that cannot be read is skipped, named and counted in the report, and tried
    again by the next call.

    Args:
        mirror: address or folder (:class:`~linear_signal.data.recount3.mirror.Recount3Mirror`).
        cache: folder for downloads, for what an interrupted call goes on with, and for the result.
        scope: "labelled" reads the studies with at least one run that has a tissue or, where ``sex_labels`` are given, a
            sex; "all" reads all, which gives the same samples scaled over more.
        n_genes: genes to keep by scaled variance.
        downloads: files fetched at once.
        sex_labels: sex by run.
        most_zeros: the largest share of zero genes that a run may have (the paper: 0.75).
        also: gene ids to keep besides, with or without version.

    Raises:
        InputError: a parameter is out of range, the mirror cannot be used or stops answering, or no sample has a label.
    """
    if n_genes < 1:
        raise InputError(f"n_genes is {n_genes}; at least one gene must be kept (the paper keeps 5,000).")
    settings = {"scope": scope, "downloads": downloads, "sex_labels": sex_labels, "most_zeros": most_zeros}
    with disk_errors():
        return _read(open_mirror(mirror, Path(cache), **settings), sex_labels, scope=scope, n_genes=n_genes, also=also)


def _read(opened: Opened, sex_labels: SexLabels | None, *, scope: str, n_genes: int, also: Sequence[str]) -> Recount3Table:
    wanted = labelled_runs(opened, sex_labels)
    first = _first_pass(opened)
    lengths = opened.studies.lengths
    markers, absent = _positions(lengths.index, also)
    chosen = first.statistics.most_variable(n_genes)
    genes, marked, runs, skipped = _chosen_genes(opened.studies, first, wanted, chosen, markers, n_genes)
    labels = opened.labels.set_index("run").loc[runs]
    report = Recount3Report.of(
        opened.labels,
        first,
        scope=scope,
        n_listed=opened.n_listed,
        n_untold=opened.n_untold,
        skipped=opened.unlabelled | dict(first.skipped) | skipped,
        n_labelled=sum(map(len, wanted.values())),
        n_samples=len(runs),
        most_zeros=opened.studies.most_zeros,
        genes=(len(opened.genes), len(lengths), len(chosen)),
        absent_markers=absent,
    )
    return Recount3Table(
        genes=genes,
        markers=marked,
        sample_ids=np.array(runs),
        studies=labels["study"].to_numpy().astype(str),
        tissues=labels["tissue"].to_numpy().astype(str),
        sexes=labels["sex"].to_numpy().astype(str),
        report=report,
    )


def recount3_statistics(
    mirror: str | Path | Recount3Mirror,
    cache: Path,
    *,
    scope: str = "all",
    downloads: int = 8,
    sex_labels: SexLabels | None = None,
    most_zeros: float = MOST_ZEROS,
) -> tuple[pd.DataFrame, Recount3Report]:
    """Read the studies in scope for their statistics alone, which needs no labels where the scope is "all".

    Returns:
        A row per gene with a length, with ``gene_id``, ``gene_name``, ``bp_length``, and ``minimum``, ``maximum``,
        ``mean``, ``variance`` in transcripts per million and ``scaled_variance``; and the report.

    Raises:
        InputError: as :func:`read_recount3`.
    """
    settings = {"scope": scope, "downloads": downloads, "sex_labels": sex_labels, "most_zeros": most_zeros}
    with disk_errors():
        opened = open_mirror(mirror, Path(cache), **settings)
        first = _first_pass(opened)
    report = Recount3Report.of(
        opened.labels,
        first,
        scope=scope,
        n_listed=opened.n_listed,
        n_untold=opened.n_untold,
        skipped=opened.unlabelled | dict(first.skipped),
        most_zeros=most_zeros,
        genes=(len(opened.genes), len(opened.studies.lengths), 0),
    )
    return _gene_table(opened, first), report


def _first_pass(opened: Opened) -> FirstPass:
    first = first_pass(opened.studies)
    if not first.statistics.n_samples:
        skipped = opened.unlabelled | dict(first.skipped)
        n_zero, n_uncovered = (
            sum(counts[COUNTED.index(name)] for counts in first.counts.values()) for name in ("mostly_zero", "uncovered")
        )
        raise InputError(
            f"No sample of {opened.studies.mirror.address} was kept. {n_zero:,} have more zero genes than most_zeros="
            f"{opened.studies.most_zeros} allows, {n_uncovered:,} no coverage on any of the {len(opened.studies.lengths):,} "
            "genes that the annotation gives a length." + (f" Studies skipped: {reasons(skipped)}." if skipped else "")
        )
    return first


def _positions(gene_ids: pd.Index, also: Sequence[str]) -> tuple[np.ndarray, list[str]]:
    """Find genes by id, with or without version: their positions, in order, and those that are not there."""
    position_of = {gene.split(".")[0]: position for position, gene in reversed(list(enumerate(gene_ids)))}
    position_of |= {gene: position for position, gene in enumerate(gene_ids)}
    found = {gene: position_of.get(gene, position_of.get(gene.split(".")[0])) for gene in also}
    positions = sorted({position for position in found.values() if position is not None})
    return np.array(positions, dtype=int), [gene for gene, position in found.items() if position is None]


def _chosen_genes(
    studies: Studies,
    first: FirstPass,
    wanted: dict[str, list[str]],
    chosen: np.ndarray,
    markers: np.ndarray,
    n_genes: int,
) -> tuple[ScaledGenes, ScaledGenes, list[str], dict[str, str]]:
    """Take chosen genes and markers from the cache, or read them and put them there; also their runs, and who is missing."""
    readable = {study: runs for study, runs in wanted.items() if study in first.counts}
    key = cache_key(studies.identity, first.fingerprint, n_genes, digest(markers.tolist()), digest(readable))
    parts = {"-markers": markers, "": chosen} if len(markers) else {"": chosen}
    paths = [studies.cache / f"recount3-{key}{part}.kept" for part in parts]
    stored = [read_scaled(path, key=key) for path in paths]
    if all(stored):
        genes, extra = stored[-1]
        return genes, stored[0][0] if len(markers) else _without_genes(genes), extra["samples"], {}
    positions = np.union1d(chosen, markers)
    pieces = studies.cache / f"recount3-pieces-{cache_key(key, digest(positions.tolist()))}"
    values = second_pass(studies, wanted=readable, genes=positions, statistics=first.statistics, pieces=pieces)
    if not values.runs:
        raise InputError(
            f"None of the {sum(map(len, wanted.values())):,} labelled samples passed the filters or could be read."
        )
    scaled = [_scaled(studies, first, values.scaled, positions, part) for part in parts.values()]
    if not values.skipped:  # otherwise the next call goes on from the pieces
        for path, part in zip(paths, scaled, strict=True):
            write_scaled(path, part, key=key, extra={"samples": values.runs, "studies": values.studies})
        shutil.rmtree(pieces, ignore_errors=True)
    marked = scaled[0] if len(markers) else _without_genes(scaled[-1])
    return scaled[-1], marked, values.runs, dict(values.skipped)


def _scaled(studies: Studies, first: FirstPass, values: np.ndarray, positions: np.ndarray, part: np.ndarray) -> ScaledGenes:
    statistics = first.statistics
    return ScaledGenes(
        gene_ids=studies.lengths.index.to_numpy()[part].astype(str),
        expression=np.ascontiguousarray(values[:, np.searchsorted(positions, part)]),
        minimum=statistics.minimum[part],
        maximum=statistics.maximum[part],
        variance=statistics.scaled_variance()[part],
        n_seen=len(studies.lengths),
    )


def _without_genes(genes: ScaledGenes) -> ScaledGenes:
    arrays = {name: getattr(genes, name)[:0] for name in ("gene_ids", "minimum", "maximum", "variance")}
    return replace(genes, expression=genes.expression[:, :0], **arrays)


def _gene_table(opened: Opened, first: FirstPass) -> pd.DataFrame:
    statistics = first.statistics
    table = opened.genes.set_index("gene_id").loc[opened.studies.lengths.index].reset_index()
    return table.assign(
        minimum=statistics.minimum,
        maximum=statistics.maximum,
        mean=statistics.mean,
        variance=statistics.variance(),
        scaled_variance=statistics.scaled_variance(),
    )

"""Genuine loci of Roadmap Epigenomics as tables: genes with their expression, and pilot loci with their marks.

No sequence comes with them. In its place every locus has a **random code**, numbers that are the same in every cell type and
hold no biology at all: what a model makes of them is memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from linear_signal.data.roadmap.download import download_roadmap_expression, expression_damage
from linear_signal.data.roadmap.expression import read_expression
from linear_signal.data.roadmap.gene_positions import read_gene_positions
from linear_signal.data.roadmap.pilot import read_pilot
from linear_signal.data.roadmap.sizes import CELL_TYPES, GENES_BY_CHROMOSOME
from linear_signal.errors import InputError, unknown
from linear_signal.seeds import generator
from linear_signal.studies.schreiber2020.loci import LociTable

AUTOSOMES = tuple(f"chr{number}" for number in range(1, 23))
# What is in the expression table beside cell types: human reference RNA, a mixture of cell lines.
REFERENCE = "E000"
# The embryonic stem cell lines, H1, HUES64 and ES-UCSF4; each one's relatives, the nearest first.
RELATIVES = {"E003": ("E024", "E016"), "E016": ("E024", "E003"), "E024": ("E003", "E016")}
PILOT_LABEL = "H3K4me3"
# What is added to RPKM before its logarithm is taken: well below the threshold, and above what is noise.
_NOTHING = 0.1
_PILOT_BLOCKS = 20
_PILOT_JUDGED = 3


def random_codes(n_loci: int, n_numbers: int, *, name: str, seed: int = 0) -> np.ndarray:
    """Draw a code for every locus: standard normal numbers, float32 [loci, numbers].

    Args:
        n_loci: how many codes.
        n_numbers: numbers per code.
        name: of the table they are for, part of the seed.
        seed: the same seed gives the same codes.
    """
    if n_numbers < 1:
        raise InputError(f"A code has {n_numbers} numbers; at least one is needed.")
    return generator("random codes", name, n_numbers, seed).standard_normal((n_loci, n_numbers), dtype=np.float32)


def open_expression(
    *,
    folder: Path | str,
    rpkm_file: Path | str = "",
    genes_file: Path | str = "",
    threshold: float = 0.5,
    n_numbers: int = 64,
    seed: int = 0,
    sizes_only: bool = False,
) -> LociTable:
    """Get the expression of autosomal genes, from two files or from the public addresses.

    A gene is active where its RPKM is above ``threshold``; its activity is the logarithm of RPKM + 0.1. Genes on other
    chromosomes than chr1 to chr22 are left out, as are those without a chromosome; ``notes`` counts them.

    Args:
        folder: where a download goes.
        rpkm_file: ``57epigenomes.RPKM.pc.gz``; without the two files they are downloaded.
        genes_file: a table of :mod:`~linear_signal.data.roadmap.gene_positions`.
        threshold: of RPKM (the paper: 0.5).
        n_numbers, seed: of the random codes.
        sizes_only: download nothing: in its place a table of the same sizes without values is returned.

    Returns:
        Table without marks, genes in the order of the file.

    Raises:
        InputError: one of the two files without the other, or what the readers and the download refuse.
    """
    given = [str(file) for file in (rpkm_file, genes_file) if str(file)]
    if len(given) == 1:
        raise InputError(
            f"Only {given[0]} was named; name both rpkm_file and genes_file, or neither, to have them downloaded."
        )
    if given:
        expression_path, genes_path = (Path(file).expanduser() for file in given)
    elif sizes_only:
        return _sizes(n_numbers)
    else:
        expression_path, genes_path = download_roadmap_expression(Path(folder).expanduser() / "roadmap")
    return expression_table(expression_path, genes_path, threshold=threshold, n_numbers=n_numbers, seed=seed)


def expression_table(
    expression: Path, genes: Path, *, threshold: float = 0.5, n_numbers: int = 64, seed: int = 0
) -> LociTable:
    """Make the table of :func:`open_expression` from two files."""
    table, positions = read_expression(expression), read_gene_positions(genes)
    chromosomes = np.array([positions.chromosomes.get(gene.partition(".")[0], "") for gene in table.gene_ids.tolist()])
    kept = np.isin(chromosomes, AUTOSOMES)
    if not kept.any():
        raise InputError(
            f"None of the {len(kept):,} genes of {expression} lies on chr1 to chr22 by {genes}; genes are called "
            f"{str(table.gene_ids[0])!r} in the first and {next(iter(positions.chromosomes))!r} in the second."
        )
    columns = [place for place, name in enumerate(table.cell_types) if name != REFERENCE]
    cell_types = tuple(table.cell_types[place] for place in columns)
    rpkm = table.rpkm[np.ix_(kept, columns)]
    n_lost, n_other = int((chromosomes == "").sum()), int((~kept & (chromosomes != "")).sum())
    damage = expression_damage(expression)
    return LociTable(
        name="Roadmap expression" if damage is None else "your expression",
        source=(
            f"RPKM of protein-coding genes, {expression.name}, "
            + ("the published file by its SHA-256" if damage is None else "which is not the published file by its SHA-256")
        ),
        synthetic=False,
        task="expression",
        loci=table.gene_ids[kept],
        chromosomes=chromosomes[kept],
        cell_types=cell_types,
        labels=rpkm > threshold,
        activity=np.log(rpkm + _NOTHING),
        signal=np.empty((*rpkm.shape, 0), dtype=np.float32),
        marks=(),
        constant=random_codes(len(rpkm), n_numbers, name="Roadmap expression", seed=seed),
        relatives={
            one: tuple(other for other in others if other in cell_types)
            for one, others in RELATIVES.items()
            if one in cell_types
        },
        notes=(
            f"{len(kept):,} genes were read. Left out: {n_lost:,} without a chromosome in {genes.name}, {n_other:,} on sex "
            f"chromosomes or the mitochondrial one, and {table.n_repeated:,} lines that named a gene again.",
            f"The constant input is a random code of {n_numbers} numbers per gene, with no biology in it.",
        ),
    )


def _sizes(n_numbers: int) -> LociTable:
    """Make a table of the published sizes in which half of the loci are active, and nothing can be learnt."""
    chromosomes = np.repeat(list(GENES_BY_CHROMOSOME), list(GENES_BY_CHROMOSOME.values()))
    shape = (len(chromosomes), len(CELL_TYPES))
    return LociTable(
        name="Roadmap expression",
        source="Roadmap expression in sizes alone",
        synthetic=True,
        task="expression",
        loci=np.array([f"gene {number}" for number in range(len(chromosomes))]),
        chromosomes=chromosomes,
        cell_types=CELL_TYPES,
        labels=np.broadcast_to(np.arange(len(chromosomes))[:, None] % 2 == 0, shape),
        # Memory that was never written to costs nothing.
        activity=np.zeros(shape, dtype=np.float32),
        signal=np.empty((*shape, 0), dtype=np.float32),
        marks=(),
        constant=np.zeros((len(chromosomes), n_numbers), dtype=np.float32),
        relatives=RELATIVES,
    )


def pilot_table(
    path: Path | str,
    *,
    threshold: float = 1.5,
    inactive_share: float = 0.25,
    chosen_by: Sequence[str] = (),
    n_numbers: int = 64,
    seed: int = 0,
) -> LociTable:
    """Make a table of one-kb loci: active where H3K4me3 is above ``threshold``; the signal is that of the other marks.

    Few loci are active in any cell type: those that are in one of ``chosen_by`` are kept, and ``inactive_share`` of the
    others, at random. The loci are cut into twenty blocks of neighbours, which stand for chromosomes: the first three are
    called chr1, on which two schemes judge, the fourth is chr2, and so on to chr18.

    Args:
        path: ``.npz`` (:mod:`~linear_signal.data.roadmap.pilot`).
        threshold: of the signal of H3K4me3.
        inactive_share: of the loci that are active nowhere.
        chosen_by: cell types; all where none is named. With the target among them, the loci that are judged were chosen
            knowing their labels: name the training cell types alone for a strict version.
        n_numbers: of the random codes.
        seed: of the random codes, and of the choice of loci.

    Raises:
        InputError: what the reader refuses, a share out of range, or a name that the file lacks.
    """
    pilot = read_pilot(Path(path).expanduser())
    if not 0 <= inactive_share <= 1:
        raise InputError(f"inactive_share is {inactive_share}; a share from 0 to 1 is needed.")
    if PILOT_LABEL not in pilot.marks:
        raise unknown(f"mark of {Path(path).name}", PILOT_LABEL, pilot.marks)
    for name in chosen_by:
        if name not in pilot.cell_types:
            raise unknown(f"cell type of {Path(path).name}", name, pilot.cell_types)
    label = pilot.marks.index(PILOT_LABEL)
    activity = pilot.values[:, :, label]
    choosing = [pilot.cell_types.index(name) for name in chosen_by or pilot.cell_types]
    anywhere = (activity[:, choosing] > threshold).any(axis=1)
    kept = anywhere | (generator("pilot loci", len(activity), seed).random(len(activity)) < inactive_share)
    block = np.arange(len(activity)) * _PILOT_BLOCKS // len(activity)
    number = np.maximum(block - _PILOT_JUDGED + 2, 1)
    others = [place for place in range(len(pilot.marks)) if place != label]
    return LociTable(
        name="Roadmap pilot",
        source=f"Signal of Roadmap Epigenomics at one-kb loci, {Path(path).name}",
        synthetic=False,
        task="promoter mark",
        loci=np.array([f"locus {place}" for place in np.flatnonzero(kept)]),
        chromosomes=np.array([f"chr{each}" for each in number[kept]]),
        cell_types=pilot.cell_types,
        labels=activity[kept] > threshold,
        activity=activity[kept],
        signal=pilot.values[kept][:, :, others],
        marks=tuple(pilot.marks[place] for place in others),
        constant=random_codes(int(kept.sum()), n_numbers, name="Roadmap pilot", seed=seed),
        notes=(
            f"Of {len(kept):,} loci the {int(anywhere.sum()):,} were kept that are active in one of "
            f"{', '.join(chosen_by or pilot.cell_types)}, and {inactive_share:.0%} of the others.",
            "Chromosomes are blocks of neighbouring loci; the first three of twenty are called chr1.",
            f"The constant input is a random code of {n_numbers} numbers per locus, with no biology in it.",
        ),
    )

"""Synthetic files in recount3's layout, with sex labels in the format of Flynn et al.: no person's data, all made up.

What is in them: some 240 studies of nine common and two rare tissues, most of one tissue, of uneven size, each with its
own batch effect; runs without a label, labels in several spellings, single cells, two studies with broken files. The genes
are those of the other miniature (``synthetic_genes``): the linear programs tell tissues apart, but each study shows them
in its own way, so that a study is easier to recognise than a tissue; the non-linear ones leave class means equal. The sex
genes have their genuine ids; a few of the sex labels are wrong.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from linear_signal.data.made_up.genes import SyntheticGenes, draw_genes
from linear_signal.data.made_up.recount3_tree import StudyFiles, gene_sums_path, write_gene_sums, write_recount3_tree
from linear_signal.data.made_up.sex_labels import sex_table
from linear_signal.data.made_up.stamp import is_written, stamp, version_of
from linear_signal.data.made_up.studies import SyntheticStudies, draw_studies
from linear_signal.data.recount3.sex_labels import FILE_NAME
from linear_signal.files import alone, clear_abandoned, disk_errors, temporary_name, write_whole
from linear_signal.seeds import generator

if TYPE_CHECKING:
    import pandas as pd

BROKEN_OFF, OTHER_RUNS = "SRP998801", "SRP998802"  # gene sums cut short, and gene sums of runs of another study
_BROKEN_RUNS = 6
_WITHOUT_LENGTH = 3
_MIRROR = "synthetic_mirror"
# Whatever decides the bytes, beside the arguments.
_WRITTEN_BY = (
    *(
        "files.py",
        "seeds.py",
        "data/made_up/recount3_miniature.py",
        "data/made_up/recount3_tree.py",
        "data/made_up/stamp.py",
    ),
    *("data/made_up/genes.py", "data/made_up/sex_labels.py", "data/made_up/studies.py"),
)
_README = """\
Synthetic data: nothing here was measured on people. A small mirror in the layout of recount3 (human), and sex labels in
the format of Flynn, Chang & Altman 2021 (BMC Bioinformatics 22:168). All accessions are invented.
"""


@dataclass(frozen=True, kw_only=True)
class Recount3Miniature:
    """Where the files are.

    Attributes:
        mirror: root of the mirror.
        sex_labels: table of sex labels, for :func:`linear_signal.data.recount3.sex_labels.read_sex_labels`.
    """

    mirror: Path
    sex_labels: Path


def write_recount3_miniature(folder: Path, *, n_genes: int = 400, seed: int = 0) -> Recount3Miniature:
    """Write a synthetic recount3 mirror and a table of sex labels to ``folder``.

    The same arguments give the same bytes. Where this very version of the code has written them before, and all files are
    there as they were, they are left alone and keep their times.

    Args:
        folder: made where needed.
        n_genes: genes of the annotation; three of them have no length.
        seed: seed of everything random. The miniature of GTEx with the same ``n_genes`` and ``seed`` has the same genes.

    Raises:
        InputError: fewer than 100 genes, a full disk, or a folder that cannot be written.
    """
    folder = Path(folder)
    files = Recount3Miniature(mirror=folder / _MIRROR, sex_labels=folder / FILE_NAME)
    version = version_of(_WRITTEN_BY, n_genes, seed)
    if is_written(folder, version):
        return files
    aside = temporary_name(folder)
    with disk_errors(), alone(folder, doing="writing"):
        clear_abandoned(folder.parent)
        try:
            if not is_written(folder, version):  # by another process meanwhile
                # Made aside and moved in whole: what is killed on the way leaves no half of it.
                _write(aside / "new", version, n_genes, seed)
                if folder.exists():
                    folder.rename(aside / "old")
                (aside / "new").rename(folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    return files


def _write(folder: Path, version: str, n_genes: int, seed: int) -> None:
    genes = draw_genes(n_genes, seed=seed)
    studies = draw_studies(genes, seed=seed)
    broken = _broken_studies(genes, seed)
    write_recount3_tree(folder / _MIRROR, genes=_annotation(genes), studies=[*_study_files(studies), *broken])
    _break(folder / _MIRROR, genes, broken)
    write_whole(folder / FILE_NAME, sex_table(studies, seed=seed).encode())
    write_whole(folder / "README.txt", _README.encode())
    stamp(folder, version, (path for path in folder.rglob("*") if path.is_file()))


def _annotation(genes: SyntheticGenes) -> pd.DataFrame:
    import pandas as pd

    lengths = genes.lengths.astype(float)
    # Of genes that are never expressed: no role of a gene hangs on them.
    lengths[np.flatnonzero(genes.levels == 0)[:_WITHOUT_LENGTH]] = np.nan
    return pd.DataFrame({"gene_id": genes.ids, "gene_name": genes.names, "bp_length": lengths, "seqname": genes.chromosomes})


def _study_files(studies: SyntheticStudies) -> list[StudyFiles]:
    files = []
    for number, accession in enumerate(studies.accessions):
        runs = np.flatnonzero(studies.study == number)
        files.append(
            StudyFiles(
                accession=accession,
                runs=[studies.runs[run] for run in runs],
                gene_sums=studies.gene_sums[:, runs],
                curated_tissue=[studies.labels[run] for run in runs],
                predicted_type=[studies.types[run] for run in runs],
                sample_accessions=[studies.sample_accessions[run] for run in runs],
            )
        )
    return files


def _broken_studies(genes: SyntheticGenes, seed: int) -> list[StudyFiles]:
    """Make two studies of the brain, whose values nobody will read."""
    random = generator("recount3 miniature", "broken studies", seed)
    return [
        StudyFiles(
            accession=accession,
            runs=[f"SRR{accession[3:]}{number:02d}" for number in range(_BROKEN_RUNS)],
            gene_sums=random.integers(0, 10**6, (len(genes.ids), _BROKEN_RUNS)),
            curated_tissue=["brain"] * _BROKEN_RUNS,
            predicted_type=["rna-seq"] * _BROKEN_RUNS,
            sample_accessions=[f"SRS{accession[3:]}{number:02d}" for number in range(_BROKEN_RUNS)],
        )
        for accession in (BROKEN_OFF, OTHER_RUNS)
    ]


def _break(mirror: Path, genes: SyntheticGenes, broken: list[StudyFiles]) -> None:
    """Cut the gene sums of the first, as a lost connection does, and put other runs into those of the second."""
    first, second = (gene_sums_path(mirror, study.accession) for study in broken)
    content = first.read_bytes()
    write_whole(first, content[: 2 * len(content) // 3])
    write_gene_sums(second, genes.ids, [f"{run}0" for run in broken[1].runs], broken[1].gene_sums)

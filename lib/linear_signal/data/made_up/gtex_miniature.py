"""Synthetic files in the genuine GTEx formats: no person's data, made up so that the chapters run without a download.

What is in them: eight tissues, of donors who gave several samples each; genes with a linear program (raised in some
tissues), which removing class means takes away; genes with non-linear programs (in some tissues switched up or down, per
sample and with equal probability, and quiet in the others), which it leaves; genes that tell the donor's sex. Gene
names that start with SYNTH are invented; the few real ones are those of the sex genes.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from linear_signal.data.made_up.genes import PROGRAMS, SyntheticGenes, draw_genes
from linear_signal.data.made_up.stamp import is_written, stamp, version_of
from linear_signal.errors import InputError
from linear_signal.files import alone, disk_errors, write_whole
from linear_signal.seeds import generator

TISSUES = {
    "Blood": ("Whole Blood", "Cells - EBV-transformed lymphocytes"),
    "Brain": ("Brain - Cortex", "Brain - Cerebellum"),
    "Skin": ("Skin - Sun Exposed (Lower leg)", "Skin - Not Sun Exposed (Suprapubic)"),
    "Esophagus": ("Esophagus - Mucosa", "Esophagus - Muscularis"),
    "Blood Vessel": ("Artery - Tibial", "Artery - Aorta"),
    "Adipose Tissue": ("Adipose - Subcutaneous", "Adipose - Visceral (Omentum)"),
    "Muscle": ("Muscle - Skeletal",),
    "Heart": ("Heart - Left Ventricle", "Heart - Atrial Appendage"),
}
EXPRESSION_FILE = "synthetic_gtex_miniature_gene_tpm.gct.gz"
ATTRIBUTES_FILE = "synthetic_gtex_miniature_SampleAttributesDS.txt"

# Whatever decides the bytes, beside the arguments.
_WRITTEN_BY = ("files.py", "seeds.py", "data/made_up/gtex_miniature.py", "data/made_up/genes.py", "data/made_up/stamp.py")
_GIVEN = 0.72  # share of the sites at which a donor's sample was taken
_FEMALE = 0.35  # as in GTEx, about two donors of three are male
_UNLABELLED = 4  # samples with an empty tissue, and
_UNLISTED = 2  # samples missing from the attributes: both must be dropped and counted
_DONOR, _SAMPLE = 0.1, 0.15  # spread (of the logarithm) between donors, and between samples of one donor
_READS = 4_000_000
_CODE = np.array(list("ABCDEFGHJKLMNPQRSTUVWXYZ123456789"))


@dataclass(frozen=True, kw_only=True)
class _Samples:
    ids: list[str]
    labels: list[str]
    tissues: np.ndarray
    details: list[str]
    donors: np.ndarray
    female: np.ndarray


def write_gtex_miniature(folder: Path, *, n_donors: int = 72, n_genes: int = 400, seed: int = 0) -> tuple[Path, Path]:
    """Write synthetic expression (GCT 1.2, gzip) and sample attributes to ``folder``.

    The same arguments give the same bytes. Where this very version of the code has written them before, and they are as
    they were, they are left alone; otherwise each is replaced in one step.

    Args:
        folder: made where needed.
        n_donors: donors; each gives about eleven samples.
        n_genes: genes in transcripts per million; what they do is drawn by ``synthetic_genes``.
        seed: seed of everything random.

    Returns:
        Paths of the expression file and of the attributes table, for :func:`linear_signal.data.gtex.datasets.load_gtex`.

    Raises:
        InputError: fewer than 5 donors or fewer than 100 genes, a full disk, or a folder that cannot be written.
    """
    if n_donors < 5 or n_genes < 100:
        raise InputError(f"{n_donors} donors and {n_genes} genes; a miniature needs at least 5 and 100.")
    folder = Path(folder)
    expression, attributes = folder / EXPRESSION_FILE, folder / ATTRIBUTES_FILE
    version = version_of(_WRITTEN_BY, n_donors, n_genes, seed)
    with disk_errors():
        if not is_written(folder, version):
            with alone(folder, doing="writing"):
                if not is_written(folder, version):  # by another process meanwhile
                    _write(folder, version, n_donors, n_genes, seed)
    return expression, attributes


def _write(folder: Path, version: str, n_donors: int, n_genes: int, seed: int) -> None:
    samples = _draw_samples(n_donors, seed)
    genes = draw_genes(n_genes, seed=seed)
    tpm = _draw_expression(samples, genes, seed)
    header = "\t".join(["Name", "Description", *samples.ids])
    lines = ["#1.2", f"{n_genes}\t{len(samples.ids)}", header]
    rows = zip(genes.ids, genes.names, tpm, strict=True)
    lines += ["\t".join([gene, name, *map(_number, row)]) for gene, name, row in rows]
    expression, attributes = folder / EXPRESSION_FILE, folder / ATTRIBUTES_FILE
    # The time in a gzip header would make every file another one.
    write_whole(expression, gzip.compress(("\n".join(lines) + "\n").encode(), 6, mtime=0))
    write_whole(attributes, _attributes(samples, seed).encode())
    stamp(folder, version, (expression, attributes))


def _draw_samples(n_donors: int, seed: int) -> _Samples:
    random = generator("gtex miniature", "samples", seed)
    sites = [(tissue, detail) for tissue, details in TISSUES.items() for detail in details]
    codes = _codes(random, n_donors, length=4)
    female = random.random(n_donors) < _FEMALE
    given = random.random((n_donors, len(sites))) < _GIVEN
    donors, where = np.nonzero(given)
    tubes = _codes(random, len(donors), length=5)
    return _Samples(
        ids=[
            f"GTEX-1{codes[donor]}-{site + 1:02d}26-SM-{tube}"
            for donor, site, tube in zip(donors, where, tubes, strict=True)
        ],
        labels=[sites[site][0] for site in where],
        tissues=np.array([list(PROGRAMS).index(sites[site][0].lower()) for site in where]),
        details=[sites[site][1] for site in where],
        donors=donors,
        female=female[donors],
    )


def _draw_expression(samples: _Samples, genes: SyntheticGenes, seed: int) -> np.ndarray:
    """Draw transcripts per million, float64 [genes, samples]."""
    random = generator("gtex miniature", "expression", seed)
    shown = np.eye(len(PROGRAMS))[samples.tissues]
    levels = genes.levels[:, None] * genes.linear_folds(shown) * genes.sex_factors(samples.female)
    levels *= genes.draw_switches(random, samples.tissues) * genes.draw_bursts(random, len(samples.ids))
    donor_effect = random.normal(0, _DONOR, (len(genes.ids), samples.donors.max() + 1))[:, samples.donors]
    levels *= np.exp(donor_effect + random.normal(0, _SAMPLE, levels.shape))
    return _counted(random, levels, genes.lengths[:, None] / 1000)


def _counted(random: np.random.Generator, levels: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Sequence the transcripts: Poisson counts at a library size per sample, then transcripts per million."""
    share = levels * lengths / (levels * lengths).sum(axis=0)
    reads = _READS * random.lognormal(0, 0.2, levels.shape[1])
    per_length = random.poisson(share * reads) / lengths
    return per_length / per_length.sum(axis=0) * 1e6


def _attributes(samples: _Samples, seed: int) -> str:
    random = generator("gtex miniature", "attributes", seed)
    odd = random.permutation(len(samples.ids))[: _UNLABELLED + _UNLISTED]
    unlabelled, unlisted = set(odd[:_UNLABELLED].tolist()), set(odd[_UNLABELLED:].tolist())
    lines = ["SAMPID\tSMRIN\tSMTS\tSMTSD"]
    for row, (sample, tissue, detail) in enumerate(zip(samples.ids, samples.labels, samples.details, strict=True)):
        label = "\t" if row in unlabelled else f"{tissue}\t{detail}"
        if row not in unlisted:
            lines.append(f"{sample}\t{random.uniform(5.5, 9.5):.1f}\t{label}")
    # As in the genuine table, a cell line without expression data.
    lines.append("K-562-SM-SYNTH\t9.0\tBone Marrow\tCells - Leukemia cell line (CML)")
    return "\n".join(lines) + "\n"


def _codes(random: np.random.Generator, n: int, *, length: int) -> list[str]:
    codes: dict[str, None] = {}
    while len(codes) < n:
        codes["".join(random.choice(_CODE, length))] = None
    return list(codes)


def _number(value: float) -> str:
    # Four significant digits, as GTEx prints them.
    return f"{float(f'{value:.4g}'):.10g}"

"""Synthetic files in the genuine GTEx formats: no person's data, made up so that the chapters run without a download.

What is in them: eight tissues, of donors who gave several samples each; genes with a linear program (shifted in one
tissue), which removing class means takes away; genes with non-linear programs (in some tissues switched up or down, per
sample and with equal probability, and quiet in the others), which it leaves; genes that tell the donor's sex. Gene
names that start with SYNTH are invented; the few real ones are those of the sex genes.
"""

from __future__ import annotations

import gzip
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from linear_signal.errors import InputError
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
FEMALE_GENES = {"XIST": "ENSG00000229807.11"}
MALE_GENES = {
    "RPS4Y1": "ENSG00000129824.15",
    "DDX3Y": "ENSG00000067048.16",
    "KDM5D": "ENSG00000012817.15",
    "UTY": "ENSG00000183878.15",
}
EXPRESSION_FILE = "synthetic_gtex_miniature_gene_tpm.gct.gz"
ATTRIBUTES_FILE = "synthetic_gtex_miniature_SampleAttributesDS.txt"

_GIVEN = 0.72  # share of the sites at which a donor's sample was taken
_FEMALE = 0.35  # as in GTEx, about two donors of three are male
_UNLABELLED = 4  # samples with an empty tissue, and
_UNLISTED = 2  # samples missing from the attributes: both must be dropped and counted
_LINEAR_FOLD = 2.5  # a linear program multiplies by this in its tissue
# Which non-linear programs (rows) are on in which tissues (columns, in the order above). Any two tissues differ in four
# of them and, but for the last tissue, in which all are on, two are on in each alone: no pair is easier than another.
_ON = ("01010101", "00110011", "10011001", "00001111", "10100101", "11000011", "01101001")
_SWITCHED = 0.85  # share of the samples of those tissues in which it is on
_SWING = 0.75  # how far: to 1 - swing or 1 + swing times the usual level
_QUIET = 0.15  # spread of such a program where it is off
_DONOR, _SAMPLE = 0.1, 0.15  # spread (of the logarithm) between donors, and between samples of one donor
_ABSENT = 0.02  # share of genes never expressed
_READS = 4_000_000
_CODE = np.array(list("ABCDEFGHJKLMNPQRSTUVWXYZ123456789"))


@dataclass(frozen=True, kw_only=True)
class _Samples:
    ids: list[str]
    tissues: np.ndarray
    details: list[str]
    donors: np.ndarray
    female: np.ndarray


def write_gtex_miniature(folder: Path, *, n_donors: int = 72, n_genes: int = 400, seed: int = 0) -> tuple[Path, Path]:
    """Write synthetic expression (GCT 1.2, gzip) and sample attributes to ``folder``.

    The same arguments give the same bytes. Files that are there already are replaced, each in one step.

    Args:
        folder: made where needed.
        n_donors: donors; each gives about eleven samples.
        n_genes: genes in transcripts per million; a third of them linear, a third non-linear programs.
        seed: seed of everything random.

    Returns:
        Paths of the expression file and of the attributes table, for :func:`linear_signal.data.gtex.load_gtex`.

    Raises:
        InputError: fewer than 5 donors or fewer than 100 genes.
    """
    if n_donors < 5 or n_genes < 100:
        raise InputError(f"{n_donors} donors and {n_genes} genes; a miniature needs at least 5 and 100.")
    folder = Path(folder)
    samples = _draw_samples(n_donors, seed)
    gene_ids, names, tpm = _draw_expression(samples, n_genes, seed)
    header = "\t".join(["Name", "Description", *samples.ids])
    lines = ["#1.2", f"{n_genes}\t{len(samples.ids)}", header]
    lines += ["\t".join([gene, name, *map(_number, row)]) for gene, name, row in zip(gene_ids, names, tpm, strict=True)]
    folder.mkdir(parents=True, exist_ok=True)
    # The time in a gzip header would make every file another one.
    _replace(folder / EXPRESSION_FILE, gzip.compress(("\n".join(lines) + "\n").encode(), 6, mtime=0))
    _replace(folder / ATTRIBUTES_FILE, _attributes(samples, seed).encode())
    return folder / EXPRESSION_FILE, folder / ATTRIBUTES_FILE


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
        tissues=np.array([list(TISSUES).index(sites[site][0]) for site in where]),
        details=[sites[site][1] for site in where],
        donors=donors,
        female=female[donors],
    )


def _draw_expression(samples: _Samples, n_genes: int, seed: int) -> tuple[list[str], list[str], np.ndarray]:
    """Draw gene ids, gene names and TPM, float64 [genes, samples]."""
    random = generator("gtex miniature", "expression", seed)
    n_samples = len(samples.ids)
    level = random.lognormal(np.log(100), 0.7, n_genes)
    levels = np.repeat(level[:, None], n_samples, axis=1)
    sexed = [*FEMALE_GENES, *MALE_GENES]
    others = random.permutation(n_genes)
    sex_genes, others = others[: len(sexed)], others[len(sexed) :]
    absent, others = np.split(others, [round(_ABSENT * n_genes)])
    linear, switched, _ = np.split(others, [n_genes // 3, 2 * (n_genes // 3)])
    levels[absent] = 0
    for tissue, genes in enumerate(np.array_split(linear, len(TISSUES))):
        levels[np.ix_(genes, samples.tissues == tissue)] *= _LINEAR_FOLD
    for program, genes in enumerate(np.array_split(switched, len(_ON))):
        on_in = np.array([mark == "1" for mark in _ON[program]])
        levels[genes] *= _switch(random, on_in[samples.tissues], len(genes))
    for gene, name in zip(sex_genes, sexed, strict=True):
        levels[gene] *= np.where(samples.female == (name in FEMALE_GENES), 1, 0.002)
    donor_effect = random.normal(0, _DONOR, (n_genes, samples.donors.max() + 1))[:, samples.donors]
    levels *= np.exp(donor_effect + random.normal(0, _SAMPLE, levels.shape))
    gene_ids = [f"ENSG{90_000_000_000 + number:011d}.{number % 9 + 1}" for number in range(n_genes)]
    names = [f"SYNTH{number + 1}" for number in range(n_genes)]
    for gene, (name, gene_id) in zip(sex_genes, (FEMALE_GENES | MALE_GENES).items(), strict=True):
        gene_ids[gene], names[gene] = gene_id, name
    return gene_ids, names, _counted(random, levels)


def _switch(random: np.random.Generator, active: np.ndarray, n_genes: int) -> np.ndarray:
    """Draw the factors of one non-linear program, float64 [genes, samples]; their expected value is 1 everywhere.

    Up and down by the same amount, and as often: class means stay equal, so no linear model can use it. All genes of a
    program follow one switch, some with it and some against it.
    """
    on = active & (random.random(len(active)) < _SWITCHED)
    state = np.where(on, random.choice([-1.0, 1.0], len(active)), random.normal(0, _QUIET, len(active)))
    return 1 + _SWING * np.clip(state, -1, 1) * random.choice([-1.0, 1.0], n_genes)[:, None]


def _counted(random: np.random.Generator, levels: np.ndarray) -> np.ndarray:
    """Sequence the transcripts: Poisson counts at a library size per sample, then transcripts per million."""
    lengths = random.uniform(0.5, 5, len(levels))[:, None]  # kilobases
    share = levels * lengths / (levels * lengths).sum(axis=0)
    reads = _READS * random.lognormal(0, 0.2, levels.shape[1])
    per_length = random.poisson(share * reads) / lengths
    return per_length / per_length.sum(axis=0) * 1e6


def _attributes(samples: _Samples, seed: int) -> str:
    random = generator("gtex miniature", "attributes", seed)
    odd = random.permutation(len(samples.ids))[: _UNLABELLED + _UNLISTED]
    unlabelled, unlisted = set(odd[:_UNLABELLED].tolist()), set(odd[_UNLABELLED:].tolist())
    names = list(TISSUES)
    lines = ["SAMPID\tSMRIN\tSMTS\tSMTSD"]
    for row, (sample, tissue, detail) in enumerate(zip(samples.ids, samples.tissues, samples.details, strict=True)):
        label = "\t" if row in unlabelled else f"{names[tissue]}\t{detail}"
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


def _replace(path: Path, content: bytes) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    partial.write_bytes(content)
    os.replace(partial, path)

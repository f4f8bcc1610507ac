"""Synthetic sequencing studies: which run holds which tissue, of whom, how it is labelled, and its gene sums."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from linear_signal.data.made_up.genes import TISSUES, SyntheticGenes
from linear_signal.seeds import generator

READ_LENGTH = 100  # bases, as recount3_tree says in its tables of quality

# Bulk studies by their main tissue; all tissues but the last two have more than twenty, below which an interval over held
# out studies cannot be trusted.
N_STUDIES = {
    "brain": 34,
    "blood": 30,
    "breast": 25,
    "stem cell": 25,
    "cervix": 24,
    "skin": 22,
    "heart": 22,
    "muscle": 22,
    "blood vessel": 22,
    "spinal cord": 4,
    "prostate": 3,
}
# How a study may write its tissue: case, blanks and dashes, plurals, synonyms, parts, slips of the pen.
SPELLINGS = {
    "brain": ("brain", "Brain", "brains", "cerebral cortex"),
    "blood": ("blood", "Blood", "whole blood", "pheripheral blood"),
    "breast": ("breast", "Breast", "mammary gland"),
    "stem cell": ("stem cell", "Stem cells", "stem_cell"),
    "cervix": ("cervix", "Cervix", "cervix uteri"),
    "skin": ("skin", "Skin"),
    "heart": ("heart", "Heart", "left ventricle"),
    "muscle": ("muscle", "skeletal muscle", "Muscles"),
    "blood vessel": ("blood vessel", "Blood-vessel", "aorta"),
    "spinal cord": ("spinal cord", "Spinal  Cord"),
    "prostate": ("prostate", "prostrate"),
}
_USUAL = 0.6  # share of the studies that write a tissue in the first way
_UNLABELLED = 6  # bulk studies without a label
_UNLABELLED_RUNS = 0.04  # share of the runs of the others
_CELLS = (("scrna-seq", True), ("scrna-seq", False), ("rna-seq", True))  # single cells: predicted type, mostly zeros
_SINGLE_TISSUE = 0.7  # share of the studies that hold one tissue; others have a second one
_LARGE = ("brain", "blood", "breast", "stem cell", "cervix")
_LARGE_SIZE, _SMALL_SIZE, _SIZE_SPREAD = 5.0, 3.6, 0.5  # runs per study: medians, and spread of the logarithm
_SMALLEST, _LARGEST = 3, 40
_SEX_MIX = ((0.0, 0.1), (1.0, 0.1), (0.3, 0.25), (0.5, 0.3), (0.7, 0.25))  # females in a study, and how often
_ALL_FEMALE = ("breast", "cervix")

# What makes a study a batch: every gene is off by a factor that is the same for all its runs, evenly spread on the log
# scale up to this; genes of a non-linear program less, or networks would need more runs than a miniature has.
_BATCH, _BATCH_SWITCHED = 0.7, 0.25
# A run shows the linear program of its tissue to this extent, and those of a few others up to this share: what else there
# was in the piece of tissue. Which others they are is a habit of the study, how much of them differs from run to run.
_OWN, _N_OTHERS, _OTHERS = (0.5, 1.0), 2, 0.65
_SAMPLE = 0.1  # spread (of the logarithm) between samples of one study
_READS, _READS_SPREAD = 2_000_000, 0.5  # library size: median, and spread of the logarithm
_CELL_READS = 60  # of a cell with mostly zeros


@dataclass(frozen=True, eq=False, kw_only=True)
class SyntheticStudies:
    """Studies and their runs; arrays are [runs], in the order of the studies.

    Attributes:
        accessions: one per study.
        study: int64, index into ``accessions``.
        runs: run accessions.
        sample_accessions: those of the sample each run is of.
        tissues: int64, true tissue, index into :data:`~linear_signal.data.made_up.genes.TISSUES`.
        female: bool, true sex.
        labels: what the study says the tissue is; ``""`` where it says nothing.
        types: predicted type, ``"rna-seq"`` or ``"scrna-seq"``.
        gene_sums: int64 [genes, runs], covered bases: reads times read length.
    """

    accessions: list[str]
    study: np.ndarray
    runs: list[str]
    sample_accessions: list[str]
    tissues: np.ndarray
    female: np.ndarray
    labels: list[str]
    types: list[str]
    gene_sums: np.ndarray


def draw_studies(genes: SyntheticGenes, *, seed: int) -> SyntheticStudies:
    """Draw about 240 studies of some 1,200 runs.

    Most hold one tissue, the others a second one beside it; sizes are uneven; each has its own batch effect and mix of
    sexes. The last ones are bulk studies without labels and single cells.
    """
    random = generator("synthetic studies", "samples", seed)
    named = list(N_STUDIES)
    main = np.repeat(named, list(N_STUDIES.values()))
    n_labelled = len(main)
    main = np.concatenate([main, random.choice(named[:9], _UNLABELLED), ["brain", "blood", "breast"][: len(_CELLS)]])
    n_studies = len(main)
    usual = np.where(np.isin(main, _LARGE), _LARGE_SIZE, _SMALL_SIZE)
    sizes = np.exp(random.normal(np.log(usual), _SIZE_SPREAD)).round().clip(_SMALLEST, _LARGEST).astype(int)
    study = np.repeat(np.arange(n_studies), sizes)

    second = random.choice(named[:9], n_studies)
    share = np.where(random.random(n_studies) < _SINGLE_TISSUE, 0, random.uniform(0.2, 0.6, n_studies))
    tissues = np.where(random.random(len(study)) < share[study], second[study], main[study])
    females, how_often = zip(*_SEX_MIX, strict=True)
    female = random.random(len(study)) < random.choice(females, n_studies, p=how_often)[study]
    female |= np.isin(tissues, _ALL_FEMALE)

    sparse = np.concatenate([np.zeros(n_studies - len(_CELLS), dtype=bool), [mostly_zero for _, mostly_zero in _CELLS]])
    types = ["rna-seq"] * (n_studies - len(_CELLS)) + [type_ for type_, _ in _CELLS]
    silent = np.zeros(n_studies, dtype=bool)
    silent[n_labelled : n_labelled + _UNLABELLED] = True
    labels = _labels(random, study, tissues, silent=silent)
    codes = np.array([TISSUES.index(tissue) for tissue in tissues])
    archives = random.choice(["SRP", "ERP", "DRP"], n_studies, p=[0.85, 0.1, 0.05])
    return SyntheticStudies(
        # Numbers so high that no archive has given them out.
        accessions=[f"{archive}{990_001 + 7 * number}" for number, archive in enumerate(archives)],
        study=study,
        runs=[f"{archives[of][0]}RR{99_000_001 + number}" for number, of in enumerate(study)],
        sample_accessions=[f"{archives[of][0]}RS{9_900_001 + number}" for number, of in enumerate(study)],
        tissues=codes,
        female=female,
        labels=labels,
        types=[types[of] for of in study],
        gene_sums=_gene_sums(genes, study, codes, female, sparse=sparse[study], seed=seed),
    )


def _labels(random: np.random.Generator, study: np.ndarray, tissues: np.ndarray, *, silent: np.ndarray) -> list[str]:
    """Write the tissue of each run in the way of its study."""
    ways: dict[tuple[int, str], str] = {}
    labels = []
    for of, tissue in zip(study.tolist(), tissues.tolist(), strict=True):
        usual, *others = SPELLINGS[tissue]
        if (of, tissue) not in ways:
            ways[of, tissue] = usual if random.random() < _USUAL else others[random.integers(len(others))]
        said_nothing = silent[of] or random.random() < _UNLABELLED_RUNS
        labels.append("" if said_nothing else ways[of, tissue])
    return labels


def _gene_sums(
    genes: SyntheticGenes, study: np.ndarray, tissues: np.ndarray, female: np.ndarray, *, sparse: np.ndarray, seed: int
) -> np.ndarray:
    random = generator("synthetic studies", "expression", seed)
    n_genes, n_studies = len(genes.ids), study.max() + 1
    levels = genes.levels[:, None] * genes.linear_folds(_shown(random, study, tissues)) * genes.sex_factors(female)
    levels *= genes.draw_switches(random, tissues) * genes.draw_bursts(random, len(study))
    most = np.where(genes.program >= 0, _BATCH_SWITCHED, _BATCH)[:, None]
    batch = random.uniform(-most, most, (n_genes, n_studies))
    levels *= np.exp(batch[:, study] + random.normal(0, _SAMPLE, levels.shape))
    bases = levels * genes.lengths[:, None]
    reads = np.where(sparse, _CELL_READS, _READS * random.lognormal(0, _READS_SPREAD, len(study)))
    return random.poisson(bases / bases.sum(axis=0) * reads) * READ_LENGTH


def _shown(random: np.random.Generator, study: np.ndarray, tissues: np.ndarray) -> np.ndarray:
    """Draw how far each run shows the linear program of each tissue, float64 [runs, tissues]."""
    n_studies, n_runs = study.max() + 1, len(tissues)
    others = random.permuted(np.tile(np.arange(len(TISSUES)), (n_studies, 1)), axis=1)[study, :_N_OTHERS]
    shown = np.zeros((n_runs, len(TISSUES)))
    np.put_along_axis(shown, others, random.uniform(0, _OTHERS, others.shape), axis=1)
    shown[np.arange(n_runs), tissues] = random.uniform(*_OWN, n_runs)
    return shown

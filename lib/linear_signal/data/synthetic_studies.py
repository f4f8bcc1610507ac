"""Synthetic sequencing studies: which run holds which tissue, of whom, and its gene sums as covered bases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from linear_signal.data.synthetic_genes import TISSUES, SyntheticGenes
from linear_signal.seeds import generator

# Studies whose main tissue this is. With those that hold it beside another one, all but the last two reach ten.
N_STUDIES = {
    "brain": 19,
    "blood": 18,
    "breast": 16,
    "stem cell": 16,
    "cervix": 15,
    "skin": 11,
    "heart": 11,
    "muscle": 11,
    "blood vessel": 11,
    "spinal cord": 4,
    "tonsil": 3,
}
_SECOND = 0.3  # share of the studies that hold a second tissue
_SIZE, _SIZE_SPREAD = 7.0, 0.65  # runs per study: median, and spread of the logarithm
_SMALLEST, _LARGEST = 3, 40
_STUDY = 0.45  # spread (of the logarithm) between studies, drawn per gene: the batch effect
_SAMPLE = 0.2  # spread (of the logarithm) between samples of one study
_ACTIVITY = (0.6, 1.2)  # a study shows this share of a linear program's fold, at least and at most
_READS, _READS_SPREAD = 2_000_000, 0.5
_SPARSE_READS = 120  # of a single cell
READ_LENGTH = 100  # bases; what the tables of quality in the tree say
_FOREIGN=2
_MOST_FOREIGN=.8
_FEMALE_ONLY = ("breast", "cervix")


@dataclass(frozen=True, eq=False, kw_only=True)
class SyntheticStudies:
    accessions: list[str]
    study: np.ndarray
    tissues: np.ndarray
    female: np.ndarray
    gene_sums: np.ndarray


def draw_studies(genes: SyntheticGenes, *, seed: int) -> SyntheticStudies:
    random = generator("recount3 miniature", "studies", seed)
    names = list(N_STUDIES)
    main = np.repeat([TISSUES.index(name) for name in names], list(N_STUDIES.values()))
    n_studies = len(main)
    sizes = np.clip(np.round(random.lognormal(np.log(_SIZE), _SIZE_SPREAD, n_studies)), _SMALLEST, _LARGEST).astype(int)
    common = np.array([TISSUES.index(name) for name in names[:9]])
    second = random.choice(common, n_studies)
    has_second = random.random(n_studies) < _SECOND
    share = random.uniform(0.2, 0.6, n_studies)
    study = np.repeat(np.arange(n_studies), sizes)
    other = has_second[study] & (random.random(len(study)) < share[study])
    tissues = np.where(other, second[study], main[study])
    share_female = random.choice([0.0, 1.0, 0.3, 0.5, 0.7], n_studies, p=[0.1, 0.1, 0.25, 0.3, 0.25])
    female = random.random(len(study)) < share_female[study]
    female |= np.isin(tissues, [TISSUES.index(name) for name in _FEMALE_ONLY])
    return SyntheticStudies(
        accessions=[f"SRP{100000+7*i:06d}" for i in range(n_studies)],
        study=study, tissues=tissues, female=female,
        gene_sums=_gene_sums(genes, study, tissues, female, seed),
    )


def _gene_sums(genes, study, tissues, female, seed):
    random = generator("recount3 miniature", "expression", seed)
    n_genes, n_studies = len(genes.ids), study.max() + 1
    mixture = np.zeros((n_studies, len(TISSUES)))
    for row in mixture:
        row[random.permutation(len(TISSUES))[:_FOREIGN]] = random.uniform(0, _MOST_FOREIGN, _FOREIGN)
    own = random.uniform(*_ACTIVITY, n_studies)
    shown = mixture[study]
    shown[np.arange(len(study)), tissues] = own[study]
    levels = genes.levels[:, None] * genes.linear_folds(shown) * genes.sex_factors(female)
    levels *= genes.draw_switches(random, tissues)
    batch = random.uniform(-_STUDY, _STUDY, (n_genes, n_studies))
    levels *= np.exp(batch[:, study] + random.normal(0, _SAMPLE, levels.shape))
    lengths = genes.lengths[:, None]
    share = levels * lengths / (levels * lengths).sum(axis=0)
    reads = _READS * random.lognormal(0, _READS_SPREAD, len(study))
    return random.poisson(share * reads) * READ_LENGTH

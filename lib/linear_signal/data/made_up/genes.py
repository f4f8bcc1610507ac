"""The genes that all synthetic miniatures share, with what each of them does in which tissue, so that models transfer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from linear_signal.errors import InputError
from linear_signal.seeds import generator

FEMALE_GENES = {"XIST": "ENSG00000229807.11"}
MALE_GENES = {
    "RPS4Y1": "ENSG00000129824.15",
    "DDX3Y": "ENSG00000067048.16",
    "KDM5D": "ENSG00000012817.15",
    "UTY": "ENSG00000183878.15",
}
# The non-linear programs of each tissue, "1" where one is on. Those of the first eleven lines differ in four of the seven
# and, but for cervix, two are on in each alone (a simplex code), so that no pair is easier than another; heart differs
# from them in three, from cervix in all. Esophagus and breast share a line, as do adipose tissue and stem cell: no
# miniature holds both. The last two are complements of others.
PROGRAMS = {
    "blood": "0010110",
    "brain": "1000011",
    "skin": "0100101",
    "blood vessel": "0011001",
    "muscle": "0101010",
    "esophagus": "1110000",
    "adipose tissue": "1001100",
    "breast": "1110000",
    "stem cell": "1001100",
    "cervix": "1111111",
    "heart": "0000000",
    "spinal cord": "0111100",
    "prostate": "1011010",
}
TISSUES = tuple(PROGRAMS)
_RAISED_IN = 5  # tissues in which a linear program is raised
_LINEAR_FOLD = 2.5  # by this factor
_SWITCHED = 0.85  # share of the samples of those tissues in which a non-linear program is on
_SWING = 0.9  # how far: to 1 - swing or 1 + swing times the usual level
_QUIET = 0.05  # spread of such a program where it is off
_OTHER_SEX = 0.002  # what is left of a sex gene in the other sex
_LINEAR, _NON_LINEAR, _ABSENT = 0.15, 0.24, 0.02  # share of genes with such a program, and of genes never expressed
_AUTOSOMAL, _FEMALE_FOLD = 0.25, 1.25  # share of the linear genes that are higher in females, and by which factor
# Genes without a role are steady but for a rare burst. Scaled to [0, 1] they vary the least, so that it is the others that
# are kept as the most variable, in any miniature: what the models see does not hang on the noise of each.
_BURST, _BURST_FOLD = 0.02, 8.0  # share of the samples, and factor


@dataclass(frozen=True, eq=False, kw_only=True)
class SyntheticGenes:
    """Genes and their roles; a row of every array is a gene.

    Attributes:
        ids: Ensembl gene ids with a version; genuine for the sex genes.
        names: gene names; those that start with SYNTH are invented.
        chromosomes: as the annotation writes them (``"chrX"``).
        lengths: int64 [genes], bases.
        levels: float64 [genes], usual level in about transcripts per million; 0 for genes that are never expressed.
        raised: bool [genes, tissues], where a linear program is raised; all False for genes of another role.
        program: int64 [genes], which non-linear program switches the gene; -1 for genes of another role.
        signs: float64 [genes], 1 or -1: whether a gene goes with the switch of its program or against it.
        sex: int64 [genes], 1 for genes that only females express, -1 for those that only males express, else 0.
        female_fold: float64 [genes], level in females over that in males, for all other genes.
    """

    ids: list[str]
    names: list[str]
    chromosomes: list[str]
    lengths: np.ndarray
    levels: np.ndarray
    raised: np.ndarray
    program: np.ndarray
    signs: np.ndarray
    sex: np.ndarray
    female_fold: np.ndarray

    def linear_folds(self, shown: np.ndarray) -> np.ndarray:
        """Return the factors of the linear programs, float64 [genes, samples].

        Args:
            shown: float [samples, tissues], how far each sample shows the program of each of :data:`TISSUES`; a sample of
                nothing but one tissue has a 1 there. What is shown of several adds up, to 1 at most.
        """
        return _LINEAR_FOLD ** np.minimum(self.raised @ shown.T, 1)

    def sex_factors(self, female: np.ndarray) -> np.ndarray:
        """Return what the sex does to each gene, as factors, float64 [genes, samples]; ``female`` is bool [samples]."""
        of_other_sex = self.sex[:, None] * np.where(female, 1, -1) < 0
        return np.where(of_other_sex, _OTHER_SEX, self.female_fold[:, None] ** female)

    def draw_bursts(self, random: np.random.Generator, n_samples: int) -> np.ndarray:
        """Draw the factors of the bursts of genes without a role, float64 [genes, samples]."""
        idle = (self.program < 0) & ~self.raised.any(axis=1) & (self.sex == 0)
        bursts = random.random((len(self.ids), n_samples)) < _BURST
        return np.where(idle[:, None] & bursts, _BURST_FOLD, 1.0)

    def draw_switches(self, random: np.random.Generator, tissues: np.ndarray) -> np.ndarray:
        """Draw the factors of the non-linear programs, float64 [genes, samples]; their expected value is 1 everywhere.

        Up and down by the same amount, and as often: class means stay equal, so no linear model can use it. All genes of
        a program follow one switch, some with it and some against it.
        """
        factors = np.ones((len(self.ids), len(tissues)))
        on_in = np.array([[mark == "1" for mark in PROGRAMS[tissue]] for tissue in TISSUES])
        for program in range(on_in.shape[1]):
            on = on_in[tissues, program] & (random.random(len(tissues)) < _SWITCHED)
            state = np.where(on, random.choice([-1.0, 1.0], len(on)), random.normal(0, _QUIET, len(on)))
            genes = self.program == program
            factors[genes] += _SWING * np.clip(state, -1, 1) * self.signs[genes, None]
        return factors


def draw_genes(n_genes: int, *, seed: int) -> SyntheticGenes:
    """Draw genes: of 400, 44 with a linear program, 108 with a non-linear one, five that tell the sex.

    The same arguments give the same genes, whatever they are drawn for: that is what two miniatures have in common.

    Raises:
        InputError: fewer than 100 genes.
    """
    if n_genes < 100:
        raise InputError(f"{n_genes} genes; a miniature needs at least 100.")
    random = generator("synthetic genes", n_genes, seed)
    levels = random.lognormal(np.log(100), 0.7, n_genes)
    lengths = random.integers(500, 5000, n_genes)
    order = random.permutation(n_genes)
    known = FEMALE_GENES | MALE_GENES
    counts = [len(known), *(round(share * n_genes) for share in (_ABSENT, _LINEAR, _NON_LINEAR))]
    sexed, absent, linear, switched, _ = np.split(order, np.cumsum(counts))
    levels[absent] = 0
    raised = np.zeros((n_genes, len(TISSUES)), dtype=bool)
    for gene in linear:
        raised[gene, random.permutation(len(TISSUES))[:_RAISED_IN]] = True
    program = np.full(n_genes, -1)
    for number, genes in enumerate(np.array_split(switched, len(PROGRAMS["blood"]))):
        program[genes] = number
    # Not from number to number, as genuine ids have gaps; no genuine id is this large.
    ids = [f"ENSG{90_000_000_000 + number:011d}.{number % 9 + 1}" for number in range(n_genes)]
    names = [f"SYNTH{number + 1}" for number in range(n_genes)]
    chromosomes = [f"chr{number % 22 + 1}" for number in range(n_genes)]
    sex = np.zeros(n_genes, dtype=int)
    for gene, (name, gene_id) in zip(sexed, known.items(), strict=True):
        female = name in FEMALE_GENES
        ids[gene], names[gene], chromosomes[gene] = gene_id, name, "chrX" if female else "chrY"
        sex[gene] = 1 if female else -1
    female_fold = np.ones(n_genes)
    female_fold[linear[: round(_AUTOSOMAL * len(linear))]] = _FEMALE_FOLD
    return SyntheticGenes(
        ids=ids,
        names=names,
        chromosomes=chromosomes,
        lengths=lengths,
        levels=levels,
        raised=raised,
        program=program,
        signs=random.choice([-1.0, 1.0], n_genes),
        sex=sex,
        female_fold=female_fold,
    )

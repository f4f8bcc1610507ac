"""The sizes of GTEx v8, to count what a plan would compute before anything is downloaded."""

from __future__ import annotations

from linear_signal.data.dataset import Dataset
from linear_signal.data.sizes_only import sizes_only

# Samples with expression by tissue (SMTS), and donors: counted in the public expression matrix and sample attributes of v8.
TISSUES = {
    "Adipose Tissue": 1204,
    "Adrenal Gland": 258,
    "Bladder": 11,
    "Blood": 929,
    "Blood Vessel": 1335,
    "Brain": 2642,
    "Breast": 459,
    "Cervix Uteri": 11,
    "Colon": 779,
    "Esophagus": 1445,
    "Fallopian Tube": 7,
    "Heart": 861,
    "Kidney": 89,
    "Liver": 226,
    "Lung": 578,
    "Muscle": 803,
    "Nerve": 619,
    "Ovary": 180,
    "Pancreas": 328,
    "Pituitary": 283,
    "Prostate": 245,
    "Salivary Gland": 162,
    "Skin": 1809,
    "Small Intestine": 187,
    "Spleen": 241,
    "Stomach": 359,
    "Testis": 361,
    "Thyroid": 653,
    "Uterus": 142,
    "Vagina": 156,
}
DONORS = 948
_SOURCE = "as many samples of every tissue as version 8 has"


def gtex_sizes(*, n_genes: int) -> Dataset:
    """Make a data set of the labelled samples of GTEx v8 (:func:`~linear_signal.data.sizes_only.sizes_only`)."""
    return sizes_only(TISSUES, name="GTEx", n_genes=n_genes, group="donor", n_groups=DONORS, source=_SOURCE)

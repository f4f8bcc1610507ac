"""What chapters on tissues say of genuine data: in the words of the data, where their classes are no tissues."""

import pandas as pd

from linear_signal.studies.heil2023.shown import genuine_tissue_answers, in_words_of
from made_up_fits import make_fits

LEVELS = {("exact_logistic_regression", "full"): 0.9, ("exact_logistic_regression", "removed"): 0.5}


def fits():
    return pd.concat(
        [make_fits(LEVELS, tasks=tasks, fractions=(1.0,)) for tasks in (("A vs B", "A vs C"), ("all tissues",))]
    )


def test_classes_that_are_no_tissues_are_not_called_so():
    said = genuine_tissue_answers({"TCGA": in_words_of(fits(), "cancer_type")})["genuine_sets"].data
    assert "TCGA, all cancer types" in said
    assert "TCGA, the mean of 2 pairs" in said
    assert "tissue" not in said


def test_tissues_are():
    said = genuine_tissue_answers({"GTEx": in_words_of(fits(), "")})["genuine_sets"].data
    assert "GTEx, all tissues" in said

"""Objects of Bioconductor, written by R itself and read back: values, names of genes and samples, facts of samples."""

import numpy as np
import pytest

from linear_signal.data.own.open_own import open_own_data
from linear_signal.data.own.r_data import read_r_data
from linear_signal.data.r_session import why_no_packages

MISSING = why_no_packages(("SummarizedExperiment", "Biobase"))
pytestmark = pytest.mark.skipif(MISSING is not None, reason=f"no objects can be made: {MISSING}")

VALUES = np.arange(40, dtype=np.float32).reshape(8, 5) ** 2  # samples x genes
TISSUES = ["liver", "lung"] * 4
DONORS = [f"d{number // 2}" for number in range(8)]
_MADE = """
suppressPackageStartupMessages({library(SummarizedExperiment); library(Biobase)})
values <- t(matrix((0:39)^2, 8, 5, byrow = TRUE, dimnames = list(paste0("s", 1:8), paste0("g", 1:5))))
facts <- data.frame(tissue = factor(rep(c("liver", "lung"), 4)), donor = paste0("d", rep(0:3, each = 2)),
                    row.names = colnames(values))
about <- DataFrame(facts)
ranges <- GRanges("chr1", IRanges(1:5, width = 9)); names(ranges) <- rownames(values)
made <- %s
"""
OBJECTS = {
    "plain": "SummarizedExperiment(list(counts = values, more = 2 * values), colData = about)",
    "ranges": "SummarizedExperiment(list(counts = values), rowRanges = ranges, colData = about)",
    "lists of ranges": """SummarizedExperiment(list(counts = values), colData = about, rowRanges =
        as(split(ranges, factor(names(ranges), names(ranges))), "GRangesList"))""",
    "sparse": "SummarizedExperiment(list(counts = Matrix::Matrix(values, sparse = TRUE)), colData = about)",
    "columns of runs and lists": """SummarizedExperiment(list(counts = values), colData = cbind(DataFrame(
        tissue = about$tissue, donor = Rle(about$donor), row.names = rownames(about)), DataFrame(
        parts = IRanges::CharacterList(as.list(letters[1:8])), nested = I(DataFrame(p = 1:8)))))""",
    "expression set": "ExpressionSet(assayData = values, phenoData = AnnotatedDataFrame(facts))",
}


def write(path, made, *, saved):
    from rpy2.robjects import r

    r(_MADE % made)
    r(saved % path.as_posix())
    return path


@pytest.mark.parametrize("ending", ["rds", "rda"])
@pytest.mark.parametrize("made", OBJECTS.values(), ids=OBJECTS)
def test_an_object_is_read_as_r_has_it(made, ending, tmp_path):
    # Beside it in the .rda lies something smaller, which is not meant.
    saved = 'saveRDS(made, "%s")' if ending == "rds" else 'small <- 1:3; save(small, made, file = "%s")'
    raw = read_r_data(write(tmp_path / f"object.{ending}", made, saved=saved))
    assert raw.rows_are_samples
    assert raw.columns == [f"g{number}" for number in range(1, 6)]
    assert raw.facts["index"].tolist() == [f"s{number}" for number in range(1, 9)]
    assert (raw.facts["tissue"].tolist(), raw.facts["donor"].tolist()) == (TISSUES, DONORS)
    np.testing.assert_array_equal(np.concatenate(list(raw.blocks)), VALUES)


def test_what_has_no_names_is_numbered(tmp_path):
    made = "SummarizedExperiment(list(unname(values)), colData = DataFrame(tissue = facts$tissue))"
    raw = read_r_data(write(tmp_path / "bare.rds", made, saved='saveRDS(made, "%s")'))
    assert raw.columns == list("12345")
    assert raw.facts["index"].tolist() == list("12345678")
    assert raw.facts["tissue"].tolist() == TISSUES


def test_an_experiment_is_opened_with_its_own_labels_and_groups(tmp_path):
    path = write(tmp_path / "mine.rds", OBJECTS["ranges"], saved='saveRDS(made, "%s")')
    opened = open_own_data(path, label="tissue", groups=["donor"])
    assert (opened.dataset.n_samples, opened.dataset.n_genes) == (8, 5)
    assert opened.dataset.column("tissue").tolist() == TISSUES

"""Data sets of R's packages: what is read is what their records say, and without R one sentence says what gets it."""

import sys

import numpy as np
import pytest

from linear_signal.data import r_session
from linear_signal.data.bioconductor.datasets import open_installed, read_installed, why_not_installed
from linear_signal.data.bioconductor.records import RECORDS
from linear_signal.data.r_session import why_no_packages
from linear_signal.errors import InputError

MISSING = why_not_installed()
needs_data = pytest.mark.skipif(MISSING is not None, reason=str(MISSING))


@needs_data
@pytest.mark.parametrize("name", RECORDS)
def test_a_data_set_is_what_its_record_says(name):
    record, whole = RECORDS[name], read_installed(name)
    assert whole.fingerprint == record.fingerprint
    assert whole.n_genes == record.n_genes
    assert not whole.synthetic
    for said in (record.citation, record.licence, record.package):
        assert said in whole.source
    for fact, counts in record.counts.items():
        assert whole.samples[fact].value_counts().to_dict() == counts
    if record.person:
        assert (whole.samples[record.person] != "").all()


@needs_data
def test_genes_are_kept_by_their_variance_and_scaled_whatever_the_labels():
    whole, few = read_installed("ALL"), open_installed("ALL", n_genes=40)
    assert few.n_genes == 40
    assert (few.expression.min(axis=0) == 0).all()
    assert (few.expression.max(axis=0) == 1).all()
    span = np.ptp(whole.expression, axis=0)
    variance = whole.expression.var(axis=0, dtype=float) / np.where(span > 0, span, 1) ** 2
    kept = np.isin(whole.gene_ids, few.gene_ids)
    assert variance[kept].min() >= variance[~kept].max() - 1e-7
    assert any("40 most variable" in note for note in few.notes)
    assert open_installed("tissue_gene_expression", n_genes=10_000).n_genes == 500


@needs_data
def test_the_fusion_is_asked_of_one_lineage_alone():
    samples = read_installed("ALL").samples
    asked = samples[samples["fusion"] != ""]
    assert set(asked["lineage"]) == {"B"}
    assert not ((samples["lineage"] == "T") & (samples["molecular"] == "BCR/ABL")).any()


@pytest.mark.parametrize("name", RECORDS)
def test_plans_are_made_from_sizes_without_r(name, monkeypatch):
    monkeypatch.setitem(sys.modules, "rpy2", None)
    record, sizes = RECORDS[name], open_installed(name, n_genes=7, sizes_only=True)
    assert sizes.n_genes == 7
    assert {sum(counts.values()) for counts in record.counts.values()} == {sizes.n_samples}
    for fact, counts in record.counts.items():
        assert sizes.samples[fact].value_counts().to_dict() == counts


def test_without_r_one_sentence_says_what_gets_it(monkeypatch):
    monkeypatch.setattr(r_session, "why_no_r", lambda: "rpy2 or R is missing (ModuleNotFoundError)")
    with pytest.raises(InputError, match=r"rpy2 or R is missing.*'make r' gets.*apt install .*r-bioc-all"):
        open_installed("ALL", n_genes=7)
    assert "'make r'" in why_not_installed()


@needs_data
def test_a_package_that_is_not_there_is_named():
    assert why_no_packages(["ALL", "noSuchPackage"]) == "R has no package 'noSuchPackage'"


def test_names_and_numbers_are_checked_first():
    with pytest.raises(InputError, match="did you mean 'ALL'"):
        open_installed("all", n_genes=7)
    with pytest.raises(InputError, match="n_genes is 0"):
        open_installed("ALL", n_genes=0)

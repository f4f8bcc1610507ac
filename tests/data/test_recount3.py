"""Recount3 from a folder: values, filters, alignment of ids, memory, and what is kept in the cache."""

import gzip
import os
import re
import shutil
import subprocess
import sys
import tracemalloc
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from linear_signal import files
from linear_signal.data.made_up.recount3_tree import gene_sums_path, metadata_path, write_gene_sums, write_recount3_tree
from linear_signal.data.preprocessing import zero_one
from linear_signal.data.recount3 import passes as recount3_passes
from linear_signal.data.recount3 import values as recount3_values
from linear_signal.data.recount3.datasets import sex_dataset, tissue_dataset
from linear_signal.data.recount3.samples import read_recount3, recount3_statistics
from linear_signal.data.recount3.sex_labels import SEX_GENES, SexLabels
from linear_signal.errors import InputError
from linear_signal.files import temporary_name
from recount3_server import same, small_genes, small_studies, small_tree


@pytest.fixture(scope="module")
def mirror(tmp_path_factory):
    return small_tree(tmp_path_factory.mktemp("mirror"))


def sexes(studies, **more):
    """A sex for each first run, also of studies without a tissue."""
    sex = {study.runs[0]: ("female", "male")[number % 2] for number, study in enumerate(studies[1:])}
    return SexLabels(sex=sex | more, counts={}, conflicts=(), notes=())


def expected(studies, genes, *, labelled_only):
    """Transcripts per million of all kept runs, in one piece and by the textbook: genes x runs, and labels."""
    columns, labels = {}, {}
    lengths = genes.set_index("gene_id")["bp_length"].dropna()
    for study in studies:
        if labelled_only and not any(study.curated_tissue):
            continue
        sums = pd.DataFrame(study.gene_sums, index=genes["gene_id"], columns=study.runs)
        for column, run in enumerate(study.runs):
            if study.predicted_type[column] == "scrna-seq" or (sums[run] == 0).mean() > 0.75:
                continue
            rate = sums[run].loc[lengths.index] / lengths
            columns[run] = rate / rate.sum() * 1e6
            labels[run] = study.curated_tissue[column]
    return pd.DataFrame(columns).astype(np.float32), labels


@pytest.mark.parametrize("scope", ["labelled", "all"])
def test_values_are_those_of_the_textbook_under_the_right_gene_ids(tmp_path, mirror, scope):
    genes = small_genes()
    tpm, labels = expected(small_studies(genes), genes, labelled_only=scope == "labelled")
    scaled, minimum, maximum = zero_one(tpm.to_numpy())
    variance = scaled.var(axis=1, dtype=np.float64)
    best = np.sort(np.argsort(-variance, kind="stable")[:20])
    table = read_recount3(mirror, tmp_path, scope=scope, n_genes=20)
    assert table.genes.gene_ids.tolist() == tpm.index[best].tolist()
    runs = [run for run in tpm.columns if labels[run]]
    assert table.sample_ids.tolist() == runs
    assert table.tissues.tolist() == [labels[run] for run in runs]
    columns = [tpm.columns.get_loc(run) for run in runs]
    np.testing.assert_allclose(table.genes.expression, scaled[best][:, columns].T, atol=1e-6)
    np.testing.assert_allclose(table.genes.minimum, minimum[best], rtol=1e-6)
    np.testing.assert_allclose(table.genes.maximum, maximum[best], rtol=1e-6)
    np.testing.assert_allclose(table.genes.variance, variance[best], rtol=1e-5)
    assert table.genes.expression.min() >= 0
    assert table.genes.expression.max() <= 1
    # The markers are there whatever their variance; one of them has no length here.
    known = [gene for gene in tpm.index if gene.split(".")[0] in SEX_GENES]
    assert table.markers.gene_ids.tolist() == known
    np.testing.assert_allclose(table.markers.expression, zero_one(tpm.loc[known].to_numpy())[0][:, columns].T, atol=1e-6)


def test_counts_say_what_became_of_every_run(tmp_path, mirror):
    studies = small_studies(small_genes())
    report = read_recount3(mirror, tmp_path, scope="all", n_genes=20).report
    types = [kind for study in studies for kind in study.predicted_type]
    assert report.studies_listed == report.studies_in_scope == report.studies_read == len(studies)
    assert report.runs_listed == len(types)
    assert report.runs_single_cell == types.count("scrna-seq") > 0
    assert report.runs_mostly_zero > 0
    assert report.runs_kept == report.runs_listed - report.runs_single_cell - report.runs_mostly_zero
    assert report.genes_listed - report.genes_with_length == small_genes()["bp_length"].isna().sum() > 0
    text = " ".join(report.sentences())
    assert f"{report.runs_single_cell} were dropped as single-cell" in text
    assert "more than 75 % zero genes" in text
    labelled = read_recount3(mirror, tmp_path, n_genes=20).report
    assert (labelled.studies_listed, labelled.studies_in_scope) == (12, 9)


def test_rows_and_columns_in_another_order_change_nothing(tmp_path, mirror):
    turned = tmp_path / "turned"
    shutil.copytree(mirror, turned)
    genes = small_genes()
    study = small_studies(genes)[7]
    rows, columns = np.arange(len(genes))[::-1], np.arange(len(study.runs))[::-1]
    write_gene_sums(
        gene_sums_path(turned, study.accession),
        genes["gene_id"].to_numpy()[rows],
        [study.runs[column] for column in columns],
        study.gene_sums[rows][:, columns],
    )
    index = turned / "human/data_sources/sra/metadata/sra.recount_project.MD.gz"
    head, *lines = gzip.decompress(index.read_bytes()).decode().splitlines()
    index.write_bytes(gzip.compress("\n".join([head, *lines[::-1]]).encode()))
    plain, other = (read_recount3(where, tmp_path / name, n_genes=20) for where, name in ((mirror, "a"), (turned, "b")))
    assert sorted(plain.sample_ids) == sorted(other.sample_ids)
    order = [other.sample_ids.tolist().index(run) for run in plain.sample_ids]
    np.testing.assert_array_equal(plain.genes.expression, other.genes.expression[order])
    np.testing.assert_array_equal(plain.genes.gene_ids, other.genes.gene_ids)


def test_large_studies_are_read_in_parts_to_the_same_values(tmp_path, mirror, monkeypatch):
    whole = read_recount3(mirror, tmp_path / "whole", n_genes=20)
    monkeypatch.setattr(recount3_values, "_RUNS_AT_ONCE", 2)
    monkeypatch.setattr(recount3_values, "_RUNS_PER_CONVERSION", 1)
    monkeypatch.setattr(recount3_values, "_BYTES_AT_ONCE", 300)
    assert same(whole, read_recount3(mirror, tmp_path / "parts", n_genes=20))


def test_memory_holds_one_study_and_the_kept_genes(tmp_path):
    n_genes, n_runs, n_studies = 3000, 30, 10
    genes = pd.DataFrame({"gene_id": [f"G{gene}" for gene in range(n_genes)], "seqname": "chr1"})
    genes = genes.assign(gene_name=genes["gene_id"], bp_length=1000)
    first = small_studies(genes, 1)[0]
    sums = np.tile(first.gene_sums[:, :1] + 1, n_runs) + np.arange(n_runs)
    studies = [
        replace(
            first,
            accession=f"SRP{number}",
            runs=[f"R{number}_{run}" for run in range(n_runs)],
            gene_sums=sums + number,
            curated_tissue=["brain"] * n_runs,
            predicted_type=["rna-seq"] * n_runs,
            sample_accessions=["S"] * n_runs,
        )
        for number in range(n_studies)
    ]
    write_recount3_tree(tmp_path / "mirror", genes=genes, studies=studies)
    read_recount3(tmp_path / "mirror", tmp_path / "first", n_genes=10)  # what is imported on the way does not count
    tracemalloc.start()
    read_recount3(tmp_path / "mirror", tmp_path / "cache", n_genes=10, downloads=1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    one_study = 8 * n_genes * n_runs
    assert 2 * one_study < peak < 8 * one_study < 8 * n_genes * n_runs * n_studies


def test_the_next_call_takes_the_result_from_the_cache(tmp_path, mirror, monkeypatch):
    first = read_recount3(mirror, tmp_path, n_genes=20)
    assert sorted(re.sub(r"[0-9a-f]{16}", "KEY", path.name) for path in tmp_path.iterdir()) == [
        "recount3-KEY-markers.kept",
        "recount3-KEY.kept",
        "recount3-runs-KEY.kept",
        "recount3-statistics-KEY.kept",
    ]
    for name in ("_summary", "_values"):
        monkeypatch.setattr(recount3_passes, name, lambda *_: pytest.fail("read again"))
    again = read_recount3(mirror, tmp_path, n_genes=20)
    assert same(first, again)
    assert first.report == again.report


def test_a_folder_that_changed_is_read_again(tmp_path):
    mirror = small_tree(tmp_path / "mirror")
    before = read_recount3(mirror, tmp_path / "cache", n_genes=20)
    genes = small_genes()
    study = small_studies(genes)[8]
    write_gene_sums(gene_sums_path(mirror, study.accession), genes["gene_id"], study.runs, study.gene_sums[::-1])
    after = read_recount3(mirror, tmp_path / "cache", n_genes=20)
    assert not np.array_equal(before.genes.maximum, after.genes.maximum)
    assert same(after, read_recount3(mirror, tmp_path / "fresh", n_genes=20))


@pytest.mark.parametrize("kind", ["statistics", "runs", "markers"])
def test_damaged_files_of_the_cache_are_reported_and_replaced(tmp_path, mirror, kind):
    expected = read_recount3(mirror, tmp_path, n_genes=20)
    (file,) = tmp_path.glob(f"recount3-*{kind}*")
    whole = file.read_bytes()
    for at in np.linspace(0, len(whole) - 1, 7).astype(int).tolist():
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.warns(UserWarning, match=rf"{file.name} cannot be used .*set aside as {file.name}.damaged"):
            assert same(expected, read_recount3(mirror, tmp_path, n_genes=20))
    assert same(expected, read_recount3(mirror, tmp_path, n_genes=20))


def test_readers_of_the_same_cache_do_not_disturb_each_other(tmp_path, mirror, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(os, "getpid", lambda: 999_999_999)
        temporary_name(tmp_path / "recount3_copies").mkdir()
        patch.setattr(files, "_machine", lambda: "00000000")
        elsewhere = temporary_name(tmp_path / "recount3_copies")
        elsewhere.mkdir()
    code = f"""
from linear_signal.data.recount3.samples import read_recount3
table = read_recount3({str(mirror)!r}, {str(tmp_path)!r}, n_genes=20)
print(table.genes.expression.sum(dtype=float), len(table.report.skipped))
"""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-W", "error", "-c", code]
    readers = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = {reader.communicate()[0].strip() for reader in readers}
    table = read_recount3(mirror, tmp_path, n_genes=20)
    assert said == {f"{table.genes.expression.sum(dtype=float)} 0"}
    assert list(tmp_path.glob(".recount3_copies*")) == [elsewhere], "who lives on another machine cannot be told from here"


def test_statistics_need_no_labels(tmp_path, mirror):
    genes = small_genes()
    tpm, _ = expected(small_studies(genes), genes, labelled_only=False)
    table, report = recount3_statistics(mirror, tmp_path)
    assert table["gene_id"].tolist() == tpm.index.tolist()
    np.testing.assert_allclose(table["mean"], tpm.to_numpy(dtype=float).mean(axis=1), rtol=1e-6)
    np.testing.assert_allclose(table["variance"], tpm.to_numpy(dtype=float).var(axis=1), rtol=1e-6)
    assert report.runs_kept == tpm.shape[1]
    bare = shutil.copytree(mirror, tmp_path / "bare")
    for study in small_studies(genes):
        file = metadata_path(bare, study.accession, "recount_pred")
        file.write_bytes(gzip.compress(gzip.decompress(file.read_bytes()).split(b"\n")[0] + b"\n"))
    with pytest.raises(InputError, match=r"None of the 45 runs .* no sex labels were given: there is nothing to predict"):
        read_recount3(bare, tmp_path / "cache")
    assert recount3_statistics(bare, tmp_path / "cache")[1].runs_single_cell == 0


def test_datasets_of_tissues_and_sex(tmp_path, mirror):
    studies = small_studies(small_genes())
    table = read_recount3(mirror, tmp_path, n_genes=20, sex_labels=sexes(studies))
    dataset = tissue_dataset(table, min_studies=2)
    assert set(dataset.column("label")) == {"brain", "blood", "skin"}
    labelled = table.tissues != ""
    np.testing.assert_array_equal(dataset.column("study"), table.studies[labelled])
    np.testing.assert_array_equal(dataset.expression, table.genes.expression[labelled])
    np.testing.assert_array_equal(dataset.scaling.maximum, table.genes.maximum)
    named = tissue_dataset(table, tissues=["blood", "tonsil"], min_studies=2)
    assert set(named.column("label")) == {"blood"}
    assert any("Left out with fewer than 2 studies" in note and "tonsil (0)" in note for note in named.notes)
    with pytest.raises(InputError, match=r"None of the tissues asked for has 4 studies.*'\w+ \(3\)'"):
        tissue_dataset(table, min_studies=4)
    for markers in (False, True):
        sex = sex_dataset(table, markers=markers)
        assert sex.sample_ids.tolist() == table.sample_ids[table.sexes != ""].tolist()
        assert set(sex.column("label")) == {"female", "male"}
    # The sex genes go by their symbols, in the order of the table.
    assert sex.gene_ids.tolist() == [SEX_GENES[gene.partition(".")[0]] for gene in table.markers.gene_ids.tolist()]
    # Runs of studies without a tissue are in scope by their sex.
    assert {"SRP000001", "SRP000002"} & set(sex.column("study"))
    with pytest.raises(InputError, match="has a sex"):
        sex_dataset(read_recount3(mirror, tmp_path, n_genes=20))


def test_markers_that_the_annotation_does_not_have(tmp_path, mirror):
    for _ in range(2):  # read, and taken from the cache
        table = read_recount3(mirror, tmp_path, n_genes=20, also=["ENSG09999999999"])
        assert table.markers.expression.shape == (len(table.sample_ids), 0)
        assert table.report.absent_markers == ("ENSG09999999999",)
    assert "Not in the annotation: ENSG09999999999." in table.report.sentences()
    with pytest.raises(InputError, match="has none of the genes ENSG09999999999"):
        sex_dataset(replace(table, sexes=np.full(len(table.sexes), "male")), markers=True)

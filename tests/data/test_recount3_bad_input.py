"""Recount3 that cannot be used as it is: bad settings, folders that are no mirror, studies that are broken."""

import errno
import gzip
import os
import shutil
from dataclasses import replace

import numpy as np
import pytest

from linear_signal.data.made_up.recount3_tree import (
    gene_sums_path,
    metadata_path,
    write_gene_sums,
    write_recount3_tree,
)
from linear_signal.data.recount3 import passes as recount3_passes
from linear_signal.data.recount3.samples import read_recount3
from linear_signal.errors import InputError
from recount3_server import quick, same, small_genes, small_studies, small_tree


@pytest.fixture(scope="module")
def mirror(tmp_path_factory):
    return small_tree(tmp_path_factory.mktemp("mirror"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scope": "labeled"}, "Unknown scope 'labeled'; did you mean 'labelled'"),
        ({"n_genes": 0}, "n_genes is 0"),
        ({"downloads": 0}, "downloads is 0"),
        ({"most_zeros": 75}, "most_zeros is 75; it is a share"),
        ({"mirror": "ftp://example.org/recount3"}, "it must be an http"),
        ({"mirror": "/no/such/folder"}, "which is no folder"),
    ],
)
def test_bad_settings_are_explained_before_anything_is_written(tmp_path, mirror, options, message):
    with pytest.raises(InputError, match=message):
        read_recount3(**({"mirror": mirror, "cache": tmp_path / "cache"} | options))
    assert not (tmp_path / "cache").exists()


def test_folders_that_are_no_mirror(tmp_path, mirror):
    with pytest.raises(InputError, match="its folder 'inner' does, name that one"):
        read_recount3(shutil.copytree(mirror, tmp_path / "outer/inner").parent, tmp_path / "cache")
    (tmp_path / "outer/inner/human/homes_index").write_text("data_sources/gtex\n")
    with pytest.raises(InputError, match=r"lists no data_sources/sra .there: data_sources/gtex"):
        read_recount3(tmp_path / "outer/inner", tmp_path / "cache")
    bare = shutil.copytree(mirror, tmp_path / "bare")
    (bare / "human/annotations/gene_sums/human.gene_sums.G026.gtf.gz").unlink()
    with pytest.raises(InputError, match=r"gtf\.gz cannot be used: there is no such file"):
        read_recount3(bare, tmp_path / "cache")
    genes = small_genes()
    without = genes[["bp_length"]].isna().to_numpy()
    studies = [replace(study, gene_sums=study.gene_sums * without) for study in small_studies(genes)]
    bare = write_recount3_tree(tmp_path / "uncovered", genes=genes, studies=studies)
    with pytest.raises(InputError, match="no coverage on any of the 52 genes"):
        read_recount3(bare, tmp_path / "cache", most_zeros=1.0)


def damage(kind, path, genes, study):
    ids, runs, sums = genes["gene_id"].tolist(), list(study.runs), study.gene_sums
    if kind == "torn":
        path.write_bytes(path.read_bytes()[:-30])
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "foreign runs":
        write_gene_sums(path, ids, [f"X{run}" for run in runs], sums)
    elif kind == "missing gene":
        write_gene_sums(path, ids[1:], runs, sums[1:])
    elif kind == "gene twice":
        write_gene_sums(path, [*ids, ids[3]], runs, np.vstack([sums, sums[3]]))
    elif kind == "negative":
        write_gene_sums(path, ids, runs, sums - 10**6)
    elif kind == "words":
        write_gene_sums(path, ids, runs, np.where(sums == sums.max(), "many", sums.astype(str)))
    elif kind == "short row":
        path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()).rsplit(b"\t", 1)[0] + b"\n"))


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("torn", "ended before"),
        ("empty", "header"),
        ("foreign runs", "runs that are not of this study: 'XSRR00050' and 1 more"),
        ("missing gene", "genes are missing: 'ENSG00000229807.3'"),
        ("gene twice", "a gene is there twice"),
        ("negative", "it must be a plain number of zero or more"),
        ("words", "is 'many'; it must be a plain number"),
        ("short row", "another number of fields"),
    ],
)
def test_a_broken_study_is_skipped_named_and_counted(tmp_path, mirror, kind, reason):
    where = shutil.copytree(mirror, tmp_path / "mirror")
    genes = small_genes()
    study = small_studies(genes)[5]
    damage(kind, gene_sums_path(where, study.accession), genes, study)
    table = read_recount3(quick(where, tmp_path / "cache"), tmp_path / "cache", n_genes=20)
    assert list(table.report.skipped) == [study.accession]
    assert reason in table.report.skipped[study.accession]
    assert study.accession not in table.studies
    assert (table.report.studies_in_scope, table.report.studies_read) == (9, 8)
    assert f"Studies that could not be read: 1, namely {study.accession} (its gene sums: " in " ".join(
        table.report.sentences()
    )
    assert not list((tmp_path / "cache").glob(".recount3_copies*"))
    # Mended, it is there, as if nothing had been.
    shutil.copy(gene_sums_path(mirror, study.accession), gene_sums_path(where, study.accession))
    again = read_recount3(where, tmp_path / "cache", n_genes=20)
    assert not again.report.skipped
    assert same(again, read_recount3(mirror, tmp_path / "plain", n_genes=20))


def test_a_full_disk_is_one_sentence_and_what_was_read_is_kept(tmp_path, mirror, monkeypatch):
    def full(path, *_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    with monkeypatch.context() as patch:
        patch.setattr(recount3_passes, "write_kept", full)
        with pytest.raises(InputError, match=r"The cache cannot be written: .*No space left"):
            read_recount3(mirror, tmp_path, n_genes=20)
    assert read_recount3(mirror, tmp_path, n_genes=20).genes.expression.shape[1] == 20


def test_gene_sums_are_unpacked_so_far_and_no_farther(tmp_path, mirror, monkeypatch):
    where = shutil.copytree(mirror, tmp_path / "mirror")
    file = gene_sums_path(where, "SRP000005")
    file.write_bytes(gzip.compress(gzip.decompress(file.read_bytes()) + b"5" * 10**6))
    monkeypatch.setattr(recount3_passes, "most_bytes", lambda n_runs: 10_000 * n_runs)
    report = read_recount3(quick(where, tmp_path / "cache"), tmp_path / "cache", n_genes=20).report
    assert list(report.skipped) == ["SRP000005"]
    assert "it holds more than 20,000 bytes" in report.skipped["SRP000005"]


@pytest.mark.parametrize("name", ["../../outside/PWN", "/outside/PWN", "..", "", ".hidden", "a b", "A" * 65, "SRP1\u0661"])
@pytest.mark.parametrize("column", ["study", "run"])
def test_an_index_whose_names_are_no_accessions_is_refused_before_they_become_paths(tmp_path, name, column):
    genes = small_genes()
    study = small_studies(genes)[4]
    changed = {"accession": name} if column == "study" else {"runs": [name, *study.runs[1:]]}
    if column == "study":
        mirror = write_recount3_tree(tmp_path / "mirror", genes=genes, studies=[study])
        index = mirror / "human/data_sources/sra/metadata/sra.recount_project.MD.gz"
        head, *lines = gzip.decompress(index.read_bytes()).decode().splitlines()
        lines = [line.replace(f"\t{study.accession}\tHomo", f"\t{name}\tHomo") for line in lines]
        index.write_bytes(gzip.compress("\n".join([head, *lines, ""]).encode()))
    else:
        mirror = write_recount3_tree(tmp_path / "mirror", genes=genes, studies=[replace(study, **changed)])
    with pytest.raises(InputError, match=rf"MD.gz cannot be used: it names a {column} .*an accession is letters, digits"):
        read_recount3(quick(mirror, tmp_path / "home/cache"), tmp_path / "home/cache", n_genes=20)
    assert not list((tmp_path / "home").rglob("*PWN*"))
    assert not (tmp_path / "outside").exists()


def test_a_sentence_for_people_is_not_taken_for_a_broken_file(tmp_path, mirror, monkeypatch):
    asked = []

    def refuse(path, *_):
        asked.append(path)
        raise InputError("Gene 3 of 60 has a value that is missing or infinite.")

    monkeypatch.setattr(recount3_passes, "_summary", refuse)
    with pytest.raises(InputError, match=r"^Gene 3 of 60"):
        read_recount3(quick(mirror, tmp_path), tmp_path, n_genes=20)
    assert len(asked) == 1


def test_a_complete_cache_that_cannot_be_written_is_enough(tmp_path, mirror, monkeypatch):
    from linear_signal.data.recount3 import files as recount3_files

    expected = read_recount3(mirror, tmp_path / "cache", n_genes=20)
    before = sorted(path.name for path in (tmp_path / "cache").iterdir())
    plain = recount3_files.Path.mkdir

    def closed(path, *arguments, **options):
        if path.parent == tmp_path / "cache":
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))
        return plain(path, *arguments, **options)

    monkeypatch.setattr(recount3_files.Path, "mkdir", closed)
    assert same(expected, read_recount3(mirror, tmp_path / "cache", n_genes=20))
    assert sorted(path.name for path in (tmp_path / "cache").iterdir()) == before


def test_other_content_of_the_same_size_and_time_is_read(tmp_path, mirror):
    where = shutil.copytree(mirror, tmp_path / "mirror")
    file = metadata_path(where, "SRP000006", "recount_pred")
    text = gzip.decompress(file.read_bytes())
    # A reader of gzip passes over zeros at the end.
    first, second = (gzip.compress(one).ljust(500, b"\0") for one in (text, text.replace(b"\tbrain\t", b"\tblood\t")))
    file.write_bytes(first)
    before = read_recount3(where, tmp_path / "cache", n_genes=20)
    status = file.stat()
    file.write_bytes(second)
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    after = read_recount3(where, tmp_path / "cache", n_genes=20)
    assert not np.array_equal(before.tissues, after.tissues)

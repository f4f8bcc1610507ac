"""Tables of a recount3 mirror, its labels and its annotation: what is not as it should be is refused, with the reason."""

import gzip
import shutil

import pytest

from linear_signal.data.made_up.recount3_tree import annotation_path, metadata_path
from linear_signal.data.recount3.runs import read_run_labels
from linear_signal.data.recount3.samples import read_recount3
from linear_signal.errors import InputError
from recount3_server import quick, small_genes, small_studies, small_tree


@pytest.fixture(scope="module")
def mirror(tmp_path_factory):
    return small_tree(tmp_path_factory.mktemp("mirror"))


def table_of(mirror, study):
    return metadata_path(mirror, study, "recount_pred")


def test_a_study_without_labels_that_can_be_read_is_skipped(tmp_path, mirror):
    where = shutil.copytree(mirror, tmp_path / "mirror")
    file = metadata_path(where, "SRP000006", "recount_pred")
    file.write_bytes(gzip.compress(b"rail_id\texternal_id\n1\tSRR1\n"))
    report = read_recount3(quick(where, tmp_path / "cache"), tmp_path / "cache", n_genes=20).report
    assert report.skipped == {
        "SRP000006": "its table of labels: Unknown column of the file 'study'. Allowed: rail_id, external_id."
    }


def test_tables_of_labels_of_two_studies_that_are_swapped_are_refused_and_named(tmp_path, mirror):
    where = shutil.copytree(mirror, tmp_path / "mirror")
    first, second = (table_of(where, study) for study in ("SRP000004", "SRP000007"))
    contents = first.read_bytes(), second.read_bytes()
    second.write_bytes(contents[0])
    first.write_bytes(contents[1])
    table = read_recount3(quick(where, tmp_path / "cache"), tmp_path / "cache", n_genes=20)
    assert table.report.skipped == {
        "SRP000004": "its table of labels: it is not of this study: it names 'SRP000007'",
        "SRP000007": "its table of labels: it is not of this study: it names 'SRP000004'",
    }


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda text: text.replace("SRR00060\t", "SRR00061\t", 1), "named twice"),
        (lambda text: text.replace("SRR00060\t", "SRR99999\t", 1), "not of this study: it names 'SRR99999'"),
        (lambda text: text.replace("\tSRS00060\t", "\t", 1), "the file: line 2 has 9 fields; the header has 10"),
        (lambda text: text.replace("\tbrain\t", "\tbr\x1bain\t", 1), "holds a character that cannot be printed (U+001B)"),
        (lambda text: text.replace("\tbrain\t", "\tbr\u202eain\t", 1), "cannot be printed (U+202E)"),
        (lambda text: text.replace("\tbrain\t", f"\t{'x' * 300}\t", 1), "300 characters long; 256 is the most"),
        (lambda text: text + "x" * 2**21, "goes on for more than 1,048,576 bytes"),
        (lambda text: text + "\n" * 2_000, "goes on behind 1,003 lines"),
    ],
)
def test_a_table_of_labels_that_is_not_right_is_refused(tmp_path, mirror, change, reason):
    where = shutil.copytree(mirror, tmp_path / "mirror")
    file = table_of(where, "SRP000006")
    text = gzip.decompress(file.read_bytes()).decode()
    assert change(text) != text
    file.write_bytes(gzip.compress(change(text).encode()))
    report = read_recount3(quick(where, tmp_path / "cache"), tmp_path / "cache", n_genes=20).report
    assert list(report.skipped) == ["SRP000006"]
    assert reason in report.skipped["SRP000006"]


def with_labels(mirror, folder, change):
    """Copy a mirror and change the table of labels of SRP000006."""
    where = shutil.copytree(mirror, folder)
    file = table_of(where, "SRP000006")
    file.write_bytes(gzip.compress(change(gzip.decompress(file.read_bytes()).decode()).encode()))
    return where


@pytest.mark.parametrize("label", ["007", "1e3", "TRUE", "nan", "None", "'brain'"])
def test_a_label_is_the_text_that_stands_there(tmp_path, mirror, label):
    where = with_labels(mirror, tmp_path / "mirror", lambda text: text.replace("\tbrain\t", f"\t{label}\t"))
    source = quick(where, tmp_path)
    read, _ = read_run_labels(source, source.runs()[0], tmp_path, identity="", downloads=1)
    assert set(read.loc[read["study"] == "SRP000006", "tissue"]) == {label, ""}


@pytest.mark.parametrize("scope", ["labelled", "all"])
def test_a_table_of_labels_may_say_nothing_and_the_report_counts_it(tmp_path, mirror, scope):
    before = read_recount3(mirror, tmp_path / "before", scope=scope, n_genes=20).report
    where = with_labels(mirror, tmp_path / "mirror", lambda text: text.partition("\n")[0] + "\n")
    after = read_recount3(where, tmp_path / "after", scope=scope, n_genes=20).report
    assert not after.skipped
    study = small_studies(small_genes())[6]
    n_told = sum(bool(tissue or kind) for tissue, kind in zip(study.curated_tissue, study.predicted_type, strict=True))
    assert after.runs_untold == before.runs_untold + n_told
    assert f"About {after.runs_untold} runs of the mirror it says neither a tissue nor a type." in after.sentences()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda text: text.replace("\tHAVANA", "", 1), "line 6 has 8 fields; lines of GTF have 9"),
        (lambda text: text.replace('gene_id "', 'gene_id "\x1b', 1), "the gene_id of line 6 .* cannot be printed"),
        (lambda text: text.replace("\t+\t", "e\t+\t", 1), "the score, which is the length, of line 6 is '"),
        (lambda text: text.replace("gene_id", "id", 1), "line 6 names no gene_id"),
        (lambda text: text + text, "it must name each gene once"),
        (lambda text: text + "x" * 100_000, "goes on for more than 65,536 bytes"),
    ],
)
def test_an_annotation_that_is_not_right_is_refused(tmp_path, mirror, change, reason):
    where = shutil.copytree(mirror, tmp_path / "mirror")
    file = annotation_path(where)
    text = gzip.decompress(file.read_bytes()).decode()
    assert change(text) != text
    file.write_bytes(gzip.compress(change(text).encode()))
    with pytest.raises(InputError, match=rf"gtf.gz cannot be used: .*{reason}"):
        quick(where, tmp_path).genes()

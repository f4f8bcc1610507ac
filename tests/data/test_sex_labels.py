"""Sex labels: rows that count, rows that repeat, rows that contradict one another, and files that are something else."""

import gzip

import pytest

from linear_signal.data.recount3.sex_labels import SEX_GENES, read_sex_labels
from linear_signal.errors import InputError

HEADER = "sample_acc,organism,data_type,platform,study_acc,metadata_sex,expr_sex,p_male,present,num_reads"


def row(run, sex, organism="human", data_type="rnaseq"):
    return f'{run},{organism},{data_type},"Illumina, HiSeq 2500",SRP000001;SRP000002,{sex},female,0.3,TRUE,2.18e7'


def write(path, *rows, header=HEADER):
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def test_only_human_rna_sequencing_that_is_female_or_male_counts(tmp_path):
    path = write(
        tmp_path / "meta.csv",
        row("SRR1", "female"),
        row("ERR2", "male"),
        row("SRR3", "mixed"),
        row("SRR4", "unknown"),
        row("SRR5", "NA"),
        row("SRR6", "male", organism="mouse"),
        row("GSM7", "male", data_type="microarray"),
        row("SRR8", "Male", data_type="RNA-seq"),
    )
    labels = read_sex_labels(path)
    assert labels.sex == {"SRR1": "female", "ERR2": "male", "SRR8": "male"}
    assert labels.counts == {
        "rows": 8,
        "human_rnaseq_rows": 6,
        "labelled_rows": 3,
        "duplicates": 0,
        "conflicts": 0,
        "runs": 3,
        "female": 1,
        "male": 2,
    }
    (told,) = labels.notes
    assert told.startswith("Of 8 rows with a metadata sex 6 are human RNA-seq; 3 of those say female or male")
    assert told.endswith("3 runs: 1 female, 2 male.")


def test_repeated_rows_collapse_and_contradictions_are_left_out_and_named(tmp_path):
    path = write(
        tmp_path / "meta.csv",
        row("SRR1", "female"),
        row("SRR1", "female"),
        row("SRR1", "unknown"),
        row("SRR2", "male"),
        row("SRR2", "female"),
        row("SRR2", "male"),
        row("SRR3", "male"),
    )
    labels = read_sex_labels(path)
    assert labels.sex == {"SRR1": "female", "SRR3": "male"}
    assert labels.conflicts == ("SRR2",)
    assert labels.counts["duplicates"] == 1
    assert labels.counts["conflicts"] == 1
    # Every row that says female or male is accounted for.
    assert labels.counts["labelled_rows"] == 6
    assert "1 repeated rows agree" in labels.notes[1]
    assert "'SRR2'" in labels.notes[2]


def test_order_of_rows_and_columns_makes_no_difference(tmp_path):
    rows = [row("SRR1", "female"), row("SRR2", "male"), row("SRR2", "female"), row("SRR3", "male")]
    one = read_sex_labels(write(tmp_path / "one.csv", *rows))
    other = read_sex_labels(write(tmp_path / "other.csv", *reversed(rows)))
    assert one.sex == other.sex
    assert one.counts == other.counts
    path = write(tmp_path / "few.csv", "male,rnaseq,SRR1,human", header="metadata_sex,data_type,sample_acc,organism")
    assert read_sex_labels(path).sex == {"SRR1": "male"}


def test_a_compressed_file_reads_whatever_its_name(tmp_path):
    plain = write(tmp_path / "meta.csv", row("SRR1", "female"))
    zipped = tmp_path / "zipped.csv"
    zipped.write_bytes(gzip.compress(plain.read_bytes(), mtime=0))
    assert read_sex_labels(str(zipped)).sex == {"SRR1": "female"}


def test_a_missing_file_says_where_to_get_it(tmp_path):
    with pytest.raises(InputError, match=r"combined_human_mouse_meta_v2\.csv of Flynn"):
        read_sex_labels(tmp_path / "meta.csv")


def test_a_file_without_the_columns_is_refused(tmp_path):
    path = write(tmp_path / "meta.csv", "SRR1,human,rnaseq,male", header="sample_acc,organism,data_type,sex")
    with pytest.raises(InputError, match=r"Unknown column of meta\.csv 'metadata_sex'"):
        read_sex_labels(path)


@pytest.mark.parametrize("rows", [[row("SRR1", "unknown")], [row("SRR1", "male", organism="mouse")], [row("", "male")]])
def test_a_file_without_a_label_that_counts_is_refused(tmp_path, rows):
    with pytest.raises(InputError, match="none of those is 'female' or 'male'"):
        read_sex_labels(write(tmp_path / "meta.csv", *rows))


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "meta.csv").write_text("")
    with pytest.raises(InputError, match="is empty"):
        read_sex_labels(tmp_path / "meta.csv")


def test_the_genes_that_tell_sex_are_named_by_their_ids():
    assert set(SEX_GENES.values()) == {"XIST", "RPS4Y1", "DDX3Y", "KDM5D", "UTY"}
    assert all(gene.startswith("ENSG") and "." not in gene for gene in SEX_GENES)

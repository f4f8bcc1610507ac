"""Tissue labels: the rule, the written table, and the report on a file."""

import bz2
import gzip
import io
import lzma
import zipfile
from collections import Counter

import numpy as np
import pytest

from linear_signal.data import tissue_report
from linear_signal.data.text_columns import read_text_columns
from linear_signal.data.tissue_names import (
    BINARY_TISSUES,
    KINDS,
    PAPER_TISSUES,
    clean_tissues,
    folded,
    samples_and_studies,
    tissue_table,
)
from linear_signal.errors import InputError

# What real tables of labels hold, and what a biologist would call it.
REAL = {
    "prostrate": "prostate",
    "Prostate": "prostate",
    "Whole_Blood": "blood",
    "PBMCs": "blood",
    "peripheral blood": "blood",
    "T cells": "t cell",
    "blood plasma": "blood plasma",
    "Skin_Sun_Exposed_Lower_leg": "skin",
    "hESCs": "stem cell",
    "iPSCs": "stem cell",
    "IPSCs": "stem cell",
    "hESC-derived cells": "pluripotent derived cell",
    "mesenchymal stem cells": "mesenchymal stem cell",
    "bone marrow\u2013derived stromal stem cells": "mesenchymal stem cell",
    "skeletal muscle ": "muscle",
    "Muscle_Skeletal": "muscle",
    "smooth muscle": "smooth muscle",
    "cardiac muscle": "heart",
    "Brain_Spinal_cord_cervical_c-1": "spinal cord",
    "Brain_Nucleus_accumbens_basal_ganglia": "brain",
    "Brain - Caudate (basal ganglia)": "brain",
    "embryonic kidney": "embryonic kidney",
    "Artery_Tibial": "blood vessel",
    "umbilical_cord": "umbilical cord",
    "Cervix Uteri": "cervix",
    "upper aero-digestive tract": "upper aerodigestive tract",
}


@pytest.mark.parametrize(("label", "name"), REAL.items())
def test_a_real_label_gets_the_name_a_biologist_would_give_it(label, name):
    assert clean_tissues([label]).names.tolist() == [name]


def test_the_21_tissues_are_those_of_the_paper_and_the_five_among_them():
    assert len(PAPER_TISSUES) == len(set(PAPER_TISSUES)) == 21
    assert set(BINARY_TISSUES) <= set(PAPER_TISSUES)


def test_cleaning_a_clean_name_changes_nothing():
    names = sorted({row.name for row in tissue_table().values()} - {""} | set(PAPER_TISSUES))
    again = clean_tissues(names)
    assert again.names.tolist() == names
    assert not again.changed
    assert not again.unknown


def test_the_table_is_written_the_way_it_is_looked_up():
    for label, row in tissue_table().items():
        assert label == folded(label), f"{label!r} would never be found"
        assert row.name == folded(row.name)
        assert row.kind in KINDS, f"{label!r} has kind {row.kind!r}"
        assert (row.kind == "apart") == (label == row.name), label
        assert row.why or row.kind not in ("apart", "none"), f"{label!r} needs a reason"
        assert (row.kind == "none") == (row.name == "")


def test_no_label_stands_in_the_table_twice():
    from importlib.resources import files

    lines = files("linear_signal.data").joinpath("tissue_names.csv").read_text(encoding="utf-8").splitlines()[1:]
    counted = Counter(line.split(",")[0] for line in lines)
    assert not [label for label, count in counted.items() if count > 1]
    assert len(counted) == len(tissue_table())


@pytest.mark.parametrize("label", [None, float("nan"), "", " ", "NA", "Unknown", "n/a"])
def test_no_label_gives_no_name_and_counts_nowhere(label):
    cleaned = clean_tissues([label])
    assert cleaned.names.tolist() == [""]
    assert not cleaned.unknown


def test_what_was_changed_and_what_is_not_known_is_told():
    cleaned = clean_tissues(["Brain", "brains", "brain", "spleenish tissue", "Spleenish_tissue", None])
    assert cleaned.names.tolist() == ["brain", "brain", "brain", "spleenish tissue", "spleenish tissue", ""]
    assert cleaned.changed == {"Brain": "brain", "brains": "brain", "Spleenish_tissue": "spleenish tissue"}
    assert cleaned.by_table == {"brains"}
    assert cleaned.unknown == {"spleenish tissue": 1, "Spleenish_tissue": 1}
    told = " ".join(cleaned.notes())
    assert "3 spellings" in told
    assert "2 by case and blanks, 1 by the table" in told
    assert "2 names remain" in told
    assert "Samples without a tissue label: 1." in told
    assert "'spleenish tissue'" in told


def test_no_labels_at_all_are_no_names():
    assert clean_tissues([]).names.tolist() == []


def test_labels_may_come_as_an_array():
    assert clean_tissues(np.array(["Brain", "Skin"])).names.tolist() == ["brain", "skin"]


def test_studies_are_counted_once_per_name():
    counts = samples_and_studies(["brain", "brain", "brain", "skin", ""], ["A", "A", "B", "B", "C"])
    assert counts == {"brain": (3, 2), "skin": (1, 1)}


@pytest.fixture
def table(tmp_path):
    rows = [(f"S{i}", "prostrate") for i in range(10)] + [
        ("S1", "Brain"),
        ("S2", "NA"),
        ("S2", "spleenish"),
        ("S9", "brain"),
    ]
    path = tmp_path / "labels.tsv.gz"
    path.write_bytes(gzip.compress(b"study\ttissue\n" + "".join(f"{s}\t{t}\n" for s, t in rows).encode(), mtime=0))
    return path


def test_the_report_counts_labels_samples_studies_and_changes(table, capsys):
    assert tissue_report.main([str(table), "--column", "tissue", "--study", "study"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "14 samples: 13 with a tissue label in 4 spellings, 1 without."
    assert "  changed by rule (case, blanks, underscores, dashes): 1 spelling, 1 sample" in lines
    assert "  changed by the table of names: 1 spelling, 10 samples" in lines
    assert "  clean as written, known: 1 spelling, 1 sample" in lines
    assert "  clean as written, not in the table: 1 spelling, 1 sample" in lines
    fields = [line.split() for line in lines]
    assert ["prostate", "10", "10", "common"] in fields
    assert ["brain", "2", "2"] in fields
    assert "Of the 21, with at least 10 studies: 1" in lines
    assert "  prostate <- 'prostrate' 10" in lines
    assert "Not in the table, left as they are (1): 'spleenish' 1" in lines


def test_without_studies_the_report_counts_samples_alone(table, capsys):
    assert tissue_report.main([str(table), "--column", "tissue"]) == 0
    printed = capsys.readouterr().out
    assert ["prostate", "10"] in [line.split() for line in printed.splitlines()]
    assert "studies" not in printed


def test_the_number_of_studies_that_is_common_is_a_parameter(table, capsys):
    tissue_report.main([str(table), "--column", "tissue", "--study", "study", "--min-studies", "2"])
    assert "Of the 21, with at least 2 studies: 2" in capsys.readouterr().out


def test_a_mistake_is_told_in_one_line(table, capsys):
    assert tissue_report.main([str(table), "--column", "tisue"]) == 1
    assert (
        "Unknown column of labels.tsv.gz 'tisue'; did you mean 'tissue'? Allowed: study, tissue." in capsys.readouterr().err
    )


def zipped(content):
    with io.BytesIO() as buffer:
        with zipfile.ZipFile(buffer, "w") as file:
            file.writestr("labels.tsv", content)
        return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"study\ttissue\n", "a header and no rows"),
        (gzip.compress(b"study\ttissue\nS1\tbrain\n" * 2000, mtime=0)[:-20], "breaks off after line"),
        (gzip.compress(b"study\ttissue\nS1\tbrain\n", mtime=0)[:12] + b"\x00" * 40, "unreadable after line"),
        (b"\xff\xfe\x00study\ttissue\n", "cannot be read"),
        (b'study\ttissue\nS1\t"brain\n', "begins with a quote"),
        (b'study,tissue\nS1,"brain\n', "with commas: unexpected end of data"),
        (b"study\ttissue\ttissue\nS1\tbrain\tskin\n", "has the column 'tissue' 2 times"),
        (b"study\ttissue\nS1\n", "line 2 has 1 fields; the header has 2"),
        (b"study\ttissue\nS1\tbrain\t\n", "line 2 has 3 fields; the header has 2"),
        (b"study\ttissue\nS1\tBl\0ood\n", "is no text"),
        (b"study\ttissue\nS1\tBl\x1b[31mood\n", r"'tissue' in line 2 is 'Bl.x1b.31mood', which holds .* \(U\+001B\)"),
        (b"study\ttissue\nS1\t" + b"B" * 300, "300 characters long; 256 is the most"),
        (b"study\ttissue\rS1\tbrain\r", "is no text in UTF-8, or its lines end in another way"),
        (b"study\ttissue\nS1\t" + b"B" * 2_000_000, "goes on for more than 1,048,576 bytes"),
        (bz2.compress(b"study\ttissue\nS1\tbrain\n"), "Unpack it, unless it is packed with gzip"),
        (lzma.compress(b"study\ttissue\nS1\tbrain\n"), "Unpack it, unless it is packed with gzip"),
        (zipped(b"study\ttissue\nS1\tbrain\n"), "Unpack it, unless it is packed with gzip"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path, content, message):
    path = tmp_path / "labels.tsv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_text_columns(path, ["tissue"])


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"nowhere\.csv does not exist"):
        read_text_columns(tmp_path / "nowhere.csv", ["tissue"])


def test_a_table_with_commas_reads_as_well_and_na_stays_text(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text('study,tissue\n1,"brain, left"\n2,NA\n')
    assert read_text_columns(path, ["tissue", "study"]).to_dict("list") == {
        "study": ["1", "2"],
        "tissue": ["brain, left", "NA"],
    }

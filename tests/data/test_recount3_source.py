"""The sources a chapter can name for Recount3, and what is said about wrong combinations."""

import numpy as np
import pytest

from linear_signal.data.recount3.sex_labels import SEX_GENES
from linear_signal.data.recount3.source import open_recount3
from linear_signal.errors import InputError
from recount3_server import small_genes, small_studies, small_tree


@pytest.fixture(scope="module")
def mirror(tmp_path_factory):
    return small_tree(tmp_path_factory.mktemp("mirror"))


def labels_file(folder):
    rows = ["sample_acc,organism,data_type,metadata_sex"]
    for number, study in enumerate(small_studies(small_genes())):
        rows.append(f"{study.runs[0]},human,rnaseq,{('female', 'male')[number % 2]}")
    rows.append(f"{study.runs[0]},human,rnaseq,{('female', 'male')[number % 2]}")
    path = folder / "combined_human_mouse_meta_v2.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def test_a_mirror_gives_datasets_of_tissues_and_of_sex(tmp_path, mirror):
    opened = open_recount3(
        "recount3",
        folder=tmp_path,
        n_genes=15,
        mirror=mirror,
        sex_labels=True,
        sex_labels_file=labels_file(tmp_path),
    )
    tissues = opened.tissues(["blood", "brain", "placenta"], min_studies=2)
    sexes, sex_genes = opened.sexes(), opened.sex_genes()
    assert set(tissues.column("label")) == {"blood", "brain"}
    assert set(sexes.column("label")) == {"female", "male"}
    assert [dataset.name for dataset in (tissues, sexes, sex_genes)] == ["Recount3", "Recount3", "Recount3, sex genes"]
    assert not any(dataset.synthetic for dataset in (tissues, sexes, sex_genes))
    assert mirror.name in tissues.source
    np.testing.assert_array_equal(sexes.sample_ids, sex_genes.sample_ids)
    np.testing.assert_array_equal(sexes.column("label"), sex_genes.column("label"))
    assert set(sex_genes.gene_ids) <= set(SEX_GENES.values())
    assert len(sex_genes.gene_ids) == len(SEX_GENES)
    assert any("repeated rows" in note for note in sexes.notes)
    assert any("placenta (0)" in note for note in tissues.notes)
    assert any("runs" in note and "were kept and scaled together" in note for note in tissues.notes)


def test_without_sex_labels_there_are_tissues_alone(tmp_path, mirror):
    opened = open_recount3("recount3", folder=tmp_path, n_genes=15, mirror=str(mirror))
    assert opened.tissues(min_studies=2).n_genes == 15
    assert not opened.table.sexes.any()
    with pytest.raises(InputError, match="has a sex"):
        opened.sexes()


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        ("recount", {}, "Unknown source 'recount'; did you mean 'recount3'"),
        ("recount3", {"scope": "labeled"}, "Unknown scope 'labeled'"),
        ("miniature", {"mirror": "http://127.0.0.1:9/"}, "source is 'miniature'. Set source to 'recount3'"),
        ("miniature", {"sex_labels": True, "sex_labels_file": "x.csv"}, "'x.csv' was named, but source is 'miniature'"),
        ("recount3", {"sex_labels": True}, "carries no sex. Name sex_labels_file"),
        ("recount3", {"sex_labels_file": "x.csv"}, "no sex labels are wanted"),
        ("recount3", {"sex_labels": True, "sex_labels_file": "/no/x.csv"}, "There is no file '/no/x.csv'"),
        ("recount3", {"n_genes": 0}, "n_genes is 0"),
        ("recount3", {"downloads": 0}, "downloads is 0"),
    ],
)
def test_wrong_combinations_are_explained_and_nothing_is_written(tmp_path, source, options, message):
    with pytest.raises(InputError) as caught:
        open_recount3(source, folder=tmp_path / "new", **({"n_genes": 15} | options))
    assert message in str(caught.value)
    assert not (tmp_path / "new").exists()

"""Names of genes come from the descriptions of the expression file, as long as they tell genes apart."""

import pytest

from linear_signal.data.gtex.gene_names import open_gene_names
from linear_signal.data.made_up.gtex_miniature import write_gtex_miniature
from linear_signal.errors import InputError

GCT = "#1.2\n4\t1\nName\tDescription\tGTEX-1-A\nE1\tHBB\t1\nE2\tTWICE\t1\nE3\tTWICE\t1\nE4\t\t1\n"


def test_a_name_is_the_description_where_it_tells_the_gene_apart(tmp_path):
    file = tmp_path / "some.gct"
    file.write_text(GCT)
    asked = {"folder": tmp_path, "expression_file": str(file)}
    assert open_gene_names("files", gene_ids=["E1", "E4"], **asked) == {"E1": "HBB", "E4": "E4"}
    assert open_gene_names("files", gene_ids=["E2", "E3", "E5"], **asked) == {"E2": "E2", "E3": "E3", "E5": "E5"}
    assert open_gene_names("files", gene_ids=["E2"], **asked) == {"E2": "TWICE"}


def test_the_miniature_is_found_where_it_was_written(tmp_path):
    write_gtex_miniature(tmp_path / "gtex_miniature", n_donors=6, n_genes=100)
    names = open_gene_names("miniature", folder=tmp_path, gene_ids=["ENSG00000229807.11"])
    assert names == {"ENSG00000229807.11": "XIST"}


def test_a_file_that_went_away_is_named(tmp_path):
    with pytest.raises(InputError, match=r"gone\.gct does not exist"):
        open_gene_names("files", folder=tmp_path, gene_ids=["E1"], expression_file=str(tmp_path / "gone.gct"))

"""What chapters deal out: tissues with the groups that a split must keep together, from either archive or from a table."""

import numpy as np
import pandas as pd
import pytest

from linear_signal.data.made_up.gtex_miniature import write_gtex_miniature
from linear_signal.errors import InputError
from linear_signal.studies.heil2023.split_data import open_grouped_tissues, open_sexes, open_tissues


def test_gtex_comes_with_its_donors_as_groups(tmp_path):
    expression, attributes = write_gtex_miniature(tmp_path)
    files = {"expression_file": str(expression), "attributes_file": str(attributes)}
    samples, group = open_grouped_tissues("gtex", folder=tmp_path, n_genes=20, **files)
    assert group == "donor"
    assert samples.samples[group].nunique() < samples.n_samples


@pytest.mark.parametrize(
    ("source", "named"),
    [("miniature", {"expression_file": "tpm.gct"}), ("recount3", {"attributes_file": "a.txt"}), ("gtex", {"mirror": "m"})],
)
def test_files_of_another_source_are_refused(tmp_path, source, named):
    with pytest.raises(InputError, match="source is"):
        open_grouped_tissues(source, folder=tmp_path, n_genes=20, **named)
    assert not list(tmp_path.iterdir())


def a_table(folder):
    """Write 24 samples of three hospitals a label, and two samples of a label that one hospital has alone."""
    ids = [f"patient {number}" for number in range(26)]
    values = np.random.default_rng(0).gamma(2.0, 10.0, size=(26, 6)).round(3)
    hospitals = [f"H{number % 3}" for number in range(24)] + ["H9", "H9"]
    pd.DataFrame(values, index=ids, columns=[f"g{one}" for one in range(6)]).to_csv(folder / "values.csv", index_label="id")
    kinds = ["kidney"] * 12 + ["lung"] * 12 + ["blood"] * 2
    pd.DataFrame({"id": ids, "kind": kinds, "hospital": hospitals}).to_csv(folder / "labels.tsv", sep="\t", index=False)
    files = {"expression_file": str(folder / "values.csv"), "attributes_file": str(folder / "labels.tsv")}
    return values, files | {"label_column": "kind", "group_column": "hospital"}


@pytest.mark.parametrize("reader", [open_tissues, open_grouped_tissues, open_sexes])
def test_a_table_comes_with_its_groups_and_without_labels_of_one_group(tmp_path, reader):
    values, named = a_table(tmp_path)
    found = reader("table", folder=tmp_path, n_genes=4, **named)
    samples, group = found[0], found[-1]
    assert group == "hospital"
    assert set(samples.column("label")) == {"kidney", "lung"}
    assert any("blood" in note for note in samples.notes)
    assert samples.expression.min(axis=0).tolist() == [0] * 4
    assert samples.expression.max(axis=0).tolist() == [1] * 4
    span = samples.scaling.maximum - samples.scaling.minimum
    places = [int(gene[1:]) for gene in samples.gene_ids]
    assert samples.expression * span + samples.scaling.minimum == pytest.approx(values[:24, places], rel=1e-5)


@pytest.mark.parametrize("reader", [open_tissues, open_grouped_tissues, open_sexes])
def test_columns_of_a_table_are_asked_for_and_refused_elsewhere(tmp_path, reader):
    _, named = a_table(tmp_path)
    with pytest.raises(InputError, match="label_column"):
        reader("table", folder=tmp_path, n_genes=4, **named | {"label_column": ""})
    with pytest.raises(InputError, match="source"):
        reader("miniature", folder=tmp_path, n_genes=4, label_column="kind")

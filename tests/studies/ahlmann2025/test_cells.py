"""Cells become the same pseudobulk dense or sparse, in memory or from a file, in whatever parts they are read."""

import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from linear_signal.errors import InputError
from linear_signal.studies.ahlmann2025 import cells as module
from linear_signal.studies.ahlmann2025.cells import control_covariance, open_cells, pseudobulk_of_cells
from linear_signal.studies.ahlmann2025.prediction_files import read_predictions, write_predictions

GENES = ["A", "B", "G2", "G3", "G4", "G5"]
LABELS = np.array(["ctrl"] * 40 + ["A+ctrl"] * 30 + ["B"] * 20 + ["A+B"] * 10 + ["B+A"] * 11 + ["lonely"])


def made(*, matrix=np.asarray, counts=True, **changes):
    """Cells of a table that looks like AnnData: 111 in five notations, and one alone in its condition."""
    random = np.random.default_rng(0)
    values = random.poisson(3.0, (len(LABELS), 6)).astype(float)
    values[random.random(values.shape) < 0.3] = 0
    values[:, 0] += 1
    if not counts:
        values = np.log1p(values / values.sum(axis=1, keepdims=True) * 1e4)
    parts = {
        "X": matrix(values),
        "layers": {"other": matrix(values)},
        "obs": pd.DataFrame({"condition": LABELS}, index=[f"cell{n}" for n in range(len(LABELS))]),
        "var": pd.DataFrame({"gene_name": GENES}, index=[f"ENSG{n}" for n in range(6)]),
        "var_names": pd.Index(GENES),
    }
    return SimpleNamespace(**parts | changes)


def plain(values, label):
    """The same without any cleverness."""
    logs = np.log1p(values / values.sum(axis=1, keepdims=True) * 1e4)
    return logs[np.isin(LABELS, label)]


@pytest.mark.parametrize("matrix", [np.asarray, sparse.csr_matrix, sparse.csr_array], ids=["dense", "matrix", "array"])
@pytest.mark.parametrize("part", [7, 4096])
def test_means_are_those_of_a_plain_loop(matrix, part, monkeypatch):
    monkeypatch.setattr(module, "_PART", part)
    found = pseudobulk_of_cells(made(matrix=matrix), name="made", counts=True)
    values = made().X
    for condition, labels in {"ctrl": ["ctrl"], "B+ctrl": ["B"], "A+B": ["A+B", "B+A"]}.items():
        expected = plain(values, labels)
        assert found.data.means.loc[condition].to_numpy() == pytest.approx(expected.mean(axis=0))
        assert found.spread.loc[condition].to_numpy() == pytest.approx(expected.std(axis=0, ddof=1))
        assert found.data.n_cells[condition] == len(expected)
    assert "lonely+ctrl" not in found.data.means.index


def test_halves_share_the_cells_of_every_condition():
    found = pseudobulk_of_cells(made(), name="made", counts=True)
    one, other = found.halves
    assert ((one.n_cells + other.n_cells) == found.data.n_cells[one.n_cells.index]).all()
    assert ((one.n_cells - other.n_cells).abs() <= 1).all()
    both = one.means.mul(one.n_cells, axis=0) + other.means.mul(other.n_cells, axis=0)
    assert np.allclose(both.div(found.data.n_cells, axis=0).loc[one.means.index], found.data.means.loc[one.means.index])
    assert not np.allclose(one.means, other.means)
    again = pseudobulk_of_cells(made(), name="made", counts=True)
    assert again.halves[0].means.equals(one.means)
    assert not pseudobulk_of_cells(made(), name="made", counts=True, seed=1).halves[0].means.equals(one.means)


def test_log_values_layers_and_gene_columns_are_taken_where_asked():
    expected = pseudobulk_of_cells(made(), name="made", counts=True).data.means
    assert np.allclose(pseudobulk_of_cells(made(counts=False), name="made").data.means, expected)
    layered = pseudobulk_of_cells(made(X=None), name="made", counts=True, layer="other", genes="gene_name")
    assert layered.data.means.equals(expected)


def test_repeated_genes_are_numbered_where_asked():
    names = pd.Index(["A", "A", "B", "A", "G4", "G5"])
    found = pseudobulk_of_cells(made(var_names=names), name="made", counts=True, number_repeats=True).data
    assert list(found.genes) == ["A", "A.1", "B", "A.2", "G4", "G5"]


def test_a_cell_without_counts_counts_as_empty():
    values = made().X
    values[0] = 0
    full = np.log1p(values[1:40] / values[1:40].sum(axis=1, keepdims=True) * 1e4)
    for matrix in (np.asarray, sparse.csr_matrix):
        found = pseudobulk_of_cells(made(X=matrix(values)), name="made", counts=True).data
        assert found.means.loc["ctrl"].to_numpy() == pytest.approx(full.sum(axis=0) / 40)


def test_the_covariance_is_that_of_control_cells():
    found = control_covariance(made(matrix=sparse.csr_matrix), ["B", "A", "Z"], counts=True)
    expected = np.cov(plain(made().X, ["ctrl"]), rowvar=False)
    assert list(found.index) == ["B", "A"]
    assert found.to_numpy() == pytest.approx(expected[[1, 0]])
    with pytest.raises(InputError, match="at least 2"):
        control_covariance(made(), ["A"], counts=True, control="none")


@pytest.mark.parametrize(
    ("changes", "options", "said"),
    [
        pytest.param({}, {}, "raw counts", id="counts for logs"),
        pytest.param({"counts": False}, {"counts": True}, "log values", id="logs for counts"),
        pytest.param({"X": -made().X}, {"counts": True}, "below 0", id="negative"),
        pytest.param({"X": np.where(made().X > 5, np.nan, made().X)}, {"counts": True}, "missing", id="missing"),
        pytest.param({"var_names": pd.Index(["A"] * 6)}, {"counts": True}, "repeat: 'A'", id="genes"),
        pytest.param({}, {"counts": True, "condition": "conditions"}, "did you mean 'condition'", id="column"),
        pytest.param({}, {"counts": True, "genes": "gene"}, "gene_name", id="gene column"),
        pytest.param({}, {"counts": True, "layer": "counts"}, "other", id="layer"),
        pytest.param({}, {"counts": True, "control": "non-targeting"}, "'non-targeting'", id="control"),
        pytest.param(
            {"obs": pd.DataFrame({"condition": [None, *LABELS[1:]]})}, {"counts": True}, "1 of 112", id="unlabelled"
        ),
    ],
)
def test_cells_that_are_not_what_was_said_are_refused(changes, options, said):
    with pytest.raises(InputError, match=said):
        pseudobulk_of_cells(made(**changes), name="made", **options)


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".parquet", ".h5ad"])
def test_predictions_come_back_as_they_were_written(tmp_path, ending):
    if ending == ".h5ad":
        pytest.importorskip("anndata")
    table = pd.DataFrame(np.random.default_rng(0).uniform(0, 3, (3, 4)), ["A+ctrl", "A+B", "B+ctrl"], list("WXYZ"))
    write_predictions(table, tmp_path / f"said{ending}")
    again = read_predictions(tmp_path / f"said{ending}")
    assert np.allclose(again, table, atol=1e-6)
    assert list(again.index) == list(table.index)
    assert list(again.columns) == list(table.columns)


def test_files_that_are_no_predictions_are_refused(tmp_path):
    (tmp_path / "text.csv").write_text("condition,G1\nA,high\n")
    (tmp_path / "twice.csv").write_text("condition,G1\nA+B,1\nB+A,2\n")
    for name, said in (
        ("text.csv", "cannot be read"),
        ("twice.csv", "more than once"),
        ("a.xlsx", "ends in"),
        ("no.csv", "no.csv"),
    ):
        with pytest.raises(InputError, match=said):
            read_predictions(tmp_path / name)


def test_a_file_on_disk_gives_what_memory_gives(tmp_path):
    anndata = pytest.importorskip("anndata")
    cells = made(matrix=sparse.csr_matrix)
    whole = anndata.AnnData(cells.X, obs=cells.obs, var=pd.DataFrame(index=GENES))
    whole.write_h5ad(tmp_path / "cells.h5ad")
    expected = pseudobulk_of_cells(cells, name="made", counts=True)
    for source in (whole, open_cells(tmp_path / "cells.h5ad")):
        found = pseudobulk_of_cells(source, name="made", counts=True)
        assert np.allclose(found.data.means, expected.data.means)
        assert found.data.n_cells.equals(expected.data.n_cells)
    (tmp_path / "broken.h5ad").write_bytes(b"no HDF5")
    with pytest.raises(InputError, match="broken"):
        open_cells(tmp_path / "broken.h5ad")


def test_what_is_missing_is_named_where_anndata_is_not_installed(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "anndata", None)
    with pytest.raises(InputError, match=r"linear-signal\[h5ad\]"):
        open_cells(tmp_path / "cells.h5ad")

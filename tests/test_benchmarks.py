"""Every benchmark runs, at a size that says nothing about time."""

import json

import numpy as np
import pandas as pd
import pytest
from benchmarks import (
    chapters,
    exact_linear,
    given_up,
    ingest,
    memory,
    own_data,
    own_data_null,
    own_data_sets,
    pitfall,
    pitfall_memory,
    signal_removal,
    training,
)

from linear_signal.data.gct import GctReader
from linear_signal.data.signal_removal import limma_available
from linear_signal.errors import InputError
from miniature_book import PROJECT

MODULES = (exact_linear, ingest, memory, pitfall, pitfall_memory, signal_removal, training)
NAMES = {module.__name__.partition(".")[2]: module for module in MODULES}


@pytest.mark.parametrize("name", NAMES)
def test_the_benchmark_runs_and_leaves_a_report(name, monkeypatch, tmp_path, capsys):
    if name == "signal_removal" and limma_available() is not None:
        pytest.skip(f"limma cannot be run here: {limma_available()}")
    monkeypatch.setenv("PYTHONPATH", f"{PROJECT}:{PROJECT / 'lib'}")
    monkeypatch.chdir(tmp_path)
    NAMES[name].main(["--tiny"])
    written = json.loads((tmp_path / f"_build/benchmarks/{name}.json").read_text())
    assert written["benchmark"] == name
    assert written["machine"]["cores"] >= 1
    assert len(written["rows"]) >= (1 if name in ("memory", "pitfall_memory") else 2)
    printed = capsys.readouterr().out
    assert all(column in printed for column in written["rows"][0])


def test_both_ways_of_the_exact_benchmark_solve_the_same_problem():
    expression, classes = exact_linear.generate(60, 30, 3)
    ours = exact_linear.ridge_path(expression, classes, [1.0, 0.01], n_classes=3)
    theirs = exact_linear.scikit_learn_path(expression, classes, [1.0, 0.01], 3)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one.weights, other.weights, rtol=0, atol=1e-3 * np.abs(one.weights).max())
    assert exact_linear.gradient_over_tolerance(ours, expression.astype(float), classes) <= 1.01


def test_the_generated_file_looks_like_expression(tmp_path):
    path = tmp_path / "generated.gct.gz"
    ingest.write_gct(path, n_genes=20, n_samples=50)
    with GctReader(path) as reader:
        values = np.concatenate([block for _, block in reader.blocks()])
    assert values.shape == (20, 50)
    assert 0.2 < (values == 0).mean() < 0.6
    assert np.unique(values).size > 200


def test_the_chapters_benchmark_counts_what_each_run_computed(monkeypatch, tmp_path, capsys):
    def execute(source, page, *, root, parameters):
        assert source.is_file()
        folder = page.parent / "results"
        if not folder.exists():
            folder.mkdir()
            (folder / "unit.zip").touch()

    monkeypatch.setattr(chapters, "execute", execute)
    monkeypatch.setattr(chapters, "unit_seconds", lambda archive: 3.0)
    monkeypatch.setattr(chapters.os, "cpu_count", lambda: 2)
    monkeypatch.chdir(tmp_path)
    chapters.main(["--tiny", "--chapters", "10_simulation"])
    (measured,) = json.loads((tmp_path / "_build/benchmarks/chapters.json").read_text())["raw"]["runs"]["10_simulation"]
    assert (measured["cold"]["units"], measured["cold"]["training"]) == (1, 1.5)
    assert (measured["warm"]["units"], measured["warm"]["training"]) == (0, 0)
    assert "outside training" in capsys.readouterr().out


def test_an_unknown_chapter_is_refused(monkeypatch):
    monkeypatch.chdir(PROJECT)
    with pytest.raises(InputError, match="10_simulation"):
        chapters.main(["--chapters", "10_simulaton"])


def test_the_benchmark_of_the_test_behind_your_data_goes_on_where_it_was(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", f"{PROJECT}:{PROJECT / 'lib'}")
    row = "5 + 5 studies of 12"
    kept = tmp_path / "false.csv"
    kept.write_text(f"row,seed,answer,p,cpu_seconds\n{row},0,found,0.05,7.5\n")
    found = own_data.answers("false", 2, [row], folder=tmp_path, workers=1)
    assert found["answer"].tolist() == ["found", "cannot be judged"]
    assert kept.read_text().count("\n") == 3
    assert own_data.summary(found, [row]).loc[row, "sets"] == 2
    often = pd.DataFrame({"row": "a", "answer": ["found"] * 12 + ["none found"] * 40})
    seldom = pd.DataFrame({"row": "b", "answer": ["found"] * 4 + ["none found"] * 40})
    assert own_data.too_often(pd.concat([often, seldom])) == ["a"]


def test_the_benchmark_of_the_null_sees_the_same_errors_as_observed_and_permuted(monkeypatch):
    monkeypatch.setattr(own_data_null, "ORDERS", 30)
    row = own_data_sets.Row(name="tiny", groups=(12, 15), each=(2, 2), n_genes=6)
    found = np.stack([own_data_null.seen(row, seed, ("squares", "quadratic_kernel")) for seed in range(2)])
    assert found.shape == (2, 30, 2, 2)
    observed, null = found[..., 0].transpose(2, 0, 1)
    assert np.corrcoef(observed.ravel(), null.ravel())[0, 1] > 0.4
    table = own_data_null.summary(found, ("squares", "quadratic_kernel"))
    assert table.index.tolist() == ["squares", "quadratic kernel"]
    monkeypatch.setattr(own_data_null, "ORDERS", 2)
    assert np.isfinite(own_data_null.seen(row, 0, ("boosted_trees",))).all()
    # Of statistics against themselves one in twenty is among the largest, and none spreads wider.
    same = own_data_null.summary(found[:, :, [1, 1]], ("squares", "quadratic_kernel"))
    assert same.iloc[:, 0].eq("0.0 ± 0.0").all()


@pytest.mark.parametrize(("late", "same", "lost"), [(False, 1.0, 0.0), (True, 0.0, 0.3)])
def test_successive_halving_keeps_the_best_setting_unless_it_shows_late(late, same, lost):
    class Recorded:
        trials = pd.DataFrame(
            {
                "task": "A vs B",
                "fold": 0,
                "trial": range(4),
                "inner_loss": [1.0, 2.0, 3.0, 0.0 if late else 4.0],
                "inner_balanced_accuracy": [0.7, 0.6, 0.5, 1.0 if late else 0.5],
                "chosen": [not late, False, False, late],
            }
        )

        def from_store(self, name):
            assert name == "tuning_epochs"
            rows = [(trial, epoch, 0.0 if late and trial == 3 and epoch > 10 else trial + 1.0) for trial, epoch in EVERY]
            table = pd.DataFrame(rows, columns=["trial", "epoch", "tune_loss"])
            return table.assign(task="A vs B", fold=0, inner_fold=1)

    (row,) = given_up.halved(Recorded()).to_dict("records")
    # Four settings for four epochs, two for as many, and one for the twelve that are left.
    assert row["epochs"] == pytest.approx((16 + 8 + 12) / 80)
    assert row["same"] == same
    assert row["lost"] == pytest.approx(lost)


EVERY = [(trial, epoch) for trial in range(4) for epoch in range(1, 21)]

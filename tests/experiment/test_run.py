"""Running a plan: the same numbers whatever happens on the way, and nothing that was finished is lost."""

import signal
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch

import tiny_experiment
from linear_signal.crossvalidation.plan import CrossValidationPlan
from linear_signal.errors import InputError
from linear_signal.experiment.run import RUN_COLUMNS, run
from linear_signal.experiment.store import ResultsStore
from processes import alive_in, wait_until
from stored_tables import assert_same_tables, bytes_of_results, copied, files_of, run_quietly, tables_of
from tiny_experiment import tiny_plan


def test_a_second_run_computes_nothing_and_says_the_same(undisturbed, monkeypatch):
    folder, first, tables = undisturbed
    before = files_of(folder)
    monkeypatch.setattr("linear_signal.experiment.execution.compute", None)
    said = []
    again = run(tiny_plan(), store=ResultsStore(folder), device="cpu", say=said.append)
    assert (again.n_computed, again.n_reused) == (0, first.n_computed) == (0, 18)
    assert said == [
        "1 task × 3 models × 2 signals × 1 seed × 3 folds × 2 training-set sizes: 36 fits, "
        "after 36 to choose hyperparameters.",
        "18 of 18 units are in the store already.",
    ]
    pd.testing.assert_frame_equal(again.fits, first.fits, check_exact=True)
    assert_same_tables(tables_of(again, folder), tables)
    assert files_of(folder) == before


def test_every_table_names_the_unit_of_its_rows(undisturbed):
    _, results, tables = undisturbed
    assert len(results.fits) == results.plan.n_fits == 36
    assert len(results.trials) == results.plan.n_tuning_fits == 36
    assert (results.trials.groupby("key")["chosen"].sum() == 1).all()
    names = ["task", "model", "signal", "split", "seed", "fold", "key"]
    for table in tables.values():
        assert set(names) <= set(table.columns)
        assert table[names].notna().all(axis=None)
    one = ["model", "signal", "seed", "fold", "fraction"]
    correct = tables["predictions"].assign(right=lambda table: table.label == table.predicted).groupby(one)["right"].mean()
    np.testing.assert_allclose(results.fits.set_index(one)["accuracy"], correct.reindex(results.fits[one]), rtol=1e-12)
    recorded = results.fits[results.fits.epochs > 0].set_index(one)["epochs"]
    assert results.epochs.groupby(one).size().to_dict() == recorded.to_dict()


def test_two_workers_write_what_one_writes_byte_for_byte(undisturbed, tmp_path):
    folder, _, tables = undisturbed
    results = run_quietly(tiny_plan(), tmp_path / "two", workers=2)
    assert_same_tables(tables_of(results, tmp_path / "two"), tables)
    assert bytes_of_results(tmp_path / "two") == bytes_of_results(folder)


def test_a_half_finished_plan_ends_as_an_undisturbed_one(undisturbed, tmp_path):
    _, _, tables = undisturbed
    plan, store = tiny_plan(), ResultsStore(tmp_path / "half")
    run(CrossValidationPlan(plan.units[::2], plan.design), store=store, device="cpu", say=None)
    results = run_quietly(plan, store.folder)
    assert (results.n_reused, results.n_computed) == (9, 9)
    assert_same_tables(tables_of(results, store.folder), tables)


def test_plans_share_what_they_have_in_common(undisturbed, tmp_path):
    folder, _, tables = undisturbed
    shared = copied(folder, tmp_path / "shared")
    results = run_quietly(tiny_plan(models=["three_layer", "linear_svm"]), shared)
    assert (results.n_reused, results.n_computed) == (6, 6)
    kept = results.fits[results.fits.model == "three_layer"].drop(columns=list(RUN_COLUMNS)).reset_index(drop=True)
    known = tables["fits"][tables["fits"].model == "three_layer"].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, known, check_exact=True)


def test_a_run_that_was_killed_ends_as_an_undisturbed_one(undisturbed, tmp_path):
    """It is killed with its workers at work; one without workers stores what it computes in the same way."""
    (_, _, tables), folder, n_units = undisturbed, tmp_path / "killed", len(tiny_plan().units)
    command = [sys.executable, "-u", tiny_experiment.__file__, str(folder), "2"]
    with subprocess.Popen(
        command, start_new_session=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert "fits, after" in process.stdout.readline()
        wait_until(lambda: len(list(folder.glob("*.zip"))) >= 3, 60)
        assert process.poll() is None, "it was through before it could be killed"
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    survivors = len(list(folder.glob("*.zip")))
    assert 3 <= survivors < n_units
    (folder / ".store.json.1.partial").write_bytes(b"{")
    (folder / f".{tiny_plan().units[-1].key}.zip.1.partial").write_bytes(b"PK torn")
    results = run_quietly(tiny_plan(), folder, workers=1)
    assert results.problems == ()
    assert (results.n_reused, results.n_computed) == (survivors, n_units - survivors)
    assert_same_tables(tables_of(results, folder), tables)
    wait_until(lambda: not alive_in(process.pid), 10)


def test_a_killed_worker_is_named_and_what_was_finished_stays(tmp_path):
    done = tiny_plan(models=["exact_logistic_regression"], signals=["full"])
    run_quietly(done, tmp_path / "store")
    before = files_of(tmp_path / "store")
    plan = tiny_plan(models=["exact_logistic_regression", "tiny_experiment.KilledInFit"], signals=["full"])
    with pytest.raises(InputError, match=r"worker process died: killed.*What was finished is stored.*fewer workers"):
        run_quietly(plan, tmp_path / "store", workers=2)
    assert files_of(tmp_path / "store") == before


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ({"device": "cdua"}, r"Unknown device 'cdua'; did you mean 'cuda'\?"),
        pytest.param(
            {"device": "cuda"},
            r"PyTorch sees no GPU\. Use device 'auto' or 'cpu'",
            marks=pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU"),
        ),
        ({"device": "cpu", "workers": -1}, r"workers is -1; it must be 0 \(one per core\) or more"),
    ],
)
def test_a_run_that_cannot_start_writes_nothing(tmp_path, arguments, part):
    with pytest.raises(InputError, match=part):
        run(tiny_plan(), store=ResultsStore(tmp_path / "store"), say=None, **arguments)
    assert not (tmp_path / "store").exists()

"""Plan, protocol, run and store: the same numbers whatever happens on the way, and nothing that was finished is lost."""

import errno
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
import zipfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest
import torch

import tiny_experiment
from linear_signal.data.dataset import Dataset
from linear_signal.data.signal_removal import limma_available
from linear_signal.data.simulation import simulate
from linear_signal.data.splits import outer_folds
from linear_signal.data.tasks import make_task
from linear_signal.errors import InputError
from linear_signal.experiment.execution import compute_units
from linear_signal.experiment.feature_rows import FeatureRows
from linear_signal.experiment.plan import Plan, make_plan
from linear_signal.experiment.protocol import CONDITIONS, NUMERICS_VERSION
from linear_signal.experiment.run import RUN_COLUMNS, run
from linear_signal.experiment.store import ResultsStore
from linear_signal.models import LINEAR_MODELS, MODELS, NETWORKS
from linear_signal.names import model_family
from stored_tables import TABLES, assert_same_tables, bytes_of_results, files_of, run_quietly, tables_of
from tiny_experiment import killed_plan, tiny_plan, tiny_protocol, tiny_task


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """Run the tiny plan and the one that gets killed once each, in peace."""
    runs = {}
    for name, plan in (("tiny", tiny_plan()), ("killed", killed_plan())):
        folder = tmp_path_factory.mktemp("undisturbed") / name
        results = run_quietly(plan, folder)
        runs[name] = (folder, results, tables_of(results, folder))
    return runs


def copied(folder, target):
    target.mkdir()
    for name, content in files_of(folder).items():
        (target / name).write_bytes(content)
    return target


def test_a_second_run_computes_nothing_and_says_the_same(undisturbed, monkeypatch):
    folder, first, tables = undisturbed["tiny"]
    before = files_of(folder)
    monkeypatch.setattr("linear_signal.experiment.execution.compute", None)
    said = []
    again = run(tiny_plan(), store=ResultsStore(folder), device="cpu", say=said.append)
    assert (again.n_computed, again.n_reused) == (0, first.n_computed) == (0, 18)
    assert said == [
        "1 task x 3 models x 2 conditions x 1 seed x 3 folds x 2 training-set sizes: 36 fits, "
        "after 36 to choose hyperparameters.",
        "18 of 18 units are in the store already.",
    ]
    pd.testing.assert_frame_equal(again.fits, first.fits, check_exact=True)
    assert_same_tables(tables_of(again, folder), tables)
    assert files_of(folder) == before


def test_every_table_names_the_unit_of_its_rows(undisturbed):
    _, results, tables = undisturbed["tiny"]
    assert len(results.fits) == results.plan.n_fits == 36
    assert len(results.trials) == results.plan.n_tuning_fits == 36
    assert (results.trials.groupby("key")["chosen"].sum() == 1).all()
    names = ["task", "model", "condition", "split", "seed", "fold", "key"]
    for table in tables.values():
        assert set(names) <= set(table.columns)
        assert table[names].notna().all(axis=None)
    one = ["model", "condition", "seed", "fold", "fraction"]
    correct = tables["predictions"].assign(right=lambda table: table.label == table.predicted).groupby(one)["right"].mean()
    np.testing.assert_allclose(results.fits.set_index(one)["accuracy"], correct.reindex(results.fits[one]), rtol=1e-12)
    recorded = results.fits[results.fits.epochs > 0].set_index(one)["epochs"]
    assert results.epochs.groupby(one).size().to_dict() == recorded.to_dict()


def test_two_workers_write_what_one_writes_byte_for_byte(undisturbed, tmp_path):
    folder, _, tables = undisturbed["tiny"]
    results = run_quietly(tiny_plan(), tmp_path / "two", workers=2)
    assert_same_tables(tables_of(results, tmp_path / "two"), tables)
    assert bytes_of_results(tmp_path / "two") == bytes_of_results(folder)


def test_a_half_finished_plan_ends_as_an_undisturbed_one(undisturbed, tmp_path):
    _, _, tables = undisturbed["tiny"]
    plan, store = tiny_plan(), ResultsStore(tmp_path / "half")
    run(Plan(plan.units[::2], plan.protocol), store=store, device="cpu", say=None)
    results = run_quietly(plan, store.folder)
    assert (results.n_reused, results.n_computed) == (9, 9)
    assert_same_tables(tables_of(results, store.folder), tables)


def test_plans_share_what_they_have_in_common(undisturbed, tmp_path):
    folder, _, tables = undisturbed["tiny"]
    shared = copied(folder, tmp_path / "shared")
    results = run_quietly(tiny_plan(models=["three_layer", "linear_svm"]), shared)
    assert (results.n_reused, results.n_computed) == (6, 6)
    kept = results.fits[results.fits.model == "three_layer"].drop(columns=list(RUN_COLUMNS)).reset_index(drop=True)
    known = tables["fits"][tables["fits"].model == "three_layer"].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, known, check_exact=True)


@pytest.mark.parametrize(
    "change",
    [
        {"n_trials": 3},
        {"tune_on": "full"},
        {"tune_share": 0.3},
        {"split": "sample"},
        {"max_epochs": 4},
        {"patience_counts": "total"},
        {"tasks": [tiny_task("Simulated 3")]},
        {"tasks": [make_task(simulate("Simulated 1", n_samples=60, n_features=12, seed=1), name="Simulated 1")]},
    ],
)
def test_no_setting_that_decides_a_number_is_left_out_of_the_key(change):
    usual, changed = ({unit.key for unit in plan.units} for plan in (tiny_plan(), tiny_plan(**change)))
    assert len(usual) == len(changed) == 18
    assert not usual & changed


def started(folder, workers):
    """Start the experiment as a process of its own, in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-u", tiny_experiment.__file__, str(folder), str(workers)],
        start_new_session=True,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def alive_in(group):
    alive = []
    for process in psutil.process_iter():
        try:
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                alive.append(process.pid)
        except (ProcessLookupError, psutil.NoSuchProcess):
            continue
    return alive


def wait_until(condition, seconds):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.003)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_killed_three_times_ends_as_an_undisturbed_one(undisturbed, tmp_path, workers):
    _, _, tables = undisturbed["killed"]
    folder, groups = tmp_path / "killed", []
    for moment in ("after the first", "after several", "at random"):
        stored = len(list(folder.glob("*.zip")))
        with started(folder, workers) as process:
            assert "144 fits" in process.stdout.readline()
            if moment == "at random":
                time.sleep(random.uniform(0, 0.4))
            else:
                more = 1 if moment == "after the first" else 6
                wait_until(lambda more=more, stored=stored: len(list(folder.glob("*.zip"))) >= stored + more, 60)
            assert process.poll() is None, "it was through before it could be killed"
            process.send_signal(signal.SIGKILL)
        assert process.returncode == -signal.SIGKILL
        groups.append(process.pid)
    survivors = len(list(folder.glob("*.zip")))
    assert 7 <= survivors < 72
    (folder / ".store.json.1.partial").write_bytes(b"{")
    (folder / f".{killed_plan().units[-1].key}.zip.1.partial").write_bytes(b"PK torn")
    results = run_quietly(killed_plan(), folder, workers=workers)
    assert results.problems == ()
    assert (results.n_reused, results.n_computed) == (survivors, 72 - survivors)
    assert_same_tables(tables_of(results, folder), tables)
    wait_until(lambda: not any(alive_in(group) for group in groups), 10)


def test_a_killed_worker_is_named_and_what_was_finished_stays(tmp_path):
    done = tiny_plan(models=["exact_logistic_regression"], conditions=["full"])
    run_quietly(done, tmp_path / "store")
    before = files_of(tmp_path / "store")
    plan = tiny_plan(models=["exact_logistic_regression", "tiny_experiment.KilledInFit"], conditions=["full"])
    with pytest.raises(InputError, match=r"worker process died: killed.*What was finished is stored.*fewer workers"):
        run_quietly(plan, tmp_path / "store", workers=2)
    assert files_of(tmp_path / "store") == before


DAMAGES = {
    "torn": lambda content, other: content[: len(content) // 2],
    "of another unit": lambda content, other: other,
    "empty": lambda content, other: b"",
    "no zip": lambda content, other: b"<html>not found</html>" * 50,
    "end lost": lambda content, other: content[:-1],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_reported_redone_and_replaced(undisturbed, tmp_path, damage):
    whole, _, tables = undisturbed["tiny"]
    folder = copied(whole, tmp_path / "store")
    hurt, other = (folder / f"{tiny_plan().units[number].key}.zip" for number in (4, 5))
    hurt.write_bytes(DAMAGES[damage](hurt.read_bytes(), other.read_bytes()))
    before, said = files_of(folder), []
    results = run(tiny_plan(), store=ResultsStore(folder), device="cpu", say=said.append)
    assert (results.n_reused, results.n_computed) == (17, 1)
    (problem,) = results.problems
    assert hurt.name in problem
    assert "computed again" in problem
    assert problem in said
    assert_same_tables(tables_of(results, folder), tables)
    after = files_of(folder)
    assert before.keys() == after.keys()
    assert {name for name in after if after[name] != before[name]} == {hurt.name}
    assert run_quietly(tiny_plan(), folder).n_computed == 0


def test_a_zip_with_other_members_is_redone(undisturbed, tmp_path):
    whole, _, tables = undisturbed["tiny"]
    folder = copied(whole, tmp_path / "store")
    with zipfile.ZipFile(folder / f"{tiny_plan().units[0].key}.zip", "w") as archive:
        archive.writestr("holiday.txt", "none of ours")
    results = run_quietly(tiny_plan(), folder)
    assert (results.n_computed, len(results.problems)) == (1, 1)
    assert_same_tables(tables_of(results, folder), tables)


def test_no_damaged_byte_stops_the_store(undisturbed, tmp_path):
    whole, results, _ = undisturbed["tiny"]
    folder, unit = copied(whole, tmp_path / "store"), results.plan.units[0]
    path, store = folder / f"{unit.key}.zip", ResultsStore(folder)
    content, expected = path.read_bytes(), store.load(unit)
    for place in range(0, len(content), 29):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :])
        found = store.load(unit)
        if found is not None:
            for name in TABLES:
                pd.testing.assert_frame_equal(getattr(found, name), getattr(expected, name), check_exact=True)


@contextmanager
def full_at_sync(folder, units, monkeypatch):
    """Let the disk be found full when the third file is synced, as under delayed allocation."""
    synced = []

    def fsync(descriptor):
        synced.append(descriptor)
        if len(synced) > 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        yield "No space left on device"


@contextmanager
def full_device(folder, units, monkeypatch):
    """Send every partial file to the device that is always full."""
    for unit in units:
        (folder / f".{unit.key}.zip.{os.getpid()}.partial").symlink_to("/dev/full")
    yield "No space left on device"
    for partial in folder.glob(".*.partial"):
        assert partial.is_symlink(), "a partial file was left behind"
        partial.unlink()


@contextmanager
def limited_files(folder, units, monkeypatch):
    """Let the system refuse files that are larger than half a result."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, hard))
    try:
        yield "File too large"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("fault", [full_at_sync, full_device, limited_files])
def test_a_full_disk_is_named_and_harms_nothing_stored(undisturbed, tmp_path, monkeypatch, fault, workers):
    _, _, tables = undisturbed["tiny"]
    plan, folder = tiny_plan(), tmp_path / "store"
    run_quietly(tiny_plan(models=["exact_logistic_regression"]), folder)
    before = files_of(folder)
    missing = [unit for unit in plan.units if f"{unit.key}.zip" not in before]
    with fault(folder, missing, monkeypatch) as reason, pytest.raises(InputError) as caught:
        run_quietly(plan, folder, workers=workers)
    message = str(caught.value)
    for part in (str(folder), reason, "intact", "Free some space or name another results_folder"):
        assert part in message
    after = files_of(folder)
    assert {name: after[name] for name in before} == before
    assert not list(folder.glob(".*"))
    results = run_quietly(plan, folder)
    assert results.problems == ()
    assert_same_tables(tables_of(results, folder), tables)


def test_a_disk_that_is_full_from_the_start_leaves_no_file(tmp_path, monkeypatch):
    plan, folder = tiny_plan(models=["exact_logistic_regression"]), tmp_path / "store"
    store = ResultsStore(folder)
    assert not folder.exists()

    def fsync(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(InputError, match="No space left on device"):
        run(plan, store=store, device="cpu", say=None)
    assert not list(folder.iterdir())


@pytest.mark.parametrize(
    ("marker", "parts"),
    [
        (
            {"format": "linear-signal results 1", "numerics_version": NUMERICS_VERSION - 1},
            [f"version {NUMERICS_VERSION - 1}", "move that folder away"],
        ),
        ({"format": "linear-signal results 0", "numerics_version": NUMERICS_VERSION}, ["'linear-signal results 0'"]),
        ({"format": "linear-signal results 1"}, ["cannot be read"]),
        ([1], ["cannot be read"]),
        (None, ["cannot be read"]),
        (b"", ["cannot be read"]),
        (b"{", ["cannot be read"]),
        (b"\xff\xfe", ["cannot be read"]),
    ],
)
def test_a_store_of_another_version_is_refused_and_left_as_it_is(undisturbed, tmp_path, marker, parts):
    folder = copied(undisturbed["tiny"][0], tmp_path / "store")
    (folder / "store.json").write_bytes(marker if isinstance(marker, bytes) else json.dumps(marker).encode())
    before = files_of(folder)
    with pytest.raises(InputError) as caught:
        ResultsStore(folder)
    for part in [*parts, str(folder), "Nothing was changed", "another results_folder"]:
        assert part in str(caught.value)
    assert files_of(folder) == before


def test_a_file_is_no_results_folder(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match=r"file is a file\. Name a folder"):
        ResultsStore(tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_below_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="results"):
        run_quietly(tiny_plan(models=["exact_logistic_regression"]), tmp_path / "file" / "results")


def donors_dataset(n_classes=2):
    """Make 72 samples of 24 donors, three samples each."""
    values = np.random.default_rng(0).normal(size=(72, 10))
    classes = np.arange(72) % n_classes
    values[:, :5] += classes[:, None]
    return Dataset(
        name="donors",
        expression=values,
        labels=np.array(list("ABCDEF"))[classes],
        groups=np.array([f"donor {number // 3}" for number in range(72)]),
        sample_ids=np.array([f"S{number}" for number in range(72)]),
        gene_ids=np.array([f"g{number}" for number in range(10)]),
        source="made by a test",
        synthetic=True,
    )


@pytest.fixture
def sets_of(monkeypatch):
    """Return a function that computes a unit and tells which sets of samples it has put together, in order."""

    def recorded(unit):
        sets, add = [], FeatureRows.add

        def recording(rows, samples):
            sets.append(samples.tolist())
            return add(rows, samples)

        with monkeypatch.context() as patch:
            patch.setattr(FeatureRows, "add", recording)
            list(compute_units([unit], device=torch.device("cpu"), workers=1))
        return sets

    return recorded


def test_models_and_conditions_share_folds_cuts_and_tune_sets(sets_of):
    plan = tiny_plan(
        tasks=[make_task(donors_dataset(), name="A vs B")],
        models=["linear_svm", "three_layer", "exact_logistic_regression"],
        conditions=CONDITIONS,
        n_inner_folds=2,
        n_trials=1,
        max_epochs=1,
    )
    by_fold = {}
    for unit in plan.units:
        sets = sets_of(unit)
        if unit.model == "exact_logistic_regression":
            learnt, judged = sets[0::2], sets[1::2]
        else:
            learnt = [sorted(fit + tune) for fit, tune in zip(sets[0::3], sets[1::3], strict=True)]
            judged = sets[2::3]
            assert by_fold.setdefault(("with tune sets", unit.seed, unit.fold), sets) == sets
        assert len(judged) == 2 + 2
        assert by_fold.setdefault((unit.seed, unit.fold), (learnt, judged)) == (learnt, judged)
    assert len(by_fold) == 6


def test_no_validation_sample_and_no_donor_of_one_is_seen_before_it_is_judged(sets_of):
    task = make_task(donors_dataset(), name="A vs B")
    donors = task.dataset.groups
    for unit in tiny_plan(tasks=[task], models=["three_layer"], max_epochs=1, n_inner_folds=2).units:
        validation = outer_folds(task, n_folds=3, seed=unit.seed)[unit.fold].validation
        *tuning, fit_1, tune_1, judge_1, fit_2, tune_2, judge_2 = sets_of(unit)
        assert judge_1 == judge_2 == validation.tolist()
        assert len(tuning) == 6
        for seen in (*tuning, fit_1, tune_1, fit_2, tune_2):
            assert not set(donors[seen]) & set(donors[validation])
        for fit, tune, judge in (tuning[:3], tuning[3:], (fit_1, tune_1, judge_1), (fit_2, tune_2, judge_2)):
            assert not set(donors[fit]) & set(donors[tune])
            assert not set(donors[fit + tune]) & set(donors[judge])


def test_the_tables_of_all_models_and_conditions_name_the_same_samples(undisturbed):
    _, results, tables = undisturbed["killed"]
    run_of = ["seed", "fold", "fraction"]
    for column in ("train_samples", "validation_samples", "train_groups", "validation_groups", "n_classes"):
        assert (results.fits.groupby(run_of)[column].nunique() == 1).all()
    stopped = results.fits[results.fits.model != "exact_logistic_regression"]
    assert (stopped.groupby(run_of)[["fit_samples", "tune_samples"]].nunique() == 1).all(axis=None)
    judged = tables["predictions"].groupby([*run_of, "model", "condition"])["sample_id"].agg(tuple)
    assert (judged.groupby(run_of).nunique() == 1).all()
    whole = tables["predictions"].groupby(["seed", "model", "condition", "fraction"])["sample_id"]
    assert (whole.agg(lambda ids: sorted(ids) == sorted(tiny_task().dataset.sample_ids))).all()


ENGINES = ["closed_form", pytest.param("limma", marks=pytest.mark.skipif(bool(limma_available()), reason="no R or limma"))]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("n_classes", [2, 4])
def test_after_removal_no_set_has_a_difference_of_class_means(n_classes, engine):
    task = make_task(donors_dataset(n_classes), name="task")
    rows = FeatureRows(task, "removed", engine=engine)
    sets = [np.arange(0, 30), np.arange(30, 45), np.arange(45, 72), np.arange(0, 30)]
    placed = [rows.add(samples) for samples in sets]
    assert (placed[0] == placed[3]).all()
    assert rows.features().shape == (72, 10)
    for samples, where in zip(sets, placed, strict=True):
        values, classes = rows.features()[where], rows.classes()[where]
        assert (classes == task.classes[samples]).all()
        means = [values[classes == one].mean(axis=0) for one in range(n_classes)]
        np.testing.assert_allclose(means, np.tile(means[0], (n_classes, 1)), atol=1e-6)


@pytest.mark.parametrize(("condition", "leaks"), [("full", False), ("removed", False), ("removed_full_dataset", True)])
def test_a_validation_value_depends_on_training_samples_in_the_whole_data_removal_only(condition, leaks):
    validation, values = np.arange(45, 72), []
    for change in (0, 5):
        dataset = donors_dataset()
        expression = dataset.expression.copy()
        expression[:45][dataset.labels[:45] == "B"] += change
        changed = Dataset(
            **{name: getattr(dataset, name) for name in dataset.__dataclass_fields__} | {"expression": expression}
        )
        rows = FeatureRows(make_task(changed, name="task"), condition, engine="closed_form")
        rows.add(np.arange(30))
        rows.add(np.arange(30, 45))
        where = rows.add(validation)
        values.append(rows.features()[where])
    assert (values[0] != values[1]).any() == leaks


def test_tuned_on_full_signal_every_condition_tries_and_chooses_the_same(tmp_path):
    models = ["logistic_regression", "exact_logistic_regression"]
    tried = {
        tune_on: run_quietly(tiny_plan(models=models, n_trials=4, tune_on=tune_on), tmp_path / tune_on).trials
        for tune_on in ("full", "condition")
    }
    columns = ["model", "fold", "trial", "learning_rate", "weight_decay", "inner_loss", "inner_balanced_accuracy", "chosen"]
    full, removed = (tried["full"].query("condition == @name")[columns] for name in ("full", "removed"))
    pd.testing.assert_frame_equal(full.reset_index(drop=True), removed.reset_index(drop=True), check_exact=True)
    own_full, own_removed = (tried["condition"].query("condition == @name")[columns] for name in ("full", "removed"))
    pd.testing.assert_frame_equal(full, own_full, check_exact=True)
    assert (own_full["inner_loss"].to_numpy() != own_removed["inner_loss"].to_numpy()).all()


def test_a_patience_never_reset_never_trains_longer(tmp_path):
    epochs = {}
    for counts in ("since_improvement", "total"):
        plan = tiny_plan(
            tasks=[tiny_task("Simulated 3")],
            models=["logistic_regression", "three_layer"],
            max_epochs=30,
            patience=2,
            patience_counts=counts,
            learning_rate_range=(1e-2, 1e-1),
        )
        epochs[counts] = run_quietly(plan, tmp_path / counts).fits["epochs"]
    assert (epochs["total"] <= epochs["since_improvement"]).all()
    assert (epochs["total"] < epochs["since_improvement"]).any()


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"split": "groop"}, r"Unknown split 'groop'; did you mean 'group'\? Allowed: group, sample"),
        ({"tune_on": "ful"}, r"Unknown tune_on 'ful'; did you mean 'full'\?"),
        ({"removal_engine": "lima"}, r"Unknown removal_engine 'lima'; did you mean 'limma'\?"),
        ({"patience_counts": "totals"}, r"Unknown patience_counts 'totals'; did you mean 'total'\?"),
        ({"n_folds": 2}, r"n_folds is 2; nested tuning needs at least 3"),
        ({"n_inner_folds": 3}, r"n_inner_folds is 3; with n_folds 3 it can be 1 to 2"),
        ({"n_inner_folds": 0}, r"n_inner_folds is 0"),
        ({"fractions": (0.5, 1.5)}, r"fractions are \[0\.5, 1\.5\]; each must be above 0 and at most 1"),
        ({"fractions": (0.0, 1.0)}, r"each must be above 0"),
        ({"fractions": (float("nan"),)}, r"each must be above 0"),
        ({"fractions": ()}, r"fractions are \[\]"),
        ({"fractions": (0.5, 1.0, 0.5)}, r"one is named twice"),
        ({"n_trials": -1}, r"n_trials is -1; it must be 0"),
        ({"learning_rate_range": (0.1, 0.01)}, r"learning_rate_range is \[0\.1, 0\.01\]; two positive numbers, the smaller"),
        ({"weight_decay_range": (0.0, 0.1)}, r"weight_decay_range is \[0\.0, 0\.1\]"),
        ({"weight_decay_range": (0.1,)}, r"weight_decay_range is \[0\.1\]"),
        ({"tune_share": 1.0}, r"tune_share is 1\.0"),
    ],
)
def test_a_protocol_that_cannot_be_is_refused(changes, part):
    with pytest.raises(InputError, match=part):
        tiny_protocol(**changes)


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"tasks": []}, r"The plan has no task"),
        ({"models": []}, r"The plan has no model"),
        ({"conditions": []}, r"The plan has no condition"),
        ({"seeds": []}, r"The plan has no seed"),
        ({"tasks": [tiny_task(), tiny_task()]}, r"names a task twice: \['Simulated 1', 'Simulated 1'\]"),
        ({"models": ["three_layer"] * 2}, r"names a model twice"),
        ({"conditions": ["full", "full"]}, r"names a condition twice"),
        ({"seeds": [0, 1, 0]}, r"names a seed twice: \[0, 1, 0\]"),
        ({"models": ["three_layr"]}, r"Unknown model 'three_layr'; did you mean 'three_layer'\? .*scikit-learn"),
        ({"models": ["Three_Layer"]}, r"did you mean 'three_layer'\?"),
        ({"conditions": ["remved"]}, r"Unknown condition 'remved'; did you mean 'removed'\? Allowed: full, removed, rem"),
        ({"models": ["sklearn.ensemble.HistGradientBostingClassifier"]}, r"cannot be imported: .*Check the spelling"),
        ({"models": ["sklearn.ensembel.RandomForestClassifier"]}, r"cannot be imported: No module named"),
        ({"models": ["sklearn.metrics.accuracy_score"]}, r"is not a classifier: a class with fit and predict"),
        ({"models": ["sklearn.preprocessing.StandardScaler"]}, r"is not a classifier"),
        (
            {"models": ["sklearn.neighbors.KNeighborsClassifier(n_neighbours=3)"]},
            r"Unknown setting of sklearn\.neighbors\.KNeighborsClassifier 'n_neighbours'; did you mean 'n_neighbors'\?",
        ),
        ({"models": ["sklearn.neighbors.KNeighborsClassifier(3)"]}, r"settings need names"),
        ({"models": ["sklearn.neighbors.KNeighborsClassifier(n_neighbors="]}, r"cannot be read"),
    ],
)
def test_a_plan_that_cannot_run_is_refused(changes, part):
    arguments = {"tasks": [tiny_task()], "models": ["three_layer"], "protocol": tiny_protocol()}
    with pytest.raises(InputError, match=part):
        make_plan(**(arguments | changes))


def test_more_folds_than_donors_are_refused_when_planned():
    with pytest.raises(InputError, match=r"24 groups \(donors or studies\) for 25 folds"):
        make_plan([make_task(donors_dataset(), name="A vs B")], models=["three_layer"], protocol=tiny_protocol(n_folds=25))


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


def test_a_scikit_learn_classifier_runs_with_its_settings_and_repeats_itself(tmp_path):
    models = [
        "sklearn.ensemble.RandomForestClassifier(n_estimators=5)",
        "sklearn.ensemble.RandomForestClassifier(n_estimators=5, random_state=7)",
        "sklearn.neighbors.KNeighborsClassifier(n_neighbors=3)",
        'sklearn.dummy.DummyClassifier(strategy="constant", constant=1)',
    ]
    plan = tiny_plan(tasks=[tiny_task("Simulated 3")], models=models, fractions=(1.0,))
    tables = []
    for workers in (1, 2):
        folder = tmp_path / str(workers)
        tables.append(tables_of(run_quietly(plan, folder, workers=workers), folder))
    assert_same_tables(*tables)
    fits, predictions = tables[0]["fits"], tables[0]["predictions"]
    assert tables[0]["trials"].empty
    assert plan.n_tuning_fits == 0
    assert fits[["learning_rate", "weight_decay"]].isna().all(axis=None)
    assert (fits["fit_samples"] == fits["train_samples"]).all()
    assert set(predictions[predictions.model == models[3]]["predicted"]) == {"B"}
    assert (fits[fits.model == models[3]]["balanced_accuracy"] == 0.5).all()
    first, second = (predictions[predictions.model == model]["predicted"].tolist() for model in models[:2])
    assert first != second


@pytest.mark.parametrize("fractions", [(0.02, 1.0), (0.02,)])
def test_a_fit_on_a_single_class_is_an_empty_row_and_counted(tmp_path, fractions):
    plan = tiny_plan(models=["exact_logistic_regression", "three_layer"], fractions=fractions)
    results = run_quietly(plan, tmp_path / "store")
    assert results.n_impossible == len(plan.units) == 12
    impossible = results.fits[results.fits.fraction == 0.02]
    assert (impossible["train_samples"] == 1).all()
    assert (impossible["classes_missing_in_training"] == 1).all()
    assert impossible[["balanced_accuracy", "accuracy"]].isna().all(axis=None)
    assert (impossible[["fit_samples", "epochs"]] == 0).all(axis=None)
    assert results.fits[results.fits.fraction == 1.0]["balanced_accuracy"].notna().all()
    predictions = results.predictions(ResultsStore(tmp_path / "store"))
    assert predictions.empty or set(predictions["fraction"]) == {1.0}
    again = run_quietly(plan, tmp_path / "store")
    assert (again.n_computed, again.n_impossible) == (0, 12)
    pd.testing.assert_frame_equal(again.fits, results.fits, check_exact=True)


def test_a_class_missing_in_training_is_counted_and_the_fit_goes_on(tmp_path):
    plan = tiny_plan(
        tasks=[make_task(donors_dataset(6), name="six")], models=["exact_logistic_regression"], fractions=(0.08, 1.0)
    )
    fits = run_quietly(plan, tmp_path / "store").fits
    small, whole = fits[fits.fraction == 0.08], fits[fits.fraction == 1.0]
    assert (small["classes_missing_in_training"] > 0).all()
    assert (whole["classes_missing_in_training"] == 0).all()
    assert fits["balanced_accuracy"].notna().all()
    assert (fits["naive_accuracy"] == 1 / 6).all()


@pytest.fixture(scope="module")
def findings(tmp_path_factory):
    """Return a function that gives the mean balanced accuracy of a model on a simulation under a condition."""
    store = ResultsStore(tmp_path_factory.mktemp("findings"))

    def mean_of(data, condition, model):
        plan = tiny_plan(
            tasks=[make_task(simulate(data, n_samples=200, n_features=60), name=data)],
            models=[model],
            conditions=[condition],
            seeds=(0, 1),
            fractions=(1.0,),
            n_trials=3,
            learning_rate_range=(1e-3, 3e-2),
            weight_decay_range=(1e-6, 1e-2),
            max_epochs=25,
        )
        return run(plan, store=store, device="cpu", say=None).fits["balanced_accuracy"].mean()

    return mean_of


def test_after_removal_the_network_finds_what_linear_models_cannot(findings):
    assert findings("Simulated 1", "full", "exact_logistic_regression") > 0.95
    assert abs(findings("Simulated 1", "removed", "exact_logistic_regression") - 0.5) < 0.05
    assert findings("Simulated 1", "removed", "three_layer") > 0.8


def test_without_signal_nobody_finds_any(findings):
    assert abs(findings("Simulated 3", "full", "three_layer") - 0.5) < 0.1
    assert abs(findings("Simulated 2", "removed", "three_layer") - 0.5) < 0.1


def test_removal_from_all_data_at_once_leaks_and_separate_removal_does_not(findings):
    assert findings("Simulated 3", "removed_full_dataset", "exact_logistic_regression") < 0.3
    assert abs(findings("Simulated 3", "removed", "exact_logistic_regression") - 0.5) < 0.1


def test_families_agree_with_the_registry():
    assert set(LINEAR_MODELS) | set(NETWORKS) == set(MODELS)
    assert {model_family(model) for model in LINEAR_MODELS} == {"linear"}
    assert {model_family(model) for model in NETWORKS} == {"network"}

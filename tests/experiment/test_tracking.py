"""Tracking against a real local MLflow database: what is read back equals the results; nothing twice, nothing lost."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

from linear_signal.book.chapter import tracker_of
from linear_signal.book.parameters import Parameters
from linear_signal.crossvalidation.plan import CrossValidationPlan
from linear_signal.errors import InputError
from linear_signal.experiment import tracked_units, tracking
from linear_signal.experiment.run import run
from linear_signal.experiment.store import ResultsStore
from linear_signal.experiment.tracking import KEY_TAG, Tracker, TrackingFailed
from linear_signal.experiment.unit import UnitResult
from processes import wait_until
from stored_tables import assert_same_tables, bytes_of_results, files_of, tables_of
from tiny_experiment import tiny_plan
from tracking_server import TrackingServer

# MLflow lays its database out with an option that SQLAlchemy 2.1 calls deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy is deprecated")
EXPERIMENT = "10_simulation"


@pytest.fixture(scope="module")
def mlflow():
    """Import MLflow as a tracker does; it takes seconds, and some of the tests need none."""
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    return pytest.importorskip("mlflow", reason="MLflow is not installed (the extra 'tracking')")


@pytest.fixture(scope="module")
def empty_database(mlflow, tmp_path_factory):
    """Lay a database out once; tests copy it, as that takes longer than all else."""
    path = tmp_path_factory.mktemp("database") / "tracking.db"
    Tracker(f"sqlite:///{path}", experiment="laid out")
    return path


@pytest.fixture
def uri(empty_database, tmp_path):
    shutil.copy(empty_database, tmp_path / "tracking.db")
    return f"sqlite:///{tmp_path}/tracking.db"


def few_units():
    """Plan six units, for tests of what happens to units, whatever is in them."""
    return tiny_plan(models=["exact_logistic_regression"])


@pytest.fixture(scope="module")
def untracked(tmp_path_factory):
    """Run the six units without a tracker."""
    folder = tmp_path_factory.mktemp("untracked") / "store"
    return run(few_units(), store=ResultsStore(folder), device="cpu", say=None)


def runs_of(mlflow, uri):
    """Return (parents, children by key) of the experiment."""
    client = mlflow.MlflowClient(uri, uri)
    found = client.search_runs([client.get_experiment_by_name(EXPERIMENT).experiment_id], max_results=1000)
    children = [one for one in found if KEY_TAG in one.data.tags]
    by_key = {one.data.tags[KEY_TAG]: one for one in children}
    assert len(by_key) == len(children), "a unit was tracked twice"
    return [one for one in found if KEY_TAG not in one.data.tags], by_key


def tracked(plan, folder, uri, say=None, **more):
    tracker = Tracker(uri, experiment=EXPERIMENT)
    return run(plan, store=ResultsStore(folder), device="cpu", tracker=tracker, say=say, **more)


def downloaded(mlflow, uri, run_id, name, folder):
    return mlflow.MlflowClient(uri, uri).download_artifacts(run_id, name, str(folder))


def test_what_mlflow_holds_is_what_the_results_say(mlflow, uri, undisturbed, tmp_path):
    said, (untracked, _, _) = [], undisturbed
    results = tracked(tiny_plan(), tmp_path / "store", uri, say=said.append, workers=2)
    assert said[-1] == f"Tracked at {uri}: 18 of 18 units now, the others before."
    # Tracking changes nothing.
    assert bytes_of_results(results.store.folder) == bytes_of_results(untracked)
    (parent,), children = runs_of(mlflow, uri)
    assert set(children) == set(results.fits["key"])
    client = mlflow.MlflowClient(uri, uri)
    for key, child in children.items():
        found, run_id = results.trace(key), child.info.run_id
        assert child.info.status == "FINISHED"
        assert child.data.tags["mlflow.parentRunId"] == parent.info.run_id
        assert child.data.tags["linear_signal.data.fingerprint"] == found.data["fingerprint"]
        assert child.data.tags["linear_signal.code.digest"] == found.code["digest"]
        assert child.data.tags["linear_signal.code.commit"] == found.code["commit"]
        assert child.data.tags["linear_signal.device"] == found.device
        assert child.data.tags["linear_signal.versions.torch"] == found.versions["torch"]
        assert child.data.params["model"] == found.settings["model"]
        assert json.loads(child.data.params["seed"]) == found.settings["seed"]
        patience = found.settings["protocol"]["training"]["patience"]
        assert json.loads(child.data.params["protocol.training.patience"]) == patience
        assert float(child.data.params["chosen.weight_decay"]) == found.fits["weight_decay"].iloc[0]
        for fit in found.fits.itertuples():
            assert child.data.metrics[f"balanced_accuracy/fraction_{fit.fraction:g}"] == fit.balanced_accuracy
            for kind in ("train_loss", "tune_loss"):
                name = f"{kind}/fraction_{fit.fraction:g}"
                if found.epochs.empty:
                    assert name not in child.data.metrics
                    continue
                history = {point.step: point.value for point in client.get_metric_history(run_id, name)}
                of_fit = found.epochs[found.epochs["fraction"] == fit.fraction]
                assert history == dict(zip(of_fit["epoch"], of_fit[kind], strict=True))
        curve = {point.step: point.value for point in client.get_metric_history(run_id, "balanced_accuracy")}
        assert curve == dict(zip(found.fits["train_samples"], found.fits["balanced_accuracy"], strict=True))
    # Files: of one unit, and of the parent.
    trials = pd.read_csv(
        downloaded(mlflow, uri, run_id, "trials.csv", tmp_path),
        float_precision="round_trip",
        dtype={"converged": "boolean"},
    )
    pd.testing.assert_frame_equal(trials, found.trials, check_exact=True)
    with open(downloaded(mlflow, uri, run_id, f"{key}.zip", tmp_path), "rb") as archive:
        assert archive.read() == found.archive.read_bytes()
    with open(downloaded(mlflow, uri, run_id, "settings.json", tmp_path)) as file:
        assert json.load(file) == found.settings
    units = pd.read_csv(downloaded(mlflow, uri, parent.info.run_id, "units.csv", tmp_path))
    assert dict(zip(units["key"], units["run_id"], strict=True)) == {k: one.info.run_id for k, one in children.items()}
    assert parent.info.status == "FINISHED"
    assert (tmp_path / "tracking-files").is_dir()


def test_a_resumed_and_a_repeated_run_send_nothing_twice(mlflow, uri, untracked, tmp_path):
    plan, folder = few_units(), tmp_path / "store"
    # Two units computed without a tracker, two with, then all.
    run(CrossValidationPlan(plan.units[:2], plan.design), store=ResultsStore(folder), device="cpu", say=None)
    tracked(CrossValidationPlan(plan.units[2:4], plan.design), folder, uri)
    first, children = runs_of(mlflow, uri)
    assert (len(first), len(children)) == (1, 2)
    results = tracked(plan, folder, uri)
    assert (results.n_reused, results.n_computed) == (4, 2)
    parents, children = runs_of(mlflow, uri)
    assert (len(parents), set(children)) == (2, {unit.key for unit in plan.units})
    said = []
    tracked(plan, folder, uri, say=said.append)
    assert said[-1] == f"Tracked at {uri}: 0 of 6 units now, the others before."
    again, same = runs_of(mlflow, uri)
    assert len(again) == 2
    assert {key: one.info.run_id for key, one in same.items()} == {key: one.info.run_id for key, one in children.items()}
    assert_same_tables(tables_of(results, folder), tables_of(untracked, untracked.store.folder))


def test_a_unit_that_arrived_in_part_is_sent_again(mlflow, uri, tmp_path):
    plan = tiny_plan(models=["exact_logistic_regression"], signals=["full"])
    tracker = Tracker(uri, experiment=EXPERIMENT)
    client = mlflow.MlflowClient(uri, uri)
    experiment = client.get_experiment_by_name(EXPERIMENT).experiment_id
    torn = client.create_run(experiment, tags={KEY_TAG: plan.units[0].key})
    assert tracker.tracked() == {}
    tracked(plan, tmp_path / "store", uri)
    known = tracker.tracked()
    assert set(known) == {unit.key for unit in plan.units}
    assert torn.info.run_id not in known.values()


class FailsAfter(Tracker):
    """A tracker whose server goes away after some units."""

    def __init__(self, *arguments, units, **more):
        super().__init__(*arguments, **more)
        self.left = units

    def _log_metrics(self, run_id, metrics):
        self.left -= 1
        if self.left < 0:
            raise ConnectionError("connection refused\nby the server")
        super()._log_metrics(run_id, metrics)


def test_a_tracker_that_fails_on_the_way_costs_no_result(mlflow, uri, untracked, tmp_path):
    plan, folder, said = few_units(), tmp_path / "store", []
    tracker = FailsAfter(uri, experiment=EXPERIMENT, units=4)
    results = run(plan, store=ResultsStore(folder), device="cpu", tracker=tracker, say=said.append)
    assert_same_tables(tables_of(results, folder), tables_of(untracked, untracked.store.folder))
    (problem,) = results.problems
    assert said[-1] == problem
    for part in ("stopped after 4 units", "connection refused", "No result is lost", str(folder), "next run sends"):
        assert part in problem
    assert "\n" not in problem
    before = files_of(folder)
    assert tracked(plan, folder, uri).problems == ()
    assert files_of(folder) == before
    assert len(Tracker(uri, experiment=EXPERIMENT).tracked()) == 6


def test_a_parent_of_a_run_that_stopped_is_marked_as_failed(mlflow, uri, tmp_path):
    class Stopped(Exception):
        pass

    plan = tiny_plan(models=["exact_logistic_regression", "tiny_experiment.KilledInFit"], signals=["full"])
    with pytest.raises(InputError, match="worker process died"):
        tracked(plan, tmp_path / "store", uri, workers=2)
    parents, children = runs_of(mlflow, uri)
    assert {parent.info.status for parent in parents} == ({"FAILED"} if children else set())


def test_losses_that_are_not_finite_and_impossible_fits_arrive(mlflow, uri):
    fits = pd.DataFrame(
        {
            "fraction": [0.1, 1.0],
            "train_samples": [1, 30],
            "balanced_accuracy": [np.nan, 0.75],
            "learning_rate": [np.nan, np.nan],
            "weight_decay": [0.5, 0.5],
        }
    )
    epochs = pd.DataFrame({"fraction": 1.0, "epoch": [1, 2], "train_loss": [0.5, np.nan], "tune_loss": [np.inf, 0.25]})
    unit = tiny_plan().units[0]
    result = UnitResult({"fits": fits, "trials": pd.DataFrame(), "epochs": epochs}, {})
    tracker = Tracker(uri, experiment=EXPERIMENT)
    run_id = tracker.log_unit(
        "one",
        key="k",
        parent=tracker.start("parent", parameters={"long": ["x" * 900]}, tags={}),
        settings={"fingerprint": "f"},
        run={"code": {"commit": "unknown"}, "finished": "2026-01-01T00:00:00+00:00", "data": {"notes": ["n" * 9000]}},
        tracked=unit.tracked(result),
        archive=__file__,
    )
    client = mlflow.MlflowClient(uri, uri)
    metrics = client.get_run(run_id).data.metrics
    assert {name: value for name, value in metrics.items() if name.startswith("balanced")} == {
        "balanced_accuracy": 0.75,
        "balanced_accuracy/fraction_1": 0.75,
    }
    values = [point.value for point in client.get_metric_history(run_id, "train_loss/fraction_1")]
    np.testing.assert_array_equal(values, [0.5, np.nan])
    infinite, finite = (point.value for point in client.get_metric_history(run_id, "tune_loss/fraction_1"))
    assert infinite > 1e300
    assert finite == 0.25
    assert "learning_rate" not in json.dumps(client.get_run(run_id).data.params)


def test_a_server_that_is_not_there_stops_a_run_before_any_compute(mlflow, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        uri = f"http://127.0.0.1:{taken.getsockname()[1]}"
        started = time.monotonic()
        with pytest.raises(InputError, match=rf"{uri}'.*cannot be used.*Nothing was computed.*sqlite:///tracking\.db"):
            tracked(tiny_plan(), tmp_path / "store", uri)
        assert time.monotonic() - started < 20
    assert not list(tmp_path.iterdir())


def test_a_tracker_that_stops_answering_before_the_run_stops_it(mlflow, uri, tmp_path, monkeypatch):
    tracker = Tracker(uri, experiment=EXPERIMENT)

    def gone(*arguments, **more):
        raise ConnectionError("connection refused")

    monkeypatch.setattr(tracker._client, "search_runs", gone)
    with pytest.raises(TrackingFailed, match=r"could not be listed \(connection refused\)"):
        run(tiny_plan(), store=ResultsStore(tmp_path / "store"), device="cpu", tracker=tracker, say=None)
    assert not (tmp_path / "store").exists()


@pytest.fixture
def server():
    """Return a function that starts a server which misbehaves in the way it is told to."""
    servers = []

    def start(**how):
        servers.append(TrackingServer(**how))
        return servers[-1]

    yield start
    for one in servers:
        one.end()


@pytest.fixture
def impatient(monkeypatch):
    """Wait a second where a minute is waited for."""
    for name, seconds in (("UNIT_SECONDS", 1.0), ("FLUSH_SECONDS", 1.0), ("CLOSE_SECONDS", 0.5), ("_SAY_SECONDS", 0.2)):
        monkeypatch.setattr(tracked_units, name, seconds)


@pytest.mark.parametrize(
    ("how", "part"),
    [
        ({"delay": 0.2}, "not all could be sent within 1 s of the end"),
        ({"after": 6, "then": "drip"}, "a unit had not arrived after 1 s"),
        ({"after": 6, "then": "hang"}, "a unit had not arrived after 1 s"),
        ({"after": 6, "then": "html"}, "could not be sent"),
    ],
    ids=["slow", "drip", "hang", "html"],
)
def test_a_server_that_is_slow_or_goes_silent_costs_no_result_and_little_time(
    mlflow, server, untracked, tmp_path, impatient, monkeypatch, capsys, how, part
):
    plan, said, began = few_units(), [], time.monotonic()
    if "delay" in how:
        monkeypatch.setattr(tracked_units, "UNIT_SECONDS", 60.0)
    tracker = Tracker(server(**how).uri, experiment="x")
    stored = []

    class Noted(ResultsStore):
        def save(self, unit, result):
            super().save(unit, result)
            stored.append(time.monotonic())

    results = run(plan, store=Noted(tmp_path / "store"), device="cpu", tracker=tracker, say=said.append)
    assert time.monotonic() - stored[-1] < 5, "the end of the run was kept waiting"
    assert_same_tables(tables_of(results, tmp_path / "store"), tables_of(untracked, untracked.store.folder))
    (problem,) = results.problems
    assert part in problem
    assert "No result is lost" in problem
    assert "the next run sends what the tracker lacks" in problem
    assert said[-1] == problem
    assert "\n" not in problem
    assert "View run" not in capsys.readouterr().out, "MLflow writes into whatever cell runs at the moment"
    # A chapter's next plan is not held up by what is known to be broken.
    again = run(plan, store=ResultsStore(tmp_path / "store"), device="cpu", tracker=tracker, say=None)
    assert "stopped after 0 units" in again.problems[0]
    assert part in again.problems[0]
    assert time.monotonic() - began < 60


def test_a_server_that_hangs_before_the_run_stops_it(mlflow, server, tmp_path, monkeypatch):
    monkeypatch.setattr(tracking, "_SERVER_SECONDS", 0.5)
    with pytest.raises(InputError, match=r"cannot be used: no answer within 0\.5 s\. Nothing was computed"):
        Tracker(server(after=0, then="drip").uri, experiment="x")
    tracker = Tracker(server(after=1, then="drip").uri, experiment="x")
    with pytest.raises(TrackingFailed, match=r"could not be listed \(no answer within 0\.5 s\)"):
        run(tiny_plan(), store=ResultsStore(tmp_path / "store"), device="cpu", tracker=tracker, say=None)
    assert not (tmp_path / "store").exists()


@pytest.fixture(scope="module")
def two_at_once(mlflow, tmp_path_factory):
    """Lay a database out here and in a process in which nothing but the tracker has set anything, both at the same moment.

    Returns:
        The experiment that was made here; that of the other process, and what MLflow says there of its telemetry.
    """
    tmp_path = tmp_path_factory.mktemp("two at once")
    script = (
        "import sys, time, pathlib\n"
        "from linear_signal.errors import InputError\n"
        "from linear_signal.experiment.tracking import Tracker\n"
        "try: Tracker('sqlite://', experiment='x')  # is refused, and has imported MLflow\n"
        "except InputError: pass\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "(folder / sys.argv[2]).touch()\n"
        "while len(list(folder.glob('ready*'))) < 2: time.sleep(0.005)\n"
        "print(Tracker(f'sqlite:///{folder}/tracking.db', experiment='x')._id)\n"
        "from mlflow.telemetry.client import get_telemetry_client\n"
        "from mlflow.telemetry.utils import is_telemetry_disabled\n"
        "print(is_telemetry_disabled(), get_telemetry_client())\n"
    )
    # None of the variables by which MLflow knows tests and CI, where it is silent anyway; and no way out, should it not be.
    clean = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
    clean |= dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    command = [sys.executable, "-c", script, str(tmp_path), "ready there"]
    with subprocess.Popen(command, env=clean, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as other:
        wait_until(lambda: (tmp_path / "ready there").exists() or other.poll() is not None, 60)
        (tmp_path / "ready here").touch()
        experiment = Tracker(f"sqlite:///{tmp_path}/tracking.db", experiment="x")._id
        said, errors = other.communicate(timeout=300)
    assert (other.returncode, errors) == (0, "")
    return experiment, *said.splitlines()


def test_two_chapters_that_lay_out_one_database_at_once_both_succeed(two_at_once):
    assert two_at_once[0] == two_at_once[1], "two experiments of one name"


def test_a_database_that_another_chapter_lays_out_is_waited_for(mlflow, tmp_path, monkeypatch):
    monkeypatch.setattr(tracking, "_DATABASE_SECONDS", 0.3)
    uri = f"sqlite:///{tmp_path}/tracking.db"
    with tracking._sole_creator(uri), pytest.raises(InputError, match=r"cannot be used: .*lock"):
        Tracker(uri, experiment=EXPERIMENT)
    assert not (tmp_path / "tracking.db").exists()


def test_a_database_in_no_folder_is_refused_and_no_folder_made(mlflow, tmp_path):
    with pytest.raises(InputError, match=rf"cannot be used: there is no folder {tmp_path}/no/such\. Nothing was computed"):
        Tracker(f"sqlite:///{tmp_path}/no/such/x.db", experiment=EXPERIMENT)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("uri", ["foo://bar", "http://[", "sqlite:////dev/null/x.db", "sqlite://", "sqlite:///:memory:"])
def test_a_uri_that_cannot_be_is_refused(mlflow, uri):
    with pytest.raises(InputError, match=r"cannot be used: .*leave tracking empty"):
        Tracker(uri, experiment=EXPERIMENT)


@pytest.mark.parametrize(
    ("uri", "part"),
    [
        ("", "The tracking URI is empty"),
        ("  ", "The tracking URI is empty"),
        ("https://ada:secret@example.org", "holds a password.*MLFLOW_TRACKING_PASSWORD"),
    ],
)
def test_a_uri_that_is_empty_or_holds_a_password_is_refused_without_asking_anybody(uri, part):
    with pytest.raises(InputError, match=part) as caught:
        Tracker(uri, experiment=EXPERIMENT)
    assert "secret" not in str(caught.value)


def test_without_mlflow_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(
        InputError, match=r"MLflow cannot be imported.*pip install linear-signal\[tracking\].*leave tracking"
    ):
        Tracker("sqlite:///tracking.db", experiment=EXPERIMENT)


def test_it_is_off_by_default():
    assert tracker_of(Parameters({"tracking": ""}, {}), EXPERIMENT) is None


def test_a_chapter_names_its_experiment(mlflow, uri):
    assert tracker_of(Parameters({"tracking": uri}, {}), "20_gtex").experiment == "20_gtex"
    assert mlflow.MlflowClient(uri, uri).get_experiment_by_name("20_gtex") is not None


def test_mlflow_reports_nothing_home(two_at_once):
    assert two_at_once[2] == "True None"


def test_texts_and_tables_are_laid_out_as_promised():
    nested = {"protocol": {"training": {"patience": 7}, "split": "group"}, "classes": ["A", "B"]}
    assert dict(tracking._flat(nested)) == {
        "protocol.training.patience": "7",
        "protocol.split": "group",
        "classes": '["A", "B"]',
    }
    assert len(tracking._cut("x" * 900)) == 500

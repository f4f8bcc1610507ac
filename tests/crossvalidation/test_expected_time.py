"""What is said of a run before and while it goes on: how long it takes and what is best so far."""

from itertools import cycle
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from linear_signal.crossvalidation import speed
from linear_signal.crossvalidation.best_so_far import BestSoFar
from linear_signal.crossvalidation.expected_time import expected_hours, expected_time, worth_calibrating
from linear_signal.crossvalidation.sizes import work_of
from linear_signal.crossvalidation.speed import Pace
from linear_signal.data.made_up.simulation import simulate
from linear_signal.data.tasks import make_task
from linear_signal.experiment.execution import find_execution
from linear_signal.experiment.expected_time import ExpectedTime, TimeLeft
from linear_signal.experiment.run import run
from linear_signal.experiment.store import ResultsStore
from stored_tables import bytes_of_results, run_quietly
from tiny_experiment import tiny_plan, tiny_task


def test_the_time_of_a_unit_follows_from_steps_members_and_epochs():
    (unit, *_) = tiny_plan(models=["three_layer"], max_epochs=10, n_inner_folds=2, n_trials=3, tune_share=0.2).units
    # 60 samples in 3 folds: 40 to train on, 20 in an inner fold's training, four fifths of them fitted, in batches of 16.
    pace = Pace(per_step=0.5, per_member=0.25)
    tuning = 20 * 0.8 / 16 * (0.5 + 6 * 0.25)
    fits = (40 * 0.5 + 60 * 0.25) * 0.8 / 16
    assert pace.seconds(work_of(unit)) == pytest.approx(10 * (tuning + fits))


def test_the_time_of_a_model_without_steps_grows_with_its_samples():
    (unit, *_) = tiny_plan(models=["exact_logistic_regression"], n_trials=3).units
    pace = Pace(per_fit=1.0, samples=20, exponent=2.0)
    assert pace.seconds(work_of(unit)) == pytest.approx(3 * 1 + 1 + 4)
    (unit, *_) = tiny_plan(models=["sklearn.neighbors.KNeighborsClassifier"], n_trials=3).units
    assert pace.seconds(work_of(unit)) == pytest.approx(1 + 4)


def test_units_at_a_time_share_the_work_but_none_is_quicker_than_itself():
    expected = ExpectedTime(of_unit={"a": 60.0, "b": 30.0, "c": 30.0}, at_once=2, calibration=1.52)
    assert expected.seconds == 60
    assert expected.sentence() == (
        "Expected training time: about 1 min 00 s, 2 units at a time (if no model stops early; estimated from a "
        "calibration of 1.5 s)."
    )
    assert ExpectedTime(of_unit={"a": 60.0, "b": 30.0}, at_once=2, calibration=1.0).seconds == 60


MODELS = ["logistic_regression", "three_layer", "exact_logistic_regression", "sklearn.neighbors.KNeighborsClassifier"]


def test_a_calibration_changes_no_number_and_no_random_state(tmp_path, monkeypatch):
    plan = tiny_plan(models=MODELS)
    run_quietly(plan, tmp_path / "without")
    monkeypatch.setattr("linear_signal.crossvalidation.expected_time.worth_calibrating", lambda units: True)
    states = torch.get_rng_state(), np.random.get_state()[1].copy()
    said = []
    run(plan, store=ResultsStore(tmp_path / "with"), device="cpu", say=said.append)
    assert (torch.get_rng_state() == states[0]).all()
    assert (np.random.get_state()[1] == states[1]).all()
    assert said[1].startswith("Expected training time: about ")
    assert bytes_of_results(tmp_path / "with") == bytes_of_results(tmp_path / "without")


class Machine:
    """A machine whose clock moves with what it trains alone, each kind of fit at a known pace; at times it is held up."""

    def __init__(self, pace, held_up):
        self.now, self.pace, self.held_up = 0.0, pace, held_up

    def perf_counter(self):
        return self.now

    def fit(self, unit, fitter, fit, tune, trials):
        if fitter.stops_early:
            steps = fitter.settings.max_epochs * len(fit) / fitter.settings.batch_size
            self.now += 0.001 + steps * (self.pace.per_step + self.pace.per_member * len(trials))
        else:
            self.now += len(trials) * self.pace.per_fit * (len(fit) / self.pace.samples) ** self.pace.exponent
        self.now += next(self.held_up)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_calibration_finds_the_pace_of_a_machine_that_is_held_up_at_times(monkeypatch, threads):
    # Two threads train a member each; what both would share is theirs.
    step, fits = Pace(per_step=0.002 * (threads == 1), per_member=0.001), Pace(per_fit=0.01, samples=20, exponent=1.5)
    task = make_task(simulate("Simulated 1", n_samples=300, n_features=12), name="Simulated 1", group=None)
    settings = {"signals": ["full"], "n_trials": 4, "fractions": (1.0,)}
    plan = tiny_plan(tasks=[task], models=["three_layer", "exact_logistic_regression"], **settings)
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    for model, pace in (("three_layer", step), ("exact_logistic_regression", fits)):
        machine = Machine(pace, cycle([0.0, 0.9, 0.3, 0.0, 0.5, 0.7]))
        monkeypatch.setattr(speed, "time", machine)
        monkeypatch.setattr(speed, "_fit", machine.fit)
        units = [unit for unit in plan.units if unit.model == model]
        with find_execution(device="cpu") as place:
            (found,) = speed.calibrate(units, place, seconds=2.0).values()
        assert found.seconds(work_of(units[0])) == pytest.approx(pace.seconds(work_of(units[0])), rel=1e-6), model


def test_every_unit_of_a_plan_has_an_expected_time():
    plan = tiny_plan(models=MODELS)
    with find_execution(device="cpu") as place:
        expected = expected_time(plan.units, place)
    assert set(expected.of_unit) == {unit.key for unit in plan.units}
    assert min(expected.of_unit.values()) > 0
    assert expected.calibration > 0
    assert expected_hours(plan, device="cpu") > 0


def test_a_run_of_seconds_is_not_calibrated(tmp_path):
    plan = tiny_plan()
    assert not worth_calibrating(plan.units)
    wide = SimpleNamespace(n_samples=1000, dataset=SimpleNamespace(n_genes=5000))
    paper = SimpleNamespace(n_tuning_fits=100, design=SimpleNamespace(fractions=[1.0]), task=wide)
    assert worth_calibrating([paper])
    said = []
    run(plan, store=ResultsStore(tmp_path / "store"), device="cpu", say=said.append)
    assert said == [plan.summary()]


def test_time_left_counts_each_kind_of_model_by_itself():
    plan = tiny_plan(models=["exact_logistic_regression", "three_layer"], signals=["full"])
    quick, slow = plan.units[:3], plan.units[3:]
    left = TimeLeft(plan.units, None)
    assert left.seconds(1) is None
    left.done(quick[0], 1.0)
    assert left.seconds(1) == pytest.approx(2 + 3), "nothing is known of the other kind: the mean of what is done"
    left.done(slow[0], 50.0)
    assert left.seconds(1) == pytest.approx(2 * 1 + 2 * 50)
    assert left.seconds(2) == pytest.approx((2 * 1 + 2 * 50) / 2)
    for unit in (*quick[1:], *slow[1:]):
        left.done(unit, 1.0)
    assert left.seconds(1) == 0


def test_an_expectation_that_was_off_is_corrected_for_the_kinds_to_come():
    plan = tiny_plan(models=["exact_logistic_regression", "three_layer"], signals=["full"])
    of_unit = {unit.key: 2.0 if unit.model == "three_layer" else 1.0 for unit in plan.units}
    left = TimeLeft(plan.units, ExpectedTime(of_unit=of_unit, at_once=1, calibration=1.0))
    left.done(plan.units[0], 3.0)
    assert left.seconds(1) == pytest.approx(2 * 3 + 3 * 2 * 3)


def result_of(*accuracies):
    return SimpleNamespace(fits=pd.DataFrame({"fraction": [1.0, 0.5], "balanced_accuracy": accuracies}))


def test_the_best_so_far_is_a_mean_over_folds_at_the_largest_training_set():
    tasks = [tiny_task("Simulated 1"), tiny_task("Simulated 3")]
    units = tiny_plan(tasks=tasks, models=["three_layer", "linear_svm"], signals=["full"]).units
    best = BestSoFar()
    assert best.add(units[0], result_of(np.nan, 0.9)) == ""
    assert best.add(units[1], result_of(0.8, 1.0)) == "best so far on Simulated 1, full: three_layer 0.80 over 1 fold"
    assert best.add(units[3], result_of(0.9, 0.1)) == "best so far on Simulated 1, full: linear_svm 0.90 over 1 fold"
    assert best.add(units[4], result_of(0.5, 0.1)) == "best so far on Simulated 1, full: three_layer 0.80 over 1 fold"
    assert best.add(units[6], result_of(0.5, 0.1)) == "best so far on Simulated 3, full: three_layer 0.50 over 1 fold"

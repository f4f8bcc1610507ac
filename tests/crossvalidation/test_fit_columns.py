"""What the fits table says of a fit beside its accuracy: chance, groups, how training ended, and the linear check."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from linear_signal.crossvalidation import feature_rows
from linear_signal.crossvalidation.fit_interface import Outcome
from linear_signal.crossvalidation.model_fitters import NetworkFitter, make_fitter
from linear_signal.crossvalidation.tuning import tune
from linear_signal.crossvalidation.unit import CrossValidationUnit
from linear_signal.crossvalidation.unit_rows import unit_rows
from linear_signal.data.row_blocks import fill
from linear_signal.data.splits import ByGroup, find_split
from linear_signal.experiment.compute import compute
from linear_signal.models import find_model
from tiny_experiment import donors_dataset, donors_task, tiny_plan, tiny_task

CONSTANT = 'sklearn.dummy.DummyClassifier(strategy="constant", constant=0)'
LINEAR = ["logistic_regression", "linear_svm", "exact_logistic_regression", "sklearn.linear_model.RidgeClassifier"]
CPU = torch.device("cpu")
RARE = ["donor 3", "donor 17"]


def fits_of(**plan):
    """Fits of every unit of a tiny plan, with the names of its unit."""
    tables = []
    for unit in tiny_plan(**plan).units:
        names = {"model": unit.model, "signal": unit.signal, "fold": unit.fold}
        tables.append(pd.DataFrame({**names, **compute(unit, device=CPU).fits}))
    return pd.concat(tables, ignore_index=True)


def uneven_task():
    """Make a task of three classes, the third of which has two donors: no more than two of three folds can hold it."""
    samples = donors_dataset().samples
    return donors_task("uneven", samples=samples.assign(label=samples.label.mask(samples.donor.isin(RARE), "C")))


def test_chance_is_what_a_constant_answer_gets_in_this_fold():
    fits = fits_of(tasks=[uneven_task()], models=[CONSTANT], signals=["full"], fractions=(1.0,))
    assert sorted(fits["classes_missing_in_validation"])[-1] == 1
    np.testing.assert_allclose(fits["naive_accuracy"], 1 / (3 - fits["classes_missing_in_validation"]))
    np.testing.assert_allclose(fits["balanced_accuracy"], fits["naive_accuracy"])
    assert (fits["predicted_classes"] == 1).all()
    assert (fits["smallest_class_groups"] == 2).all()


def test_groups_are_counted_as_the_split_counts_them():
    task = uneven_task()
    assert find_split("group").smallest_class_groups(task) == 2
    assert find_split("sample").smallest_class_groups(task) == 6
    # Donors 0 to 11 are learnt from, the others judge: 11 have A and B there, and one has C on either side.
    donors = np.array([int(name.split()[1]) for name in task.groups])
    assert find_split("transfer").smallest_class_groups(replace(task, trains_on=donors < 12)) == 1
    two = donors_task("two")
    assert find_split("group").smallest_class_groups(two) == 24
    assert find_split("transfer").smallest_class_groups(replace(two, trains_on=donors < 5)) == 5


def test_a_fit_that_patience_had_not_stopped_is_marked():
    models = ["logistic_regression", "three_layer", "exact_logistic_regression"]
    short = fits_of(models=models, signals=["full"], max_epochs=3)
    trained = short["model"] != "exact_logistic_regression"
    assert short[trained]["ended_at_last_epoch"].all()
    assert short[~trained]["ended_at_last_epoch"].isna().all()
    long = fits_of(models=models[:2], signals=["full"], max_epochs=200, patience=2, learning_rate_range=(0.01, 0.1))
    assert (long["ended_at_last_epoch"] == (long["epochs"] == 200)).all()
    assert not long["ended_at_last_epoch"].all()


@pytest.mark.parametrize("name", ["three_layer", "exact_logistic_regression", "squared_logistic"])
def test_a_setting_in_the_outermost_tenth_of_its_range_is_marked(name):
    bounds = (1e-4, 1e-2)
    ranges = {"learning_rate_range": bounds, "weight_decay_range": bounds}
    fits = fits_of(models=[name], signals=["full"], fractions=(1.0,), seeds=range(8), n_trials=1, max_epochs=1, **ranges)
    column = "learning_rate" if name == "three_layer" else "weight_decay"
    place = np.log10(fits[column]) / 2 + 2
    expected = np.where(place < 0.1, "lower", np.where(place > 0.9, "upper", ""))
    assert fits["at_edge"].tolist() == expected.tolist()
    assert set(expected) == {"lower", "upper", ""}
    untuned = fits_of(models=[name], signals=["full"], n_trials=0, max_epochs=1)
    assert (untuned["at_edge"] == "").all()


def test_a_network_that_never_left_its_start_is_marked():
    task = tiny_task("Simulated 1")
    plan = {"tasks": [task], "signals": ["full"], "fractions": (1.0,), "weight_decay_range": (1e-6, 1e-5)}
    models = ["three_layer", "logistic_regression", "exact_logistic_regression"]
    wild = fits_of(models=models, learning_rate_range=(20.0, 30.0), max_epochs=10, **plan).set_index("model")
    calm = fits_of(models=models[:1], learning_rate_range=(0.005, 0.02), max_epochs=20, **plan)
    assert wild.loc["three_layer", "failed_training"].all()
    assert wild.loc[models[1:], "failed_training"].isna().all()
    assert not calm["failed_training"].any()


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        ((False, True), False),  # a constant answer was the best, and not for want of training
        ((False, False), True),  # no setting could train at all
        ((True, True), True),
        ((None, None), True),  # a model that always trains
    ],
)
def test_a_constant_answer_is_no_failure_where_tuning_chose_it(monkeypatch, left, expected):
    def fit(fitter, rows, jobs, trials, n_classes):
        losses = (0.69, 0.9)  # the first is chosen
        answers = np.zeros(len(jobs[0].judge_rows), dtype=int)
        trained = [
            Outcome(predicted=answers, loss=loss, left_start=one, train_loss=np.ones(2), tune_loss=np.ones(2))
            for loss, one in zip(losses, left, strict=True)
        ]
        return [trained for _ in jobs]

    monkeypatch.setattr(NetworkFitter, "fit", fit)
    unit = tiny_plan(models=["three_layer"], signals=["full"]).units[0]
    inner = unit_rows(unit, stops_early=True, is_tuned=True).inner
    assert tune(unit, inner, make_fitter(find_model(unit.model), unit.design, CPU)).to_be_learnt is expected


def test_an_inner_fold_on_which_no_setting_could_do_well_decides_nothing(monkeypatch):
    unit = tiny_plan(models=["exact_logistic_regression"], signals=["full"], n_inner_folds=2).units[0]
    classes = np.repeat([0, 1, 2, 3], 15)
    task = replace(unit.task, classes=classes, class_names=("A", "B", "C", "D"))
    monkeypatch.setattr(
        ByGroup,
        "inner_folds",
        lambda split, folds, outer, *, n_inner: [
            replace(folds[0], train=np.arange(30), validation=np.arange(30, 60)),  # C and D were never seen
            replace(folds[0], train=np.arange(0, 60, 2), validation=np.arange(1, 60, 2)),
        ],
    )
    unit = replace(unit, task=task)
    inner = unit_rows(unit, stops_early=False, is_tuned=True).inner
    tuning = tune(unit, inner, make_fitter(find_model(unit.model), unit.design, CPU))
    assert (tuning.trials["inner_folds"] == 1).all()
    assert set(tuning.trial_folds["inner_fold"]) == {1}
    assert np.isfinite(tuning.trials["inner_loss"]).all()


@pytest.mark.parametrize("scale_on", ["all", "train"])
def test_linear_models_trained_with_full_signal_are_judged_on_the_removed_fold(scale_on):
    plan = {"tasks": [donors_task("two")], "scale_on": scale_on, "max_epochs": 20}
    plan |= {"learning_rate_range": (0.01, 0.1), "fractions": (1.0,)}
    fits = fits_of(models=[*LINEAR, "three_layer", "squared_logistic"], **plan)
    checked = fits["model"].isin(LINEAR) & (fits["signal"] == "full")
    assert fits[checked].groupby("model")["balanced_accuracy"].mean().min() > 0.7
    assert fits[checked]["balanced_accuracy_on_removed"].between(0.3, 0.7).all()
    assert fits[~checked]["balanced_accuracy_on_removed"].isna().all()


def test_the_linear_check_fails_where_the_signal_was_not_removed(monkeypatch):
    monkeypatch.setattr(
        feature_rows, "remove_linear_signal", lambda values, classes, *, rows, out, engine: fill(out, values, rows)
    )
    fits = fits_of(models=LINEAR, signals=["full"], max_epochs=20, learning_rate_range=(0.01, 0.1))
    np.testing.assert_array_equal(fits["balanced_accuracy_on_removed"], fits["balanced_accuracy"])


def test_the_linear_check_changes_no_other_number(monkeypatch):
    plan = {"models": LINEAR, "signals": ["full"], "max_epochs": 5}
    with_check = fits_of(**plan)
    monkeypatch.setattr(CrossValidationUnit, "is_judged_on_removed", property(lambda unit: False))
    without = fits_of(**plan)
    assert with_check.pop("balanced_accuracy_on_removed").notna().all()
    assert without.pop("balanced_accuracy_on_removed").isna().all()
    pd.testing.assert_frame_equal(with_check, without, check_exact=True)


def test_an_impossible_fit_predicts_no_class_and_ended_in_no_way():
    # A plan refuses sizes this small; larger ones can leave a single class by chance, with what follows from it.
    unit = tiny_plan(models=["three_layer"], signals=["full"]).units[0]
    fits = compute(replace(unit, design=replace(unit.design, fractions=(0.02,))), device=CPU).fits
    assert (fits["predicted_classes"] == 0).all()
    assert fits[["ended_at_last_epoch", "failed_training", "balanced_accuracy_on_removed"]].isna().all(axis=None)

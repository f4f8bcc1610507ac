"""Pretraining: which folds pretrain; models with it and without start from the same weights and differ in nothing else."""

from itertools import product

import numpy as np
import pytest
import torch

from linear_signal.crossvalidation.design import PRETRAINING
from linear_signal.crossvalidation.unit import CrossValidationUnit
from linear_signal.data.splits import find_split
from linear_signal.errors import InputError
from linear_signal.experiment.execution import compute_units
from linear_signal.experiment.run import run
from linear_signal.experiment.store import ResultsStore
from linear_signal.models import find_model
from linear_signal.training.cpu.processor import train_on_processor
from linear_signal.training.gpu.stacked import train_in_stacks
from linear_signal.training.layout import Layout
from linear_signal.training.member import Member
from linear_signal.training.settings import TrainingSettings
from tiny_experiment import donors_task, tiny_design, tiny_plan

NETWORKS = ["logistic_regression", "linear_svm", "three_layer", "five_layer"]


@pytest.mark.parametrize("n_folds", [3, 5])
def test_every_fold_takes_every_part_and_no_donor_takes_two(n_folds):
    task = donors_task()
    split = find_split("group")
    folds = split.folds(task, n_folds=n_folds)
    parts = [split.with_pretraining(folds, outer) for outer in range(n_folds)]
    for outer, fold in enumerate(parts):
        sets = [fold.pretrain, fold.train, fold.validation]
        assert sorted(np.concatenate(sets)) == list(range(72))
        donors = [set(task.groups[rows]) for rows in sets]
        assert not donors[0] & donors[1] | donors[0] & donors[2] | donors[1] & donors[2]
        assert (fold.validation == folds[outer].validation).all()
        assert abs(len(fold.pretrain) - len(fold.train)) <= 3  # donors are dealt out evenly, three samples each
    times = np.array([sum(row in fold.pretrain for fold in parts) for row in range(72)])
    assert (times == n_folds // 2).all()


def test_an_even_number_of_folds_is_refused_before_anything_runs():
    with pytest.raises(InputError, match=r"n_folds is 4; .* must be odd"):
        tiny_plan(tasks=[donors_task()], models=["three_layer"], pretraining=PRETRAINING, n_folds=4, n_trials=0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"models": ["exact_logistic_regression"]}, "cannot be pretrained: its solution does not depend on where it starts"),
        ({"models": ["sklearn.tree.DecisionTreeClassifier"]}, "cannot be pretrained"),
        ({"scale_on": "train"}, "scales of their own"),
        ({"n_trials": 2}, r"n_trials is 2; .* Set n_trials to 0"),
    ],
)
def test_what_cannot_be_pretrained_is_refused_before_anything_runs(changes, message):
    settings = {"models": ["three_layer"], "n_trials": 0} | changes
    with pytest.raises(InputError, match=message):
        tiny_plan(tasks=[donors_task()], pretraining=PRETRAINING, **settings)


def trained(engine, name, members, settings, *, dtype=torch.float64):
    task, network = donors_task(), find_model(name)
    layout = Layout(network.widths(10, 2), network.batch_norm)
    features = torch.tensor(task.dataset.expression, dtype=dtype)
    classes = torch.tensor(task.classes)
    if engine == "processor":
        return train_on_processor(features.numpy(), classes.numpy(), members, network, layout, settings, keep_states=True)
    return train_in_stacks(features, classes, members, network, layout, settings, stack_bytes=2**24, keep_states=True)


def member(name, *, learning_rate=0.01, **more):
    rows = np.arange(72)
    return Member(
        names=(name,),
        fit_rows=rows[:40],
        tune_rows=rows[40:56],
        judge_rows=rows[56:],
        learning_rate=learning_rate,
        weight_decay=0.0,
        **more,
    )


@pytest.mark.parametrize("engine", ["processor", "stacks"])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_member_starts_where_another_has_ended(engine, name):
    [before] = trained(engine, name, [member("first")], TrainingSettings(max_epochs=4))
    # A learning rate of next to nothing leaves the start as it is. Running statistics would move: none are judged anew,
    # for the first epoch's tune loss already counts, so only networks without batch norm can stand still.
    [after] = trained(
        engine, name, [member("second", learning_rate=1e-30, start=before.state)], TrainingSettings(max_epochs=1)
    )
    for layer in (key for key in before.state if "running" not in key):
        np.testing.assert_array_equal(after.state[layer], before.state[layer])
    if find_model(name).batch_norm:
        moved = [key for key in before.state if "running_mean" in key]
        untouched = trained(engine, name, [member("second", learning_rate=1e-30)], TrainingSettings(max_epochs=1))[0]
        # What was learnt of means lives on: from a start they move on from there, without one from zero.
        assert any(not np.allclose(after.state[key], untouched.state[key], atol=1e-3) for key in moved)
    else:
        np.testing.assert_allclose(after.scores, before.scores, rtol=1e-6)


@pytest.mark.parametrize("name", NETWORKS)
def test_both_engines_continue_alike(name):
    [before] = trained("processor", name, [member("first")], TrainingSettings(max_epochs=4))
    one, other = (
        trained(engine, name, [member("second", start=before.state)], TrainingSettings(max_epochs=5))[0]
        for engine in ("processor", "stacks")
    )
    np.testing.assert_allclose(one.tune_loss, other.tune_loss, rtol=1e-9)
    assert one.tune_loss[0] != before.tune_loss[0]


@pytest.mark.parametrize("engine", ["processor", "stacks"])
def test_members_with_the_same_first_weights_start_alike_whatever_their_names(engine):
    members = [
        member("a", learning_rate=1e-30, first_weights=("shared",)),
        member("b", learning_rate=1e-30, first_weights=("shared",)),
        member("b", learning_rate=1e-30),
    ]
    alike, too, other = trained(engine, "three_layer", members, TrainingSettings(max_epochs=1))
    for key in alike.state:
        np.testing.assert_array_equal(alike.state[key], too.state[key])
    assert (alike.state["layers.0.weight"] != other.state["layers.0.weight"]).any()


def test_a_start_of_another_shape_is_refused():
    [before] = trained("processor", "three_layer", [member("first")], TrainingSettings(max_epochs=1))
    smaller = {key: values[:1] if key == "layers.0.weight" else values for key, values in before.state.items()}
    with pytest.raises(ValueError, match="another shape"):
        trained("processor", "three_layer", [member("second", start=smaller)], TrainingSettings(max_epochs=1))


@pytest.mark.parametrize("signal", ["full", "removed"])
def test_both_train_on_the_same_samples_and_differ_by_what_was_learnt_before(signal):
    plan = tiny_plan(
        tasks=[donors_task()],
        models=["logistic_regression", "three_layer"],
        signals=[signal],
        pretraining=PRETRAINING,
        n_trials=0,
        network_learning_rate=0.003,
        max_epochs=20,
    )
    results = {unit.key: result for unit, result in compute_units(plan.units, device=torch.device("cpu"), workers=1)}
    for model in ("logistic_regression", "three_layer"):
        for fold in range(3):
            without, with_ = (
                results[unit.key].fits
                for pretraining in PRETRAINING
                for unit in plan.units
                if (unit.model, unit.pretraining, unit.fold) == (model, pretraining, fold)
            )
            same = ["train_samples", "fit_samples", "tune_samples", "validation_samples", "learning_rate"]
            assert without[same].equals(with_[same])
            assert (without.pretraining_samples == 0).all()
            assert (with_.pretraining_samples == 24).all()
            assert (with_.pretraining_epochs > 0).all()
            assert set(without.train_samples) == {12, 24}
    epochs = [results[unit.key].epochs.train_loss.tolist() for unit in plan.units if unit.model == "three_layer"]
    assert len({str(one) for one in epochs}) == len(epochs)


def test_a_learning_rate_without_tuning_is_the_one_asked_for():
    plan = tiny_plan(
        tasks=[donors_task()],
        models=["logistic_regression", "three_layer"],
        signals=["full"],
        n_trials=0,
        linear_learning_rate=0.02,
        network_learning_rate=0.003,
    )
    for unit, result in compute_units(plan.units, device=torch.device("cpu"), workers=1):
        assert set(result.fits.learning_rate) == {0.003 if unit.model == "three_layer" else 0.02}


def test_pretraining_with_the_signal_removed_is_planned_run_and_tabled(tmp_path):
    plan = tiny_plan(
        tasks=[donors_task()], models=["three_layer"], signals=["full", "removed"], pretraining=PRETRAINING, n_trials=0
    )
    assert "2 signals × 2 kinds of pretraining" in plan.summary()
    assert "removed, pretrained" in {unit.seen for unit in plan.units}
    fits = run(plan, store=ResultsStore(tmp_path), device="cpu", say=None).fits
    assert fits.groupby(["signal", "pretraining"]).size().to_dict() == dict.fromkeys(
        product(("full", "removed"), PRETRAINING), 6
    )
    # Whether folds are set aside is one for all units of a plan, so that all learn from the same samples.
    assert (fits.groupby(["fold", "fraction"])["train_samples"].nunique() == 1).all()
    assert fits["balanced_accuracy_on_removed"].isna().all()


def test_a_unit_with_pretraining_needs_folds_set_aside_for_it():
    with pytest.raises(InputError, match="set_aside_for_pretraining"):
        CrossValidationUnit(
            task=donors_task(),
            model="three_layer",
            signal="full",
            pretraining="pretrained",
            seed=0,
            fold=0,
            design=tiny_design(n_trials=0),
        )

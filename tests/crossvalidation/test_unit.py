"""A unit: which samples it sees, what becomes of classes that are missing, and what it finds."""

import functools

import numpy as np
import pandas as pd
import pytest
import torch

from linear_signal.crossvalidation.design import SIGNALS
from linear_signal.crossvalidation.feature_rows import FeatureRows
from linear_signal.data.made_up.simulation import simulate
from linear_signal.data.signal_removal import limma_available
from linear_signal.data.tasks import make_task
from linear_signal.experiment.execution import compute_units
from linear_signal.experiment.run import run
from linear_signal.experiment.store import ResultsStore
from linear_signal.training.exact.ridge import ridge_path
from stored_tables import assert_same_tables, run_quietly, tables_of
from tiny_experiment import donors_dataset, donors_task, tiny_plan, tiny_task, with_fractions


@pytest.fixture
def sets_of(monkeypatch):
    """Return a function that computes a unit and tells which sets of samples it has put together, in order."""

    def recorded(unit):
        sets, add = [], FeatureRows.add

        def recording(rows, samples, **how):
            sets.append(samples.tolist())
            return add(rows, samples, **how)

        with monkeypatch.context() as patch:
            patch.setattr(FeatureRows, "add", recording)
            list(compute_units([unit], device=torch.device("cpu"), workers=1))
        return sets

    return recorded


def test_models_and_signals_share_folds_cuts_and_tune_sets(sets_of):
    plan = tiny_plan(
        tasks=[donors_task()],
        models=["linear_svm", "three_layer", "exact_logistic_regression"],
        signals=SIGNALS,
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
    task = donors_task()
    donors = task.groups
    for unit in tiny_plan(tasks=[task], models=["three_layer"], max_epochs=1, n_inner_folds=2).units:
        validation = unit.design.split.folds(task, n_folds=3, seed=unit.seed)[unit.fold].validation
        *tuning, fit_1, tune_1, judge_1, fit_2, tune_2, judge_2 = sets_of(unit)
        assert judge_1 == judge_2 == validation.tolist()
        assert len(tuning) == 6
        for seen in (*tuning, fit_1, tune_1, fit_2, tune_2):
            assert not set(donors[seen]) & set(donors[validation])
        for fit, tune, judge in (tuning[:3], tuning[3:], (fit_1, tune_1, judge_1), (fit_2, tune_2, judge_2)):
            assert not set(donors[fit]) & set(donors[tune])
            assert not set(donors[fit + tune]) & set(donors[judge])


def test_the_tables_of_all_models_and_signals_name_the_same_samples(undisturbed):
    _, results, tables = undisturbed
    run_of = ["seed", "fold", "fraction"]
    for column in ("train_samples", "validation_samples", "train_groups", "validation_groups", "n_classes"):
        assert (results.fits.groupby(run_of)[column].nunique() == 1).all()
    stopped = results.fits[results.fits.model != "exact_logistic_regression"]
    assert (stopped.groupby(run_of)[["fit_samples", "tune_samples"]].nunique() == 1).all(axis=None)
    judged = tables["predictions"].groupby([*run_of, "model", "signal"])["sample_id"].agg(tuple)
    assert (judged.groupby(run_of).nunique() == 1).all()
    whole = tables["predictions"].groupby(["seed", "model", "signal", "fraction"])["sample_id"]
    assert (whole.agg(lambda ids: sorted(ids) == sorted(tiny_task().sample_ids))).all()


ENGINES = ["closed_form", pytest.param("limma", marks=pytest.mark.skipif(bool(limma_available()), reason="no R or limma"))]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("n_classes", [2, 4])
def test_after_removal_no_set_has_a_difference_of_class_means(n_classes, engine):
    task = donors_task("task", n_classes)
    rows = FeatureRows(task, "removed", engine=engine)
    sets = [np.arange(0, 30), np.arange(30, 45), np.arange(45, 72), np.arange(0, 30)]
    placed = [rows.add(samples, learnt_from=samples) for samples in sets]
    assert (placed[0] == placed[3]).all()
    assert rows.features().shape == (72, 10)
    for samples, where in zip(sets, placed, strict=True):
        values, classes = rows.features()[where], rows.classes()[where]
        assert (classes == task.classes[samples]).all()
        means = [values[classes == one].mean(axis=0) for one in range(n_classes)]
        np.testing.assert_allclose(means, np.tile(means[0], (n_classes, 1)), atol=1e-6)


@pytest.mark.parametrize(("signal", "leaks"), [("full", False), ("removed", False), ("removed_on_all_data", True)])
def test_a_validation_value_depends_on_training_samples_in_the_whole_data_removal_only(signal, leaks):
    validation, values = np.arange(45, 72), []
    for change in (0, 5):
        dataset = donors_dataset()
        expression = dataset.expression.copy()
        expression[:45][dataset.column("label")[:45] == "B"] += change
        rows = FeatureRows(donors_task(expression=expression), signal, engine="closed_form")
        train = np.arange(45)
        rows.add(train[:30], learnt_from=train)
        rows.add(train[30:], learnt_from=train)
        where = rows.add(validation, learnt_from=train)
        values.append(rows.features()[where])
    assert (values[0] != values[1]).any() == leaks


def test_tuned_on_full_signal_every_signal_tries_and_chooses_the_same(tmp_path):
    models = ["logistic_regression", "exact_logistic_regression"]
    tried = {
        tune_on: run_quietly(tiny_plan(models=models, n_trials=4, tune_on=tune_on), tmp_path / tune_on).trials
        for tune_on in ("full", "same")
    }
    columns = ["model", "fold", "trial", "learning_rate", "weight_decay", "inner_loss", "inner_balanced_accuracy", "chosen"]
    full, removed = (tried["full"].query("signal == @name")[columns] for name in ("full", "removed"))
    pd.testing.assert_frame_equal(full.reset_index(drop=True), removed.reset_index(drop=True), check_exact=True)
    own_full, own_removed = (tried["same"].query("signal == @name")[columns] for name in ("full", "removed"))
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
    plan = with_fractions(tiny_plan(models=["exact_logistic_regression", "three_layer"]), fractions)
    results = run_quietly(plan, tmp_path / "store")
    assert results.fits.balanced_accuracy.isna().sum() == len(plan.units) == 12
    impossible = results.fits[results.fits.fraction == 0.02]
    assert (impossible["train_samples"] == 1).all()
    assert (impossible["classes_missing_in_training"] == 1).all()
    assert impossible[["balanced_accuracy", "accuracy"]].isna().all(axis=None)
    assert (impossible[["fit_samples", "epochs"]] == 0).all(axis=None)
    assert results.fits[results.fits.fraction == 1.0]["balanced_accuracy"].notna().all()
    predictions = results.from_store("predictions")
    assert predictions.empty or set(predictions["fraction"]) == {1.0}
    again = run_quietly(plan, tmp_path / "store")
    assert (again.n_computed, again.fits.balanced_accuracy.isna().sum()) == (0, 12)
    pd.testing.assert_frame_equal(again.fits, results.fits, check_exact=True)


def test_a_class_missing_in_training_is_counted_and_the_fit_goes_on(tmp_path):
    plan = tiny_plan(tasks=[donors_task("six", 6)], models=["exact_logistic_regression"], fractions=(0.08, 1.0))
    fits = run_quietly(plan, tmp_path / "store").fits
    small, whole = fits[fits.fraction == 0.08], fits[fits.fraction == 1.0]
    assert (small["classes_missing_in_training"] > 0).all()
    assert (whole["classes_missing_in_training"] == 0).all()
    assert fits["balanced_accuracy"].notna().all()
    assert (fits["naive_accuracy"] == 1 / 6).all()


@pytest.fixture(scope="module")
def findings(tmp_path_factory):
    """Return a function that gives the mean balanced accuracy of a model on a simulation with a signal."""
    store = ResultsStore(tmp_path_factory.mktemp("findings"))

    def mean_of(data, signal, model):
        plan = tiny_plan(
            tasks=[make_task(simulate(data, n_samples=200, n_features=60), name=data, group=None)],
            models=[model],
            signals=[signal],
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
    assert findings("Simulated 3", "removed_on_all_data", "exact_logistic_regression") < 0.3
    assert abs(findings("Simulated 3", "removed", "exact_logistic_regression") - 0.5) < 0.1


def test_whether_a_solver_converged_is_recorded_for_the_exact_model_alone(undisturbed):
    folder, results, _ = undisturbed
    again = run_quietly(tiny_plan(), folder)
    assert again.n_computed == 0
    for table in (results.fits, results.trials, again.fits, again.trials):
        assert table["converged"].dtype == "boolean"
        exact = table["model"] == "exact_logistic_regression"
        assert table[exact]["converged"].eq(True).all()
        assert table[~exact]["converged"].isna().all()


def test_a_solver_that_did_not_converge_is_on_record(monkeypatch, tmp_path):
    stopped = functools.partial(ridge_path, max_iterations=1)
    monkeypatch.setattr("linear_signal.crossvalidation.model_fitters.ridge_path", stopped)
    results = run_quietly(tiny_plan(models=["exact_logistic_regression"], signals=("full",)), tmp_path / "store")
    assert results.fits["converged"].eq(False).any()
    assert results.trials["converged"].eq(False).any()

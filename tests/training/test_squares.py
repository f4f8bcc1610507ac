"""Squares of genes: features that hold differences of spread and none of means, and no rounding errors."""

import numpy as np
import pandas as pd
import pytest
import torch

from linear_signal.crossvalidation.design import Design
from linear_signal.crossvalidation.feature_rows import FeatureRows
from linear_signal.crossvalidation.fit_interface import Job
from linear_signal.crossvalidation.model_fitters import make_fitter
from linear_signal.data.dataset import Dataset
from linear_signal.data.signal_removal import remove_linear_signal
from linear_signal.data.tasks import make_task
from linear_signal.models import find_model
from linear_signal.training.hyperparameters import Trial
from linear_signal.training.squares import squares_of


def task_of(values, classes):
    numbers = np.arange(len(values))
    dataset = Dataset(
        name="spread",
        expression=values,
        samples=pd.DataFrame({"label": np.array(["A", "B"])[classes]}, index=numbers.astype(str)),
        gene_ids=np.arange(values.shape[1]).astype(str),
        source="made by a test",
        synthetic=True,
    )
    return make_task(dataset, name="spread", group=None)


def accuracy_of(name, task, signal="removed"):
    rows = FeatureRows(task, signal, engine="closed_form")
    learn, judge = np.arange(200), np.arange(200, 300)
    job = Job(
        names=("squares",),
        fit_rows=rows.add(learn, learnt_from=learn),
        tune_rows=learn[:0],
        judge_rows=rows.add(judge, learnt_from=learn),
    )
    fitter = make_fitter(find_model(name), Design(), torch.device("cpu"))
    [[outcome]] = fitter.fit(rows, [job], [Trial(float("nan"), 0.1)], 2)
    assert outcome.converged
    return (outcome.predicted == task.classes[judge]).mean()


def test_the_features_are_squares_by_the_learnt_mean_and_standard_deviation():
    random = np.random.default_rng(0)
    learnt, other = random.normal(3, 2, (50, 4)).astype(np.float32), random.normal(size=(7, 4)).astype(np.float32)
    learnt[:, 2] = 0.3
    features = squares_of(learnt).apply(other)
    expected = ((other - learnt.astype(float).mean(axis=0)) / np.maximum(learnt.astype(float).std(axis=0), 1e-3)) ** 2
    expected[:, 2] = 0
    assert features.dtype == np.float64
    np.testing.assert_allclose(features, expected, rtol=1e-12)


@pytest.mark.parametrize("offset", [0.0, 0.15, 1000.0])
def test_a_gene_that_is_constant_within_classes_is_constant_once_the_signal_is_removed(offset):
    classes = np.arange(60) % 3 // 2
    values = np.random.default_rng(1).normal(size=(60, 3)).astype(np.float32)
    values[:, 0] = offset + np.where(classes == 0, np.float32(-0.1), np.float32(0.1))
    values[:, 1] = offset + np.where(classes == 0, np.float32(0.7), np.float32(1 / 3))
    squares = squares_of(remove_linear_signal(values, classes))
    assert (squares.deviation > 0).tolist() == [False, False, True]


def test_the_probe_sees_a_difference_of_spread_and_linear_models_do_not():
    random = np.random.default_rng(2)
    classes = np.arange(300) % 2
    values = random.normal(size=(300, 40)) * np.where(classes == 1, 1.5, 1.0)[:, None]
    task = task_of(values, classes)
    assert accuracy_of("squared_logistic", task) > 0.9
    assert abs(accuracy_of("exact_logistic_regression", task) - 0.5) < 0.1


@pytest.mark.parametrize("signal", ["full", "removed"])
def test_the_probe_sees_nothing_where_there_is_nothing(signal):
    values = np.random.default_rng(3).normal(size=(300, 40))
    assert abs(accuracy_of("squared_logistic", task_of(values, np.arange(300) % 2), signal) - 0.5) < 0.15

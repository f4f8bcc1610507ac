"""Scaling on training samples: what judges has no say in it, and it equals scaling the raw values."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from linear_signal.analysis.comparison import compare_scalings
from linear_signal.crossvalidation.feature_rows import FeatureRows
from linear_signal.crossvalidation.model_folder import ModelFolder
from linear_signal.data.preprocessing import ZeroOneScaling, zero_one
from linear_signal.data.tasks import make_task
from linear_signal.errors import InputError
from linear_signal.training.saved_models import load_model
from stored_tables import run_quietly
from tiny_experiment import donors_dataset, tiny_plan

TRAIN, JUDGE = np.arange(45), np.arange(45, 72)


def scaled_dataset():
    """Scale the donors' values over all samples, and remember how, as the loaders do."""
    raw = donors_dataset()
    scaled, minimum, maximum = zero_one(raw.expression.T)
    return raw, replace(raw, expression=scaled.T, scaling=ZeroOneScaling(minimum=minimum, maximum=maximum))


@pytest.mark.parametrize("signal", ["full", "removed", "removed_on_all_data"])
def test_training_values_run_from_zero_to_one_and_judged_ones_have_no_say(signal):
    _, dataset = scaled_dataset()
    changed = dataset.expression.copy()
    changed[JUDGE] *= 7
    seen = []
    for expression in (dataset.expression, changed):
        task = make_task(replace(dataset, expression=expression), name="task", group="donor")
        rows = FeatureRows(task, signal, engine="closed_form", scale_on="train")
        where = rows.add(TRAIN, learnt_from=TRAIN)
        judged = rows.add(JUDGE, learnt_from=TRAIN)
        seen.append((rows.features()[where], rows.features()[judged]))
        assert (rows.classes()[judged] == task.classes[JUDGE]).all()
    if signal == "full":
        assert seen[0][0].min() == 0
        assert seen[0][0].max() == 1
    if signal != "removed_on_all_data":  # which takes its means over everybody
        np.testing.assert_array_equal(seen[0][0], seen[1][0])
    assert (seen[0][1] != seen[1][1]).any()


def test_it_equals_scaling_the_raw_values():
    raw, dataset = scaled_dataset()
    rows = FeatureRows(make_task(dataset, name="task", group="donor"), "full", engine="closed_form", scale_on="train")
    where = rows.add(JUDGE, learnt_from=TRAIN)
    minimum, maximum = raw.expression[TRAIN].min(axis=0), raw.expression[TRAIN].max(axis=0)
    expected = ZeroOneScaling(minimum=minimum, maximum=maximum).apply(raw.expression[JUDGE])
    np.testing.assert_allclose(rows.features()[where], expected, atol=1e-5)
    # What a saved model does to raw values.
    np.testing.assert_allclose(rows.scaling(TRAIN).apply(raw.expression[JUDGE]), expected, atol=1e-5)


def test_each_learner_has_its_own_scale():
    _, dataset = scaled_dataset()
    rows = FeatureRows(make_task(dataset, name="task", group="donor"), "full", engine="closed_form", scale_on="train")
    one, two = rows.add(JUDGE, learnt_from=TRAIN), rows.add(JUDGE, learnt_from=TRAIN[:20])
    again = rows.add(JUDGE, learnt_from=TRAIN)
    assert (one == again).all()
    assert (rows.features()[one] != rows.features()[two]).any()


def test_an_unknown_scale_is_refused():
    with pytest.raises(InputError, match="Unknown scale_on 'fold'"):
        tiny_plan(scale_on="fold")


def test_scales_are_compared_on_the_same_folds_and_a_saved_model_carries_its_own(tmp_path):
    raw, dataset = scaled_dataset()
    task = make_task(dataset, name="A vs B", group="donor")
    models = ["exact_logistic_regression", "three_layer"]
    tables = []
    for scale_on in ("all", "train"):
        plan = tiny_plan(tasks=[task], models=models, signals=["full"], scale_on=scale_on)
        results = run_quietly(plan, tmp_path / "store", by_products=ModelFolder(tmp_path / scale_on))
        tables.append(results.fits)
        predictions = results.from_store("predictions")
        for row in results.fits.itertuples():
            model = load_model(tmp_path / scale_on / f"{row.key}-fraction-{row.fraction}.safetensors")
            expected = predictions[(predictions.key == row.key) & (predictions.fraction == row.fraction)]
            rows = [int(sample[1:]) for sample in expected.sample_id]
            predicted = model.predict(raw.expression[rows], values="raw")
            assert (np.asarray(predicted) == expected.predicted.to_numpy()).mean() > 0.95
    compared = compare_scalings(pd.concat(tables, ignore_index=True))
    assert (compared.n_pairs == 3).all()
    assert compared["model"].tolist() == models

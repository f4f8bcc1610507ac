"""Scores per class are kept with a unit: every metric can be had from the store, without training again."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, balanced_accuracy_score, confusion_matrix

from linear_signal.crossvalidation.scores import score_table, scores_and_labels
from linear_signal.errors import InputError
from linear_signal.experiment.run import run
from linear_signal.experiment.store import ResultsStore
from tiny_experiment import tiny_plan

MODELS = ["logistic_regression", "linear_svm", "exact_logistic_regression", "three_layer", "boosted_trees"]
WITHOUT = ["sklearn.svm.LinearSVC", "tiny_experiment.Constant"]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return run(
        tiny_plan(models=[*MODELS, *WITHOUT], signals=["full"]),
        store=ResultsStore(tmp_path_factory.mktemp("scores") / "store"),
        device="cpu",
        say=None,
    )


def test_balanced_accuracy_follows_from_the_kept_scores(results):
    scores = scores_and_labels(results)
    largest = results.fits[results.fits["fraction"] == 1.0].set_index("key")["balanced_accuracy"]
    assert scores["fraction"].unique().tolist() == [1.0]
    for key, of_unit in scores[scores["model"].isin(MODELS)].groupby("key"):
        wide = of_unit.pivot(index="sample_id", columns="class", values="score")
        best = wide.idxmax(axis=1)
        answers = of_unit.drop_duplicates("sample_id").set_index("sample_id").loc[wide.index]
        assert balanced_accuracy_score(answers["label"], best) == pytest.approx(largest[key])
        assert (best == answers["predicted"]).all()


def test_other_metrics_follow_from_the_kept_scores_too(results):
    scores = scores_and_labels(results)
    of_model = scores[(scores["model"] == "three_layer") & (scores["class"] == "B")]
    found = average_precision_score(of_model["label"] == "B", of_model["score"])
    assert 0 < found <= 1
    assert confusion_matrix(of_model["label"], of_model["predicted"]).sum() == len(of_model) == 60
    of_both = scores[scores["model"].isin(["three_layer", "boosted_trees"])]
    probabilities = np.exp(of_both["score"].astype(float)).groupby([of_both["key"], of_both["sample_id"]]).sum()
    np.testing.assert_allclose(probabilities, 1, atol=5e-3)


def test_a_classifier_with_margins_keeps_them_and_one_with_neither_keeps_none(results):
    scores = scores_and_labels(results)
    margins, none = (scores[scores["model"] == model]["score"] for model in WITHOUT)
    assert margins.abs().max() > 0
    assert margins.sum() == pytest.approx(0, abs=1e-2), "of two classes one has what the other lacks"
    assert none.isna().all()


def test_what_is_kept_decides_no_key_and_more_is_computed_where_more_is_asked_for(tmp_path):
    def ran(keep_scores):
        plan = tiny_plan(models=["logistic_regression"], signals=["full"], keep_scores=keep_scores)
        return run(plan, store=ResultsStore(tmp_path), device="cpu", say=None)

    none = ran("none")
    assert none.from_store("scores").empty
    largest = ran("largest")
    everything = ran("all")
    assert [one.n_computed for one in (none, largest, everything)] == [3, 3, 3]
    assert everything.from_store("scores")["fraction"].unique().tolist() == [0.5, 1.0]
    again = ran("none")
    assert (again.n_computed, again.n_reused) == (0, 3)
    same = [one.fits.drop(columns=["seconds", "finished"]) for one in (none, largest, everything, again)]
    for table in same[1:]:
        pd.testing.assert_frame_equal(table, same[0])
    with pytest.raises(InputError, match=r"keep_scores.*'some'"):
        ran("some")


def test_scores_that_are_not_finite_can_be_kept():
    table = score_table(1.0, np.array(["a"]), np.array([[-np.inf, 1e9, np.nan]]))
    assert table["score_0"][0] == -table["score_1"][0] == np.finfo(np.float16).min
    assert np.isnan(table["score_2"][0])

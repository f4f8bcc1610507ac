"""What a chapter's explorer shows of its runs is what the store keeps of them."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from linear_signal.book.explored import explored
from linear_signal.book.run_details import MOST_SAMPLES, run_details
from linear_signal.crossvalidation.scores import scores_and_labels
from linear_signal.experiment.run import run
from linear_signal.experiment.store import ResultsStore
from linear_signal.figures.explorer.packed import unpack
from tiny_experiment import donors_task, tiny_plan


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    plan = tiny_plan(tasks=[donors_task(n_classes=3)], signals=["full"], models=["logistic_regression", "linear_svm"])
    return run(plan, store=ResultsStore(tmp_path_factory.mktemp("details") / "store"), device="cpu", say=None)


@pytest.fixture(scope="module")
def details(results):
    return run_details(results)


def test_metrics_of_scores_are_those_of_the_kept_ones(results, details):
    judged = details.judged.set_index("key")
    assert set(judged["fraction"]) == {1.0}
    for (key, model), of_unit in scores_and_labels(results).groupby(["key", "model"]):
        classes = of_unit.groupby("class")
        precision = [average_precision_score(some["label"] == one, some["score"]) for one, some in classes]
        assert judged.loc[key, "average_precision"] == pytest.approx(np.mean(precision))
        true = of_unit[of_unit["label"] == of_unit["class"]]
        loss = np.nan if model == "linear_svm" else -true["score"].astype(float).mean()
        assert judged.loc[key, "loss"] == pytest.approx(loss, nan_ok=True)


def test_samples_that_all_get_wrong_are_right_in_no_run(results, details):
    answers = results.from_store("predictions").query("fraction == 1")
    right = answers.assign(right=answers["label"] == answers["predicted"]).groupby("sample_id")["right"].any()
    never = set(right.index[~right])
    assert never
    wrong = details.wrong
    assert set(wrong["sample"]) <= never
    assert len(wrong) == min(len(never), MOST_SAMPLES)
    assert set(wrong["wrong"]) == {len(never)}
    assert set(wrong["judged"]) == {len(right)}
    row = wrong.iloc[0]
    of_sample = answers[answers["sample_id"] == row["sample"]]
    assert row["said"] == (of_sample["predicted"] == row["predicted"]).sum()
    assert (row["truth"], row["runs"]) == (of_sample["label"].iloc[0], len(of_sample))
    task = results.plan.units[0].task
    assert row["group"] == dict(zip(task.sample_ids, task.groups, strict=True))[row["sample"]]


def test_confusion_counts_every_judged_sample_once_a_run(results, details):
    answers = results.from_store("predictions").query("fraction == 1")
    assert details.confusion["n"].sum() == len(answers)
    agreed = details.confusion.query("truth == predicted")["n"].sum()
    assert agreed == (answers["label"] == answers["predicted"]).sum()


def test_the_explorer_has_all_of_them(results, details):
    told = explored(results, synthetic=True).declaration
    assert {"average_precision", "loss"} <= set(told["y"])
    trials = unpack(told["trials"])
    assert len(trials) == len(details.trials)
    assert trials["inner_loss"].to_numpy() == pytest.approx(details.trials["inner_loss"].to_numpy(), abs=6e-5)
    assert set(unpack(told["curves"])["run"]) == set(range(len(results.plan.units)))
    assert len(unpack(told["wrong"])) == len(details.wrong)

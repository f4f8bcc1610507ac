"""What is asked of installed data, and what is said of it: nothing is judged that rests on too few samples."""

import numpy as np
import pandas as pd
import pytest

from linear_signal.analysis.rules import FAILS, FEW_GROUPS, HOLDS, OPEN
from linear_signal.data.bioconductor.records import RECORDS
from linear_signal.data.dataset import Dataset
from linear_signal.errors import InputError
from linear_signal.studies.heil2023.installed import ASKED, can_be_judged, open_asked
from linear_signal.studies.heil2023.installed_answers import (
    CANNOT,
    batch_answers,
    batches_of,
    flexible_ahead,
    full_table,
    in_words,
    judgements,
    left_table,
    over_tasks,
)
from linear_signal.studies.heil2023.kinds import ALL_RUNGS
from made_up_tables import levels, made_up_fits


def made_up(task, *, full, rungs, groups=60):
    """Fits with full signal and on every rung, whose linear, three-layer and five-layer levels are given."""
    parts = [made_up_fits(task, "full", levels(*full), dataset="ALL")]
    parts += [made_up_fits(task, rung, levels(*level), dataset="ALL") for rung, level in rungs.items()]
    return pd.concat(parts, ignore_index=True).assign(smallest_class_groups=groups)


@pytest.fixture(scope="module")
def fits():
    nothing = dict.fromkeys(ALL_RUNGS[1:], (0.5, 0.5, 0.5))
    some = nothing | dict.fromkeys(ALL_RUNGS[1:4], (0.5, 0.5, 0.7))
    return pd.concat(
        [
            made_up("ahead", full=(0.8, 0.8, 0.9), rungs=some),
            made_up("level", full=(0.8, 0.8, 0.8), rungs=nothing),
            made_up("rare", full=(0.8, 0.9, 0.9), rungs=some, groups=6),
        ],
        ignore_index=True,
    )


@pytest.fixture(scope="module")
def judged(fits):
    return judgements(fits)


def test_every_task_is_judged_on_every_rung_and_what_was_put_in_is_found(judged):
    of = judged.set_index(["task", "signal"])["verdict"].unstack()[list(ALL_RUNGS)]
    assert of.loc["ahead"].tolist() == [HOLDS] * 4 + [FAILS] * 2
    assert of.loc["level"].tolist() == [FAILS] * 6
    assert of.loc["rare"].tolist() == [OPEN] * 6
    assert set(judged.loc[judged["task"] == "rare", "cause"]) == {FEW_GROUPS}
    assert set(judged.loc[judged["task"] == "ahead", "best_model"]) >= {"five_layer"}


def test_one_flexible_model_that_is_ahead_is_enough_and_it_must_be_ahead_of_every_linear_one(fits):
    full = fits[(fits["task"] == "ahead") & (fits["signal"] == "full") & (fits["fraction"] == 1)]
    claim = flexible_ahead(full)
    assert claim.judgement.verdict == HOLDS
    assert claim.rows.groupby("model")["verdict"].agg(set).to_dict() == {"three_layer": {FAILS}, "five_layer": {HOLDS}}
    assert set(claim.rows["adjusted_for"]) == {4}
    better = full["balanced_accuracy"] + 0.2 * (full["model"] == "linear_svm")
    assert flexible_ahead(full.assign(balanced_accuracy=better.clip(upper=1))).judgement.verdict == FAILS
    assert flexible_ahead(full[full["model"] == "linear_svm"]).rows.empty


def test_what_cannot_be_judged_is_said_and_counted_nowhere_else(judged):
    answers = over_tasks(judged)
    assert "rare" in answers["answer_few"].lower()
    assert "rare" not in answers["answer_ahead"] + answers["answer_left"]
    assert "yes in 1 (ahead)" in answers["answer_ahead"].lower()
    assert answers["answer_left"].count("yes in 1 (ahead)") == 3
    for table in (full_table(judged), left_table(judged)):
        rare = " ".join(table.set_index("Task").loc["Rare"])
        assert CANNOT in rare
        assert "yes" not in rare


def test_tables_and_sentences_have_every_task(fits, judged):
    for table in (full_table(judged), left_table(judged)):
        assert table["Task"].tolist() == ["Ahead", "Level", "Rare"]
        assert "nan" not in table.to_string().lower()
    assert len(left_table(judged).columns) == len(ALL_RUNGS)
    assert len(in_words(fits)) == 3


def test_tasks_are_asked_of_the_data_they_name_and_no_patient_is_torn_apart():
    tasks = open_asked(list(ASKED), n_genes=9, sizes_only=True)
    assert [task.name for task in tasks] == list(ASKED)
    for task in tasks:
        counts = RECORDS[ASKED[task.name].dataset].counts[ASKED[task.name].target]
        expected = {label: n for label, n in counts.items() if label and label in (ASKED[task.name].labels or counts)}
        assert dict(zip(*np.unique(task.labels, return_counts=True), strict=True)) == expected
        assert len(np.unique(task.groups)) == task.n_samples
    assert tasks[2].dataset is tasks[3].dataset is tasks[4].dataset
    assert tasks[1].dataset is tasks[0].dataset
    assert [task.name for task in tasks if not can_be_judged(task)] == ["seven tissues"]


@pytest.mark.parametrize(("tasks", "message"), [([], "tasks is empty"), (["linage"], "did you mean 'lineage'")])
def test_unknown_tasks_are_refused(tasks, message):
    with pytest.raises(InputError, match=message):
        open_asked(tasks, n_genes=9, sizes_only=True)


def test_labels_that_go_with_batches_get_no_verdict():
    state = ["Cancer"] * 5 + ["Normal"] * 4 + ["Biopsy"]
    samples = pd.DataFrame({"state": state, "batch": list("1111222333")}, index=[f"s{n}" for n in range(10)])
    genes = {"expression": np.zeros((10, 1)), "gene_ids": ["g"]}
    dataset = Dataset(name="made up", samples=samples, source="made up for a test", synthetic=True, **genes)
    told = batches_of(dataset, "state", labels=["Cancer", "Normal"])
    answers = batch_answers(told)
    assert CANNOT in answers["batch_verdict"]
    assert answers["batch_alone"] == "batch 1 is all cancer, batch 3 is all normal"
    assert answers["batch_informative"] == "3 of 9"
    assert answers["batch_fewest"] == "1"
    assert batches_of(dataset, "state").counts.to_numpy().sum() == 10

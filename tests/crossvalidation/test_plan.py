"""Plan and design: what decides a number is in the key, and what cannot run is refused before anything does."""

from dataclasses import replace

import numpy as np
import pytest

from linear_signal.crossvalidation.plan import make_plan
from linear_signal.crossvalidation.unit import CrossValidationUnit
from linear_signal.data.made_up.simulation import simulate
from linear_signal.data.tasks import make_task
from linear_signal.errors import InputError
from linear_signal.models import CATALOGUE
from linear_signal.models.catalogue import FAMILIES
from tiny_experiment import donors_task, tiny_design, tiny_plan, tiny_task


@pytest.mark.parametrize(
    "change",
    [
        {"n_trials": 3},
        {"tune_on": "full"},
        {"tune_share": 0.3},
        {"split": "sample"},
        {"max_epochs": 4},
        {"patience_counts": "total"},
        {"tasks": [tiny_task("Simulated 3")]},
        {"tasks": [make_task(simulate("Simulated 1", n_samples=60, n_features=12, seed=1), name="Simulated 1", group=None)]},
    ],
)
def test_no_setting_that_decides_a_number_is_left_out_of_the_key(change):
    usual, changed = ({unit.key for unit in plan.units} for plan in (tiny_plan(), tiny_plan(**change)))
    assert len(usual) == len(changed) == 18
    assert not usual & changed


def test_who_trains_is_part_of_the_key():
    task, design = tiny_task(), tiny_design(split="transfer")
    keys = {
        CrossValidationUnit(
            task=replace(task, trains_on=np.arange(60) % 4 < n), model="three_layer", signal="full", **of
        ).key
        for n in (1, 2, 3)
        for of in [{"seed": 0, "fold": 0, "design": design}]
    }
    assert len(keys) == 3


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"split": "groop"}, r"Unknown split 'groop'; did you mean 'group'\? Allowed: group, sample"),
        ({"tune_on": "condition"}, r"tune_on 'condition'; it is now 'same'\."),
        ({"tune_on": "ful"}, r"Unknown tune_on 'ful'; did you mean 'full'\?"),
        ({"removal_engine": "lima"}, r"Unknown removal_engine 'lima'; did you mean 'limma'\?"),
        ({"patience_counts": "totals"}, r"Unknown patience_counts 'totals'; did you mean 'total'\?"),
        ({"n_folds": 2}, r"n_folds is 2; nested tuning needs at least 3"),
        ({"n_inner_folds": 3}, r"n_inner_folds is 3; with n_folds 3 it can be 1 to 2"),
        ({"n_inner_folds": 0}, r"n_inner_folds is 0"),
        ({"fractions": (0.5, 1.5)}, r"fractions are \[0\.5, 1\.5\]; each must be above 0 and at most 1"),
        ({"fractions": (0.0, 1.0)}, r"each must be above 0"),
        ({"fractions": (float("nan"),)}, r"each must be above 0"),
        ({"fractions": ()}, r"fractions are \[\]"),
        ({"fractions": (0.5, 1.0, 0.5)}, r"one is named twice"),
        ({"n_trials": -1}, r"n_trials is -1; it must be 0"),
        ({"n_trials": 10**12}, r"n_trials is 1000000000000; it must be .*at most 10,000"),
        ({"batch_size": 10**12}, r"batch_size is 1000000000000; it must be at least 2 and at most 65,536"),
        ({"learning_rate_range": (0.1, 0.01)}, r"learning_rate_range is \[0\.1, 0\.01\]; two positive numbers, the smaller"),
        ({"weight_decay_range": (0.0, 0.1)}, r"weight_decay_range is \[0\.0, 0\.1\]"),
        ({"weight_decay_range": (0.1,)}, r"weight_decay_range is \[0\.1\]"),
        ({"tune_share": 1.0}, r"tune_share is 1\.0"),
    ],
)
def test_a_design_that_cannot_be_is_refused(changes, part):
    with pytest.raises(InputError, match=part):
        tiny_design(**changes)


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"tasks": []}, r"The plan has no task"),
        ({"models": []}, r"The plan has no model"),
        ({"signals": []}, r"The plan has no signal"),
        ({"seeds": []}, r"The plan has no seed"),
        ({"tasks": [tiny_task(), tiny_task()]}, r"names a task twice: 'Simulated 1'\."),
        ({"models": ["three_layer"] * 2}, r"names a model twice"),
        ({"signals": ["full", "full"]}, r"names a signal twice"),
        ({"seeds": [0, 1, 0]}, r"names a seed twice: '0'\."),
        ({"models": ["three_layr"]}, r"Unknown model 'three_layr'; did you mean 'three_layer'\? .*scikit-learn"),
        ({"models": ["Three_Layer"]}, r"did you mean 'three_layer'\?"),
        ({"pretraining": []}, r"The plan has no kind of pretraining"),
        ({"pretraining": ["none"] * 2}, r"names a kind of pretraining twice"),
        ({"pretraining": ["pretraned"]}, r"Unknown pretraining 'pretraned'; did you mean 'pretrained'\? Allowed: none, pre"),
        ({"signals": ["removed_full_dataset"]}, r"Unknown signal .*; it is now 'removed_on_all_data'\."),
        ({"signals": ["not_pretrained"]}, r"Unknown signal .*; it is now pretraining 'none'\."),
        ({"signals": ["remved"]}, r"Unknown signal 'remved'; did you mean 'removed'\? Allowed: full, "),
        ({"models": ["sklearn.ensemble.HistGradientBostingClassifier"]}, r"cannot be imported: .*Check the spelling"),
        ({"models": ["sklearn.ensembel.RandomForestClassifier"]}, r"cannot be imported: No module named"),
        ({"models": ["sklearn.metrics.accuracy_score"]}, r"is not a classifier: a class with fit and predict"),
        ({"seeds": range(10**7)}, r"names a seed 10,000,000 times; at most 1,000,000"),
        (
            {"seeds": range(300_000), "models": ["three_layer", "five_layer"]},
            r"^The plan has [\d,]+ units of work; at most",
        ),
        (
            {"design": tiny_design(fractions=(0.05, 1.0))},
            r"begin with 0\.05, .* 40 .*leaves 2\..*Use 0\.1 or",
        ),
        ({"models": ["three_layer"] * 10**6}, r"^The plan names a model twice: 'three_layer'\.$"),
        (
            {"models": ["sklearn.linear_model.Ridge"]},
            r"not a classifier\. Did you mean 'sklearn\.linear_model\.RidgeClassifier'",
        ),
        ({"models": ["sklearn.svm.SVC(kernel='precomputed')"]}, r"cannot be fitted: ValueError"),
        ({"models": ["tiny_experiment.SlowAndCounted"]}, r"in the package 'tiny_experiment'.*allow_models"),
        ({"models": ["sklearn.preprocessing.StandardScaler"]}, r"is not a classifier"),
        (
            {"models": ["sklearn.neighbors.KNeighborsClassifier(n_neighbours=3)"]},
            r"Unknown setting of sklearn\.neighbors\.KNeighborsClassifier 'n_neighbours'; did you mean 'n_neighbors'\?",
        ),
        ({"models": ["sklearn.neighbors.KNeighborsClassifier(3)"]}, r"settings need names"),
        ({"models": ["sklearn.neighbors.KNeighborsClassifier(n_neighbors="]}, r"cannot be read"),
    ],
)
def test_a_plan_that_cannot_run_is_refused(changes, part):
    arguments = {"tasks": [tiny_task()], "models": ["three_layer"], "design": tiny_design()}
    with pytest.raises(InputError, match=part):
        make_plan(**(arguments | changes))


def test_more_folds_than_donors_are_refused_when_planned():
    with pytest.raises(InputError, match=r"24 groups \(donors or studies\) for 25 folds"):
        make_plan([donors_task()], models=["three_layer"], design=tiny_design(n_folds=25))


def test_the_catalogue_tells_its_models_apart():
    assert {record.family for record in CATALOGUE.values()} == set(FAMILIES) - {"other"}, "which are found by import path"
    for attribute in ("title", "short", "phrase", "colour", "shape"):
        assert len({getattr(record, attribute) for record in CATALOGUE.values()}) == len(CATALOGUE), attribute

"""Given splits: rows named one by one, what is refused of them, and that a unit sees these and no others."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from linear_signal.crossvalidation.design import Design
from linear_signal.crossvalidation.sizes import work_of
from linear_signal.crossvalidation.unit_rows import unit_rows
from linear_signal.data.given_split import GivenFold, given_split
from linear_signal.errors import InputError
from linear_signal.experiment.execution import compute_units
from tiny_experiment import donors_task, tiny_plan

ROWS = {"train": np.arange(0, 30), "tune": np.arange(30, 45), "judge": np.arange(45, 72)}


def fold(**changes):
    return GivenFold(**ROWS | changes)


def two_folds(name="loci and cells"):
    return given_split(name, [fold(), fold(train=np.arange(45, 72), judge=np.arange(0, 30))])


def plan(split=None, **changes):
    given = split or two_folds()
    settings = {"models": ["three_layer", "exact_logistic_regression"], "signals": ["full"], "fractions": (0.5, 1.0)}
    return tiny_plan(tasks=[donors_task()], split=given, n_folds=given.n_folds, **settings | changes)


def test_a_unit_sees_the_rows_it_was_given_and_no_others():
    for unit in plan().units:
        given = unit.design.split.given[unit.fold]
        stops = unit.model == "three_layer"
        rows = unit_rows(unit, stops_early=stops, is_tuned=True)
        final = rows.finals[1.0]
        assert final.train.tolist() == sorted([*given.train, *given.tune])
        assert final.fit.tolist() == (given.train.tolist() if stops else final.train.tolist())
        assert final.tune.tolist() == (given.tune.tolist() if stops else [])
        assert final.judge.tolist() == given.judge.tolist()
        assert rows.finals[0.5].tune.tolist() == final.tune.tolist()
        (inner,) = rows.inner.values()
        assert inner.train.tolist() == given.train.tolist()
        assert inner.judge.tolist() == given.tune.tolist()
        assert not set(inner.train) & set(given.judge)


def test_it_runs_and_its_tables_say_so():
    for unit, result in compute_units(plan().units, device=torch.device("cpu"), workers=1):
        given, fits = unit.design.split.given[unit.fold], result.fits
        assert unit.names["split"] == "loci and cells"
        assert (fits["validation_samples"] == len(given.judge)).all()
        assert fits["train_samples"].iloc[-1] == len(given.train) + len(given.tune) == work_of(unit).train
        assert fits["balanced_accuracy"].notna().all()
        assert result.predictions["sample_id"].nunique() == len(given.judge)


def test_a_key_holds_the_rows():
    keys = [
        plan(split).units[0].key
        for split in (
            two_folds(),
            two_folds(),
            two_folds("others"),
            given_split("loci and cells", [fold(tune=np.arange(33, 45)), two_folds().given[1]]),
        )
    ]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3
    assert two_folds() == two_folds() != two_folds("others")
    assert len({two_folds(), two_folds()}) == 1


def test_masks_and_rows_in_any_order_are_the_same_split():
    mask = np.isin(np.arange(72), ROWS["judge"])
    assert given_split("a", [fold(judge=mask)]) == given_split("a", [fold(judge=ROWS["judge"][::-1])])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: given_split("group", [fold()]), "cannot be called 'group'"),
        (lambda: given_split("a", []), "no fold"),
        (lambda: given_split("a", [fold(), fold(tune=np.arange(29, 45))]), "Fold 1 .* row 29 twice"),
        (lambda: given_split("a", [fold(judge=np.array([], dtype=int))]), "judge must be row numbers"),
        (lambda: given_split("a", [fold(judge=np.array([45.0]))]), "float64"),
        (lambda: given_split("a", [fold(judge=np.array([-1]))]), "from 0 on"),
        (lambda: plan(given_split("a", [fold(judge=np.array([72]))])), "row 72; task 'A vs B' has 72"),
        (lambda: plan(given_split("a", [fold(tune=np.arange(30, 44), judge=np.arange(44, 72))])), "'donor 14'"),
        (lambda: Design(split=two_folds(), n_folds=5), "was given 2"),
        (lambda: Design(split=two_folds(), n_folds=2, n_inner_folds=2), "Set it to 1"),
        (lambda: plan(pretraining=["pretrained"], models=["three_layer"], n_trials=0), "no rows to pretrain"),
    ],
)
def test_what_cannot_be_is_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()


def test_a_fold_whose_judge_holds_one_class_is_an_empty_row():
    one = np.arange(46, 72, 2)
    design = {"fractions": (1.0,)}
    unit = plan(given_split("a", [fold(judge=one)]), **design).units[0]
    ((_, result),) = compute_units([replace(unit)], device=torch.device("cpu"), workers=1)
    assert result.fits["balanced_accuracy"].isna().all()

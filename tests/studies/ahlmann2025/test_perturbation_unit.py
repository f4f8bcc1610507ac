"""Units of perturbations are kept, found again, and known by all that decides their numbers and by nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from linear_signal.errors import InputError
from linear_signal.experiment.run import run
from linear_signal.experiment.store import ResultsStore
from linear_signal.studies.ahlmann2025.metrics import BY_COLUMN
from linear_signal.studies.ahlmann2025.networks import NetworkSettings
from linear_signal.studies.ahlmann2025.simulated_doubles import simulate_doubles
from linear_signal.studies.ahlmann2025.simulated_singles import simulate_singles
from linear_signal.studies.ahlmann2025.splits import split_doubles, split_singles
from linear_signal.studies.ahlmann2025.unit import PerturbationFit, PerturbationTask, perturbation_plan

FAST = NetworkSettings(hidden=(8,), epochs=3)


@pytest.fixture(scope="module")
def tasks():
    doubles = simulate_doubles(n_genes=60, n_singles=12, n_doubles=24)
    singles = simulate_singles(n_genes=80, n_targets=50)
    return (
        PerturbationTask(data=doubles.data, split=split_doubles(doubles.data), kind="doubles", repeat=doubles.repeat),
        PerturbationTask(
            data=singles.data, split=split_singles(singles.data), kind="singles", repeat=singles.repeat, other=singles.other
        ),
    )


@pytest.fixture(scope="module")
def results(tasks, tmp_path_factory):
    store = ResultsStore(tmp_path_factory.mktemp("store"))
    plan = perturbation_plan(tasks, seeds=(0, 1), network=FAST, n_genes=50)
    first = run(plan, store=store, device="cpu", say=None)
    again = run(plan, store=store, device="cpu", say=None)
    return plan, first, again


def test_every_model_that_can_run_is_run_and_kept(tasks, results):
    plan, first, again = results
    assert first.n_computed == len(plan.units) == again.n_reused
    for task in tasks:
        scores = first.scores[first.scores["dataset"] == task.data.name]
        assert set(scores["model"]) == set(task.models)
        assert set(scores["condition"]) == set(task.split.judged)
    assert "covariance" not in set(first.scores["model"])  # which nobody gave
    assert set(BY_COLUMN) <= set(first.scores)
    assert first.scores.equals(again.scores)
    assert first.scores.loc[first.scores["model"] == "mlp", "seed"].nunique() == 2
    assert first.scores.loc[first.scores["model"] == "additive", "seed"].nunique() == 1


def test_errors_end_at_the_score_and_calls_are_of_doubles_alone(tasks, results):
    _, first, _ = results
    by = ["dataset", "model", "seed"]
    l2 = first.scores.groupby(by)["l2"].mean()
    last = first.errors.sort_values("n_genes").groupby([*by, "sorted_by"])["l2"].last().xs("expression", level="sorted_by")
    # The curve stops at the last number of genes shown, a little before all of them.
    assert (last <= l2.reindex(last.index) + 1e-9).all()
    assert set(first.curve["dataset"]) == set(first.calls["dataset"]) == {tasks[0].data.name}
    additive = first.curve[first.curve["model"] == "additive"]
    assert additive["tpr"].isna().all()  # it predicts no interaction, so there is no list of its calls
    assert first.curve.loc[first.curve["model"] == "no_change", "tpr"].notna().all()


def test_a_key_holds_what_decides_and_nothing_else(tasks):
    task = tasks[0]
    same = replace(task)
    moved = replace(task, data=replace(task.data, means=task.data.means + 1e-9))
    other = replace(task, split=split_doubles(task.data, seed=5))

    def key(task=task, model="additive", **options):
        return PerturbationFit(task=task, model=model, **options).key

    assert key() == key(same) == key(seed=3) == key(network=FAST)
    keys = [key(), key(moved), key(other), key(n_genes=30), key(model="ridge"), key(replace(task, repeat=None))]
    keys += [key(model="mlp"), key(model="mlp", seed=3), key(model="mlp", network=FAST)]
    assert len(set(keys)) == len(keys)


def test_plans_that_cannot_be_are_refused(tasks):
    for given, options in (
        ((), {}),
        (tasks, {"models": ["additive"]}),
        (tasks[:1], {"models": ["additve"]}),
        (tasks[:1], {"models": []}),
        (tasks[:1], {"seeds": ()}),
        ((tasks[0], tasks[0]), {}),
    ):
        with pytest.raises(InputError):
            perturbation_plan(given, **options)
    named = perturbation_plan((tasks[0], replace(tasks[0], name="again")), ["additive"])
    assert len({unit.key for unit in named.units}) == 2
    with pytest.raises(InputError, match="doubles"):
        replace(tasks[0], kind="triples")
    with pytest.raises(InputError, match="no condition"):
        replace(tasks[0], split=tasks[1].split)
    assert np.isfinite(perturbation_plan(tasks).units[0].predicted().to_numpy()).all()

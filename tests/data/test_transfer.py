"""Transfer between data sets: genes meet by id, no sample of the target is learnt from, none of the source judges."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from linear_signal.data.preprocessing import ZeroOneScaling
from linear_signal.data.splits import find_split
from linear_signal.data.tasks import make_task
from linear_signal.data.transfer import on_shared_genes, shared_labels, transfer_tasks, with_clean_tissues
from linear_signal.errors import InputError
from linear_signal.experiment.execution import compute_units
from tiny_experiment import donors_dataset, tiny_plan


def ensembl(dataset, numbers, *, version):
    return replace(dataset, gene_ids=np.array([f"ENSG{number:011d}.{version}" for number in numbers]))


def source():
    return ensembl(donors_dataset(), range(10), version=3)


def target(name="studies"):
    """Make 72 samples with the genes in another order, three of them others, and another offset."""
    order = np.array([7, 2, 5, 0, 9, 1, 4, 8, 3, 6])
    dataset = donors_dataset()
    numbers = np.where(order < 7, order, order + 100)
    changed = replace(
        dataset,
        name=name,
        expression=dataset.expression[:, order] + 0.1,
        samples=dataset.samples.add_prefix("T", axis=0),
    )
    return ensembl(changed, numbers, version=5)


def transfer(first=None, second=None):
    return both(*on_shared_genes(first or source(), second or target()))[0]


def both(first, second, *, labels=(("A", "B"), ("A", "B"))):
    sides = [
        make_task(one, name=one.name, labels=some, group="donor") for one, some in zip((first, second), labels, strict=True)
    ]
    return transfer_tasks(*sides, names=("to", "back"))


def relabelled(dataset, labels):
    return replace(dataset, samples=dataset.samples.assign(label=labels))


def test_genes_meet_by_id_whatever_their_order_and_version():
    first, second = on_shared_genes(source(), target())
    assert first.gene_ids.tolist() == second.gene_ids.tolist() == [f"ENSG{number:011d}" for number in range(7)]
    np.testing.assert_array_equal(first.expression, donors_dataset().expression[:, :7])
    np.testing.assert_allclose(second.expression, donors_dataset().expression[:, :7] + np.float32(0.1))


def test_the_scaling_goes_with_the_genes():
    scaling = ZeroOneScaling(minimum=np.arange(10, dtype=np.float32), maximum=np.arange(1, 11, dtype=np.float32))
    _, second = on_shared_genes(source(), replace(target(), scaling=scaling))
    # Gene 0 of the target is its fourth.
    assert second.scaling.minimum[0] == 3


def test_a_copy_on_the_y_chromosome_stays_apart():
    ids = [f"ENSG{number:011d}.3" for number in range(9)] + ["ENSG00000000000.3_PAR_Y"]
    first = replace(source(), gene_ids=np.array(ids))
    assert len(on_shared_genes(first, target())[0].gene_ids) == 7


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: on_shared_genes(source(), donors_dataset()), "share no gene"),
        (lambda: on_shared_genes(replace(source(), gene_ids=np.array([f"G.{i}" for i in range(10)])), target()), "twice"),
        (lambda: both(source(), target()), "different genes"),
        (lambda: transfer(second=replace(target(), samples=donors_dataset().samples)), "share samples"),
        (
            lambda: both(source(), relabelled(source(), ["A", "C"] * 36), labels=(("A", "B"), ("A", "C"))),
            "different classes",
        ),
        (lambda: find_split("group").folds(transfer()), "use split 'transfer'"),
        (lambda: find_split("transfer").folds(make_task(source(), name="t", group="donor")), "transfer_tasks"),
    ],
)
def test_what_cannot_be_transferred_is_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()


def test_labels_are_shared_where_both_have_enough_groups():
    groups = ("donor", "donor")
    assert shared_labels(source(), target(), groups=groups) == ["A", "B"]
    assert shared_labels(source(), target(), groups=groups, min_groups=25) == []
    other = relabelled(target(), np.where(target().column("label") == "A", "A", "C"))
    assert shared_labels(source(), other, groups=groups) == ["A"]


def test_tissues_meet_under_their_clean_names_and_samples_without_one_go():
    labels = np.array(["Whole_Blood", "Cervix Uteri", "unknown"] * 24)
    cleaned = with_clean_tissues(relabelled(source(), labels))
    assert set(cleaned.column("label")) == {"blood", "cervix"}
    assert cleaned.n_samples == 48


@pytest.mark.parametrize("seed", range(3))
def test_one_data_set_is_learnt_from_and_the_other_judges(seed):
    task, split = transfer(), find_split("transfer")
    folds = split.folds(task, n_folds=4, seed=seed)
    learnt, judged = np.arange(72), np.arange(72, 144)
    assert sorted(np.concatenate([fold.validation for fold in folds])) == judged.tolist()
    assert sorted(np.concatenate([fold.left_out for fold in folds])) == learnt.tolist()
    for number, fold in enumerate(folds):
        assert set(fold.train) | set(fold.left_out) == set(learnt)
        assert not set(task.groups[fold.train]) & set(task.groups[fold.left_out])
        for inner in split.inner_folds(folds, number, n_inner=3):
            assert set(inner.train) | set(inner.validation) == set(fold.train)
            assert not set(task.groups[inner.train]) & set(task.groups[inner.validation])
        fit, tune = split.tune_set(task, fold.train, names=("t", seed))
        assert set(fit) | set(tune) == set(fold.train)


def test_what_is_learnt_on_one_data_set_holds_on_the_other_and_not_where_labels_mean_the_opposite():
    swapped = relabelled(target("opposite"), ["B", "A"] * 36)
    for second, above in ((target(), True), (swapped, False)):
        plan = tiny_plan(
            tasks=[transfer(second=second)],
            models=["exact_logistic_regression"],
            signals=["full"],
            split="transfer",
            n_trials=0,
        )
        fits = [result.fits for _, result in compute_units(plan.units, device=torch.device("cpu"), workers=1)]
        reached = np.mean([one.balanced_accuracy.iloc[-1] for one in fits])
        assert reached > 0.7 if above else reached < 0.3
        assert all((one.validation_samples == 24).all() for one in fits)


def test_a_model_that_is_kept_knows_the_scale_of_what_it_learnt_from():
    scaling = ZeroOneScaling(minimum=np.zeros(10, np.float32), maximum=np.full(10, 7, np.float32))
    other = ZeroOneScaling(minimum=np.zeros(10, np.float32), maximum=np.full(10, 9, np.float32))
    task = transfer(replace(source(), scaling=scaling), replace(target(), scaling=other))
    assert set(task.dataset.scaling.maximum) == {7}


def test_both_directions_share_one_matrix_and_each_sample_keeps_its_values():
    first, second = on_shared_genes(source(), target())
    there, back = both(first, second)
    assert there.dataset.expression is back.dataset.expression
    for task, one, other in ((there, first, second), (back, second, first)):
        expected = np.concatenate([one.expression, other.expression])
        np.testing.assert_array_equal(task.dataset.expression[task.rows], expected)
        assert task.sample_ids.tolist() == [*one.sample_ids, *other.sample_ids]
        assert task.dataset.name == f"{one.name} and {other.name}"
        assert task.trains_on.tolist() == [True] * 72 + [False] * 72

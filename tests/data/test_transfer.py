"""Transfer between data sets: genes meet by id, no sample of the target is learnt from, none of the source judges."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from linear_signal.data.preprocessing import ZeroOneScaling
from linear_signal.data.splits import inner_folds, outer_folds, tune_set
from linear_signal.data.tasks import make_task
from linear_signal.data.transfer import make_transfer_task, on_shared_genes, shared_labels, with_clean_tissues
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
        sample_ids=np.char.add("T", dataset.sample_ids),
    )
    return ensembl(changed, numbers, version=5)


def transfer(first=None, second=None):
    return make_transfer_task(*on_shared_genes(first or source(), second or target()), labels=["A", "B"], name="to")


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
        (lambda: make_transfer_task(source(), target(), labels=["A", "B"], name="to"), "different genes"),
        (lambda: transfer(second=replace(target(), sample_ids=donors_dataset().sample_ids)), "share samples"),
        (lambda: make_transfer_task(*on_shared_genes(source(), target()), labels=["A", "C"], name="to"), "'C'"),
        (lambda: outer_folds(transfer(), split="group"), "use split 'transfer'"),
        (lambda: outer_folds(make_task(source(), name="t"), split="transfer"), "make_transfer_task"),
    ],
)
def test_what_cannot_be_transferred_is_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()


def test_labels_are_shared_where_both_have_enough_groups():
    assert shared_labels(source(), target()) == ["A", "B"]
    assert shared_labels(source(), target(), min_groups=25) == []
    other = replace(target(), labels=np.where(target().labels == "A", "A", "C"))
    assert shared_labels(source(), other) == ["A"]


def test_tissues_meet_under_their_clean_names_and_samples_without_one_go():
    labels = np.array(["Whole_Blood", "Cervix Uteri", "unknown"] * 24)
    cleaned = with_clean_tissues(replace(source(), labels=labels))
    assert set(cleaned.labels) == {"blood", "cervix"}
    assert cleaned.n_samples == 48


@pytest.mark.parametrize("seed", range(3))
def test_one_data_set_is_learnt_from_and_the_other_judges(seed):
    task = transfer()
    folds = outer_folds(task, split="transfer", n_folds=4, seed=seed)
    learnt, judged = np.arange(72), np.arange(72, 144)
    assert sorted(np.concatenate([fold.validation for fold in folds])) == judged.tolist()
    assert sorted(np.concatenate([fold.left_out for fold in folds])) == learnt.tolist()
    for number, fold in enumerate(folds):
        assert set(fold.train) | set(fold.left_out) == set(learnt)
        assert not set(task.dataset.groups[fold.train]) & set(task.dataset.groups[fold.left_out])
        for inner in inner_folds(folds, number, n_inner=3):
            assert set(inner.train) | set(inner.validation) == set(fold.train)
            assert not set(task.dataset.groups[inner.train]) & set(task.dataset.groups[inner.validation])
        fit, tune = tune_set(task, fold.train, names=("t", seed), split="transfer")
        assert set(fit) | set(tune) == set(fold.train)


def test_what_is_learnt_on_one_data_set_holds_on_the_other_and_not_where_labels_mean_the_opposite():
    swapped = replace(target("opposite"), labels=np.array(["B", "A"] * 36))
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

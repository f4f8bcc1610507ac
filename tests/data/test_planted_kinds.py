"""Planted kinds: classes differ in the one thing a data set is named for, and agree in all that comes before it."""

import numpy as np
import pytest

from linear_signal.data.made_up.planted_kinds import KINDS, make_planted_kind
from linear_signal.errors import InputError

# Of the first planted genes, by class: what each kind changes, and how far apart classes are where it does not.
MEASURES = {
    "mean": lambda some: some[:, 0].mean(),
    "spread": lambda some: some[:, 0].std(),
    "shape": lambda some: (((some[:, 0] - some[:, 0].mean()) / some[:, 0].std()) ** 4).mean(),
    "covariance": lambda some: np.corrcoef(some[:, 0], some[:, 1])[0, 1],
    "three_way_parity": lambda some: np.sign(some[:, :3]).prod(axis=1).mean(),
}


def by_class(dataset):
    labels = dataset.column("label")
    return [dataset.expression[labels == label].astype(float) for label in np.unique(labels)]


@pytest.mark.parametrize("kind", KINDS)
def test_classes_differ_in_the_kind_that_is_planted_and_in_no_other(kind):
    first, second = by_class(make_planted_kind(kind, n_samples=20_000, n_genes=9, seed=0))
    for measure, value in MEASURES.items():
        # The product of the signs of three genes has a mean of its own where these have, or go together.
        if measure == "three_way_parity" and kind in ("mean", "covariance"):
            continue
        apart = abs(value(first) - value(second))
        assert apart > 0.4 if measure == kind else apart < 0.15, measure
    for gene in range(6, 9):
        assert abs(first[:, gene].std() - second[:, gene].std()) < 0.05


def test_any_two_of_three_genes_with_parity_are_independent():
    for some in by_class(make_planted_kind("three_way_parity", n_samples=20_000, n_genes=9, seed=0)):
        for one, other in ((0, 1), (0, 2), (1, 2)):
            share = np.mean((some[:, one] > 0) & (some[:, other] > 0))
            assert share == pytest.approx(0.25, abs=0.02)


def test_strength_classes_shares_and_groups_are_what_was_asked_for():
    weak, strong = (make_planted_kind("mean", n_samples=4000, n_genes=9, strength=s, seed=0) for s in (0.5, 2))
    assert abs(np.subtract(*(some[:, 0].mean() for some in by_class(weak))) + 0.5) < 0.15
    assert abs(np.subtract(*(some[:, 0].mean() for some in by_class(strong))) + 2) < 0.15
    three = make_planted_kind("spread", n_samples=600, n_genes=9, n_classes=3, groups=60, shares=(0.5, 0.4, 0.1), seed=1)
    table = three.samples.groupby("label").agg({"group": ["nunique", "size"]})
    assert table["group", "nunique"].tolist() == [30, 24, 6]
    assert three.samples.groupby("group")["label"].nunique().max() == 1
    again = make_planted_kind("spread", n_samples=600, n_genes=9, n_classes=3, groups=60, shares=(0.5, 0.4, 0.1), seed=1)
    assert again.fingerprint == three.fingerprint
    assert three.synthetic


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"kind": "spraed"}, "did you mean 'spread'"),
        ({"n_genes": 5}, "6 or more"),
        ({"n_classes": 1}, "2 to 26"),
        ({"n_classes": 40}, "2 to 26"),
        ({"groups": 3}, "Two groups a class"),
        ({"groups": 101}, "Two groups a class"),
        ({"strength": 0}, "positive"),
        ({"shares": (0.5, 0.4)}, "add up to 1"),
    ],
)
def test_data_that_cannot_be_made_are_refused(change, says):
    settings = {"kind": "spread", "n_samples": 100, "n_genes": 9, "seed": 0} | change
    with pytest.raises(InputError, match=says):
        make_planted_kind(settings.pop("kind"), **settings)

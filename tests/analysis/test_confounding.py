"""Labels and batches: what is confounded is told from what is not, whatever the names and the order of samples."""

import numpy as np
import pytest

from linear_signal.analysis.confounding import confounding
from linear_signal.errors import InputError

CROSSED = [(label, batch) for label in "AB" for batch in "xyz" for _ in range(5)]
NESTED = [(label, f"{label}{batch}") for label in "AB" for batch in range(3) for _ in range(5)]


def told(samples):
    labels, batches = zip(*samples, strict=True)
    return confounding(np.array(labels), np.array(batches))


def test_crossed_factors_are_independent_and_nested_ones_cannot_be_told_apart():
    crossed, nested = told(CROSSED), told(NESTED)
    assert crossed.cramers_v == pytest.approx(0)
    assert nested.cramers_v == pytest.approx(1)
    assert (crossed.n_aliased, nested.n_aliased) == (0, 1)
    assert (crossed.n_informative, nested.n_informative) == (30, 0)
    assert (crossed.fewest, nested.fewest) == (15, 0)
    assert (crossed.told_by_batch, nested.told_by_batch) == (0.5, 1.0)


def test_one_batch_that_holds_both_labels_is_all_there_is_to_compare():
    bridged = told([*NESTED, ("A", "both"), ("A", "both"), ("B", "both")])
    assert 0 < bridged.cramers_v < 1
    assert (bridged.n_aliased, bridged.n_informative, bridged.fewest) == (0, 3, 1)


def test_aliased_contrasts_are_those_that_a_regression_on_both_factors_loses():
    random = np.random.default_rng(0)
    for _ in range(20):
        # Few samples of many kinds: most draws fall apart into pieces that share neither a label nor a batch.
        samples = list(zip(random.choice(list("ABCD"), 6), random.choice(list("vwxyz"), 6), strict=True))
        sides = [sorted(set(side)) for side in zip(*samples, strict=True)]
        labels, batches = ({name: place for place, name in enumerate(side)} for side in sides)
        design = np.zeros((len(samples), len(labels) + len(batches)))
        for row, (label, batch) in enumerate(samples):
            design[row, [labels[label], len(labels) + batches[batch]]] = 1
        assert told(samples).n_aliased == len(labels) + len(batches) - 1 - np.linalg.matrix_rank(design)


def test_neither_order_nor_names_matter():
    first = told([*NESTED, ("A", "both"), ("B", "both")])
    shuffled = [(f"label {label}", f"batch {batch}") for label, batch in [*NESTED, ("A", "both"), ("B", "both")]][::-1]
    second = told(shuffled)
    assert first.cramers_v == pytest.approx(second.cramers_v)
    assert first.n_informative == second.n_informative


@pytest.mark.parametrize(("labels", "batches"), [(["A"], ["x", "y"]), ([], [])], ids=["unequal", "empty"])
def test_samples_without_one_of_either_are_refused(labels, batches):
    with pytest.raises(InputError, match="one of either per sample"):
        confounding(np.array(labels, dtype=str), np.array(batches, dtype=str))

"""Checks of the reader's data: each finds what it is for, none passes on nothing, and confounded labels stop everything."""

import numpy as np
import pandas as pd
import pytest

from linear_signal.data.own.open_own import open_own_data
from linear_signal.studies.own_data.checks import CODES, ISSUE, NOT_APPLICABLE, PASSED, run_checks
from linear_signal.studies.own_data.confounded import confounded_with

N = 80


def own_of(*, groups=("donor",), values=None, **columns):
    """Open made-up data: two classes of 40 samples from 30 donors each, unless told otherwise."""
    random = np.random.default_rng(3)
    values = random.normal(size=(N, 8)) if values is None else values
    table = pd.DataFrame(values, index=[f"S{number}" for number in range(N)]).add_prefix("G")
    facts = {"tissue": np.repeat(["a", "b"], N // 2), "donor": [f"D{number * 3 // 4}" for number in range(N)]} | columns
    return open_own_data(table.assign(**facts), label="tissue", groups=[one for one in groups if one])


def by_code(own):
    return {one.code: one for one in run_checks(own)}


def test_good_data_pass_and_say_what_they_passed_on():
    found = by_code(own_of())
    assert set(found) == set(CODES)
    assert {one.status for one in found.values()} == {PASSED, NOT_APPLICABLE}
    assert not any(one.blocks for one in found.values())
    assert all(
        any(letter.isdigit() for letter in found[code].says) for code in ("OD101", "OD102", "OD103", "OD104", "OD201")
    )


def test_without_groups_no_check_of_groups_passes():
    found = by_code(own_of(groups=()))
    assert {found[code].status for code in ("OD201", "OD202", "OD203")} == {NOT_APPLICABLE}


def test_depth_is_checked_of_counts_alone():
    counts = np.random.default_rng(4).poisson(50, (N, 8))
    assert by_code(own_of())["OD105"].status == NOT_APPLICABLE
    assert by_code(own_of(values=counts))["OD105"].status == PASSED
    counts[: N // 2] *= 4
    assert by_code(own_of(values=counts))["OD105"].status == ISSUE


def test_a_sample_that_is_there_twice_is_found_and_named():
    values = np.random.default_rng(3).normal(size=(N, 8))
    values[50] = values[7]
    found = by_code(own_of(values=values))["OD101"]
    assert found.status == ISSUE
    assert "S7" in found.says
    assert "different groups" in found.says


# name: (groups of samples, whether nothing can be asked, classes that are lost)
DESIGNS = {
    "a batch per class": (np.repeat(["x", "y"], N // 2), True, 2),
    "three batches per class": ([f"{number // 40}{number % 3}" for number in range(N)], True, 2),
    "every batch has both classes": (np.tile(["x", "y"], N // 2), False, 0),
    "both in one batch, but for three samples of a class": (np.r_[["x"] * 40, ["y"] * 37, ["x"] * 3], True, 2),
    "many studies of one class each": ([f"{number // 4}" for number in range(N)], False, 0),
    "a patient per sample": ([f"{number}" for number in range(N)], False, 0),
}


@pytest.mark.parametrize("name", DESIGNS)
def test_classes_that_cannot_be_told_from_a_group_are_found(name):
    groups, is_total, n_lost = DESIGNS[name]
    found = confounded_with(np.repeat(["a", "b"], N // 2), np.array(groups))
    assert (found.is_total, len(found.lost)) == (is_total, n_lost)
    assert found.sentence("batch")


def test_of_three_classes_one_may_be_lost_and_the_others_be_told():
    labels = np.repeat(["a", "b", "c"], 30)
    batches = np.r_[np.tile(["x", "y"], 30), ["z"] * 30]
    found = confounded_with(labels, batches)
    assert found.lost == ("c",)
    assert not found.is_total


def test_samples_lost_by_the_spelling_of_their_ids_are_an_issue():
    ids = [f"S{number}" for number in range(N)]
    values = pd.DataFrame(np.random.default_rng(3).normal(size=(N, 8)), index=ids).add_prefix("G")
    labels = pd.DataFrame({"tissue": np.repeat(["a", "b"], N // 2)}, index=[ids[0].lower(), *ids[1:]])
    found = by_code(open_own_data(values, labels, label="tissue"))["OD102"]
    assert found.status == ISSUE
    assert "1 sample" in found.says
    labels.iloc[1:4, 0] = ""
    both = by_code(open_own_data(values, labels, label="tissue"))["OD102"].says
    assert "1 sample left out whose ids differ" in both
    assert "3 samples without label left out" in both


def test_confounded_data_are_blocked_whichever_group_says_so():
    checks = run_checks(own_of(groups=("donor", "batch"), batch=np.repeat(["x", "y"], N // 2)))
    blocking = [one for one in checks if one.blocks and one.code == "OD202"]
    assert [one.blocks for one in blocking] == ["label and batch are confounded"]


def test_small_classes_are_left_out_and_two_must_remain():
    some = own_of(tissue=np.r_[["a"] * 36, ["b"] * 36, ["c"] * 8])
    assert not by_code(some)["OD104"].blocks
    assert by_code(some)["OD104"].status == ISSUE
    assert by_code(own_of(tissue=np.r_[["a"] * 72, ["c"] * 8]))["OD104"].blocks

"""Classes of interactions follow the paper's rule and the corrected one; lists of calls are scored as they should be."""

import numpy as np
import pandas as pd
import pytest

from linear_signal.analysis.local_fdr import LocalFdr
from linear_signal.errors import InputError
from linear_signal.studies.ahlmann2025.interactions import (
    CLASSES,
    call_areas,
    composition,
    deviations,
    observed_classes,
    predicted_classes,
    recurring,
    top_calls,
    tpr_by_fdp,
)
from linear_signal.studies.ahlmann2025.pseudobulk import make_pseudobulk

# Change from the control in A, in B and in both, and what the paper and the corrected rule call it; thresholds +-0.2.
CASES = {
    "sum": (0.5, 0.4, 0.9, "additive", "additive"),
    "little more": (0.5, 0.4, 1.05, "additive", "additive"),
    "further": (0.5, 0.4, 1.4, "synergy", "synergy"),
    "further down": (-0.5, -0.4, -1.4, "synergy", "synergy"),
    "short": (0.5, 0.4, 0.3, "buffering", "buffering"),
    "short down": (-0.5, -0.4, -0.3, "buffering", "buffering"),
    "turned": (0.5, 0.4, -0.3, "other", "opposite"),
    "turned down": (-0.5, -0.4, 0.3, "other", "opposite"),
    "disagree": (0.5, -0.4, 0.9, "other", "other"),
    "cancelled": (0.5, 0.4, 0.0, "other", "other"),
}
NULL = LocalFdr(
    centre=0, sigma=0.06, null_share=1, grid=np.zeros(0), density=np.zeros(0), null_density=np.zeros(0), fdr=np.zeros(0),
    lower=-0.2, upper=0.2, level=0.05,
)  # fmt: skip


@pytest.fixture
def data():
    first, second, both = (np.array([case[place] for case in CASES.values()]) for place in range(3))
    control = np.full(len(CASES), 2.0)
    means = np.vstack([control, control + first, control + second, control + both])
    index = ["ctrl", "A+ctrl", "B+ctrl", "A+B"]
    return make_pseudobulk(pd.DataFrame(means, index=index, columns=list(CASES)), name="cases")


@pytest.mark.parametrize("case", CASES)
def test_each_case_has_its_class_under_either_rule(data, case):
    for corrected, place in ((False, 3), (True, 4)):
        found = observed_classes(data, ["B+A"], NULL, corrected=corrected)
        assert found.loc["A+B", case] == CASES[case][place]


def test_departures_are_of_the_double_from_the_sum(data):
    found = deviations(data, ["A+B"]).loc["A+B"]
    assert found.to_numpy() == pytest.approx([case[2] - case[0] - case[1] for case in CASES.values()])
    counted = composition(observed_classes(data, ["A+B"], NULL))
    assert list(counted.index) == list(CLASSES)
    assert counted.sum() == len(CASES)
    assert counted["opposite"] == 0
    with pytest.raises(InputError, match="no double"):
        observed_classes(data, ["A"], NULL)


def test_predictions_are_classed_by_where_they_lie_between_control_and_sum():
    sums = np.array([1.0, 1.0, 1.0, 1.0, -1.0, -1.0, -1.0])
    said = np.array([0.5, 0.0, 1.5, -0.1, -0.5, -1.5, 0.1])
    expected = ["buffering", "buffering", "synergy", "opposite", "buffering", "synergy", "opposite"]
    assert predicted_classes(said, sums, np.zeros(7)).tolist() == expected
    assert predicted_classes(said + 3, sums + 3, np.full(7, 3.0)).tolist() == expected


def test_a_list_that_knows_all_finds_all_and_one_that_knows_nothing_finds_at_its_share():
    random = np.random.default_rng(0)
    positive = random.random(4000) < 0.1
    assert tpr_by_fdp(positive + 0.0, positive).tolist() == [1.0] * 101
    blind = tpr_by_fdp(random.random(4000), positive)
    assert blind[80] < 0.05
    assert blind[-1] == 1
    assert (np.diff(blind) >= 0).all()
    assert np.isnan(tpr_by_fdp(np.ones(10), positive[:10])).all()
    assert np.isnan(tpr_by_fdp(random.random(10), np.zeros(10, dtype=bool))).all()


def test_a_curve_promises_nothing_that_no_list_delivers():
    # Right, then three false ones, then two right ones: 1 of 3 found at no false call, all three at 3 false of 6.
    positive, scores = np.array([1, 0, 0, 0, 1, 1], dtype=bool), np.arange(6, 0, -1)
    curve = tpr_by_fdp(scores, positive, at=np.array([0.0, 0.25, 0.49, 0.5, 1.0]))
    assert curve == pytest.approx([1 / 3, 1 / 3, 1 / 3, 1, 1])
    straight = tpr_by_fdp(scores, positive, at=np.array([0.0, 0.25]), interpolated=True)
    assert straight[1] > curve[1]


def test_equal_scores_are_called_at_once():
    positive = np.array([True, False, True, False])
    for order in (np.arange(4), np.array([1, 0, 3, 2])):
        curve = tpr_by_fdp(np.array([2, 2, 1, 1])[order], positive[order], at=np.array([0.4, 0.5]))
        assert curve.tolist() == [0.0, 1.0]


def test_areas_are_those_of_the_field():
    positive = np.array([True, False, True, False])
    assert call_areas(np.array([4, 3, 2, 1]), positive) == {
        "roc_auc": pytest.approx(0.75),
        "average_precision": pytest.approx(0.5 * (1 + 2 / 3)),
    }
    assert np.isnan(list(call_areas(np.ones(3), np.zeros(3, dtype=bool)).values())).all()


def test_the_strongest_calls_come_first_with_what_was_observed(data):
    said = data.rows(["A+B"]) + np.linspace(0, 1, len(CASES))
    classes = observed_classes(data, ["A+B"], NULL)
    calls = top_calls({"m": said, "no change": said * 0 + 2.0}, data, ["A+B"], classes, n=4)
    assert len(calls) == 8
    of_m = calls[calls["method"] == "m"]
    assert (of_m["predicted_departure"].abs().diff().dropna() <= 0).all()
    assert (of_m["observed_class"] == classes.loc["A+B", of_m["gene"]].to_numpy()).all()
    assert (calls.loc[calls["method"] == "no change", "predicted_class"] == "buffering").all()
    counted = recurring(calls, "gene", most=2)
    assert counted["n"].sum() == 8
    assert "other" in set(counted["gene"])

"""Feature rows: a selection of the data set's own memory where that can be, else a matrix that is made once."""

import numpy as np
import pytest

from linear_signal.crossvalidation.feature_rows import FeatureRows
from linear_signal.crossvalidation.fit_interface import Job
from linear_signal.crossvalidation.model_fitters import rows_of
from linear_signal.data.removal_ladder import LADDER, WITHOUT_TRACES
from linear_signal.data.signal_removal import remove_linear_signal
from linear_signal.data.tasks import binary_pairs
from tiny_experiment import donors_dataset

FIT, JUDGE = np.arange(0, 30), np.arange(30, 48)


def pair(number=1):
    """One of three pairs of classes, whose samples do not lie behind one another in the data set."""
    return binary_pairs(donors_dataset(3), "ABC", group="donor")[number]


def test_with_full_signal_no_value_is_copied_and_every_row_is_the_sample_asked_for():
    for number in range(3):
        task = pair(number)
        rows = FeatureRows(task, "full", engine="closed_form")
        fit, judge = (rows.add(some, learnt_from=FIT) for some in (FIT, JUDGE))
        assert rows.features() is task.dataset.expression
        assert (task.dataset.sample_ids[fit] == task.sample_ids[FIT]).all()
        assert (rows.classes()[judge] == task.classes[JUDGE]).all()
        assert rows.removed().shape == (0, 10)
        # A second look at the judged samples makes a matrix of these alone.
        further = rows.add_removed(JUDGE, learnt_from=FIT)
        assert rows.features() is task.dataset.expression
        expected = remove_linear_signal(task.dataset.expression[task.rows[JUDGE]], task.classes[JUDGE])
        np.testing.assert_array_equal(rows.removed()[further], expected)


@pytest.mark.parametrize("signal", ["full", "removed", "removed_on_all_data"])
@pytest.mark.parametrize("scale_on", ["all", "train"])
def test_a_task_among_others_shows_what_a_data_set_of_its_own_would_show(signal, scale_on):
    shown = []
    for alone in (False, True):
        task = pair()
        if alone:
            task = binary_pairs(task.dataset.take(task.rows), "AC", group="donor")[0]
        rows = FeatureRows(task, signal, engine="closed_form", scale_on=scale_on)
        places = [rows.add(some, learnt_from=FIT) for some in (FIT, JUDGE)]
        places.append(rows.add(FIT, learnt_from=FIT))
        matrix = rows.features()
        assert rows.features() is matrix, "made once"
        assert (places[0] == places[2]).all()
        shown.append([matrix[place] for place in places[:2]])
        if signal == "removed" or scale_on == "train":
            assert len(matrix) == len(FIT) + len(JUDGE)
        # What is asked for later is there, too.
        late = rows.add(JUDGE[:10], learnt_from=FIT)
        assert (rows.classes()[late] == task.classes[JUDGE[:10]]).all()
        np.testing.assert_array_equal(rows.features()[places[1]], shown[-1][1])
    for one, other in zip(*shown, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("signal", [*LADDER[2:], WITHOUT_TRACES])
@pytest.mark.parametrize("scale_on", ["all", "train"])
def test_on_a_rung_every_set_is_made_equal_by_itself_with_the_donors_of_its_samples(signal, scale_on):
    task = pair()
    rows = FeatureRows(task, signal, engine="closed_form", scale_on=scale_on, components=3)
    places = [rows.add(some, learnt_from=FIT, judged=JUDGE) for some in (FIT, JUDGE, FIT)]
    assert (places[0] == places[2]).all()
    for some, place in zip((FIT, JUDGE), places[:2], strict=True):
        values, classes = rows.features()[place], rows.classes()[place]
        assert (classes == task.classes[some]).all()
        for one in (0, 1):
            np.testing.assert_allclose(values[classes == one].mean(axis=0), 0, atol=1e-5)
            if signal != WITHOUT_TRACES:
                np.testing.assert_allclose(values[classes == one].std(axis=0), 1, atol=1e-4)
        assert np.linalg.matrix_rank(values, tol=1e-3) == (3 if signal == "covariances_removed" else 10)
    again = FeatureRows(task, signal, engine="closed_form", scale_on=scale_on, components=3)
    place = again.add(JUDGE, learnt_from=FIT, judged=JUDGE)
    np.testing.assert_array_equal(again.features()[place], rows.features()[places[1]])


def test_components_are_those_of_the_samples_learnt_from_and_no_more_than_every_set_allows():
    task = pair()
    found = {}
    for components, judged in ((0, JUDGE), (0, FIT), (2, JUDGE)):
        rows = FeatureRows(task, "covariances_removed", engine="closed_form", components=components)
        place = rows.add(FIT, learnt_from=FIT, judged=judged)
        found[components, len(judged)] = np.linalg.matrix_rank(rows.features()[place], tol=1e-3)
    assert found[2, 18] == 2 < found[0, 18] < found[0, 30]
    # Another training set shows the same judged samples in other components.
    shown = []
    for learnt in (FIT, FIT[:20]):
        rows = FeatureRows(task, "covariances_removed", engine="closed_form", components=2)
        place = rows.add(JUDGE, learnt_from=learnt, judged=JUDGE)
        shown.append(rows.features()[place])
    assert not np.allclose(*shown)


def test_what_goes_to_a_device_of_its_own_is_cut_to_what_the_jobs_need():
    task = pair()
    rows = FeatureRows(task, "full", engine="closed_form")
    fit, tune, judge = (rows.add(some, learnt_from=FIT) for some in (FIT[:20], FIT[20:], JUDGE))
    job = Job(names=("a",), fit_rows=fit[::-1], tune_rows=tune, judge_rows=judge)
    features, classes, (moved,) = rows_of([job], rows.features(), rows.classes())
    assert len(features) == 48
    for kind in ("fit_rows", "tune_rows", "judge_rows"):
        np.testing.assert_array_equal(features[getattr(moved, kind)], rows.features()[getattr(job, kind)])
        assert (classes[getattr(moved, kind)] == rows.classes()[getattr(job, kind)]).all()

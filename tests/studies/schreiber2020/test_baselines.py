"""Baselines score judged loci without looking at their labels, and know what they say that they know."""

import numpy as np
import pytest

from linear_signal.analysis.average_precision import average_precision
from linear_signal.errors import InputError
from linear_signal.studies.schreiber2020.average_curve import average_label_curve
from linear_signal.studies.schreiber2020.baselines import BASELINES
from linear_signal.studies.schreiber2020.schemes import make_scheme
from made_up_loci import loci_table

RELATIVES = {"A": ("B", "E", "D")}
KNOW_TARGET = {"nearest_by_expression", "ridge_by_expression"}


def scheme_of(table, name="cross_cell_type", *, validation=("B", "C")):
    return make_scheme(name, table, target="A", validation_cell_types=validation)


def scores(rung, table, name="cross_cell_type", **others):
    return BASELINES[rung](table, scheme_of(table, name, **others))


@pytest.mark.parametrize("name", ["cross_cell_type", "hybrid"])
@pytest.mark.parametrize("rung", BASELINES)
def test_labels_of_judged_loci_change_no_score(rung, name):
    table = loci_table(relatives=RELATIVES)
    hidden = np.zeros(table.labels.shape, bool)
    hidden[scheme_of(table, name).judge.loci, 0] = True
    if rung not in KNOW_TARGET:  # and so do all others of the target
        hidden[:, 0] = True
    activity = np.where(hidden, np.random.default_rng(1).normal(size=hidden.shape), table.activity)
    changed = loci_table(relatives=RELATIVES, activity=activity, labels=activity > 0)
    found = scores(rung, table, name)
    assert found.shape == scheme_of(table, name).judge.loci.shape
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, scores(rung, changed, name))


@pytest.mark.parametrize("rung", BASELINES)
def test_in_one_cell_type_alone_only_the_prevalence_can_be_had(rung):
    table = loci_table(relatives=RELATIVES)
    if rung == "prevalence":
        assert not scores(rung, table, "cross_chromosome").any()
    else:
        with pytest.raises(InputError, match="target alone"):
            scores(rung, table, "cross_chromosome")


def test_averages_are_of_training_cell_types_at_judged_loci():
    table = loci_table()
    judged = np.flatnonzero(table.chromosomes == "chr1")
    np.testing.assert_allclose(scores("average_label", table, "hybrid"), table.labels[judged, 3:].mean(axis=1), rtol=1e-6)
    np.testing.assert_allclose(scores("average_signal", table, "hybrid"), table.activity[judged, 3:].mean(axis=1), rtol=1e-5)


@pytest.mark.parametrize("rung", ["nearest_by_marks", "nearest_by_annotation", "nearest_by_expression"])
def test_the_nearest_one_is_found(rung):
    table = loci_table()
    activity, signal = table.activity.copy(), table.signal.copy()
    activity[:, 0] = activity[:, 4] + 0.1 * activity[:, 0]
    signal[:, 0] = signal[:, 4] + 0.1 * signal[:, 0]
    alike = loci_table(activity=activity, labels=activity > 0, signal=signal, relatives=RELATIVES)
    for name in ("cross_cell_type", "hybrid"):
        np.testing.assert_array_equal(scores(rung, alike, name), activity[scheme_of(alike, name).judge.loci, 4])


def test_ridge_learns_from_validation_cell_types_what_is_worth_what():
    # B, C and the target are all means of D and F with the same weights, E is noise.
    table = loci_table(n_loci=400)
    activity = table.activity.copy()
    activity[:, 4] *= 3
    for place in (0, 1, 2):
        activity[:, place] = (activity[:, 3] + 2 * activity[:, 5]) / 3 + 0.05 * activity[:, place]
    mixed = loci_table(n_loci=400, activity=activity, labels=activity > 0)
    found = {}
    for name in ("cross_cell_type", "hybrid"):
        truth = mixed.labels[scheme_of(mixed, name).judge.loci, 0]
        for rung in ("average_signal", "ridge_over_cell_types", "ridge_by_expression"):
            found[rung] = average_precision(scores(rung, mixed, name), truth)
        found["ridge, one"] = average_precision(scores("ridge_over_cell_types", mixed, name, validation=("B",)), truth)
        assert found.pop("average_signal") < 0.93
        assert min(found.values()) > 0.98


def test_where_cell_types_have_nothing_of_their_own_to_say_ridge_is_the_average():
    random = np.random.default_rng(0)
    activity = random.normal(size=(400, 1)) + random.normal(size=(400, 6))
    table = loci_table(n_loci=400, activity=activity, labels=activity > 0)
    correlation = np.corrcoef(scores("ridge_over_cell_types", table), scores("average_signal", table))[0, 1]
    assert correlation > 0.97
    single = make_scheme("hybrid", table, target="A", validation_cell_types=("B",), training_cell_types=("C",))
    judged = activity[table.chromosomes == "chr1", 2]
    np.testing.assert_allclose(BASELINES["ridge_over_cell_types"](table, single), judged, rtol=1e-5)


def test_what_a_table_lacks_is_said():
    with pytest.raises(InputError, match="no marks"):
        scores("nearest_by_marks", loci_table(signal=np.empty((80, 6, 0)), marks=()))
    with pytest.raises(InputError, match="relative of A"):
        scores("nearest_by_annotation", loci_table(relatives={"A": ("B", "C")}))
    one_elsewhere = loci_table(chromosomes=np.array(["chr1", "chr2"] + ["chr3"] * 78))
    with pytest.raises(InputError, match="all loci are judged"):
        scores("nearest_by_expression", one_elsewhere)


def test_the_curve_ends_at_the_average_of_all_and_rises():
    table = loci_table(n_loci=400)
    scheme = scheme_of(table)
    curve = average_label_curve(table, scheme, (1, 3), n_draws=5)
    means = curve.groupby("n_cell_types")["average_precision"].mean()
    truth = table.labels[scheme.judge.loci, 0]
    assert means[3] == pytest.approx(average_precision(BASELINES["average_label"](table, scheme), truth), abs=1e-9)
    assert means[1] < means[3]
    assert curve.equals(average_label_curve(table, scheme, (1, 3), n_draws=5))
    with pytest.raises(InputError, match="3 are for training"):
        average_label_curve(table, scheme, (4,))
    with pytest.raises(InputError, match="target alone"):
        average_label_curve(table, scheme_of(table, "cross_chromosome"), (1,))


def test_every_rung_has_a_name_a_title_and_something_that_it_knows():
    assert all(rung.title and rung.knows and name == rung.name for name, rung in BASELINES.items())
    assert len({rung.title for rung in BASELINES.values()}) == len(BASELINES)

"""Inside groups of equal average a memoriser has nothing, and who looks at the cell type is ahead."""

import numpy as np
import pytest
from scipy.special import comb
from scipy.stats import mannwhitneyu

from linear_signal.analysis.average_precision import average_precision, average_precision_by_group
from linear_signal.errors import InputError
from linear_signal.studies.schreiber2020.baselines import BASELINES
from linear_signal.studies.schreiber2020.partition import activity_groups, compare_in_groups, group_precisions
from linear_signal.studies.schreiber2020.schemes import make_scheme
from linear_signal.studies.schreiber2020.simulator import simulate_loci
from made_up_loci import loci_table


@pytest.fixture(scope="module")
def models():
    """Score the judged loci of simulated ones with eight models that remember and eight that look at the cell type."""
    table = simulate_loci()
    scheme = make_scheme("cross_cell_type", table, target="C00", validation_cell_types=("C01", "C02", "C03"))
    random = np.random.default_rng(0)
    remembered, looked = BASELINES["average_label"](table, scheme), table.activity[scheme.judge.loci, 0]
    scores = [remembered + 0.001 * random.normal(size=len(looked)) for _ in range(8)]
    scores += [looked + 4 * random.normal(size=len(looked)) for _ in range(8)]
    groups, labels = activity_groups(table, scheme), table.labels[scheme.judge.loci, 0]
    return np.array(scores), labels, groups, ["sequence"] * 8 + ["signal"] * 8


def test_groups_count_training_and_validation_cell_types_and_not_the_target():
    table = loci_table()
    scheme = make_scheme("hybrid", table, target="A", validation_cell_types=("B",), training_cell_types=("D", "F"))
    np.testing.assert_array_equal(
        activity_groups(table, scheme), table.labels[table.chromosomes == "chr1"][:, [1, 3, 5]].sum(1)
    )
    with pytest.raises(InputError, match="hybrid"):
        activity_groups(table, make_scheme("cross_chromosome", table, target="A", validation_cell_types=()))


def test_inside_a_group_the_average_gets_the_prevalence(models):
    _, labels, groups, _ = models
    found = average_precision_by_group(groups[None], labels, groups)
    np.testing.assert_allclose(found.precision[0, found.has_both], found.prevalence[found.has_both], atol=1e-12)
    assert found.weighted[0] < found.weighted_guessing < found.weighted[0] + 0.1
    assert (found.n_loci.sum(), found.n_loci @ found.prevalence) == (len(labels), pytest.approx(labels.sum()))


def test_groups_are_scored_as_if_they_were_alone(models):
    scores, labels, groups, _ = models
    table = group_precisions([f"m{number}" for number in range(16)], scores, labels, groups)
    row = table[(table["group"] == 7) & (table["model"] == "m9")].iloc[0]
    inside = groups == 7
    assert row["average_precision"] == average_precision(scores[9, inside], labels[inside])
    assert (row["n_loci"], row["prevalence"]) == (inside.sum(), labels[inside].mean())
    assert table["average_precision"].notna().all()


def test_overall_the_memorisers_are_ahead_and_inside_groups_those_who_look(models):
    scores, labels, groups, inputs = models
    overall = average_precision(scores, labels)
    assert overall[:8].min() > overall[8:].max()
    found = compare_in_groups(inputs, scores, labels, groups, n_other=15)
    assert found["group"].between(1, 14).all()
    assert (found["difference"] > 0).mean() >= 0.6
    # Eight against eight models: no p-value can be smaller than this.
    assert found["p_value"].min() >= 1 / comb(16, 8) - 1e-12
    assert (found["lower"] <= found["difference"]).mean() > 0.9


def test_the_p_value_is_that_of_mann_whitney_over_models(models):
    scores, labels, groups, inputs = models
    found = compare_in_groups(inputs, scores, labels, groups, n_other=15, n_draws=5).set_index("group")
    inside = groups == 5
    precision = average_precision(scores[:, inside], labels[inside])
    expected = mannwhitneyu(precision[8:], precision[:8], alternative="greater").pvalue
    assert found.loc[5, "p_value"] == pytest.approx(expected)
    assert found.loc[5, "difference"] == pytest.approx(np.median(precision[8:]) - np.median(precision[:8]))
    same = compare_in_groups(inputs, np.zeros_like(scores), labels, groups, n_other=15, n_draws=5)
    assert (same["p_value"] == 1).all()


def test_what_cannot_be_compared_is_refused(models):
    scores, labels, groups, inputs = models
    with pytest.raises(InputError, match="'epi'"):
        compare_in_groups(inputs, scores, labels, groups, first="epi")
    with pytest.raises(InputError, match="both classes"):
        compare_in_groups(inputs, scores, labels, labels.astype(int))
    with pytest.raises(InputError, match="agree"):
        average_precision_by_group(scores, labels, groups[1:])

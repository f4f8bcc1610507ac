"""Predictions are held against the average over other contexts: memory is called memory, and more is called more."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from linear_signal import check_memorisation, replace_constant_inputs
from linear_signal.analysis.average_precision import average_precision, skill
from linear_signal.errors import InputError
from linear_signal.studies.schreiber2020.constant_inputs import one_hot_logistic, with_random_codes
from linear_signal.studies.schreiber2020.partition import activity_groups
from linear_signal.studies.schreiber2020.schemes import make_scheme
from linear_signal.studies.schreiber2020.simulator import simulate_loci

TABLE = simulate_loci(n_loci=800)
SCHEME = make_scheme("cross_cell_type", TABLE, target="C00", validation_cell_types=("C01", "C02"))


def wide(values):
    return pd.DataFrame(values, index=TABLE.loci, columns=TABLE.cell_types)


def in_target(scores):
    """Predictions for the target alone, as a table."""
    values = np.full(TABLE.labels.shape, np.nan)
    values[:, 0] = scores
    return wide(values)


TARGETS = wide(TABLE.labels)
LEARNT = np.zeros(TABLE.labels.shape, bool)
LEARNT[np.ix_(SCHEME.train.loci, SCHEME.train.cell_types)] = True
RANDOM = np.random.default_rng(0)
MODELS = {
    "memory": in_target(TABLE.labels[:, SCHEME.train.cell_types].mean(axis=1) + 0.2 * RANDOM.normal(size=800)),
    "truth": in_target(TABLE.activity[:, 0]),
    "half": in_target(TABLE.labels[:, SCHEME.train.cell_types].mean(axis=1) + 1e-6 * TABLE.activity[:, 0]),
    "guess": in_target(RANDOM.random(800)),
}


def test_memory_is_behind_the_average_and_what_looks_at_the_context_ahead():
    found = check_memorisation(TARGETS, MODELS, learnt_from=wide(LEARNT)).set_index(["model", "scheme"])
    known = found.xs("known loci, new contexts", level="scheme")
    assert set(found.index.get_level_values("scheme")) == {"known loci, new contexts", "new loci, new contexts"}
    assert "behind" in known.loc["memory", "verdict"]
    assert "ahead" in known.loc["truth", "verdict"]
    # Whoever sorts loci of the same average is no better elsewhere, and that is seen inside groups.
    assert known.loc["half", "inside_groups"] == pytest.approx(1)
    for of in ("guess", "memory"):
        assert known.loc[of, "inside_groups"] == pytest.approx(known.loc[of, "inside_groups_chance"], abs=0.08)
    labels = TABLE.labels[SCHEME.judge.loci, 0]
    average = average_precision(TABLE.labels[np.ix_(SCHEME.judge.loci, SCHEME.train.cell_types)].mean(axis=1), labels)
    row = known.loc["memory"]
    assert row["of_average"] == pytest.approx(average)
    assert row["average_precision"] == average_precision(MODELS["memory"].iloc[SCHEME.judge.loci, 0], labels)
    assert row["skill"] == pytest.approx(skill(row["average_precision"], average))
    assert (row["prevalence"], row["n_loci"], row["n_contexts"]) == (labels.mean(), len(labels), 1)
    assert row["lower"] < row["difference"] < row["upper"]


def test_rows_say_the_same_as_tables_in_any_order():
    expected = check_memorisation(TARGETS, MODELS["memory"], learnt_from=wide(LEARNT))
    rows = pd.DataFrame(
        {
            "locus": np.repeat(TABLE.loci, TABLE.n_cell_types),
            "context": np.tile(TABLE.cell_types, TABLE.n_loci),
            "target": TABLE.labels.ravel(),
            "score": MODELS["memory"].to_numpy().ravel(),
            "learnt": LEARNT.ravel(),
        }
    )
    found = check_memorisation(rows["target"], rows["score"], rows["locus"], rows["context"], learnt_from=rows["learnt"])
    pd.testing.assert_frame_equal(found, expected)
    mixed = rows.sample(frac=1, random_state=0)
    again = check_memorisation(
        mixed["target"].to_numpy(), {"predictions": mixed["score"].to_list()}, mixed["locus"], mixed["context"],
        learnt_from=mixed["learnt"],
    )  # fmt: skip
    # Loci are drawn by their place, so intervals differ a little; the rest does not.
    pd.testing.assert_frame_equal(
        again.drop(columns=["lower", "upper", "verdict"]), expected.drop(columns=["lower", "upper", "verdict"])
    )


def test_schemes_are_told_apart_by_what_was_learnt_from():
    learnt = np.zeros(TABLE.labels.shape, bool)
    learnt[:400, :8] = True
    everywhere = wide(RANDOM.random(TABLE.labels.shape))
    found = check_memorisation(TARGETS, everywhere, learnt_from=wide(learnt)).set_index("scheme")
    assert found["n_contexts"].to_dict() == {
        "known loci, new contexts": 8,
        "new loci, known contexts": 8,
        "new loci, new contexts": 8,
    }
    assert set(found["n_loci"]) == {400}
    alone = np.zeros(TABLE.labels.shape, bool)
    alone[:400, 0] = True
    only = check_memorisation(TARGETS, MODELS["truth"], learnt_from=wide(alone)).iloc[0]
    assert only["scheme"] == "new loci, known contexts"
    assert np.isnan(only[["of_average", "difference", "lower", "skill"]].astype(float)).all()
    assert "no average" in only["verdict"]
    assert check_memorisation(TARGETS, everywhere)["scheme"].tolist() == ["not said"]


def test_the_average_is_over_contexts_that_were_learnt_from_and_never_the_judged_one():
    changed = TARGETS.copy()
    changed.iloc[:, 1:3] = ~changed.iloc[:, 1:3]  # not learnt from
    first, second = (
        check_memorisation(targets, MODELS["memory"], learnt_from=wide(LEARNT)) for targets in (TARGETS, changed)
    )
    pd.testing.assert_frame_equal(first, second)
    perfect = check_memorisation(pd.DataFrame(np.eye(6, dtype=int)), pd.DataFrame(np.eye(6)), n_draws=20)
    assert (perfect["average_precision"] == 1).all()
    assert (perfect["of_average"] < 1).all()


def test_few_loci_are_not_judged():
    few = check_memorisation(TARGETS.iloc[:40], MODELS["truth"]).iloc[0]
    assert 0 < few["average_precision"] <= 1
    assert np.isnan([few["lower"], few["upper"]]).all()
    assert "25 are needed" in few["verdict"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"targets": [0, 1, 2, 1]}, "targets holds 2"),
        ({"targets": [0, 1, 1]}, "one value per row"),
        ({"targets": np.zeros((4, 2))}, "one value per row"),
        ({"loci": ["L1", "L1", "L2", "L2"], "contexts": ["A", "A", "B", "A"]}, "twice or more"),
        ({"contexts": ["A"] * 4, "loci": list("abcd")}, "one context"),
        ({"contexts": None}, "go together"),
        ({"loci": None, "contexts": None}, "DataFrame"),
        ({"predictions": {}}, "no predictions"),
        ({"predictions": ["high", "low", "low", "high"]}, "no number"),
        ({"predictions": [1, 2, 3, np.inf]}, "infinite"),
        ({"learnt_from": [True] * 4}, "held out"),
    ],
    ids=["two", "short", "wide", "twice", "one context", "no contexts", "arrays", "none", "words", "infinite", "all learnt"],
)
def test_what_cannot_be_checked_is_refused(changes, said):
    given = {
        "targets": [0, 1, 1, 0],
        "predictions": [0.1, 0.9, 0.8, 0.2],
        "loci": ["L1", "L2"] * 2,
        "contexts": list("AABB"),
    }
    with pytest.raises(InputError, match=said):
        check_memorisation(**given | changes)


def test_tables_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match="lacks 'C03'"):
        check_memorisation(TARGETS, MODELS["truth"].drop(columns="C03"))
    with pytest.raises(InputError, match="twice"):
        check_memorisation(TARGETS.set_index(np.repeat(TABLE.loci[:400], 2)), MODELS["truth"])


def test_inputs_that_are_constant_over_contexts_become_noise_and_others_stay():
    rows = pd.DataFrame({"gc": np.repeat(RANDOM.normal(5, 2, 300), 3), "mark": RANDOM.normal(size=900), "one": 1.0})
    found, replaced = replace_constant_inputs(rows, np.repeat(np.arange(300), 3))
    assert replaced == ["gc"]
    assert (found[["mark", "one"]] == rows[["mark", "one"]]).all(axis=None)
    assert (np.ptp(found["gc"].to_numpy().reshape(300, 3), axis=1) == 0).all()
    assert abs(np.corrcoef(found["gc"], rows["gc"])[0, 1]) < 0.2
    assert (found["gc"].mean(), found["gc"].std()) == pytest.approx((5, 2), abs=0.4)
    array, places = replace_constant_inputs(rows.to_numpy(), np.repeat(np.arange(300), 3))
    assert places == [0]
    np.testing.assert_array_equal(array, found.to_numpy())
    with pytest.raises(InputError, match="two or more"):
        replace_constant_inputs(rows, np.arange(900))
    with pytest.raises(InputError, match="one locus per row"):
        replace_constant_inputs(rows, np.arange(3))
    with pytest.raises(InputError, match="no number"):
        replace_constant_inputs(rows.assign(mark="high"), np.repeat(np.arange(300), 3))


def test_a_table_with_random_codes_has_all_but_its_sequence():
    probed = with_random_codes(simulate_loci("sequences permuted", n_loci=800), n_numbers=8)
    assert (probed.constant.shape, probed.is_sequence, probed.constant_order) == ((800, 8), False, None)
    np.testing.assert_array_equal(probed.labels, TABLE.labels)
    assert probed.fingerprint != TABLE.fingerprint


def test_logistic_regression_on_a_one_hot_code_is_the_logit_of_the_average():
    found = one_hot_logistic(TABLE.labels[:300, SCHEME.train.cell_types])
    assert len(found) > 50
    np.testing.assert_allclose(found["weight"], found["logit"], atol=1e-4)
    np.testing.assert_allclose(expit(found["weight"]), found["average"], atol=1e-5)
    with pytest.raises(InputError, match="nothing to fit"):
        one_hot_logistic(np.ones((4, 3), bool))


def test_groups_of_the_average_are_those_of_the_partition():
    # With training and validation cell types learnt from, both count the same cell types.
    learnt = wide(np.zeros(TABLE.labels.shape, bool))
    learnt.iloc[SCHEME.train.loci, 1:] = True
    found = check_memorisation(TARGETS, MODELS["truth"], learnt_from=learnt).iloc[0]
    groups, labels = activity_groups(TABLE, SCHEME), TABLE.labels[SCHEME.judge.loci, 0]
    assert found["of_average"] == pytest.approx(average_precision(groups.astype(float), labels))

"""Metrics know perfect, uninformative and turned-round predictions; evaluation and calibration keep their promises."""

import numpy as np
import pandas as pd
import pytest

from linear_signal.errors import InputError
from linear_signal.studies.ahlmann2025.calibration import (
    calibrated,
    differential_p,
    dynamic_range,
    interpolated_duplicate,
    rank_table,
)
from linear_signal.studies.ahlmann2025.evaluate import error_by_genes, evaluate
from linear_signal.studies.ahlmann2025.metrics import BY_COLUMN, METRICS, metrics_table

GENES = [f"G{n:03d}" for n in range(60)]
CONDITIONS = [f"{one}+ctrl" for one in "ABCDEFGHIJ"]


@pytest.fixture(scope="module")
def made():
    """Changes of which a part is shared: what was observed, the control, the mean of others, and predictions."""
    random = np.random.default_rng(0)
    control = pd.Series(random.uniform(2, 4, 60), index=GENES)
    shared = 0.3 * random.standard_normal(60)
    truth = pd.DataFrame(control.to_numpy() + shared + 0.3 * random.standard_normal((10, 60)), CONDITIONS, GENES)
    mean = control + shared
    said = {
        "perfect": truth,
        "mean": truth * 0 + mean,
        "no change": truth * 0 + control,
        "turned": 2 * control - truth,
        "repeat": truth + 0.05 * random.standard_normal(truth.shape),
    }
    return truth, control, mean, said


@pytest.fixture(scope="module")
def means(made):
    truth, control, mean, said = made
    return evaluate(said, truth, control, training_mean=mean).means


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.column)
def test_nothing_beats_a_perfect_prediction_and_all_stay_in_their_limits(made, metric):
    truth, control, mean, said = made
    scores = evaluate(said, truth, control, training_mean=mean).scores
    perfect = scores.loc[scores["method"] == "perfect", metric.column]
    assert perfect.to_numpy() == pytest.approx(metric.best)
    known = scores[metric.column].dropna()
    assert ((known >= metric.lowest - 1e-12) & (known <= metric.highest + 1e-12)).all()
    assert not (metric.advantage(known, known * 0 + metric.best) > 1e-9).any()


def test_what_is_the_same_for_all_conditions_cannot_tell_them_apart(means):
    for same in ("mean", "no change"):
        assert means.loc[same, "centroid_accuracy"] == pytest.approx(0.5)
        assert means.loc[same, "rank"] == pytest.approx(0.5)
    assert np.isnan(means.loc["mean", "pearson_from_mean"])
    assert np.isnan(means.loc["no change", ["pearson_delta", "cosine"]]).all()
    # Yet the shared response alone makes for a high correlation of changes.
    assert means.loc["mean", "pearson_delta"] > 0.5
    assert means.loc["no change", "wrong_direction"] == 0


def test_a_prediction_turned_round_is_as_wrong_as_can_be(means):
    assert means.loc["turned", "pearson_delta"] == pytest.approx(-1)
    assert means.loc["turned", "cosine"] == pytest.approx(-1)
    assert means.loc["turned", "wrong_direction"] == 1
    assert means.loc["turned", "l2"] == pytest.approx(2 * means.loc["no change", "l2"])


def test_formulas_against_plain_loops(made):
    truth, control, mean, said = made
    scores = evaluate(said["repeat"], truth, control, training_mean=mean).scores.set_index("condition")
    predicted, condition = said["repeat"], CONDITIONS[3]
    m, p = truth.loc[condition], predicted.loc[condition]
    row = scores.loc[condition]
    assert row["l2"] == pytest.approx(((p - m) ** 2).sum() ** 0.5)
    assert row["pearson"] == pytest.approx(np.corrcoef(p, m)[0, 1])
    assert row["pearson_from_mean"] == pytest.approx(np.corrcoef(p - mean, m - mean)[0, 1])
    others = [one for one in CONDITIONS if one != condition]
    own = np.linalg.norm(p - m)
    assert row["centroid_accuracy"] == np.mean([np.linalg.norm(p - truth.loc[one]) > own for one in others])
    assert row["rank"] == np.mean([np.linalg.norm(predicted.loc[one] - m) < own for one in others])


def test_only_the_most_expressed_genes_are_judged(made):
    truth, control, mean, said = made
    top = control.nlargest(20).index
    spoilt = said["repeat"].copy()
    spoilt[[gene for gene in GENES if gene not in top]] += 5
    pair = {"repeat": said["repeat"], "spoilt": spoilt}
    scores = evaluate(pair, truth, control, training_mean=mean, n_genes=20).means
    assert np.allclose(scores.loc["repeat"], scores.loc["spoilt"])


def test_the_order_of_rows_columns_and_names_plays_no_part(made):
    truth, control, mean, said = made
    mixed = said["repeat"].iloc[::-1, ::-1].rename(lambda one: "ctrl+" + one[0])
    one, other = (evaluate(table, truth, control, training_mean=mean).scores for table in (said["repeat"], mixed))
    pd.testing.assert_frame_equal(one, other)


def test_what_lacks_something_is_refused_or_judged_on_what_is_shared(made):
    truth, control, _, said = made
    fewer = said["repeat"].drop(index="B+ctrl", columns="G007")
    with pytest.raises(InputError, match=r"1 of 10 conditions.*B\+ctrl"):
        evaluate({"fewer": fewer}, truth, control)
    found = evaluate({"fewer": fewer, "all": said["repeat"]}, truth, control, shared_only=True)
    assert len(found.scores) == 18
    assert len(found.notes) == 2
    with pytest.raises(InputError, match="share 0"):
        evaluate(fewer.iloc[:0].reindex(["Z"]).fillna(1), truth, control, shared_only=True)


def test_bad_predictions_are_named(made):
    truth, control, _, said = made
    good = said["repeat"]
    for bad, match in (
        (good * 100, "raw counts"),
        (good.mask(good > 4), "missing"),
        (pd.concat([good, good.iloc[:1]]), "more than once"),
        (good.rename(columns={"G001": "G000"}), "'G000'"),
    ):
        with pytest.raises(InputError, match=match):
            evaluate(bad, truth, control)
    with pytest.raises(InputError, match="pearson_delta"):
        evaluate(good, truth, control, metrics=["pearson_delt"])
    with pytest.raises(InputError, match="control lacks"):
        evaluate(good, truth, control.drop("G003"))
    below = evaluate(good - 3, truth, control)
    assert any("below 0" in note for note in below.notes)


def test_errors_by_genes_end_at_the_distance_over_all_genes(made):
    truth, control, _, said = made
    curves = error_by_genes({"repeat": said["repeat"]}, truth, control, at=[1, 20, 60, 5000])
    assert sorted(curves["n_genes"].unique()) == [1, 20, 60]
    last = curves[curves["n_genes"] == 60]["l2"]
    full = np.linalg.norm(said["repeat"] - truth, axis=1).mean()
    assert last.to_numpy() == pytest.approx(full)
    assert (curves.groupby("sorted_by")["l2"].diff().dropna() > 0).all()
    changed = error_by_genes({"no change": said["no change"]}, truth, control, at=[1, 20])
    by = changed.pivot(index="n_genes", columns="sorted_by", values="l2")
    assert (by["change"] > by["expression"]).all()


def test_calibrated_scores_are_0_at_the_floor_and_1_at_the_ceiling(made):
    truth, control, mean, said = made
    scores = evaluate(said, truth, control, training_mean=mean).scores
    table = calibrated(scores).pivot(index="method", columns="metric", values="calibrated")
    told = table.loc["repeat"].dropna().index
    assert {"l2", "pearson_delta", "pearson_from_mean", "centroid_accuracy"} <= set(told)
    assert table.loc["mean", told].to_numpy() == pytest.approx(0)
    assert table.loc["repeat", told].to_numpy() == pytest.approx(1)
    assert (table.loc["perfect", told] >= 1 - 1e-9).all()
    assert table.loc["turned", "l2"] < 0
    with pytest.raises(InputError, match="repeat"):
        calibrated(scores, ceiling="repeats")


def test_the_dynamic_range_is_whole_for_a_perfect_control_and_nothing_for_the_same(made):
    truth, control, mean, said = made
    scores = evaluate(said, truth, control, training_mean=mean).scores
    whole = dynamic_range(scores, positive="perfect").set_index("metric")
    assert whole["fraction"].dropna().to_numpy() == pytest.approx(1)
    assert whole.loc["l2", "beats"] == 1
    same = dynamic_range(scores, positive="mean").set_index("metric")
    assert same["fraction"].dropna().to_numpy() == pytest.approx(0)
    assert same["beats"].to_numpy() == pytest.approx(0.5)


def test_an_interpolated_duplicate_is_better_than_either_end_where_few_genes_change():
    random = np.random.default_rng(5)
    control = pd.Series(random.uniform(2, 4, 400), index=[f"G{n}" for n in range(400)])
    changed = random.random((30, 400)) < 0.05
    truth = pd.DataFrame(control.to_numpy() + changed * random.choice([-1, 1], changed.shape), columns=control.index)
    n_cells = pd.Series(100, index=truth.index)
    first, second = (truth + 0.1 * random.standard_normal(truth.shape) for _ in range(2))
    p = differential_p(first, control, n_cells, n_control=100_000, spread=1.0)
    assert ((p >= 0) & (p <= 1)).all(axis=None)
    assert (p.to_numpy()[~changed] < 0.05).mean() < 0.01
    assert (p.to_numpy()[changed] < 0.05).mean() > 0.99
    best = interpolated_duplicate(first, truth.mean(), p)
    errors = [np.linalg.norm(one - second, axis=1).mean() for one in (best, first, truth * 0 + truth.mean())]
    assert errors[0] == min(errors)
    with pytest.raises(InputError, match="cell"):
        differential_p(first, control, n_cells * 0, n_control=10, spread=1.0)


def test_ranks_depend_on_the_metric(made):
    truth, control, mean, said = made
    ranks = rank_table(evaluate(said, truth, control, training_mean=mean).scores)
    assert (ranks.loc["perfect"] < 2.1).all()
    assert ranks.loc["mean", "l2"] < ranks.loc["no change", "l2"]
    assert ranks.loc["mean", "wrong_direction"] > ranks.loc["no change", "wrong_direction"]
    assert ranks.loc["mean", "rank"] == ranks.loc["no change", "rank"]


def test_every_metric_is_documented_once():
    table = metrics_table()
    assert len(table) == len(BY_COLUMN) == len(METRICS)
    assert not table.isna().any(axis=None)
    assert (table[["quantity", "formula", "empty", "floor", "ceiling"]] != "").all(axis=None)

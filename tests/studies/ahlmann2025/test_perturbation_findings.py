"""Comparisons and findings of the study: they hold where they were put in, fall where the opposite was, and say so."""

import numpy as np
import pandas as pd
import pytest

from linear_signal.analysis.rules import ABSENT, FAILS, HOLDS, OPEN, above
from linear_signal.studies.ahlmann2025.answers import answer_rows, answers
from linear_signal.studies.ahlmann2025.findings import DOUBLES_CHAPTER, FINDINGS, L2, SINGLES_CHAPTER, synergy_is_not_found
from linear_signal.studies.ahlmann2025.judged import contrast
from linear_signal.studies.ahlmann2025.prediction_unit import N_DRAWS
from linear_signal.studies.ahlmann2025.titles import family_of

N_RUNS = 4
# By method: L2 distance, share of interactions found, right calls of synergy, centroid accuracy.
PAPER = {
    "no_change": (5.6, 0.27, 0, 0.5),
    "mean": (5.5, 0.1, 0, 0.5),
    "additive": (2.8, np.nan, np.nan, 0.99),
    "additive_slope": (2.6, 0.2, 10, 0.99),
    "mlp": (2.8, 0.2, 5, 0.95),
    "latent_additive": (2.9, 0.2, 5, 0.95),
    "decoder_only": (2.9, 0.2, 5, 0.95),
}
OPPOSITE = {
    "no_change": (2.0, 0.1, 0, 0.5),
    "mean": (5.5, 0.1, 0, 0.9),
    "additive": (2.8, np.nan, np.nan, 0.99),
    "mlp": (1.5, 0.6, 300, 0.5),
    "latent_additive": (1.5, 0.6, 300, 0.5),
    "decoder_only": (1.5, 0.6, 300, 0.5),
}
# By method: error relative to the mean, centroid accuracy.
SINGLES = {
    "mean": (1.0, 0.5),
    "linear_other_line": (0.88, 0.75),
    "linear_random_p": (1.04, 0.5),
    "linear_random_g": (1.0, 0.5),
    "gears": (1.1, 0.6),
}
OPPOSITE_SINGLES = {
    "mean": (1.0, 0.9),
    "linear_other_line": (1.2, 0.5),
    "linear_random_p": (0.7, 0.5),
    "linear_random_g": (0.7, 0.5),
    "gears": (0.7, 0.6),
}


def fits_of(doubles=PAPER, singles=SINGLES, *, power=(-0.3, 0.5), shift_gain=0.4, n_runs=N_RUNS):
    """Make fits up whose scores scatter a little around the given means."""
    random = np.random.default_rng(0)
    rows = []

    def row(kind, preset, method, seed, **values):
        data = f"{kind}, run {seed}"
        about = {"kind": kind, "dataset": f"{kind} {preset}, made up", "preset": preset, "method": method, "seed": seed}
        noisy = {name: value + 0.003 * random.normal() for name, value in values.items()}
        rows.append({**about, "data": data, "family": family_of(method), **noisy})

    for seed in range(n_runs):
        for method, (l2, found, right, centroid) in doubles.items():
            row("doubles", "norman", method, seed, l2=l2, tpr_50=found, centroid_accuracy=centroid)
            rows[-1] |= {"right_synergy": right + seed * (right > 0), "n_buffering": 300, "n_synergy": 150, "n_opposite": 50}
        for method, (relative, centroid) in singles.items():
            row("singles", "k562", method, seed, relative_error=relative, centroid_accuracy=centroid)
        for shift in (0.0, 0.25):
            row("singles", "shift", "mean", seed, pearson_delta=0.3 + shift_gain * (shift > 0))
            rows[-1] |= {"shift": shift, "dataset": f"shift {shift}, made up", "data": f"shift {shift}, run {seed}"}
        for size, lead in zip((62, 2000), power, strict=True):
            for method, l2 in (("mlp", 2.0 - lead), ("additive_slope", 2.0), ("repeat", 0.2)):
                row("power", "", method, seed, l2=l2)
                rows[-1] |= {"train_doubles": size, "held_out": "random doubles"}
    return pd.DataFrame(rows)


def verdicts(fits):
    return {finding.says: finding.claim(finding.select(fits)).judgement.verdict for finding in FINDINGS}


def test_every_finding_holds_where_it_was_put_in():
    assert set(verdicts(fits_of()).values()) == {HOLDS}


def test_every_finding_falls_where_the_opposite_was_put_in():
    fits = fits_of(OPPOSITE, OPPOSITE_SINGLES, power=(0.5, -0.5), shift_gain=-0.2)
    assert set(verdicts(fits).values()) == {FAILS}


def test_an_interval_of_a_share_ends_where_shares_end():
    few = {
        method: (l2, found, right if method != "mlp" else 1, centroid)
        for method, (l2, found, right, centroid) in PAPER.items()
    }
    fits = fits_of(few)
    fits.loc[(fits["method"] == "mlp") & (fits["seed"] > 0), "right_synergy"] = 0
    rows = synergy_is_not_found(fits[fits["kind"] == "doubles"]).rows
    assert (rows["estimate"] > 0).all()
    assert (rows["lower"] >= 0).all()
    assert (rows["lower"] == 0).any()


def test_one_run_judges_nothing():
    fits = fits_of(n_runs=1)
    judged = [one for one in verdicts(fits).values() if one != HOLDS]  # no run has a right synergy: no question of runs
    assert set(judged) == {OPEN}


@pytest.mark.parametrize("kind", ["doubles", "singles", "power"])
def test_what_was_not_run_is_not_judged(kind):
    fits = fits_of()
    lacking = verdicts(fits[fits["kind"] != kind])
    mine = [finding for finding in FINDINGS if finding.kind == kind]
    assert {lacking[finding.says] for finding in mine} == {ABSENT}


def test_published_values_without_calls_or_centroids_leave_those_findings_open():
    fits = fits_of()[["kind", "dataset", "preset", "method", "seed", "data", "family", "l2", "relative_error"]]
    found = verdicts(fits[(fits["kind"] != "power") & (fits["preset"] != "shift")].assign(shift=np.nan))
    assert HOLDS in found.values()
    assert FAILS not in found.values()


def test_controls_take_no_part():
    fits = fits_of()
    control = fits[fits["kind"] == "doubles"].assign(preset="additive", dataset="control, made up", l2=0.1)
    assert verdicts(pd.concat([fits, control], ignore_index=True)) == verdicts(fits)


def test_positive_is_better_whichever_way_the_metric_goes():
    fits = fits_of()
    doubles = fits[fits["kind"] == "doubles"]
    row = contrast("a", *(doubles[doubles["method"] == name] for name in ("additive", "no_change")), L2).iloc[0]
    assert row["difference"] == pytest.approx(2.8, abs=0.02)
    assert row["lower"] > 0
    assert above(row.to_dict()).verdict == HOLDS


def test_on_one_data_set_the_interval_holds_the_perturbations_too():
    random = np.random.default_rng(1)
    shared = random.normal(size=N_DRAWS)
    parts = [
        pd.DataFrame({"seed": range(3), "data": "Norman", "l2": [value, value + 0.01, value - 0.01]}).assign(
            draws_l2=[value + spread * shared] * 3
        )
        for value, spread in ((2.0, 0.1), (3.0, 0.3))
    ]
    wide, narrow = contrast("a", *parts, L2).iloc[0], contrast("a", *[part.drop(columns="draws_l2") for part in parts], L2)
    assert wide["upper"] - wide["lower"] == pytest.approx(2 * 1.96 * 0.2 * shared.std(), rel=0.05)
    # Without draws the splits alone would be sure of it.
    assert np.isnan(narrow["lower"].iloc[0]) or narrow["upper"].iloc[0] - narrow["lower"].iloc[0] < 0.2


@pytest.mark.parametrize("chapter", [DOUBLES_CHAPTER, SINGLES_CHAPTER])
def test_answers_name_verdict_and_numbers_of_every_finding(chapter):
    said = answers(fits_of(), chapter)
    assert len(said) == sum(finding.chapter == chapter for finding in FINDINGS)
    for sentence in said.values():
        assert "holds here" in sentence
        assert any(letter.isdigit() for letter in sentence)
    rows = answer_rows(fits_of(), chapter)
    assert [row.question for row in rows] == [finding.says for finding in FINDINGS if finding.chapter == chapter]
    assert {row.so for row in rows} == {"holds"}

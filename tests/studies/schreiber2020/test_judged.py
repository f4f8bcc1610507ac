"""Comparisons and findings of the study: paired, with runs and loci in the interval, and right where truth is known."""

import numpy as np
import pandas as pd
import pytest

from linear_signal.analysis.rules import ABSENT, FAILS, HOLDS, OPEN, SINGLE_RUN, above
from linear_signal.studies.schreiber2020.answers import answer_rows, answers, ladder_table
from linear_signal.studies.schreiber2020.findings import FINDINGS
from linear_signal.studies.schreiber2020.gaussian_unit import DATASET
from linear_signal.studies.schreiber2020.judged import by_size, contrast, in_groups, mean_interval
from linear_signal.studies.schreiber2020.ladder import ladder

N_SEEDS, N_DRAWS = 4, 50
SIZES = (10, 300, 9000)
# Average precision of small, middle and large networks as the paper has them, by scheme and input.
PAPER = {
    "cross_chromosome": {"signal": (0.6, 0.8, 0.8), "sequence": (0.5, 0.7, 0.7), "both": (0.6, 0.85, 0.85)},
    "cross_cell_type": {"signal": (0.6, 0.8, 0.8), "sequence": (0.6, 0.8, 0.96), "both": (0.6, 0.85, 0.96)},
    "hybrid": {"signal": (0.6, 0.8, 0.8), "sequence": (0.5, 0.7, 0.7), "both": (0.6, 0.85, 0.84)},
}


def fits_of(means=PAPER, *, n_seeds=N_SEEDS, shared=False, spread=0.002, groups_ahead=0.9, gaussians=(0.7, 0.85, 0.85)):
    """Make fits up whose average precisions scatter a little around the given means."""
    random = np.random.default_rng(0)
    rows = []

    def row(scheme, kind, model, size, seed, mean, of_groups=None):
        value = mean + spread * random.normal()
        data = "all" if shared else str(seed)
        draws = (value + 0.01 * random.normal(size=N_DRAWS)).astype(np.float32)
        about = {"dataset": "made up", "task": "expression", "scheme": scheme, "input": kind, "model": model, "seed": seed}
        precision = {"average_precision": value, "prevalence": 0.4, "n_parameters": size, "data": data, "draws": draws}
        rows.append({**about, **precision, "of_groups": of_groups})

    for seed in range(n_seeds):
        for scheme, inputs in means.items():
            if scheme != "cross_chromosome":
                row(scheme, "baseline", "average_label", np.nan, 0 if shared else seed, 0.975)
            row(scheme, "baseline", "prevalence", np.nan, 0 if shared else seed, 0.4)
            for kind, values in inputs.items():
                for size, value in zip(SIZES, values, strict=True):
                    groups = np.full(10, 0.5 if kind == "sequence" else 0.4)
                    groups[: round(10 * groups_ahead) - seed % 2] = 0.5 if kind == "sequence" else 0.7
                    row(scheme, kind, f"dense 1 x {size}", size, seed, value, groups)
    table = pd.DataFrame(rows)
    if shared:
        table = table.drop_duplicates(["scheme", "model", "input", "seed", "n_parameters"])
    on_gaussians = [
        {"dataset": DATASET, "model": f"{size}", "seed": seed, "n_parameters": size, "average_precision": value}
        for seed in range(n_seeds)
        for size, value in zip(SIZES, gaussians, strict=True)
    ]
    noise = pd.Series(spread * random.normal(size=len(on_gaussians)))
    on_gaussians = pd.DataFrame(on_gaussians)
    on_gaussians["average_precision"] += noise
    return pd.concat([table, on_gaussians], ignore_index=True)


def verdicts(fits):
    return [finding.claim(finding.select(fits)).judgement.verdict for finding in FINDINGS]


def networks(fits, scheme="cross_cell_type", kind="sequence"):
    return fits[(fits["scheme"] == scheme) & (fits["input"] == kind)]


@pytest.mark.parametrize("shared", [False, True], ids=["own loci", "shared loci"])
def test_every_finding_holds_where_it_was_put_in(shared):
    found = verdicts(fits_of(shared=shared))
    # Groups are of loci: where all runs share them, the spread over runs says too little to judge by.
    assert found == [ABSENT if shared and finding.section == "within" else HOLDS for finding in FINDINGS]


def test_a_small_lead_over_a_good_average_is_a_lead():
    means = {**PAPER, "cross_cell_type": dict.fromkeys(("signal", "sequence", "both"), (0.6, 0.8, 0.985))}
    finding = next(one for one in FINDINGS if one.section == "ladder")
    fits = fits_of(means, spread=0.0003, shared=False)
    assert finding.claim(finding.select(fits)).judgement.verdict == FAILS


def test_every_finding_falls_where_the_opposite_was_put_in():
    opposite = {
        "cross_chromosome": dict.fromkeys(("signal", "sequence", "both"), (0.4, 0.5, 0.8)),
        "cross_cell_type": {"signal": (0.4, 0.5, 0.999), "sequence": (0.8, 0.8, 0.8), "both": (0.8, 0.8, 0.8)},
        "hybrid": dict.fromkeys(("signal", "sequence", "both"), (0.4, 0.5, 0.999)),
    }
    fits = fits_of(opposite, spread=0.0005, groups_ahead=0.1, gaussians=(0.5, 0.6, 0.9))
    assert set(verdicts(fits)) == {FAILS}


def test_one_run_judges_nothing():
    found = contrast("a", networks(fits_of(n_seeds=1)))
    assert above(found.iloc[0].to_dict()) == (OPEN, SINGLE_RUN)


def test_a_run_without_an_input_has_nothing_to_say_of_it():
    fits = fits_of()
    claim = FINDINGS[2].claim(FINDINGS[2].select(fits[fits["input"] != "signal"]))
    assert claim.rows.empty


def test_what_both_sides_share_is_not_in_the_interval():
    fits = networks(fits_of())
    shift = fits["seed"] * 0.1
    moved = fits.assign(average_precision=fits["average_precision"] - shift)
    for part in (fits, moved):
        row = contrast("large minus small", by_size(part, "large"), by_size(part, "small")).iloc[0]
        assert row["upper"] - row["lower"] < 0.02
    assert mean_interval(by_size(moved, "large"))["upper"] - mean_interval(by_size(moved, "large"))["lower"] > 0.3


def test_on_shared_loci_the_interval_holds_the_bootstrap_too():
    shared, own = (networks(fits_of(shared=one)) for one in (True, False))
    widths = [np.ptp(contrast("a", by_size(part, "large"))[["lower", "upper"]].to_numpy()) for part in (shared, own)]
    seeds_alone = by_size(shared, "large").assign(data=lambda table: table["seed"].astype(str))
    assert widths[0] > np.ptp(contrast("a", seeds_alone)[["lower", "upper"]].to_numpy())


def test_sizes_are_dealt_out_whole_and_by_magnitude():
    fits = networks(fits_of())
    parts = [by_size(fits, part) for part in ("small", "middle", "large")]
    assert sum(map(len, parts)) == len(fits)
    assert [part["n_parameters"].unique().tolist() for part in parts] == [[size] for size in SIZES]


def test_groups_count_those_in_which_the_median_network_is_ahead():
    fits = fits_of(groups_ahead=0.7)
    (row,) = in_groups(fits[fits["scheme"] == "cross_cell_type"])
    assert row["first_mean"].iloc[0] == pytest.approx(0.65)
    assert in_groups(networks(fits)) == []


@pytest.mark.parametrize(("ahead", "bound", "end"), [(0.1, "lower", -0.5), (1.0, "upper", 0.5)])
def test_the_interval_of_a_share_of_groups_stays_between_none_and_all(ahead, bound, end):
    fits = fits_of(groups_ahead=ahead)
    (row,) = in_groups(fits[fits["scheme"] == "cross_cell_type"])
    assert row[bound].iloc[0] == end


def test_the_ladder_has_the_average_at_no_skill_and_perfection_at_one():
    fits = fits_of()
    perfect = fits[fits["model"] == "average_label"].assign(model="nearest_by_marks", average_precision=1.0)
    rungs = ladder(pd.concat([fits[fits["dataset"] != DATASET], perfect])).set_index(["scheme", "model"])["skill"]
    assert rungs["hybrid", "average_label"] == 0
    assert rungs["hybrid", "nearest_by_marks"] == pytest.approx(1)
    assert rungs["hybrid", "sequence"] < 0
    assert np.isnan(rungs["cross_chromosome", "prevalence"])
    table = ladder_table(ladder(fits[fits["dataset"] != DATASET]))
    assert table["Rung"].is_unique


def test_answers_name_verdict_and_numbers_of_every_finding():
    said = answers(fits_of())
    assert len(said) == len(FINDINGS)
    for sentence in said.values():
        assert "holds here" in sentence
        assert "(" in sentence
    for row, finding in zip(answer_rows(fits_of()), FINDINGS, strict=True):
        assert (row.question, row.so) == (finding.says, "holds")
        assert any(letter.isdigit() for letter in row.cells[0])
    assert {row.so for row in answer_rows(fits_of().iloc[:0])} == {"not run"}

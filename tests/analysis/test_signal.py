"""Whether there is linear and non-linear signal: what it takes, what stands in the way, and what is said of it."""

import numpy as np
import pandas as pd
import pytest

from linear_signal.analysis.planted import Planted, planted_where_none, smallest_planted
from linear_signal.analysis.rules import ABSENT, FAILS, FEW_GROUPS, HOLDS, OPEN
from linear_signal.analysis.signal import CHECK_ABOVE, LINEAR_ABOVE, NO_LINEAR_CHECK, WRITTEN, judge_signal
from linear_signal.analysis.signal_verdict import signal_verdict
from linear_signal.analysis.training_state import training_warnings
from linear_signal.crossvalidation.design import Design
from linear_signal.data.made_up.simulation import simulate
from linear_signal.data.tasks import make_task
from linear_signal.errors import InputError
from made_up_fits import SIGNAL, make_fits

TASK = "Blood vs Brain"
FOREST = "sklearn.ensemble.RandomForestClassifier"


@pytest.mark.parametrize(
    ("changed", "linear", "non_linear"),
    [
        ({}, HOLDS, (HOLDS, "")),
        ({("three_layer", "removed"): 0.5}, HOLDS, (FAILS, "")),
        ({("logistic_regression", "full"): 0.5}, FAILS, (HOLDS, "")),
        # A linear model above chance does not explain a network far above it; one as good as the network does.
        ({("logistic_regression", "removed"): 0.58}, HOLDS, (HOLDS, "")),
        ({("logistic_regression", "removed"): 0.8}, HOLDS, (OPEN, LINEAR_ABOVE)),
        # One network at chance does not hide another, nor a model of neither family.
        ({("five_layer", "removed"): 0.5}, HOLDS, (HOLDS, "")),
        ({("three_layer", "removed"): 0.5, (FOREST, "removed"): 0.99}, HOLDS, (HOLDS, "")),
        ({("three_layer", "removed"): 0.5, ("squared_logistic", "removed"): 0.7}, HOLDS, (HOLDS, "")),
    ],
)
def test_existence(changed, linear, non_linear):
    signal = judge_signal(make_fits(SIGNAL | changed), TASK)
    assert (signal.linear.verdict, tuple(signal.non_linear)) == (linear, non_linear)


def test_every_candidate_pays_for_the_choice_among_them():
    several = SIGNAL | {("five_layer", "removed"): 0.5, (FOREST, "removed"): 0.5}
    alone, among = (judge_signal(make_fits(levels, spread=0.05), TASK).candidates for levels in (SIGNAL, several))
    width = [(table["upper"] - table["lower"])[table["model"] == "three_layer"].iloc[0] for table in (alone, among)]
    assert width[1] > width[0]
    assert set(among["adjusted_for"]) == {3}


def test_the_linear_check_can_fail():
    fits = make_fits(SIGNAL)
    full = (fits["signal"] == "full") & (fits["model"] == "logistic_regression")
    # A check a little above chance, as where classes differ in spread, does not explain a network far above it.
    for level, expected in ((0.5, (HOLDS, "")), (0.6, (HOLDS, "")), (0.79, (OPEN, CHECK_ABOVE))):
        checked = fits.assign(balanced_accuracy_on_removed=np.nan)
        checked.loc[full, "balanced_accuracy_on_removed"] = level + 0.01 * np.random.default_rng(0).normal(size=full.sum())
        assert tuple(judge_signal(checked, TASK).non_linear) == expected
        assert "trained with full signal and judged after removal at most" in signal_verdict(checked, TASK)


def test_more_after_removal_than_any_model_reaches_before_it_was_written_by_the_removal():
    full = {(model, "full"): 0.56 for model in ("logistic_regression", "three_layer", "five_layer")}
    levels = SIGNAL | full | {("five_layer", "removed"): 0.6}
    traced = make_fits(levels | {("three_layer", "removed"): 0.95})
    found = judge_signal(traced, TASK)
    assert tuple(found.non_linear) == (OPEN, WRITTEN)
    assert set(found.candidates["cause"]) == {WRITTEN}, "what one model reads, the others may"
    assert "written the label" in signal_verdict(traced, TASK)
    # As much as a model that is not linear reaches with full signal is signal.
    alike = make_fits(levels | {("three_layer", "removed"): 0.95, ("three_layer", "full"): 0.95})
    assert tuple(judge_signal(alike, TASK).non_linear) == (HOLDS, "")


def test_what_was_not_run_and_what_cannot_be_judged():
    fits = make_fits(SIGNAL)
    assert judge_signal(fits[fits["signal"] == "full"], TASK).non_linear.verdict == ABSENT
    assert judge_signal(fits[fits["model"] == "three_layer"], TASK).non_linear == (OPEN, NO_LINEAR_CHECK)
    assert judge_signal(fits.assign(smallest_class_groups=9), TASK).non_linear == (OPEN, FEW_GROUPS)
    with pytest.raises(InputError, match="Unknown task"):
        judge_signal(fits, "Blood vs Brian")


def test_sentences():
    fits = make_fits(SIGNAL)
    sentence = signal_verdict(fits, TASK)
    assert sentence.startswith("Blood vs Brain (chance 0.500, 5 folds (1 seed)): there is linear signal")
    assert "there is non-linear signal (after removal the three-layer network 0.80;" in sentence
    none = make_fits(SIGNAL | {("three_layer", "removed"): 0.5})
    planted = Planted(spread=1.5, n_genes=20, n_all=200)
    said = signal_verdict(none, TASK, planted=planted)
    assert "no non-linear signal beyond 0.050 above chance was found" in said
    assert "1.5 times the spread in 20 of 200 genes would have been found by logistic regression on squared genes" in said
    wide = signal_verdict(make_fits(SIGNAL | {("three_layer", "removed"): 0.5}, spread=0.1), TASK)
    assert "but it is inconclusive (too imprecise" in wide
    assert "above chance would have been seen" in wide
    assert "cannot be judged: the smallest class has 9 groups" in signal_verdict(fits.assign(smallest_class_groups=9), TASK)
    assert "a single run says nothing about uncertainty" in signal_verdict(fits[fits["fold"] == 0], TASK)
    assert "no linear model was run as a check" in signal_verdict(fits[fits["model"] == "three_layer"], TASK)


def test_what_casts_doubt_on_the_training_stands_in_the_sentence():
    fits = make_fits(SIGNAL, learning_rate=0.01)
    network, removed = fits["model"] == "three_layer", fits["signal"] == "removed"
    fits["ended_at_last_epoch"] = pd.array(np.where(network, removed, None), dtype="boolean")
    fits["failed_training"] = pd.array(np.where(network, removed & (fits["fold"] == 1), None), dtype="boolean")
    fits["at_edge"] = np.where(network & (fits["fold"] == 0), "lower", "")
    assert training_warnings(fits) == [
        "10 of 20 network fits ended at the last epoch",
        "2 of 20 network trainings never left their start",
        "the best setting lay at the edge of its range in 4 of 20 network fits",
    ]
    assert "Of the training: 5 of 10 network fits ended at the last epoch" in signal_verdict(fits, TASK)
    assert training_warnings(make_fits(SIGNAL)) == []


@pytest.fixture(scope="module")
def nothing():
    return make_task(simulate("Simulated 3", n_samples=150, n_features=40, seed=0), name="nothing", group=None)


def test_what_a_design_would_have_found_is_found_and_smaller_things_are_not(nothing):
    planted = smallest_planted(nothing, Design(n_inner_folds=1))
    assert planted.spread in (1.5, 2.0, 3.0), "four genes of forty, 75 samples a class"
    assert (planted.n_genes, planted.n_all) == (4, 40)
    fewer = smallest_planted(
        make_task(simulate("Simulated 3", n_samples=60, n_features=40, seed=0), name="few", group=None),
        Design(n_inner_folds=1),
    )
    assert np.isnan(fewer.spread) or fewer.spread > planted.spread, "fewer samples find less"


def test_nothing_is_planted_where_signal_was_found_or_nothing_can_be_judged(nothing):
    design = Design(n_inner_folds=1)
    found = make_fits(SIGNAL | {("squared_logistic", "removed"): 0.7}, tasks=("nothing",))
    assert planted_where_none(found, nothing, design) is None
    none = dict.fromkeys((*SIGNAL, ("squared_logistic", "removed")), 0.5)
    assert planted_where_none(make_fits(none, tasks=("nothing",), smallest_class_groups=9), nothing, design) is None
    assert planted_where_none(make_fits(dict.fromkeys(SIGNAL, 0.5), tasks=("nothing",)), nothing, design) is None

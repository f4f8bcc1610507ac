"""What results are kept under: the keys of units do not change when a name in the code does."""

from itertools import product

import pytest

from linear_signal.crossvalidation import unit
from linear_signal.crossvalidation.design import PRETRAINING, SIGNALS
from linear_signal.stored_names import signal_and_pretraining, stored_condition
from tiny_experiment import donors_task, tiny_plan

USUAL = {"models": ["exact_logistic_regression", "three_layer"], "signals": ("full", "removed", "removed_on_all_data")}
DONORS = {"tasks": [donors_task()]}
# Settings of a plan, and the keys that the units of its first fold had when signal and pretraining were one name.
KEPT = {
    "signals": (
        USUAL,
        {
            ("exact_logistic_regression", "full", "none"): "f692da937f3c7f9a11e5d9fb",
            ("three_layer", "full", "none"): "483080dec2af0dffd83d48ea",
            ("exact_logistic_regression", "removed", "none"): "fb2d62d9277aa2bb501498cc",
            ("three_layer", "removed", "none"): "8e6ef76dd1a2f8c5f240f1ea",
            ("exact_logistic_regression", "removed_on_all_data", "none"): "329caf3df9c6b19aa505741b",
            ("three_layer", "removed_on_all_data", "none"): "fdf65aeea4281bff4bff1429",
        },
    ),
    "tuned on full signal": (
        {"models": ["three_layer"], "signals": ["removed"], "tune_on": "full", "scale_on": "train", "split": "sample"},
        {("three_layer", "removed", "none"): "c69af4b11d8609292342b92f"},
    ),
    "pretraining": (
        DONORS | {"models": ["three_layer"], "signals": ["full"], "pretraining": PRETRAINING, "n_trials": 0},
        {
            ("three_layer", "full", "none"): "5644756048f0a4f83dd417fb",
            ("three_layer", "full", "pretrained"): "49b606572315c82c0c90afc8",
        },
    ),
    "a rung of the ladder of removal": (
        {"models": ["pair_products"], "signals": ["spreads_removed"]},
        {("pair_products", "spreads_removed", "none"): "e9702527521ada53ecb37a98"},
    ),
    "with a number of components": (
        {"models": ["pair_products"], "signals": ["covariances_removed"], "covariance_components": 5},
        {("pair_products", "covariances_removed", "none"): "7290aeb867e00a3b60d34e59"},
    ),
    "a network by its layers": (
        DONORS | {"models": ["dense(8, 4)"], "signals": ["full"], "removal_engine": "limma", "seeds": (3,)},
        {("dense(8, 4)", "full", "none"): "22c241e57994d3859c796638"},
    ),
}


@pytest.mark.parametrize("kind", KEPT)
def test_what_was_computed_before_is_found_under_its_key(kind, monkeypatch):
    monkeypatch.setattr(unit, "NUMERICS_VERSION", 3)  # of these keys; another version has others
    settings, keys = KEPT[kind]
    units = [one for one in tiny_plan(**settings).units if one.fold == 0]
    assert {(one.model, one.signal, one.pretraining): one.key for one in units} == keys


def test_every_pair_of_signal_and_pretraining_has_a_key_of_its_own():
    settings = DONORS | {"models": ["three_layer"], "signals": SIGNALS, "n_trials": 0}
    plans = [tiny_plan(**settings), tiny_plan(**settings, pretraining=PRETRAINING)]
    assert not plans[0].design.set_aside_for_pretraining
    keys = [unit.key for plan in plans for unit in plan.units]
    assert len(set(keys)) == len(keys) == 3 * 3 * len(SIGNALS), "not pretrained, with folds set aside, is another thing"
    alone = tiny_plan(**settings, set_aside_for_pretraining=True)
    assert {unit.key for unit in alone.units} < {unit.key for unit in plans[1].units}


def test_a_stored_name_says_which_signal_and_pretraining_it_is_of():
    for signal, pretraining in product(SIGNALS, PRETRAINING):
        assert signal_and_pretraining(stored_condition(signal, pretraining, set_aside=True)) == (signal, pretraining)
        assert signal_and_pretraining(stored_condition(signal, "none", set_aside=False)) == (signal, "none")

"""What results are kept under: the keys of units do not change when a name in the code does."""

from linear_signal.data.tasks import make_task
from tiny_experiment import donors_dataset


def donors_task():
    return make_task(donors_dataset(), name="A vs B")


# (settings of a plan, of its unit: signal and pretraining, the key it had when signal and pretraining were one name)
KEPT = [
    ({"models": ["exact_logistic_regression"]}, "full", "none", "f692da937f3c7f9a11e5d9fb"),
    ({"models": ["three_layer"]}, "full", "none", "483080dec2af0dffd83d48ea"),
    ({"models": ["exact_logistic_regression"]}, "removed", "none", "fb2d62d9277aa2bb501498cc"),
    ({"models": ["three_layer"]}, "removed", "none", "8e6ef76dd1a2f8c5f240f1ea"),
    ({"models": ["exact_logistic_regression"]}, "removed_on_all_data", "none", "329caf3df9c6b19aa505741b"),
    ({"models": ["three_layer"]}, "removed_on_all_data", "none", "fdf65aeea4281bff4bff1429"),
    (
        {"models": ["three_layer"], "tune_on": "full", "scale_on": "train", "split": "sample"},
        "removed",
        "none",
        "c69af4b11d8609292342b92f",
    ),
    (
        {"models": ["three_layer"], "donors": True, "n_trials": 0, "set_aside": True},
        "full",
        "none",
        "5644756048f0a4f83dd417fb",
    ),
    (
        {"models": ["three_layer"], "donors": True, "n_trials": 0, "set_aside": True},
        "full",
        "pretrained",
        "49b606572315c82c0c90afc8",
    ),
    (
        {"models": ["dense(8, 4)"], "donors": True, "removal_engine": "limma", "seeds": (3,)},
        "full",
        "none",
        "22c241e57994d3859c796638",
    ),
]

"""Analysis and figures take any metric: its column, its direction and its own level of chance."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from linear_signal.analysis.comparison import against_naive, compare_models, summarise
from linear_signal.analysis.metrics import BALANCED_ACCURACY, Metric
from linear_signal.analysis.rules import FAILS, HOLDS, above
from linear_signal.figures import difference_plot, learning_curves
from linear_signal.figures.style import drawn

PRECISION = Metric(
    column="precision",
    title="Average precision",
    chance="prevalence",
    lowest=0.0,
    highest=1.0,
    level=0.02,
    share_of_chance=0.5,
)
DISTANCE = Metric(column="l2", title="L2 distance", higher_is_better=False, lowest=0.0, level=0.1)


def fits(**means):
    """Fits of two models that lie apart in some columns: name=(first, second)."""
    random = np.random.default_rng(3)
    rows = []
    for (place, model), fold in product(enumerate(("logistic_regression", "three_layer")), range(6)):
        values = {name: pair[place] + 0.01 * random.standard_normal() for name, pair in means.items()}
        rows.append(
            {"task": "a", "signal": "full", "pretraining": "none", "split": "group", "model": model, "seed": 0, "fold": fold}
            | {
                "fraction": 1.0,
                "train_samples": 80,
                "validation_samples": 20,
                "smallest_class_groups": 40,
                "prevalence": 0.1,
            }
            | values
        )
    return pd.DataFrame(rows)


def test_of_a_distance_the_smaller_one_is_ahead():
    table = fits(l2=(5.0, 3.0))
    ahead = compare_models(table, "three_layer", "logistic_regression", metric=DISTANCE).iloc[0]
    assert ahead["difference"] == pytest.approx(2, abs=0.1)
    assert above(ahead).verdict == HOLDS
    assert above(compare_models(table, "logistic_regression", "three_layer", metric=DISTANCE).iloc[0]).verdict == FAILS
    assert summarise(table, by=["model"], metric=DISTANCE)["mean"].round().tolist() == [5, 3]


def test_every_metric_has_its_own_level_of_chance_and_region():
    table = fits(precision=(0.1, 0.3))
    rows = against_naive(table, metric=PRECISION)
    assert rows["second_mean"].tolist() == pytest.approx([0.1, 0.1])
    assert rows["margin"].tolist() == [0.02, 0.02]
    assert [above(row).verdict for row in rows.to_dict("records")] == [FAILS, HOLDS]
    assert BALANCED_ACCURACY.margin(1 / 8) == 0.25 / 8


def test_figures_are_titled_by_the_metric():
    table = fits(precision=(0.2, 0.3))
    curves = learning_curves(table, synthetic=True, metric=PRECISION)
    assert curves.labels.y == "Average precision"
    drawn(curves)
    differences = difference_plot(
        compare_models(table, "three_layer", "logistic_regression", metric=PRECISION), synthetic=True
    )
    assert differences.labels.x.startswith("Difference in average precision")
    drawn(differences)

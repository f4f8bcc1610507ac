"""Learning curves: what can be learnt is learnt from enough doubles, and from few it is not."""

import numpy as np
import pandas as pd
import pytest

from linear_signal.errors import InputError
from linear_signal.studies.ahlmann2025.components import leading_components
from linear_signal.studies.ahlmann2025.networks import NetworkSettings
from linear_signal.studies.ahlmann2025.power import MODULES, RANDOM, crossover, power_curve
from linear_signal.studies.ahlmann2025.simulated_modules import simulate_modules

SETTINGS = NetworkSettings(hidden=(64, 64), epochs=100, batch_size=64, learning_rate=3e-3)


@pytest.fixture(scope="module")
def made():
    return simulate_modules(n_genes=20, n_singles=40, n_doubles=450, n_modules=4, seed=3)


def test_a_network_wins_from_enough_doubles_on_and_not_from_few(made):
    curve = power_curve(made, sizes=(20, 350), n_judged=100, settings=SETTINGS)
    wide = curve.pivot(index="train_doubles", columns="model", values="l2")
    linear = wide.drop(columns=["mlp", "repeat"]).min(axis=1)
    assert wide.loc[350, "mlp"] < 0.8 * linear[350]
    assert wide.loc[20, "mlp"] > 0.9 * linear[20]
    assert (wide["repeat"] < wide["mlp"]).all()
    assert wide["additive"].nunique() == 1  # the same doubles are judged at every size
    assert crossover(curve) == 350


def test_what_cannot_be_asked_is_refused(made):
    for options in ({"sizes": (400,)}, {"sizes": ()}, {"held_out": "modules"}, {"held_out": MODULES, "sizes": (449,)}):
        with pytest.raises(InputError):
            power_curve(made, n_judged=100, **options)


@pytest.mark.parametrize(
    ("network", "expected"), [([3, 1, 1], 100), ([1, 3, 1], 1000), ([3, 3, 3], np.inf), ([1, 1, 1], 10)]
)
def test_the_crossover_is_where_the_network_stays_ahead(network, expected):
    rows = [
        {"train_doubles": size, "held_out": RANDOM, "model": model, "l2": value}
        for size, mlp in zip((10, 100, 1000), network, strict=True)
        for model, value in (("mlp", mlp), ("additive", 2.0), ("ridge 1", 2.5), ("repeat", 0.1))
    ]
    assert crossover(pd.DataFrame(rows)) == expected


@pytest.mark.parametrize("shape", [(5, 12), (12, 5), (6, 6)])
def test_components_are_those_of_a_singular_value_decomposition(shape):
    table = np.random.default_rng(0).standard_normal(shape)
    left, sizes, right = np.linalg.svd(table, full_matrices=False)
    scores, axes = leading_components(table, 3)
    assert np.allclose(scores @ axes, (left[:, :3] * sizes[:3]) @ right[:3])
    assert np.allclose(axes @ axes.T, np.eye(3))
    assert np.allclose(np.linalg.norm(scores, axis=0), sizes[:3])
    whole, its = leading_components(table, 99)
    assert np.allclose(whole @ its, table)

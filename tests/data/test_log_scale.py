"""Expression in other units: order is kept, zeros are told apart by nothing but chance, and labels play no part."""

import numpy as np
import pandas as pd
import pytest

from linear_signal.data.dataset import Dataset
from linear_signal.data.log_scale import in_units, unscaled
from linear_signal.data.preprocessing import ZeroOneScaling, zero_one
from linear_signal.errors import InputError

N_SAMPLES, N_GENES = 60, 5


def dataset(labels=None, scaling=True):
    random = np.random.default_rng(1)
    tpm = random.lognormal(3, 1, (N_SAMPLES, N_GENES)).astype(np.float32)
    tpm[random.random(tpm.shape) < 0.3] = 0
    scaled, minimum, maximum = zero_one(tpm.T)
    made = Dataset(
        name="made up",
        expression=scaled.T,
        samples=pd.DataFrame(
            {"label": labels or ["A", "B"] * (N_SAMPLES // 2)}, index=[f"s{number}" for number in range(N_SAMPLES)]
        ),
        gene_ids=np.array([f"g{number}" for number in range(N_GENES)]),
        source="a test",
        synthetic=True,
        scaling=ZeroOneScaling(minimum=minimum, maximum=maximum) if scaling else None,
    )
    return made, tpm


def test_values_are_led_back_to_what_they_were():
    data, tpm = dataset()
    np.testing.assert_allclose(unscaled(data), tpm, rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(unscaled(in_units(data, units="log", zeros="kept")), np.log2(1 + tpm), atol=1e-4)


def test_as_they_are_is_the_data_set_itself():
    data, _ = dataset()
    assert in_units(data, units="tpm", zeros="kept") is data


@pytest.mark.parametrize("units", ["log", "tpm"])
def test_zeros_are_spread_and_the_order_of_all_else_is_kept(units):
    data, tpm = dataset()
    seen = in_units(data, units=units, zeros="spread")
    assert seen.expression.min() == 0
    assert seen.expression.max() == 1
    for gene in range(N_GENES):
        zero = tpm[:, gene] == 0
        assert len(np.unique(seen.expression[zero, gene])) == zero.sum()
        above, before = seen.expression[~zero, gene], tpm[~zero, gene]
        assert (np.argsort(above, kind="stable") == np.argsort(before, kind="stable")).all()


def test_labels_play_no_part_and_the_same_call_gives_the_same():
    values = [
        in_units(dataset(labels)[0], units="log", zeros="spread").expression
        for labels in (None, None, ["A"] * 30 + ["B"] * 30)
    ]
    np.testing.assert_array_equal(values[0], values[1])
    np.testing.assert_array_equal(values[0], values[2])


@pytest.mark.parametrize(("units", "zeros"), [("lgo", "spread"), ("log", "spraed")])
def test_unknown_names_are_refused(units, zeros):
    with pytest.raises(InputError, match="did you mean"):
        in_units(dataset()[0], units=units, zeros=zeros)


def test_values_that_cannot_be_led_back_are_refused():
    with pytest.raises(InputError, match="no scaling"):
        in_units(dataset(scaling=False)[0], units="log", zeros="kept")

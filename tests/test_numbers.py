"""Numbers as readers see them: one rounding, real minus signs, nothing that looks better or worse than it is."""

import math

import pytest

from linear_signal.numbers import MINUS, MISSING, accuracy, chance, difference, interval, share


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.975, "0.98"),
        (0.125, "0.13"),
        (0.625, "0.63"),
        (0.7 + 0.005, "0.71"),
        (sum([0.975] * 10) / 10, "0.98"),
        (1, "1.00"),
    ],
)
def test_halves_are_rounded_up_whatever_the_machine_makes_of_them(value, written):
    assert accuracy(value) == written


def test_chance_keeps_the_digits_that_tell_an_eighth():
    assert [chance(1 / classes) for classes in (2, 6, 8, 21)] == ["0.500", "0.167", "0.125", "0.048"]


@pytest.mark.parametrize(
    ("value", "signed", "written"),
    [
        (-0.0195, True, f"{MINUS}0.020"),
        (0.0195, True, "+0.020"),
        (0.0195, False, "0.020"),
        (-0.0195, False, f"{MINUS}0.020"),
        (-0.0004, True, "0.000"),
        (0.0004, True, "0.000"),
        (-1e-12, False, "0.000"),
    ],
)
def test_differences_have_real_signs_and_zero_has_none(value, signed, written):
    assert difference(value, signed=signed) == written


def test_both_ends_of_an_interval_are_written_like_the_number_between_them():
    assert interval(0.511, 0.528) == "0.51 to 0.53"
    assert interval(-0.308, 0.041, of=difference) == f"{MINUS}0.308 to +0.041"


def test_what_is_not_known_is_a_dash():
    assert {write(math.nan) for write in (accuracy, chance, difference, share)} == {MISSING}
    assert interval(math.nan, math.nan) == interval(0.5, math.nan) == MISSING


def test_only_none_is_no_per_cent_and_only_all_is_a_hundred():
    assert [share(value) for value in (0, 0.0004, 0.9996, 1)] == ["0 %", "under 0.1 %", "over 99.9 %", "100 %"]
    assert [share(value) for value in (0.004, 0.05, 0.125, 0.5, 0.975)] == ["0.4 %", "5 %", "13 %", "50 %", "97.5 %"]

"""Keys of the store, on made-up units: one key for the same settings, however they are written, and another for others."""

import json

from hypothesis import given
from hypothesis import strategies as st

from examples import few
from linear_signal.experiment.unit import Unit

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
settings = st.dictionaries(st.text(max_size=6), plain, max_size=5)


class MadeUp(Unit):
    """A unit that has settings and computes nothing."""

    TABLES = ("rows",)

    def __init__(self, given_ones):
        self.given = given_ones

    @property
    def settings(self):
        return self.given

    @property
    def names(self):
        return {}

    def compute(self, device):
        return {}, {}


def turned(value):
    """The same with every mapping in the opposite order."""
    if isinstance(value, dict):
        return {name: turned(value[name]) for name in reversed(value)}
    return [turned(one) for one in value] if isinstance(value, list) else value


@few
@given(given_ones=settings)
def test_a_key_follows_from_what_settings_say_and_from_nothing_else(given_ones):
    key = MadeUp(given_ones).key
    assert len(key) == 24
    assert set(key) <= set("0123456789abcdef")
    assert MadeUp(turned(given_ones)).key == MadeUp(json.loads(json.dumps(given_ones))).key == key


@few
@given(given_ones=settings, others=settings, name=st.text(max_size=6), value=plain)
def test_settings_that_differ_anywhere_have_another_key(given_ones, others, name, value):
    for changed in (others, {**given_ones, name: value}, {name: given_ones}):
        same = json.dumps(changed, sort_keys=True) == json.dumps(given_ones, sort_keys=True)
        assert (MadeUp(changed).key == MadeUp(given_ones).key) == same

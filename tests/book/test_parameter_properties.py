"""The check of parameters, on made-up names and values: what fits comes out as it went in, all else is refused by name."""

import ast
import keyword

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from examples import few
from linear_signal.book.parameters import check_given, check_parameters, declared_in
from linear_signal.errors import InputError

texts = st.text(st.characters(exclude_categories=["C"]), max_size=12)
whole = st.integers(-(10**15), 10**15)
numbers = st.floats(allow_nan=False, allow_infinity=False)
FITTING = {
    "str": texts,
    "int": whole,
    "float": numbers | whole,
    "bool": st.booleans(),
    "list[str]": st.lists(texts, max_size=4),
    "list[int]": st.lists(whole, max_size=4),
    "list[float]": st.lists(numbers | whole, max_size=4),
}
DEFAULTS = {"str": "a", "int": 1, "float": 0.5, "bool": False, "list[str]": ["a"], "list[int]": [1], "list[float]": [0.5]}
names = st.from_regex(r"[a-z][a-z_]{2,9}", fullmatch=True).filter(
    lambda name: not keyword.iskeyword(name) and name != "shared"
)
# Whatever YAML can hold.
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=5,
)


@st.composite
def cells(draw):
    """Make up a parameters cell: its source, and the type of each name."""
    types = draw(st.dictionaries(names, st.sampled_from(sorted(FITTING)), min_size=1, max_size=6))
    return "\n".join(f"{name}: {kind} = {DEFAULTS[kind]!r}" for name, kind in types.items()), types


def fits(value, kind):
    if kind.startswith("list["):
        return isinstance(value, list) and all(fits(one, kind[5:-1]) for one in value)
    if isinstance(value, bool) or kind == "bool":
        return isinstance(value, bool) and kind == "bool"
    if kind == "str":
        return isinstance(value, str) and value.isprintable()
    return isinstance(value, int) or (kind == "float" and isinstance(value, float))


@few
@given(cell=cells(), data=st.data())
def test_values_that_fit_come_out_as_they_went_in_whichever_way(cell, data):
    source, types = cell
    given_ones = {name: data.draw(FITTING[kind]) for name, kind in types.items() if data.draw(st.booleans())}
    expected = {name: given_ones.get(name, DEFAULTS[kind]) for name, kind in types.items()}
    checked = check_given(source, given_ones)
    assert checked.as_dict() == expected
    assert checked.changed == {name: value for name, value in expected.items() if value != DEFAULTS[types[name]]}
    for name, kind in types.items():
        assert fits(getattr(checked, name), kind)
        assert not kind.endswith("float") or isinstance(getattr(checked, name), float | list)
    # As a front end has them, after papermill has put its own cell behind that of the parameters.
    passed = "# Parameters\n" + "\n".join(f"{name} = {value!r}" for name, value in given_ones.items())
    assert check_parameters({"In": ["", source, passed], **expected}).as_dict() == expected
    # And by a file.
    assert check_given(source, yaml.safe_load(yaml.safe_dump(given_ones))).as_dict() == expected


@few
@given(cell=cells(), value=anything, data=st.data())
def test_a_value_of_another_type_is_refused_by_its_name(cell, value, data):
    source, types = cell
    name = data.draw(st.sampled_from(sorted(types)))
    if fits(value, types[name]):
        return
    with pytest.raises(InputError, match=rf"\b{name}\b") as refused:
        check_given(source, {name: value})
    assert len(str(refused.value)) < 1000


@few
@given(cell=cells(), name=st.text(max_size=20), value=anything)
def test_a_name_that_is_not_declared_is_refused_whatever_it_holds(cell, name, value):
    source, types = cell
    if name in types:
        return
    with pytest.raises(InputError, match="Unknown parameter"):
        check_given(source, {name: value})


@few
@given(cell=cells())
def test_a_cell_declares_what_python_reads_in_it(cell):
    source, types = cell
    declared = declared_in(source)
    assert {name: one.annotation for name, one in declared.items()} == types
    assert all(one.default == ast.literal_eval(repr(DEFAULTS[types[name]])) for name, one in declared.items())

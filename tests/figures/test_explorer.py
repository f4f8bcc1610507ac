"""Explorers before a browser has them: data as they were given, safe in a page, small, and refused where they cannot be."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples import few
from explorer_tables import fits, grid, levels_of_lines
from linear_signal.errors import InputError
from linear_signal.figures.explorer import scatter_explorer, surface_explorer
from linear_signal.figures.explorer.contour import zero_lines
from linear_signal.figures.explorer.look import DAY, NIGHT, by_theme, contrast
from linear_signal.figures.explorer.packed import pack, unpack
from linear_signal.figures.explorer.page import MODULES, module, unpacked_text

SCATTER = {
    "name": "sizes",
    "x": "size",
    "y": "score",
    "alt": "Scores by size.",
    "synthetic": True,
    "choose": {"task": "one", "scheme": "many"},
}
SURFACE = {"name": "phase", "x": "share", "y": "noise", "value": "difference", "alt": "A map.", "synthetic": True}
SURFACE |= {"low": "less", "high": "more"}


def parts(explorer):
    """Return the explorer's traits and the text of its scripts, read as a browser divides the page."""
    scripts = re.findall(r"<script[^>]*?(?:data-part=\"(\w+)\")?>(.*?)</script>", explorer.html, flags=re.DOTALL)
    assert [name for name, _ in scripts] == ["traits", "module", ""]
    return unpacked_text(scripts[0][1]), scripts[1][1]


numbers = st.one_of(
    st.none(), st.integers(-(10**9), 10**9), st.floats(-1e12, 1e12), st.sampled_from([0.5, 0.25, float("inf")])
)


@settings(few, max_examples=40)
@given(st.lists(numbers, min_size=1, max_size=40), st.sampled_from([3, 4, 6]))
def test_numbers_come_back_to_the_digits_that_are_kept(values, digits):
    table = pd.DataFrame({"value": pd.array([np.nan if value is None else value for value in values], dtype=float)})
    back = unpack(json.loads(json.dumps(pack(table, categories=[], digits=digits))))["value"]
    for value, read in zip(table["value"], back, strict=True):
        if not np.isfinite(value):
            assert pd.isna(read)
        else:
            assert read == value if value.is_integer() else float(f"{value:.{digits}g}") == read


@settings(few, max_examples=40)
@given(st.lists(st.one_of(st.none(), st.text(max_size=5)), min_size=1, max_size=20))
def test_names_come_back_and_a_missing_one_is_named(values):
    back = unpack(pack(pd.DataFrame({"name": pd.Series(values, dtype=object)}), categories=["name"]))["name"]
    assert list(back) == [value or "–" for value in values]


def test_the_page_holds_the_table_that_was_given():
    table = fits()
    traits, _ = parts(scatter_explorer(table, **SCATTER, fields=["model"], intervals={"score": ("lower", "upper")}))
    shown = unpack(traits["columns"])
    assert set(shown) == {"task", "scheme", "model", "size", "score", "lower", "upper"}
    for column in shown:
        assert list(shown[column]) == list(table[column])


def test_a_notebook_keeps_the_data_once():
    explorer = scatter_explorer(fits(), **SCATTER)
    assert explorer._repr_html_() == explorer.html
    assert len(repr(explorer)) < 100


def test_names_cannot_leave_their_place_in_the_page():
    name = '</script><script>alert(1)</script><!-- & "quoted" $x$ \''
    table = fits().assign(model=name)
    traits, text = parts(
        scatter_explorer(table, **SCATTER | {"alt": name}, fields=["model"], titles={"size": name}, words=name)
    )
    assert set(unpack(traits["columns"])["model"]) == {name}
    assert traits["declaration"]["titles"]["size"] == name
    assert text == module("scatter")


@pytest.mark.parametrize("kind", MODULES)
def test_a_module_is_small_and_may_stand_in_a_script(kind):
    text = module(kind)
    assert len(text.encode()) < 60_000
    assert not re.search(r"</script|<!--|<script", text, flags=re.IGNORECASE)
    assert text.count("export default { render }") == 1
    assert "import " not in text


def test_five_thousand_points_fit_the_budget():
    generator = np.random.default_rng(0)
    rows = 5000
    table = pd.DataFrame(
        {
            "task": generator.choice(["one", "other"], rows),
            "scheme": generator.choice(["first", "second", "third"], rows),
            "input": generator.choice(["signal", "sequence", "both"], rows),
            "model": [f"dense {k % 5 + 1} × {2 ** (k % 13)}" for k in range(rows)],
            "size": (10 ** generator.uniform(1, 8, rows)).astype(int),
            "score": generator.random(rows),
            "epochs": generator.integers(1, 100, rows),
        }
    )
    table["lower"], table["upper"] = table["score"] - 0.02, table["score"] + 0.02
    choose = {"task": "many", "scheme": "many", "input": "many"}
    told = SCATTER | {"choose": choose, "colour": "input", "log": ["size"], "intervals": {"score": ("lower", "upper")}}
    explorer = scatter_explorer(table, **told, panels="scheme", fields=["model", "size", "score", "epochs"])
    assert len(explorer.html.encode()) <= 250_000
    with pytest.raises(InputError, match="kB"):
        scatter_explorer(table, **told, budget=40_000)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"x": "sizes"}, "sizes"),
        ({"choose": {"taks": "one"}}, "taks"),
        ({"choose": {"task": "few"}}, "few"),
        ({"fields": ["modell"]}, "modell"),
        ({"y": "model"}, "model"),
        ({"y": []}, "column for x and one for y"),
        ({"log": ["shift"], "y": ["score", "shift"]}, "logarithmic"),
        ({"log": ["model"]}, "model"),
        ({"intervals": {"size": ("lower", "higher")}}, "higher"),
        ({"start": {"task": "expresion"}}, "expresion"),
        ({"start": {"taks": "expression"}}, "taks"),
        ({"start": {"task": ["expression", "boundaries"]}}, "one value"),
        ({"colour": "scheme", "colours": {"hybrid": "blue"}}, "blue"),
        ({"marker": "scheme", "shapes": {"hybrid": "x"}}, "'x'"),
        ({"lines": levels_of_lines().rename(columns={"scheme": "shceme"})}, "shceme"),
        ({"lines": levels_of_lines().drop(columns="score")}, "height"),
        ({"lines": levels_of_lines().drop(columns="line")}, "line"),
        ({"name": "Sizes of all"}, "Sizes of all"),
        ({"limits": {"score": (1, 0)}}, "from 1 to 0"),
        ({"limits": {"size": (0, 10)}, "log": ["size"]}, "above 0"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_shown_is_refused_by_name(change, named):
    with pytest.raises(InputError, match=re.escape(named)):
        scatter_explorer(fits(), **SCATTER | change)


def test_an_empty_table_is_refused():
    with pytest.raises(InputError, match="empty"):
        scatter_explorer(fits().iloc[:0], **SCATTER)


def test_lines_for_what_the_table_lacks_are_left_out():
    lines = levels_of_lines()
    traits, _ = parts(scatter_explorer(fits().query("scheme != 'hybrid'"), **SCATTER, lines=lines))
    kept = unpack(traits["declaration"]["lines"]["columns"])
    assert set(lines["scheme"]) - set(kept["scheme"]) == {"hybrid"}


@settings(few, max_examples=100)
@given(st.from_regex(r"#[0-9a-f]{6}", fullmatch=True))
def test_every_colour_can_be_told_from_the_page_by_day_and_by_night(colour):
    by_day, by_night = re.fullmatch(r"light-dark\((.*),(.*)\)", by_theme(colour)).groups()
    assert contrast(by_day, DAY) >= 3
    assert contrast(by_night, NIGHT) >= 4.5
    if contrast(colour, DAY) >= 3:
        assert by_day == colour


@pytest.mark.parametrize("slope", [(1, 0), (0, -2), (1.5, 1), (-1, 3)])
def test_the_contour_of_a_plane_lies_where_the_plane_is_zero(slope):
    across, up = slope
    rows, columns = np.mgrid[0:6, 0:5]
    pieces = np.array(zero_lines(across * (columns - 2.2) + up * (rows - 2.7)))
    assert len(pieces) >= 4
    for x, y in (pieces[:, :2].T, pieces[:, 2:].T):
        np.testing.assert_allclose(across * (x - 2.2) + up * (y - 2.7), 0, atol=1e-12)


def test_there_is_no_contour_where_nothing_changes_sign():
    assert zero_lines(np.ones((4, 4))) == []


def test_a_grid_with_a_hole_or_two_rows_at_a_place_is_refused():
    table = grid()
    with pytest.raises(InputError, match=r"0\.5.*2\.0|2\.0.*0\.5"):
        surface_explorer(table[~((table.share == 0.5) & (table.noise == 2.0))], **SURFACE)
    with pytest.raises(InputError, match="more than one row"):
        surface_explorer(pd.concat([table, table.iloc[:1]]), **SURFACE)
    with pytest.raises(InputError, match="at least two"):
        surface_explorer(table[table.share == 0.5], **SURFACE)
    with pytest.raises(InputError, match="number in every row"):
        surface_explorer(table.assign(difference=np.nan), **SURFACE)


def test_the_order_of_the_rows_of_a_grid_does_not_matter():
    table = grid()
    assert surface_explorer(table, **SURFACE).html == surface_explorer(table.sample(frac=1, random_state=0), **SURFACE).html

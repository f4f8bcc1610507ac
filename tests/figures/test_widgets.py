"""Widgets of a static page: structure, links in the embedded state, text for those who see no picture."""

import json
import re
from base64 import b64decode

import pandas as pd
import pytest
from ipywidgets import Dropdown, Stack, ToggleButtons
from ipywidgets.embed import dependency_state, embed_data
from plotnine import aes, geom_point, ggplot, labs

from linear_signal.errors import InputError
from linear_signal.figures.style import book_theme
from linear_signal.figures.widgets import linked_panels


@pytest.fixture(scope="module")
def figure():
    table = pd.DataFrame({"x": [1, 2], "y": [0.5, 1.0]})
    text = labs(x="Training samples", y="Balanced accuracy", caption="Mean of 5 runs.")
    return ggplot(table, aes("x", "y")) + geom_point() + text + book_theme(height=2)


def state_of(widget):
    return embed_data(views=[widget], state=dependency_state(widget))["manager_state"]["state"]


def links_of(state):
    """(source model, target model) of every link, as embedded."""
    links = [model["state"] for model in state.values() if model["model_name"] == "LinkModel"]
    name = {key: model["model_name"] for key, model in state.items()}
    read = [[(name[end[0].removeprefix("IPY_MODEL_")], end[1]) for end in (x["source"], x["target"])] for x in links]
    return [(*source, *target) for source, target in read]


def test_one_control(figure):
    widget = linked_panels(dict.fromkeys("ABC", figure), ["Task"])
    bar, stack = widget.children
    assert isinstance(bar.children[0], ToggleButtons)
    assert isinstance(stack, Stack)
    assert len(stack.children) == 3
    assert links_of(state_of(widget)) == [("ToggleButtonsModel", "index", "StackModel", "selected_index")]


def test_many_choices_become_a_list(figure):
    widget = linked_panels({f"Choice {n}": figure for n in range(6)}, ["Task"])
    assert isinstance(widget.children[0].children[0], Dropdown)


def test_two_controls_are_a_stack_of_stacks(figure):
    keys = [(task, signal) for task in ("A", "B", "C") for signal in ("full", "removed")]
    captions = {key: f"caption of {' '.join(key)}" for key in keys}
    widget = linked_panels(dict.fromkeys(keys, figure), ["Task", "Signal"], captions=captions)
    bar, outer = widget.children
    assert [list(control.options) for control in bar.children] == [["A", "B", "C"], ["full", "removed"]]
    assert all(isinstance(inner, Stack) for inner in outer.children)
    shown = [panel.value for inner in outer.children for panel in inner.children]
    assert [re.search(r"caption of (\w+ \w+)", html)[1] for html in shown] == [" ".join(key) for key in keys]
    state = state_of(widget)
    assert len(links_of(state)) == 4
    assert "OutputModel" not in json.dumps(state)


def test_panels_are_pictures_with_a_text_instead(figure):
    alts = {"A": 'a "quoted" <text>'}
    widget = linked_panels({"A": figure, "B": figure}, ["Task"], alts=alts, captions={"B": "<b>plain</b>"})
    first, second = (panel.value for panel in widget.children[1].children)
    assert 'alt="a &quot;quoted&quot; &lt;text&gt;"' in first
    assert 'alt="B: Balanced accuracy against Training samples. Mean of 5 runs."' in second
    assert "&lt;b&gt;plain&lt;/b&gt;" in second
    assert "<svg" not in first
    mime, data = re.search(r'src="data:([^;]+);base64,([^"]+)"', first).groups()
    assert mime in ("image/svg+xml", "image/png")
    assert len(b64decode(data)) > 1000


def test_a_missing_combination_is_named(figure):
    keys = [("A", "full"), ("A", "removed"), ("B", "full")]
    with pytest.raises(InputError, match="No figure for 'B' / 'removed'"):
        linked_panels(dict.fromkeys(keys, figure), ["Task", "Signal"])


def test_wrong_use_is_refused_before_drawing(figure):
    with pytest.raises(InputError, match="at least one figure"):
        linked_panels({}, ["Task"])
    with pytest.raises(InputError, match="one or two controls"):
        linked_panels({"A": figure}, [])
    with pytest.raises(InputError, match="1 choices for 2 controls"):
        linked_panels({"A": figure}, ["Task", "Signal"])
    with pytest.raises(InputError, match="no panel of that name"):
        linked_panels({"A": figure}, ["Task"], captions={"B": "text"})


def test_a_widget_too_large_for_a_page_is_refused(figure):
    with pytest.raises(InputError, match=r"may take 0\.0 MB"):
        linked_panels({"A": figure}, ["Task"], budget=1000)

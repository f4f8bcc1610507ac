"""An explorer as a widget: its state is a trait that Python reads and sets, and without the package the error says so."""

import sys

import pytest

from explorer_tables import fits
from linear_signal.errors import InputError
from linear_signal.figures.explorer import as_widget, scatter_explorer


@pytest.fixture
def explorer():
    choose = {"task": "one", "scheme": "many"}
    return scatter_explorer(fits(), name="sizes", x="size", y="score", alt="Scores.", synthetic=True, choose=choose)


def test_without_the_package_it_is_said_what_is_missing(explorer, monkeypatch):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    with pytest.raises(InputError, match="pip install anywidget"):
        as_widget(explorer)


def test_a_widget_begins_as_the_page_does_and_tells_of_changes(explorer):
    widget, heard = as_widget(explorer), []
    assert widget.state["task"] == list(explorer.declaration["start"]["task"])
    assert set(widget.columns) == set(explorer.columns)
    widget.observe(lambda change: heard.append(change["new"]["scheme"]), "state")
    widget.state = {**widget.state, "scheme": ["hybrid"]}
    assert heard == [["hybrid"]]


def test_a_page_shows_what_jupyterlab_shows_as_a_widget(explorer):
    shown, _ = as_widget(explorer)._repr_mimebundle_()
    assert shown["text/html"] == explorer.html
    assert "application/vnd.jupyter.widget-view+json" in shown

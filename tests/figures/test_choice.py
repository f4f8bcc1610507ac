"""Figures behind a menu: one at a time with a script, all of them without, and text for those who see no picture."""

import re
from base64 import b64decode

import pandas as pd
import pytest
from plotnine import aes, geom_point, ggplot, labs

from browser import chromium, needs_chromium
from linear_signal.errors import InputError
from linear_signal.figures.choice import figures_by_choice
from linear_signal.figures.style import book_theme

ODD = '</script><b onclick="alert(1)">$x$ & "C"'


@pytest.fixture(scope="module")
def figure():
    table = pd.DataFrame({"x": [1, 2], "y": [0.5, 1.0]})
    text = labs(x="Training samples", y="Balanced accuracy", caption="Mean of 5 runs.")
    return ggplot(table, aes("x", "y")) + geom_point() + text + book_theme(height=2)


def test_figures_are_pictures_with_a_text_instead(figure):
    page = figures_by_choice({"A": figure, "B": figure}, "Task", alts={"A": 'a "quoted" <text>'}).html
    assert 'alt="a &quot;quoted&quot; &lt;text&gt;"' in page
    assert 'alt="B: Balanced accuracy against Training samples. Mean of 5 runs."' in page
    for mime, data in re.findall(r'src="data:([^;]+);base64,([^"]+)"', page):
        assert mime in ("image/svg+xml", "image/png")
        assert len(b64decode(data)) > 1000


def test_wrong_use_is_refused(figure):
    with pytest.raises(InputError, match="at least one figure"):
        figures_by_choice({}, "Task")
    with pytest.raises(InputError, match="no figure of that name"):
        figures_by_choice({"A": figure}, "Task", alts={"B": "text"})
    with pytest.raises(InputError, match=r"may take 0\.0 MB"):
        figures_by_choice({"A": figure}, "Task", budget=1000)


@needs_chromium
def test_a_menu_shows_one_figure_at_a_time_and_without_a_script_all_are_there(figure, tmp_path):
    page = tmp_path / "page.html"
    shown = figures_by_choice(dict.fromkeys(["A", "B", ODD], figure), "Pair")
    page.write_text(f'<!doctype html><meta charset="utf-8">{shown.html}', encoding="utf-8")
    with chromium() as browser:
        opened = browser.new_context(offline=True).new_page()
        opened.goto(page.as_uri())
        menu = opened.get_by_label("Pair")
        assert [one.is_visible() for one in opened.locator("figure").all()] == [True, False, False]
        menu.focus()
        opened.keyboard.press("ArrowDown")
        assert [one.is_visible() for one in opened.locator("figure").all()] == [False, True, False]
        assert menu.locator("option").last.inner_text() == ODD
        plain = browser.new_context(offline=True, java_script_enabled=False).new_page()
        plain.goto(page.as_uri())
        assert all(one.is_visible() for one in plain.locator("figure").all())
        assert plain.locator(".choice-name").all_inner_texts() == ["A", "B", ODD]
        assert not plain.locator("select").is_visible()

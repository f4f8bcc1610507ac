"""The sketch of signal removal: what it says is what the library computes, wherever the sliders stand."""

import re

import numpy as np
import pytest

from browser import chromium, needs_chromium
from linear_signal.figures.explorer import removal_sketch
from linear_signal.figures.explorer.removal import RATIOS, SHIFTS, base_points, classes_of, discriminants, without_means


def accuracies(shift, ratio):
    """Return balanced accuracies by boundary: before, after removal."""
    learn, judge = (classes_of(base, shift, ratio) for base in base_points())
    found = {}
    for ways in ((learn, judge), (without_means(learn), without_means(judge))):
        for kind, score in discriminants(ways[0]).items():
            right = (score(ways[1]) > 0) == np.array([[False], [True]])
            found.setdefault(kind, []).append(right.mean())
    return found


def test_removal_takes_a_difference_of_means_and_leaves_one_of_spreads():
    only_mean, only_spread, neither = accuracies(3.0, 1.0), accuracies(0.0, 3.0), accuracies(0.0, 1.0)
    assert only_mean["line"][0] > 0.9
    assert only_mean["line"][1] == 0.5
    assert abs(only_mean["curve"][1] - 0.5) < 0.06
    assert abs(only_spread["line"][0] - 0.5) < 0.1
    assert min(only_spread["curve"]) > 0.75
    assert abs(np.array(list(neither.values())) - 0.5).max() < 0.06


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    path = tmp_path_factory.mktemp("sketch") / "page.html"
    path.write_text(f'<!doctype html><meta charset="utf-8"><body>{removal_sketch().html}</body>', encoding="utf-8")
    with chromium() as browser:
        yield lambda **settings: (browser.new_context(offline=True, **settings).new_page(), path.as_uri())


def shown(opened):
    rows = opened.locator("tbody tr").all()
    return [[float(cell) for cell in row.locator("td").all_inner_texts()] for row in rows]


@needs_chromium
def test_sliders_move_points_boundaries_and_numbers(page):
    opened, address = page()
    problems = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.goto(address)
    opened.locator(".xp").wait_for()
    assert shown(opened) == pytest.approx(np.array(list(accuracies(2.0, 2.5).values())), abs=0.0051)
    assert opened.locator(".xp-line").count() == 1, "after removal there is no line"
    assert opened.locator(".xp-curve").count() == 2
    before = opened.locator(".xp-marks").nth(1).get_attribute("d")
    ratio = opened.get_by_role("slider").nth(1)
    ratio.focus()
    opened.keyboard.press("Home")
    assert opened.locator(".xp-marks").nth(1).get_attribute("d") != before
    assert shown(opened) == pytest.approx(np.array(list(accuracies(2.0, 1.0).values())), abs=0.0051)
    assert "means alone" in opened.get_by_role("status").inner_text()
    opened.reload()
    assert opened.get_by_role("slider").nth(1).get_attribute("aria-valuetext") == "1"
    assert not problems


@needs_chromium
def test_without_a_script_the_sketch_is_drawn(page):
    opened, address = page(java_script_enabled=False)
    opened.goto(address)
    still = opened.locator("svg")
    assert still.is_visible()
    assert {"Before removal", "After removal", "Linear", "Non-linear"} <= set(still.locator("text").all_text_contents())


def test_the_sliders_begin_at_one_of_their_steps():
    start = removal_sketch(shift=SHIFTS[-1], ratio=RATIOS[0]).declaration["start"]
    assert start == {"shift": [str(len(SHIFTS) - 1)], "ratio": ["0"]}
    assert len(removal_sketch().html) < 60_000
    assert re.search(r"stroke-dasharray", removal_sketch().still)

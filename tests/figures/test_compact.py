"""Pictures in fewer bytes are the same pictures: every point where it was, every text, every colour."""

import re
from io import BytesIO
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from linear_signal.figures.compact_png import compact_png
from linear_signal.figures.compact_svg import compact

LETTERS = re.compile(r"([A-Za-z])|(-?(?:\d+\.?\d*|\.\d+))")


@pytest.fixture(scope="module")
def picture():
    """A figure with lines, curves, filled areas, clipped marks and texts."""
    figure = Figure(figsize=(4, 3))
    axes = figure.subplots()
    x = np.linspace(0, 7, 30)
    axes.plot(x, np.sin(x), "o-", label="sine")
    axes.fill_between(x, np.sin(x) - 0.1, np.sin(x) + 0.1, alpha=0.3)
    axes.scatter(x, np.cos(x), s=30, c="#aa3322")
    axes.vlines(x, -1, -0.9)
    axes.legend(title="<of> two & more")
    return figure


def saved(figure, kind, **options):
    target = BytesIO()
    with mpl.rc_context({"svg.fonttype": "none"}):
        figure.savefig(target, format=kind, **options)
    return target.getvalue()


def points(svg):
    """Every point of every path, absolute, as a browser finds it."""
    for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}path"):
        x = y = start = letter = None
        numbers = [(one, float(number) if number else None) for one, number in LETTERS.findall(element.get("d"))]
        while numbers:
            if numbers[0][0]:
                letter = numbers.pop(0)[0]
            if letter in "zZ":
                x, y = start
                continue
            n = {"m": 2, "l": 2, "h": 1, "v": 1, "c": 6, "q": 4}[letter.lower()]
            values = [numbers.pop(0)[1] for _ in range(n)]
            if letter in "hv":
                values = [values[0], 0] if letter == "h" else [0, values[0]]
            moved = np.reshape(values, (-1, 2)) + ([0, 0] if letter in "MLCQ" else [x, y])
            yield from moved
            x, y = moved[-1]
            start = (x, y) if letter in "mM" else start


def test_every_point_is_where_it_was_to_a_hundredth(picture):
    raw = saved(picture, "svg")
    small = compact(raw)
    assert len(small) < 0.6 * len(raw)
    np.testing.assert_allclose(list(points(small)), list(points(raw)), atol=0.0051)


def test_texts_and_colours_stay_and_every_name_leads_somewhere(picture):
    raw = saved(picture, "svg")
    small = compact(raw)

    def said(svg):
        return [one.text for one in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]

    assert said(small) == said(raw)
    assert "<of> two & more" in said(small)
    colours = re.compile(rb"#[0-9a-f]{6}\b")
    assert set(colours.findall(small)) == set(colours.findall(raw))
    named = set(re.findall(rb'(?:url\(|href=")#([^)"]+)', small))
    assert named == set(re.findall(rb' id="([^"]+)"', small))


def test_pixels_keep_their_colours_and_a_white_ground(picture):
    raw = saved(picture, "png", dpi=200)
    small = compact_png(raw)
    assert len(small) < 0.6 * len(raw)
    before, after = (np.asarray(Image.open(BytesIO(one)).convert("RGB")).astype(int) for one in (raw, small))
    assert before.shape == after.shape
    assert (after[(before == 255).all(axis=2)] == 255).all()
    assert np.abs(after - before).max() < 20

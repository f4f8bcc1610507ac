"""Figures of a page: whole by themselves in a notebook; files with a number and an address in the rendered book."""

import gzip
import html
import json
import re
from base64 import b64decode
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from linear_signal.book.figure import figure
from linear_signal.book.figure_files import FOLDER, take_out_figures
from linear_signal.book.figure_pixels import write_pixel_scripts
from linear_signal.figures import full_against_removed, learning_curves
from linear_signal.figures.choice import figures_by_choice
from linear_signal.figures.narrow import NARROW, narrowed
from linear_signal.studies.ahlmann2025.interaction_figures import found_plot
from linear_signal.studies.ahlmann2025.titles import family_of, method_title
from random_tables import random_fits

ALT = 'Accuracies "before" & after.'


@pytest.fixture(scope="module")
def drawn():
    return figure(full_against_removed(random_fits(tasks=("Mine",)), synthetic=True), alt=ALT)


@pytest.fixture
def pages(tmp_path, drawn):
    (tmp_path / "book/chapters").mkdir(parents=True)
    (tmp_path / "index.html").write_text("<p>None.</p>")
    (tmp_path / "book/chapters/20_gtex.html").write_text(f"<main>{drawn}<p>between</p>{drawn}</main>")
    (tmp_path / "book/mine.html").write_text(drawn)
    assert take_out_figures(tmp_path) == 3
    return tmp_path


def test_in_a_notebook_a_figure_needs_nothing_else(drawn):
    assert not [one for one in re.findall(r'(?:src|srcset|href)="([^"]*)"', drawn) if not one.startswith("data:")]
    assert "Synthetic data." in re.sub(r'"data:[^"]*"', "", drawn)


def test_every_picture_of_a_page_is_a_file_that_is_there(pages):
    page = pages / "book/chapters/20_gtex.html"
    text = page.read_text()
    assert "base64" not in text
    files = re.findall(r'(?:src|srcset|href)="(\.\./[^"]*)"', text)
    assert len(set(files)) == 2 * 3, "wide, narrow and numbers of two figures; a PNG is drawn when it is asked for"
    for name in files:
        assert (page.parent / name).resolve().is_relative_to(pages / FOLDER)
        assert (page.parent / name).stat().st_size
    assert (pages / "index.html").read_text() == "<p>None.</p>"


def test_a_script_holds_the_pictures_that_a_png_can_be_drawn_of(pages):
    assert write_pixel_scripts(pages) == 2
    script = (pages / FOLDER / "20_gtex.js").read_text()
    held = json.loads(script.partition(" = ")[2].rstrip(";\n"))
    assert set(held) == {"20_gtex-1", "20_gtex-2"}
    for name, packed in held.items():
        assert gzip.decompress(b64decode(packed)) == (pages / FOLDER / f"{name}.svg").read_bytes()
    assert len(script) < 0.4 * sum((pages / FOLDER / f"{name}.svg").stat().st_size for name in held)


def test_figures_are_numbered_by_chapter_and_can_be_linked_to(pages):
    text = (pages / "book/chapters/20_gtex.html").read_text()
    assert re.findall(r'href="#([^"]+)"[^>]*>([^<]+)<', text) == [
        ("figure-20-1", "Figure 20.1"),
        ("figure-20-2", "Figure 20.2"),
    ]
    assert re.findall(r'id="([^"]+)"', text) == ["figure-20-1", "figure-20-2"]
    assert "Figure 1<" in (pages / "book/mine.html").read_text()
    assert [bool(re.search("loading", one)) for one in re.findall("<img [^>]*>", text)] == [False, True]


def test_text_is_text_and_the_caption_is_on_the_page(pages):
    for name in ("20_gtex-1.svg", "20_gtex-1-narrow.svg"):
        picture = ElementTree.parse(pages / FOLDER / name)
        texts = " ".join("".join(one.itertext()) for one in picture.iter("{http://www.w3.org/2000/svg}text"))
        assert "Balanced accuracy" in texts
        assert "ynthetic" not in texts
        assert "mean of" not in texts
    assert picture.getroot().get("width") == f"{72 * NARROW}pt"


def test_the_numbers_of_a_figure_can_be_taken_along(pages):
    table = pd.read_csv(pages / FOLDER / "20_gtex-1.csv")
    assert {"task", "signal", "model", "mean", "lower", "upper"} <= set(table)


def test_pictures_behind_a_menu_are_files_that_are_loaded_when_chosen(tmp_path):
    drawn = full_against_removed(random_fits(tasks=("Mine",)), synthetic=True)
    menu = figures_by_choice({"A": drawn, "B": drawn}, "Task").html
    page = tmp_path / "25_kind.html"
    page.write_text(menu + menu)
    assert take_out_figures(tmp_path) == 0
    text = page.read_text()
    assert not re.search("base64", text)
    pictures = re.findall(r"<img [^>]*>", text)
    assert all('loading="lazy"' in one and "height=" in one for one in pictures)
    files = [re.search('src="([^"]*)"', one)[1] for one in pictures]
    assert len(set(files)) == 4
    assert all((tmp_path / name).stat().st_size > 1000 for name in files)


def test_panels_come_below_one_another_on_a_telephone():
    wide = learning_curves(random_fits(), synthetic=True)
    narrow = narrowed(wide)
    assert wide.theme.getp("figure_size")[0] > narrow.theme.getp("figure_size")[0] == NARROW
    assert narrow.theme.getp("figure_size")[1] > wide.theme.getp("figure_size")[1]


@pytest.mark.parametrize("draw", [learning_curves, full_against_removed])
def test_nothing_of_a_narrow_figure_stands_outside(draw):
    wide = draw(random_fits(tasks=("Blood vs Brain", "Blood vs Skin")), synthetic=True)
    wide.labels.x = (
        "Difference in balanced accuracy\n(learnt on one data set, judged on another minus whole groups held out)"
    )
    wide.labels.caption = None  # on a page it is text below the picture
    texts = _inside(narrowed(wide))
    assert any("judged on another" in " ".join(one.split()) for one in texts)


def test_names_at_the_ends_of_lines_are_inside_a_narrow_figure():
    methods = ("additive_denoised", "decoder_only")
    calls = pd.DataFrame(
        [
            {"method": name, "family": family_of(name), "tpr": np.linspace(0, 0.2 + number, 101)}
            for number, name in enumerate(methods)
        ]
    )
    wide = found_plot(calls, synthetic=True)
    wide.labels.caption = None
    before = wide.coordinates.limits.x
    assert {method_title(name) for name in methods} <= set(_inside(narrowed(wide)))
    assert wide.coordinates.limits.x == before, "the wide one is as it was"


def _inside(plot):
    """Draw a figure; return its texts, all of which are inside."""
    figure = plot.draw()
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    texts = [one for one in figure.findobj(Text) if one.get_visible() and one.get_text().strip()]
    for one in texts:
        box = one.get_window_extent(canvas.get_renderer())
        assert box.x0 >= -0.5, one.get_text()
        assert box.x1 <= figure.bbox.width + 0.5, one.get_text()
    return [one.get_text() for one in texts]


def test_the_alternative_text_is_text(drawn):
    alt = html.unescape(re.search(r'alt="([^"]*)"', drawn)[1])
    assert alt.startswith(ALT)


def test_taking_out_again_changes_nothing(pages):
    before = {path: path.read_bytes() for path in pages.rglob("*.*") if path.is_file()}
    assert take_out_figures(pages) == 0
    assert {path: path.read_bytes() for path in pages.rglob("*.*") if path.is_file()} == before

"""What is taken out of the theme: nothing that a page, or a script of one, names."""

import re
from base64 import b64decode
from importlib.resources import files
from io import BytesIO

import pytest
from fontTools.ttLib import TTFont

from linear_signal.book.theme_files import lighten_theme, names_in, needed_rules

FONTS = "_static/vendor/fontawesome/webfonts"
SHEET = """@font-face{font-family:F;src:url(../vendor/fontawesome/webfonts/fa-solid-900.woff2) format("woff2"),\
url(../vendor/fontawesome/webfonts/fa-solid-900.ttf) format("truetype")}
.fa-bars:before{content:"\\f0c9"}.fa-pencil:before{content:"\\f303"}.made-here{--bell:"\uf0f3"}"""
PAGE = """<script defer src="_static/scripts/fontawesome.js?digest=1"></script><script src="_static/searchtools.js"></script>
<script src="searchindex.js"></script><link href="_static/styles/s.css?digest=1" /><i class="fa-bars"></i>"""


@pytest.fixture
def pages(tmp_path):
    """Two pages of a theme with a font of icons."""
    theme = files("pydata_sphinx_theme") / "theme/pydata_sphinx_theme/static/vendor/fontawesome/webfonts"
    for name in ("styles", "scripts", "locales/de", FONTS.removeprefix("_static/")):
        (tmp_path / "_static" / name).mkdir(parents=True)
    for ending in ("ttf", "woff2"):
        (tmp_path / FONTS / f"fa-solid-900.{ending}").write_bytes((theme / f"fa-solid-900.{ending}").read_bytes())
    (tmp_path / "_static/styles/s.css").write_text(SHEET)
    (tmp_path / "_static/scripts/fontawesome.js").write_text("let pencil = 'fa-pencil'")
    (tmp_path / "_static/own.js").write_text("node.className = `made-${where}`")
    (tmp_path / "search.html").write_text(PAGE)
    (tmp_path / "index.html").write_text(PAGE)
    lighten_theme(tmp_path)
    return tmp_path


def test_icons_are_letters_of_a_font_that_holds_no_others(pages):
    sheet = (pages / "_static/styles/s.css").read_text()
    font = TTFont(BytesIO(b64decode(re.search(r"base64,([^)]+)", sheet)[1])))
    assert set(font.getBestCmap()) == {0xF0C9, 0xF0F3}
    assert "url(.." not in sheet
    assert not list(pages.rglob("fa-*"))


def test_what_scripts_put_together_stays_and_what_nobody_names_goes(pages):
    sheet = (pages / "_static/styles/s.css").read_text()
    assert ".made-here" in sheet
    assert "pencil" not in sheet


def test_only_the_page_of_results_loads_the_index_of_the_search(pages):
    index, search = (pages / "index.html").read_text(), (pages / "search.html").read_text()
    assert "searchindex" not in index
    assert "searchindex" in search
    assert "fontawesome" not in index + search
    for name in re.findall(r'href="([^"?]+)\?v=', index):
        assert (pages / name).is_file()


@pytest.mark.parametrize(
    ("style", "kept"),
    [
        ("a:not(.no){top:0}", "a:not(.no){top:0}"),
        ("a:is(.no,.yes){top:0}", "a:is(.no,.yes){top:0}"),
        (".no{content:'}'}.yes{background:url(a;b.png)}", ".yes{background:url(a;b.png)}"),
        ('@charset "utf-8";@media print{.no{top:0}}', '@charset "utf-8";'),
        ("@keyframes no{to{top:0}}/* .yes */.no{top:0}", "@keyframes no{to{top:0}}"),
        (".yes{& .no{top:0}}", ".yes{& .no{top:0}}"),
        (".yes-it-is,#no,.no .yes{top:0}", ".yes-it-is{top:0}"),
        (".made-up{top:0}", ".made-up{top:0}"),
    ],
)
def test_a_rule_stays_where_it_may_apply(style, kept):
    known = names_in(['<p class="yes yes-it-is">', "'made-' + up"], ["'made-' + up"])
    assert needed_rules(style, known) == kept

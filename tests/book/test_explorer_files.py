"""Explorers of a book: one script and one style sheet for all pages, and much data beside a page; each works over file://."""

import re

import pytest

from browser import chromium, needs_chromium
from explorer_tables import fits
from linear_signal.book import explorer_files
from linear_signal.book.explorer_files import SCRIPT, STYLE, share_explorers
from linear_signal.figures.explorer import scatter_explorer
from linear_signal.figures.explorer.page import module, own_script

PAGES = ("book/one", "book/chapters/two")
FOREIGN = '<figure class="explorer"><script type="text/plain" data-part="module">of another version</script></figure>'


@pytest.fixture(params=[False, True], ids=["data in the page", "data beside the page"])
def pages(tmp_path, monkeypatch, request):
    """Write two pages of a book, one deeper than the other, with an explorer each and one of an old run."""
    monkeypatch.setattr(explorer_files, "_MUCH", 10 if request.param else 10**6)
    (tmp_path / "_static").mkdir()
    choose = {"task": "one", "scheme": "many"}
    for name in PAGES:
        shown = scatter_explorer(fits(), name="sizes", x="size", y="score", alt="Scores.", synthetic=True, choose=choose)
        page = tmp_path / f"{name}.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        head = '<!doctype html><html><head><meta charset="utf-8"><title>t</title></head>'
        page.write_text(f"{head}<body><main>{shown.html}{FOREIGN}</main></body></html>")
    (tmp_path / "plain.html").write_text("<html><head></head><body></body></html>")
    assert share_explorers(tmp_path) == len(PAGES)
    return tmp_path


def test_a_module_is_in_the_book_once_and_in_no_page(pages):
    for name in PAGES:
        text = (pages / f"{name}.html").read_text()
        assert own_script("scatter") not in text
        assert module("scatter")[-200:] not in text
        assert FOREIGN in text, "what another version wrote keeps its own"
        for link in re.findall(r'(?:src|href)="([^"?]+)', text):
            assert (pages / name).parent.joinpath(link).resolve().is_file(), link
    assert "explorers" not in (pages / "plain.html").read_text()
    assert (pages / SCRIPT).stat().st_size < 60_000
    assert (pages / STYLE).is_file()


@needs_chromium
def test_an_explorer_without_a_module_of_its_own_works_from_a_folder(pages):
    problems = []
    with chromium() as browser:
        window = browser.new_context(offline=True).new_page()
        window.on("pageerror", lambda error: problems.append(str(error)))
        for name in PAGES:
            window.goto((pages / f"{name}.html").as_uri())
            box = window.locator("#explorer-sizes")
            box.get_by_role("checkbox", name="hybrid").uncheck()
            window.wait_for_function("location.hash.includes('sizes.scheme=')")
    assert not problems

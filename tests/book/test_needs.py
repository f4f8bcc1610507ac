"""A chapter that needs what is not here is left out with one sentence, and the book is whole without it."""

import json

import pytest

from linear_signal.book import needs
from linear_signal.book.needs import why_left_out
from linear_signal.book.run_chapters import run_chapters
from linear_signal.errors import InputError
from miniature_book import CHAPTER, PROJECT, make_book

WHY = "It needs a telescope; 'make telescope' gets one."
PAGE = "book/chapters/11_stars.ipynb"


@pytest.fixture
def book(tmp_path, monkeypatch):
    """Make a book with a second chapter, which needs a telescope; none of its chapters is executed by a kernel."""
    book = make_book(tmp_path)
    chapter = CHAPTER.replace('["parameters"]', '["parameters"] needs=["telescope"]').replace("# How many", "# Which")
    (book / "notebooks/11_stars.py").write_text(chapter)
    monkeypatch.setattr("linear_signal.book.beside.execute", lambda source, page, **options: page.write_text(source.stem))
    (book / "book/chapters").mkdir(parents=True)
    return book


@pytest.mark.parametrize("old", [None, "an old page"], ids=["no page", "a page of other days"])
def test_a_chapter_is_left_out_in_one_sentence_and_comes_back(book, monkeypatch, capsys, old):
    if old:
        (book / PAGE).write_text(old)
    monkeypatch.setitem(needs.NEEDS, "telescope", lambda: WHY)
    assert run_chapters(book, at_once=1) == []
    said = capsys.readouterr().out
    assert WHY in said
    assert "1 executed, 0 up to date, 1 left out, 0 failed" in said
    (cell,) = json.loads((book / PAGE).read_text())["cells"]
    text = "".join(cell["source"])
    assert text.startswith("# Which")
    assert WHY in text
    before = (book / PAGE).read_bytes()
    run_chapters(book, at_once=1)
    assert (book / PAGE).read_bytes() == before, "the findings would be computed again"
    monkeypatch.setitem(needs.NEEDS, "telescope", lambda: None)
    run_chapters(book, at_once=1)
    assert (book / PAGE).read_text() == "11_stars"


def test_what_nobody_can_look_for_is_a_mistake_of_the_chapter(book):
    with pytest.raises(InputError, match=r"Unknown need of 11_stars\.py 'telescope'"):
        why_left_out(book / "notebooks/11_stars.py")


def test_only_chapters_that_say_so_need_anything(monkeypatch):
    monkeypatch.setattr(needs, "NEEDS", dict.fromkeys(needs.NEEDS, lambda: WHY))
    left_out = [path.stem for path in (PROJECT / "notebooks").glob("*.py") if why_left_out(path)]
    assert left_out == ["26_installed_data"]

"""The real papermill command on .py chapters, and what it is told when that cannot work."""

import json

import pytest

from linear_signal.errors import InputError
from linear_signal.page.papermill_io import ChapterHandler
from miniature_book import CHAPTER, HEADER, command, make_book


@pytest.fixture
def book(tmp_path):
    return make_book(tmp_path / "with a space")


def test_papermill_runs_a_chapter(book):
    arguments = ["-p", "n_seeds", "3", "-y", "models: [network]"]
    done = command(book, "papermill", "notebooks/10_tiny.py", "out.ipynb", *arguments)
    assert done.returncode == 0, done.stdout
    executed = json.loads((book / "out.ipynb").read_text())
    printed = "".join("".join(output.get("text", "")) for cell in executed["cells"] for output in cell.get("outputs", []))
    assert "changed: {'n_seeds': 3, 'models': ['network']}" in printed
    assert "'sizes': [0.1, 1.0]" in printed
    assert (book / "notebooks/10_tiny.py").read_text() == CHAPTER


def test_papermill_lists_the_parameters(book):
    done = command(book, "papermill", "--help-notebook", "./notebooks/10_tiny.py")
    assert done.returncode == 0, done.stdout
    assert "n_seeds: int (default 2)" in done.stdout
    assert "seeds per fit" in done.stdout
    assert "sizes: list[float]" in done.stdout


def test_papermill_writes_nothing_among_the_sources(book):
    done = command(book, "papermill", "notebooks/10_tiny.py", "notebooks/out.ipynb")
    assert done.returncode != 0
    assert "Traceback" not in done.stdout
    assert "lies among the sources" in done.stdout
    assert [path.name for path in (book / "notebooks").iterdir()] == ["10_tiny.py"]
    assert not (book / "ran").exists()


def test_a_misspelt_chapter_is_answered_with_the_nearest(book):
    with pytest.raises(InputError, match=r"did you mean '10_tiny\.py'\?"):
        ChapterHandler.read(str(book / "notebooks/10_tny.py"))


def test_a_notebook_file_is_no_chapter(book):
    with pytest.raises(InputError, match=r"chapters are \.py files.*; pass .*10_tiny\.py"):
        ChapterHandler.read(str(book / "notebooks/10_tiny.ipynb"))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (CHAPTER.replace(' tags=["parameters"]', ""), r"0 cells tagged 'parameters'; it needs exactly one"),
        (CHAPTER.removeprefix(HEADER), r"names no kernel with language python"),
    ],
    ids=["untagged", "no kernel"],
)
def test_a_chapter_that_papermill_would_run_wrongly_is_refused(book, source, message):
    chapter = book / "notebooks/10_tiny.py"
    chapter.write_text(source)
    with pytest.raises(InputError, match=message):
        ChapterHandler.read(str(chapter))


def test_the_handler_lists_chapters_only(book):
    (book / "notebooks/notes.txt").write_text("")
    assert ChapterHandler.listdir(str(book / "notebooks")) == ["10_tiny.py"]

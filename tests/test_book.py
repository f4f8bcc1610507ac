"""Chapters become pages: executed once, kept when a later run fails, rendered with every warning an error."""

import json

import nbformat
import pytest

from linear_signal.errors import InputError
from linear_signal.page.book import fingerprint, read_parameters, run_chapters, run_with_parameters
from linear_signal.page.paths import project_root
from linear_signal.page.render import render
from miniature_book import CHAPTER, command, make_book

PAGE = "book/chapters/10_tiny.ipynb"
FRONT = "_build/html/index.html"


@pytest.fixture
def book(tmp_path):
    return make_book(tmp_path / "with a space")


def page_command(book, *arguments):
    return command(book, "linear_signal.page", *arguments)


def place_page(book):
    """Put a page that needs no kernel where the executed chapter belongs."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell("# The chapter")],
        metadata={"linear_signal": {"fingerprint": fingerprint(book / "notebooks/10_tiny.py")}},
    )
    (book / PAGE).parent.mkdir(parents=True)
    nbformat.write(notebook, book / PAGE)


def test_a_book_is_executed_once_and_rendered(book):
    first = page_command(book, "book")
    assert first.returncode == 0, first.stdout
    assert "10_tiny: done in" in first.stdout
    assert "1 chapters: 1 executed, 0 up to date, 0 failed" in first.stdout
    assert first.stdout.endswith(f"The book is at {book / FRONT}\n")
    assert "How many seeds? 2" in (book / "_build/html/book/chapters/10_tiny.html").read_text()
    metadata = json.loads((book / PAGE).read_text())["metadata"]
    assert metadata["papermill"]["input_path"] == "notebooks/10_tiny.py"
    assert str(book) not in json.dumps(metadata)

    made = (book / PAGE).stat().st_mtime_ns
    second = page_command(book, "chapters")
    assert second.returncode == 0, second.stdout
    assert "10_tiny: up to date" in second.stdout
    assert (book / PAGE).stat().st_mtime_ns == made


def test_an_extra_run_has_its_own_page_and_leaves_the_chapter_alone(book):
    place_page(book)
    before = (book / PAGE).read_bytes()
    stale = book / "_build/html/book/runs/10_tiny-deleted-0000.html"
    stale.parent.mkdir(parents=True)
    stale.write_text("a run that was deleted since")
    (book / "my own.yaml").write_text("n_seeds: 7\n")
    done = page_command(book, "chapter", "--name", "10_tiny", "--parameters", "my own.yaml")
    assert done.returncode == 0, done.stdout
    (run,) = (book / "book/runs").iterdir()
    assert run.name.startswith("10_tiny-my_own-")
    html = (book / "_build/html/book/runs" / f"{run.stem}.html").read_text()
    assert "How many seeds? 7 (run: my own, " in html
    assert (book / PAGE).read_bytes() == before
    assert not stale.exists(), "the page of a deleted run is still there"


def test_a_failing_chapter_keeps_its_old_page(book):
    place_page(book)
    before = (book / PAGE).read_bytes()
    (book / "notebooks/10_tiny.py").write_text(CHAPTER + "\n# %%\nprint('so far')\n1 / 0\n")
    done = page_command(book, "book")
    assert done.returncode == 1
    assert "10_tiny failed in cell 4, which begins: print('so far')" in done.stdout
    assert "ZeroDivisionError" in done.stdout
    assert (book / PAGE).read_bytes() == before
    assert "so far" in (book / "book/partial/10_tiny.ipynb").read_text()
    assert not (book / FRONT).exists()


def test_wrong_parameters_are_one_paragraph_not_a_traceback(book):
    (book / "my.yaml").write_text("n_seds: 7\n")
    done = page_command(book, "chapter", "--name", "10_tiny", "--parameters", "my.yaml")
    assert done.returncode == 1
    assert "Unknown parameter 'n_seds'; did you mean 'n_seeds'?" in done.stdout
    assert "Traceback" not in done.stdout
    assert not list((book / "book/runs").glob("*"))
    assert not (book / "ran").exists()


def test_a_kernel_that_dies_is_reported(book):
    (book / "notebooks/10_tiny.py").write_text(CHAPTER + "\n# %%\nimport os\n\nos._exit(9)\n")
    done = page_command(book, "chapters")
    assert done.returncode == 1
    assert "10_tiny could not be executed" in done.stdout
    assert "1 failed" in done.stdout
    assert not (book / PAGE).exists()


def test_a_broken_reference_fails_the_build_and_keeps_the_old_pages(book):
    place_page(book)
    (book / "_build/html").mkdir(parents=True)
    (book / FRONT).write_text("the old front page")
    (book / "book/index.md").write_text("# A book\n\nSee [](chapters/11_missing).\n")
    done = page_command(book, "render")
    assert done.returncode == 1
    assert "11_missing" in done.stdout
    assert (book / FRONT).read_text() == "the old front page"


def test_a_chapter_must_be_listed_and_executed(book):
    with pytest.raises(InputError, match=r"10_tiny\.ipynb has not been executed yet"):
        render(book)
    (book / "notebooks/11_more.py").write_text(CHAPTER)
    with pytest.raises(InputError, match=r"add book/chapters/11_more to _toc\.yml"):
        render(book)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"Cannot read the parameter file .*: No such file or directory"),
        ("- a\n- b\n", r"holds a list"),
        ("", r"holds nothing"),
        ("just words", r"holds a str: just words"),
        ("models: [a", r"is not valid YAML"),
        ("3: a", r"holds a dict"),
    ],
)
def test_parameter_files_that_are_none(tmp_path, content, message):
    path = tmp_path / "my.yaml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError, match=message):
        read_parameters(path)


def test_an_unknown_chapter_is_named_before_anything_is_read(book):
    with pytest.raises(InputError, match=r"Unknown chapter '10_tyni'; did you mean '10_tiny'\?"):
        run_with_parameters(book, "10_tyni", book / "missing.yaml")


def test_a_change_of_the_source_makes_a_page_out_of_date(book):
    source = book / "notebooks/10_tiny.py"
    before = fingerprint(source)
    assert fingerprint(source) == before
    source.write_text(CHAPTER + "# more\n")
    assert fingerprint(source) != before


def test_findings_run_last_and_again_when_another_page_changed(book, monkeypatch):
    done = []

    def executed(source, page, *, root, mark):
        """Stand in for a kernel: leave a page, or another version of it, with its fingerprint."""
        done.append(source.stem)
        cells = [nbformat.v4.new_markdown_cell(f"# The chapter, version {len(done)}")]
        page.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"linear_signal": {"fingerprint": mark}}), page)

    monkeypatch.setattr("linear_signal.page.book.execute", executed)
    (book / "notebooks/00_findings.py").write_text(CHAPTER)
    (book / "notebooks/11_more.py").write_text(CHAPTER)
    for expected, change in (
        (["10_tiny", "11_more", "00_findings"], None),
        ([], None),
        (["11_more", "00_findings"], "11_more"),
        (["00_findings"], "00_findings"),
        ([], None),
    ):
        if change:
            (book / f"notebooks/{change}.py").write_text(f"{CHAPTER}# changed\n")
        assert run_chapters(book) == []
        assert done == expected
        done.clear()
    (book / PAGE).unlink()
    (book / "notebooks/10_tiny.py").unlink()
    run_chapters(book)
    assert done == ["00_findings"], "a page is gone"


def test_the_project_is_found_from_inside_its_folders(book, monkeypatch):
    monkeypatch.chdir(book / "notebooks")
    assert project_root() == book

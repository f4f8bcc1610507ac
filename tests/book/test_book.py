"""Chapters become pages: executed once, kept when a later run fails, rendered with every warning an error."""

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import nbformat
import pytest
import yaml
from docutils.core import publish_string
from myst_parser.docutils_ import Parser as MystParser

from linear_signal.book.__main__ import main
from linear_signal.book.chapter_page import ChapterFailed, _mark_as_run, execute, fingerprint, marked
from linear_signal.book.heartbeat import Heartbeat
from linear_signal.book.home import stay_inside
from linear_signal.book.parameter_files import read_parameters
from linear_signal.book.paths import project_root
from linear_signal.book.render import render
from linear_signal.book.run_chapters import run_chapters, run_with_parameters
from linear_signal.errors import InputError
from miniature_book import CHAPTER, PROJECT, command, make_book

PAGE = "book/chapters/10_tiny.ipynb"
FRONT = "_build/html/index.html"


@pytest.fixture
def book(tmp_path):
    return make_book(tmp_path / "with a space")


def as_shown(name):
    """Write the name of a parameter file as the HTML of a title does; angle brackets are others that look alike."""
    return name.replace("&", "&amp;").replace("<", "‹").replace(">", "›")


def page_command(book, *arguments, **environment):
    return command(book, "linear_signal.book", *arguments, **environment)


def home_folders(tmp_path, monkeypatch):
    """Return a home directory that is new and empty, and forget where this process keeps what it would keep there."""
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "MPLCONFIGDIR"):
        monkeypatch.delenv(name, raising=False)
    for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "home"
    home.mkdir()
    return home


@pytest.fixture
def here(book, monkeypatch, capfd):
    """Return a function that runs a command of the book in this process: its exit status and what it said."""
    monkeypatch.chdir(book)

    def run(*arguments):
        status = main(list(arguments))
        said = capfd.readouterr()
        return status, said.out + said.err

    return run


def place_page(book):
    """Put a page that needs no kernel where the executed chapter belongs."""
    (book / PAGE).parent.mkdir(parents=True)
    write_page(book / PAGE, "# The chapter", fingerprint(book / "notebooks/10_tiny.py"))


def write_page(page, text, mark):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)])
    page.write_text(marked(notebook, mark))


def test_a_book_is_executed_once_and_rendered_and_the_home_directory_is_left_alone(book, here, tmp_path, monkeypatch):
    home = home_folders(tmp_path, monkeypatch)
    (book / "notebooks/10_tiny.py").write_text(CHAPTER + "\n# %%\nimport matplotlib.font_manager\n")
    first = page_command(book, "book", HOME=str(home))
    assert first.returncode == 0, first.stdout
    assert not list(home.rglob("*"))
    assert {path.name for path in (book / "cache/home").iterdir()} >= {"ipython", "matplotlib"}
    assert "10_tiny: done in" in first.stdout
    assert "1 chapters: 1 executed, 0 up to date, 0 failed" in first.stdout
    assert "10_tiny: running, chapter 1 of 1" in first.stdout
    assert f"The book is at {book / FRONT}: open that file in a browser.\nWhat to try next:\n  make chapter " in first.stdout
    assert "How many seeds? 2" in (book / "_build/html/book/chapters/10_tiny.html").read_text()
    metadata = json.loads((book / PAGE).read_text())["metadata"]
    assert metadata["papermill"]["input_path"] == "notebooks/10_tiny.py"
    assert str(book) not in json.dumps(metadata)

    made = (book / PAGE).stat().st_mtime_ns
    status, said = here("chapters")
    assert status == 0, said
    assert "10_tiny: up to date" in said
    assert (book / PAGE).stat().st_mtime_ns == made


def test_a_failing_chapter_keeps_its_old_page(book, here):
    place_page(book)
    before = (book / PAGE).read_bytes()
    (book / "notebooks/10_tiny.py").write_text(CHAPTER + "\n# %%\nprint('so far')\n1 / 0\n")
    status, said = here("book")
    assert status == 1
    assert "10_tiny failed in cell 4, which begins: print('so far')" in said
    assert "ZeroDivisionError" in said
    assert (book / PAGE).read_bytes() == before
    assert "so far" in (book / "book/partial/10_tiny.ipynb").read_text()
    assert not (book / FRONT).exists()


def test_wrong_parameters_are_one_paragraph_not_a_traceback(book, here):
    (book / "my.yaml").write_text("n_seds: 7\n")
    status, said = here("chapter", "--name", "10_tiny", "--parameters", "my.yaml")
    assert status == 1
    assert "Unknown parameter 'n_seds'; did you mean 'n_seeds'?" in said
    assert "Traceback" not in said
    assert not list((book / "book/runs").glob("*"))
    assert not (book / "ran").exists()


def test_a_kernel_that_dies_is_reported(book, here):
    (book / "notebooks/10_tiny.py").write_text(CHAPTER + "\n# %%\nimport os\n\nos._exit(9)\n")
    status, said = here("chapters")
    assert status == 1
    assert "10_tiny could not be executed" in said
    assert "1 failed" in said
    assert not (book / PAGE).exists()


def test_a_broken_reference_fails_the_build_and_keeps_the_old_pages(book, here):
    place_page(book)
    (book / "_build/html").mkdir(parents=True)
    (book / FRONT).write_text("the old front page")
    (book / "book/index.md").write_text("# A book\n\nSee [](chapters/11_missing).\n")
    status, said = here("render")
    assert status == 1
    assert "11_missing" in said
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
        (b"source: caf\xe9", r"not a text file in UTF-8"),
        ("n_seeds: 1\nrate: 1.0\nn_seeds: 2\n", r"not valid YAML: 'n_seeds' is there twice \(line 3\)"),
        ("a: &a [x]\nb: *a\n", r"\*a refers to another part of the file; write the value out"),
        ("a: &a [*a]\n", r"\*a refers to another part"),
        (f"a: {'[' * 3000}{']' * 3000}", r"nested too deeply"),
        (f"a: {'9' * 5000}", r"not valid YAML: Exceeds the limit"),
        ("a: !!timestamp 2020-13-45\n", r"not valid YAML: month must be in 1\.\.12"),
        ("a: !!python/object/apply:os.system [true]\n", r"not valid YAML: could not determine a constructor"),
        ("a: [" + "x, " * 100_000 + "]", r"larger than 200,000 bytes"),
        ("? [a, b]\n: 1\n", r"not valid YAML|holds a dict"),
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
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError, match=message):
        read_parameters(path)


def test_a_date_stays_text_as_papermill_reads_it(tmp_path):
    (tmp_path / "my.yaml").write_text("results_folder: 2024-12-31\n")
    assert read_parameters(tmp_path / "my.yaml") == {"results_folder": "2024-12-31"}


CODE = "import pathlib; pathlib.Path('ran').touch()"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({f"n_seeds = 1; {CODE}; rate": 3}, r"Unknown parameter \"n_seeds = 1; import"),
        ({f"n_seeds = 1\n{CODE}\nrate": 1}, r"Unknown parameter "),
        ({"n_seeds = 0 #": 12}, r"Unknown parameter 'n_seeds = 0 #'; did you mean 'n_seeds'\?"),
        ({"n_seeds: int": 1}, r"Unknown parameter 'n_seeds: int'"),
        ({"ｎ_seeds": 1}, r"Unknown parameter 'ｎ_seeds'"),
        ({"n_seeds": "many"}, r"n_seeds is 'many' \(str\); allowed is a whole number"),
        ({"n_seeds": 10**300}, r"n_seeds is a whole number of more than 15 digits"),
        ({"rate": 10**400}, r"rate is a whole number of more than 15 digits"),
        ({"source": "x" * 100_000}, r"source is a text of 100,000 characters; at most 4,096"),
        ({"source": "a\x1b[31m"}, r"control characters are not allowed"),
        ({"models": ["linear"] * 10_001}, r"models has 10,001 entries; at most 10,000"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_parameters_that_are_not_the_chapters_stop_it_before_there_is_a_notebook(book, content, message):
    (book / "my.yaml").write_text(yaml.safe_dump(content, allow_unicode=True))
    with pytest.raises(InputError, match=message) as refused:
        run_with_parameters(book, "10_tiny", book / "my.yaml")
    assert len(str(refused.value)) < 1000
    assert not (book / "ran").exists()
    assert not list(book.rglob("*.ipynb"))


def test_an_unknown_chapter_is_named_before_anything_is_read(book):
    with pytest.raises(InputError, match=r"Unknown chapter '10_tyni'; did you mean '10_tiny'\?"):
        run_with_parameters(book, "10_tyni", book / "missing.yaml")


def test_a_change_of_the_source_makes_a_page_out_of_date(book):
    source = book / "notebooks/10_tiny.py"
    before = fingerprint(source)
    assert fingerprint(source) == before
    source.write_text(CHAPTER + "# more\n")
    assert fingerprint(source) != before


@pytest.mark.parametrize("change", [("0.91", "0.19"), ("chapter", "chapte"), ('"markdown"', '"raw"')])
def test_a_page_whose_content_was_changed_is_set_aside_and_made_again(book, monkeypatch, capsys, change):
    def executed(source, page, *, root, mark, **options):
        page.parent.mkdir(parents=True, exist_ok=True)
        write_page(page, "# The chapter: 0.91", mark)

    monkeypatch.setattr("linear_signal.book.beside.execute", executed)
    run_chapters(book, at_once=1)
    page = book / PAGE
    right = page.read_text()
    run_chapters(book, at_once=1)
    assert "10_tiny: up to date" in capsys.readouterr().out
    page.write_text(right.replace(*change))
    run_chapters(book, at_once=1)
    aside = page.with_name(f"{page.name}.damaged")
    assert f"not as it was written; it was set aside as {aside.name}, and it is made again" in capsys.readouterr().out
    assert aside.read_text() == right.replace(*change)
    assert "# The chapter: 0.91" in page.read_text()


def test_findings_run_last_and_again_when_another_page_changed(book, monkeypatch):
    done = []

    def executed(source, page, *, root, mark, **options):
        """Stand in for a kernel: leave a page, or another version of it, with its fingerprint."""
        done.append(source.stem)
        page.parent.mkdir(parents=True, exist_ok=True)
        write_page(page, f"# The chapter, version {len(done)}", mark)

    monkeypatch.setattr("linear_signal.book.beside.execute", executed)
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
        assert run_chapters(book, at_once=1) == []
        assert done == expected
        done.clear()
    (book / PAGE).unlink()
    (book / "notebooks/10_tiny.py").unlink()
    run_chapters(book, at_once=1)
    assert done == ["00_findings"], "a page is gone"


def test_the_project_is_found_from_inside_its_folders(book, monkeypatch):
    monkeypatch.chdir(book / "notebooks")
    assert project_root() == book


@pytest.mark.parametrize(
    "name",
    [
        "<img src=x onerror=alert(1)>",
        "a [b](c)",
        "![b](c)",
        "x {nope}`y`",
        r"my\q \g<0> \1",
        "*a* __b__ ~~c~~",
        "{{ x }} % y",
        "$x$ & &lt; <!-- z",
        "two\nlines\n# of it",
        "http://example.org <http://example.org>",
        "``` `a",
    ],
)
def test_the_name_of_a_parameter_file_is_text_in_the_title(name):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# How many?\n\nText.")])
    _mark_as_run(notebook, name)
    html = publish_string(
        notebook.cells[0].source,
        parser=MystParser(),
        writer_name="html5",
        settings_overrides={"report_level": 1, "halt_level": 1, "output_encoding": "unicode", "embed_stylesheet": False},
    )
    (title,) = re.findall(r"<h1[^>]*>(.*?)</h1>", html, re.DOTALL)
    assert title == f"How many? (run: {as_shown(' '.join(name.split()))})"


def test_an_extra_run_has_its_own_page_and_leaves_the_chapter_alone_also_when_it_is_made_twice_at_once(book, here):
    place_page(book)
    before = (book / PAGE).read_bytes()
    stale = book / "_build/html/book/runs/10_tiny-deleted-0000.html"
    stale.parent.mkdir(parents=True)
    stale.write_text("a run that was deleted since")
    # A name that is markup in every language on the way to a page.
    name = r"my own [b](c) {nope}`y` <img src=x onerror=alert(1)> \q {{ z }} $x$"
    (book / f"{name}.yaml").write_text("n_seeds: 7\n")
    arguments = ["chapter", "--name", "10_tiny", "--parameters", f"{name}.yaml"]
    with subprocess.Popen(
        [sys.executable, "-m", "linear_signal.book", *arguments],
        cwd=book,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as other:
        status, said = here(*arguments)
        said_there = other.communicate(timeout=300)[0]
    assert (status, other.returncode) == (0, 0), said + said_there
    assert "The page is" in said
    assert "The page is" in said_there
    (run,) = (book / "book/runs").iterdir()
    assert run.name.startswith("10_tiny-my_own_b_c_nope_y_img_src_x_")
    html = (book / "_build/html/book/runs" / f"{run.stem}.html").read_text()
    assert f"How many seeds? 7 (run: {as_shown(name)}, " in html
    for page in (book / "_build/html").rglob("*.html"):
        assert "<img src=x" not in page.read_text(), page
    assert (book / PAGE).read_bytes() == before
    assert not list((book / "book/partial").iterdir())
    assert not stale.exists(), "the page of a deleted run is still there"


def test_pages_are_there_at_every_moment_of_a_rendering(book, monkeypatch):
    place_page(book)
    (book / "_build/html").mkdir(parents=True)
    (book / FRONT).write_text("old")
    missing = []

    def built(command, *, cwd, **options):
        html = book / "_build/fresh/_build/html"
        html.mkdir(parents=True)
        (html / "index.html").write_text("new")
        return subprocess.CompletedProcess(command, 0, "", "")

    def removed(folder, **options):
        missing.append(not (book / FRONT).exists())
        rmtree(folder, **options)

    rmtree = shutil.rmtree
    monkeypatch.setattr("linear_signal.book.render.subprocess.run", built)
    monkeypatch.setattr("linear_signal.book.render.shutil.rmtree", removed)
    assert render(book).read_text() == "new"
    assert missing
    assert not any(missing), "while folders were being removed there was no front page"
    assert not (book / "_build/fresh").exists()


SLOW = CHAPTER + "\n# %%\nimport time\n\nPath('started').touch()\ntime.sleep(120)\n"


def test_ctrl_c_ends_papermill_with_one_sentence(book):
    """That it ends ``make book`` so is asked where two chapters are executed: test_beside.py."""
    arguments = ["papermill", "notebooks/10_tiny.py", "out.ipynb", "--engine", "linear_signal", "--no-progress-bar"]
    (book / "notebooks/10_tiny.py").write_text(SLOW)
    with subprocess.Popen(
        [sys.executable, "-m", *arguments], cwd=book, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        deadline = time.monotonic() + 120
        while not (book / "started").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[0]
    assert process.returncode == 130
    assert "Traceback" not in said
    assert said.rstrip().splitlines()[-1].startswith("Interrupted. Every finished unit of work is kept; the same command")
    assert len(said.splitlines()) < 20, said
    assert not (book / PAGE).exists()


@pytest.mark.parametrize("where", ["papermill", "the end"])
def test_a_full_disk_is_a_sentence_and_the_old_page_stays(book, monkeypatch, where):
    place_page(book)
    before = (book / PAGE).read_bytes()

    def full(*arguments, **options):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "somewhere")

    def executed(notebook, output, **options):
        notebook.metadata["papermill"] = {}
        nbformat.write(notebook, output)

    monkeypatch.setattr(
        "linear_signal.book.chapter_page.papermill.execute_notebook", full if where == "papermill" else executed
    )
    if where == "the end":
        monkeypatch.setattr("linear_signal.book.chapter_page.os.replace", full)
    with pytest.raises(
        ChapterFailed, match=r"10_tiny could not be executed: No space left on device \(somewhere\)\. Its page"
    ):
        execute(book / "notebooks/10_tiny.py", book / PAGE, root=book)
    assert (book / PAGE).read_bytes() == before


def test_pages_that_cannot_be_written_are_a_sentence(book):
    place_page(book)
    (book / "_build").write_text("a file where a folder belongs")
    with pytest.raises(InputError, match=r"The pages cannot be written: .*_build.*What was computed is kept"):
        render(book)


def test_silence_is_broken():
    said = []
    with Heartbeat(said.append, lambda: "cell 3 of 12", silence=0.05) as heartbeat:
        time.sleep(0.3)
        heard = len(said)
        for _ in range(10):
            heartbeat.heard()
            time.sleep(0.01)
        assert len(said) <= heard + 1, "there was no silence"
    assert heard >= 2
    assert said[0] == "still running: cell 3 of 12, 0 s so far"


def test_make_clean_keeps_the_runs_of_its_user(book):
    shutil.copy(PROJECT / "Makefile", book)
    for name in ("book/runs/10_tiny-my-0000.ipynb", "book/chapters/10_tiny.ipynb", "_build/html/index.html"):
        (book / name).parent.mkdir(parents=True, exist_ok=True)
        (book / name).touch()
    done = subprocess.run(["make", "clean"], cwd=book, text=True, capture_output=True, check=True)
    assert (book / "book/runs/10_tiny-my-0000.ipynb").exists()
    assert not (book / "book/chapters").exists()
    assert not (book / "_build").exists()
    assert "To remove them as well: rm -r book/runs" in done.stdout


def test_the_makefile_and_the_commands_keep_the_same_folders_out_of_the_home_directory(monkeypatch, tmp_path):
    exported = dict(re.findall(r"(?m)^export (\w+) \?= \$\(CURDIR\)/(.*)$", (PROJECT / "Makefile").read_text()))
    monkeypatch.setattr(os, "environ", {"IPYTHONDIR": "one of my own"})
    stay_inside(tmp_path)
    folders = {name: str(tmp_path / folder) for name, folder in exported.items()}
    assert os.environ == folders | {"IPYTHONDIR": "one of my own"}
    assert len(folders) > 3


def test_make_uninstall_removes_what_was_made_and_results_only_when_it_is_told_to(book):
    shutil.copy(PROJECT / "Makefile", book)
    (book / ".ci").mkdir()
    shutil.copy(PROJECT / ".ci/uninstall", book / ".ci")
    (book / "lib/linear_signal/training").mkdir(parents=True)
    before = {path for path in book.rglob("*") if path.is_file()}
    made = [".venv/bin/python", "cache/a", "_build/html/index.html", "lib/linear_signal/training/__pycache__/a.pyc", PAGE]

    def make(*names, **environment):
        for name in names:
            (book / name).parent.mkdir(parents=True, exist_ok=True)
            (book / name).write_text(name)
        options = {"cwd": book, "text": True, "capture_output": True, "env": os.environ | environment}
        return subprocess.run(["make", "uninstall"], **options)

    refused = make(*made, "book/results/numerics-4/a.zip", "book/runs/a.ipynb")
    assert refused.returncode != 0
    assert "make uninstall YES=1" in refused.stderr
    assert all((book / name).exists() for name in made)
    for said in (make(YES="1"), make(*made)):
        assert said.returncode == 0, said.stderr
        assert {path for path in book.rglob("*") if path.is_file()} == before
        assert all(f"\t{name}\n" in said.stdout for name in (".venv", "cache", "_build", "book/chapters"))
    assert "nothing to remove" in make().stdout

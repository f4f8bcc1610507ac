"""The real papermill command on .py chapters, and what it is told when that cannot work."""

import asyncio
import base64
import gc
import json
import logging
import sys
from types import SimpleNamespace

import nbformat
import papermill
import pytest
import yaml
from click.testing import CliRunner
from nbclient.exceptions import DeadKernelError
from papermill.cli import papermill as papermill_command

from linear_signal.book import engine
from linear_signal.book.papermill_io import ChapterHandler, read_chapter
from linear_signal.errors import InputError
from miniature_book import CHAPTER, command, make_book

# papermill warns of every chapter that it is no .ipynb; the real command is told not to, but pytest has filters of its own.
pytestmark = pytest.mark.filterwarnings("ignore:The specified file")


@pytest.fixture
def book(tmp_path):
    return make_book(tmp_path / "with a space")


@pytest.fixture
def papermill_here(book, monkeypatch):
    """Return a function that runs papermill's command in this process."""
    monkeypatch.chdir(book)
    return lambda *arguments: CliRunner().invoke(papermill_command, arguments)


def test_papermill_runs_a_chapter(book):
    arguments = ["-p", "n_seeds", "3", "-y", "models: [network]"]
    done = command(book, "papermill", "notebooks/10_tiny.py", "out.ipynb", *arguments)
    assert done.returncode == 0, done.stdout
    assert "Warning" not in done.stdout
    executed = json.loads((book / "out.ipynb").read_text())
    printed = "".join("".join(output.get("text", "")) for cell in executed["cells"] for output in cell.get("outputs", []))
    assert "changed: {'n_seeds': 3, 'models': ['network']}" in printed
    assert "'sizes': [0.1, 1.0]" in printed
    assert (book / "notebooks/10_tiny.py").read_text() == CHAPTER


@pytest.mark.parametrize(
    ("chosen", "speaks"),
    [((), True), (("--engine", "linear_signal"), True), (("--engine", "nbclient"), False)],
    ids=["by itself", "by name", "another"],
)
def test_a_chapter_is_heard_unless_another_engine_is_asked_for(book, papermill_here, chosen, speaks):
    warn = "\n# %%\nimport sys\n\nprint('waiting for another', file=sys.stderr)\n"
    (book / "notebooks/10_tiny.py").write_text(CHAPTER + warn)
    arguments = ["notebooks/10_tiny.py", "out.ipynb", "-p", "n_seeds", "3", "--no-progress-bar", *chosen]
    done = papermill_here(*arguments)
    assert done.exit_code == 0, done.output
    if not speaks:
        assert "changed" not in done.output
        return
    assert "  changed: {'n_seeds': 3}" in done.output
    assert "  waiting for another" in done.output
    assert (book / "out.ipynb").is_file()


def test_after_ctrl_c_nothing_is_told_of_the_kernel_that_is_gone(monkeypatch, capfd):
    """On a busy machine a kernel takes longer to end than who waits for it to notice, and asyncio told of that at length."""
    heard = logging.getLogger("asyncio")
    monkeypatch.setattr(heard, "level", heard.level)
    monkeypatch.setattr(heard, "propagate", False)
    monkeypatch.setattr(heard, "handlers", [logging.StreamHandler(sys.stderr)])
    loop = asyncio.new_event_loop()

    async def waits():
        raise DeadKernelError("Kernel died")

    def execute(self):
        self.waiting_task = loop.create_task(waits())
        loop.run_until_complete(asyncio.wait([self.waiting_task]))
        raise KeyboardInterrupt

    monkeypatch.setattr(engine._SpeakingClient, "execute", execute)
    with pytest.raises(engine.Interrupted, match=r"Every finished unit of work is kept"):
        engine.SpeakingEngine.execute_managed_notebook(SimpleNamespace(nb=nbformat.v4.new_notebook()), "python3")
    gc.collect()
    loop.close()
    assert capfd.readouterr().err == ""


CODE = "import pathlib; pathlib.Path('ran').touch()"
NAME = f"n_seeds = 1\n{CODE}\nrate"


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["-f", "my.yaml"], "Unknown parameter "),
        (["-y", yaml.safe_dump({NAME: 3})], "Unknown parameter "),
        (["-p", NAME, "3"], "Unknown parameter "),
        (["-r", NAME, "3"], "Unknown parameter "),
        (["-b", base64.b64encode(yaml.safe_dump({NAME: 3}).encode()).decode()], "Unknown parameter "),
        (["-p", "n_seeds = 0 #", "12"], "Unknown parameter 'n_seeds = 0 #'; did you mean 'n_seeds'?"),
        (["-p", "n_seds", "3"], "Unknown parameter 'n_seds'; did you mean 'n_seeds'?"),
        (["-p", "n_seeds", "many"], "Parameter n_seeds is 'many' (str); allowed is a whole number"),
        (["-y", "models: &a [x, *a]"], "Entry 2 of parameter models is ["),
        (["-y", "models: {a: 1}"], "Parameter models is {'a': 1} (dict)"),
        (["-p", "n_seeds", "many", "--engine", "linear_signal"], "Parameter n_seeds is 'many'"),
        (["-p", NAME, "3", "--prepare-only"], "Unknown parameter "),
        (["-y", "n_seeds: 1\nn_seeds: 3"], "'n_seeds' is there twice (line 2)"),
        (["-f", "twice.yaml"], "'n_seeds' is there twice (line 3)"),
    ],
    ids=lambda value: " ".join(value)[:30] if isinstance(value, list) else None,
)
def test_what_is_no_parameter_of_the_chapter_is_refused_before_there_is_a_notebook(book, papermill_here, arguments, part):
    (book / "my.yaml").write_text(yaml.safe_dump({NAME: 3}))
    (book / "twice.yaml").write_text("n_seeds: 1\nrate: 1.0\nn_seeds: 3\n")
    done = papermill_here("notebooks/10_tiny.py", "out.ipynb", "--no-progress-bar", *arguments)
    assert done.exit_code == 1
    assert f"Error: {part}" in done.output
    assert len(done.output) < 2000
    assert not (book / "out.ipynb").exists()
    assert not (book / "ran").exists()


def test_the_interface_for_python_refuses_the_same(book, monkeypatch):
    monkeypatch.chdir(book)
    for notebook in ("notebooks/10_tiny.py", read_chapter(book / "notebooks/10_tiny.py")):
        with pytest.raises(InputError, match="Unknown parameter"):
            papermill.execute_notebook(notebook, "out.ipynb", parameters={NAME: 3}, progress_bar=False)
    assert not (book / "out.ipynb").exists()


def test_a_notebook_that_is_no_chapter_is_run_as_before_but_for_names_that_are_none(book, monkeypatch):
    monkeypatch.chdir(book)
    cell = nbformat.v4.new_code_cell("x = 1", metadata={"tags": ["parameters"]})
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": spec}), "other.ipynb")
    papermill.execute_notebook("other.ipynb", "out.ipynb", parameters={"y": {"any": [1]}}, prepare_only=True)
    assert "y = {" in nbformat.read("out.ipynb", as_version=4).cells[1].source
    for name in (NAME, "x y", "class", "x:int", ""):
        with pytest.raises(InputError, match="cannot be the name of a parameter"):
            papermill.execute_notebook("other.ipynb", "never.ipynb", parameters={name: 1}, prepare_only=True)
    assert not (book / "never.ipynb").exists()


def test_papermill_lists_the_parameters(papermill_here):
    done = papermill_here("--help-notebook", "./notebooks/10_tiny.py")
    assert done.exit_code == 0, done.output
    assert "n_seeds: int (default 2)" in done.output
    assert "seeds per fit" in done.output
    assert "sizes: list[float]" in done.output


def test_papermill_writes_nothing_among_the_sources(book, papermill_here):
    done = papermill_here("notebooks/10_tiny.py", "notebooks/out.ipynb", "--no-progress-bar")
    assert done.exit_code == 1
    assert "Traceback" not in done.output
    assert "lies among the sources" in done.output
    assert [path.name for path in (book / "notebooks").iterdir()] == ["10_tiny.py"]
    assert not (book / "ran").exists()


def test_a_misspelt_chapter_is_answered_with_the_nearest(book):
    with pytest.raises(InputError, match=r"did you mean '10_tiny\.py'\?"):
        ChapterHandler.read(str(book / "notebooks/10_tny.py"))


def test_a_notebook_file_is_no_chapter(book):
    with pytest.raises(InputError, match=r"chapters are \.py files.*; pass .*10_tiny\.py"):
        ChapterHandler.read(str(book / "notebooks/10_tiny.ipynb"))


IN_R = "# ---\n# jupyter:\n#   kernelspec:\n#     display_name: R\n#     language: R\n#     name: ir\n# ---\n\n"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (CHAPTER.replace(' tags=["parameters"]', ""), r"0 cells tagged 'parameters'; it needs exactly one"),
        (f"{IN_R}{CHAPTER}", "a kernel whose language is 'R'"),
    ],
    ids=["untagged", "another language"],
)
def test_a_chapter_that_papermill_would_run_wrongly_is_refused(book, source, message):
    chapter = book / "notebooks/10_tiny.py"
    chapter.write_text(source)
    with pytest.raises(InputError, match=message):
        ChapterHandler.read(str(chapter))


def test_the_handler_lists_chapters_only(book):
    (book / "notebooks/notes.txt").write_text("")
    assert ChapterHandler.listdir(str(book / "notebooks")) == ["10_tiny.py"]

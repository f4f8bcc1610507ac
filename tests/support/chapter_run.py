"""Runs of a real chapter at its test size, by papermill or in this process, for the tests of chapters and of pages."""

import json
import re
import sys
import tempfile
import time
from contextlib import contextmanager
from itertools import count

import nbformat
import pytest
import yaml
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from linear_signal.book import display, figure
from linear_signal.book.needs import why_left_out
from linear_signal.book.papermill_io import read_chapter
from linear_signal.book.parameter_files import declared_parameters
from linear_signal.book.run_chapters import EXPLORE, FINDINGS
from linear_signal.figures import choice, style
from linear_signal.studies.own_data.clock import Clock
from miniature_book import PROJECT, command

# Those that compute; the findings and the explorer of all read what these leave behind. Left out are those that need what
# is not here.
LEFT_OUT = {path.stem: why for path in (PROJECT / "notebooks").glob("*.py") if (why := why_left_out(path))}
CHAPTERS = sorted({path.stem for path in (PROJECT / "notebooks").glob("*.py")} - {FINDINGS, EXPLORE, *LEFT_OUT})
# The others compute on made-up data unless they are given genuine ones.
GENUINE = {"26_installed_data"}
# The reader's own data, of which nobody has claimed anything, and what computes nothing.
WITHOUT_FINDINGS = {"90_your_data", EXPLORE}
# One goes through papermill, kernel and all; what it does to a page it does to every page.
BY_PAPERMILL = "60_pretraining"
# The one whose pictures are looked at closely.
PICTURES = "20_gtex"
GLUED = re.compile(r"\{glue(?::\w+)?\}`([^`:]+)(?::([^`]+))?`|```\{glue(?::\w+)?\} (\S+)")
# The smallest penalties take the solver the longest and say nothing about the chapter.
SHORTER = {"10_simulation": {"penalties": [0.01, 1.0]}}


class Page:
    """A chapter that was run with results kept in a folder of its own: its cells and what they showed."""

    failed, said = False, ""
    # The miniatures and what was read from them: the same for every run of all processes, which conftest sets.
    data = None

    def __init__(self, folder, chapter, parameters):
        self.folder, self.results = folder, folder / "results"
        self.source = PROJECT / "notebooks" / f"{chapter}.py"
        self.values = yaml.safe_load((PROJECT / f"params/test/{chapter}.yaml").read_text()) | SHORTER.get(chapter, {})
        self.values |= {"results_folder": str(self.results)} | parameters
        if "data_folder" in declared_parameters(self.source):
            self.values |= {"data_folder": str(self.data)}

    def outputs(self):
        return [output for cell in self.cells() for output in cell.get("outputs", [])]

    def glued(self):
        """Return what was glued, by name: its plain text."""
        return {
            output.metadata["scrapbook"]["name"]: next(
                text for kind, text in output.data.items() if kind.endswith("text/plain")
            )
            for output in self.outputs()
            if "scrapbook" in output.get("metadata", {})
        }

    def page(self):
        """Return the HTML that was displayed or glued."""
        shown = [output.data for output in self.outputs() if "data" in output]
        return "".join(content for data in shown for kind, content in data.items() if kind.endswith("text/html"))

    def stored(self):
        """Return the files in the folder of results: their content by name."""
        files = [path for path in sorted(self.results.rglob("*")) if path.is_file()]
        return {path.relative_to(self.results).as_posix(): path.read_bytes() for path in files}


class Run(Page):
    """One run whose page lies in its folder, by the real papermill; where the folder holds one already, that one."""

    def __init__(self, folder, chapter, **parameters):
        super().__init__(folder, chapter, parameters)
        self.notebook, self.file, ended = folder / "page.ipynb", folder / "page.yaml", folder / "ended.json"
        if not ended.exists():
            self.file.write_text(yaml.safe_dump(self.values))
            ended.write_text(json.dumps(self._made()))
        self.failed, self.said = json.loads(ended.read_text())

    def _made(self):
        arguments = [f"notebooks/{self.source.name}", str(self.notebook), "-f", str(self.file), "--no-progress-bar"]
        done = command(PROJECT, "papermill", *arguments)
        return done.returncode != 0, done.stdout

    def cells(self):
        return nbformat.read(self.notebook, as_version=4).cells


class WrittenHere(Run):
    """The same page made in this process, which has imported already what each kernel imports anew.

    Where no test looks into the pictures, every figure is laid out, and an empty one of its size written.
    """

    def _made(self):
        with shell() as opened, pytest.MonkeyPatch.context() as patch:
            # What an assessment leaves out for want of time must not depend on what else the machine does.
            patch.setattr(Clock, "of", lambda minutes: Clock(minutes=minutes, ends=time.monotonic() + 3600))
            if self.source.stem != PICTURES:
                patch.setattr(style, "_written", empty_of_its_size)
                patch.setattr(choice, "figures_by_choice", first_figure)
            nbformat.write(executed(opened, self.source, self.values), self.notebook)
        return False, ""


class Here(Page):
    """One run in this process of which its cells alone are kept; figures are drawn wide, one of each widget, not written.

    Args:
        until: code; the first cell that holds it is not run any more, nor is what follows.
        drawn: whether figures are; not where another run has drawn the same ones.

    Raises:
        Exception: whatever a cell raised.
    """

    def __init__(self, folder, chapter, *, until=None, drawn=True, **parameters):
        super().__init__(folder, chapter, parameters)
        with shell() as opened, pytest.MonkeyPatch.context() as patch:
            # Writing takes as long again as drawing, and says nothing about a chapter; nor do many figures of one kind.
            patch.setattr(style, "_written", lambda figure, kind: b"<svg/>")
            patch.setattr(figure, "narrowed", Undrawn)
            patch.setattr(figure, "drawn_small", drawn_if_wide if drawn else lambda plot: ("image/svg+xml", b"<svg/>"))
            patch.setattr(choice, "figures_by_choice", first_figure)
            self._cells = executed(opened, self.source, self.values, until=until).cells

    def cells(self):
        return self._cells


_numbers = count()


def empty_of_its_size(figure, kind):
    """Stand in for the writing of a figure, which takes as long again as drawing it: a number in one of the same size."""
    if not hasattr(figure, "laid_out"):  # that of vectors is that of pixels
        figure.draw_without_rendering()
        figure.laid_out = True
    width, height = figure.get_size_inches() * 72
    size = f'width="{width}pt" height="{height}pt"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><title>{next(_numbers)}</title></svg>'.encode()


class Undrawn:
    """Stands in for a narrow figure: of its size, and nothing to draw."""

    def __init__(self, plot):
        self.theme = plot.theme


def drawn_if_wide(plot, *, drawn_small=figure.drawn_small):
    """Draw a figure unless it is a narrow one, which the chapter's other run draws."""
    return ("image/svg+xml", b"<svg/>") if isinstance(plot, Undrawn) else drawn_small(plot)


def first_figure(figures, control, *, figures_by_choice=choice.figures_by_choice, **texts):
    """Stand in for ``figures_by_choice``: of all its figures, the first."""
    return figures_by_choice(dict(list(figures.items())[:1]), control)


def executed(shell, source, values, *, until=None):
    """Run the cells of a chapter with parameters, under the shell that kernels have; return what papermill would keep."""
    page = read_chapter(source)
    (declared,) = (number for number, cell in enumerate(page.cells) if "parameters" in cell.metadata.get("tags", []))
    passed = "\n".join(["# Parameters", *(f"{key} = {value!r}" for key, value in values.items())])
    page.cells.insert(declared + 1, nbformat.v4.new_code_cell(passed, metadata={"tags": ["injected-parameters"]}))
    display.glued.clear()
    for cell in page.cells:
        if cell.cell_type != "code":
            continue
        if until and until in cell.source:
            break
        cell.outputs = run_cell(shell, cell.source)
    page.metadata["language_info"] = {"name": "python", "pygments_lexer": "ipython3"}
    return page


def run_cell(shell, source):
    """Run a cell and return what it showed, the value of a last expression included; errors are raised."""
    values = []
    shell.display_trap.hook = values.append
    with capture_output(stderr=False) as shown:
        done = shell.run_cell(source, store_history=True)
    done.raise_error()
    bundles = [(one.data, one.metadata or {}) for one in shown.outputs]
    bundles += [shell.display_formatter.format(value) for value in values if value is not None]
    said = [nbformat.v4.new_output("stream", name="stdout", text=shown.stdout)] if shown.stdout else []
    return said + [nbformat.v4.new_output("display_data", data, metadata=metadata) for data, metadata in bundles]


@contextmanager
def shell():
    """Open the shell of IPython that ``display`` finds, and leave nothing of it behind."""
    main = sys.modules["__main__"]
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setenv("IPYTHONDIR", folder)
        opened = InteractiveShell.instance()
        opened.history_manager.enabled = False
        try:
            yield opened
        finally:
            opened.history_manager.end_session()
            InteractiveShell.clear_instance()
            sys.modules["__main__"] = main


def assert_whole_page(run):
    """Check that a page is complete: no error, and every number of its prose is there and can be written as asked."""
    assert not run.failed, run.said
    assert not [output for output in run.outputs() if output.output_type == "error"]
    assert not [output for output in run.outputs() if output.get("name") == "stderr"]
    glued = run.glued()
    used = [match.groups() for cell in run.cells() if cell.cell_type == "markdown" for match in GLUED.finditer(cell.source)]
    assert used
    for inline, form, block in used:
        name = inline or block
        assert name in glued, f"the prose uses {name!r}, which is not glued"
        if form:
            format(float(glued[name]), form)

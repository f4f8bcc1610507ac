"""One papermill run of a real chapter at its test size, for the tests of chapters and of pages."""

import atexit
import re
import shutil
import tempfile
from pathlib import Path

import nbformat
import yaml

from linear_signal.book.papermill_io import read_chapter
from linear_signal.book.run_chapters import FINDINGS
from miniature_book import PROJECT, command

# Those that compute; the page of findings reads what they leave behind.
CHAPTERS = sorted({path.stem for path in (PROJECT / "notebooks").glob("*.py")} - {FINDINGS})
GLUED = re.compile(r"\{glue(?::\w+)?\}`([^`:]+)(?::([^`]+))?`|```\{glue(?::\w+)?\} (\S+)")
# The smallest penalties take the solver the longest and say nothing about the chapter.
SHORTER = {"10_simulation": {"penalties": [0.01, 1.0]}}


# The miniatures and what was read from them: the same for every run, and made once.
DATA = Path(tempfile.mkdtemp(prefix="data of the chapters "))
atexit.register(shutil.rmtree, DATA, ignore_errors=True)


class Run:
    """One papermill run in a folder of its own, with results kept there."""

    def __init__(self, folder, chapter, **parameters):
        self.folder, self.notebook = folder, folder / f"{len(list(folder.glob('*.yaml')))}.ipynb"
        self.results = folder / "results"
        values = yaml.safe_load((PROJECT / f"params/test/{chapter}.yaml").read_text()) | SHORTER.get(chapter, {})
        values |= {"results_folder": str(self.results)}
        if "data_folder:" in (PROJECT / f"notebooks/{chapter}.py").read_text():
            values |= {"data_folder": str(DATA)}
        file = self.notebook.with_suffix(".yaml")
        file.write_text(yaml.safe_dump(values | parameters))
        arguments = [f"notebooks/{chapter}.py", str(self.notebook), "-f", str(file), "--no-progress-bar"]
        done = command(PROJECT, "papermill", *arguments)
        self.failed, self.said = done.returncode != 0, done.stdout
        files = [path for path in sorted(self.results.rglob("*")) if path.is_file()]
        self.stored = {path.relative_to(self.results).as_posix(): path.read_bytes() for path in files}

    def cells(self):
        return nbformat.read(self.notebook, as_version=4).cells

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


def until_its_fits(chapter, **parameters):
    """Execute the code of a chapter in this process, at its test size, up to the cell that would compute."""
    values = yaml.safe_load((PROJECT / f"params/test/{chapter}.yaml").read_text()) | {"data_folder": str(DATA)} | parameters
    namespace = {"__name__": "__main__"}
    for cell in read_chapter(PROJECT / "notebooks" / f"{chapter}.py").cells:
        if cell.cell_type != "code":
            continue
        if "run(" in cell.source:
            return
        exec(compile(cell.source, chapter, "exec"), namespace)
        if "parameters" in cell.metadata.get("tags", []):
            namespace.update(values)


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

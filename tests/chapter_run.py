"""One papermill run of a real chapter at its test size, for the tests of chapters and of pages."""

import nbformat
import yaml

from miniature_book import PROJECT, command

CHAPTERS = sorted(path.stem for path in (PROJECT / "notebooks").glob("*.py"))
# The smallest penalties take the solver the longest and say nothing about the chapter.
SHORTER = {"10_simulation": {"penalties": [0.01, 1.0]}}


class Run:
    """One papermill run in a folder of its own, with results and data kept there."""

    def __init__(self, folder, chapter, **parameters):
        self.folder, self.notebook = folder, folder / f"{len(list(folder.glob('*.yaml')))}.ipynb"
        self.results, data = folder / "results", folder / "data"
        values = yaml.safe_load((PROJECT / f"params/test/{chapter}.yaml").read_text()) | SHORTER.get(chapter, {})
        values |= {"results_folder": str(self.results)}
        if "data_folder:" in (PROJECT / f"notebooks/{chapter}.py").read_text():
            values |= {"data_folder": str(data)}
        file = self.notebook.with_suffix(".yaml")
        file.write_text(yaml.safe_dump(values | parameters))
        arguments = [f"notebooks/{chapter}.py", str(self.notebook), "-f", str(file), "--no-progress-bar"]
        done = command(PROJECT, "papermill", *arguments)
        self.failed, self.said = done.returncode != 0, done.stdout
        self.stored = {path.name: path.read_bytes() for path in self.results.glob("*")} if self.results.exists() else None

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

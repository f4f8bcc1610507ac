"""A chapter of one made-up unit that says of its data whether they are genuine, run in this process to a notebook."""

from dataclasses import dataclass

import nbformat
import pandas as pd

from chapter_run import run_cell, shell
from linear_signal.book import display
from linear_signal.data.source import Source
from linear_signal.experiment.unit import Unit
from linear_signal.seeds import generator

CELLS = (
    "n_folds: int = 5\nshared: list[str] = ['running']",
    "# Parameters\nn_folds = {n_folds}\nworkers = 1\nresults_folder = {results!r}",
    """\
import pandas as pd
from linear_signal.book.chapter import Chapter
from linear_signal.experiment.plan import Plan
from tossed_coins import Coin, source_of

page = Chapter("11_coins", globals())
page.uses(*(source_of(name, {places!r}) for name in {names!r}))
plan = Plan(tuple(Coin(name, fold, {places!r}) for name in {names!r} for fold in range(n_folds)))
page.add(plan)""",
    "tosses = page.run(plan).tosses",
    "{offer}",
    "page.end()",
)
OFFER = 'page.offer("means", tosses.groupby("dataset", as_index=False)["heads"].mean(), title="Mean share of heads")'


def source_of(name, place):
    """Describe coins; those whose name begins with "made up" were not tossed by anybody."""
    kind = "coins that nobody tossed" if name.startswith("made up") else f"coins tossed at {place}"
    return Source(name=name, synthetic=name.startswith("made up"), source=kind, summary="400 tosses of a coin")


@dataclass(frozen=True, eq=False)
class Coin(Unit):
    """One coin, tossed 400 times."""

    TABLES = ("tosses",)

    name: str
    fold: int
    place: str

    @property
    def datasets(self):
        return (source_of(self.name, self.place),)

    @property
    def settings(self):
        return self.names

    @property
    def names(self):
        return {"dataset": self.name, "seed": 0, "fold": self.fold}

    def compute(self, device):
        heads = (generator("coin", self.name, self.fold).random(400) < 0.9).mean()
        return {"tosses": pd.DataFrame([{"heads": heads, "fraction": 1.0}])}, {}


def toss(folder, *names, n_folds=3, place="the table", offer=OFFER):
    """Run the chapter with its results in the folder, and return the executed notebook."""
    given = {"names": names, "n_folds": n_folds, "results": str(folder / "results"), "offer": offer, "places": place}
    cells = [nbformat.v4.new_code_cell(cell.format(**given)) for cell in CELLS]
    display.glued.clear()
    with shell() as opened:
        for cell in cells:
            cell.outputs = run_cell(opened, cell.source)
    page = folder / "page.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), page)
    return page

"""A study joins by its folder alone: its chapter runs, its plan is counted, its findings stand beside the others."""

import os
import shutil
import subprocess
import sys

import nbformat
import pytest

from miniature_book import PROJECT

# All that somebody writes who adds a study: a folder with two files, and a chapter.
STUDY = {
    "lib/linear_signal/studies/coins2024/__init__.py": '''\
"""Coins 2024: a study of one unit, made up for a test."""

TITLE = "Coins 2024"
''',
    "lib/linear_signal/studies/coins2024/coins.py": '''\
"""The unit of the study: some tosses of a coin."""

from dataclasses import dataclass

import pandas as pd

from linear_signal.analysis.metrics import Metric
from linear_signal.data.source import Source
from linear_signal.experiment.unit import Unit
from linear_signal.seeds import generator

HEADS = Metric(column="heads", title="Share of heads", chance="fair", lowest=0.0, highest=1.0, level=0.05)


@dataclass(frozen=True, eq=False)
class Coin(Unit):
    """One coin, tossed 400 times."""

    TABLES = ("tosses",)
    datasets = (Source(name="coins", synthetic=True, source="coins that nobody tossed", summary="two coins"),)

    coin: str
    fold: int

    @property
    def settings(self):
        return self.names

    @property
    def names(self):
        return {"dataset": "coins", "coin": self.coin, "seed": 0, "fold": self.fold}

    def compute(self, device):
        share = {"fair": 0.5, "bent": 0.9}[self.coin]
        heads = (generator("coin", self.coin, self.fold).random(400) < share).mean()
        sizes = {"train_samples": 400, "validation_samples": 100, "smallest_class_groups": 100}
        return {"tosses": pd.DataFrame([{"heads": heads, "fair": 0.5, "fraction": 1.0, **sizes}])}, {}
''',
    "lib/linear_signal/studies/coins2024/findings.py": '''\
"""The findings of the study."""

from linear_signal.analysis import rules
from linear_signal.analysis.claims import every_row
from linear_signal.analysis.comparison import against_naive
from linear_signal.analysis.finding import Finding, Question
from linear_signal.studies.coins2024.coins import HEADS

QUESTIONS = {"coins": Question(title="Which coins are bent?")}


def off(coin, rule):
    return lambda table: every_row(
        [against_naive(table[table.coin == coin], by=["coin"], metric=HEADS).assign(compared=f"The {coin} coin")], rule
    )


FINDINGS = [
    Finding(question="coins", says=says, about="tosses", chapter="11_coins", section="tosses", claim=claim, figure="1")
    for says, claim in (("Bent coins show heads.", off("bent", rules.above)), ("Fair ones do.", off("fair", rules.above)))
]
''',
    "notebooks/11_coins.py": """\
# %% [markdown]
# # Which coin is bent?
#
# ```{glue} origin
# ```
#
# ## What we found
#
# The bent coin shows heads in {glue:text}`bent` of its tosses.
#
# ## How it was run

# %% tags=["parameters"]
n_folds: int = 5  # times each coin is tossed
shared: list[str] = ["running"]

# %%
from linear_signal.book.chapter import Chapter
from linear_signal.book.display import glue
from linear_signal.experiment.plan import Plan
from linear_signal.numbers import accuracy
from linear_signal.studies.coins2024.coins import Coin

page = Chapter("11_coins", globals())
page.uses(*Coin.datasets)
plan = page.add(Plan(tuple(Coin(coin, fold) for coin in ("fair", "bent") for fold in range(n_folds))))

# %%
tosses = page.run(plan).tosses

# %% tags=["remove-cell"]
glue(bent=accuracy(tosses[tosses.coin == "bent"].heads.mean()))

# %%
page.show_run()

# %% [markdown]
# ## Tosses

# %%
tosses

# %% tags=["remove-input"]
page.end()

# %% tags=["remove-cell"]
page.answer()
""",
}

# In one process: each imports the library anew.
RUN = """\
import sys
from pathlib import Path
import nbformat
from chapter_run import executed, shell
from linear_signal.book.__main__ import main
for name in ("11_coins", "00_findings"):
    with shell() as opened:
        nbformat.write(executed(opened, Path(f"notebooks/{name}.py"), {}), f"book/chapters/{name}.ipynb")
print("The plan:", flush=True)
sys.exit(main(["plan", "--name", "11_coins"]))
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Lay out a project with one more study, run its chapter and the page of findings, and plan: where, what was said."""
    root = tmp_path_factory.mktemp("study") / "project"
    shutil.copytree(PROJECT / "lib", root / "lib", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("_config.yml", "_toc.yml", "params/paper/00_findings.yaml", "notebooks/00_findings.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / name, root / name)
    for name, text in STUDY.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / "params/paper/11_coins.yaml").write_text("n_folds: 40\n")
    (root / "book/chapters").mkdir(parents=True)
    places = {"PYTHONPATH": os.pathsep.join([str(root / "lib"), str(PROJECT / "tests/support")])}
    done = subprocess.run(
        [sys.executable, "-c", RUN],
        cwd=root,
        env=os.environ | places,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    assert not done.returncode, done.stdout
    return root, done.stdout


@pytest.fixture
def project(run):
    return run[0]


def page(root, chapter):
    """Return all text and HTML that a chapter shows, and what it glues."""
    cells = nbformat.read(root / f"book/chapters/{chapter}.ipynb", as_version=4).cells
    shown = [output.data for cell in cells for output in cell.get("outputs", []) if "data" in output]
    return "".join(content for data in shown for kind, content in data.items() if kind.endswith(("html", "markdown")))


def test_its_chapter_tells_of_its_units_and_ends_with_its_answer(project):
    shown = page(project, "11_coins")
    assert "coins that nobody tossed" in shown
    assert "10 units behind this page" in shown
    assert "<th>Coin</th>" in shown
    assert "The bent coin shows heads in 0.9" in shown


def test_its_findings_stand_on_the_page_of_findings_beside_the_others(project):
    shown = page(project, "00_findings")
    (section,) = [part for part in shown.split('<section id="') if part.startswith('coins2024-coins"')]
    assert "Which coins are bent?" in section
    assert [part.partition("<")[0] for part in section.split('class="judged">')[1:]]
    first, second = section.split("Fair ones do.")
    assert "</b> holds" in first
    assert "The bent coin" in first
    assert "</b> does not hold" in second
    assert 'href="../chapters/11_coins.html#tosses"' in section
    assert shown.index("Heil, Crawford") < shown.index("Coins 2024")


def test_make_plan_counts_its_units(run):
    (row,) = [line for line in run[1].partition("The plan:")[2].splitlines() if line.startswith("11_coins")]
    assert row.split()[1] == "80"

"""A book of one tiny chapter in a folder of its own, for the tests that run the real commands."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2]

CHAPTER = """\
# %% [markdown]
# # How many seeds? {glue:text}`seeds`

# %% tags=["parameters"]
n_seeds: int = 2  # seeds per fit
rate: float = 0.5  # learning rate
models: list[str] = ["linear", "network"]  # what is fitted
sizes: list[float] = [0.1, 1.0]  # shares of the training set
source: str = "miniature"  # where data come from
quick: bool = True  # whether to be quick

# %%
from linear_signal.book.parameters import check_parameters

p = check_parameters(globals())

# %% [markdown]
# (a-label)=
# ## The numbers

# %%
from pathlib import Path

from myst_nb import glue

Path("ran").write_text("after the check")
glue("seeds", p.n_seeds, display=False)
print(p.as_dict())
print("changed:", p.changed)
"""

CONTENTS = """\
format: jb-book
root: book/index
chapters:
  - file: book/chapters/10_tiny
  - file: book/runs_index
    sections:
      - glob: book/runs/*
"""


def make_book(folder: Path) -> Path:
    """Write the book, with the project's own configuration, and return its folder."""
    for name in ("notebooks", "book"):
        (folder / name).mkdir(parents=True)
    (folder / "notebooks/10_tiny.py").write_text(CHAPTER)
    (folder / "_toc.yml").write_text(CONTENTS)
    shutil.copy(PROJECT / "_config.yml", folder)
    for file in (PROJECT / "book/custom.css", PROJECT / "book/references.bib", *(PROJECT / "book").glob("*.js")):
        shutil.copy(file, folder / "book")
    (folder / "book/index.md").write_text("# A book\n\nSee [](chapters/10_tiny).\n")
    (folder / "book/runs_index.md").write_text("# Runs\n\nWhat was run beside the chapters.\n")
    return folder


def command(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``python -m ...`` in the folder; stdout and stderr come back together."""
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=300,
        env=os.environ | environment,
    )

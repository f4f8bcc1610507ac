# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # {glue:text}`title`
#
# Every finding of {cite:t}`heil2023` as a row: what the paper says, its number, ours with a 95 % interval, on which data,
# and whether it holds; beside them what is to be expected of controls the paper does not have. Everything here is computed
# from the results tables of the chapters that this book was made with.
#
# ```{glue} origin
# ```
#
# ## What we found
#
# {glue:text}`headline` {glue:text}`missing` The verdicts follow from the intervals by [fixed rules](#when-a-finding-holds).
#
# ```{glue} counts
# ```
#
# ## How it was run
#
# Which pages and tables are read; [](../rerun) says how to pass others.

# %% tags=["parameters"]
pages: str = ""  # folder of executed chapters whose tables are read; empty: book/chapters
results_folder: str = ""  # where those tables are kept; empty: the book's own folder

# %% tags=["remove-cell"]
from pathlib import Path

from linear_signal.experiment.claims import LEVEL
from linear_signal.page.chapter import glue, show_command, store_of
from linear_signal.page.findings import compute_findings
from linear_signal.page.findings_page import (
    counts_table,
    headline,
    missing_chapters,
    origin_of_tables,
    page_links,
    page_title,
    show_findings,
)
from linear_signal.page.kept_tables import kept_tables
from linear_signal.page.parameters import check_parameters
from linear_signal.page.paths import project_root

p = check_parameters(globals())

# %% [markdown]
# Each executed page names the table it was made from. Those tables are all that the findings are computed from.

# %%
folder = Path(p.pages).expanduser() if p.pages else project_root() / "book" / "chapters"
tables = kept_tables(folder, store_of(p).folder)
origin = origin_of_tables(tables)
findings = compute_findings({chapter: table.fits for chapter, table in tables.items()})

# %% tags=["remove-cell"]
links, missing = page_links(tables, folder), missing_chapters(findings, tables)
glue(
    title=page_title(findings),
    headline=headline(findings),
    missing=f"These chapters have not been run: {', '.join(missing)}." if missing else "",
    level=LEVEL,
    twice_level=2 * LEVEL,
    near_one=1 - LEVEL,
    nearly_near_one=1 - 2 * LEVEL,
    origin=origin,
    counts=counts_table(findings),
)

# %% [markdown]
# ## Data whose answer is known
#
# Three simulated data sets: one with linear and non-linear signal, one with linear signal only, one with none.

# %% tags=["remove-input"]
show_findings(findings, "simulations", links=links)

# %% [markdown]
# ## Who predicts better, with full signal?
#
# Tissues of GTEx, tissues of Recount3, and sex. Positive differences mean that the model named first is ahead.

# %% tags=["remove-input"]
show_findings(findings, "full", links=links)

# %% [markdown]
# ## What is left once the linear signal is removed?
#
# A linear model has nothing to hold on to then. What a network still reaches above guessing is non-linear signal.

# %% tags=["remove-input"]
show_findings(findings, "removed", links=links)

# %% [markdown]
# ## What do sample-wise splits do?
#
# Study-wise splits hold whole studies out. Sample-wise ones put samples of one study on both sides, and what is particular
# to the study gives the tissue away.

# %% tags=["remove-input"]
show_findings(findings, "splits", links=links)

# %% [markdown]
# ## Does pretraining help, and whom?

# %% tags=["remove-input"]
show_findings(findings, "pretraining", links=links)

# %% [markdown]
# ## Controls
#
# Where nothing was published, a row says what is to be expected.

# %% tags=["remove-input"]
show_findings(findings, "controls", links=links)

# %% [markdown]
# ## From one data set to another
#
# Models learn on one data set and predict the tissues of the other. The authors' code does this; their paper has no word on
# it.

# %% tags=["remove-input"]
show_findings(findings, "transfer", links=links)

# %% [markdown]
# ## When a finding holds
#
# Verdicts follow from the 95 % intervals ([](../methods.md#comparing)) by these rules and from nothing else:
#
# ```{list-table}
# :header-rows: 1
#
# * - claim
#   - ✓ holds
#   - ✗ does not hold
#   - ? cannot be told
# * - near 1.0
#   - the mean of the balanced accuracies is at least {glue:text}`near_one:.2f`, and its whole interval above
#     {glue:text}`nearly_near_one:.2f`
#   - the whole interval lies below {glue:text}`near_one:.2f`
#   - otherwise
# * - above chance
#   - the interval lies above guessing, the mean by more than {glue:text}`level:.2f`
#   - the interval ends within {glue:text}`level:.2f` above guessing, or below
#   - otherwise
# * - at chance
#   - the mean lies within {glue:text}`level:.2f` of guessing, the whole interval within
#     {glue:text}`twice_level:.2f`
#   - the mean is further away than {glue:text}`level:.2f`, and the interval leaves guessing out
#   - otherwise
# * - the leak
#   - the interval leaves guessing out on either side, the mean is further away than
#     {glue:text}`level:.2f`: who errs more often than chance allows knows the labels, too
#   - the whole interval lies within {glue:text}`level:.2f` of guessing
#   - otherwise
# * - ahead, better, worse, gains
#   - the interval of the difference lies above zero
#   - it lies below zero
#   - otherwise, also where every run is a draw, as at 1.0
# * - no more, no less
#   - the interval of the difference of the gains includes zero, all of it within {glue:text}`twice_level:.2f`
#   - it leaves zero out
#   - otherwise
# * - the same order
#   - the intervals of both differences, sample-wise and study-wise, lie on the same side of zero
#   - they lie on opposite sides
#   - one of them includes zero
# ```
#
# With six classes or more, a quarter of what guessing gets takes the place of {glue:text}`level:.2f`. A finding about
# several models holds where it holds for each of them, and does not where it fails for one; its rows list them one by
# one. Differences are paired over seed and fold, with one exception: sample-wise and study-wise splits have no folds in
# common. A mean over pairs of tissues is taken within each run first. One single run has no interval, and nothing can
# be told from it. The intervals are not adjusted for how many there are: of twenty claims that are true, about one can
# be expected to miss.
#
# The paper's numbers are the ends of its published curves, which hold no linear SVM and no exactly solved logistic
# regression (–). They rest on real data and more samples and genes than a quick run has.
#
# ## What this shows
#
# A verdict is about this run: its data, its sizes, its seeds. "Cannot be told" is no weaker form of "does not hold"; it asks
# for more runs. A finding that does not hold is worth a look at its page, which says with what settings and how far it is
# off.
#
# ## What to change
#
# - the findings of extra runs, such as those at the paper's sizes that `make chapter` put into `book/runs`:
#   `make chapter NAME=00_findings PARAMS=params/paper/00_findings.yaml`
# - those of runs kept elsewhere: `-p pages my_runs -p results_folder my_results`
#
# This page exactly, typed in the project's folder:

# %% tags=["remove-input"]
show_command(p, "00_findings")

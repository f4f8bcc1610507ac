# %% [markdown]
# # {glue:text}`title`
#
# Every finding of the studies in this book as a row: what the paper says, its number, ours with a 95 % interval, on which
# data, and whether it holds; beside them what is to be expected of controls that a paper does not have. Everything here is
# computed from the results tables of the chapters that this book was made with.
#
# ```{glue} scoreboard
# ```
#
# ## What we found
#
# ```{glue} measured_counts
# ```
#
# {glue:text}`headline` {glue:text}`missing` The verdicts follow from the intervals by [fixed rules](#when-a-finding-holds).
#
# ```{glue} origin
# ```
#
# ```{glue} counts
# ```
#
# ## How it was run
#
# Which pages and tables are read; [Re-run a chapter](../rerun) says how to pass others.

# %% tags=["parameters"]
pages: str = ""  # folder of executed chapters whose tables are read; empty: book/chapters
results_folder: str = ""  # where those tables are kept; empty: the book's own folder
measured_folder: str = ""  # measured results that stand beside; empty: book/measured

# %% tags=["remove-cell"]
from pathlib import Path

from linear_signal.analysis.rules import MARGIN, SMALLEST_GROUPS
from linear_signal.book.chapter import store_of
from linear_signal.book.cite import cite_box
from linear_signal.book.display import glue
from linear_signal.book.findings import compute_findings, measured_findings
from linear_signal.book.findings_board import scoreboard
from linear_signal.book.findings_page import (
    counts_table,
    headline,
    measured_counts,
    missing_chapters,
    origin_of_tables,
    page_links,
    page_title,
    show_findings,
)
from linear_signal.book.front_page import answers, learnt, overview_figure, this_copy
from linear_signal.book.kept_tables import kept_tables
from linear_signal.book.measured import measured
from linear_signal.book.parameters import check_parameters
from linear_signal.book.paths import project_root
from linear_signal.book.run_table import show_command
from linear_signal.book.status_page import measured_table, status_table

p = check_parameters(globals())

# %% [markdown]
# Each executed page names the table it was made from. Those tables are all that the findings are computed from. What was
# measured once on genuine data ships as the same tables, is judged by the same rules, and stands in a column of its own.

# %%
folder = Path(p.pages).expanduser() if p.pages else project_root() / "book" / "chapters"
tables = kept_tables(folder, store_of(p).folder)
findings = compute_findings({chapter: table.fits for chapter, table in tables.items()})
sets = measured(folder=Path(p.measured_folder).expanduser() if p.measured_folder else None).values()
beside = measured_findings(sets)
origin = origin_of_tables(tables, sets)

# %% tags=["remove-cell"]
links, missing = page_links(tables, folder), missing_chapters(findings, tables)
glue(
    title=page_title(findings, beside),
    measured_counts=measured_counts(beside),
    headline=headline(findings, beside),
    missing=f"These chapters have not been run: {', '.join(missing)}." if missing else "",
    margin=MARGIN,
    near_one=1 - MARGIN,
    groups=SMALLEST_GROUPS,
    origin=origin,
    scoreboard=scoreboard(findings, beside),
    counts=counts_table(findings),
)
# What the front page and the page of states show of results is made here, where all of them meet.
glue(
    front_answers=answers(sets),
    front_figure=overview_figure(tables, sets),
    front_copy=this_copy(tables),
    front_learnt=learnt(sets),
    status=status_table(project_root(), folder, tables, findings),
    measured_sets=measured_table(sets),
    cite=cite_box(project_root()),
)

# %% [markdown]
# ## The findings, study by study

# %% tags=["remove-input"]
show_findings(findings, links=links, measured=beside)

# %% [markdown]
# ## When a finding holds
#
# Chapters and this page judge by one set of rules ([Methods](../methods.md#comparing)), and by nothing else. Around chance,
# and around a difference of zero, {glue:text}`margin:.2f` counts as level; with six classes or more, a quarter of chance
# does.
#
# ```{list-table}
# :header-rows: 1
#
# * - claim
#   - ✓ holds
#   - ✗ does not hold
# * - above chance; ahead, better, worse
#   - the 95 % interval lies above, and the mean by more than {glue:text}`margin:.2f`
#   - shown to be less than {glue:text}`margin:.2f` above (one-sided test at 5 %)
# * - slightly ahead; gains
#   - the 95 % interval of the difference lies above zero, by however little
#   - it lies below zero
# * - at chance; no more, no less
#   - shown to be level: two one-sided tests at 5 %, that is, the 90 % interval lies within {glue:text}`margin:.2f`
#   - the 95 % interval leaves chance or zero out, and the mean is further away than {glue:text}`margin:.2f`
# * - the leak
#   - away from chance on either side: who errs more often than chance allows knows the labels, too
#   - shown to be level
# * - near 1.0
#   - shown to lie above {glue:text}`near_one:.2f` (one-sided test at 5 %)
#   - shown to lie below it
# * - there is non-linear signal
#   - some model that is not linear is above chance, and on the same folds ahead of every linear one; the intervals of all
#     such models hold at once, as the best one is picked
#   - all of them are shown to be less than {glue:text}`margin:.2f` above chance
# * - the same order
#   - the same model is slightly ahead in both kinds of splits
#   - one is ahead here and the other there
# ```
#
# Everything else is **inconclusive**, with its cause: *too imprecise* (the interval is too wide; the row says what true
# difference would have been seen in four of five such runs), *below resolution* (something is there, but small), *a tie at
# the ceiling* (nothing can rank models that are always right), *too few groups* (fewer than {glue:text}`groups` donors or
# studies in some class: intervals are wrong too often then), *a single run*, or *mixed* (some rows hold, some are open).
#
# A claim about every one of several models holds where it holds for each of them, and does not where it fails for one; so
# its errors add up, and each row says at most how often such a verdict is wrong. Differences are paired over seed and fold,
# with one exception: sample-wise and study-wise splits have no folds in common. A mean over pairs of tissues is taken
# within each run first. Findings are not adjusted for one another.
#
# The paper's numbers are the ends of its published curves, which hold no linear SVM and no exactly solved logistic
# regression (–). They rest on real data and more samples and genes than a quick run has.
#
# ## What this shows
#
# A verdict is about this run: its data, its sizes, its seeds, not about other cohorts. "Inconclusive" is no weaker form of
# "does not hold". More seeds narrow an interval little, since they deal the same samples anew; more samples, more donors or
# studies, and training that ends by itself narrow it more. A finding that does not hold is worth a look at its page, which
# says with what settings and how far it is off.
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

# %% [markdown]
# # Your data: is there signal that is not linear, of what kind, is the split leaking, is the label the batch?
#
# The same questions as in the chapters before, asked of one data set of yours. Checks come first, because some data cannot
# answer anything, whatever the model. Then a test of signal beyond the means of single genes, models compared on the full
# signal, and what the split, more samples and single genes add.
#
# ```{glue} provenance
# ```
#
# ```{glue} answer
# ```
#
# ```{glue} first_figure
# ```
#
# ## What we found
#
# > {glue:text}`answer_signal`
#
# - **Is a complex model ahead of a linear one?** {glue:text}`answer_models`
# - **Is the split leaking?** {glue:text}`answer_leak`
# - **Would more data help?** {glue:text}`answer_curve`
# - **Are the data in order?** {glue:text}`answer_checks`
#
# What to do next, with these {glue:text}`n_samples` samples of {glue:text}`n_genes` genes:
#
# ```{glue} advice
# ```
#
# ## How it was run
#
# Without a file, the page runs on `tissue_gene_expression`, genuine data that `make r` installs, and where R is missing on
# made-up data, which it says. [Assess your data](../assess) describes every check, and how to ask from Python and a shell;
# [Re-run a chapter](../rerun) says how to pass parameters.


# %% tags=["parameters"]
expression: str = ""  # .csv .tsv .gct .parquet .feather .h5ad .rda .rds; empty: an example
labels: str = ""  # table with one row per sample; empty: labels are beside the genes, or in obs
label: str = ""  # column of classes
groups: list[str] = []  # columns that must not be torn apart: donor, study, batch; the first one is split by
covariates: list[str] = []  # age, sex, subtype: a floor, and taken off as another cause
layer: str = ""  # of an h5ad; empty: X
orientation: str = "auto"  # auto, samples_in_rows, genes_in_rows
scaling: str = "auto"  # auto, none, log1p, cpm_log1p, zero_one
minutes: float = 1.0  # for all of it, on two cores; the ladder and other causes want three or more
example: str = "auto"  # without a file: auto (genuine where R is there), tissue_gene_expression, made_up
shared: list[str] = ["running"]

# %% tags=["remove-cell"]
from IPython.display import display

from linear_signal.book.chapter import Chapter
from linear_signal.book.display import glue
from linear_signal.studies.own_data.example import confounded_example, open_question
from linear_signal.studies.own_data.probes_figure import probes_plot
from linear_signal.studies.own_data.shown import (
    advice_list,
    answer_rows,
    answers_said,
    checks_shown,
    confounded_shown,
    found_of,
    methods_shown,
    sections_shown,
)
from linear_signal.studies.own_data.unit import AssessmentPlan, AssessmentUnit

# %% [markdown]
# Data are read and checked before anything is computed.

# %%
page = Chapter("90_your_data", globals())
p = page.parameters
own = page.open(open_question)
page.uses(own.dataset)
plan = page.add(AssessmentPlan((AssessmentUnit(own=own, minutes=p.minutes),)))

# %% [markdown]
# What an earlier run with the same data and settings has left in the store is taken from there.

# %% tags=["hide-output"]
found = found_of(page.run(plan), own, p)

# %% tags=["remove-cell"]
glue(
    **answers_said(found),
    advice=advice_list(found),
    n_samples=own.dataset.n_samples,
    n_genes=own.dataset.n_genes,
)
probes = found.results.get("probes")
page.begin(
    answer_rows(found),
    None if probes is None else probes_plot(probes, synthetic=page.synthetic),
    alt="What each probe reached once class means were equal, and two deviations around its mean with labels permuted.",
    columns=("This run",),
)

# %% [markdown]
# ## This run

# %% tags=["remove-input"]
page.show_run()

# %% [markdown]
# ## Checks
#
# Each has a code that stays. *Passed* is said only where there was something to look at; *not applicable* where there was
# nothing, *not assessed* where it could not be done.

# %% tags=["hide-input"]
display(checks_shown(found.checks))

# %% [markdown]
# ## What was computed

# %% tags=["hide-input"]
for part in sections_shown(found):
    display(part)

# %% [markdown]
# ## A data set that cannot be assessed
#
# `bladderbatch`, which `make r` installs, holds samples of a study of bladder cancer {cite:p}`dyrskjot2004` in five batches
# {cite:p}`leek2010`. Asked for its states, with the batch as the group, the same checks say that no model can answer:

# %% tags=["hide-input"]
display(confounded_shown(confounded_example()))

# %% [markdown]
# ## For a paper

# %% tags=["hide-input"]
display(methods_shown(found))

# %% [markdown]
# ## What this shows
#
# "Found" says that classes differ in more than the means of single genes, in these samples. Whether a complex model is
# worth it, the comparison on the full signal says. "None found" says no more than that signals of the planted sizes would
# have been seen. [Other things can look like non-linear signal](../methods.md#what-else-can-look-like-non-linear-signal).
#
# ## What to change
#
# - your data, as a page under "Runs": `make assess DATA=data.h5ad LABEL=tissue GROUP=donor`
# - the same without the book: `python -m linear_signal assess data.h5ad --label tissue --group donor`
# - more time: `-p minutes 30`
#
# This page exactly, typed in the project's folder:

# %% tags=["remove-input"]
page.end()

# %% tags=["remove-cell"]
page.answer()

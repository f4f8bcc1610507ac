# %% [markdown]
# # Is there non-linear signal in genuine data that anybody can install?
#
# The questions of {cite:t}`heil2023`, asked of microarrays that come with packages of R (`make r` installs them).
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
# The data are small and well known: human tissues, and patients with leukaemia {cite:p}`chiaretti2004`. Do flexible models
# beat a linear one? Is there signal left once classes have equal means, and is it still there once more is made equal?
#
# ## What we found
#
# - {glue:text}`answer_ahead`
# - {glue:text}`answer_left`
# - {glue:text}`answer_few`
# - {glue:text}`batch_verdict`
#
# ## How it was run
#
# These parameters, and the shared ones of the groups named last, decide everything on the page; [Re-run a
# chapter](../rerun) says how to pass others.


# %% tags=["parameters"] needs=["installed data"]
tasks: list[str] = ["seven tissues", "five tissues", "lineage", "BCR/ABL", "sex"]  # what is asked, of which data see below
rungs: list[str] = ["spreads_removed", "distributions_removed", "covariances_removed"]  # what is made equal beside means
n_genes: int = 100  # most variable genes of each data set to keep, at least 1; 500 and 12,625 are there
models: list[str] = [
    "exact_logistic_regression",
    "three_layer",
    "boosted_trees",
    "squared_logistic",
    "pair_products",
]  # a linear model, a network, trees, and probes that see one kind of signal alone
n_trials: int = 2  # settings tried per outer fold (paper: 25)
fractions: list[float] = [1.0]
shared: list[str] = ["models", "folds", "scaling", "removal", "tuning", "training", "running"]

# %% tags=["remove-cell"]
import pandas as pd
from IPython.display import display

from linear_signal.analysis.answer_rows import signal_rows
from linear_signal.book.chapter import Chapter
from linear_signal.book.display import glue, measured_banner, show, show_sentences, show_table
from linear_signal.book.measured import measured
from linear_signal.book.shown import show_largest
from linear_signal.data.bioconductor.datasets import open_installed
from linear_signal.studies.heil2023.installed import can_be_judged, open_asked
from linear_signal.studies.heil2023.installed_answers import (
    batch_answers,
    batches_of,
    full_table,
    in_words,
    judgements,
    left_table,
    over_tasks,
)
from linear_signal.studies.heil2023.installed_figures import batches_plot, flexible_plot
from linear_signal.studies.heil2023.kinds import ladder_table
from linear_signal.studies.heil2023.kinds_figures import ladder_plot

# %% [markdown]
# Data are read, and every fit is listed, before the first one is made. The ladder of removal is one more plan, of those
# tasks that can be judged.

# %%
page = Chapter("26_installed_data", globals())
p = page.parameters
asked = page.open(open_asked)
bladder = page.open(open_installed, name="bladderbatch")
page.uses(*dict.fromkeys(task.dataset for task in asked), bladder)
plans = [page.plan(asked)]
climbing = [task for task in asked if can_be_judged(task)]
rungs = [rung for rung in p.rungs if rung not in ("full", "removed")]
plans += [page.plan(climbing, signals=rungs)] if climbing and rungs else []

# %% [markdown]
# Fit the models. Results that an earlier run has stored are reused.

# %% tags=["hide-output"]
fits = pd.concat([page.run(plan).fits for plan in plans], ignore_index=True)

# %% tags=["remove-cell"]
judged = judgements(fits)
page.offer("judgements", judged, title="Whether flexible models are ahead, and what is left on every rung")
state = batches_of(bladder, "state", labels=["Cancer", "Normal"])
alt = "Balanced accuracy of every model below the other, as more and more is made equal between classes, a panel a task."
glue(
    **over_tasks(judged),
    **batch_answers(state),
)
page.begin(
    signal_rows({task.name: fits[fits.task == task.name] for task in asked}),
    ladder_plot(ladder_table(fits), synthetic=page.synthetic),
    alt=alt,
)

# %% [markdown]
# ## This run

# %% tags=["remove-input"]
page.show_run()

# %% [markdown]
# ## Task by task
#
# With full signal, what a linear model reaches, and what the best network or tree model does:

# %% tags=["hide-input"]
show_table(full_table(judged))

# %% [markdown]
# How far they are ahead, paired on the same folds:

# %% tags=["hide-input"]
leads = flexible_plot(fits, synthetic=page.synthetic)
if leads is None:
    print("This run did not have both linear models and networks or trees.")
else:
    show(leads, alt="Balanced accuracy of networks and trees minus that of the linear model, with intervals, a row a task.")

# %% [markdown]
# And whether anything that is not linear still distinguishes the classes, with the model that does best:

# %% tags=["hide-input"]
show_table(left_table(judged))

# %% [markdown]
# The rules are those of the whole book: *yes* is above chance by more than what counts as level and ahead of every linear
# model on the same folds, and nothing is judged where a label has fewer than 25 samples. In full:

# %% tags=["hide-input"]
show_sentences(in_words(fits))

# %% [markdown]
# The numbers behind the figure:

# %% tags=["hide-cell"]
show_largest(fits)

# %% [markdown]
# No two samples of the leukaemia set are from one patient. Of its patients with B-cell leukaemia alone BCR/ABL is asked: no
# T-cell leukaemia here has this fusion, and with them in, the lineage would reveal it.
#
# ## Confounded by design
#
# `bladderbatch` holds 57 samples of a study of bladder cancer {cite:p}`dyrskjot2004`, measured in five batches
# {cite:p}`leek2010`. It shows what no model can mend:

# %% tags=["hide-input"]
counts = batches_of(bladder, "outcome").counts.rename_axis(None).rename_axis(None, axis=1)
show_table(counts.rename(columns="Batch {}".format).reset_index(names="Outcome").astype(str))

# %% tags=["hide-input"]
show(
    batches_plot(bladder),
    alt="Samples by two principal components of their genes, a colour a batch, and a shape for cancer, normal and biopsy.",
)

# %% [markdown]
# Of cancer and normal samples, {glue:text}`batch_alone`. Whoever knows the batch of a sample, and not one gene, names
# {glue:text}`batch_told` of them rightly; Cramér's V of label and batch is {glue:text}`batch_v` (0: independent, 1: one
# follows from the other). {glue:text}`batch_informative` samples lie in a batch that has both, and of the rarer label these
# are {glue:text}`batch_fewest`: all that a comparison within a batch rests on. A model that distinguishes them may have
# learnt cancer or the date, and sample-wise folds would applaud either way. So nothing is trained here.
#
# > {glue:text}`batch_verdict`
#
# ## With more seeds
#
# The same chapter with more repeats, run once and shipped with the book. Its command is folded away with it:

# %% tags=["hide-input"]
for one in measured(chapter=page.name).values():
    display(measured_banner(one))
    show(ladder_plot(ladder_table(one.results), synthetic=False), alt=f"Accuracy by what was made equal: {one.title}.")
    judged_there = judgements(one.results)
    for table in (full_table, left_table):
        show_table(table(judged_there))

# %% [markdown]
# ## What this shows
#
# These are answers about genuine samples, and small ones. Where a linear model is right about every sample, nothing is left
# to be ahead by. Signal that is left once means are equal says that classes differ in more than the means of single genes;
# [other things can look like it](../methods.md#what-else-can-look-like-non-linear-signal), and with so few samples the size
# of a class is one of them. Tissues here may come from one laboratory each, which the package does not say: what
# distinguishes them need not be the tissue.
#
# ## What to change
#
# - one question, more genes: `papermill notebooks/26_installed_data.py out.ipynb -y "tasks: [BCR/ABL]" -p n_genes 2000`
# - more repeats: `-p n_seeds 10`
# - equal means without the traces that class size leaves: `-y "rungs: [removed_without_traces]"`
#
# This page exactly, typed in the project's folder:

# %% tags=["remove-input"]
page.end()

# %% tags=["remove-cell"]
page.answer()

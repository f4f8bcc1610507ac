# %% [markdown]
# # Does what a model learnt on one data set hold on another?
#
# GTEx is one project with one protocol; Recount3 is thousands of laboratories. Models learn on one and are judged on the
# other, on the genes and tissues that both have. The authors' code has this test, their paper does not.
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
# On {glue:text}`source_kind` data, {glue:text}`n_classes` tissues ({glue:text}`shared`) and {glue:text}`n_shared_genes`
# genes in common, over {glue:text}`n_runs` runs (seeds × folds) at the largest training set; chance is
# {glue:text}`naive`.
#
# From GTEx to Recount3:
#
# > {glue:text}`verdict_there`
#
# From Recount3 to GTEx:
#
# > {glue:text}`verdict_back`
#
# The best network against the best linear model, with full signal:
#
# > {glue:text}`contest_there`
#
# > {glue:text}`contest_back`
#
# ## How it was run
#
# These parameters, and the shared ones of the groups named last, decide everything on the page; [Re-run a
# chapter](../rerun) says how to pass others.


# %% tags=["parameters"]
gtex_source: str = "miniature"  # miniature (synthetic), files (expression_file, attributes_file), download (GTEx v8, 1.5 GB)
recount3_source: str = "miniature"  # miniature (synthetic, no download), or recount3 (from a mirror)
tissues: list[str] = []  # tissues to tell apart; empty: all that both data sets have
n_genes: int = 250  # most variable genes to keep of either; those in both are used (paper: 5000)
models: list[str] = ["logistic_regression", "exact_logistic_regression", "linear_svm", "three_layer"]
learning_rate_range: list[float] = [2e-4, 0.03]  # trials are log-uniform on this range (paper: 1e-6 to 10)
max_epochs: int = 150  # passes over the training samples, at most (paper: 50)
patience: int = 10  # epochs without improvement before training stops (paper: 7)
shared: list[str] = [
    "gtex",
    "recount3",
    "data",
    "studies",
    "models",
    "folds",
    "scaling",
    "removal",
    "tuning",
    "training",
    "running",
]

# %% tags=["remove-cell"]
import pandas as pd

from linear_signal.analysis.answer_rows import signal_rows
from linear_signal.analysis.contrasts import compare_splits
from linear_signal.analysis.family_comparison import contest
from linear_signal.analysis.signal_verdict import signal_verdict
from linear_signal.book.chapter import Chapter
from linear_signal.book.display import glue, show
from linear_signal.book.explored import explored
from linear_signal.book.shown import show_largest
from linear_signal.data.gtex.source import open_gtex
from linear_signal.data.recount3.source import open_recount3
from linear_signal.data.tasks import make_task
from linear_signal.data.tissue_names import PAPER_TISSUES
from linear_signal.data.transfer import on_shared_genes, shared_labels, transfer_tasks, with_clean_tissues
from linear_signal.figures import difference_plot, full_against_removed, learning_curves
from linear_signal.numbers import chance
from linear_signal.studies.heil2023.shown import largest_loss

# %% [markdown]
# Parameters and files are checked, and both data sets cut to what they share, before anything is computed. Genes meet by
# their Ensembl id, tissues by their cleaned name. Each data set keeps its own scaling of the genes.

# %% tags=["hide-output"]
page = Chapter("75_transfer", globals())
p = page.parameters
recount3 = page.open(open_recount3, source=p.recount3_source).tissues(p.tissues or PAPER_TISSUES, min_studies=p.min_studies)
gtex, recount3 = on_shared_genes(with_clean_tissues(page.open(open_gtex, source=p.gtex_source)), recount3)
page.uses(gtex, recount3)
labels = p.tissues or shared_labels(gtex, recount3, groups=("donor", "study"), min_groups=p.min_studies)

# %% [markdown]
# In every fold the models learn from the training samples of the one data set, and validation samples of the other judge.
# For comparison the same models are judged on the data set they learnt from, as in the other chapters.

# %%
within = [
    make_task(gtex, name="GTEx to GTEx", labels=labels, group="donor"),
    make_task(recount3, name="Recount3 to Recount3", labels=labels, group="study"),
]
there, back = transfer_tasks(*within, names=("GTEx to Recount3", "Recount3 to GTEx"))
plans = [page.plan(tasks, split=split) for tasks, split in (([there, back], "transfer"), (within, "group"))]

# %% [markdown]
# Fit the models. Results that an earlier run has stored are reused.

# %% tags=["hide-output"]
results = [page.run(plan) for plan in plans]
fits = pd.concat([one.fits for one in results], ignore_index=True)

# %% tags=["remove-cell"]
glue(
    verdict_there=signal_verdict(fits, there.name),
    verdict_back=signal_verdict(fits, back.name),
    contest_there=contest(fits[fits.task == there.name]),
    contest_back=contest(fits[fits.task == back.name]),
    n_classes=len(labels),
    shared=", ".join(labels),
    n_shared_genes=f"{gtex.n_genes:,}",
    naive=chance(1 / len(labels)),
)
page.begin(
    signal_rows({task.name: fits[fits.task == task.name] for task in (there, back)}),
    full_against_removed(fits, synthetic=page.synthetic),
    alt="Balanced accuracy per pair of data sets and model, with full signal and with the linear signal removed.",
)

# %% [markdown]
# ## This run

# %% tags=["remove-input"]
page.show_run()

# %% [markdown]
# ## Between data sets
#
# In the figure at the top the first name of a row is the data set that was learnt from, the second the one that judged.
#
# What it costs to have learnt elsewhere: judged on the same data set, a model that learnt on the other one, minus one that
# learnt on the training samples of its own. The two share no fold, so the difference is one of means.

# %% tags=["hide-input"]
by_target = fits.assign(task=fits.task.str.partition(" to ")[2])
# The largest is picked, so the intervals have to hold at once.
cost = compare_splits(by_target, "transfer", "group", together=True)
show(difference_plot(cost, synthetic=page.synthetic), alt="Loss by having learnt elsewhere, per model and signal.")


# %% tags=["remove-cell"]
glue(cost_full=largest_loss(cost, "full"), cost_removed=largest_loss(cost, "removed"))

# %% [markdown]
# The largest loss, with full signal and after removal:
#
# > {glue:text}`cost_full`
#
# > {glue:text}`cost_removed`
#
# Learning curves between the data sets, over the share of the training samples that was used. Nothing was published on
# this.

# %% tags=["hide-input"]
show(
    learning_curves(fits[fits.split == "transfer"], synthetic=page.synthetic, x="fraction"),
    alt="Balanced accuracy between data sets against the share of training samples, full signal and removed.",
)

# %% [markdown]
# The numbers behind the figures, at the largest training set:

# %% tags=["hide-input"]
show_largest(fits)

# %% [markdown]
# ## Explore
#
# Every run behind a mean, to choose from, to read and to compare:

# %% tags=["hide-input"]
explored(*page.results.values(), synthetic=page.synthetic, start={"_x": "fraction"})

# %% [markdown]
# ## What this shows
#
# Accuracy that carries over comes from what both data sets have in common; accuracy that is lost came from the protocol and
# the composition of the one that was learnt on. If networks lost more than linear models, their extra signal would be of
# that kind. The miniatures share their genes' programs by construction, so on them this page tests the method.
#
# ## What to change
#
# - the genuine data: `papermill notebooks/75_transfer.py out.ipynb -p gtex_source download -p recount3_source recount3
#   -p n_genes 5000`
# - the paper's sizes: `-f params/paper/75_transfer.yaml`
# - some tissues only: `-y "tissues: [blood, brain]"`
#
# This page exactly, typed in the project's folder:

# %% tags=["remove-input"]
page.end()

# %% tags=["remove-cell"]
page.answer()

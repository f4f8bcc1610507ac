# %% [markdown]
# # Do networks beat linear models across studies?
#
# Recount3 holds human RNA sequencing of thousands of studies, processed alike. Whole studies are held out, with their
# protocols, machines and batch effects; the questions are those that {cite:t}`heil2023` asked of GTEx.
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
# On {glue:text}`source_kind` data, over {glue:text}`n_runs` runs (seeds × folds) at the largest training set; chance is 0.5
# for a pair and {glue:text}`naive_all` for all {glue:text}`n_classes` tissues.
#
# - **Full signal, {glue:text}`n_pairs` pairs**: linear models {glue:text}`linear_full`, networks
#   {glue:text}`networks_full`.
# - **Linear signal removed, {glue:text}`n_pairs` pairs**: linear models {glue:text}`linear_removed`, networks
#   {glue:text}`networks_removed`.
#
# The best network against the best linear model, with full signal:
#
# > **Pairs.** {glue:text}`contest_pairs`
#
# > **All at once.** {glue:text}`contest_all`
#
# Is there signal, and of what kind?
#
# > {glue:text}`verdict_pairs`
#
# > {glue:text}`verdict_all`
#
# ## How it was run
#
# These parameters, and the shared ones of the groups named last, decide everything on the page; [Re-run a
# chapter](../rerun) says how to pass others.


# %% tags=["parameters"]
source: str = "miniature"  # miniature (synthetic, no download), or recount3 (from a mirror)
tissues: list[str] = ["blood", "brain", "breast"]  # every pair of these is a binary task (paper: five tissues)
all_tissues: bool = True  # whether to predict all tissues at once as well
models: list[str] = [
    "logistic_regression",
    "exact_logistic_regression",
    "linear_svm",
    "three_layer",
    "five_layer",
    "boosted_trees",
    "squared_logistic",
]  # linear models, networks, trees, and a probe on squares of genes
classes: list[str] = []  # tissues of that task; empty: the paper's 21, as far as the data have them
n_trials: int = 2  # settings of learning rate and weight decay tried per outer fold (paper: 25)
learning_rate_range: list[float] = [8e-4, 6e-3]  # where networks learn, for two trials: log-uniform (paper: 1e-6 to 10)
max_epochs: int = 150  # passes over the training samples, at most (paper: 50)
patience: int = 10  # epochs without improvement before training stops (paper: 7)
shared: list[str] = [
    "recount3",
    "data",
    "studies",
    "models",
    "folds",
    "split",
    "scaling",
    "removal",
    "tuning",
    "training",
    "running",
]

# %% tags=["remove-cell"]
import pandas as pd

from linear_signal.analysis.answer_rows import signal_rows
from linear_signal.analysis.comparison import compare_scalings
from linear_signal.analysis.verdict import largest_verdict
from linear_signal.book.chapter import Chapter
from linear_signal.book.display import glue, show
from linear_signal.book.explored import explored
from linear_signal.book.shown import show_largest, show_leads, show_trials
from linear_signal.crossvalidation.design import SCALE_ON
from linear_signal.data.recount3.source import open_recount3
from linear_signal.data.tasks import binary_pairs, make_task
from linear_signal.data.tissue_names import PAPER_TISSUES
from linear_signal.figures import difference_plot, full_against_removed
from linear_signal.numbers import chance
from linear_signal.studies.heil2023.shown import (
    ALL_TISSUES,
    LEFT_OUT,
    curves,
    published_order,
    published_tissues,
    tissue_answers,
    tissue_questions,
)

# %% [markdown]
# Parameters and the whole plan are checked before anything is computed. The genuine data come study by study from a
# mirror of Recount3; what was fetched stays on disk, and an interrupted run continues.

# %% tags=["hide-output"]
page = Chapter("30_recount3", globals())
p = page.parameters
recount3 = page.open(open_recount3).tissues([*p.tissues, *(p.classes or PAPER_TISSUES)], min_studies=p.min_studies)
page.uses(recount3)
pairs = binary_pairs(recount3, p.tissues, group="study")
every = make_task(recount3, name=ALL_TISSUES, labels=p.classes or None, group="study")
tasks = pairs + ([every] if p.all_tissues else [])
plan = page.plan(tasks)

# %% [markdown]
# One more plan asks whether it matters over which samples the genes are scaled: all tissues once more at the largest
# training set, scaled the other way.

# %%
other_scale = next(scale for scale in SCALE_ON if scale != p.scale_on)
# Trees see the order of a gene's values alone, which scaling keeps.
models = [model for model in p.models if model != "boosted_trees"] or p.models
scaled = {"scale_on": other_scale, "fractions": (max(p.fractions),), "models": models}
scale_plan = page.plan([every], signals=["full"], **scaled) if p.all_tissues else None

# %% [markdown]
# Fit the models. Results that an earlier run has stored are reused.

# %% tags=["hide-output"]
results = page.run(plan)
fits = results.fits
rescaled = page.run(scale_plan, is_aside=True) if p.all_tissues else None

# %% tags=["remove-cell"]
questions = tissue_questions(fits, pairs)
glue(
    **tissue_answers(fits, tasks, pairs, plan.design),
    n_classes=every.n_classes,
    naive_all=chance(every.naive_accuracy),
    n_studies=recount3.samples.study.nunique(),
)
page.begin(
    signal_rows(questions),
    full_against_removed(fits[fits.task != ALL_TISSUES], synthetic=page.synthetic),
    alt="Balanced accuracy per pair of tissues and model, with full signal and with the linear signal removed.",
)

# %% [markdown]
# ## This run

# %% tags=["remove-input"]
page.show_run()

# %% [markdown]
# Studies hold few tissues each, most of them one, so that a fold can lack a class. The rule: a fit is made as long as its
# training, tune and validation samples hold two classes each, and its balanced accuracy is the mean over the classes that
# its validation fold has. The table above counts the fits that were left out and those that missed a class.
#
# ## The pairs
#
# The figure at the top has every pair at the largest training set.

# %% [markdown]
# Learning curves of one pair at a time, over the share of the training samples that was used. The dotted curves are the
# paper's, for the pairs it has; theirs rest on real data and 5,000 genes.

# %% tags=["hide-input"]
explored(results, synthetic=page.synthetic, published=published_tissues("recount"))

# %% [markdown]
# ## All tissues at once
#
# In the paper, over 21 tissues, the order is that of GTEx: linear models, at {glue:text}`published_linear`, slightly ahead
# of the five-layer network (by {glue:text}`published_lead` at the largest training set), and it ahead of the three-layer
# network (by {glue:text}`published_second_lead`).

# %% tags=["remove-cell"]
glue(**published_order("recount_multiclass_combined"))

# %% tags=["hide-input"]
if p.all_tissues:
    show(
        curves(questions[ALL_TISSUES], "recount_multiclass_combined", synthetic=page.synthetic),
        alt="Balanced accuracy over all tissues against the share of training samples, full signal and removed.",
    )

# %% [markdown]
# Networks minus the best linear model, paired on the same folds. Right of the line the network is ahead:

# %% tags=["hide-input"]
show_leads(questions, synthetic=page.synthetic)

# %% [markdown]
# The numbers behind the figures, at the largest training set:

# %% tags=["hide-input"]
show_largest(*questions.values())

# %% [markdown]
# ## Does it matter over which samples genes are scaled?
#
# The paper scales every gene to run from 0 to 1 over all samples, those of the validation fold included. Labels play no
# part in that, but values do. Scaled over the samples a model learns from instead, minus scaled over all, with full
# signal, paired on the same folds; without boosted trees, which see nothing of it:

# %% tags=["hide-input"]
if p.all_tissues:
    both = pd.concat([questions[ALL_TISSUES], rescaled.fits])
    scales = compare_scalings(both[both.signal == "full"], together=True)
    show(difference_plot(scales, synthetic=page.synthetic), alt="Difference between two ways of scaling, per model.")

# %% tags=["remove-cell"]
glue(scale_verdict=largest_verdict(scales) if p.all_tissues else LEFT_OUT)

# %% [markdown]
# The largest of these differences, its interval adjusted for having been picked:
#
# > {glue:text}`scale_verdict`
#
# `scale_on: train` scales everything on this page that way. Which genes are kept is decided over all samples either way,
# without labels.
#
# ## What was chosen
#
# Each point is one setting of learning rate and weight decay, judged on the inner folds of the training samples; rings
# mark what was chosen.

# %% tags=["hide-input"]
show_trials(results.trials, task=tasks[-1].name, synthetic=page.synthetic)

# %% [markdown]
# ## What this shows
#
# Predicting across {glue:text}`n_studies` studies is harder than across donors of one project: a model has to find what a
# tissue looks like in every laboratory. The paired differences show whether networks find more than linear models. Accuracy
# that is left after removal shows whether there was non-linear signal to find; [other things can look like
# it](../methods.md#what-else-can-look-like-non-linear-signal). The miniature was built to contain both kinds of signal, so
# on it this page tests the method. To ask the biological question, run it with `source: recount3`.
# [How much does splitting by sample flatter a model?](50_sample_wise_splits) holds out single samples instead.
#
# ## What to change
#
# - the genuine data: `papermill notebooks/30_recount3.py out.ipynb -p source recount3 -p n_genes 5000`; a nearer mirror or
#   a folder with `-p mirror`
# - the paper's sizes: `papermill notebooks/30_recount3.py out.ipynb -f params/paper/30_recount3.yaml`
# - other tissues: `-y "tissues: [heart, muscle, skin]"`; other classes: `-y "classes: [brain, liver, lung]"`
#
# This page exactly, typed in the project's folder:

# %% tags=["remove-input"]
page.end()

# %% tags=["remove-cell"]
page.answer()

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
# # Do networks beat linear models when every study is a world of its own?
#
# Recount3 holds human RNA sequencing from the public archive, thousands of studies processed alike. Here a sample is
# never predicted by a model that has met its study: whole studies are held out, with their protocols, machines and batch
# effects. {cite:t}`heil2023` asked of it what they asked of GTEx: who predicts the tissue better, linear models or
# networks, and who still predicts it once every linear association between genes and tissues is removed?
#
# ```{glue} origin
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
# > {glue:text}`contest_pairs`
#
# > {glue:text}`contest_all`
#
# Is there signal, and of what kind?
#
# > {glue:text}`verdict_pairs`
#
# > {glue:text}`verdict_all`
#
# ## How it was run
#
# These parameters decide everything on the page; [](../rerun) says how to pass others.


# %% tags=["parameters"]
source: str = "miniature"  # miniature (synthetic, no download), or recount3 (from a mirror)
tissues: list[str] = ["blood", "brain", "breast", "cervix", "stem cell"]  # every pair of these is a binary task
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
learning_rate_range: list[float] = [2e-4, 0.03]  # trials are log-uniform on this range (paper: 1e-6 to 10)
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
]  # groups of further parameters: params/README.md

# %% tags=["remove-cell"]
import pandas as pd

from linear_signal.analysis.averages import over_tasks
from linear_signal.analysis.comparison import compare_scalings, summarise
from linear_signal.analysis.family_comparison import contest, family_mean, networks_against_linear
from linear_signal.analysis.planted import planted_where_none
from linear_signal.analysis.signal_verdict import signal_verdict
from linear_signal.analysis.verdict import verdict
from linear_signal.book.chapter import Chapter
from linear_signal.book.display import glue, origin, show, show_accuracies
from linear_signal.crossvalidation.design import SCALE_ON
from linear_signal.data.recount3.source import open_recount3
from linear_signal.data.tasks import binary_pairs, make_task
from linear_signal.data.tissue_names import PAPER_TISSUES
from linear_signal.figures import difference_plot, full_against_removed, learning_curves, trials_plot
from linear_signal.figures.widgets import linked_panels
from linear_signal.numbers import accuracy, chance, difference
from linear_signal.studies.heil2023.published import published_curves, published_value

# %% [markdown]
# Parameters and the whole plan are checked before anything is computed. The genuine data come study by study from a
# mirror of Recount3; what was fetched stays on disk, and an interrupted run continues.

# %% tags=["hide-output"]
page = Chapter("30_recount3", globals())
p = page.parameters
table = open_recount3(
    p.source,
    folder=page.data_folder,
    n_genes=p.n_genes,
    mirror=p.mirror,
    scope=p.scope,
    downloads=p.downloads,
)
recount3 = table.tissues([*p.tissues, *(p.classes or PAPER_TISSUES)], min_studies=p.min_studies)
pairs = binary_pairs(recount3, p.tissues, group="study")
every = make_task(recount3, name="all tissues", labels=p.classes or None, group="study")
tasks = pairs + ([every] if p.all_tissues else [])
page.uses(recount3)
plan = page.plan(tasks)

# %% [markdown]
# One more plan asks whether it matters over which samples the genes are scaled: all tissues once more at the largest
# training set, scaled the other way.

# %%
other_scale = next(scale for scale in SCALE_ON if scale != p.scale_on)
scale_plan = page.plan([every], signals=["full"], scale_on=other_scale, fractions=(max(p.fractions),))

# %% [markdown]
# The fits: what an earlier run with the same settings has left in the store is taken from there.

# %% tags=["hide-output"]
results = page.run(plan)
fits = results.fits
rescaled = page.run(scale_plan, is_aside=True) if p.all_tissues else None

# %% tags=["remove-cell"]
pooled = over_tasks(fits, [task.name for task in pairs], f"the mean of {len(pairs)} pairs")
questions = {pooled.task.iloc[0]: pooled}
if p.all_tissues:
    questions["all tissues"] = fits[fits.task == "all tissues"]
left_out = "This run left the all-tissue task out."
glue(
    linear_full=family_mean(pooled, "full", "linear"),
    networks_full=family_mean(pooled, "full", "network"),
    linear_removed=family_mean(pooled, "removed", "linear"),
    networks_removed=family_mean(pooled, "removed", "network"),
    contest_pairs=contest(pooled),
    contest_all=contest(questions["all tissues"]) if p.all_tissues else left_out,
    verdict_pairs=signal_verdict(pooled, pooled.task.iloc[0]),
    verdict_all=signal_verdict(fits, "all tissues", planted=planted_where_none(fits, tasks[-1], plan.design))
    if p.all_tissues
    else left_out,
    n_runs=page.n_runs,
    n_pairs=len(pairs),
    n_classes=every.n_classes,
    naive_all=chance(every.naive_accuracy),
    n_studies=recount3.samples.study.nunique(),
    source_kind="synthetic miniature" if recount3.synthetic else "real",
    origin=origin([recount3]),
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
# Balanced accuracy with full signal and after removal, at the largest training set:

# %% tags=["hide-input"]
show(
    full_against_removed(fits[fits.task != "all tissues"], synthetic=recount3.synthetic),
    alt="Balanced accuracy per pair of tissues and model, with full signal and with the linear signal removed.",
)

# %% [markdown]
# Learning curves of one pair at a time, over the share of the training samples that was used. The dotted curves are the
# paper's, for the pairs it has; theirs rest on real data and 5,000 genes.

# %% tags=["hide-input"]
published = published_curves("recount_binary_combined")
panels = {
    task.name: learning_curves(
        fits[fits.task == task.name],
        published=published,
        synthetic=recount3.synthetic,
        x="fraction",
        facet_rows=None,
        facet_columns="signal",
    )
    for task in pairs
}
linked_panels(panels, ["Pair"])

# %% [markdown]
# ## All tissues at once
#
# In the paper, over 21 tissues, the order is that of GTEx: linear models, at {glue:text}`published_linear`, slightly ahead
# of the five-layer network (by {glue:text}`published_lead` at the largest training set), and it ahead of the three-layer
# network (by {glue:text}`published_second_lead`).

# %% tags=["remove-cell"]
linear, five, three = (
    published_value("recount_multiclass_combined", model, "full")
    for model in ("logistic_regression", "five_layer", "three_layer")
)
glue(
    published_linear=accuracy(linear),
    published_lead=difference(linear - five, signed=False),
    published_second_lead=difference(five - three, signed=False),
)

# %% tags=["hide-input"]
if p.all_tissues:
    show(
        learning_curves(
            questions["all tissues"],
            published=published_curves("recount_multiclass_combined"),
            synthetic=recount3.synthetic,
            x="fraction",
            facet_rows=None,
            facet_columns="signal",
        ),
        alt="Balanced accuracy over all tissues against the share of training samples, full signal and removed.",
    )

# %% [markdown]
# Networks minus the best linear model, paired on the same folds. Right of the line the network is ahead:

# %% tags=["hide-input"]
differences = networks_against_linear(questions)
if len(differences):
    show(
        difference_plot(differences, synthetic=recount3.synthetic),
        alt="Paired differences between networks and a linear model.",
    )
else:
    print("This run did not have both linear models and networks.")

# %% [markdown]
# The numbers behind the figures, at the largest training set:

# %% tags=["hide-input"]
everything = pd.concat(questions.values())
largest = everything[everything.fraction == everything.fraction.max()]
show_accuracies(summarise(largest, by=["task", "signal", "model"]))

# %% [markdown]
# ## Does it matter over which samples genes are scaled?
#
# The paper scales every gene to run from 0 to 1 over all samples, those of the validation fold included. Labels play no
# part in that, but values do. Scaled over the samples a model learns from instead, minus scaled over all, with full
# signal, paired on the same folds:

# %% tags=["hide-input"]
scales = pd.DataFrame()
if p.all_tissues:
    both = pd.concat([questions["all tissues"], rescaled.fits])
    # The largest is picked, so the intervals have to hold at once.
    scales = compare_scalings(both[both.signal == "full"], by=["task", "signal", "model"], together=True)
    show(difference_plot(scales, synthetic=recount3.synthetic), alt="Difference between two ways of scaling, per model.")

# %% tags=["remove-cell"]
glue(
    scale_verdict=verdict(scales.loc[scales.difference.abs().idxmax()]) if len(scales) else left_out,
    # The other scaling is an aside; what the chapter found is in the first run.
)

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
shown = results.trials
if len(shown):
    # The exactly solved model has a penalty but no learning rate.
    shown = shown[(shown.task == tasks[-1].name) & shown.learning_rate.notna()]
if len(shown):
    show(
        trials_plot(shown, synthetic=recount3.synthetic),
        alt="Balanced accuracy on the inner folds against the learning rate.",
    )
else:
    print("No learning rate was tuned in this run.")

# %% [markdown]
# ## What this shows
#
# Predicting across {glue:text}`n_studies` studies is harder than across donors of one project: a model has to find what a
# tissue looks like in every laboratory. Whether networks find more than linear models is what the paired differences say;
# whether there was anything non-linear to find is what remains after removal ([what else can look like
# it](../methods.md#what-else-can-look-like-non-linear-signal)). On the miniature both kinds of signal were put in, and the
# page only shows that the method finds them; with `source: recount3` it is an answer. [](50_sample_wise_splits) shows what
# holding out single samples would make of it.
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

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
# # Do networks beat linear models at telling human tissues apart?
#
# GTEx holds bulk RNA sequencing of many tissues from the same donors. {cite:t}`heil2023` asked two questions of it: who
# predicts the tissue of a sample better, linear models or networks, and does anybody still predict it once every linear
# association between genes and tissues is removed? Pairs of common tissues (ten in the paper) make the easy questions, all
# tissues at once the hard one. Whole donors are held out, so that no sample is recognised by its donor (`split: sample`
# gives that up).
#
# ```{glue} origin
# ```
#
# ## What we found
#
# On {glue:text}`source_kind` data, over {glue:text}`n_runs` runs (seeds × folds) at the largest training set; chance is 0.5
# for a pair.
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
source: str = "miniature"  # miniature (synthetic), files (expression_file, attributes_file), download (GTEx v8, 1.5 GB)
tissues: list[str] = ["Blood", "Blood Vessel", "Brain", "Esophagus", "Skin"]  # every pair of these is a binary task
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
shared: list[str] = [
    "gtex",
    "data",
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
from linear_signal.analysis.comparison import summarise
from linear_signal.analysis.family_comparison import contest, family_mean, networks_against_linear
from linear_signal.analysis.planted import planted_where_none
from linear_signal.analysis.signal_verdict import signal_verdict
from linear_signal.book.chapter import Chapter
from linear_signal.book.display import glue, origin, show, show_accuracies
from linear_signal.data.gtex.source import open_gtex
from linear_signal.data.tasks import binary_pairs, make_task
from linear_signal.figures import difference_plot, full_against_removed, learning_curves, trials_plot
from linear_signal.figures.widgets import linked_panels
from linear_signal.numbers import accuracy, difference
from linear_signal.studies.heil2023.published import published_curves, published_value

# %% [markdown]
# Parameters, files and the whole plan are checked before anything is computed.

# %%
page = Chapter("20_gtex", globals())
p = page.parameters
gtex = open_gtex(
    p.source,
    folder=page.data_folder,
    n_genes=p.n_genes,
    expression_file=p.expression_file,
    attributes_file=p.attributes_file,
)
pairs = binary_pairs(gtex, p.tissues, group="donor")
tasks = pairs + ([make_task(gtex, name="all tissues", group="donor")] if p.all_tissues else [])
page.uses(gtex)
plan = page.plan(tasks)

# %% [markdown]
# The fits: what an earlier run with the same settings has left in the store is taken from there.

# %% tags=["hide-output"]
results = page.run(plan)
fits = results.fits

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
    source_kind="synthetic miniature" if gtex.synthetic else "real",
    origin=origin([gtex]),
)

# %% [markdown]
# ## This run

# %% tags=["remove-input"]
page.show_run()

# %% [markdown]
# ## The pairs
#
# Balanced accuracy with full signal and after removal, at the largest training set:

# %% tags=["hide-input"]
show(
    full_against_removed(fits[fits.task != "all tissues"], synthetic=gtex.synthetic),
    alt="Balanced accuracy per pair of tissues and model, with full signal and with the linear signal removed.",
)

# %% [markdown]
# Learning curves of one pair at a time, over the share of the training samples that was used. The dotted curves are the
# paper's, for the pairs it has; theirs rest on real data and 5,000 genes.

# %% tags=["hide-input"]
published = published_curves("gtex_binary_combined")
panels = {
    task.name: learning_curves(
        fits[fits.task == task.name],
        published=published,
        synthetic=gtex.synthetic,
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
# The harder question leaves room for differences. In the paper the linear models end at {glue:text}`published_linear`,
# slightly ahead of the five-layer network (by {glue:text}`published_lead` at the largest training set), and it ahead of the
# three-layer network (by {glue:text}`published_second_lead`).

# %% tags=["remove-cell"]
linear, five, three = (
    published_value("gtex_multiclass_combined", model, "full")
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
            fits[fits.task == "all tissues"],
            published=published_curves("gtex_multiclass_combined"),
            synthetic=gtex.synthetic,
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
        difference_plot(differences, synthetic=gtex.synthetic), alt="Paired differences between networks and a linear model."
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
    show(trials_plot(shown, synthetic=gtex.synthetic), alt="Balanced accuracy on the inner folds against the learning rate.")
else:
    print("No learning rate was tuned in this run.")

# %% [markdown]
# ## What this shows
#
# Where all models are near perfect with full signal, nothing ranks them, and the harder task has to decide. After removal, a
# model above chance and above every linear model shows that tissues differ in more than the means of single genes, which is
# what "non-linear signal" stands for; [other things can look like
# it](../methods.md#what-else-can-look-like-non-linear-signal). Signal that is there need not help: the comparison at full
# signal says whether it does. On the miniature all of this is so by construction, and the page only shows that the method
# works; with `source: files` or `download` it is an answer.
#
# ## What to change
#
# - real data: `papermill notebooks/20_gtex.py out.ipynb -p source download -p n_genes 5000`, or `-p source files` with
#   `-p expression_file` and `-p attributes_file`
# - the paper's sizes: `papermill notebooks/20_gtex.py out.ipynb -f params/paper/20_gtex.yaml`
# - other tissues: `-y "tissues: [Heart, Muscle, Skin]"`; leaking donors: `-p split sample`
#
# This page exactly, typed in the project's folder:

# %% tags=["remove-input"]
page.end()

# %% tags=["remove-cell"]
page.answer()

# %% [markdown]
# # Do networks beat linear models at recognising human tissues?
#
# And is there signal that no linear model sees? Asked by {cite:t}`heil2023` of bulk RNA sequencing of many tissues from the
# same donors; whole donors are held out.
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
# Pairs of common tissues (ten in the paper) are the easy tasks, all tissues at once the hard one. Removing the linear signal
# makes the mean of every gene equal between tissues. With `split: sample` single samples are held out, and donors leak.
#
# ## What we found
#
# On genuine data, measured once and shipped with the book, GTEx first:
#
# ```{glue} genuine_sets
# ```
#
# In this run, on {glue:text}`source_kind` data, over {glue:text}`n_runs` runs (seeds × folds) at the largest training set;
# chance is 0.5 for a pair.
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
source: str = "miniature"  # miniature (synthetic), files, download (GTEx v8, 1.5 GB), table (any, with two columns named)
tissues: list[str] = ["Blood", "Brain", "Skin"]  # every pair of these is a binary task (paper: five tissues)
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
    "columns",
    "data",
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
from IPython.display import display

from linear_signal.analysis.answer_rows import signal_rows
from linear_signal.book.chapter import Chapter
from linear_signal.book.display import glue, measured_banner, show
from linear_signal.book.explored import explored
from linear_signal.book.measured import measured
from linear_signal.book.shown import show_largest, show_leads, show_trials
from linear_signal.figures import full_against_removed
from linear_signal.studies.heil2023.shown import (
    ALL_TISSUES,
    curves,
    genuine_tissue_answers,
    in_words_of,
    published_order,
    published_tissues,
    tissue_answers,
    tissue_questions,
    tissue_tasks,
)
from linear_signal.studies.heil2023.split_data import open_tissues

# %% [markdown]
# Parameters, files and the whole plan are checked before anything is computed.

# %%
page = Chapter("20_gtex", globals())
p = page.parameters
samples, group = page.open(open_tissues)
page.uses(samples)
pairs, tasks = tissue_tasks(samples, p.tissues, all_tissues=p.all_tissues, group=group)
plan = page.plan(tasks)

# %% [markdown]
# Fit the models. Results that an earlier run has stored are reused.

# %% tags=["hide-output"]
results = page.run(plan)
fits = results.fits

# %% tags=["remove-cell"]
questions = tissue_questions(fits, pairs)
sets = measured(chapter=page.name).values()
genuine = {one.title: in_words_of(one.results, one.label_column) for one in sets}
glue(**tissue_answers(fits, tasks, pairs, plan.design), **genuine_tissue_answers(genuine))
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
# ## The pairs
#
# The figure at the top has every pair at the largest training set.

# %% [markdown]
# Every pair, and every run behind a mean, to choose from, to read and to compare. The published curves are the paper's, for
# the pairs it has; theirs rest on real data and 5,000 genes.

# %% tags=["hide-input"]
explored(results, synthetic=page.synthetic, published=published_tissues("gtex"))

# %% [markdown]
# ## All tissues at once
#
# The harder question leaves room for differences. In the paper the linear models end at {glue:text}`published_linear`,
# slightly ahead of the five-layer network (by {glue:text}`published_lead` at the largest training set), and it ahead of the
# three-layer network (by {glue:text}`published_second_lead`).

# %% tags=["remove-cell"]
glue(**published_order("gtex_multiclass_combined"))

# %% tags=["hide-input"]
if p.all_tissues:
    show(
        curves(questions[ALL_TISSUES], "gtex_multiclass_combined", synthetic=page.synthetic),
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
# ## On genuine data
#
# The same chapter, run on files of GTEx {cite:p}`gtex2020`, and on a table of TCGA, where cancer types stand for tissues and
# the sites that sent samples for donors. What differs from the paper is said with each set.

# %% tags=["hide-input"]
for one in sets:
    display(measured_banner(one))
    measured_fits = genuine[one.title]
    is_pair = measured_fits.task.str.contains(" vs ")
    show(
        full_against_removed(measured_fits[is_pair], synthetic=False),
        alt=f"Balanced accuracy per pair and model, with full signal and after removal, on {one.title}.",
    )
    show_largest(measured_fits[~is_pair])

# %% [markdown]
# ## What was chosen
#
# Each point is one setting of learning rate and weight decay, judged on the inner folds of the training samples; rings
# mark what was chosen.

# %% tags=["hide-input"]
show_trials(results.trials, task=tasks[-1].name, synthetic=page.synthetic)

# %% [markdown]
# ## What this shows
#
# Where all models are near perfect on pairs, pairs cannot rank them; the task of all tissues can. After removal linear
# models are at chance. Whatever accuracy another model keeps comes from non-linear signal: tissues differ in more than the
# means of single genes. [Other things can look like it](../methods.md#what-else-can-look-like-non-linear-signal), and
# signal that is there need not help with full signal. The miniature was built to contain such signal, so on it this page
# tests the method. To ask the biological question, run it on GTEx: `-p source download`.
#
# ## What to change
#
# - real data: `papermill notebooks/20_gtex.py out.ipynb -p source download -p n_genes 5000`, or `-p source files` with
#   `-p expression_file` and `-p attributes_file`; any other table: `-p source table`, with `label_column` and `group_column`
# - the paper's sizes: `papermill notebooks/20_gtex.py out.ipynb -f params/paper/20_gtex.yaml`
# - other tissues: `-y "tissues: [Heart, Muscle, Skin]"` (the paper's five: Blood, Blood Vessel, Brain, Esophagus, Skin);
#   leaking donors: `-p split sample`
#
# This page exactly, typed in the project's folder:

# %% tags=["remove-input"]
page.end()

# %% tags=["remove-cell"]
page.answer()

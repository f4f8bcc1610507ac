# %% [markdown]
# # How much does splitting by sample flatter a model?
#
# Samples of one study look alike, whatever their tissue. With single samples held out, a model can recognise the study of a
# validation sample and answer with its tissue. In {cite:t}`heil2023` every model looked better, and none was.
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
# On {glue:text}`source_kind` data, {glue:text}`n_groups`, over {glue:text}`n_runs` runs (seeds × folds) with each kind of
# split, at the largest training set. Splitting by sample adds to the balanced accuracy of the models between
# {glue:text}`smallest` ({glue:text}`smallest_model`) and {glue:text}`largest` ({glue:text}`largest_model`).
#
# {glue:text}`inflated`
#
# > {glue:text}`smallest_verdict`
#
# > {glue:text}`largest_verdict`
#
# The models from best to worst; most of these ranks are inconclusive:
#
# - whole groups held out: {glue:text}`order_group`
# - single samples held out: {glue:text}`order_sample`
#
# ## How it was run
#
# These parameters, and the shared ones of the groups named last, decide everything on the page; [Re-run a
# chapter](../rerun) says how to pass others.


# %% tags=["parameters"]
source: str = "miniature"  # miniature (synthetic), recount3 (from a mirror), gtex (two files of it), table (any two)
classes: list[str] = []  # tissues to tell apart; empty: the paper's 21, as far as the data have them; of gtex all
models: list[str] = ["logistic_regression", "exact_logistic_regression", "linear_svm", "three_layer", "five_layer"]
n_seeds: int = 2  # repeats of the cross-validation, each with its own folds (paper: 3)
n_trials: int = 2  # settings of learning rate and weight decay tried per outer fold (paper: 25)
learning_rate_range: list[float] = [8e-4, 6e-3]  # where networks learn, for two trials: log-uniform (paper: 1e-6 to 10)
max_epochs: int = 150  # passes over the training samples, at most (paper: 50)
patience: int = 10  # epochs without improvement before training stops (paper: 7)
shared: list[str] = [
    "recount3",
    "gtex",
    "columns",
    "data",
    "studies",
    "models",
    "folds",
    "scaling",
    "tuning",
    "training",
    "running",
]

# %% tags=["remove-cell"]
import pandas as pd
from IPython.display import display

from linear_signal.analysis.answer_rows import contrast_rows
from linear_signal.analysis.contrasts import compare_splits
from linear_signal.book.chapter import Chapter
from linear_signal.book.display import glue, measured_banner, show
from linear_signal.book.explored import explored
from linear_signal.book.measured import measured
from linear_signal.book.shown import show_largest, show_trials
from linear_signal.data.tasks import make_task
from linear_signal.figures import difference_plot
from linear_signal.names import counted_groups
from linear_signal.studies.heil2023.published import published_curves
from linear_signal.studies.heil2023.shown import ALL_TISSUES, curves, extremes, order_of_models, published_differences
from linear_signal.studies.heil2023.split_data import open_grouped_tissues

# %% [markdown]
# Parameters and both plans are checked before anything is computed. They differ in what is dealt out to the folds, and in
# nothing else. Tuning and early stopping follow: where single samples are dealt out, they are so at every level.

# %% tags=["hide-output"]
page = Chapter("50_sample_wise_splits", globals())
p = page.parameters
samples, group = page.open(open_grouped_tissues)
page.uses(samples)
task = make_task(samples, name=ALL_TISSUES, labels=p.classes or None, group=group)
plans = [page.plan([task], signals=["full"], split=split) for split in ("group", "sample")]

# %% [markdown]
# Fit the models. Results that an earlier run has stored are reused. The study-wise fits are those of
# [Do networks beat linear models across studies?](30_recount3), where that chapter ran with the same settings.

# %% tags=["hide-output"]
results = [page.run(plan) for plan in plans]
fits = pd.concat([one.fits for one in results], ignore_index=True)

# %% tags=["remove-cell"]
# Smallest and largest are picked, so the intervals have to hold at once.
inflation = compare_splits(fits, together=True)
glue(
    **extremes(inflation),
    inflated=f"The interval of the inflation lies above zero for {(inflation.lower > 0).sum()} of {len(inflation)} models.",
    order_group=order_of_models(fits, "group"),
    order_sample=order_of_models(fits, "sample"),
    n_groups=counted_groups(samples.samples[group].nunique(), group),
)
page.begin(
    contrast_rows(inflation, fits),
    curves(fits, "recount_multiclass_sample_split", synthetic=page.synthetic, by="split"),
    alt="Balanced accuracy over all tissues against the share of training samples, by kind of split.",
    columns=(f"Whole {counted_groups(2, group)[2:]} held out", "Single samples held out"),
    asked="Model",
)

# %% [markdown]
# ## This run

# %% tags=["remove-input"]
page.show_run()

# %% [markdown]
# ## Learning curves
#
# The figure at the top has them: left with single samples held out, right with whole groups ({glue:text}`n_groups`).
#
# ## The inflation
#
# Balanced accuracy with single samples held out, minus with whole groups held out, at the largest training set. The two
# kinds of splits share no fold, so the difference is one of means, each with the variance of its own runs:

# %% tags=["hide-input"]
show(difference_plot(inflation, synthetic=page.synthetic), alt="Inflation by sample-wise splits, per model.")

# %% tags=["remove-cell"]
glue(**published_differences("recount_multiclass_sample_split", "split", "sample", "group"))

# %% [markdown]
# In the paper the difference at the end of the curves is {glue:text}`published_logistic_regression` for logistic
# regression, {glue:text}`published_three_layer` for the three-layer and {glue:text}`published_five_layer` for the
# five-layer network.
#
# The numbers behind the figures, at the largest training set:

# %% tags=["hide-input"]
show_largest(fits)

# %% [markdown]
# ## On genuine data
#
# GTEx takes several tissues of each donor. There the donor is what samples share, and no tissue belongs to one donor, so
# knowing the donor should help little. Of TCGA cancer types are told apart. There a group is a site that sent samples, and
# each site sent one type alone: who recognises the site knows the type.

# %% tags=["hide-input"]
for one in measured(chapter=page.name).values():
    display(measured_banner(one))
    show(
        difference_plot(compare_splits(one.results, together=True), synthetic=False),
        alt=f"Inflation by sample-wise splits on {one.title}, per model.",
    )
    show_largest(one.results)

# %% [markdown]
# ## What was chosen
#
# Each point is one setting of learning rate and weight decay, judged on the inner folds of the training samples, which are
# dealt out as the outer ones are; rings mark what was chosen. Above single samples, below whole groups:

# %% tags=["hide-input"]
trials = pd.concat([one.trials for one in results], ignore_index=True)
show_trials(trials, task=ALL_TISSUES, synthetic=page.synthetic, rows="split")

# %% [markdown]
# ## Explore
#
# Every run behind a mean, to choose from, to read and to compare:

# %% tags=["hide-input"]
explored(*page.results.values(), synthetic=page.synthetic, published=published_curves("recount_multiclass_sample_split"))

# %% [markdown]
# ## What this shows
#
# The inflation comes from having met the study of the sample that is judged. It is absent when a model is applied to a new
# study. It need not change which model is ahead, and it changes how good all of them look: an accuracy means little unless
# one knows how samples were split.
#
# ## What to change
#
# - the genuine data: `papermill notebooks/50_sample_wise_splits.py out.ipynb -p source recount3 -p n_genes 5000`
# - the paper's sizes: `-f params/paper/50_sample_wise_splits.yaml`
# - other classes: `-y "classes: [brain, liver, lung]"`; donors instead of studies: `-p source gtex` with
#   `-p expression_file tpm.gct.gz -p attributes_file attributes.txt`
#
# This page exactly, typed in the project's folder:

# %% tags=["remove-input"]
page.end()

# %% tags=["remove-cell"]
page.answer()

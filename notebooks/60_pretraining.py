# %% [markdown]
# # Does pretraining help, and does it help networks more?
#
# Networks are said to need more data than linear models, and to profit more from data met before. {cite:t}`heil2023` tested
# it on all tissues of Recount3.
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
# Of five folds of studies two pretrain, two train and one validates, taking turns. From the very same first weights, one
# copy of a model trains on its training folds alone; another learns from the pretraining folds first.
#
# ## What we found
#
# On {glue:text}`source_kind` data, over {glue:text}`n_runs` runs (seeds × folds). Averaged over {glue:text}`n_sizes`
# training-set sizes, pretraining changes balanced accuracy by between {glue:text}`smallest`
# ({glue:text}`smallest_model`) and {glue:text}`largest` ({glue:text}`largest_model`).
#
# {glue:text}`gaining`
#
# Do networks gain more than linear models?
#
# > {glue:text}`family_verdict`
#
# ## How it was run
#
# These parameters, and the shared ones of the groups named last, decide everything on the page; [Re-run a
# chapter](../rerun) says how to pass others.


# %% tags=["parameters"]
source: str = "miniature"  # miniature (synthetic, no download), or recount3 (from a mirror)
classes: list[str] = []  # tissues to tell apart; empty: the paper's 21, as far as the data have them
linear_learning_rate: float = 1e-2  # of the linear models, not tuned (paper: 1e-3)
network_learning_rate: float = 3e-3  # of the networks, not tuned (paper: 1e-5)
models: list[str] = ["logistic_regression", "linear_svm", "three_layer", "five_layer"]  # those trained with Adam
n_seeds: int = 2  # repeats of the cross-validation, each with its own folds and first weights (paper: 3)
max_epochs: int = 150  # passes over the training samples, at most (paper: 50)
patience: int = 15  # epochs without improvement before training stops (paper: 7)
shared: list[str] = ["recount3", "data", "studies", "models", "folds", "training", "running"]

# %% tags=["remove-cell"]
import pandas as pd

from linear_signal.analysis.answer_rows import contrast_rows
from linear_signal.analysis.averages import over_fractions
from linear_signal.analysis.comparison import compare_pretraining
from linear_signal.analysis.family_comparison import family_gains
from linear_signal.book.chapter import Chapter
from linear_signal.book.display import glue, show
from linear_signal.book.explored import explored
from linear_signal.book.shown import show_largest
from linear_signal.crossvalidation.design import PRETRAINING
from linear_signal.data.recount3.source import open_recount3
from linear_signal.data.tasks import make_task
from linear_signal.data.tissue_names import PAPER_TISSUES
from linear_signal.figures import difference_plot
from linear_signal.studies.heil2023.published import published_curves
from linear_signal.studies.heil2023.shown import ALL_TISSUES, curves, extremes, published_differences

# %% [markdown]
# Parameters and the plan are checked before anything is computed. As in the authors' code nothing is tuned here: every
# model has its default learning rate and no weight decay, in both trainings.

# %% tags=["hide-output"]
page = Chapter("60_pretraining", globals(), n_trials=0, n_inner_folds=1)
p = page.parameters
recount3 = page.open(open_recount3).tissues(p.classes or PAPER_TISSUES, min_studies=p.min_studies)
page.uses(recount3)
task = make_task(recount3, name=ALL_TISSUES, labels=p.classes or None, group="study")
plan = page.plan([task], signals=["full"], pretraining=PRETRAINING)

# %% [markdown]
# Fit the models. Results that an earlier run has stored are reused.

# %% tags=["hide-output"]
results = page.run(plan)
fits = results.fits

# %% tags=["remove-cell"]
averaged = over_fractions(fits)
gain = compare_pretraining(averaged, together=True)
glue(
    **extremes(gain),
    gaining=f"The interval of the gain lies above zero for {(gain.lower > 0).sum()} of {len(gain)} models.",
    family_verdict=family_gains(averaged),
    end_verdict=family_gains(fits),
    n_sizes=int(averaged.n_sizes.max()),
    pretraining=f"{fits.pretraining_samples.max():,}",
)
page.begin(
    contrast_rows(gain, fits),
    curves(fits, "recount_pretraining", synthetic=page.synthetic, by="pretraining"),
    alt="Balanced accuracy over all tissues against the share of training samples, with and without pretraining.",
    columns=("Not pretrained", "Pretrained"),
    asked="Model, mean over training sizes",
)

# %% [markdown]
# ## This run

# %% tags=["remove-input"]
page.show_run()

# %% [markdown]
# ## Learning curves
#
# The figure at the top has them, without and with pretraining (on up to {glue:text}`pretraining` samples of other studies);
# its axis counts training samples only.
#
# ## The gain
#
# Pretrained minus not pretrained, paired on the same folds, first weights, training samples and order of samples. Each run
# is averaged over its training-set sizes first: the distance between its two learning curves.

# %% tags=["hide-input"]
show(difference_plot(gain, synthetic=page.synthetic), alt="Gain by pretraining, per model, with its interval.")

# %% tags=["remove-cell"]
glue(**published_differences("recount_pretraining", "pretraining", "pretrained", "none", over_sizes=True))

# %% [markdown]
# In the paper the distance between the curves is {glue:text}`published_logistic_regression` for logistic regression,
# {glue:text}`published_three_layer` for the three-layer and {glue:text}`published_five_layer` for the five-layer
# network.
#
# Within every run the gains of the networks and those of the linear models are averaged, and the two means subtracted:
#
# > {glue:text}`family_verdict`
#
# Where training samples are few, the gain is that of having any at all. At the smallest and at the largest training set of
# this run:

# %% tags=["hide-input"]
ends = {"smallest": min(p.fractions), "largest": max(p.fractions)}
apart = [compare_pretraining(fits, fraction=share).assign(task=f"{end} training set") for end, share in ends.items()]
show(difference_plot(pd.concat(apart), synthetic=page.synthetic), alt="Gain at the smallest and largest training set.")

# %% [markdown]
# Do networks gain more at the largest training set?
#
# > {glue:text}`end_verdict`
#
# The numbers behind the figures, at the largest training set:

# %% tags=["hide-input"]
show_largest(fits)

# %% [markdown]
# ## Explore
#
# Every run behind a mean, to choose from, to read and to compare:

# %% tags=["hide-input"]
explored(*page.results.values(), synthetic=page.synthetic, published=published_curves("recount_pretraining"))

# %% [markdown]
# ## What this shows
#
# Pretraining here is more data of the same kind, met earlier. With few training samples it helps mostly because it adds
# samples. If pretraining were what networks need, they should gain more than linear models. In this run:
# {glue:text}`family_verdict`
#
# The exactly solved logistic regression is missing because its solution does not depend on where it starts.
#
# ## What to change
#
# - the genuine data: `papermill notebooks/60_pretraining.py out.ipynb -p source recount3 -p n_genes 5000`
# - the paper's sizes and learning rates: `-f params/paper/60_pretraining.yaml`
# - another learning rate for the networks: `-p network_learning_rate 1.0e-5`
#
# This page exactly, typed in the project's folder:

# %% tags=["remove-input"]
page.end()

# %% tags=["remove-cell"]
page.answer()

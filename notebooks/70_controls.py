# %% [markdown]
# # Could the answers be artefacts?
#
# Five ways to fool oneself, tried on purpose: each row is data without the signal that a careless pipeline would find there.
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
# Removing the linear signal from all samples at once, before they are split, can create signal where there is none. So can
# removing it from each set by itself, where values are exactly zero or classes are of unequal size. Small training sets can
# make models look alike or networks hopeless. And a pipeline that predicts labels dealt out at random has a leak somewhere.
#
# ## What we found
#
# - **Removal on all data at once.** In {glue:text}`n_nothing` combinations of model and data there is nothing to find after
#   removal: linear models anywhere, and networks where no non-linear signal was put in. Removing separately,
#   {glue:text}`leaks_separate` of them depart from chance; removing once from all data, {glue:text}`leaks_whole` do. The
#   largest departure on the data without any signal:
#
# > {glue:text}`leak_verdict`
#
# - **Zeros.** On data that differ in nothing but means, with {glue:text}`zeros_share` of the values exactly zero in either
#   class, boosted trees reach {glue:text}`zeros_removed` after removal, and the network {glue:text}`zeros_network`. With
#   zeros spread at random trees reach {glue:text}`zeros_spread`; with equal distributions of single genes
#   {glue:text}`zeros_cured`.
# - **Class size.** On data without any signal, {glue:text}`sizes_rare` samples of one class to {glue:text}`sizes_common` of
#   the other, the size of residuals alone predicts the class with {glue:text}`sizes_removed` at
#   {glue:text}`sizes_genes` genes; once residuals are rescaled, with {glue:text}`sizes_cured`.
# - **Small training sets.** With {glue:text}`smallest_share` to {glue:text}`largest_share` of the training samples, mean of
#   {glue:text}`n_pairs` pairs of tissues, full signal: linear models {glue:text}`small_linear_full`, networks
#   {glue:text}`small_networks_full`; linear signal removed: {glue:text}`small_linear_removed` and
#   {glue:text}`small_networks_removed` (at the largest of these sizes).
# - **Permuted labels.** Over the same pairs, with labels dealt out anew within each donor:
#
# > {glue:text}`permuted_verdict`
#
# ## How it was run
#
# These parameters, and the shared ones of the groups named last, decide everything on the page; [Re-run a
# chapter](../rerun) says how to pass others.


# %% tags=["parameters"]
source: str = "miniature"  # miniature (synthetic), files (expression_file, attributes_file), download (GTEx v8, 1.5 GB)
tissues: list[str] = ["Blood", "Brain", "Skin"]  # every pair of these is a binary task (paper: five tissues)
permutation_seed: int = 0  # seed of the permuted labels
n_samples: int = 200  # samples per simulated data set (paper: 1000)
n_features: int = 400  # features of Simulated 1 and 3; Simulated 2 has half (paper: 5000)
trap_samples: int = 300  # samples of the simulated data with zeros
trap_genes: int = 40  # their genes
size_samples: int = 630  # samples of the simulated data with a rare class
size_rare: int = 30  # how many of them are of the rare class
size_genes: list[int] = [20, 100, 500, 2000]  # numbers of genes to try with a rare class
size_sets: int = 20  # data sets without signal of every number of genes
n_genes: int = 100  # most variable genes to keep (paper: 5000)
models: list[str] = ["logistic_regression", "exact_logistic_regression", "linear_svm", "three_layer"]
fractions: list[float] = [0.05, 0.1]  # small shares of the training samples (paper: 0.01 to 0.1 by 0.01)
shared: list[str] = [
    "simulation",
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
]

# %% tags=["remove-cell"]
import pandas as pd
from IPython.display import display

from linear_signal.analysis.averages import over_tasks
from linear_signal.analysis.comparison import against_naive
from linear_signal.analysis.verdict import largest_verdict
from linear_signal.book.chapter import Chapter
from linear_signal.book.display import glue, measured_banner, show, show_sentences
from linear_signal.book.explored import explored
from linear_signal.book.measured import measured
from linear_signal.book.shown import show_largest
from linear_signal.data.gtex.source import open_gtex
from linear_signal.data.made_up.removal_traps import simulate_zeros
from linear_signal.data.made_up.simulation import SIMULATIONS, simulate
from linear_signal.data.tasks import binary_pairs, make_task, permute_labels
from linear_signal.figures import difference_plot, full_against_removed, learning_curves
from linear_signal.numbers import accuracy, share
from linear_signal.studies.heil2023.controls import control_rows, leak_answers, leak_verdicts, runs_left
from linear_signal.studies.heil2023.published import published_value
from linear_signal.studies.heil2023.shown import ALL_TISSUES, NO_GENUINE, family_answers
from linear_signal.studies.heil2023.size_trap import distance_probe, size_answers, size_plot
from linear_signal.studies.heil2023.zero_trap import ZERO_MODELS, ZERO_SIGNALS, zero_answers, zero_tasks

# %% [markdown]
# Parameters, files and the plans of all three controls are checked before anything is computed.

# %%
page = Chapter("70_controls", globals())
p = page.parameters
sizes = {"n_samples": p.n_samples, "n_features": p.n_features}
simulated = [simulate(name, **sizes, seed=p.simulation_seed) for name in SIMULATIONS]
gtex = page.open(open_gtex)
trapped = simulate_zeros(n_samples=p.trap_samples, n_genes=p.trap_genes, seed=p.simulation_seed)
page.uses(*simulated, *trapped.values(), gtex)
leak_tasks = [make_task(data, name=data.name, group=None) for data in simulated]
leak_tasks.append(make_task(gtex, name=ALL_TISSUES, group="donor"))
pairs = binary_pairs(gtex, p.tissues, group="donor")
permuted = [permute_labels(task, seed=p.permutation_seed) for task in pairs]

# %%
removals = ["removed", "removed_on_all_data"]
leak_plan = page.plan(leak_tasks, signals=removals, fractions=(1.0,))
small_plan = page.plan(pairs)
permuted_plan = page.plan(permuted, signals=["full"], fractions=(1.0,))
zero_plans = [
    page.plan(some, signals=signals, models=ZERO_MODELS, fractions=(1.0,)) for some, signals in zero_tasks(trapped)
]

# %% [markdown]
# Fit the models. Results that an earlier run has stored are reused.

# %% tags=["hide-output"]
leak, small, shuffled = (page.run(plan).fits for plan in (leak_plan, small_plan, permuted_plan))
zeros = pd.concat([page.run(plan).fits for plan in zero_plans])

# %% tags=["remove-cell"]
sets = measured(chapter=page.name).values()
together = f"the mean of {len(pairs)} pairs"
small_pooled = over_tasks(small, [task.name for task in pairs], together)
permuted_pooled = over_tasks(shuffled, [task.name for task in permuted], f"{together}, labels permuted")
sizes_told = distance_probe(
    n_samples=p.size_samples, n_rare=p.size_rare, n_genes=p.size_genes, n_sets=p.size_sets, seed=p.simulation_seed
)
departures = against_naive(leak)
chance = against_naive(permuted_pooled, together=True)
glue(
    **leak_answers(leak),
    **zero_answers(zeros, trapped),
    **size_answers(sizes_told),
    sizes_rare=p.size_rare,
    sizes_common=f"{p.size_samples - p.size_rare:,}",
    **{f"small_{name}": mean for name, mean in family_answers(small_pooled).items()},
    smallest_share=share(min(p.fractions)),
    largest_share=share(max(p.fractions)),
    n_pairs=len(pairs),
    permuted_verdict=largest_verdict(chance),
    folds_left=runs_left(small_pooled, n_runs=page.n_runs),
    impossible=f"{int(small.balanced_accuracy.isna().sum()):,} of {len(small):,}",
    published_leak=accuracy(published_value("simulation", "five_layer", "removed_on_all_data", task="Simulated 3")),
)
page.begin(
    control_rows(leak, zeros, sizes_told, permuted_pooled),
    full_against_removed(leak, signals=removals, synthetic=page.synthetic),
    alt="Balanced accuracy per data set and model, signal removed separately and on all data at once.",
    columns=("With the trap", "Without it"),
    asked="Trap, where there is nothing to find",
)

# %% [markdown]
# ## This run

# %% tags=["remove-input"]
page.show_run()

# %% [markdown]
# ## The leak
#
# Class means that are made equal over all samples are not equal within a training set, and what it has too much of, the
# validation set has too little. The figure at the top has both: on the left removed from training and validation samples
# separately, on the right from all of them before the split. Here are the departures from chance.
#
# A model that is wrong more often than chance allows knows the labels as well as one
# that is right, so either side of the line is a leak where there is no signal (Simulated 3); where there is non-linear
# signal (Simulated 1, the tissues) a network has a right to be above it.

# %% tags=["hide-input"]
show(
    difference_plot(departures, synthetic=page.synthetic),
    alt="Balanced accuracy above chance by data set, model and removal.",
)

# %% [markdown]
# On the data without any signal the leak shows in this run in {glue:text}`leaking`. In the paper the networks end above
# chance there ({glue:text}`published_leak` for the five-layer network). On which side a model falls depends on what
# early stopping and tuning pick on samples that are just as tainted.
#
# On genuine data linear models are the ones to look at. After removal there is nothing left for them, so whatever they
# reach is the leak. What networks reach is non-linear signal, and on top of it the leak.

# %% tags=["hide-input"]
for one in sets:
    display(measured_banner(one))
    of_all = one.results[one.results.task == ALL_TISSUES]
    show_sentences(leak_verdicts(of_all))
    show(difference_plot(against_naive(of_all), synthetic=False), alt=f"Balanced accuracy above chance on {one.title}.")
    show_largest(of_all)
if not sets:
    print(NO_GENUINE)

# %% [markdown]
# ## Zeros
#
# Many genes are silent in a sample: their values are exactly zero. Removal moves all zeros of a class to one value, and
# those of another class to another. The label then stands in the data, to be read by whoever can look for single values.
# The data here were simulated so that classes differ in the mean of what is above zero, and in nothing else: as many values
# are zero in one class as in the other.

# %% tags=["hide-input"]
show(
    full_against_removed(zeros[zeros.signal != "full"], signals=ZERO_SIGNALS, synthetic=True),
    alt="Balanced accuracy on simulated genes with and without zeros, per model and way of removal.",
)

# %% [markdown]
# Three tests distinguish such a trace from signal:
#
# - *Genes that are never zero*: the same values before any was set to zero. Trees reach {glue:text}`zeros_without`.
# - *The zeros alone* as features, before removal. Trees reach {glue:text}`zeros_mask`: here the zeros themselves say
#   nothing. In genuine tissues they may, and that would be signal.
# - *Ranks within the class*, zeros among them in random order: the rung of the ladder on which distributions of single genes
#   are equal ([chapter 25](25_what_kind_of_signal)). Trees reach {glue:text}`zeros_cured`.
#
# To spread the zeros before removal is no cure by itself. It takes away the single value, but the low values of a class
# still move together, away from those of the other class.
#
# ## Class size
#
# The mean of a class that is taken off was computed from the samples it is taken from, so they keep the share 1 − 1/n of
# their variance, with n samples in the class. A rare class has smaller residuals than a common one. Added up over many
# genes that shows, though there is no signal at all:

# %% tags=["hide-input"]
show(
    size_plot(sizes_told),
    alt="Balanced accuracy of distances alone against the number of genes, as removed and with residuals rescaled.",
)

# %% [markdown]
# The cure is to multiply residuals by √(n / (n − 1)). Where samples come in groups, such as donors, n is the number of
# groups and only the means of groups are stretched. The upper rungs of chapter 25 do so, and compare parts of one size.
#
# ## Small samples
#
# The pairs of tissues again, with few training samples; hyperparameters are those tuned on all training samples, as in the
# paper. The smallest sets can hold one class only: {glue:text}`impossible` fits were left out for that, and the mean of the
# pairs rests on the folds in which all of them could be fitted ({glue:text}`folds_left`). At equal sizes models do not learn
# from equally many samples: those trained with Adam set a fifth aside to know when to stop.

# %% tags=["hide-input"]
show(
    learning_curves(small_pooled, synthetic=gtex.synthetic, facet_rows=None, facet_columns="signal"),
    alt="Balanced accuracy, mean of the pairs, against small numbers of training samples, full signal and removed.",
)

# %% [markdown]
# The numbers, at the largest of these sizes:

# %% tags=["hide-input"]
show_largest(small_pooled)

# %% [markdown]
# ## Permuted labels
#
# Every donor is cut to as many samples of the one tissue as of the other, and these labels are dealt out anew among the
# donor's samples. Only the tie between a sample and its tissue is cut (without the cut to equal numbers it would hold
# on through donors who gave more of one tissue). Whatever a model still predicts comes from the pipeline. Balanced
# accuracy above chance, with all training samples:

# %% tags=["hide-input"]
show(
    difference_plot(chance, synthetic=gtex.synthetic), alt="Balanced accuracy above chance with permuted labels, per model."
)

# %% [markdown]
# Recount3 has no such control: most of its studies hold one tissue, and labels cannot be permuted within them.
#
# ## Explore
#
# Every run behind a mean, to choose from, to read and to compare:

# %% tags=["hide-input"]
explored(*page.results.values(), synthetic=page.synthetic, start={"_x": "model"})

# %% [markdown]
# ## What this shows
#
# The test for non-linear signal is unsound where the signal is removed once from everything. Removed from training and
# validation samples separately it is sound for values that are hardly ever zero and classes of like size; elsewhere an
# accuracy above chance can be a trace of the removal itself. A comparison at few samples shows which models cope with few
# samples. Where labels mean nothing, an interval away from chance would reveal a leak of the pipeline; intervals as wide as
# those of a quick run can miss a small one.
#
# ## What to change
#
# - real data: `-p source download -p n_genes 5000`, or `-p source files` with `-p expression_file` and `-p attributes_file`
# - the paper's sizes: `papermill notebooks/70_controls.py out.ipynb -f params/paper/70_controls.yaml`
# - another permutation: `-p permutation_seed 1`
#
# This page exactly, typed in the project's folder:

# %% tags=["remove-input"]
page.end()

# %% tags=["remove-cell"]
page.answer()

# %% [markdown]
# # Does any model predict two perturbations better than their sum?
#
# Switch one gene on and see what all others do; switch on another; and predict what happens when both are on. Large models
# promise to know. {cite:t}`ahlmann2025` put them beside the sum of the two single changes, and found none that beats it.
# Their critics answered that the metric hides what models know {cite:p}`miller2025`. Here are both verdicts, on the same
# predictions.
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
# {glue:text}`answer_1`
#
# - {glue:text}`answer_2`
# - {glue:text}`answer_3`
# - {glue:text}`answer_4`
# - {glue:text}`answer_5`
# - {glue:text}`answer_6`
# - {glue:text}`answer_7`
#
# ## How it was run
#
# These parameters, and the shared ones of the groups named last, decide everything on the page; [Re-run a
# chapter](../rerun) says how to pass others.


# %% tags=["parameters"]
source: str = "simulation"  # simulation; norman (cells, hundreds of MB are fetched); file (cells_file)
presets: list[str] = ["norman", "additive"]  # simulations: with interactions as of Norman's data, and without any
n_genes: int = 1000  # simulated genes (paper: the 1000 most expressed ones are judged)
n_singles: int = 100  # simulated single perturbations (paper: 100)
n_doubles: int = 124  # simulated double perturbations (paper: 124)
cells_file: str = ""  # file: h5ad of cells, or parquet of pseudobulk
condition_column: str = "condition"  # of an h5ad: conditions A+B, A+ctrl, ctrl
control: str = "ctrl"  # name of the control
layer: str = ""  # of an h5ad; empty: X
gene_column: str = ""  # of an h5ad: names of genes; empty: its own
counts: bool = False  # whether an h5ad holds raw counts
number_repeats: bool = False  # number genes of an h5ad whose names repeat, instead of stopping
methods: list[str] = [  # models that predict doubles; the ceilings are added
    "no_change",
    "mean",
    "additive",
    "additive_slope",
    "additive_denoised",
    "ridge",
    "mlp",
    "latent_additive",
    "decoder_only",
]
split_files: list[str] = []  # JSON with train, test, val, one a run; empty: half of the doubles are held out
predictions: list[str] = []  # of other models on genuine data, name and path joined by an equals sign
shared_only: bool = False  # judge all on the conditions and genes that all predictions have
n_seeds: int = 3  # runs: simulated data of their own (controls: one), or splits of genuine ones (paper: 5)
power_sizes: list[int] = [62, 250, 1000]  # doubles learnt from, in the simulation of modules; empty: none
n_power_seeds: int = 3  # runs of that simulation
published_folder: str = ""  # published values to be judged again: their folder; fetch: from their authors; empty: none
shared: list[str] = ["running"]

# %% tags=["remove-cell"]
import pandas as pd
from IPython.display import HTML, display

from linear_signal.book.chapter import Chapter
from linear_signal.book.display import glue, measured_banner, show, show_table
from linear_signal.book.measured import measured
from linear_signal.studies.ahlmann2025.answers import answer_rows, answers, best_errors
from linear_signal.studies.ahlmann2025.explore import errors_explorer, power_explorer, verdicts_explorer
from linear_signal.studies.ahlmann2025.figures import errors_plot, genes_plot, verdict_plot
from linear_signal.studies.ahlmann2025.genuine import Request
from linear_signal.studies.ahlmann2025.interaction_figures import calls_plot, example_plot, found_plot, null_plot, with_calls
from linear_signal.studies.ahlmann2025.metrics import BY_COLUMN
from linear_signal.studies.ahlmann2025.power_figures import power_plot
from linear_signal.studies.ahlmann2025.power_unit import power_plan
from linear_signal.studies.ahlmann2025.prediction_unit import prediction_plan
from linear_signal.studies.ahlmann2025.predictors import DOUBLES
from linear_signal.studies.ahlmann2025.problems import open_doubles
from linear_signal.studies.ahlmann2025.published_further import (
    TITLES,
    claims_table,
    class_shares,
    found_curves,
    open_further,
    recurring_table,
    slopes_table,
)
from linear_signal.studies.ahlmann2025.published_unit import open_published
from linear_signal.studies.ahlmann2025.shown import (
    first_dataset,
    interaction_facts,
    metrics_documentation,
    null_curves,
    published_table,
    ranges,
    rank_flips,
    sources_of,
    verdicts,
)

# %% [markdown]
# Data are read, or simulated, and everything that is to be trained is listed, before the first training.

# %%
page = Chapter("85_perturbation_baselines", globals())
p = page.parameters
problems = page.open(open_doubles, request=page.open(Request))
page.uses(*sources_of(problems))
plan = page.add(prediction_plan(problems, p.methods))
power = page.add(power_plan(p.power_sizes, n_seeds=p.n_power_seeds)) if p.power_sizes else None
again = page.add(page.open(open_published, judges=DOUBLES)) if p.published_folder else None

# %% [markdown]
# Fit the models. Results that an earlier run has stored are reused.

# %% tags=["hide-output"]
results = page.run(plan)
curve = page.run(power).fits if power else None
published = page.run(again).fits if again else None

# %% tags=["remove-cell"]
shipped = list(measured(chapter=page.name).values())
further = next((one.tables for one in shipped if "slopes" in one.tables), {})
if again:
    further = page.open(open_further)
    for name, one in further.items():
        page.offer(name, one, title=TITLES[name])
everything = pd.concat([one for one in (results.fits, curve) if one is not None], ignore_index=True)
judged, fits = first_dataset(results.conditions), first_dataset(results.fits)
table = verdicts(results.conditions)
first_figure = errors_plot(judged, metric=BY_COLUMN["l2"], synthetic=page.synthetic)
alt = "L2 distance of every held-out double by method: no network lies left of the best linear model."
glue(
    **answers(everything, page.name),
    **best_errors(fits),
    n_judged=len(problems[0].judged),
    **class_shares(further.get("classes")),
)
asked = {"columns": ["This run"], "asked": "Finding"}
page.begin(answer_rows(everything, page.name), first_figure, alt=alt, **asked)

# %% [markdown]
# ## This run

# %% tags=["remove-input"]
page.show_run()

# %% [markdown]
# ## Errors
#
# Each run holds {glue:text}`n_judged` doubles out. The best linear model ({glue:text}`best_linear`) is
# {glue:text}`best_linear_l2` away from what was observed, on average over doubles; the best network
# ({glue:text}`best_network`) {glue:text}`best_network_l2`; the experiment done twice {glue:text}`repeat_l2`; no change
# {glue:text}`no_change_l2`. Below is every held-out double, against the error of the plain sum for the same double: choose
# methods, data and the metric; point at one to read its genes.

# %% tags=["hide-input"]
errors_explorer(
    results.conditions,
    reference="additive" if "additive" in p.methods else p.methods[0],
    start=["no_change", "additive_slope", "mlp"],
    synthetic=page.synthetic,
)

# %% [markdown]
# A sum of two measured changes carries the noise of three measurements, and whatever shrinks it does better: a slope, a few
# principal components, a ridge, or a network. So the bar for a network is the best of the simple models, not the plain sum.
#
# The paper judges 1,000 genes. With other numbers:

# %% tags=["hide-input"]
show(
    genes_plot(first_dataset(results.genes), synthetic=page.synthetic),
    alt="L2 distance against the number of genes, most expressed and most changed first, by method.",
)

# %% [markdown]
# ## Both verdicts
#
# *No better than a simple model*: that is what errors say. *Far better than a baseline that knows nothing*: that is what the
# same predictions say once each metric runs from the mean of the training conditions (0) to the experiment done twice (1).

# %% tags=["hide-input"]
shown = first_dataset(table) if len(table) else table
if len(shown):
    show(
        verdict_plot(shown, synthetic=page.synthetic),
        alt="Each method between the mean baseline and the experiment done twice, for eight metrics.",
    )
    display(verdicts_explorer(table, synthetic=page.synthetic))
else:
    print("Nobody measured these data twice: cells are needed, not their means alone.")

# %% [markdown]
# Both are true. What decides between them is the question: against *what* is a model to be better? The mean is a low bar
# for doubles, since singles are known and their sum says nearly all; the best linear model is the bar for a network. Ranks
# of the same predictions under each metric, 1 the best:

# %% tags=["hide-input"]
show_table(rank_flips(judged))

# %% [markdown]
# A metric can only rank what it can distinguish. The fraction says how far the experiment done twice is ahead of the mean
# on the way to perfection, the share in how many doubles it is ahead at all. Some metrics reward saying nothing: no change
# is never wrong about a direction.

# %% tags=["hide-input"]
if len(shown):
    show_table(ranges(judged))

# %% [markdown]
# ## Interactions
#
# Where a double departs from the sum by more than noise, the genes interact. Most departures are noise; a normal
# distribution fitted to their middle says how much.

# %% tags=["hide-input"]
show_table(interaction_facts(problems))
show(
    null_plot(
        null_curves(problems[0]),
        thresholds=(problems[0].null.lower, problems[0].null.upper),
        synthetic=page.synthetic,
    ),
    alt="Density of the departures from the sum, with the fitted null and the thresholds.",
)

# %% [markdown]
# By the paper's rule a double that turns both of its singles round counts as "other"; the corrected rule names it. A model
# calls an interaction where its prediction departs from the sum. Predicting no change at all is such a model:

# %% tags=["hide-input"]
if len(with_calls(fits)):
    show(
        found_plot(fits, synthetic=page.synthetic),
        alt="Share of interactions found against the share of false calls, by method.",
    )
else:
    print("No held-out double departs from the sum of its singles by more than noise, so there is nothing to find.")
if "n_buffering" in fits:
    show(calls_plot(fits, synthetic=page.synthetic), alt="Claims of the strongest calls of each method, right and wrong.")

# %% [markdown]
# ## How many doubles
#
# Perhaps networks lose only because there are so few doubles to learn from. Here is a world in which a network must win in
# the end: genes belong to modules, and a rule for each pair of modules says whether changes add up, mask each other or
# cancel.

# %% tags=["hide-input"]
if curve is not None:
    show(power_plot(curve), alt="L2 distance of linear models and a network against the number of training doubles.")
    display(power_explorer(curve))
else:
    print("power_sizes names no training sets.")

# %% [markdown]
# Where whole pairs of modules are held out, their rule cannot be known, and no number of other doubles helps: a random split
# of doubles lets a model meet every pair of modules.
#
# ## On genuine data
#
# The published errors of every model of the paper, judged again by the claims of this page; intervals come from a bootstrap
# that keeps together the five splits of a double, which the paper's does not.

# %% tags=["hide-input"]
if published is not None:
    show_table(published_table(published))
for one in shipped:
    display(measured_banner(one))
    show_table(published_table(one.results))

# %% [markdown]
# The plain sum is too long: the slope that fits training doubles best lies well below 1. {cite:t}`vollenweider2026` fitted
# it to Norman's doubles and to those of Wessels, in two folds each:

# %% tags=["hide-input"]
if further:
    show_table(slopes_table(further["slopes"]))
else:
    print("The published tables are not here.")

# %% [markdown]
# One double, CEBPE and CEBPB, as the paper shows it. The sum is steeper than the dashed line, for what it predicts is too
# large; a model that predicts hardly any change lies flat:

# %% tags=["hide-input"]
if further:
    show(
        example_plot(further["example"]),
        alt="Predicted against observed changes of 1,000 genes: the sum is steeper than the diagonal, scGPT nearly flat.",
    )

# %% [markdown]
# Interactions in the published predictions. Of 124,000 departures from the sum {glue:text}`published_additive` are no
# interaction by the paper's rule, {glue:text}`published_buffering` are buffering and {glue:text}`published_synergy` are
# synergy.

# %% tags=["hide-input"]
if further:
    show(
        found_plot(found_curves(further["found"]), synthetic=False),
        alt="Share of interactions found against the share of false calls: no deep model is above no change.",
    )

# %% [markdown]
# The 500 strongest calls of each method claim buffering, or a change turned round, which by the published rule nothing
# observed can be; next to no synergy is right:

# %% tags=["hide-input"]
if further:
    show_table(claims_table(further["claims"]))

# %% [markdown]
# A few genes and pairs recur among the 100 strongest calls of a split. Most methods call two genes of haemoglobin more often
# than they were observed, up to twice, and the pair that was observed most less:

# %% tags=["hide-input"]
if further:
    show_table(recurring_table(further["recurring"]))

# %% [markdown]
# ## Metrics
#
# Each metric is a row of one table in the library, from which this documentation is made. In the formulas m is what was
# observed, m̂ what was predicted, c the control and t the mean of the training conditions.

# %% tags=["hide-input"]
display(HTML(metrics_documentation()))

# %% [markdown]
# ## What this shows
#
# Before a network of perturbations is believed, it has to stand beside the sum of the singles, with a slope, and beside the
# experiment done twice. What is here and what is left out of the paper stands in [a page of its own](../ahlmann2025.md).
#
# ## What to change
#
# - Norman's cells: `papermill notebooks/85_perturbation_baselines.py out.ipynb -p source norman`
# - your model's predictions on your cells: `-p source file -p cells_file mine.h5ad -y 'predictions: [mine=mine.parquet]'`
# - the published values from their authors: `-p published_folder fetch`
# - more doubles than Norman's: `-p n_doubles 1000`
#
# This page exactly, typed in the project's folder:

# %% tags=["remove-input"]
page.end()

# %% tags=["remove-cell"]
page.answer()

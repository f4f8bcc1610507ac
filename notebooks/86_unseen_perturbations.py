# %% [markdown]
# # Does any model predict an unseen perturbation better than the average one?
#
# A gene is switched off that no training cell lacked. What do the others do? The simplest answer is what they do on average
# over all other perturbations. {cite:t}`ahlmann2025` found that no deep model is ahead of it, while a linear model is that
# has seen the same perturbations in another cell line. Whether an average can be beaten also hangs on the metric.
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
#
# ## How it was run
#
# These parameters, and the shared ones of the groups named last, decide everything on the page; [Re-run a
# chapter](../rerun) says how to pass others.


# %% tags=["parameters"]
source: str = "simulation"  # simulation; adamson, replogle_k562, replogle_rpe1 (cells, up to 2 GB are fetched); file
presets: list[str] = [  # simulations: two like Replogle's lines, and controls
    "k562",
    "rpe1",
    "other line unrelated",
    "embedding uninformative",
    "embedding informative",
]
shifts: list[float] = [0.0, 0.1, 0.25]  # sizes of a response that all perturbations share, a simulation each
n_genes: int = 1500  # simulated genes (paper: the 1000 most expressed ones are judged)
n_targets: int = 400  # simulated perturbations (paper: 1087 in K562, 1534 in RPE1)
cells_file: str = ""  # file: h5ad of cells, or parquet of pseudobulk
other_file: str = ""  # file: another cell line, the same way
condition_column: str = "condition"  # of an h5ad: conditions A+ctrl, ctrl
control: str = "ctrl"  # name of the control
layer: str = ""  # of an h5ad; empty: X
gene_column: str = ""  # of an h5ad: names of genes; empty: its own
counts: bool = False  # whether an h5ad holds raw counts
number_repeats: bool = False  # number genes of an h5ad whose names repeat, instead of stopping
methods: list[str] = [  # models that predict unseen singles, as far as data have what they need; the ceilings are added
    "no_change",
    "mean",
    "linear",
    "linear_other_line",
    "linear_random_p",
    "linear_random_g",
    "transfer",
    "covariance",
    "covariance_shuffled",
]
split_files: list[str] = []  # JSON with train, test, val, one a run; empty: a quarter and some are held out
predictions: list[str] = []  # of other models on genuine data, name and path joined by an equals sign
shared_only: bool = False  # judge all on the conditions and genes that all predictions have
n_seeds: int = 3  # runs: simulated data of their own (controls: one), or splits of genuine ones (paper: 2)
published_folder: str = ""  # published values to be judged again: their folder; fetch: from their authors; empty: none
shared: list[str] = ["running"]

# %% tags=["remove-cell"]
from IPython.display import HTML, display

from linear_signal.book.chapter import Chapter
from linear_signal.book.display import glue, measured_banner, show, show_table
from linear_signal.book.measured import measured
from linear_signal.studies.ahlmann2025.answers import answer_rows, answers, best_errors
from linear_signal.studies.ahlmann2025.explore import errors_explorer, shift_explorer, verdicts_explorer
from linear_signal.studies.ahlmann2025.figures import errors_plot, forest_plot, verdict_plot
from linear_signal.studies.ahlmann2025.genuine import Request
from linear_signal.studies.ahlmann2025.metrics import BY_COLUMN
from linear_signal.studies.ahlmann2025.power_figures import shift_plot
from linear_signal.studies.ahlmann2025.prediction_unit import prediction_plan
from linear_signal.studies.ahlmann2025.predictors import SINGLES
from linear_signal.studies.ahlmann2025.problems import CONTROLS, open_singles
from linear_signal.studies.ahlmann2025.published_unit import open_published
from linear_signal.studies.ahlmann2025.shown import (
    by_shift,
    first_dataset,
    metrics_documentation,
    published_table,
    ranges,
    rank_flips,
    sources_of,
    verdicts,
)

# %% [markdown]
# Data are read, or simulated, and every prediction is listed, before the first one is made.

# %%
page = Chapter("86_unseen_perturbations", globals())
p = page.parameters
problems = page.open(open_singles, request=page.open(Request))
page.uses(*sources_of(problems))
plan = page.add(prediction_plan(problems, p.methods))
again = page.add(page.open(open_published, judges=SINGLES)) if p.published_folder else None

# %% [markdown]
# Fit the models. Results that an earlier run has stored are reused.

# %% tags=["hide-output"]
results = page.run(plan)
published = page.run(again).fits if again else None

# %% tags=["remove-cell"]
fits, conditions = results.fits, results.conditions
judged = first_dataset(conditions)
table = verdicts(conditions[conditions["preset"] != "shift"])
like_genuine = fits[~fits["preset"].isin(["shift"]) & (fits["family"] != "ceiling")]
first_figure = forest_plot(like_genuine, synthetic=page.synthetic)
alt = "Error of every method relative to the mean baseline, by data set: the other cell line alone helps."
glue(
    **answers(fits, page.name),
    **best_errors(first_dataset(fits)),
    n_judged=len(problems[0].judged),
)
asked = {"columns": ["This run"], "asked": "Finding"}
page.begin(answer_rows(fits, page.name), first_figure, alt=alt, **asked)

# %% [markdown]
# ## This run

# %% tags=["remove-input"]
page.show_run()

# %% [markdown]
# ## Errors
#
# Each run holds {glue:text}`n_judged` perturbations out. On the first data set the mean of the training conditions is
# {glue:text}`mean_l2` away from what was observed, no change {glue:text}`no_change_l2`, the best linear model
# ({glue:text}`best_linear`) {glue:text}`best_linear_l2`, and the experiment done twice {glue:text}`repeat_l2`. The
# figure above has all data sets, the controls among them: where the lines have nothing in common the other line is worth
# nothing, and where expression shows what a perturbation does the linear model needs no other line.

# %% tags=["hide-input"]
show(
    errors_plot(judged, metric=BY_COLUMN["l2"], synthetic=page.synthetic),
    alt="L2 distance of every held-out perturbation by method.",
)

# %% [markdown]
# Where there are cells, one more simple model stands among these: change in proportion to the covariance with the perturbed
# gene in control cells, and the same with the rows shuffled. Simulated data here are means without cells.
#
# Every held-out perturbation, against the error of the mean for the same one. Choose methods, data and the metric; point at
# one to read its gene.

# %% tags=["hide-input"]
errors_explorer(
    conditions[~conditions["preset"].isin(["shift", *CONTROLS])],
    reference="mean" if "mean" in p.methods else p.methods[0],
    start=["linear", "linear_other_line"],
    synthetic=page.synthetic,
)

# %% [markdown]
# ## Both verdicts
#
# *No better than the mean*, or *better than what knows nothing*? The same predictions, with each metric running from the
# mean of the training conditions (0) to the experiment done twice (1).

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
# Errors are mostly about what perturbations have in common, and there the mean is good. Centroid accuracy and the
# correlation against the perturbed mean ask what is special about each one, of which the mean knows nothing. What
# decides between the verdicts is what a prediction is for. Ranks of the same predictions under each metric, 1 the best:

# %% tags=["hide-input"]
show_table(rank_flips(judged))

# %% [markdown]
# How far the experiment done twice is ahead of the mean on the way to perfection, and in how many perturbations at all:

# %% tags=["hide-input"]
if len(shown):
    show_table(ranges(judged))

# %% [markdown]
# ## Shared response
#
# Let all perturbations share a response, the stress of being perturbed, say. The larger it is, the higher is the Pearson
# delta of a prediction that knows nothing of any of them, while its error relative to the mean stays where it was.

# %% tags=["hide-input"]
compared = by_shift(
    fits,
    methods=["mean", "linear", "linear_other_line", "repeat"],
    metrics=["pearson_delta", "pearson_from_mean", "centroid_accuracy"],
)
if len(compared):
    show(shift_plot(compared, synthetic=page.synthetic), alt="Three metrics against the size of the shared response.")
    display(shift_explorer(fits))
else:
    print("Run with source simulation for these.")

# %% [markdown]
# ## On genuine data
#
# The published errors of every model of the paper on three data sets, judged again by the claims of this page. A linear
# model whose perturbations are embedded by the very data that it predicts is left out, as in the paper: it has seen
# the answer.

# %% tags=["hide-input"]
if published is not None:
    show_table(published_table(published))
for one in measured(chapter=page.name).values():
    display(measured_banner(one))
    show(forest_plot(one.results, synthetic=False), alt=f"Error relative to the mean, {one.title}.")
    show_table(published_table(one.results))

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
# A prediction of a perturbation nobody has seen must first beat the mean of those that were seen, and the metric must be one
# on which beating it means something. What is here of the paper and what is left out stands in
# [a page of its own](../ahlmann2025.md).
#
# ## What to change
#
# - genuine cells: `papermill notebooks/86_unseen_perturbations.py out.ipynb -p source replogle_k562`
# - your model's predictions on your cells: `-p source file -p cells_file mine.h5ad -y 'predictions: [mine=mine.parquet]'`
# - the published values from their authors: `-p published_folder fetch`
# - other shared responses: `-y 'shifts: [0.0, 0.05, 0.1, 0.2, 0.4]'`
#
# This page exactly, typed in the project's folder:

# %% tags=["remove-input"]
page.end()

# %% tags=["remove-cell"]
page.answer()

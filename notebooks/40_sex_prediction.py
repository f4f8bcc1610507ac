# %% [markdown]
# # Do networks beat linear models at predicting the sex of a sample?
#
# A handful of genes shows the sex, so a linear model should suffice. {cite:t}`heil2023` found networks slightly ahead.
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
# The genes are XIST, which silences one X chromosome in women's cells, and those of the Y chromosome. Labels are those that
# submitters gave with their samples; {cite:t}`flynn2021` collected them.
#
# ## What we found
#
# On {glue:text}`source_kind` data, {glue:text}`n_samples` samples of {glue:text}`groups`, over
# {glue:text}`n_runs` runs (seeds × folds) at the largest training set; chance is 0.5.
#
# - **Full signal**: linear models {glue:text}`linear_full`, networks {glue:text}`networks_full`.
# - **Linear signal removed**: linear models {glue:text}`linear_removed`, networks {glue:text}`networks_removed`.
#
# > {glue:text}`contest`
#
# > {glue:text}`verdict`
#
# The genes that are known to show the sex reach {glue:text}`markers_alone` by themselves, and the labels contradict them in
# {glue:text}`contradicted` of the samples: [below](#what-the-sex-genes-alone-would-do).
#
# ## How it was run
#
# These parameters, and the shared ones of the groups named last, decide everything on the page; [Re-run a
# chapter](../rerun) says how to pass others.


# %% tags=["parameters"]
source: str = "miniature"  # miniature (synthetic, no download), recount3 (from a mirror), table (files, columns named)
sex_labels_file: str = ""  # for source recount3: combined_human_mouse_meta_v2.csv of Flynn et al. 2021
learning_rate_range: list[float] = [5e-5, 0.03]  # trials are log-uniform on this range (paper: 1e-6 to 10)
max_epochs: int = 200  # passes over the training samples, at most (paper: 50)
patience: int = 10  # epochs without improvement before training stops (paper: 7)
shared: list[str] = [
    "recount3",
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
from linear_signal.analysis.family_comparison import contest
from linear_signal.analysis.planted import planted_where_none
from linear_signal.analysis.signal_verdict import signal_verdict
from linear_signal.book.chapter import Chapter
from linear_signal.book.display import glue, measured_banner, show, show_sentences
from linear_signal.book.explored import explored
from linear_signal.book.measured import measured
from linear_signal.book.shown import show_largest, show_leads, show_trials
from linear_signal.data.tasks import make_task
from linear_signal.names import counted_groups
from linear_signal.numbers import accuracy, difference
from linear_signal.studies.heil2023.published import published_curves, published_value
from linear_signal.studies.heil2023.sex_check import sex_gene_answers, sex_told_by_genes
from linear_signal.studies.heil2023.sex_figure import sex_genes_plot
from linear_signal.studies.heil2023.shown import NO_GENUINE, curves, family_answers
from linear_signal.studies.heil2023.split_data import open_sexes

# %% [markdown]
# Parameters, labels and the whole plan are checked before anything is computed. A second plan takes the sex genes alone,
# whether or not they are among the genes kept: exactly solved logistic regression with full signal, in folds that are made
# the same way.

# %% tags=["hide-output"]
page = Chapter("40_sex_prediction", globals())
p = page.parameters
samples, markers, group = page.open(open_sexes)
page.uses(samples, *([markers] if markers else []))
task = make_task(samples, name="sex", group=group)
plan = page.plan([task])
exact = {"models": ["exact_logistic_regression"], "fractions": (max(p.fractions),)}
of_markers = [make_task(markers, name="sex, from the sex genes", group=group)] if markers else []
marker_plan = page.plan(of_markers, signals=["full"], **exact) if markers else None

# %% [markdown]
# Fit the models. Results that an earlier run has stored are reused.

# %% tags=["hide-output"]
results = page.run(plan)
marker_fits = page.run(marker_plan, is_aside=True).fits if markers else None
fits = results.fits

# %% tags=["remove-cell"]
sets = measured(chapter=page.name).values()
glue(
    **family_answers(fits),
    contest=contest(fits),
    verdict=signal_verdict(fits, "sex", planted=planted_where_none(fits, task, plan.design)),
    n_samples=f"{samples.n_samples:,}",
    groups=counted_groups(samples.samples[group].nunique(), group),
    **sex_gene_answers(markers, marker_fits),
)
page.begin(
    signal_rows({"Sex": fits}),
    curves(fits, "sex_prediction_combined", synthetic=page.synthetic),
    alt="Balanced accuracy of sex prediction against the share of training samples, full signal and removed.",
)

# %% [markdown]
# ## This run

# %% tags=["remove-input"]
page.show_run()

# %% [markdown]
# ## Learning curves
#
# The figure at the top has them. In the paper, from 23,525 samples and 5,000 genes, the networks end slightly ahead with
# full signal: linear models at {glue:text}`published_linear`, the three-layer network {glue:text}`published_three` above
# them, the five-layer one {glue:text}`published_five`.

# %% tags=["remove-cell"]
figure = "sex_prediction_combined"
linear = published_value(figure, "logistic_regression")
glue(
    published_linear=accuracy(linear),
    published_five=difference(published_value(figure, "five_layer") - linear, signed=False),
    published_three=difference(published_value(figure, "three_layer") - linear, signed=False),
)

# %% [markdown]
# Networks minus the best linear model, paired on the same folds. Right of the line the network is ahead:

# %% tags=["hide-input"]
show_leads({"sex": fits}, synthetic=page.synthetic)

# %% [markdown]
# The numbers behind the figures, at the largest training set:

# %% tags=["hide-input"]
show_largest(fits, *([marker_fits] if markers else []))

# %% [markdown]
# ## What the sex genes alone would do
#
# Exactly solved logistic regression on {glue:text}`marker_names` alone, with folds made the same way, reaches
# {glue:text}`markers_alone`. Where the label says one thing and these genes another, the label is the likelier mistake:
# metadata are typed by hand, and samples get swapped. Each point is a labelled sample:

# %% tags=["hide-input"]
if markers:
    show(
        sex_genes_plot(sex_told_by_genes(markers), synthetic=page.synthetic),
        alt="Mean of the Y genes against XIST, one point per sample, coloured by its label.",
    )

# %% [markdown]
# By the simplest rule, female where XIST is higher than the mean of the Y genes, the genes contradict
# {glue:text}`n_contradicted` labels. A model that knew every sample's sex would agree with about {glue:text}`ceiling` of
# the labels, and nobody should expect to be clearly above that.
#
# ## On genuine data
#
# Of GTEx the donor's sex is known, which no submitter could mistype. What differs from the paper is said with each set:
# other samples, other genes, whole donors held out.
#
# Removing means adds nothing to what a sample says of its class, but the class takes part in it: exact zeros move with the
# mean of their class. Models that do better after removal than any did before have read that. [Could the answers be
# artefacts?](70_controls) shows it on data made for it.

# %% tags=["hide-input"]
for one in sets:
    display(measured_banner(one))
    show_sentences([contest(one.results), signal_verdict(one.results, "sex")])
    show_leads({"sex": one.results}, synthetic=False)
    show_largest(one.results)
if not sets:
    print(NO_GENUINE)

# %% [markdown]
# ## What was chosen
#
# Each point is one setting of learning rate and weight decay, judged on the inner folds of the training samples; rings
# mark what was chosen.

# %% tags=["hide-input"]
show_trials(results.trials, task="sex", synthetic=page.synthetic)

# %% [markdown]
# ## Explore
#
# Every run behind a mean, to choose from, to read and to compare:

# %% tags=["hide-input"]
explored(*page.results.values(), synthetic=page.synthetic, published=published_curves("sex_prediction_combined"))

# %% [markdown]
# ## What this shows
#
# A question that a few genes answer leaves networks little to add. What limits every model is the labels. After removal the
# class means of these genes agree; what a model other than the linear ones still finds is a difference in more than means
# ([what else can look like it](../methods.md#what-else-can-look-like-non-linear-signal)).
#
# ## What to change
#
# - the genuine data: `papermill notebooks/40_sex_prediction.py out.ipynb -p source recount3 -p n_genes 5000
#   -p sex_labels_file combined_human_mouse_meta_v2.csv`
# - the paper's sizes: `-f params/paper/40_sex_prediction.yaml`, with the file as above
# - a table of yours: `-p source table`, with `expression_file`, `attributes_file`, `label_column` and `group_column`
# - single samples held out instead of whole studies, or whatever the groups are: `-p split sample`
#
# This page exactly, typed in the project's folder:

# %% tags=["remove-input"]
page.end()

# %% tags=["remove-cell"]
page.answer()

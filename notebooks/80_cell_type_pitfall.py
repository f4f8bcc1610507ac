# %% [markdown]
# # Does a model that predicts across cell types know more than the average?
#
# A model learns from some cell types which genes are active, and is judged in another one. It seems to do well, the better
# the larger it is. {cite:t}`schreiber2020` showed why: most genes are as active in one cell type as in the next, so whoever
# remembers each gene's average does well, and a large network can remember.
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
# - {glue:text}`answer_1`
# - {glue:text}`answer_2`
# - {glue:text}`answer_3`
# - {glue:text}`answer_4`
# - {glue:text}`answer_5`
# - {glue:text}`answer_6`
# - {glue:text}`answer_7`
#
# {glue:text}`training`
#
# ## How it was run
#
# These parameters, and the shared ones of the groups named last, decide everything on the page; [Re-run a
# chapter](../rerun) says how to pass others.


# %% tags=["parameters"]
source: str = "simulation"  # simulation; roadmap (expression in 57 cell types, 2.7 MB are fetched); pilot (pilot_file)
n_loci: int = 2400  # simulated loci (paper: 17951 genes)
n_cell_types: int = 16  # simulated cell types (paper: 56)
sequence_length: int = 48  # simulated bases a locus (paper: 2000)
mix: list[float] = [0.45, 0.3, 0.25]  # shares of simulated loci that are off, on and variable
locus_means: list[float] = [-2.5, 2.5, 0.0]  # mean baseline of the three kinds
locus_sd: float = 0.6  # standard deviation of baselines within a kind
deviation_sds: list[float] = [0.3, 0.3, 1.0]  # standard deviation of what is a cell type's own, by kind
label_noise: float = 0.4  # standard deviation of the noise of labels
mark_weights: list[float] = [1.0, 0.55, 0.7, -0.8, -0.35]  # how each mark follows activity
mark_noise: float = 2.6  # standard deviation of the noise of marks
chr1_share: float = 0.35  # share of loci on the chromosome that is judged; with few, chance hides all (genes: 0.114)
rpkm_file: str = ""  # roadmap: your copy of 57epigenomes.RPKM.pc.gz; empty: fetched
genes_file: str = ""  # roadmap: positions of genes; empty: GENCODE 10, fetched
pilot_file: str = ""  # pilot: npz of loci x cell types x marks
target: str = ""  # cell type that is judged; empty: the first simulated one, or E003 (H1, the paper's)
training_cell_types: list[str] = []  # empty: all that are left
validation_cell_types: list[str] = []  # empty: three simulated ones, or the paper's four
inputs: list[str] = ["signal", "sequence", "both"]  # what networks see; those that the data lack are left out
n_models: int = 0  # networks of every input, drawn from the paper's grids (paper: 100); 0: few, of the widths below
widths: list[int] = [1, 16, 256]  # of the hidden layers, where none are drawn
n_seeds: int = 3  # runs; simulated data are drawn anew for each
max_epochs: int = 8  # of a training, at most (paper: 100)
steps_per_epoch: int = 50  # balanced mini-batches of an epoch (paper: 400)
patience: int = 5  # epochs without a better validation loss before training stops (paper: 5)
validation_samples: int = 800  # the balanced batch whose loss stops a training (paper: 3200)
learning_rate: float = 0.003  # of Adam (paper: 0.001)
shared: list[str] = ["running"]

# %% tags=["remove-cell"]
import pandas as pd
from IPython.display import display

from linear_signal.book.chapter import Chapter
from linear_signal.book.display import glue, measured_banner, show, show_table
from linear_signal.book.measured import measured
from linear_signal.studies.schreiber2020.answers import (
    answer_rows,
    answers,
    gains,
    identity_answers,
    ladder_table,
    training_note,
)
from linear_signal.studies.schreiber2020.average_curve import cell_types_curve
from linear_signal.studies.schreiber2020.chapter_plans import further_plans, main_plan, simulation_of
from linear_signal.studies.schreiber2020.controls import control_table
from linear_signal.studies.schreiber2020.detail_figures import (
    cell_types_plot,
    gaussians_plot,
    groups_plot,
    marks_plot,
    partition_plot,
)
from linear_signal.studies.schreiber2020.explore import phase_explorer, size_explorer
from linear_signal.studies.schreiber2020.figures import ladder_plot, scheme_plot, size_plot
from linear_signal.studies.schreiber2020.groups import within_groups
from linear_signal.studies.schreiber2020.ladder import ladder
from linear_signal.studies.schreiber2020.marks import marks_components
from linear_signal.studies.schreiber2020.phase import phase_grid, share_between_loci
from linear_signal.studies.schreiber2020.sources import described, open_loci, schemes_of

# %% [markdown]
# Loci are read, or simulated, and every training is listed, before the first one runs.

# %%
page = Chapter("80_cell_type_pitfall", globals())
p = page.parameters.as_dict()
tables = page.open(open_loci, simulation=simulation_of(p))
schemes = schemes_of(tables[0], p["target"], p["validation_cell_types"], p["training_cell_types"])
page.uses(*described(tables))
plan = page.add(main_plan(p, tables))
further = [page.add(each) for each in (further_plans(p) if page.synthetic else ())]

# %% [markdown]
# Fit the models. Results that an earlier run has stored are reused.

# %% tags=["hide-output"]
results = page.run(plan)
fits = results.fits
boundaries, gaussians, controls = (page.run(each).fits for each in further) if further else [fits.iloc[:0]] * 3

# %% tags=["remove-cell"]
everything, judged = pd.concat([fits, boundaries]), pd.concat([fits, gaussians])
alt = "Average precision against the number of parameters: what sees the sequence gains from size across cell types."
glue(
    **answers(judged),
    **gains(fits),
    training=training_note(fits),
    **identity_answers(schemes[1], tables[0]),
    share_between=share_between_loci(tables[0].labels),
)
asked = {"columns": ["This run"], "asked": "Finding"}
page.begin(answer_rows(judged), size_plot(fits, synthetic=page.synthetic), alt=alt, **asked)

# %% [markdown]
# ## This run

# %% tags=["remove-input"]
page.show_run()

# %% [markdown]
# ## Who learns from what
#
# A model that is to predict in a new cell type can be judged in three ways. Two of them hide that it remembers: *across
# cell types*, the loci that are judged have been learnt from, in other cell types.

# %% tags=["hide-input"]
show(
    scheme_plot(schemes, tables[0]),
    alt="Which chromosomes of which cell types are learnt from, stop the training, and are judged, by scheme.",
)

# %% [markdown]
# ## Size
#
# Every network of the run. Choose what it sees and which baselines to draw; point at one to read its layers; click to keep
# it and compare it with another. The sequence is the same in every cell type, so it cannot know in which of them a locus is
# active. Yet across cell types networks that see nothing else go from {glue:text}`cross_cell_type_sequence` as they grow. On
# loci that they have not met they go from {glue:text}`hybrid_sequence`.

# %% tags=["hide-input"]
size_explorer(everything, synthetic=page.synthetic)

# %% [markdown]
# ## Ladder
#
# The paper has one baseline, the average. Here are more, from what costs nothing to what costs a few measurements. **Skill**
# is the share of what the average leaves to win: 0 is the average, 1 is perfect, below 0 is worse than the average.

# %% tags=["hide-input"]
rungs = ladder(fits)
show(ladder_plot(rungs, synthetic=page.synthetic), alt="Average precision of baselines and large networks, by scheme.")
show_table(ladder_table(rungs))

# %% [markdown]
# What each rung may know is [written down](../schreiber2020.md#the-ladder). A network can *become* the average: logistic
# regression that is given the name of the locus and nothing else has the logit of the average as its answer. Fitted here
# over {glue:text}`identity_loci` loci, its answers differ from the averages by {glue:text}`identity_difference` at most. Of
# the variance of the labels, the share {glue:text}`share_between:.2f` lies between loci: that is what remembering is worth.
#
# The average gets better with the number of cell types it is taken over:

# %% tags=["hide-input"]
curve = cell_types_curve(tables[0], schemes[1])
page.offer("cell_types", curve.assign(dataset=tables[0].name), title="The average by number of training cell types")
show(
    cell_types_plot(curve, synthetic=page.synthetic),
    alt="Average precision of the average label against the number of training cell types.",
)

# %% [markdown]
# ## Within
#
# Loci that are active in equally many other cell types have the same average, so within such a group memory is worth
# nothing, and only what distinguishes cell types helps.

# %% tags=["hide-input"]
groups, compared = within_groups(results)
if len(groups):
    page.offer("groups", compared.assign(dataset=tables[0].name), title="Signal against sequence within groups")
    show(
        partition_plot(groups, synthetic=page.synthetic),
        alt="Average precision within groups of loci by the number of other cell types in which they are active.",
    )
    show(groups_plot(compared, synthetic=page.synthetic), alt="Signal minus sequence within each group, with intervals.")
else:
    print("This run lacks networks of the signal or of the sequence; groups need both.")

# %% [markdown]
# The paper tests every group with a one-sided Mann-Whitney test over models. Its p-value falls with the number of models
# that were trained, whatever the effect. So the difference of the medians stands here, with a bootstrap over the loci, and
# the p-value beside it.
#
# ## Signal
#
# In the target cell type, two principal components of the marks separate active loci from the others, but not well:

# %% tags=["hide-input"]
if tables[0].n_marks:
    components, shares = marks_components(tables[0], schemes[1])
    show(
        marks_plot(components, synthetic=page.synthetic, shares=shares),
        alt="First two principal components of the marks in the target cell type, coloured by label.",
    )
else:
    print("These data have no marks.")

# %% [markdown]
# ## Nothing to remember
#
# {glue:text}`answer_8` No two samples are the same there. The controls of the simulation take away one thing at a time, or
# add one:

# %% tags=["hide-input"]
if len(gaussians):
    show(gaussians_plot(gaussians), alt="Average precision of networks of four sizes on two normal distributions: level.")
    show_table(control_table(controls))
else:
    print("Run with source simulation for these.")

# %% [markdown]
# When would looking at the cell type overtake the average? Where loci share less between cell types, or marks say more:

# %% tags=["hide-input"]
phase_explorer(phase_grid())

# %% [markdown]
# ## On genuine data
#
# The same chapter, run on Roadmap's expression {cite:p}`roadmap2015` and on loci with marks. Random codes stand in the place
# of the sequence: numbers, the same in every cell type, without any biology. What a network gains from them is memory.

# %% tags=["hide-input"]
for one in measured(chapter=page.name).values():
    display(measured_banner(one))
    show(size_plot(one.results, synthetic=False), alt=f"Average precision against size on {one.title}.")
    show_table(ladder_table(ladder(one.results)))
    show(
        cell_types_plot(one.tables["cell_types"], synthetic=False),
        alt=f"Average precision of the average by number of training cell types on {one.title}.",
    )

# %% [markdown]
# ## What this shows
#
# A high score across cell types is no evidence that a model has learnt what makes cell types differ. Before one is believed:
# put it beside the average and the nearest relative; judge it on loci that it has not met, too; look within groups of equal
# average. [`check_memorisation`](../use_from_python.md) does so for anybody's predictions. Where sequence was replaced by
# noise and the score stays, it was memory.
#
# ## What to change
#
# - genuine expression: `papermill notebooks/80_cell_type_pitfall.py out.ipynb -p source roadmap`
# - networks drawn from the paper's grids: `-p n_models 100`
# - marks that say more: `-p mark_noise 1.0`; cell types that differ more: `-y 'deviation_sds: [0.5, 0.5, 3.0]'`
#
# This page exactly, typed in the project's folder:

# %% tags=["remove-input"]
page.end()

# %% tags=["remove-cell"]
page.answer()

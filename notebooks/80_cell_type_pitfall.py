# %% [markdown]
# # Does a model that predicts across cell types know more than the average?
#
# A model learns from some cell types which genes are active, and is judged in another one. It seems to do well, the better
# the larger it is. {cite:t}`schreiber2020` showed why: most genes are as active in one cell type as in the next, so whoever
# remembers each gene's average does well, and a large network can remember.
#
# ```{glue} origin
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
# ```{glue} first_figure
# ```
#
# ## How it was run
#
# These parameters, and the shared ones of the groups named last, decide everything on the page; [](../rerun) says how to
# pass others.


# %% tags=["parameters"]
source: str = "simulation"  # simulation; roadmap (expression in 57 cell types, 2.7 MB are fetched); pilot (pilot_file)
n_loci: int = 1600  # simulated loci (paper: 17951 genes)
n_cell_types: int = 16  # simulated cell types (paper: 56)
sequence_length: int = 48  # simulated bases a locus (paper: 2000)
mix: list[float] = [0.45, 0.3, 0.25]  # shares of simulated loci that are off, on and variable
locus_means: list[float] = [-2.5, 2.5, 0.0]  # mean baseline of the three kinds
locus_sd: float = 0.6  # standard deviation of baselines within a kind
deviation_sds: list[float] = [0.3, 0.3, 1.0]  # standard deviation of what is a cell type's own, by kind
label_noise: float = 0.4  # standard deviation of the noise of labels
mark_weights: list[float] = [1.0, 0.55, 0.7, -0.8, -0.35]  # how each mark follows activity
mark_noise: float = 2.6  # standard deviation of the noise of marks
chr1_share: float = 0.114  # share of loci on the chromosome that is judged
expression_file: str = ""  # roadmap: your copy of 57epigenomes.RPKM.pc.gz; empty: fetched
genes_file: str = ""  # roadmap: positions of genes; empty: GENCODE 10, fetched
pilot_file: str = ""  # pilot: npz of loci x cell types x marks
target: str = ""  # cell type that is judged; empty: the first simulated one, or E003 (H1, the paper's)
training_cell_types: list[str] = []  # empty: all that are left
validation_cell_types: list[str] = []  # empty: three simulated ones, or the paper's four
inputs: list[str] = ["signal", "sequence", "both"]  # what networks see; those that the data lack are left out
n_models: int = 0  # networks of every input, drawn from the paper's grids (paper: 100); 0: few, of the widths below
widths: list[int] = [1, 16, 256]  # of the hidden layers, where none are drawn
n_seeds: int = 3  # runs; simulated data are drawn anew for each
max_epochs: int = 100  # of a training, at most (paper: 100)
steps_per_epoch: int = 400  # balanced mini-batches of an epoch (paper: 400)
patience: int = 5  # epochs without a better validation loss before training stops (paper: 5)
n_draws: int = 200  # bootstrap draws of loci
shared: list[str] = ["running"]

# %% tags=["remove-cell"]
from linear_signal.book.chapter import Chapter
from linear_signal.book.display import glue, picture, show, show_table
from linear_signal.studies.schreiber2020.answers import answers, gains, identity_answers, ladder_table
from linear_signal.studies.schreiber2020.chapter_plans import boundary_plan, control_plan, main_plan, simulation_of
from linear_signal.studies.schreiber2020.controls import control_table
from linear_signal.studies.schreiber2020.detail_figures import cell_types_plot, gaussians_plot, marks_plot, partition_plot
from linear_signal.studies.schreiber2020.explore import phase_explorer, size_explorer
from linear_signal.studies.schreiber2020.figures import ladder_plot, scheme_plot, size_plot
from linear_signal.studies.schreiber2020.gaussian_unit import gaussian_plan
from linear_signal.studies.schreiber2020.groups import group_table, within_groups
from linear_signal.studies.schreiber2020.ladder import ladder
from linear_signal.studies.schreiber2020.marks import marks_components
from linear_signal.studies.schreiber2020.measured import show_measured
from linear_signal.studies.schreiber2020.numbers_of_cell_types import cell_types_curve
from linear_signal.studies.schreiber2020.phase import phase_diagram
from linear_signal.studies.schreiber2020.sources import described, open_loci

# %% [markdown]
# Loci are read, or simulated, and every training is listed, before the first one runs.

# %%
page = Chapter("80_cell_type_pitfall", globals())
p = page.parameters.as_dict()
tables = page.open(open_loci, **simulation_of(p))
page.uses(*described(tables))
plan = page.add(main_plan(p, tables))
is_simulated = page.synthetic
asides = [page.add(each) for each in ((boundary_plan(p), control_plan(p), gaussian_plan(p)) if is_simulated else ())]

# %% [markdown]
# What an earlier run with the same settings has left in the store is taken from there.

# %% tags=["hide-output"]
results = page.run(plan)
boundaries, controls, gaussians = (page.run(each).fits for each in asides) if is_simulated else (None, None, None)
fits = results.fits

# %% tags=["remove-cell"]
alt = "Average precision against the number of parameters: it rises across cell types where networks see the sequence."
glue(**answers(fits, gaussians), **gains(fits), first_figure=picture(size_plot(fits, synthetic=page.synthetic), alt=alt))

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
    scheme_plot([unit.scheme for unit in plan.of_table(tables[0])], tables[0]),
    alt="Which chromosomes of which cell types are learnt from, stop the training, and are judged, by scheme.",
)

# %% [markdown]
# ## Size
#
# Every network of the run: choose what it sees and which baselines to draw, point at one to read its architecture, click to
# keep it. Across cell types the sequence, which is the same in every cell type and so cannot know what differs between them,
# goes from {glue:text}`cross_cell_type_sequence` with the number of parameters; on loci it has not met, from
# {glue:text}`hybrid_sequence`.

# %% tags=["hide-input"]
size_explorer(fits if boundaries is None else pd.concat([fits, boundaries]), synthetic=page.synthetic)

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
# What each may know is [written down](../schreiber2020.md#the-ladder). A large network can be *the same thing* as the average:
# a logistic regression that is given nothing but the name of the locus has the logit of the average as its answer. Fitted
# here on {glue:text}`identity_loci` loci, its answers and the averages differ by {glue:text}`identity_difference` at most.

# %% tags=["remove-cell"]
curve = cell_types_curve(tables[0], plan)
glue(**identity_answers(tables[0], plan))

# %% [markdown]
# The average gets better with the number of cell types it is taken over:

# %% tags=["hide-input"]
show(
    cell_types_plot(curve, synthetic=page.synthetic),
    alt="Average precision of the average label against the number of training cell types.",
)

# %% [markdown]
# ## Within
#
# Loci that are active in equally many other cell types have the same average, so within such a group memory is worth
# nothing. There the signal of the cell type tells:

# %% tags=["hide-input"]
within_groups(fits, results, synthetic=page.synthetic)

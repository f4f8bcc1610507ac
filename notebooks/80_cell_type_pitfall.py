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
from linear_signal.analysis.average_precision import skill
from linear_signal.book.chapter import Chapter
from linear_signal.book.display import glue, picture, show, show_table
from linear_signal.numbers import accuracy, chance, share
from linear_signal.studies.schreiber2020.answers import answers, gains
from linear_signal.studies.schreiber2020.baselines import LADDER, average_label_curve
from linear_signal.studies.schreiber2020.controls import control_problems, control_table
from linear_signal.studies.schreiber2020.detail_figures import (
    cell_types_plot,
    gaussians_plot,
    marks_plot,
    partition_plot,
)
from linear_signal.studies.schreiber2020.explore import explorer, phase_explorer
from linear_signal.studies.schreiber2020.figures import ladder_plot, scheme_plot, size_plot
from linear_signal.studies.schreiber2020.gaussian_unit import gaussian_plan
from linear_signal.studies.schreiber2020.measured import show_measured
from linear_signal.studies.schreiber2020.memorisation import one_hot_identity
from linear_signal.studies.schreiber2020.plan import make_plan
from linear_signal.studies.schreiber2020.protocol import Protocol
from linear_signal.studies.schreiber2020.sources import described, open_loci, schemes_of

# %% [markdown]
# The data are read, or simulated, and every training is listed, before the first one runs.

# %%
page = Chapter("80_cell_type_pitfall", globals())
p = page.parameters
simulation = {name: getattr(p, name) for name in SIMULATION}
tables = page.open(open_loci, **simulation)
roles = {name: getattr(p, name) for name in ("target", "validation_cell_types", "training_cell_types")}
problems = [(table, scheme) for table in tables for scheme in schemes_of(table, **roles)]

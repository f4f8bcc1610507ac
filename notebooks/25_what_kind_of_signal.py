# %% [markdown]
# # What kind of non-linear signal is left?
#
# {cite:t}`heil2023` made the mean of every gene equal between tissues, and networks still distinguished the tissues. By
# what? {glue:text}`in_short`
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
# Tissues can differ in how much a gene varies, in the shape of its distribution, or in which genes vary together. Here each
# of these is made equal in turn, and the models are asked again.
#
# ## What we found
#
# On genuine data, measured once and shipped with the book:
#
# > {glue:text}`genuine`
#
# In this run, on {glue:text}`source_kind` data:
#
# > {glue:text}`kind_pairs`
#
# > {glue:text}`kind_all`
#
# {glue:text}`caveat`
#
# ## How it was run
#
# These parameters, and the shared ones of the groups named last, decide everything on the page; [Re-run a
# chapter](../rerun) says how to pass others.


# %% tags=["parameters"]
source: str = "miniature"  # miniature (synthetic), files (expression_file, attributes_file), download (GTEx v8, 1.5 GB)
tissues: list[str] = ["Blood", "Brain", "Skin"]  # every pair of these is a binary task (paper: five tissues)
all_tissues: bool = True  # whether to predict all tissues at once as well
units: str = "log"  # log (log2 of 1 + TPM) or tpm (the paper's)
zeros: str = "spread"  # exact zeros are spread at random among low values, or kept (the paper's); see chapter 70
models: list[str] = ["exact_logistic_regression", "three_layer", "squared_logistic", "pair_products"]
n_genes: int = 100  # most variable genes to keep (paper: 5000)
n_trials: int = 2  # settings of learning rate and weight decay tried per outer fold (paper: 25)
fractions: list[float] = [1.0]  # shares of the training samples
shared: list[str] = ["gtex", "data", "models", "folds", "split", "scaling", "removal", "tuning", "training", "running"]

# %% tags=["remove-cell"]
import pandas as pd
from IPython.display import Markdown, display

from linear_signal.analysis.answer_rows import signal_rows
from linear_signal.analysis.verdict import upper_first
from linear_signal.book.chapter import Chapter
from linear_signal.book.display import glue, measured_banner, show, show_table
from linear_signal.book.explored import explored
from linear_signal.book.measured import measured
from linear_signal.book.shown import show_by_choice
from linear_signal.data.gtex.gene_names import open_gene_names
from linear_signal.data.removal_ladder import LADDER
from linear_signal.studies.heil2023.kinds import argument, ladder_table, losses, steps_table
from linear_signal.studies.heil2023.kinds_answers import CAVEATS, genuine_answers, in_short, kind_answers, repeated
from linear_signal.studies.heil2023.kinds_data import open_gtex_in_units
from linear_signal.studies.heil2023.kinds_figures import correlation_plot, ladder_plot, scatter_of_pairs, spread_plot
from linear_signal.studies.heil2023.kinds_genes import (
    described_by,
    genes_by_spread,
    genes_of,
    named,
    pairs_by_correlation,
    points_of_pairs,
)
from linear_signal.studies.heil2023.shown import tissue_questions, tissue_tasks

# %% [markdown]
# Parameters, files and the whole plan are checked before anything is computed.

# %%
page = Chapter("25_what_kind_of_signal", globals())
p = page.parameters
gtex, seen = page.open(open_gtex_in_units)
page.uses(seen)
pairs, tasks = tissue_tasks(seen, p.tissues, all_tissues=p.all_tissues)
plan = page.plan(tasks, signals=LADDER)

# %% [markdown]
# Fit the models. Results that an earlier run has stored are reused.

# %% tags=["hide-output"]
results = page.run(plan)
fits = results.fits

# %% tags=["remove-cell"]
questions = tissue_questions(fits, pairs)
asked = pd.concat(questions.values())
ladder, steps = ladder_table(asked), steps_table(asked)
sets = measured(chapter=page.name).values()
genuine = {one.title: one.results for one in sets}
alt = "Balanced accuracy on every rung of the ladder, per model: what falls to chance on which rung."
glue(
    **kind_answers(questions),
    genuine=genuine_answers(genuine),
    in_short=in_short(genuine),
    caveat=CAVEATS[page.synthetic],
    n_pairs=len(pairs),
)
page.begin(
    signal_rows(questions, signals=("full", "removed", "covariances_removed")),
    ladder_plot(ladder, synthetic=page.synthetic),
    alt=alt,
    columns=("Full signal", "Means equal", "Covariances equal as well"),
)

# %% [markdown]
# ## This run

# %% tags=["remove-input"]
page.show_run()

# %% [markdown]
# ## The ladder
#
# On every rung one more thing is made equal between the classes, in the training samples and in those that judge, each by
# itself ([how, as mathematics](../methods.md#the-ladder-of-removal)). Two probes see one kind of difference only: *squares*
# the spread of single genes, *pair products* how two genes vary together. So each row says what is left. "=" is level with
# chance, "?" cannot be said, by [the rule book](../methods.md#the-rule-book).


# %% tags=["hide-input"]
def show_ladder(table, written):
    for task, rows in table.groupby("task", sort=False):
        display(Markdown(f"**{upper_first(task)}**"))
        show_table(written(rows))


show_ladder(ladder, argument)

# %% [markdown]
# What each step takes away, as differences on the same folds, and of the best model that may see anything:
#
# > {glue:text}`taken_pairs`
#
# > {glue:text}`taken_all`

# %% tags=["hide-input"]
show_ladder(steps, losses)

# %% [markdown]
# One pair of tissues at a time:

# %% tags=["hide-input"]
of_pairs = ladder_table(fits[fits.task.isin([task.name for task in pairs])])
drawn = {task: ladder_plot(rungs, synthetic=page.synthetic) for task, rungs in of_pairs.groupby("task", sort=False)}
show_by_choice(drawn, "Pair", alt="Balanced accuracy on every rung, per model.")

# %% tags=["remove-cell"]
page.offer("ladder", pd.concat([ladder, of_pairs]).assign(dataset=seen.name), title="The ladder, by task, rung and model")
page.offer("steps", steps.assign(dataset=seen.name), title="What each rung takes away, paired over folds")
described, _ = tissue_tasks(gtex, p.tissues, all_tissues=False)
genes, together = (described_by(of, described) for of in (genes_by_spread, pairs_by_correlation))
names = page.open(open_gene_names, gene_ids=genes_of(*genes.values(), *together.values()))
shown = {
    task.name: scatter_of_pairs(points_of_pairs(task, together[task.name].head(3), names), synthetic=page.synthetic)
    for task in described
    if task.name in together
}
genes, together = ({task: named(table, names) for task, table in found.items()} for found in (genes, together))
for name, found in (("genes", genes), ("pairs_of_genes", together)):
    if found:
        page.offer(name, pd.concat(found.values()).assign(dataset=seen.name), title=name.replace("_", " ").capitalize())
glue(**repeated(genes, together))

# %% [markdown]
# ## Which genes differ in spread?
#
# This and the next section describe the data; no model is judged by them. Genes are picked by the ratio of their spreads in
# one half of the donors, and shown as they are in the other half. {glue:text}`genes_repeated`

# %% tags=["hide-input"]
drawn = {task: spread_plot(table, synthetic=page.synthetic) for task, table in genes.items()}
show_by_choice(drawn, "Pair", alt="Spread of single genes in either tissue.")

# %% [markdown]
# ## Which genes vary together in one tissue only?
#
# Correlations are taken where every gene by itself is distributed alike in both tissues, so they are what the last rung
# removes. Again pairs are picked in one half of the donors and shown in the other. {glue:text}`pairs_repeated`

# %% tags=["hide-input"]
show_by_choice(shown, "Pair", alt="Three pairs of genes, the samples of one tissue above those of the other.")

# %% tags=["hide-input"]
drawn = {task: correlation_plot(table, synthetic=page.synthetic) for task, table in together.items()}
show_by_choice(drawn, "Pair", alt="Correlation of pairs of genes in either tissue.")

# %% [markdown]
# ## What do genuine data say?
#
# {glue:text}`genuine` What is measured ships as numbers, without the expression of any sample.

# %% tags=["hide-input"]
for one in sets:
    display(measured_banner(one))
    whole = one.tables["ladder"]
    whole = whole[~whole.task.str.contains(" vs ")]
    show(ladder_plot(whole, synthetic=False), alt=f"Balanced accuracy on every rung of the ladder: {one.title}.")
    show_ladder(whole, argument)
    for name, draw in (("genes", spread_plot), ("pairs_of_genes", correlation_plot)):
        found = one.tables[name].groupby("task", sort=False) if name in one.tables else ()
        drawn = {task: draw(table, synthetic=False) for task, table in found}
        show_by_choice(drawn, "Pair", alt=f"{name.replace('_', ' ').capitalize()} in either tissue, {one.title}.")

# %% [markdown]
# ## Explore
#
# Every run behind a mean, to choose from, to read and to compare:

# %% tags=["hide-input"]
explored(*page.results.values(), synthetic=page.synthetic, start={"_x": "model"})

# %% [markdown]
# ## What this shows
#
# Equal means leave a linear model nothing. Where squares fall to chance with equal spreads, and the network does not, the
# network sees more than spread. Where it keeps its accuracy with equal distributions of single genes, no gene by itself
# reveals the tissue: the signal lies between genes. Where it falls with equal covariances, it was in which two genes vary
# together, and not in what only three or more show. The last rung is the least certain one: covariances are made equal
# within the leading components of the training samples, and what lies outside of these is dropped with them.
#
# A model can gain on a rung. From equal spreads on all genes are in standard deviations, from which networks learn more
# easily than from values between 0 and 1. So compare rungs by what falls, and models within a rung.
#
# ## What to change
#
# - genuine data: `papermill notebooks/25_what_kind_of_signal.py out.ipynb -p source download -p n_genes 1000`, or
#   `-p source files` with `-p expression_file` and `-p attributes_file`
# - the paper's values, zeros and all: `-p units tpm -p zeros kept`
# - more models: `-y 'models: [exact_logistic_regression, boosted_trees, five_layer, squared_logistic, pair_products]'`
#
# This page exactly, typed in the project's folder:

# %% tags=["remove-input"]
page.end()

# %% tags=["remove-cell"]
page.answer()

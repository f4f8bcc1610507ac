# %% [markdown]
# # Explore everything that this book computed
#
# Every fit behind the chapters on classifiers in one place: choose, read, pin and compare. In the page this works without a
# server. Opened in JupyterLab, the cells below are live: filter the table, compare two runs, and ask for the parameters that
# make one of them again.
#
# ```{glue} origin
# ```
#
# ## What we found
#
# {glue:text}`n_fits` fits of {glue:text}`n_units` trained models lie in the store of this copy, from
# {glue:text}`n_chapters` chapters.
#
# ## How it was run
#
# Nothing is computed here but means and intervals, of the tables that executed pages name. [Re-run a chapter](../rerun) says
# how to pass parameters.

# %% tags=["parameters"]
pages: str = ""  # folder of executed chapters whose tables are read; empty: book/chapters
results_folder: str = ""  # where those tables are kept; empty: the book's own folder
where: str = "fraction > 0.99"  # rows that are explored, a condition on the columns of the table; empty: all
first: str = ""  # key of a run that is looked at, its first digits will do; empty: one that did well
second: str = ""  # key of a run it is compared with; empty: another model on the same samples

# %% tags=["remove-cell"]
from pathlib import Path

from linear_signal.book.chapter import store_of
from linear_signal.book.display import glue, show, show_table
from linear_signal.book.explored import explored_fits
from linear_signal.book.findings_page import origin_of_tables
from linear_signal.book.kept_tables import kept_tables
from linear_signal.book.parameters import check_parameters
from linear_signal.book.paths import project_root
from linear_signal.book.run_table import show_command
from linear_signal.book.store_view import classifier_fits, command_again, compared, two_runs
from linear_signal.figures import full_against_removed
from linear_signal.figures.explorer import as_widget, pinned_fits, shown_fits, tasks_apart
from linear_signal.figures.style import synthetic_of
from linear_signal.models.titles import model_title
from linear_signal.names import ordered_signals

p = check_parameters(globals())

# %% tags=["hide-input"]
folder = Path(p.pages).expanduser() if p.pages else project_root() / "book" / "chapters"
store = store_of(p)
tables = kept_tables(folder, store.folder)
fits = classifier_fits(tables)
chosen = classifier_fits(tables, where=p.where)

# %% tags=["remove-cell"]
glue(
    origin=origin_of_tables({name: tables[name] for name in fits.chapter.unique()}),
    n_fits=f"{len(fits):,}",
    n_units=f"{fits.key.nunique():,}",
    n_chapters=fits.chapter.nunique(),
    n_chosen=f"{len(chosen):,}",
)

# %% [markdown]
# ## Explore
#
# {glue:text}`n_chosen` fits; the number before a task is that of its chapter. A pinned point tells its runs with their
# settings and keys, what was tried and how it learnt; two of them are compared.

# %% tags=["hide-input"]
widget = as_widget(explored_fits(chosen, store, name="all", start={"_x": "model"}))
widget

# %% [markdown]
# In JupyterLab this is a widget, and Python is behind it. `widget.state` holds what is chosen and changes with every choice;
# `widget.state = {**widget.state, "models": ["three_layer"]}` chooses from Python.
#
# ## What is shown, as a table and as a figure
#
# In JupyterLab, run these cells again after choosing: `shown` is what the widget shows at that moment, a table like any
# other, and every function of `linear_signal.figures` takes it.

# %% tags=["hide-input"]
shown = shown_fits(chosen, widget.state)
signals, synthetic = ordered_signals(shown.signal), synthetic_of(shown.synthetic)
plot = full_against_removed(tasks_apart(shown), synthetic=synthetic, signals=signals)
show(plot, alt="The fits that are chosen above.")

# %% [markdown]
# ## What is there
#
# `fits` is all of it, and `fits.query("...")` a part.

# %% tags=["hide-input"]
counts = fits.assign(model=fits.model.map(model_title)).groupby("chapter", sort=False)
columns = {"Tasks": "task", "Models": "model", "Trained models": "key"}
listed = counts[list(columns.values())].nunique().set_axis(list(columns), axis=1).assign(Fits=counts.size())
show_table(listed.reset_index(names="Chapter"))

# %% [markdown]
# ## Two runs compared
#
# By their keys: what they differ in, what they reached, and on which samples they agree. Without keys, the first runs of the
# two points that are pinned in the widget; with none pinned, the run that did best without the full signal, and another
# model on the same samples.

# %% tags=["hide-input"]
pinned = [runs.key.iloc[0] for runs in pinned_fits(chosen, widget.state)]
keys = pinned if len(pinned) == 2 else two_runs(fits)
keys = (p.first or keys[0], p.second or keys[1])
show_table(compared(store, *keys))

# %% [markdown]
# ## The parameters that make a run again
#
# Those of its chapter as it was run, for this model and no more seeds than needed; what is in the store is not computed
# again, so name an empty `results_folder` to see it computed. For run A:

# %% tags=["hide-input"]
print(command_again(folder, fits, keys[0]))

# %% [markdown]
# Everything that is kept of it, to the threads and the versions: `trace(store, keys[0])` of
# `linear_signal.experiment.trace` ([From a number to its run](../traceability)).
#
# ## What this shows
#
# Where a mean comes from: some runs, each with its settings, its data and its key. A mean of five runs of which two failed
# is no mean of five.
#
# ## What to change
#
# - all sizes of one chapter: `papermill notebooks/95_explore.py out.ipynb -p where "chapter == '20_gtex'"`
# - two runs: `-p first KEY -p second KEY`
# - runs kept elsewhere: `-p pages my_runs -p results_folder my_results`
#
# This page exactly, typed in the project's folder:

# %% tags=["remove-input"]
show_command(p, "95_explore")

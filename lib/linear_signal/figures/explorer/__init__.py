"""Explorers: figures whose points a reader can choose, point at, pin and save, in the page and without a kernel."""

from linear_signal.figures.explorer.chosen import pinned_fits, shown_fits, tasks_apart
from linear_signal.figures.explorer.page import Explorer
from linear_signal.figures.explorer.removal import removal_sketch
from linear_signal.figures.explorer.runs import runs_explorer
from linear_signal.figures.explorer.scatter import scatter_explorer
from linear_signal.figures.explorer.surface import surface_explorer
from linear_signal.figures.explorer.widget import as_widget

__all__ = [
    "Explorer",
    "as_widget",
    "pinned_fits",
    "removal_sketch",
    "runs_explorer",
    "scatter_explorer",
    "shown_fits",
    "surface_explorer",
    "tasks_apart",
]

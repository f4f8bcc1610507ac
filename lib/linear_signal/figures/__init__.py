"""The figures a chapter may draw; each takes a table and returns a plotnine figure."""

from linear_signal.figures.comparisons import difference_plot, full_against_removed
from linear_signal.figures.curves import learning_curves
from linear_signal.figures.settings import penalty_plot, trials_plot

__all__ = ["difference_plot", "full_against_removed", "learning_curves", "penalty_plot", "trials_plot"]

"""The figures a chapter may draw; each takes a table and returns a plotnine figure."""

from linear_signal.page.comparison_figures import difference_plot, full_against_removed
from linear_signal.page.learning_figures import learning_curves
from linear_signal.page.setting_figures import penalty_plot, trials_plot
from linear_signal.page.sex_figures import sex_genes_plot

__all__ = ["difference_plot", "full_against_removed", "learning_curves", "penalty_plot", "sex_genes_plot", "trials_plot"]

"""Figures and tables that chapters on classifiers show alike, each with what to say where a run has nothing to show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd
from IPython.display import display

from linear_signal.analysis.comparison import summarise
from linear_signal.analysis.family_comparison import NOT_BOTH, networks_against_linear
from linear_signal.book.display import show, show_accuracies
from linear_signal.figures import choice, difference_plot, trials_plot
from linear_signal.figures.style import Synthetic
from linear_signal.models.titles import model_phrase
from linear_signal.names import signal_title

if TYPE_CHECKING:
    from plotnine import ggplot


def show_largest(*tables: pd.DataFrame) -> None:
    """Show the mean balanced accuracies of results tables at their largest training set, as one table."""
    fits = pd.concat(tables)
    largest = fits[fits["fraction"] == fits["fraction"].max()]
    show_accuracies(summarise(largest, by=["task", "split", "signal", "pretraining", "model"]))


def show_leads(questions: Mapping[str, pd.DataFrame], *, synthetic: Synthetic) -> None:
    """Show how far networks are ahead of the best linear model, paired on the same folds.

    Args:
        questions: fits by the name of the question.
        synthetic: whether the data were simulated, all or in part.
    """
    leads = networks_against_linear(questions)
    if leads.empty:
        print(NOT_BOTH)
    else:
        named = [
            f"{row.task}, {signal_title(row.signal).lower()}, minus {model_phrase(row.second)}" for row in leads.itertuples()
        ]
        leads = leads.assign(model=leads["first"], panel=named)
        plot = difference_plot(leads, synthetic=synthetic, panels="panel")
        show(plot, alt="Paired differences between networks and the best linear model.")


def show_trials(trials: pd.DataFrame, *, task: str, synthetic: Synthetic, rows: str = "signal") -> None:
    """Show the settings that were tried on a task, by their learning rate; the exactly solved model has none.

    Args:
        trials: of one or several plans.
        task: name of the task.
        synthetic: whether the data were simulated, all or in part.
        rows: column whose values become rows of panels.
    """
    tried = trials[(trials["task"] == task) & trials["learning_rate"].notna()] if len(trials) else trials
    if tried.empty:
        print("No learning rate was tuned in this run.")
    else:
        alt = "Balanced accuracy on the inner folds against the learning rate."
        show(trials_plot(tried, synthetic=synthetic, rows=rows), alt=alt)


def show_by_choice(figures: Mapping[str, ggplot], control: str, *, alt: str) -> None:
    """Show several figures behind a menu, one as it is, and of none nothing.

    Args:
        figures: by the name of the choice.
        control: label of the menu.
        alt: what a screen reader says instead of any of them.
    """
    if len(figures) > 1:
        alts = {name: f"{name}: {alt}" for name in figures}
        display(choice.figures_by_choice(figures, control, alts=alts))
    for figure in figures.values() if len(figures) == 1 else ():
        show(figure, alt=alt)

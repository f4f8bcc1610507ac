"""What the chapters on this study say and draw alike: answers on two families of models, and curves beside the paper's."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from linear_signal.analysis.averages import over_tasks
from linear_signal.analysis.family_comparison import contest, family_mean
from linear_signal.analysis.planted import planted_where_none
from linear_signal.analysis.signal_verdict import signal_verdict
from linear_signal.analysis.verdict import verdict
from linear_signal.crossvalidation.design import Design
from linear_signal.data.dataset import Dataset
from linear_signal.data.tasks import Task, binary_pairs, make_task
from linear_signal.figures import learning_curves
from linear_signal.figures.style import Synthetic
from linear_signal.models.titles import model_phrase
from linear_signal.names import counted, signal_phrase
from linear_signal.numbers import accuracy, difference
from linear_signal.studies.heil2023.published import published_curves, published_models, published_value

if TYPE_CHECKING:
    from IPython.display import HTML
    from plotnine import ggplot

ALL_TISSUES = "all tissues"
LEFT_OUT = "This run left the all-tissue task out."
NO_GENUINE = "No results on genuine data ship with this copy. With another source this page is about them."


def tissue_tasks(
    dataset: Dataset, tissues: Sequence[str], *, all_tissues: bool, group: str = "donor"
) -> tuple[list[Task], list[Task]]:
    """Ask which of two tissues a sample is from, for every pair, and which of all; whole groups are held out.

    Args:
        dataset: labelled samples with a column of that group.
        tissues: two or more.
        all_tissues: whether to ask for all tissues at once as well.
        group: column of what must not be torn apart.

    Returns:
        The pairs, and all tasks.

    Raises:
        InputError: as of :func:`~linear_signal.data.tasks.make_task`.
    """
    pairs = binary_pairs(dataset, tissues, group=group)
    return pairs, pairs + ([make_task(dataset, name=ALL_TISSUES, group=group)] if all_tissues else [])


def tissue_questions(fits: pd.DataFrame, pairs: Sequence[Task]) -> dict[str, pd.DataFrame]:
    """Lay out the questions on tissues, by name: the mean of the pairs within each run, and all tissues if they were run.

    Args:
        fits: the results table.
        pairs: the tasks on two tissues.
    """
    return questions_on(fits, [task.name for task in pairs])


def questions_on(fits: pd.DataFrame, pairs: Sequence[str], *, every: str = ALL_TISSUES) -> dict[str, pd.DataFrame]:
    """Lay out the same questions of a table alone; ``pairs`` names the tasks on two tissues, ``every`` that on all."""
    name = f"the mean of {len(pairs)} pairs"
    of_all = fits[fits["task"] == every]
    return {name: over_tasks(fits, pairs, name)} | ({every: of_all} if len(of_all) else {})


def tissue_answers(fits: pd.DataFrame, tasks: Sequence[Task], pairs: Sequence[Task], design: Design) -> dict[str, object]:
    """Answer both questions on tissues, by the names that the prose calls the answers.

    Returns:
        The names of :func:`family_answers`; ``contest_pairs``, ``verdict_pairs``, ``contest_all`` and ``verdict_all``,
        sentences; ``n_pairs``.
    """
    questions = list(tissue_questions(fits, pairs).values())
    pooled, answers = questions[0], {"contest_all": LEFT_OUT, "verdict_all": LEFT_OUT}
    if len(questions) > 1:
        planted = planted_where_none(fits, tasks[-1], design)
        answers = {"contest_all": contest(questions[1]), "verdict_all": signal_verdict(fits, ALL_TISSUES, planted=planted)}
    of_pairs = {"contest_pairs": contest(pooled), "verdict_pairs": signal_verdict(pooled, pooled["task"].iloc[0])}
    return family_answers(pooled) | of_pairs | answers | {"n_pairs": len(pairs)}


def task_of_all(label_column: str) -> str:
    """Name the task on all classes at once by the column of a table that held them; all tissues where none was named.

    >>> task_of_all(""), task_of_all("cancer_type")
    ('all tissues', 'all cancer types')
    """
    return f"all {counted(2, label_column.replace('_', ' '))[2:]}" if label_column else ALL_TISSUES


def in_words_of(fits: pd.DataFrame, label_column: str) -> pd.DataFrame:
    """Rename the task on all classes of a results table as :func:`task_of_all` does."""
    return fits.assign(task=fits["task"].replace(ALL_TISSUES, task_of_all(label_column)))


def genuine_tissue_answers(tables: Mapping[str, pd.DataFrame]) -> dict[str, HTML]:
    """Answer both questions for results tables measured on genuine data, by the title of the set.

    Tasks on two classes are those named "A vs B"; one on all classes may have any other name (:func:`in_words_of`).

    Returns:
        ``genuine_sets``: a list, an entry a set and question: who is ahead with full signal, and what is left after removal.
        It says so where there are no sets.
    """
    from IPython.display import HTML

    said = []
    for title, fits in tables.items():
        tasks = list(dict.fromkeys(fits["task"]))
        every = next((task for task in tasks if " vs " not in task), ALL_TISSUES)
        for task, part in questions_on(fits, [task for task in tasks if task != every], every=every).items():
            text = html.escape(f"{contest(part)} {signal_verdict(part, task)}")
            said.append(f"<li><strong>{html.escape(f'{title}, {task}')}.</strong> {text}</li>")
    return {"genuine_sets": HTML(f"<ul>{''.join(said)}</ul>" if said else f"<p>{NO_GENUINE}</p>")}


def family_answers(fits: pd.DataFrame) -> dict[str, str]:
    """Mean balanced accuracy of both families, as text: ``linear_full``, ``networks_removed``, and so on."""
    families = {"linear": "linear", "networks": "network"}
    return {
        f"{name}_{signal}": family_mean(fits, signal, family)
        for name, family in families.items()
        for signal in ("full", "removed")
    }


def published_order(figure: str) -> dict[str, str]:
    """Say how the models end in a published figure, at full signal: ``published_linear``, and by how much it is ahead of the
    five-layer network (``published_lead``), and this of the three-layer one (``published_second_lead``)."""
    linear, five, three = (published_value(figure, model) for model in ("logistic_regression", "five_layer", "three_layer"))
    return {
        "published_linear": accuracy(linear),
        "published_lead": difference(linear - five, signed=False),
        "published_second_lead": difference(five - three, signed=False),
    }


def published_differences(figure: str, changed: str, first: str, second: str, *, over_sizes: bool = False) -> dict[str, str]:
    """Say by how much every model gains in a published figure from what is changed: ``published_three_layer``, and so on.

    Args:
        figure: as of :func:`~linear_signal.studies.heil2023.published.published_value`.
        changed: "split" or "pretraining".
        first, second: its values; the second is subtracted.
        over_sizes: the mean over the published curves in place of their ends.
    """

    def value(model: str, side: str) -> float:
        return published_value(figure, model, over_sizes=over_sizes, **{changed: side})

    return {
        f"published_{model}": difference(value(model, first) - value(model, second)) for model in published_models(figure)
    }


def extremes(comparisons: pd.DataFrame) -> dict[str, str]:
    """Name the smallest and the largest difference: ``smallest``, ``smallest_model``, ``smallest_verdict``, and so on.

    Args:
        comparisons: a row per model, made with ``together=True``.
    """
    ranked = comparisons.sort_values("difference")
    found = {}
    for name, row in (("smallest", ranked.iloc[0]), ("largest", ranked.iloc[-1])):
        found |= {name: difference(row["difference"]), f"{name}_model": model_phrase(row["model"])}
        found[f"{name}_verdict"] = verdict(row)
    return found


def largest_loss(comparisons: pd.DataFrame, signal: str) -> str:
    """Say which model loses most, or that no loss was found.

    Args:
        comparisons: a row per model and signal, made with ``together=True``; losses are negative.
        signal: "full" or "removed".
    """
    rows = comparisons[comparisons["signal"] == signal]
    lost = rows[rows["upper"] < 0]
    if lost.empty:
        none = f"of {len(rows)} intervals, which hold at once, none lies below zero"
        return f"No loss was found {signal_phrase(signal)}: {none}."
    return verdict(lost.loc[lost["difference"].idxmin()])


def order_of_models(fits: pd.DataFrame, split: str) -> str:
    """Name the models from best to worst under a kind of split, with their means at the largest training set."""
    chosen = fits[(fits["split"] == split) & (fits["fraction"] == fits["fraction"].max())]
    means = chosen.groupby("model")["balanced_accuracy"].mean().sort_values(ascending=False)
    return ", ".join(f"{model_phrase(model)} ({accuracy(mean)})" for model, mean in means.items())


def curves(fits: pd.DataFrame, figure: str, *, synthetic: Synthetic, by: str = "signal") -> ggplot:
    """Draw learning curves over the share of the training samples, on genuine data beside those of a published figure.

    Args:
        fits: the results table of one task.
        figure: as of :func:`~linear_signal.studies.heil2023.published.published_curves`.
        synthetic: whether the data were simulated, all or in part.
        by: the column of the panels.
    """
    # On simulated data the paper's curves invite a comparison that means nothing.
    published = None if synthetic is True else published_curves(figure)
    layout = {"facet_rows": None, "facet_columns": by}
    return learning_curves(fits, published=published, synthetic=synthetic, x="fraction", **layout)


def published_tissues(data: str) -> pd.DataFrame:
    """Return the published curves on tissues, of the pairs and of all at once; ``data`` is "gtex" or "recount"."""
    return pd.concat([published_curves(f"{data}_{kind}_combined") for kind in ("binary", "multiclass")], ignore_index=True)

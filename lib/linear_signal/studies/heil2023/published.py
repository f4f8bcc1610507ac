"""The curves of Heil, Crawford & Greene 2023, to be drawn beside ours under our names for the tasks."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import pandas as pd

from linear_signal.errors import unknown
from linear_signal.models.titles import ordered_models

_PANELS = {
    "sim_data": "Simulated 1",
    "linear_sim": "Simulated 2",
    "no_signal_sim": "Simulated 3",
}
_AXES = ("signal", "pretraining", "split")


def published_curves(figure: str, *, panels: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Read the published curves of one figure.

    These are loess curves read off the authors' vector figures (greenelab/linear_signal, folder ``figures/``, state of
    May 2022), ten points each, not single runs. They hold no linear SVM and can overshoot 1.0 by 0.001.

    Args:
        figure: ``simulation``, ``gtex_binary_combined``, ``gtex_multiclass_combined``, ...
        panels: published panel -> task name, and only these panels; None takes all of them under the names this book
            uses: ``Simulated 1`` to ``3``, ``Blood vs Blood Vessel`` (GTEx), ``blood vs stem cell`` (Recount3),
            ``all tissues``, ``sex``.

    Returns:
        task, model, signal, pretraining, split, train_samples, fraction (of the largest training set), balanced_accuracy.

    Raises:
        InputError: an unknown figure or panel.

    >>> curves = published_curves("simulation")
    >>> sorted(curves["task"].unique())
    ['Simulated 1', 'Simulated 2', 'Simulated 3']
    """
    return _curves(figure, None if panels is None else tuple(panels.items())).copy()


@cache  # findings ask for hundreds of values of a few figures
def _curves(figure: str, named: tuple[tuple[str, str], ...] | None) -> pd.DataFrame:
    table = _table()
    if figure not in set(table["figure"]):
        raise unknown("published figure", figure, dict.fromkeys(table["figure"]))
    table = table[table["figure"] == figure]
    panels = {panel: _task(figure, panel) for panel in table["panel"].unique()} if named is None else dict(named)
    for panel in panels:
        if panel not in set(table["panel"]):
            raise unknown(f"panel of {figure}", panel, dict.fromkeys(table["panel"]))
    table = table[table["panel"].isin(list(panels))]
    largest = table.groupby(["panel", "model", *_AXES])["train_samples"].transform("max")
    return pd.DataFrame(
        {
            "task": table["panel"].map(panels),
            "model": table["model"],
            **{axis: table[axis] for axis in _AXES},
            "train_samples": table["train_samples"].astype(float),
            "fraction": table["train_samples"] / largest,
            "balanced_accuracy": table["balanced_accuracy"],
        }
    ).reset_index(drop=True)


@cache
def published_models(figure: str) -> tuple[str, ...]:
    """List the models of a published figure.

    >>> published_models("simulation")
    ('logistic_regression', 'three_layer', 'five_layer')
    """
    return tuple(ordered_models(published_curves(figure)["model"]))


@cache
def published_tasks(figure: str) -> frozenset[str]:
    """Name the tasks of a published figure, as this book calls them.

    >>> published_tasks("gtex_multiclass_combined")
    frozenset({'all tissues'})
    """
    return frozenset(published_curves(figure)["task"])


@cache
def published_value(
    figure: str,
    model: str,
    signal: str = "full",
    *,
    pretraining: str = "none",
    task: str | None = None,
    split: str = "group",
    over_sizes: bool = False,
) -> float:
    """Published balanced accuracy at the largest training set, for a sentence.

    Args:
        figure: as in :func:`published_curves`.
        model: ``logistic_regression``, ``three_layer`` or ``five_layer``.
        signal: ``full``, ``removed`` or ``removed_on_all_data``.
        pretraining: ``none`` or ``pretrained``.
        task: our name of the panel; None takes the mean over all of the figure's panels (the ten tissue pairs).
        split: ``group`` or ``sample``.
        over_sizes: the mean over the curve instead.

    Raises:
        InputError: a name the figure does not have.

    >>> published_value("simulation", "logistic_regression", "full", task="Simulated 1")
    0.8026
    """
    chosen = published_curves(figure)
    chosen_ones = {"task": task, "split": split, "model": model, "signal": signal, "pretraining": pretraining}
    for column, value in chosen_ones.items():
        if value is None:
            continue
        if value not in set(chosen[column]):
            raise unknown(f"{column} in the published figure {figure}", value, dict.fromkeys(chosen[column]))
        chosen = chosen[chosen[column] == value]
    if over_sizes:
        return float(chosen.groupby("task")["balanced_accuracy"].mean().mean())
    return float(chosen.loc[chosen.groupby("task")["train_samples"].idxmax(), "balanced_accuracy"].mean())


@cache
def _table() -> pd.DataFrame:
    source = files("linear_signal.studies.heil2023").joinpath("published_curves", "heil2023_curves.csv")
    with source.open(encoding="utf-8") as handle:
        return pd.read_csv(handle, keep_default_na=False)


def _task(figure: str, panel: str) -> str:
    if panel in _PANELS:
        return _PANELS[panel]
    if not panel:
        return "sex" if figure.startswith("sex") else "all tissues"
    # The labels of Recount3 are in lower case, those of GTEx are not.
    panel = panel.lower() if figure.startswith("recount") else panel
    return " vs ".join(sorted(panel.replace("_", " ").split(" vs ")))

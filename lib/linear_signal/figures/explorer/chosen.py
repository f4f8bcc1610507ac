"""What a reader has chosen in the explorer of runs, as rows of the table it shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from linear_signal.figures.explorer.runs import CONDITIONS

State = Mapping[str, Sequence[str]]
_APART = "~"  # between the names of a point, as points.js writes them
_NAMED = ("model", "task")  # axes without sizes: one size is chosen for them


def shown_fits(fits: pd.DataFrame, state: State) -> pd.DataFrame:
    """Return the rows that an explorer of runs shows.

    Args:
        fits: the table that the explorer was made of.
        state: of its widget, or its declaration's ``start``.
    """
    x = state["_x"][0]
    chosen = fits["model"].isin(state["models"])
    for column in CONDITIONS:
        if column in state:
            chosen &= fits[column].isin(state[column])
    if x != "task":
        chosen &= fits["task"].isin(state["task"])
    if x in _NAMED:
        chosen &= fits["fraction"].map(lambda size: f"{size:.6g}").isin(state["_size"])
    return fits[chosen]


def tasks_apart(fits: pd.DataFrame) -> pd.DataFrame:
    """Name every task with what else sets runs apart, such as pretraining: for figures that have a row a task alone."""
    named = fits["task"].astype(str)
    for column, (_, _, title) in CONDITIONS.items():
        if column != "signal" and column in fits and fits[column].nunique() > 1:
            named = named + ", " + fits[column].map(title)
    return fits.assign(task=named)


def pinned_fits(fits: pd.DataFrame, state: State) -> list[pd.DataFrame]:
    """Return the runs of every point that is pinned, A first."""
    columns = ["task", *(column for column in CONDITIONS if column in state), "model"]
    parts = []
    for point in state.get("_pin", ()):
        *names, size = point.split(_APART)
        chosen = fits["fraction"].map(lambda one: f"{one:.6g}").eq(size)
        for column, name in zip(columns, names, strict=True):
            chosen &= fits[column].eq(name)
        parts.append(fits[chosen])
    return parts

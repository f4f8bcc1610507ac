"""Tables that stand below the explorer of runs once a point is pinned: trials, learning curves, samples all get wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from linear_signal.figures.explorer.packed import pack
from linear_signal.figures.style import required

MOST_ROWS = 20_000  # of trials, and of epochs, on one page; more of them stay in the store
_EPOCHS = 12  # of a learning curve; further ones would not be seen
_FEWEST_EPOCHS = 4  # of a learning curve where a page has many
_MANY_EPOCHS = 8_000  # rows of curves from which each has fewer than that
_TRIALS = ("learning_rate", "weight_decay", "inner_loss", "inner_balanced_accuracy", "chosen")
_CURVES = ("epoch", "train_loss", "tune_loss")
_WRONG = ("sample", "group", "truth", "predicted", "said", "runs", "wrong", "judged")


def packed_trials(trials: pd.DataFrame | None, keys: Sequence[str]) -> dict[str, Any] | None:
    """Pack the settings that were tried; ``run`` is the place of the key in ``keys``.

    Returns:
        None where there are none, or more than a page holds.
    """
    table = _of_keys(trials, _TRIALS, keys, what="trials")
    if table is None or len(table) > MOST_ROWS:
        return None
    for column in ("learning_rate", "weight_decay"):
        table[column] = [float(f"{value:.2g}") for value in table[column].astype(float)]
    for column in ("inner_loss", "inner_balanced_accuracy"):
        table[column] = table[column].astype(float).round(4)
    return pack(table.assign(chosen=table["chosen"].astype(int)), categories=[], digits=6)


def packed_curves(curves: pd.DataFrame | None, keys: Sequence[str]) -> dict[str, Any] | None:
    """Pack losses by epoch, of each run the first and the last and some between them.

    Returns:
        None where there are none, or more than a page holds.
    """
    table = _of_keys(curves, _CURVES, keys, what="learning curves")
    if table is None:
        return None
    epochs = max(_FEWEST_EPOCHS, min(_EPOCHS, _MANY_EPOCHS // table["run"].nunique()))
    kept = [_thinned(some, epochs) for _, some in table.groupby("run", sort=False)]
    if sum(map(len, kept)) > MOST_ROWS:
        return None
    return pack(pd.concat(kept, ignore_index=True), categories=[], digits=3)


def packed_wrong(wrong: pd.DataFrame | None, conditions: Sequence[str]) -> dict[str, Any] | None:
    """Pack the samples that every model gets wrong; None where it is not known which these are."""
    if wrong is None:
        return None
    table = required(wrong, ["task", *conditions, *_WRONG], what="samples") if len(wrong) else wrong
    names = ["task", *conditions, "sample", "group", "truth", "predicted"]
    return pack(table[["task", *conditions, *_WRONG]], categories=names)


def _of_keys(table: pd.DataFrame | None, columns: Sequence[str], keys: Sequence[str], *, what: str) -> pd.DataFrame | None:
    """Return the rows of runs that are shown, with the place of their key instead of it."""
    if table is None or not len(table):
        return None
    table = required(table, ["key", *columns], what=what)
    digits = len(keys[0]) if keys else 0
    place = {key: number for number, key in enumerate(keys)}
    places = table["key"].str[:digits].map(place)
    table = table.loc[places.notna(), list(columns)].assign(run=places[places.notna()].astype(int))
    return table.sort_values("run", kind="stable").reset_index(drop=True) if len(table) else None


def _thinned(curve: pd.DataFrame, epochs: int) -> pd.DataFrame:
    if len(curve) <= epochs:
        return curve
    # Most happens in the first epochs.
    return curve.iloc[np.unique(np.geomspace(1, len(curve), epochs).round().astype(int)) - 1]

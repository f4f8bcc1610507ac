"""Scores per class of the judged samples: kept with a unit, so that any metric can be computed without training again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import log_softmax

if TYPE_CHECKING:
    from linear_signal.experiment.run import Results

# What is kept: scores of the largest training set, of all, or of none. Each includes those after it.
KEEP_SCORES = ("all", "largest", "none")
# The largest that float16 holds.
_MOST = float(np.finfo(np.float16).max)


def log_probabilities(scores: np.ndarray) -> np.ndarray:
    """Turn what stands before a softmax into natural logarithms of probabilities, float64 [samples, classes]."""
    return log_softmax(np.asarray(scores, dtype=np.float64), axis=1)


def keeps(keep_scores: str, fraction: float, fractions: Sequence[float]) -> bool:
    """Say whether the scores of the fit at a training fraction are kept.

    >>> keeps("largest", 1.0, (0.5, 1.0)), keeps("largest", 0.5, (0.5, 1.0)), keeps("all", 0.5, (0.5, 1.0))
    (True, False, True)
    """
    return keep_scores == "all" or (keep_scores == "largest" and fraction == max(fractions))


def score_table(fraction: float, sample_ids: np.ndarray, scores: np.ndarray) -> pd.DataFrame:
    """One row per judged sample: fraction, sample_id, and a float16 column per class, ``score_0`` on, in their order."""
    columns = {
        f"score_{number}": column for number, column in enumerate(np.clip(scores, -_MOST, _MOST).T.astype(np.float16))
    }
    return pd.DataFrame({"fraction": fraction, "sample_id": sample_ids, **columns})


def scores_and_labels(results: Results) -> pd.DataFrame:
    """Read all kept scores of a run back from its store, beside what is true.

    Returns:
        One row per unit, training fraction, judged sample and class: the columns that name the unit, fraction, sample_id,
        label, predicted, class, score. Scores are logarithms of probabilities; of the linear SVM, and of classifiers that
        only have a decision function, they are margins; of classifiers with neither they are missing.

    Raises:
        InputError: as of ``Results.from_store``.
    """
    names = {unit.key: unit.task.class_names for unit in results.plan.units}
    wide = results.from_store("scores")
    if wide.empty:
        return wide
    answers = results.from_store("predictions")[["key", "fraction", "sample_id", "label", "predicted"]]
    columns = [column for column in wide if column.startswith("score_")]
    long = wide.melt([column for column in wide if column not in columns], columns, var_name="class", value_name="score")
    numbers = long["class"].str.removeprefix("score_").astype(int)
    # Tasks have different numbers of classes: a column that a task does not have is empty.
    exists = numbers.to_numpy() < long["key"].map(lambda key: len(names[key])).to_numpy()
    long = long.assign(number=numbers)[exists]
    long["class"] = [names[key][number] for key, number in zip(long["key"], long["number"], strict=True)]
    return long.drop(columns="number").merge(answers, on=["key", "fraction", "sample_id"], validate="many_to_one")

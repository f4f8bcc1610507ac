"""Scores of anybody's cross-validation compared in pairs, with intervals that allow for training sets that overlap."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from linear_signal.analysis.comparison import compare_pairs
from linear_signal.analysis.metrics import Metric
from linear_signal.analysis.verdict import verdict
from linear_signal.errors import InputError, listed, unknown

COLUMNS = (
    *("first", "second", "n_runs", "n_unpaired", "first_mean", "second_mean", "difference", "lower", "upper"),
    *("p_value", "confidence", "adjusted_for", "note", "verdict"),
)


def compare_scores(
    table: pd.DataFrame | Mapping[str, Any],
    *,
    score: str = "score",
    test_share: float | None = None,
    baseline: str | None = None,
    higher_is_better: bool = True,
    bounds: tuple[float, float] | None = (0.0, 1.0),
    margin: float = 0.05,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Compare models in pairs, run by run, by scores that are there already.

    Runs of a cross-validation share training samples, so an ordinary paired t-test is far too sure. The variance of the mean
    difference over J runs is taken as ``variance x (1/J + test/train)`` instead of ``variance / J``. Where several pairs
    are compared, their intervals hold at once (max-t), so that the largest difference may be picked.

    Args:
        table: one row per model and run, with the columns ``model``, ``seed`` or ``fold`` or both, and the score; sizes in
            ``n_train`` and ``n_test``, unless ``test_share`` is given. Or a dict of model -> scores of the same folds in the
            same order, or of model -> what ``cross_validate`` returned.
        score: the column; of what ``cross_validate`` returned, ``test_score`` unless a key of another name is meant.
        test_share: share of the samples that a run is judged on: 0.2 for five folds; 0 gives the ordinary paired t interval.
        baseline: compare every other model with this one; None compares all pairs.
        higher_is_better: False for losses.
        bounds: smallest and largest possible score; None where there is none.
        margin: differences no larger than this count as level.
        confidence: with which all intervals hold.

    Returns:
        One row per pair (``COLUMNS``): ``difference`` is positive where ``first`` is better; ``verdict`` says it in words.

    Raises:
        InputError: a column, a size or a second model is missing, a run is there twice, a score lies out of bounds.

    Source: Nadeau & Bengio 2003, Machine Learning 52:239-281, eq. 9; Hothorn, Bretz & Westfall 2008.

    >>> scores = {"a": [0.8, 0.9, 0.85, 0.9, 0.8], "b": [0.7, 0.75, 0.75, 0.75, 0.75]}
    >>> found = compare_scores(scores, test_share=0.2)
    >>> print(found.verdict[0])
    A is ahead of b by 0.110 (95 % interval +0.032 to +0.188), over 5 paired folds (1 seed).
    """
    rows = _rows(table, score)
    rows = _sized(rows, test_share)
    low, high = bounds or (-np.inf, np.inf)
    outside = rows[~rows["score"].between(low, high)]
    if len(outside):
        raise InputError(
            f"The score {outside['score'].iloc[0]:g} of {outside['model'].iloc[0]!r} does not lie from {low:g} to {high:g}. "
            "Say with bounds=(smallest, largest) where scores can lie, or bounds=None where there is no limit."
        )
    models = list(dict.fromkeys(rows["model"]))
    if len(models) < 2:
        raise InputError(f"There are scores of {listed(models) or 'no model'}; two or more models are compared.")
    if baseline is not None and baseline not in models:
        raise unknown("baseline", baseline, models)
    pairs = list(combinations(models, 2)) if baseline is None else [(one, baseline) for one in models if one != baseline]
    metric = Metric(
        column="score", title=score, higher_is_better=higher_is_better, lowest=low, highest=high, level=float(margin)
    )
    return tidy_pairs(rows, pairs, by=("task",), confidence=confidence, metric=metric).reindex(columns=list(COLUMNS))


def tidy_pairs(
    fits: pd.DataFrame, pairs: list[tuple[str, str]], *, by: tuple[str, ...], confidence: float, metric: Metric
) -> pd.DataFrame:
    """Compare pairs whose intervals hold at once, with a verdict each: ``by`` and ``COLUMNS``."""
    found = compare_pairs(fits, pairs, by=by, confidence=confidence, together=True, metric=metric)
    found = found.assign(verdict=[verdict(row) for row in found.to_dict("records")]).rename(columns={"n_pairs": "n_runs"})
    return found[[*by, *COLUMNS]]


def _rows(table: pd.DataFrame | Mapping[str, Any], score: str) -> pd.DataFrame:
    """Bring scores into one row per model and run: model, seed, fold, score, and sizes where they are there."""
    if isinstance(table, Mapping):
        rows = _long(table, score)
    elif isinstance(table, pd.DataFrame):
        missing = [column for column in ("model", score) if column not in table]
        if missing or not {"seed", "fold"} & set(table):
            raise InputError(
                f"The table has the columns {', '.join(map(str, table))}; it needs model, seed or fold or both, and "
                f"{score}. Name another column of scores with score=..."
            )
        rows = table.assign(score=table[score], model=table["model"].map(str))
        rows = rows.assign(**{column: 0 for column in ("seed", "fold") if column not in rows})
    else:
        raise InputError(f"Scores are a {type(table).__name__}; a DataFrame or a dict of model -> scores is needed.")
    if not pd.api.types.is_numeric_dtype(rows["score"]) or not np.isfinite(rows["score"].to_numpy(dtype=float)).all():
        raise InputError(f"{score} holds something that is no finite number. Leave these runs out for all models.")
    twice = rows[rows.duplicated(["model", "seed", "fold"])]
    if len(twice):
        first = twice.iloc[0]
        raise InputError(
            f"Model {first['model']!r} has several scores for seed {first['seed']} and fold {first['fold']}. Keep one score "
            "a run: repeated cross-validations need a seed each."
        )
    # Models in the order in which they came; the order of runs must not matter to the last digit.
    models = list(dict.fromkeys(rows["model"]))
    return rows.sort_values(["model", "seed", "fold"], key=lambda one: one.map(models.index) if one.name == "model" else one)


def _long(table: Mapping[str, Any], score: str) -> pd.DataFrame:
    columns = {}
    for model, scores in table.items():
        if isinstance(scores, Mapping):
            key = next((key for key in (score, f"test_{score}") if key in scores), None)
            if key is None:
                raise unknown(f"score of {model}", score, [str(key) for key in scores])
            scores = scores[key]
        columns[str(model)] = np.asarray(scores, dtype=float).ravel()
    lengths = {model: len(scores) for model, scores in columns.items()}
    if len(set(lengths.values())) > 1:
        raise InputError(f"Models have different numbers of scores ({lengths}); all need the same folds in the same order.")
    return pd.concat(
        [pd.DataFrame({"model": model, "seed": 0, "fold": range(len(one)), "score": one}) for model, one in columns.items()]
        or [pd.DataFrame(columns=["model", "seed", "fold", "score"], dtype=float)],
        ignore_index=True,
    )


def _sized(rows: pd.DataFrame, test_share: float | None) -> pd.DataFrame:
    if test_share is not None:
        if not 0 <= test_share < 1:
            raise InputError(f"test_share is {test_share}; it is the share of samples a run is judged on: 0.2 for 5 folds.")
        sizes = {"train_samples": 1 - test_share, "validation_samples": test_share}
    elif {"n_train", "n_test"} <= set(rows):
        sizes = {"train_samples": rows["n_train"].astype(float), "validation_samples": rows["n_test"].astype(float)}
    else:
        raise InputError(
            "How much training sets overlap is not known: give test_share, 0.2 for five folds, or a table with the columns "
            "n_train and n_test."
        )
    # No learning curve: all training samples, on one task.
    return rows[["model", "seed", "fold", "score"]].assign(**sizes, fraction=1.0, task="")

"""Paired comparisons over (seed, fold): how large a difference is, and how sure one can be of it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from linear_signal.analysis.contrast_rows import (
    LOOKED_AT,
    RUN,
    SIZES,
    Contrast,
    above_chance,
    as_believed,
    at_fraction,
    checked,
    contrast_table,
    one_row_per_run,
    pool,
    runs_of,
)
from linear_signal.analysis.intervals import corrected_interval
from linear_signal.analysis.metrics import BALANCED_ACCURACY, Metric
from linear_signal.errors import InputError, unknown

_KINDS = {"model": "models", "signal": "signals", "pretraining": "pretraining", "scale_on": "scalings"}


def summarise(
    fits: pd.DataFrame, *, by: Sequence[str], metric: Metric = BALANCED_ACCURACY, confidence: float = 0.95
) -> pd.DataFrame:
    """Mean over runs with its corrected interval, one row per combination of ``by``.

    Args:
        fits: the results table.
        by: columns whose combinations become rows.
        metric: what is averaged. Where it has a level of chance the interval is the one that verdicts look at: runs are put
            at the mean chance level first.
        confidence: of the intervals.

    Returns:
        ``by`` and n_runs, n_seeds, n_folds, mean, lower, upper, note, train_samples and the level of chance (means).
    """
    levels = [metric.chance] if metric.chance else []
    fits = checked(fits, [*by, *RUN, *SIZES, "fraction", *levels, metric.column]).dropna(subset=[metric.column])
    rows = []
    for key, runs in fits.groupby(list(by), sort=False, dropna=False):
        one_row_per_run(runs, by, key)
        values = runs[metric.column].to_numpy(dtype=float)
        if metric.chance:
            chance = runs[metric.chance].to_numpy(dtype=float)
            values = above_chance(values - chance, chance, metric)
        interval = corrected_interval(values, *pool(runs), within=metric.within, confidence=confidence)
        groups = runs["smallest_class_groups"].min() if "smallest_class_groups" in runs else float("nan")
        interval = as_believed(interval, groups, confidence, of_accuracy=True)
        rows.append(
            dict(zip(by, key, strict=True))
            | {"n_runs": len(runs), "n_seeds": runs["seed"].nunique(), "n_folds": runs["fold"].nunique()}
            | {"mean": runs[metric.column].mean(), "lower": interval.lower, "upper": interval.upper, "note": interval.note}
            | {"train_samples": runs["train_samples"].mean()}
            | {level: runs[level].mean() for level in levels}
        )
    if not rows:
        raise InputError(f"No finite {metric.column} in the table; there is nothing to summarise.")
    return pd.DataFrame(rows)


def compare_models(
    fits: pd.DataFrame,
    first: str,
    second: str,
    *,
    by: Sequence[str] = ("task", "signal"),
    fraction: float | None = None,
    confidence: float = 0.95,
    together: bool = False,
    metric: Metric = BALANCED_ACCURACY,
) -> pd.DataFrame:
    """How much better the ``first`` model is than the ``second``, paired over (seed, fold).

    Args:
        fits: the results table.
        first: model name.
        second: model name it is compared with.
        by: one comparison per combination of these columns.
        fraction: share of the training samples; None takes the largest in the table.
        confidence: of the intervals (:func:`~linear_signal.analysis.intervals.corrected_interval`).
        together: whether all rows hold at once, so that the largest may be picked afterwards.
        metric: what they are compared in; differences are positive where the first is better.

    Returns:
        One row per combination: comparison ("models"), ``by``, first, second, and the columns of
        :func:`~linear_signal.analysis.contrast_rows.contrast_table`.

    Raises:
        InputError: a name or fraction not in the table, several rows per run, no pair at all.
    """
    return _compare(fits, "model", first, second, by, fraction, confidence, together, metric)


def compare_signals(
    fits: pd.DataFrame,
    first: str = "removed",
    second: str = "full",
    *,
    by: Sequence[str] = ("task", "model"),
    fraction: float | None = None,
    confidence: float = 0.95,
    together: bool = False,
    metric: Metric = BALANCED_ACCURACY,
) -> pd.DataFrame:
    """Difference ``first`` minus ``second`` signal, per model; otherwise as :func:`compare_models`."""
    return _compare(fits, "signal", first, second, by, fraction, confidence, together, metric)


def compare_pretraining(
    fits: pd.DataFrame,
    first: str = "pretrained",
    second: str = "none",
    *,
    by: Sequence[str] = ("task", "model"),
    fraction: float | None = None,
    confidence: float = 0.95,
    together: bool = False,
    metric: Metric = BALANCED_ACCURACY,
) -> pd.DataFrame:
    """Difference between models with and without pretraining; otherwise as :func:`compare_models`."""
    return _compare(fits, "pretraining", first, second, by, fraction, confidence, together, metric)


def compare_scalings(
    fits: pd.DataFrame,
    first: str = "train",
    second: str = "all",
    *,
    by: Sequence[str] = ("task", "signal", "model"),
    fraction: float | None = None,
    confidence: float = 0.95,
    together: bool = False,
    metric: Metric = BALANCED_ACCURACY,
) -> pd.DataFrame:
    """Difference between genes scaled on training samples and over all samples; otherwise as :func:`compare_models`."""
    return _compare(fits, "scale_on", first, second, by, fraction, confidence, together, metric)


def compare_pairs(
    fits: pd.DataFrame,
    pairs: Sequence[tuple[str, str]],
    *,
    by: Sequence[str] = ("task", "signal"),
    fraction: float | None = None,
    confidence: float = 0.95,
    together: bool = False,
    metric: Metric = BALANCED_ACCURACY,
) -> pd.DataFrame:
    """Compare several pairs of models at once (``first`` minus ``second`` of each); otherwise as :func:`compare_models`."""
    sides = _Sides(_looked_at(fits, "model", by, fraction, metric), "model", list(by), metric)
    contrasts = [contrast for first, second in pairs for contrast in sides.contrasts(first, second)]
    return contrast_table(contrasts, confidence=confidence, together=together)


def against_naive(
    fits: pd.DataFrame,
    *,
    by: Sequence[str] = ("task", "signal", "model"),
    fraction: float | None = None,
    confidence: float = 0.95,
    together: bool = False,
    metric: Metric = BALANCED_ACCURACY,
) -> pd.DataFrame:
    """Results minus their level of chance (of balanced accuracy 1 / classes that the fold has), as :func:`compare_models`.

    Args:
        fits, by, fraction, confidence, together: as there; the interval is that of the result, moved by mean chance.
        metric: one with a level of chance.
    """
    fits = checked(fits, [*by, *RUN, *SIZES, "fraction", metric.column, metric.chance])
    fits = at_fraction(fits, fraction).dropna(subset=[metric.column])
    contrasts = []
    looked_at = {*by, *RUN, *SIZES, *LOOKED_AT, "predicted_classes", "fraction", metric.column, metric.chance}
    fits = fits[[name for name in fits if name in looked_at]]
    for key, runs in fits.groupby(list(by), sort=False):
        one_row_per_run(runs, by, key)
        names = {"comparison": "naive", **dict(zip(by, key, strict=True)), "first": metric.title.lower(), "second": "naive"}
        pairs = runs.assign(left=runs[metric.column], right=runs[metric.chance])
        contrasts.append(Contrast(names=names, pairs=pairs, metric=metric))
    if not contrasts:
        raise InputError(f"No finite {metric.column} in the table; there is nothing to compare with chance.")
    return contrast_table(contrasts, confidence=confidence, together=together)


def _compare(
    fits: pd.DataFrame,
    column: str,
    first: str,
    second: str,
    by: Sequence[str],
    fraction: float | None,
    confidence: float,
    together: bool,
    metric: Metric,
) -> pd.DataFrame:
    sides = _Sides(_looked_at(fits, column, by, fraction, metric), column, list(by), metric)
    contrasts = sides.contrasts(first, second)
    if not any(len(one.pairs) for one in contrasts):
        raise InputError(f"No seed and fold has results for both {first} and {second}; run both on the same folds.")
    return contrast_table(contrasts, confidence=confidence, together=together)


def _looked_at(fits: pd.DataFrame, column: str, by: Sequence[str], fraction: float | None, metric: Metric) -> pd.DataFrame:
    """Cut a table to one share of the training samples and to what comparisons look at.

    Tables are wide, and every further cut copies all columns: those that no comparison looks at would take most of the time.
    """
    fits = at_fraction(checked(fits, [column, *by, *RUN, *SIZES, "fraction", metric.column]), fraction)
    needed = {column, *by, *RUN, *SIZES, *LOOKED_AT, "fraction", metric.column}
    return fits[[name for name in fits if name in needed]]


class _Sides:
    """The runs of every side, cut out of a table once for any number of comparisons.

    Pandas would take longer to cut them out for each of thousands of comparisons a page than all else takes.
    """

    def __init__(self, fits: pd.DataFrame, column: str, by: list[str], metric: Metric) -> None:
        if column in by:
            raise InputError(f"Compare {column}s, and leave {column!r} out of by; got {by}.")
        self.names = dict.fromkeys(fits[column])
        # Who has no name in one of ``by`` is compared with nobody.
        self.fits, self.column, self.by, self.metric = fits.dropna(subset=[metric.column, *by]), column, by, metric
        self.columns = {name: values.to_numpy() for name, values in self.fits.items()}
        self.runs = runs_of(self.fits)
        self.rows: dict[tuple, dict[object, list[int]]] = {}
        keys = zip(*(self.fits[name].tolist() for name in by), strict=True)
        for row, (key, side) in enumerate(zip(keys, self.fits[column].tolist(), strict=True)):
            self.rows.setdefault(key, {}).setdefault(side, []).append(row)

    def contrasts(self, first: str, second: str) -> list[Contrast]:
        """Pair two sides, once per combination of ``by``, in the order in which the table has these."""
        if first == second:
            raise InputError(f"Compare two different {self.column}s; got {first} twice.")
        for name in (first, second):
            if name not in self.names:
                raise unknown(self.column, name, self.names)
        both = [(key, of_key.get(first, []), of_key.get(second, [])) for key, of_key in self.rows.items()]
        both = sorted((min(left + right), key, left, right) for key, left, right in both if left or right)
        return [self._contrast(key, first, second, left, right) for _, key, left, right in both]

    def _contrast(self, key: tuple, first: str, second: str, left: list[int], right: list[int]) -> Contrast:
        on_right = {self.runs[row]: row for row in right}
        for side, n_runs in ((left, len({self.runs[row] for row in left})), (right, len(on_right))):
            if n_runs < len(side):
                one_row_per_run(self.fits.iloc[side], self.by, key)
        shared = [row for row in left if self.runs[row] in on_right]
        beside = [on_right[self.runs[row]] for row in shared]
        values = self.columns[self.metric.column]
        of_left = {name: column[shared] for name, column in self.columns.items()}
        names = {"comparison": _KINDS[self.column], **dict(zip(self.by, key, strict=True)), "first": first, "second": second}
        return Contrast(
            names=names,
            pairs=pd.DataFrame(of_left | {"left": values[shared], "right": values[beside]}),
            n_unpaired=len(left) + len(right) - 2 * len(shared),
            metric=self.metric,
        )

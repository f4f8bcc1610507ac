"""One row per comparison: the runs it rests on, its interval, and the smallest difference it could have shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from linear_signal.analysis.intervals import (
    FEW,
    SAME,
    SMALLEST_GROUPS,
    Interval,
    angles_of,
    corrected_interval,
)
from linear_signal.analysis.metrics import BALANCED_ACCURACY, Metric
from linear_signal.analysis.simultaneous import widening
from linear_signal.analysis.student_t import quantile
from linear_signal.errors import InputError, listed, unknown

RUN = ["seed", "fold"]
SIZES = ["train_samples", "validation_samples"]
_SETTLED = ("task", "model", "signal", "pretraining", "split", "fraction")
# Columns that comparisons look at where a table has them, beside those they need.
LOOKED_AT = (*_SETTLED, "left_out_samples", "smallest_class_groups")
_NONE = Interval(*(np.nan,) * 4, 0, *(np.nan,) * 3, "no run has both")


@dataclass(frozen=True, eq=False, kw_only=True)
class Contrast:
    """One comparison before its interval.

    Attributes:
        names: columns that say what is compared.
        pairs: one row per run with ``left`` and ``right``, and what intervals and notes take from the fits table.
        n_unpaired: runs that only one side has.
        metric: what ``left`` and ``right`` are.
    """

    names: dict[str, object]
    pairs: pd.DataFrame
    n_unpaired: int = 0
    metric: Metric = BALANCED_ACCURACY

    @property
    def is_accuracy(self) -> bool:
        """Whether a result is compared with its chance level, rather than with another result."""
        return self.names["comparison"] == "naive"

    def values(self) -> np.ndarray:
        """What the interval is of, float [runs]: an advantage, or a result put back at the mean chance level."""
        if self.is_accuracy:
            difference = (self.pairs["left"] - self.pairs["right"]).to_numpy(dtype=float)
            return above_chance(difference, self.pairs["right"].to_numpy(dtype=float), self.metric)
        return self.metric.advantage(self.pairs["left"], self.pairs["right"]).to_numpy(dtype=float)

    @property
    def within(self) -> tuple[float, float]:
        """Where the values can lie."""
        if self.is_accuracy:
            return self.metric.within
        return self.metric.differences_within(2 if self.names["comparison"] == "gains" else 1)


def above_chance(difference: np.ndarray, chance: np.ndarray, metric: Metric = BALANCED_ACCURACY) -> np.ndarray:
    """Results as they would be had every run the mean chance level: folds that lack a class make guessing easier."""
    return np.clip(difference + chance.mean(), *metric.within)


def contrast_table(contrasts: Sequence[Contrast], *, confidence: float, together: bool) -> pd.DataFrame:
    """Put comparisons into a table.

    Args:
        contrasts: the comparisons.
        confidence: of every interval, or with ``together`` of all at once.
        together: whether intervals are widened so that the best or largest of the rows may be picked afterwards.

    Returns:
        One row per comparison: its names, fraction, n_pairs, n_unpaired, n_seeds, n_folds, first_mean, second_mean,
        difference, lower, upper, p_value, degrees_of_freedom, confidence, standard_error, level_lower, level_upper (those
        of two one-sided tests), resolution (true difference that four in five such runs would tell from zero), adjusted_for
        (number of comparisons that hold at once; 1 without ``together``), smallest_class_groups (nan where it is not
        known), constant (every prediction names one class), train_samples, validation_samples (means), metric (its title),
        best (what cannot be bettered),
        margin (half width of the region of practical equivalence), note.
    """
    widen = _widening(contrasts, confidence) if together else 1.0
    several = sum(len(one.pairs) > 0 for one in contrasts) if together else 1
    return pd.DataFrame([_row(one, confidence, widen, several) for one in contrasts])


def _widening(contrasts: Sequence[Contrast], confidence: float) -> float:
    columns = [dict(zip(runs_of(one.pairs), one.values(), strict=True)) for one in contrasts if len(one.pairs)]
    if len(columns) < 2:
        return 1.0
    of_all = [[column.get(run, np.nan) for column in columns] for run in columns[0]]
    shared = np.array([row for row in of_all if not np.isnan(row).any()]).reshape(-1, len(columns))
    within = next(one.within for one in contrasts if len(one.pairs))
    return widening(angles_of(shared, within), confidence=confidence)


def _row(contrast: Contrast, confidence: float, widen: float, several: int) -> dict[str, object]:
    pairs, chance = contrast.pairs, 0.0
    # Of thousands of rows a page: pandas would take longer to average columns than intervals take.
    columns = {name: column.to_numpy() for name, column in pairs.items()}
    interval = _NONE
    if len(pairs):
        chance = _mean(columns["right"]) if contrast.is_accuracy else 0.0
        interval = corrected_interval(
            contrast.values(), *pool(pairs), within=contrast.within, reference=chance, confidence=confidence, widen=widen
        )
        groups = _least(pairs, "smallest_class_groups")
        interval = as_believed(interval, groups, confidence, of_accuracy=contrast.is_accuracy)
    return contrast.names | {
        "fraction": pairs["fraction"].max(),
        "n_pairs": len(pairs),
        "n_unpaired": contrast.n_unpaired,
        "n_seeds": len(set(columns["seed"].tolist())),
        "n_folds": len(set(columns["fold"].tolist())),
        "first_mean": _mean(columns["left"]),
        "second_mean": _mean(columns["right"]),
        "difference": interval.mean - chance,
        "lower": interval.lower - chance,
        "upper": interval.upper - chance,
        "p_value": interval.p_value,
        "degrees_of_freedom": interval.degrees_of_freedom,
        "confidence": confidence,
        "standard_error": interval.standard_error,
        "level_lower": interval.level_lower - chance,
        "level_upper": interval.level_upper - chance,
        "resolution": resolution(interval.standard_error, interval.degrees_of_freedom, confidence, widen),
        "adjusted_for": several,
        "smallest_class_groups": _least(pairs, "smallest_class_groups"),
        "constant": bool(len(pairs) and "predicted_classes" in pairs and pairs["predicted_classes"].max() == 1),
        "train_samples": _mean(columns["train_samples"]),
        "validation_samples": _mean(columns["validation_samples"]),
        "metric": contrast.metric.title,
        "best": contrast.metric.best,
        "margin": contrast.metric.margin(chance if contrast.is_accuracy else float("nan")),
        "note": interval.note,
    }


def _mean(values: np.ndarray) -> float:
    """Mean of the values there are; nan where there is none."""
    values = values.astype(float)
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def resolution(standard_error: float, degrees_of_freedom: float, confidence: float = 0.95, widen: float = 1.0) -> float:
    """Smallest true difference that four in five such runs would tell from zero; nan without a standard error.

    >>> round(resolution(0.02, 4), 3)
    0.074
    """
    if not standard_error > 0:
        return float("nan")
    ask, see = quantile(np.array([(1 + confidence) / 2, 0.8]), degrees_of_freedom)
    return float((ask * widen + see) * standard_error)


def as_believed(interval: Interval, groups: float, confidence: float, *, of_accuracy: bool) -> Interval:
    """Leave an interval away that rests on too few groups, and bound an accuracy that was right in every run.

    Args:
        interval: as computed.
        groups: fewest groups of any class; nan where it is not known, which leaves the interval as it is.
        confidence: of the interval.
        of_accuracy: whether it is one of an accuracy.
    """
    if groups < SMALLEST_GROUPS:
        missing = dict.fromkeys(("lower", "upper", "p_value", "level_lower", "level_upper"), np.nan)
        return interval._replace(**missing, note=interval.note or FEW)
    if of_accuracy and interval.note == SAME and interval.mean > 1 - 1e-9:
        return without_an_error(interval, groups, confidence)
    return interval


def without_an_error(interval: Interval, groups: float, confidence: float = 0.95) -> Interval:
    """Bound from below what was right in every run: so many groups of the rarest class without an error.

    With an error rate of 1 - b, ``groups`` independent groups are all right with probability b to that power (Clopper &
    Pearson 1934, Biometrika 26:404-413). Without a number of groups the interval stays as it is, without bounds.
    """
    if not groups > 0:
        return interval
    bounds = [((1 - confidence) / share) ** (1 / groups) for share in (2, 1)]
    note = f"right in every run; the lower bound is that of {groups:g} groups without an error"
    return interval._replace(lower=bounds[0], upper=1.0, level_lower=bounds[1], level_upper=1.0, p_value=np.nan, note=note)


def pool(runs: pd.DataFrame) -> tuple[float, float]:
    """Samples that runs draw their training sets from, and samples that a run leaves out of them (means over runs)."""
    # The correction stands for the share of samples that validate. A cut training set makes runs overlap less, not
    # more, so the pool it was drawn from counts, or small fractions would get intervals of nonsensical width.
    # A transfer judges on another data set: what a fold leaves out of the pool is what counts, not what it judges on.
    left_out = runs["left_out_samples" if "left_out_samples" in runs else "validation_samples"].to_numpy()
    return _mean(runs["train_samples"].to_numpy() / runs["fraction"].to_numpy()), _mean(left_out)


def checked(fits: pd.DataFrame, needed: Sequence[str]) -> pd.DataFrame:
    """Return the table; one without rows, or without the columns needed, is an ``InputError``."""
    missing = [column for column in needed if column not in fits]
    if missing:
        raise InputError(f"The results table lacks column {listed(missing)}; it has {', '.join(map(str, fits))}.")
    if fits.empty:
        raise InputError("The results table is empty; run at least one fit first.")
    return fits


def at_fraction(fits: pd.DataFrame, fraction: float | None) -> pd.DataFrame:
    """Cut to one share of the training samples; None takes the largest."""
    wanted = fits["fraction"].max() if fraction is None else fraction
    chosen = fits[np.isclose(fits["fraction"].astype(float), wanted)]
    if chosen.empty:
        raise unknown("fraction", f"{wanted:g}", [f"{value:g}" for value in sorted(set(fits["fraction"]))])
    return chosen


def runs_of(fits: pd.DataFrame) -> list[tuple]:
    """Name the run of every row: seed and fold."""
    return list(zip(*(fits[name].tolist() for name in RUN), strict=True))


def one_row_per_run(runs: pd.DataFrame, by: Sequence[str], key: tuple) -> None:
    """Refuse tables in which a run stands twice."""
    named = runs_of(runs)
    if len(set(named)) < len(named):
        varying = [column for column in _SETTLED if column in runs and column not in by and runs[column].nunique() > 1]
        advice = f"keep one {' and '.join(varying)} or add it to by" if varying else "remove the copies"
        where = ", ".join(map(str, key))
        raise InputError(f"Several rows for one seed and fold at {where}; {advice}.")


def _least(pairs: pd.DataFrame, column: str) -> float:
    return float(pairs[column].min()) if len(pairs) and column in pairs else float("nan")

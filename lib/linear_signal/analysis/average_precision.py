"""Average precision of many models at once, its skill over a baseline, and its bootstrap over loci, paired by draw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy.special

from linear_signal.errors import InputError
from linear_signal.seeds import generator

_AT_ONCE = 1 << 18  # weights in one pass: more would leave the processor's cache


def average_precision(
    scores: np.ndarray, labels: np.ndarray, *, weights: np.ndarray | None = None
) -> np.ndarray | np.float64:
    """Average precision, the sum over thresholds of the gain in recall times the precision there; ties share a threshold.

    What guessing gets is the prevalence, the (weighted) share of positives, which differs from one set of loci to the next.

    Args:
        scores: [models, loci] or [loci], finite; the larger, the more likely active.
        labels: bool [loci].
        weights: [draws, loci] or [loci], zero or more: how often each locus counts. All alike where None.

    Returns:
        float64 [models, draws], without the dimensions that scores or weights lack; NaN where no positive counts.

    Raises:
        InputError: shapes disagree, or a score or weight is not finite.

    Source: :func:`sklearn.metrics.average_precision_score`, which gives the same numbers for one model at a time.

    >>> average_precision(np.array([[0.9, 0.8, 0.1], [0.5, 0.5, 0.5]]), np.array([True, False, True])).round(3).tolist()
    [0.833, 0.667]
    """
    table, active = np.atleast_2d(np.asarray(scores)), np.asarray(labels, dtype=bool)
    counts = np.ones((1, active.size), dtype=np.int32) if weights is None else np.atleast_2d(np.asarray(weights))
    if active.ndim != 1 or table.ndim != 2 or {table.shape[-1], counts.shape[-1]} != {active.size}:
        raise InputError(
            f"Scores have shape {table.shape}, weights {counts.shape} and labels {active.shape}; scores are models x loci, "
            "weights draws x loci and labels one per locus."
        )
    if not np.isfinite(table).all() or not np.isfinite(counts).all() or (counts < 0).any():
        raise InputError(
            "A score is NaN or infinite, or a weight is that or below zero. Leave such loci out for all models."
        )
    found = np.stack([_of_model(one, active, counts) for one in table])
    if weights is None or np.ndim(weights) == 1:
        found = found[:, 0]
    return found if np.ndim(scores) == 2 else found[0]


class ByGroup(NamedTuple):
    """Average precision inside the groups of a partition of loci.

    Attributes:
        groups: the groups, sorted, [groups].
        n_loci: loci of each, int64 [groups].
        prevalence: share of positives in each, float64 [groups]: what a score gets there that is constant inside a group.
        precision: float64 [models, groups]; NaN in groups of one class.
    """

    groups: np.ndarray
    n_loci: np.ndarray
    prevalence: np.ndarray
    precision: np.ndarray

    @property
    def weighted(self) -> np.ndarray:
        """Mean over the groups of both classes, weighted by their loci, float64 [models]."""
        return self.precision[:, self.has_both] @ self._shares

    @property
    def weighted_guessing(self) -> float:
        """The same mean of what a random order gets (:func:`precision_of_guessing`)."""
        n_loci = self.n_loci[self.has_both]
        positives = np.round(self.prevalence[self.has_both] * n_loci)
        return float(precision_of_guessing(n_loci, positives) @ self._shares)

    @property
    def has_both(self) -> np.ndarray:
        """Whether a group has both classes, bool [groups]."""
        return (self.prevalence > 0) & (self.prevalence < 1)

    @property
    def _shares(self) -> np.ndarray:
        counts = self.n_loci[self.has_both]
        return counts / counts.sum() if len(counts) else np.full(0, np.nan)


def average_precision_by_group(scores: np.ndarray, labels: np.ndarray, groups: np.ndarray) -> ByGroup:
    """Average precision inside every group of a partition.

    Args:
        scores: [models, loci].
        labels: bool [loci].
        groups: [loci], the group of each.

    Raises:
        InputError: shapes disagree or a score is not finite.
    """
    table, active, named = np.atleast_2d(scores), np.asarray(labels, dtype=bool), np.asarray(groups)
    if named.shape != active.shape or table.shape[1:] != active.shape:
        raise InputError(
            f"Scores have shape {table.shape}, labels {active.shape} and groups {named.shape}; loci must agree."
        )
    values, numbers = np.unique(named, return_inverse=True)
    counts = np.bincount(numbers, minlength=len(values))
    shares = np.bincount(numbers, weights=active, minlength=len(values)) / counts
    precision = np.full((len(table), len(values)), np.nan)
    for number in np.flatnonzero((shares > 0) & (shares < 1)):
        inside = numbers == number
        precision[:, number] = average_precision(table[:, inside], active[inside])
    return ByGroup(values, counts, shares, precision)


def precision_of_guessing(n_loci: np.ndarray, n_positive: np.ndarray) -> np.ndarray:
    """Average precision of a random order, on average over all orders: above the prevalence, and well above it for few loci.

    Args:
        n_loci: two or more.
        n_positive: one or more.

    Source: Bestgen 2015, Prague Bull Math Linguist 103:131-138.

    >>> precision_of_guessing(2, 1).round(3), precision_of_guessing(17_000, 8_500).round(3)
    (np.float64(0.75), np.float64(0.5))
    """
    n_loci, n_positive = np.asarray(n_loci, dtype=float), np.asarray(n_positive, dtype=float)
    harmonic = scipy.special.digamma(n_loci + 1) + np.euler_gamma
    return (n_positive - 1) / (n_loci - 1) * (1 - harmonic / n_loci) + harmonic / n_loci


def skill(of_models: np.ndarray, of_baseline: np.ndarray) -> np.ndarray:
    """Share of what a baseline leaves to win that a model wins: 0 is as good as the baseline, 1 is perfect.

    Args:
        of_models: average precision of models.
        of_baseline: that of the baseline, on the same loci.

    Returns:
        ``(AP - AP of the baseline) / (1 - AP of the baseline)``; NaN where the baseline leaves nothing.

    >>> skill(0.99, 0.98).round(2), skill(0.7, 0.98).round(2)
    (np.float64(0.5), np.float64(-14.0))
    """
    left = 1 - np.asarray(of_baseline, dtype=float)
    return (of_models - np.asarray(of_baseline, dtype=float)) / np.where(left > 0, left, np.nan)


def bootstrap_weights(n_loci: int, n_draws: int, *, names: Sequence[str | int]) -> np.ndarray:
    """Draw loci with replacement: how often each is drawn, int32 [draws, loci]; the same for all models, which pairs them.

    Args:
        n_loci: loci there are, and loci per draw.
        n_draws: how many draws.
        names: what the random numbers are derived from.
    """
    random = generator("bootstrap over loci", n_loci, *names)
    return np.stack([np.bincount(random.integers(n_loci, size=n_loci), minlength=n_loci) for _ in range(n_draws)]).astype(
        np.int32
    )


def precision_intervals(
    names: Sequence[str],
    scores: np.ndarray,
    labels: np.ndarray,
    *,
    baseline: str | None = None,
    n_draws: int = 200,
    confidence: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    """Average precision of models with percentile intervals of a bootstrap over loci, and what each is ahead of a baseline.

    Loci count as independent draws. Where neighbours resemble each other, intervals are too narrow; and they say nothing of
    what other cell types, or another seed of the training, would give.

    Args:
        names: of the models, unique.
        scores: [models, loci].
        labels: bool [loci].
        baseline: one of the names; every model is compared with it, draw by draw.
        n_draws: draws.
        confidence: of each interval by itself.
        seed: of the draws; the same for all tables that are to be compared.

    Returns:
        One row per model: model, average_precision, lower, upper, prevalence, n_loci; with a baseline also difference,
        difference_lower, difference_upper, skill, skill_lower, skill_upper.

    Raises:
        InputError: names that do not fit, labels of one class, or what cannot be scored.
    """
    names, active = list(names), np.asarray(labels, dtype=bool)
    if len(set(names)) != len(np.atleast_2d(scores)) or len(set(names)) < len(names):
        raise InputError(f"There are {len(names)} names, {len(set(names))} of them different, for {len(scores)} models.")
    if baseline is not None and baseline not in names:
        raise InputError(f"Baseline {baseline!r} is none of the models: {', '.join(names)}.")
    if active.all() or not active.any():
        raise InputError("All loci have the same label; average precision needs loci of both classes.")
    draws = bootstrap_weights(active.size, n_draws, names=(seed,))
    found, drawn = average_precision(scores, active), average_precision(scores, active, weights=draws)
    columns = {"model": names, "average_precision": found, **_bounds("", drawn, confidence)}
    columns |= {"prevalence": active.mean(), "n_loci": active.size}
    if baseline is not None:
        base = names.index(baseline)
        columns |= {"difference": found - found[base], **_bounds("difference_", drawn - drawn[base], confidence)}
        columns |= {"skill": skill(found, found[base]), **_bounds("skill_", skill(drawn, drawn[base]), confidence)}
    return pd.DataFrame(columns)


def percentile_bounds(drawn: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Percentile interval of every row of draws [models, draws]; draws that are NaN, of one class, are passed over."""
    usable = np.isfinite(drawn).any(axis=-1, keepdims=True)
    shares = [(1 - confidence) / 2, (1 + confidence) / 2]
    lower, upper = np.nanquantile(np.where(usable, drawn, 0.0), shares, axis=-1)
    return tuple(np.where(usable[..., 0], bound, np.nan) for bound in (lower, upper))


def _bounds(prefix: str, drawn: np.ndarray, confidence: float) -> dict[str, np.ndarray]:
    return dict(zip((f"{prefix}lower", f"{prefix}upper"), percentile_bounds(drawn, confidence), strict=True))


def _of_model(scores: np.ndarray, active: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Average precision of one model in every draw, float64 [draws]; sorted once."""
    order = np.argsort(-scores, kind="stable")
    descending = scores[order]
    # The last place of every threshold, by place: a locus is found together with those of the same score.
    ends = np.append(np.flatnonzero(descending[1:] != descending[:-1]), len(order) - 1)
    ends = np.repeat(ends, np.diff(ends, prepend=-1))
    positive = np.flatnonzero(active[order])
    if not len(positive):
        return np.full(len(weights), np.nan)
    ends = ends[positive]
    last_positive = np.searchsorted(positive, ends, side="right") - 1
    whole = np.issubdtype(weights.dtype, np.integer)
    # Half as wide numbers take half the time.
    dtype = np.float64 if not whole else np.int32 if weights.sum(axis=1).max() < np.iinfo(np.int32).max else np.int64
    least = 1 if whole else np.finfo(float).tiny  # where nothing was seen yet, nothing is found either
    found, step = np.empty(len(weights)), max(1, _AT_ONCE // len(order))
    for start in range(0, len(weights), step):
        of_loci = np.take(weights[start : start + step], order, axis=1)
        of_positive = np.take(of_loci, positive, axis=1)
        seen = np.take(np.cumsum(of_loci, axis=1, dtype=dtype), ends, axis=1)
        right = np.cumsum(of_positive, axis=1, dtype=dtype)
        precision = np.take(right, last_positive, axis=1) / np.maximum(seen, least)
        with np.errstate(invalid="ignore"):  # no positive was drawn: 0 / 0
            found[start : start + step] = np.einsum("dl,dl->d", of_positive, precision) / right[:, -1]
    return found

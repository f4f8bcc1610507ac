"""Other causes of signal beyond class means, each tried before the word "non-linear" is used."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pandas as pd

from linear_signal.seeds import generator
from linear_signal.studies.own_data.covariates import features_of, vary_within, without_covariates
from linear_signal.studies.own_data.signal_test import CANNOT, SignalTest, test_signal
from linear_signal.studies.own_data.zeros import zeros_tell_classes

CHANGES, STAYS, NOT_APPLICABLE, NOT_ASSESSED = STATUSES = ("changes", "stays", "not applicable", "not assessed")
_PERMUTATIONS = 99
_MOST_SAMPLES = 2000
_APPLY = 3  # causes that apply to a data set, as a rule: among these is the time divided beforehand
_WIDELY = 0.9
# Shares of zeros below which they cannot be what is seen.
_FEW_ZEROS = 0.02
_UNEQUAL = 1.5
# Values of a log scale do not reach this.
_NO_LOG = 50.0


def other_causes(
    values: np.ndarray,
    labels: Sequence[str],
    groups: Sequence[str] | None = None,
    *,
    scaling: str = "none",
    totals: np.ndarray | None = None,
    zeros: np.ndarray | None = None,
    raw: np.ndarray | None = None,
    covariates: pd.DataFrame | None = None,
    names: Sequence[str | int] = ("data",),
    minutes: float = 1.0,
    until: float | None = None,
    say: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """Test again with one possible cause taken away at a time, by the probes in closed form and 99 permutations.

    A cause "changes" the answer where nothing is found without it; that can also be for want of genes or samples, which
    ``says`` tells. It "stays" where signal is found without it as well.

    Args:
        values: float [samples, genes], as they were tested.
        labels: [samples].
        groups: [samples], or None.
        scaling: what was done to the values: "log1p", "cpm_log1p", "zero_one" or "none".
        totals: float [samples], sums of counts.
        zeros: float [samples], shares of zeros among the values as they came.
        raw: float [samples, genes], counts as they came; None where they are not at hand.
        covariates: [samples, columns], numbers or texts, such as age, sex or subtype.
        names: what random numbers are derived from.
        minutes: of two cores, for all of it, that samples and genes are fitted to beforehand.
        until: reading of ``time.monotonic`` at which it ends, whatever is done by then; None: as many minutes from now.
            Every cause has an equal part of the time that is left.
        say: is told what is being tried.

    Returns:
        A row per cause: cause, status (one of ``STATUSES``), says.

    Source: causes that look like non-linear signal once class means are equal, of the methods page.
    """
    labels = np.asarray(labels).astype(str)
    rows = np.sort(generator(*names, "other causes").permutation(len(labels))[:_MOST_SAMPLES])
    labels, values = labels[rows], np.asarray(values)[rows].astype(np.float32, copy=False)
    of_group = (np.arange(len(labels)) if groups is None else np.asarray(groups)[rows]).astype(str)
    totals, zeros, raw = (None if some is None else np.asarray(some)[rows] for some in (totals, zeros, raw))
    known = None if covariates is None or not len(covariates.columns) else covariates.iloc[rows]
    until = time.monotonic() + 60 * minutes if until is None else until
    again = partial(_again, names=names, minutes=minutes / _APPLY)
    tries = {
        "scale": lambda again: _log_scale(values, labels, of_group, scaling, raw, again),
        "zeros": lambda again: _widely_expressed(values, labels, of_group, zeros, names, again),
        "depth": lambda again: _equal_depth(labels, of_group, scaling, totals, raw, names, again),
        "group means": lambda again: _without_group_means(values, labels, of_group, again),
        "numbers of groups": lambda again: _equal_groups(values, labels, of_group, names, again),
        "covariates": lambda again: _without_covariates(values, labels, of_group, known, again),
    }
    rows = []
    for place, (cause, attempt) in enumerate(tries.items()):
        if say:
            say(f"Another cause: {cause}.")
        ends = time.monotonic() + (until - time.monotonic()) / (len(tries) - place)
        status, says = attempt(partial(again, until=ends))
        rows.append({"cause": cause, "status": status, "says": says})
    return pd.DataFrame(rows)


Outcome = tuple[str, str]
Again = Callable[[np.ndarray, np.ndarray, np.ndarray, str], Outcome]


def _again(
    values: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray,
    how: str,
    *,
    names: Sequence[str | int],
    minutes: float,
    until: float,
) -> Outcome:
    """Test, and say what became of the signal ``how``."""
    found: SignalTest = test_signal(
        values,
        labels,
        groups,
        names=(*names, how),
        minutes=minutes,
        until=until,
        rungs=(),
        plants=False,
        trained=False,
        permutations=_PERMUTATIONS,
    )
    if found.answer == CANNOT:
        if found.minutes_needed:
            return NOT_ASSESSED, f"Time did not suffice to test {how}; give it more minutes."
        return NOT_ASSESSED, f"What is left {how} cannot be tested. {found.why}"
    size = f"p = {found.p_value:.2f}, {values.shape[0]:,} samples and {values.shape[1]:,} genes"
    if found.found:
        return STAYS, f"It is found {how} as well ({size})."
    return CHANGES, f"It is not found {how} ({size})."


def _log_scale(
    values: np.ndarray, labels: np.ndarray, groups: np.ndarray, scaling: str, raw: np.ndarray | None, again: Again
) -> Outcome:
    source = values if raw is None else np.asarray(raw, dtype=np.float32)
    if "log" in scaling or source.min() < 0 or (scaling != "zero_one" and source.max() < _NO_LOG):
        return NOT_APPLICABLE, "Values are on a log scale, or can be negative."
    if scaling == "zero_one" and raw is None:
        return NOT_ASSESSED, "Values came scaled from 0 to 1, of which no logarithm can be taken."
    return again(np.log1p(source), labels, groups, "on the log scale")


def _widely_expressed(
    values: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray,
    zeros: np.ndarray | None,
    names: Sequence[str | int],
    again: Again,
) -> Outcome:
    lowest = values.min(axis=0)
    mask = values > lowest
    expressed = mask.mean(axis=0)
    # One sample holds the smallest value of a gene whatever its scale; zeros are many.
    share = float(np.mean(zeros)) if zeros is not None else float(np.mean(np.maximum(0, 1 - expressed - 1 / len(values))))
    if share < _FEW_ZEROS:
        return NOT_APPLICABLE, f"{100 * share:.1f} % of the values are zeros, which is too few to matter."
    wide = expressed > _WIDELY
    told, area = zeros_tell_classes(mask, labels, groups, names=names)
    alone = f" Zeros alone tell the classes apart (area under the curve {area:.2f})." if told else ""
    if wide.sum() < 20:
        status = CHANGES if told else NOT_ASSESSED
        return status, f"Only {wide.sum()} genes are expressed in more than {100 * _WIDELY:.0f} % of the samples.{alone}"
    status, says = again(
        values[:, wide], labels, groups, f"in genes expressed in more than {100 * _WIDELY:.0f} % of samples"
    )
    return status, says + alone


def _equal_depth(
    labels: np.ndarray,
    groups: np.ndarray,
    scaling: str,
    totals: np.ndarray | None,
    raw: np.ndarray | None,
    names: Sequence[str | int],
    again: Again,
) -> Outcome:
    if raw is None:
        return NOT_ASSESSED if totals is not None else NOT_APPLICABLE, "Counts as they came are not at hand to be thinned."
    counts = np.asarray(raw)
    if counts.min() < 0 or (np.abs(counts - np.round(counts)) > 1e-6).any():
        return NOT_APPLICABLE, "Values are not counts."
    sums = counts.sum(axis=1)
    depth = np.quantile(sums, 0.05)
    if depth < 1 or np.quantile(sums, 0.95) < _UNEQUAL * depth:
        return NOT_APPLICABLE, "All samples are of about the same depth."
    kept = np.minimum(1, depth / np.maximum(sums, 1))
    thinned = generator(*names, "thinned").binomial(np.round(counts).astype(np.int64), kept[:, None])
    return again(
        np.log1p(thinned) if "log" in scaling else thinned, labels, groups, f"in counts thinned to {depth:,.0f} a sample"
    )


def _without_group_means(values: np.ndarray, labels: np.ndarray, groups: np.ndarray, again: Again) -> Outcome:
    of_group, sizes = np.unique(groups, return_inverse=True, return_counts=True)[1:]
    kept = sizes[of_group] > 1
    if np.median(sizes) < 3:
        return NOT_APPLICABLE, "Groups have too few samples each for a mean of their own."
    means = np.zeros((len(sizes), values.shape[1]), dtype=np.float32)
    np.add.at(means, of_group, values)
    means /= sizes[:, None]
    # A small group's mean takes more of the spread with it.
    stretch = np.sqrt(sizes / np.maximum(sizes - 1, 1))[of_group, None].astype(np.float32)
    within = (values - means[of_group]) * stretch
    return again(within[kept], labels[kept], groups[kept], "once means of groups are equal too")


def _without_covariates(
    values: np.ndarray, labels: np.ndarray, groups: np.ndarray, covariates: pd.DataFrame | None, again: Again
) -> Outcome:
    if covariates is None:
        return (
            NOT_APPLICABLE,
            "No covariate was named; a class of several kinds, such as subtypes, looks like this too.",
        )
    features, names = features_of(covariates), ", ".join(map(str, covariates))
    if not features.shape[1]:
        return NOT_APPLICABLE, f"Covariates have one value over all samples ({names})."
    codes = np.unique(labels, return_inverse=True)[1]
    if not vary_within(codes, features):
        return NOT_APPLICABLE, f"Covariates have one value within each class, so that nothing can be taken off ({names})."
    left, kept = without_covariates(values, codes, features)
    return again(left, labels[kept], groups[kept], f"once what covariates explain is taken off ({names})")


def _equal_groups(
    values: np.ndarray, labels: np.ndarray, groups: np.ndarray, names: Sequence[str | int], again: Again
) -> Outcome:
    of_class = {one: np.unique(groups[labels == one]) for one in np.unique(labels)}
    counts = [len(some) for some in of_class.values()]
    if max(counts) < _UNEQUAL * min(counts):
        return NOT_APPLICABLE, "All classes have about as many groups."
    kept = np.zeros(len(labels), dtype=bool)
    for one, some in of_class.items():
        chosen = generator(*names, "equal groups", one).permutation(some)[: min(counts)]
        kept |= (labels == one) & np.isin(groups, chosen)
    return again(values[kept], labels[kept], groups[kept], f"with {min(counts)} groups of every class")

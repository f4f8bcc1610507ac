"""The ladder of removal: classes are made equal in one thing more at every rung, each set of samples by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from linear_signal.data.companies import Company, deal
from linear_signal.data.equal_companies import centred, normal_scores, standardised, whitened
from linear_signal.data.signal_removal import remove_linear_signal
from linear_signal.data.ties import broken_ties, spread_zeros
from linear_signal.errors import InputError, unknown
from linear_signal.seeds import generator


@dataclass(frozen=True, kw_only=True)
class Rung:
    """One rung.

    Attributes:
        title: in figures, behind those of the rungs below.
        phrase: inside a sentence.
        equal: what is equal between classes, as mathematics.
        unseen: what it cannot see, and leaves.
    """

    title: str
    phrase: str
    equal: str
    unseen: str


RUNGS = {
    "full": Rung(
        title="everything",
        phrase="with full signal",
        equal="nothing",
        unseen="everything",
    ),
    "removed": Rung(
        title="means equal",
        phrase="with equal means",
        equal="the mean m[c, g] of every gene g in every class c",
        unseen="spreads, shapes, covariances, and its own traces: zeros that moved with the mean, and the size of a class",
    ),
    "spreads_removed": Rung(
        title="and spreads",
        phrase="with equal means and spreads",
        equal="m[c, g] = 0 and the variance s[c, g]^2 = 1",
        unseen="shapes of distributions, covariances of genes",
    ),
    "distributions_removed": Rung(
        title="and distributions of single genes",
        phrase="with equal distributions of single genes",
        equal="P(x[g] < t | c), a standard normal distribution for every gene in every class",
        unseen="how genes go together",
    ),
    "covariances_removed": Rung(
        title="and covariances",
        phrase="with equal covariances as well",
        equal="the covariance of any two genes within the span of the leading components",
        unseen="what three or more genes do together; and it drops what lies outside of the span",
    ),
}
LADDER = tuple(RUNGS)
# As "removed" but for its traces: zeros are spread out, companies have one size, and get back the spread that a mean takes.
WITHOUT_TRACES = "removed_without_traces"
# Of the samples of the smallest company: with more components than this, whitening is an inverse of mostly noise.
_MOST_COMPONENTS = 0.5
_VALUES_AT_ONCE = 4_000_000


def make_equal(
    expression: np.ndarray,
    classes: np.ndarray,
    *,
    rung: str,
    groups: np.ndarray | None = None,
    n_components: int | None = None,
    axes: np.ndarray | None = None,
    names: Sequence[str | int] = ("data",),
) -> np.ndarray:
    """Make the classes of a set of samples equal in all that a rung of the ladder names.

    Above "removed", every class is first dealt out into companies of one size (:func:`~linear_signal.data.companies.deal`)
    and each company is made equal by itself, so that nothing tells a small class from a large one. Zeros and other ties are
    broken at random. Values come out in standard deviations, with mean 0. Samples of classes too thin for this, which have
    one group or fewer than a tenth of the median class's, take the values of other classes' samples, drawn at random: no
    model can tell them from those.

    Like the removal of means it uses the labels of the samples it is given: an instrument of analysis, not a predictor.

    Args:
        expression: float [samples, genes], finite.
        classes: int [samples].
        rung: one of ``LADDER``, or ``WITHOUT_TRACES``.
        groups: [samples], what samples come in, such as donors or studies; None where each stands for itself.
        n_components: of "covariances_removed": number of leading components within which covariances are made equal, at
            most half the samples of the smallest company; as many as that where None.
        axes: these components, of other samples than these, such as those a model learns from (:func:`leading_axes`).
        names: what random numbers are derived from; the same names and samples give the same values.

    Returns:
        float32 [samples, genes].

    Raises:
        InputError: an unknown rung, fewer than two classes, shapes that disagree, or values that are not finite.

    Source: Heil et al. 2023, Methods, "Signal removal", for the first step; the others are this book's.
    """
    if rung not in (*LADDER, WITHOUT_TRACES):
        raise unknown("rung of the ladder", rung, (*LADDER, WITHOUT_TRACES))
    expression, classes = np.asarray(expression), np.asarray(classes)
    groups = None if groups is None else np.asarray(groups)
    _check(expression, classes, groups)
    if rung == "full":
        return expression.astype(np.float32)
    if rung == "removed":
        return remove_linear_signal(expression.astype(np.float32), classes)
    dealt = deal(classes, groups, names=names)
    if rung == "covariances_removed" and axes is None:
        axes = leading_axes(expression, classes, groups=groups, n_components=n_components, names=names)
    if axes is not None and axes.shape[1] >= max(2, dealt.n_samples):
        raise InputError(
            f"The ladder of removal got {axes.shape[1]} components for companies of {dealt.n_samples} samples. Use "
            f"n_components {most_components(classes, groups, names=names)} or fewer."
        )
    values = spread_zeros(expression, names=names)
    result = np.zeros(expression.shape, dtype=np.float32)
    for companies in _of_one_size(dealt.companies, most=_VALUES_AT_ONCE // expression.shape[1]):
        some = [broken_ties(values[company.rows], names=(*names, *company.name)) for company in companies]
        some = centred(np.array(some))
        if rung != WITHOUT_TRACES:
            some = standardised(some)
        if rung in ("distributions_removed", "covariances_removed"):
            draws = [generator(*names, *company.name, "inside a rank").random(some.shape[1:]) for company in companies]
            some = normal_scores(some, np.array(draws))
        if rung == "covariances_removed":
            some = whitened(some, axes)
        for company, equal in zip(companies, some, strict=True):
            result[company.rows[company.own]] = equal[company.own]
    if len(dealt.thin) and dealt.companies:
        others = np.concatenate([company.rows for company in dealt.companies])
        result[dealt.thin] = result[generator(*names, "thin").choice(np.sort(others), len(dealt.thin))]
    return result


def leading_axes(
    expression: np.ndarray,
    classes: np.ndarray,
    *,
    groups: np.ndarray | None = None,
    n_components: int | None = None,
    names: Sequence[str | int] = ("data",),
) -> np.ndarray:
    """Find the leading principal components of samples whose classes have equal distributions of single genes.

    Args:
        expression, classes, groups, n_components, names: as of :func:`make_equal`.

    Returns:
        float64 [genes, components], orthonormal columns. Where there are no fewer components than genes, genes themselves.
    """
    allowed = most_components(classes, groups, names=names)
    wanted = min(n_components or allowed, allowed)
    n_genes = expression.shape[1]
    if wanted >= n_genes:
        return np.eye(n_genes)
    values = make_equal(expression, classes, rung="distributions_removed", groups=groups, names=names)
    directions = np.linalg.svd(values - values.mean(axis=0), full_matrices=False)[2]
    return directions[:wanted].T.astype(np.float64)


def most_components(classes: np.ndarray, groups: np.ndarray | None, *, names: Sequence[str | int]) -> int:
    """Count the components within which covariances of a set of samples can be made equal: at least 1."""
    return max(1, int(_MOST_COMPONENTS * deal(classes, groups, names=names).n_samples))


def _of_one_size(companies: Sequence[Company], *, most: int) -> Iterator[list[Company]]:
    """Put companies of the same number of samples together, up to a number of samples in all."""
    ordered = sorted(companies, key=lambda company: len(company.rows))
    for size, alike in groupby(ordered, key=lambda company: len(company.rows)):
        of_size, at_once = list(alike), max(1, most // size)
        for start in range(0, len(of_size), at_once):
            yield of_size[start : start + at_once]


def _check(expression: np.ndarray, classes: np.ndarray, groups: np.ndarray | None) -> None:
    if expression.ndim != 2 or classes.shape != (len(expression),) or (groups is not None and groups.shape != classes.shape):
        raise InputError(
            f"The ladder of removal got expression of shape {expression.shape}, classes of shape {classes.shape} and groups "
            f"of shape {None if groups is None else groups.shape}; samples x genes, and one class and group per sample, are "
            "needed."
        )
    present = np.unique(classes)
    if len(present) < 2:
        raise InputError(f"The ladder of removal needs at least two classes; only class {present.tolist()} is present.")
    if not np.isfinite(expression).all():
        raise InputError("The ladder of removal got values that are missing or infinite. Drop or impute them first.")

"""Residuals: values less the mean of their class, and what removal within any set of samples makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from linear_signal.studies.own_data.cells import Cells

# Beyond so many standard deviations a value counts as if it lay there: one outlier would be most of a square.
_FARTHEST = 5.0


@dataclass(frozen=True, eq=False, kw_only=True)
class SampleSet:
    """Samples from which removal takes the class means, each the mean of the means of its groups.

    Attributes:
        rows: int64 [samples].
        classes: int64 [samples].
        weights: float32 [classes, samples], of a sample in the mean of its class: rows add up to 1, or to 0 where the class
            is absent.
        stretch: float32 [samples], sqrt(G / (G - 1)) for G groups of its class, which gives residuals the spread they had.
    """

    rows: np.ndarray
    classes: np.ndarray
    weights: np.ndarray
    stretch: np.ndarray


def sample_set(cells: Cells, of_sample: np.ndarray, chosen: np.ndarray) -> SampleSet:
    """Make the set of the samples that lie in the chosen cells.

    Args:
        cells: their classes.
        of_sample: int64 [samples], the cell of each, as it is or permuted.
        chosen: bool [cells].
    """
    rows = np.flatnonzero(chosen[of_sample])
    # By cell and not by sample: what draws samples by their place then cannot know labels as they are from permuted ones.
    rows = rows[np.argsort(of_sample[rows], kind="stable")]
    own = of_sample[rows]
    sizes = np.bincount(own, minlength=len(chosen))
    n_groups = np.bincount(cells.classes[chosen], minlength=cells.n_classes)
    classes = cells.classes[own]
    weights = np.zeros((cells.n_classes, len(rows)), dtype=np.float32)
    weights[classes, np.arange(len(rows))] = 1 / (sizes[own] * n_groups[classes])
    stretch = np.sqrt(n_groups / np.maximum(n_groups - 1, 1))
    return SampleSet(rows=rows, classes=classes, weights=weights, stretch=stretch[classes].astype(np.float32))


@dataclass(frozen=True, eq=False, kw_only=True)
class Residuals:
    """Residuals in standard deviations of the values, and what of them no permutation changes.

    What genes weigh must not come from residuals of the labels as they are: genes in which classes differ by chance, in what
    is learnt from and in what is judged alike, would then weigh more than genes do with permuted labels.

    Attributes:
        values: float32 [samples, genes], C-contiguous.
        few: int64 [some genes], the ones that probes look at which cannot look at all.
        deviation: float32 [some genes], standard deviations of the values of these, over their root mean square.
    """

    values: np.ndarray
    few: np.ndarray
    deviation: np.ndarray

    def prepare(self) -> None:
        """Compute what several workers will ask for, once."""
        _ = self.powers, self.inner, self.some

    @cached_property
    def powers(self) -> tuple[np.ndarray, ...]:
        """First to fourth powers of the residuals, float32 [genes, samples] each: so they are summed twice as fast."""
        values = np.ascontiguousarray(self.values.T)
        squares = np.square(values)
        return values, squares, squares * values, np.square(squares)

    @cached_property
    def inner(self) -> np.ndarray:
        """Inner products of samples over the number of genes, float32 [samples, samples]."""
        return self.values @ self.values.T / self.values.shape[1]

    @cached_property
    def some(self) -> np.ndarray:
        """Residuals of the few genes, float32 [samples, few]."""
        return np.ascontiguousarray(self.values[:, self.few])


def residuals_of(values: np.ndarray, cells: Cells, *, most_genes: int, few: int) -> Residuals:
    """Take class means off, divide genes by their spread over all samples, and draw far outliers in.

    These are what the null is of. Removal within a set makes of them what it makes of the values themselves, with labels as
    they are; what is observed must have lost as much as the null has, see :func:`centred_again`.

    Args:
        values: float [all samples, genes], of which ``cells.rows`` are taken.
        cells: of the samples.
        most_genes, few: how many genes to keep at most, and to look at where all are too many: those that vary most.
    """
    residuals = np.asarray(values)[cells.rows].astype(np.float32, copy=False)
    largest, deviation = np.abs(residuals).max(axis=0), residuals.std(axis=0)
    residuals -= _class_means(residuals, cells, cells.of_sample)
    # What rounding leaves of a gene that is constant in every class is no residual.
    varies = residuals.std(axis=0) > 1e-5 * np.maximum(largest, 1e-30)
    order = np.flatnonzero(varies)[np.argsort(-deviation[varies], kind="stable")]
    kept = np.sort(order[:most_genes])
    few_of_kept = np.searchsorted(kept, np.sort(order[: min(few, most_genes)]))
    residuals = residuals[:, kept] / deviation[kept]
    np.clip(residuals, -_FARTHEST, _FARTHEST, out=residuals)
    of_few = deviation[kept][few_of_kept]
    of_few = (of_few * np.sqrt(len(of_few) / max(np.square(of_few).sum(), 1e-30))).astype(np.float32)
    return Residuals(values=residuals, few=few_of_kept, deviation=of_few)


def centred_again(residuals: Residuals, cells: Cells, of_sample: np.ndarray) -> Residuals:
    """Take off class means once more, of labels permuted: what is observed comes from these residuals.

    A permutation judges residuals that have lost the means of two labellings: the true one, over all samples, and its own.
    Judged as they are, they would have lost those of one, and what trained probes reach would spread wider than its null
    (measured: ``benchmarks/own_data_null.py``). With the means of one permutation off, labels and permutation have changed
    places, and nothing else differs.

    Args:
        residuals: of :func:`residuals_of`.
        cells: of the samples.
        of_sample: int64 [samples], the cell of each, permuted.
    """
    values = residuals.values - _class_means(residuals.values, cells, of_sample)
    return Residuals(values=values, few=residuals.few, deviation=residuals.deviation)


def centred_jointly(residuals: Residuals, cells: Cells, of_sample: np.ndarray, other: np.ndarray) -> Residuals:
    """Take off the class means of two labellings at once, of the few genes: those alone are kept.

    Which of the two is judged then makes no difference to what was lost. One after the other, the first comes back a little
    where the second is taken off, which is what separates :func:`centred_again` from its null; trained probes see it.

    Args:
        residuals: of :func:`residuals_of`.
        cells: of the samples.
        of_sample, other: int64 [samples], the cell of each, as it is or permuted.
    """
    weights = np.concatenate([_weights(cells, one) for one in (of_sample, other)]).astype(np.float64)
    classes = [cells.classes[one][:, None] == np.arange(cells.n_classes) for one in (of_sample, other)]
    members = np.concatenate(classes, axis=1).astype(np.float64)
    # Two labellings share a constant, and may share more: of all solutions the shortest.
    means = np.linalg.pinv(weights @ members) @ (weights @ residuals.some)
    values = (residuals.some - members @ means).astype(np.float32)
    return Residuals(values=values, few=np.arange(values.shape[1]), deviation=residuals.deviation)


def _class_means(values: np.ndarray, cells: Cells, of_sample: np.ndarray) -> np.ndarray:
    """The mean of its class, of every sample: [samples, genes]."""
    return (_weights(cells, of_sample) @ values)[cells.classes[of_sample]]


def _weights(cells: Cells, of_sample: np.ndarray) -> np.ndarray:
    """Weights of all samples in the means of the classes, in the samples' own order: float32 [classes, samples]."""
    everything = sample_set(cells, of_sample, np.ones(len(cells.classes), dtype=bool))
    weights = np.empty_like(everything.weights)
    weights[:, everything.rows] = everything.weights
    return weights


def removed(values: np.ndarray, some: SampleSet) -> np.ndarray:
    """Take the class means of a set off its samples: float32 [samples of the set, genes].

    Args:
        values: float32 [samples, genes].
    """
    own = values[some.rows]
    own -= (some.weights @ own)[some.classes]
    own *= some.stretch[:, None]
    return own


def removed_inner(inner: np.ndarray, left: SampleSet, right: SampleSet) -> np.ndarray:
    """Inner products of two sets after removal in each, from those before: float32 [left, right].

    Args:
        inner: float32 [samples, samples].
    """
    result = inner[np.ix_(left.rows, right.rows)]
    result -= (left.weights @ result)[left.classes]
    result -= (result @ right.weights.T)[:, right.classes]
    result *= left.stretch[:, None]
    result *= right.stretch
    return result

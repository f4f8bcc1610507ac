"""Cells: the samples of one group and one class, which are dealt out to folds, permuted and cut together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from linear_signal.seeds import generator

N_CUTS = 3


@dataclass(frozen=True, eq=False, kw_only=True)
class Cells:
    """Samples by group and class.

    Attributes:
        rows: int64 [samples], the rows of the data that take part.
        of_sample: int64 [samples], the cell of each.
        classes, groups: int64 [cells].
    """

    rows: np.ndarray
    of_sample: np.ndarray
    classes: np.ndarray
    groups: np.ndarray

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return int(self.classes.max()) + 1

    @cached_property
    def whole(self) -> np.ndarray:
        """Cells whose group has this class alone: bool [cells]. They are permuted as wholes, others sample by sample."""
        return np.bincount(self.groups)[self.groups] == 1

    def per_class(self) -> np.ndarray:
        """Count the groups of every class: int64 [classes]."""
        return np.bincount(self.classes, minlength=self.n_classes)

    def permuted(self, random: np.random.Generator) -> np.ndarray:
        """Deal the samples out anew: the cell of each, int64 [samples].

        Groups of one class change places as wholes. Samples of a group that holds several classes change places within it,
        so that it keeps its number of samples of each class. A cell keeps its class and its fold.
        """
        places = np.arange(len(self.classes))
        places[self.whole] = random.permutation(places[self.whole])
        dealt = places[self.of_sample]
        of_group = self.groups[self.of_sample]
        for group in np.unique(self.groups[~self.whole]):
            members = np.flatnonzero(of_group == group)
            dealt[members] = random.permutation(dealt[members])
        return dealt


def cells_of(classes: np.ndarray, groups: np.ndarray, *, most: int, names: Sequence[str | int]) -> Cells:
    """Find the cells, with groups of the same sizes in all classes.

    Where a group has a single class, its samples are cut to the number that the smallest class's group of the same rank
    among its class has: sizes of groups then tell nothing of the class, and groups can take each other's place.

    Args:
        classes, groups: int64 [samples].
        most: samples to keep. With more, groups are cut first, all to one size, and then classes to fewer groups.
        names: what random numbers are derived from.
    """
    random = generator(*names, "cells")
    pairs, of_sample = np.unique(np.stack([groups, classes]), axis=1, return_inverse=True)
    of_sample = of_sample.ravel()
    cells_groups, cells_classes = np.unique(pairs[0], return_inverse=True)[1], pairs[1]
    sizes = np.bincount(of_sample)
    whole = np.bincount(cells_groups)[cells_groups] == 1
    kept_sizes = _no_larger(_matched(sizes, cells_classes, whole, random), cells_classes, most, random)
    order = random.permutation(len(of_sample))
    place = np.empty(len(order), dtype=np.int64)  # of a sample among those of its cell, at random
    by_cell = order[np.argsort(of_sample[order], kind="stable")]
    place[by_cell] = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    rows = np.flatnonzero(place < kept_sizes[of_sample])
    kept, of_kept = np.unique(of_sample[rows], return_inverse=True)
    return Cells(
        rows=rows,
        of_sample=of_kept,
        classes=cells_classes[kept],
        groups=np.unique(cells_groups[kept], return_inverse=True)[1],
    )


def folds_of(cells: Cells, *, n_folds: int, names: Sequence[str | int]) -> np.ndarray:
    """Deal groups out to folds, the groups of every class evenly as far as they go: int64 [cells]."""
    random = generator(*names, "folds")
    counts = np.zeros((n_folds, cells.n_classes))
    folds = np.empty(len(cells.classes), dtype=np.int64)
    n_groups = int(cells.groups.max()) + 1
    order = random.permutation(n_groups)
    # Groups with many classes are the hardest to place, and come first.
    n_cells = np.bincount(cells.groups)
    for group in order[np.argsort(-n_cells[order], kind="stable")]:
        members = np.flatnonzero(cells.groups == group)
        own = cells.classes[members]
        fold = np.lexsort((random.random(n_folds), counts.sum(axis=1), counts[:, own].sum(axis=1)))[0]
        folds[members] = fold
        counts[fold, own] += 1
    return folds


def cuts_of(cells: Cells, folds: np.ndarray, fold: int, *, names: Sequence[str | int]) -> list[np.ndarray]:
    """Cut a fold to as many groups of every class: bool [cells] per cut; one cut where they are as many already.

    Classes with a single group there, or fewer than two elsewhere, take no part. No cut where fewer than two classes do.
    """
    random = generator(*names, "cuts", fold)
    inside, outside = (
        np.bincount(cells.classes[some], minlength=cells.n_classes) for some in (folds == fold, folds != fold)
    )
    taking_part = np.flatnonzero((inside >= 2) & (outside >= 2))
    if len(taking_part) < 2:
        return []
    n_each = inside[taking_part].min()
    cuts = []
    for _ in range(1 if (inside[taking_part] == n_each).all() else N_CUTS):
        cut = np.zeros(len(folds), dtype=bool)
        for one in taking_part:
            cut[random.permutation(np.flatnonzero((folds == fold) & (cells.classes == one)))[:n_each]] = True
        cuts.append(cut)
    return cuts


def _matched(sizes: np.ndarray, classes: np.ndarray, whole: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Cut groups of a single class so that quantiles of their sizes agree between classes."""
    result = sizes.copy()
    present = np.unique(classes[whole])
    ordered = {one: np.sort(sizes[whole & (classes == one)]) for one in present}
    for one in present:
        members = np.flatnonzero(whole & (classes == one))
        members = members[np.lexsort((random.random(len(members)), sizes[members]))]
        share = (np.arange(len(members)) + 0.5) / len(members)
        quantiles = [other[np.minimum((share * len(other)).astype(int), len(other) - 1)] for other in ordered.values()]
        result[members] = np.min(quantiles, axis=0)
    return result


def _no_larger(sizes: np.ndarray, classes: np.ndarray, most: int, random: np.random.Generator) -> np.ndarray:
    """Cut cells to one largest size, and where that is not enough classes to fewer groups, until ``most`` samples remain."""
    limit = sizes.max()
    while limit > 1 and np.minimum(sizes, limit).sum() > most:
        limit = max(1, int(limit * 0.9))
    result = np.minimum(sizes, limit)
    order = random.permutation(len(sizes))
    while result.sum() > most:
        counts = np.bincount(classes[result > 0])
        largest = np.flatnonzero(counts == counts.max())
        n_kept = max(int(counts.max() * 0.95), 1)
        for one in largest:
            members = order[(classes[order] == one) & (result[order] > 0)]
            result[members[n_kept:]] = 0
    return result

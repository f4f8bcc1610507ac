"""Companies: every class dealt out at random into parts of one size, so that no part tells how large its class is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from linear_signal.seeds import generator

# Differences of 1 / size between companies of different classes that are let pass for the sake of larger companies: what a
# class's own mean and spread leave behind in its samples goes by 1 / size, and its first order is taken out besides.
_ALIKE = 0.003
# A class with a smaller share of the groups of the median class than this would cut all others down to its own size.
_THIN = 0.1


@dataclass(frozen=True, eq=False, kw_only=True)
class Company:
    """Samples of one class that are made equal together.

    Attributes:
        name: of its class and its number in it, what random numbers are derived from.
        rows: int64 [samples], rows of the set.
        groups: int64 [samples], from 0, sorted: the group of every sample; of two groups at least.
    """

    name: tuple[int, int]
    rows: np.ndarray
    groups: np.ndarray


@dataclass(frozen=True, eq=False, kw_only=True)
class Dealt:
    """A set of samples, dealt out.

    Attributes:
        companies: of all classes but the thin ones.
        thin: int64, rows of classes with a single group, or with fewer than a tenth of the groups of the median class.
    """

    companies: tuple[Company, ...]
    thin: np.ndarray

    @property
    def n_samples(self) -> int:
        """Samples of the smallest company; 0 where there is none."""
        return min((len(one.rows) for one in self.companies), default=0)


def deal(classes: np.ndarray, groups: np.ndarray | None, *, names: Sequence[str | int]) -> Dealt:
    """Deal the samples of every class out into companies of whole groups, of the same number of groups in all classes.

    That number is the largest for which companies of different classes differ too little to matter, at most the number of
    groups of the smallest class. What is then done to a company treats all classes alike, whatever their size: where labels
    mean nothing, a sample looks the same whatever its label.

    Args:
        classes: int [samples].
        groups: [samples], such as donors or studies; None where every sample stands for itself.
        names: what the deal is derived from.

    >>> [len(one.rows) for one in deal(np.repeat([0, 1], [10, 31]), None, names=("example",)).companies]
    [10, 11, 10, 10]
    """
    members = {int(one): _groups_of(np.flatnonzero(classes == one), groups) for one in np.unique(classes)}
    counts = {one: len(parts) for one, parts in members.items()}
    median = sorted(counts.values())[(len(counts) - 1) // 2]
    kept = {one: count for one, count in counts.items() if count >= max(2, _THIN * median)}
    companies: list[Company] = []
    for one, n_parts in _companies_each(kept).items():
        order = generator(*names, "companies", one).permutation(counts[one])
        for number, chosen in enumerate(np.array_split(order, n_parts)):
            parts = [members[one][place] for place in np.sort(chosen)]
            of_part = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
            companies.append(Company(name=(one, number), rows=np.concatenate(parts), groups=of_part))
    thin = np.flatnonzero(~np.isin(classes, list(kept)))
    return Dealt(companies=tuple(companies), thin=thin)


def _groups_of(rows: np.ndarray, groups: np.ndarray | None) -> list[np.ndarray]:
    """Cut rows into groups, in the order of the groups' names."""
    if groups is None:
        return list(rows[:, None])
    codes = np.unique(groups[rows], return_inverse=True)[1]
    return np.split(rows[np.argsort(codes, kind="stable")], np.cumsum(np.bincount(codes))[:-1])


def _companies_each(counts: dict[int, int]) -> dict[int, int]:
    """Say how many companies each class is dealt out to, so that their sizes agree between classes."""
    if not counts:
        return {}
    sizes = np.array(list(counts.values()))
    best, best_spread = np.ones_like(sizes), np.inf
    # Half the smallest class will always do: other classes then hold at least two companies, of nearly that size.
    for size in range(sizes.min(), max(2, sizes.min() // 2) - 1, -1):
        parts = np.clip(np.round(sizes / size).astype(int), 1, sizes // 2)
        of_parts = 1 / (sizes / parts)
        spread = of_parts.max() - of_parts.min()
        if spread < best_spread:
            best, best_spread = parts, spread
        if spread <= _ALIKE:
            break
    return dict(zip(counts, best.tolist(), strict=True))

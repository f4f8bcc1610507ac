"""Companies: every class dealt out at random into parts of one size, so that no part tells how large its class is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from linear_signal.seeds import generator

# Differences of 1 / size between companies of different classes that are let pass for the sake of larger companies: what a
# class's own mean and spread leave behind in its samples goes by 1 / size, and its first order is taken out besides.
_ALIKE = 0.01
# A class with a smaller share of the groups of the median class than this would cut all others down to its own size.
_THIN = 0.1


@dataclass(frozen=True, eq=False, kw_only=True)
class Company:
    """Samples of one class that are made equal together.

    Attributes:
        name: of its class and its number in it, what random numbers are derived from.
        rows: int64 [samples], rows of the set.
        groups: int64 [samples], from 0, sorted: the group of every sample; of two groups at least.
        own: bool [samples], who belongs to it; the others belong to another one, and stand in for those it lacks.
    """

    name: tuple[int, int]
    rows: np.ndarray
    groups: np.ndarray
    own: np.ndarray


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

    Where the smallest class is large enough, that number is the largest for which classes can be cut into parts that differ
    too little to matter. Else it is the number of groups of the smallest class, and a company that is left with fewer is
    filled up with other groups of its class. What is then done to a company treats all classes alike, whatever their size:
    where labels mean nothing, a sample looks the same whatever its label.

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
    parts_each, size = _even_parts(list(kept.values())), min(kept.values(), default=0)
    companies: list[Company] = []
    for place, one in enumerate(kept):
        order = generator(*names, "companies", one).permutation(counts[one])
        chosen = np.array_split(order, parts_each[place] if parts_each else np.arange(size, counts[one], size))
        companies += [
            _company((one, number), members[one], some, order[: 0 if parts_each else size - len(some)])
            for number, some in enumerate(chosen)
        ]
    thin = np.flatnonzero(~np.isin(classes, list(kept)))
    return Dealt(companies=tuple(companies), thin=thin)


def _groups_of(rows: np.ndarray, groups: np.ndarray | None) -> list[np.ndarray]:
    """Cut rows into groups, in the order of the groups' names."""
    if groups is None:
        return list(rows[:, None])
    codes = np.unique(groups[rows], return_inverse=True)[1]
    return np.split(rows[np.argsort(codes, kind="stable")], np.cumsum(np.bincount(codes))[:-1])


def _company(name: tuple[int, int], members: list[np.ndarray], some: np.ndarray, further: np.ndarray) -> Company:
    places = np.sort(np.concatenate([some, further]))
    sizes = [len(members[place]) for place in places]
    return Company(
        name=name,
        rows=np.concatenate([members[place] for place in places]),
        groups=np.repeat(np.arange(len(places)), sizes),
        own=np.repeat(np.isin(places, some), sizes),
    )


def _even_parts(counts: list[int]) -> list[int]:
    """Say into how many parts each class can be cut, so that all parts have nearly one size; none where they cannot."""
    sizes = np.array(counts)
    smallest = min(counts, default=0)
    for size in range(smallest, max(1, smallest // 2 - 1), -1):
        parts = np.maximum(1, np.round(sizes / size).astype(int))
        # Parts of a class differ by one.
        least, most = sizes // parts, -(-sizes // parts)
        if 1 / least.min() - 1 / most.max() <= _ALIKE:
            return parts.tolist()
    return []

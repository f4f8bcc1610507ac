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
    """Samples of one class that are made equal together, of as many groups where the class has groups enough.

    Attributes:
        name: of its class and its number in it, what random numbers are derived from.
        rows: int64 [samples], rows of the set.
        own: bool [samples], who belongs to it; the others belong to another one, and stand in for those it lacks.
    """

    name: tuple[int, int]
    rows: np.ndarray
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
    """Deal the samples of every class out into companies of one size, each of samples of different groups.

    Where the smallest class is large enough, that size is the largest for which classes can be cut into parts that differ
    too little to matter. Else it is the number of groups of the smallest class, and a company that is left with fewer
    samples is filled up with others of its class. What is then done to a company treats all classes alike, whatever their
    size and whatever groups they come in: where labels mean nothing, a sample looks the same whatever its label.

    Groups of different sizes count for as many as groups of one size would that weigh as much: one over the sum of squares
    of their shares of the samples. A group that is larger than there are companies is in some of them twice.

    Args:
        classes: int [samples].
        groups: [samples], such as donors or studies; None where every sample stands for itself.
        names: what the deal is derived from.

    >>> [len(one.rows) for one in deal(np.repeat([0, 1], [10, 31]), None, names=("example",)).companies]
    [10, 11, 10, 10]
    """
    groups = np.arange(len(classes)) if groups is None else np.unique(groups, return_inverse=True)[1]
    members = {int(one): np.flatnonzero(classes == one) for one in np.unique(classes)}
    counts = {one: _effective(groups[rows]) for one, rows in members.items()}
    median = sorted(counts.values())[(len(counts) - 1) // 2]
    kept = [one for one, count in counts.items() if count >= max(2, _THIN * median)]
    largest = min((counts[one] for one in kept), default=0)
    parts = _even_parts(np.array([len(members[one]) for one in kept]), largest)
    companies: list[Company] = []
    for place, one in enumerate(kept):
        random, rows = generator(*names, "companies", one), members[one]
        n_parts = parts[place] if parts else -(-len(rows) // largest)
        for number, own in enumerate(_dealt_round(rows, groups, n_parts, random)):
            lacking = 0 if parts else largest - len(own)
            further = _stand_ins(rows, own, groups, lacking, random) if lacking else own[:0]
            chosen = np.concatenate([own, further])
            is_own = np.arange(len(chosen)) < len(own)
            companies.append(Company(name=(one, number), rows=chosen, own=is_own))
    return Dealt(companies=tuple(companies), thin=np.flatnonzero(~np.isin(classes, kept)))


def _effective(groups: np.ndarray) -> int:
    shares = np.unique(groups, return_counts=True)[1] / len(groups)
    return int(1 / np.square(shares).sum() + 1e-9)


def _dealt_round(rows: np.ndarray, groups: np.ndarray, n_parts: int, random: np.random.Generator) -> list[np.ndarray]:
    """Deal rows out one by one, group after group, so that the samples of a group go to different parts."""
    by_chance = rows[random.permutation(len(rows))]
    place = random.permutation(groups.max() + 1)
    ordered = by_chance[np.argsort(place[groups[by_chance]], kind="stable")]
    return [np.sort(ordered[part::n_parts]) for part in range(n_parts)]


def _stand_ins(
    rows: np.ndarray, own: np.ndarray, groups: np.ndarray, lacking: int, random: np.random.Generator
) -> np.ndarray:
    """Draw samples of a class for a company, of groups that it lacks as far as there are such."""
    others = random.permutation(np.setdiff1d(rows, own))
    strangers = others[~np.isin(groups[others], groups[own])]
    strangers = strangers[np.sort(np.unique(groups[strangers], return_index=True)[1])]
    return np.concatenate([strangers, np.setdiff1d(others, strangers)])[:lacking]


def _even_parts(sizes: np.ndarray, largest: int) -> list[int]:
    """Say into how many parts each class can be cut, so that all have nearly one size; none where they cannot.

    Args:
        sizes: samples of each class.
        largest: samples that a part can have.
    """
    for size in range(largest, max(1, largest // 2 - 1), -1):
        parts = np.maximum(1, np.round(sizes / size).astype(int))
        # Parts of a class differ by one.
        least, most = sizes // parts, -(-sizes // parts)
        if 1 / least.min() - 1 / most.max() <= _ALIKE:
            return parts.tolist()
    return []

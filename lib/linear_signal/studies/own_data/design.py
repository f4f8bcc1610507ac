"""The design of the test of signal: which cells are learnt from and judged in every fold, and what probes make of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import numpy as np

from linear_signal.seeds import generator
from linear_signal.studies.own_data.cells import Cells, cuts_of, folds_of
from linear_signal.studies.own_data.learners import network_scores, tree_scores
from linear_signal.studies.own_data.probes import auc, kernel_scores, pair_scores, squares_scores
from linear_signal.studies.own_data.residuals import Residuals, centred_jointly, sample_set

CHEAP = ("squares", "quadratic_kernel", "pair_products")
COSTLY = ("boosted_trees", "network")
N_FOLDS = 5
# Residuals that trained probes judge the labels on, each without the means of another permutation: what trees reach varies
# between them by two fifths of all its variance.
_SEEN = 2


@dataclass(frozen=True, eq=False, kw_only=True)
class Part:
    """One fold of one repeat.

    Attributes:
        names: repeat and fold.
        fit: bool [cells], to learn from.
        tune: bool [cells], those of them that stop the training of a network.
        cuts: bool [cells] each, to be judged, and pooled.
    """

    names: tuple[int, int]
    fit: np.ndarray
    tune: np.ndarray
    cuts: tuple[np.ndarray, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class Measured:
    """What probes tell apart, by probe and part.

    Attributes:
        areas: float64 [probes, parts], mean area under the curve of a class against the others, averaged over cuts. NaN
            where a probe that is trained was left out, which it is from the second repeat on.
        accuracies: float64 [probes, parts], balanced accuracy less that of a constant answer, averaged over cuts.
    """

    areas: np.ndarray
    accuracies: np.ndarray

    @property
    def statistic(self) -> np.ndarray:
        """Mean area less one half, float64 [probes]."""
        return np.nanmean(self.areas, axis=1) - 0.5


def parts_of(cells: Cells, *, n_repeats: int, names: Sequence[str | int]) -> tuple[Part, ...]:
    """Deal cells out to folds, several times over; folds that cannot be judged are left out."""
    parts = []
    for repeat in range(n_repeats):
        folds = folds_of(cells, n_folds=N_FOLDS, names=(*names, repeat))
        for fold in range(N_FOLDS):
            cuts = cuts_of(cells, folds, fold, names=(*names, repeat))
            if cuts:
                tune = folds == (fold + 1) % N_FOLDS
                parts.append(Part(names=(repeat, fold), fit=folds != fold, tune=tune, cuts=tuple(cuts)))
    return tuple(parts)


def measured(
    residuals: Residuals, cells: Cells, parts: Sequence[Part], of_sample: np.ndarray, probes: Sequence[str]
) -> Measured:
    """Remove, learn and judge in every part.

    Args:
        residuals, cells, parts: of the design.
        of_sample: int64 [samples], the cell of each, as it is or permuted.
        probes: names among ``CHEAP`` and ``COSTLY``.
    """
    results = np.full((2, len(probes), len(parts)), np.nan)
    for place, part in enumerate(parts):
        fit = sample_set(cells, of_sample, part.fit)
        judged = [sample_set(cells, of_sample, cut) for cut in part.cuts]
        for number, probe in enumerate(probes):
            if probe in COSTLY and part.names[0] > 0:
                continue
            if probe == "network":
                learnt, tune = (sample_set(cells, of_sample, some) for some in (part.fit & ~part.tune, part.tune))
                scores = network_scores(residuals, learnt, tune, judged, names=part.names)
            elif probe == "boosted_trees":
                scores = tree_scores(residuals, fit, judged)
            elif probe == "squares":
                scores = squares_scores(residuals, fit, judged)
            elif probe == "quadratic_kernel":
                scores = kernel_scores(residuals.inner, fit, judged)
            else:
                scores = pair_scores(residuals, fit, judged)
            pairs = list(zip(scores, judged, strict=True))
            results[0, number, place] = np.mean([auc(some, one.classes) for some, one in pairs])
            results[1, number, place] = np.mean([_above_chance(some, one.classes) for some, one in pairs])
    return Measured(areas=results[0], accuracies=results[1])


def permuted(
    residuals: Residuals,
    cells: Cells,
    parts: Sequence[Part],
    draws: Iterable[tuple[int, np.random.Generator]],
    probes: Sequence[str],
    *,
    deadline: Callable[[int], float],
    workers: ThreadPoolExecutor,
) -> np.ndarray:
    """The statistic after samples were dealt out anew, float64 [permutations, probes].

    Args:
        residuals, cells, parts: of the design.
        probes: those in closed form, or those that are trained, which see residuals that have lost the means of the labels
            as they are and of the permuted ones jointly.
        draws: a number and a generator per permutation.
        deadline: reading of ``time.monotonic`` after which a permutation, by its number, is not begun any more.
        workers: for permutations side by side.
    """

    def one(numbered: tuple[int, np.random.Generator]) -> np.ndarray | None:
        number, random = numbered
        if time.monotonic() > deadline(number):
            return None
        dealt = cells.permuted(random)
        seen = centred_jointly(residuals, cells, cells.of_sample, dealt) if set(probes) <= set(COSTLY) else residuals
        return measured(seen, cells, parts, dealt, probes).statistic

    done = [found for found in workers.map(one, draws) if found is not None]
    return np.array(done).reshape(-1, len(probes))


def seen_by_trained(residuals: Residuals, cells: Cells, names: Sequence[str | int]) -> tuple[Residuals, ...]:
    """Residuals on which trained probes judge the labels as they are; what they reach is averaged over these.

    Each has lost, jointly, the means of the labels and of one permutation, as those of the null have.
    """
    others = [cells.permuted(generator(*names, "observed", number)) for number in range(_SEEN)]
    return tuple(centred_jointly(residuals, cells, cells.of_sample, other) for other in others)


@contextmanager
def single_threads(n_workers: int) -> Iterable[ThreadPoolExecutor]:
    """Workers, each with one thread of every library: many small products side by side are faster than each on all cores."""
    import torch

    from linear_signal.experiment.threads import thread_pools

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        # OpenMP keeps its number of threads by calling thread, so that each worker has to set its own.
        own = partial(thread_pools().limit, limits=1)
        with thread_pools().limit(limits=1), ThreadPoolExecutor(n_workers, "probes", initializer=own) as pool:
            yield pool
    finally:
        torch.set_num_threads(before)


def _above_chance(scores: np.ndarray, classes: np.ndarray) -> float:
    counts = np.bincount(classes)
    present = np.flatnonzero(counts)
    right = np.bincount(classes[present[scores[:, present].argmax(axis=1)] == classes], minlength=len(counts))
    return float((right[present] / counts[present]).mean()) - 1 / len(present)

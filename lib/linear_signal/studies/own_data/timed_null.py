"""Statistic and null of the test within a time: pace is measured as it runs, and what does not fit is left out and said."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from linear_signal.seeds import generator
from linear_signal.studies.own_data.budget import Budget
from linear_signal.studies.own_data.cells import Cells
from linear_signal.studies.own_data.clock import compile_seconds
from linear_signal.studies.own_data.design import CHEAP, Measured, Part, measured, permuted, seen_by_trained
from linear_signal.studies.own_data.residuals import Residuals

FEWEST = 19
"""Permutations without which no p-value can be 5 %."""
_FEWEST_OF_TWO = 39  # where there are two families, and twice the smaller p-value counts
# Of the time, for the probes in closed form where others follow; and how far these may run over, once begun.
_FIRST, _OVER = 0.6, 0.2


@dataclass(frozen=True, eq=False, kw_only=True)
class TimedNull:
    """What the probes reach as labels are, and permuted.

    Attributes:
        probes: that were asked.
        parts: of the design.
        observed: by probe and part.
        null: per probe, float64 [permutations], the area less one half.
        left_out: sentences.
        short_of: seconds, from the first, in which the fewest permutations would be done; 0 where they are.
    """

    probes: tuple[str, ...]
    parts: tuple[Part, ...]
    observed: Measured
    null: dict[str, np.ndarray]
    left_out: tuple[str, ...] = field(default=())
    short_of: float = 0.0


def timed_null(
    residuals: Residuals,
    as_they_are: Residuals,
    cells: Cells,
    parts: Sequence[Part],
    budget: Budget,
    *,
    names: Sequence[str | int],
    until: float,
    workers: ThreadPoolExecutor,
    n_workers: int,
) -> TimedNull:
    """Measure the statistic, then permute until the time is up.

    Which permutations are done follows from the clock and never from what they gave, so that p-values hold however many
    there are. Where pace says that they will not fit, further repeats are left out first, then single probes that are
    trained, then permutations.

    Args:
        residuals, cells, parts, budget: the design.
        as_they_are: residuals for labels as they are, of :func:`~linear_signal.studies.own_data.residuals.centred_again`,
            for the probes in closed form.
        names: what random numbers are derived from.
        until: reading of ``time.monotonic`` at which permutations end.
        workers: how many there are is ``n_workers``.
    """
    began = time.monotonic()
    first = tuple(part for part in parts if part.names[0] == 0)

    def timed(
        some: Sequence[Part], probes: tuple[str, ...], seen: Sequence[Residuals] = (as_they_are,)
    ) -> tuple[Measured, float, float]:
        """Measure; the seconds one of the residuals took, and what part went to others who use this machine, as a factor."""

        def of_thread() -> tuple[Measured, float]:
            before = time.thread_time()
            found = [measured(one, cells, some, cells.of_sample, probes) for one in seen]
            return _mean(found), time.thread_time() - before

        asked = time.monotonic()
        found, busy = workers.submit(of_thread).result()
        seconds = time.monotonic() - asked
        return found, seconds / len(seen), max(1.0, seconds / max(busy, 1e-3))

    def null_of(probes: tuple[str, ...], numbers: range, deadline: Callable[[int], float]) -> np.ndarray:
        draws = ((one, generator(*names, "permutation", one)) for one in numbers)
        return permuted(residuals, cells, parts, draws, probes, deadline=deadline, workers=workers)

    left_out = []
    for one in (residuals, as_they_are):
        one.prepare()
    observed, seconds, slowed = timed(first, CHEAP)
    until_first = began + _FIRST * (until - began) if budget.costly else until
    if len(first) < len(parts):
        expected = seconds * budget.repeats * budget.permutations / n_workers
        if time.monotonic() + expected > until_first:
            left_out.append("two of three repeats of the folds")
            parts = first
        else:
            observed, *_ = timed(parts, CHEAP)
    started = time.monotonic()
    found = null_of(CHEAP, range(budget.permutations), lambda number: until if number < _FEWEST_OF_TWO else until_first)
    done, probes = len(found), CHEAP
    pace = (time.monotonic() - started) / max(done, 0.5)
    kept, expected = [], 0.0
    for_trained = seen_by_trained(residuals, cells, names) if budget.costly else ()
    for probe in budget.costly:
        beforehand = slowed * compile_seconds() if probe == "network" else 0.0
        if done < _FEWEST_OF_TWO or time.monotonic() + beforehand + expected > until:
            continue
        timed(first[:1], (probe,), for_trained[:1])  # what is done once, such as compiling, is no matter of pace
        of_probe, seconds, _ = timed(parts, (probe,), for_trained)
        expected += seconds * budget.costly_permutations / n_workers
        if time.monotonic() + expected <= until:
            kept.append((probe, of_probe))
        else:
            expected -= seconds * budget.costly_permutations / n_workers
    if done < budget.permutations and not kept:
        # Nothing else wants the rest of the time.
        found = np.vstack([found, null_of(CHEAP, range(done, budget.permutations), lambda _: until)])
        done = len(found)
    null = dict(zip(CHEAP, found.T, strict=True))
    if done < budget.permutations:
        left_out.append(f"{budget.permutations - done} of {budget.permutations} permutations")
    if kept:
        own = tuple(probe for probe, _ in kept)
        last = until + _OVER * (until - began)
        found = null_of(own, range(budget.costly_permutations), lambda _: last)
        if len(found) == budget.costly_permutations:
            null |= dict(zip(own, found.T, strict=True))
            probes = (*CHEAP, *own)
            observed = _together([observed, *(of_probe for _, of_probe in kept)])
    lost = [probe.replace("_", " ") for probe in budget.costly if probe not in probes]
    if lost:
        left_out.append(f"the {' and the '.join(lost)}")
    return TimedNull(
        probes=probes,
        parts=tuple(parts),
        observed=observed,
        null=null,
        left_out=tuple(left_out),
        short_of=started - began + pace * FEWEST if done < min(FEWEST, budget.permutations) else 0.0,
    )


def _mean(some: Sequence[Measured]) -> Measured:
    return Measured(
        areas=np.mean([one.areas for one in some], axis=0), accuracies=np.mean([one.accuracies for one in some], axis=0)
    )


def _together(some: Sequence[Measured]) -> Measured:
    return Measured(areas=np.vstack([one.areas for one in some]), accuracies=np.vstack([one.accuracies for one in some]))

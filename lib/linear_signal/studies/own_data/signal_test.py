"""Do classes differ in more than the means of single genes? A permutation test, and what it could have found."""
# ruff: noqa: PT028 - what is named like a test here is one of statistics.

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from linear_signal.analysis.intervals import SMALLEST_GROUPS, corrected_interval
from linear_signal.data.removal_ladder import LADDER
from linear_signal.errors import InputError, listed
from linear_signal.experiment.machine import usable_cores
from linear_signal.seeds import generator
from linear_signal.studies.own_data.budget import Budget, budget_of
from linear_signal.studies.own_data.cells import Cells, cells_of
from linear_signal.studies.own_data.design import CHEAP, Measured, Part, measured, parts_of, permuted, single_threads
from linear_signal.studies.own_data.max_test import joint_p, p_of_each
from linear_signal.studies.own_data.power import KINDS, smallest_found
from linear_signal.studies.own_data.residuals import residuals_of
from linear_signal.studies.own_data.rung_test import climb

FOUND, NONE_FOUND, CANNOT = ANSWERS = ("found", "none found", "cannot be judged")
FEWEST_GROUPS = 10
"""Groups that every class must have for a permutation test."""
LEVEL = 0.05
_LARGE = 200_000


@dataclass(frozen=True, eq=False, kw_only=True)
class SignalTest:
    """What the test of signal beyond class means found.

    Attributes:
        answer: one of ``ANSWERS``.
        why: a sentence or two.
        p_value: adjusted for choosing among probes; NaN where nothing could be judged.
        probes: a row per probe: probe, area (mean area under the curve), accuracy (balanced, less chance), lower and upper
            (95 % interval of it; NaN below 25 groups in a class), null_mean and null_deviation of the area, p_value (alone),
            permutations.
        null: per probe, float64 [permutations], the area less one half.
        planted: a row per kind of planted signal: kind, title, smallest (NaN: none of those tried), unit, tried_up_to,
            complete. Empty where signal was found.
        rungs: a row per rung of the ladder tried: rung, found, p_value, permutations. Empty where nothing was found.
        kind: the first rung on which nothing is found any more; "" where that is not known.
        left_out: classes with too few groups.
        notes: what was cut, and other things to know.
        seconds: it took.
    """

    answer: str
    why: str
    p_value: float = float("nan")
    probes: pd.DataFrame = field(default_factory=pd.DataFrame)
    null: dict[str, np.ndarray] = field(default_factory=dict)
    planted: pd.DataFrame = field(default_factory=pd.DataFrame)
    rungs: pd.DataFrame = field(default_factory=pd.DataFrame)
    kind: str = ""
    left_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def found(self) -> bool:
        """Whether signal was found."""
        return self.answer == FOUND


def test_signal(
    values: np.ndarray,
    classes: Sequence[object],
    groups: Sequence[object] | None = None,
    *,
    names: Sequence[str | int] = ("data",),
    minutes: float = 3.0,
    rungs: Sequence[str] = LADDER[1:],
    plants: bool = True,
    trained: bool = True,
    permutations: int = 199,
    budget: Budget | None = None,
    say: Callable[[str], None] | None = None,
) -> SignalTest:
    """Test whether classes differ in more than the means of single genes.

    Probes that are fixed beforehand learn and are judged after class means were taken off in training and judged samples,
    each by themselves. What they reach is compared with what they reach on residuals whose labels are permuted, over whole
    groups, or within groups that hold several classes; removal and cross-validation are done anew each time. Of the probes
    the largest counts, each measured against its own null (Westfall & Young 1993, Resampling-Based Multiple Testing).

    Args:
        values: float [samples, genes], finite.
        classes: [samples], labels.
        groups: [samples], donors or studies; None where every sample stands for itself.
        names: what random numbers are derived from; the same names and data give the same answer.
        minutes: of two cores, that permutations, genes and samples are fitted to; what is cut is said in ``notes``.
        rungs: of the ladder of removal, in its order; where signal was found, it is looked for on each.
        plants: where none was found, look for the smallest signals that would have been.
        trained: whether boosted trees and a network are among the probes, where the time allows.
        permutations: for probes in closed form.
        budget: the design itself, instead of one that fits the minutes.
        say: is told what is being done.

    Raises:
        InputError: shapes that disagree, values that are not finite, or a rung that there is not.
    """
    started = time.monotonic()
    say = say or (lambda _: None)
    values, labels, codes, of_group = _checked(values, classes, groups, rungs)
    counts = np.array([len(np.unique(of_group[codes == one])) for one in range(len(labels))])
    enough = counts >= FEWEST_GROUPS
    left_out = tuple(labels[~enough])
    if enough.sum() < 2:
        return SignalTest(answer=CANNOT, why=_too_few(labels, counts, grouped=groups is not None), left_out=left_out)
    kept = np.flatnonzero(enough[codes])
    kept_classes = np.unique(codes[kept], return_inverse=True)[1]
    budget = budget or budget_of(
        len(kept), values.shape[1], int(enough.sum()), minutes=minutes, trained=trained, permutations=permutations
    )
    cells = cells_of(kept_classes, of_group[kept], most=budget.samples, names=names)
    cells = replace(cells, rows=kept[cells.rows])
    if cells.per_class().min() < FEWEST_GROUPS:
        why = "Some class has fewer than 10 groups once samples are cut to what the time allows. Give it more minutes."
        return SignalTest(answer=CANNOT, why=why, left_out=left_out)
    residuals = residuals_of(values, cells, most_genes=budget.genes, few=budget.few)
    if residuals.values.shape[1] < 2:
        why = "Fewer than two genes vary within classes, so that nothing is left once class means are equal."
        return SignalTest(answer=CANNOT, why=why, left_out=left_out)
    parts = parts_of(cells, n_repeats=budget.repeats, names=names)
    notes = _notes(budget, cells, residuals.values.shape[1], len(kept), values.shape[1], left_out)
    probes = (*CHEAP, *budget.costly)
    # Side by side only where products are large: Python's own steps would wait for one another.
    n_workers = usable_cores() if residuals.values.size > _LARGE or budget.costly else 1
    with single_threads(n_workers) as workers:
        say(f"Testing for signal beyond class means: {budget.permutations} permutations.")
        observed = workers.submit(measured, residuals, cells, parts, cells.of_sample, probes).result()
        null = {}
        families = [(CHEAP, budget.permutations), *([(budget.costly, budget.costly_permutations)] if budget.costly else [])]
        for family, number in families:
            draws = (generator(*names, "permutation", one) for one in range(number))
            found = permuted(residuals, cells, parts, draws, family, workers=workers)
            null |= dict(zip(family, found.T, strict=True))
        statistic = dict(zip(probes, observed.statistic, strict=True))
        p_value = joint_p(statistic, null)
        answer = FOUND if p_value <= LEVEL else NONE_FOUND
        planted, ladder, kind = pd.DataFrame(), pd.DataFrame(), ""
        deadline = started + 60 * minutes
        if answer == FOUND and rungs:
            say("Climbing the ladder of removal.")
            ladder, kind = climb(
                residuals, cells, parts, null, rungs, p_value=p_value, names=names, until=deadline, workers=workers
            )
        elif answer == NONE_FOUND and plants:
            say("Planting signals into the residuals, to learn how small a one would have been found.")
            planted = smallest_found(residuals, cells, parts, null, KINDS, names=names, until=deadline, workers=workers)
    return SignalTest(
        answer=answer,
        why=_why(answer, p_value, statistic, null),
        p_value=p_value,
        probes=_table(probes, observed, parts, null, statistic, cells),
        null=null,
        planted=planted,
        rungs=ladder,
        kind=kind,
        left_out=left_out,
        notes=notes,
        seconds=time.monotonic() - started,
    )


# pytest would take it for a test wherever it is imported.
test_signal.__test__ = False


def _checked(
    values: np.ndarray, classes: Sequence[object], groups: Sequence[object] | None, rungs: Sequence[str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    values = np.asarray(values)
    labels, codes = np.unique(np.asarray(classes).astype(str), return_inverse=True)
    of_group = (
        np.arange(len(values)) if groups is None else np.unique(np.asarray(groups).astype(str), return_inverse=True)[1]
    )
    if values.ndim != 2 or codes.shape != (len(values),) or of_group.shape != (len(values),):
        raise InputError(
            f"The test of signal got values of shape {values.shape}, {codes.size} classes and {of_group.size} groups; "
            "samples x genes, and one class and group per sample, are needed."
        )
    if len(labels) < 2:
        raise InputError(f"The test of signal needs at least two classes; got {listed(labels) if len(labels) else 'none'}.")
    if not all(np.isfinite(values[start : start + 1000]).all() for start in range(0, len(values), 1000)):
        raise InputError("The test of signal got values that are missing or infinite. Drop or impute them first.")
    if list(rungs) != [one for one in LADDER[1:] if one in rungs]:
        raise InputError(f"Rungs are {list(rungs)}; some of {list(LADDER[1:])} are allowed, in this order.")
    return values, labels, codes, of_group


def _too_few(labels: np.ndarray, counts: np.ndarray, *, grouped: bool) -> str:
    what = "groups" if grouped else "samples"
    few = ", ".join(f"{label} {count}" for label, count in list(zip(labels, counts, strict=True))[:5])
    return f"Fewer than two classes have {FEWEST_GROUPS} {what} ({few}{', ...' if len(labels) > 5 else ''})."


def _why(answer: str, p_value: float, statistic: dict[str, float], null: dict[str, np.ndarray]) -> str:
    best = max(statistic, key=lambda one: _z(statistic[one], null[one]))
    reached = f"the clearest probe is {best.replace('_', ' ')}, with an area under the curve of {statistic[best] + 0.5:.2f}"
    if answer == FOUND:
        return f"Classes differ in more than the means of single genes (p = {p_value:.3f}; {reached})."
    return f"Once class means are equal, nothing tells the classes apart (p = {p_value:.2f}; {reached})."


def _z(value: float, null: np.ndarray) -> float:
    return (value - null.mean()) / max(null.std(), 1e-9) if len(null) else -np.inf


def _table(
    probes: Sequence[str],
    observed: Measured,
    parts: Sequence[Part],
    null: dict[str, np.ndarray],
    statistic: dict[str, float],
    cells: Cells,
) -> pd.DataFrame:
    believed = cells.per_class().min() >= SMALLEST_GROUPS
    single = p_of_each(statistic, null)
    rows = []
    for number, probe in enumerate(probes):
        accuracies = observed.accuracies[number][np.isfinite(observed.accuracies[number])]
        bounds = (np.nan, np.nan)
        if believed and len(accuracies) > 1:
            ratio = np.mean([part.cuts[0].sum() / part.fit.sum() for part in parts])
            interval = corrected_interval(accuracies, 1.0, ratio, within=(-1, 1))
            bounds = interval.lower, interval.upper
        rows.append(
            {
                "probe": probe,
                "area": statistic[probe] + 0.5,
                "accuracy": accuracies.mean(),
                "lower": bounds[0],
                "upper": bounds[1],
                "null_mean": null[probe].mean() + 0.5,
                "null_deviation": null[probe].std(),
                "p_value": single[probe],
                "permutations": len(null[probe]),
            }
        )
    return pd.DataFrame(rows)


def _notes(
    budget: Budget, cells: Cells, n_genes: int, n_samples: int, all_genes: int, left_out: tuple[str, ...]
) -> tuple[str, ...]:
    notes = [f"Left out, with fewer than {FEWEST_GROUPS} groups: {listed(left_out, most=5)}."] if left_out else []
    if len(cells.rows) < n_samples:
        notes.append(
            f"{len(cells.rows):,} of {n_samples:,} samples: sizes of groups are cut alike in all classes, and to the time."
        )
    if n_genes < all_genes:
        notes.append(
            f"{n_genes:,} of {all_genes:,} genes: constant ones, and the least variable beyond these, are left out."
        )
    if budget.few < n_genes:
        notes.append(f"Pairs, trees and the network look at the {budget.few} genes that vary most within classes.")
    notes.append(
        f"{budget.repeats} x 5 folds; {budget.permutations} permutations, {budget.costly_permutations} for "
        f"{' and '.join(budget.costly).replace('_', ' ')}."
        if budget.costly
        else f"{budget.repeats} x 5 folds; {budget.permutations} permutations; no trees and no network within the time."
    )
    return tuple(notes)

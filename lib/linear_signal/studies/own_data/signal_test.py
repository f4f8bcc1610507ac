"""Do classes differ in more than the means of single genes? A permutation test, and what it could have found."""
# ruff: noqa: PT028 - what is named like a test here is one of statistics.

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from linear_signal.data.removal_ladder import LADDER
from linear_signal.errors import InputError, listed
from linear_signal.experiment.machine import usable_cores
from linear_signal.seeds import generator
from linear_signal.studies.own_data.budget import Budget, budget_of
from linear_signal.studies.own_data.cells import cells_of
from linear_signal.studies.own_data.checks import FEWEST_GROUPS
from linear_signal.studies.own_data.design import CHEAP, parts_of, single_threads
from linear_signal.studies.own_data.max_test import joint_p
from linear_signal.studies.own_data.power import KINDS, smallest_found
from linear_signal.studies.own_data.residuals import centred_again, residuals_of
from linear_signal.studies.own_data.rung_test import climb
from linear_signal.studies.own_data.timed_null import timed_null
from linear_signal.studies.own_data.words_of_test import notes_of, table_of_probes, too_short

FOUND, NONE_FOUND, CANNOT = ANSWERS = ("found", "none found", "cannot be judged")
LEVEL = 0.05
_LARGE = 200_000
_NULL = 0.55  # of the time, for permutations; the rest is for the ladder, or for planted signals


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
        closed_form: whether the probes in closed form find it by themselves. The ladder and other causes are tried with
            these alone, and can tell nothing of what only a trained probe sees.
        rungs: a row per rung of the ladder tried: rung, found, p_value, permutations. Empty where nothing was found, or not
            in closed form.
        kind: the first rung on which nothing is found any more; "" where that is not known.
        left_out: classes with too few groups.
        notes: what was cut, and other things to know.
        seconds: it took.
        minutes_needed: that would do, where nothing could be judged for want of time; else 0.
    """

    answer: str
    why: str
    p_value: float = float("nan")
    probes: pd.DataFrame = field(default_factory=pd.DataFrame)
    null: dict[str, np.ndarray] = field(default_factory=dict)
    planted: pd.DataFrame = field(default_factory=pd.DataFrame)
    closed_form: bool = False
    rungs: pd.DataFrame = field(default_factory=pd.DataFrame)
    kind: str = ""
    left_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    minutes_needed: float = 0.0

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
    until: float | None = None,
    part_of_all: float = 1.0,
    gone: float = 0.0,
    say: Callable[[str], None] | None = None,
) -> SignalTest:
    """Test whether classes differ in more than the means of single genes.

    Probes that are fixed beforehand learn and are judged after class means were taken off in training and judged samples,
    each by themselves. What they reach is compared with what they reach on residuals whose labels are permuted, over whole
    groups, or within groups that hold several classes; removal and cross-validation are done anew each time. Residuals of
    the null have lost the means of the true labels as well: those of the labels as they are lose, in turn, the means of one
    permutation. Of the probes the largest counts, each measured against its own null (Westfall & Young 1993,
    Resampling-Based Multiple Testing).

    Args:
        values: float [samples, genes], finite.
        classes: [samples], labels.
        groups: [samples], donors or studies; None where every sample stands for itself.
        names: what random numbers are derived from; the same names and data give the same answer.
        minutes: of two cores, that permutations, genes and samples are fitted to beforehand. Where this machine turns out
            slower, permutations end at 55 % of the time; what is cut is said in ``notes``.
        rungs: of the ladder of removal, in its order; where signal was found, it is looked for on each.
        plants: where none was found, look for the smallest signals that would have been.
        trained: whether boosted trees and a network are among the probes, where the time allows.
        permutations: for probes in closed form.
        budget: the design itself, instead of one that fits the minutes.
        until: reading of ``time.monotonic`` at which it ends, whatever is done by then; None: as many minutes from now.
        part_of_all: that these minutes are of those that a reader gives, to whom the minutes are told that would do.
        gone: minutes of the reader's that reading took, which will be gone again.
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
    as_they_are = centred_again(residuals, cells, cells.permuted(generator(*names, "observed")))
    parts = parts_of(cells, n_repeats=budget.repeats, names=names)
    # Side by side only where products are large: Python's own steps would wait for one another.
    n_workers = usable_cores() if residuals.values.size > _LARGE or budget.costly else 1
    deadline = started + 60 * minutes if until is None else until
    share = _NULL if rungs or plants else 1.0
    with single_threads(n_workers) as workers:
        say(f"Testing for signal beyond class means: {budget.permutations} permutations.")
        timed = timed_null(
            residuals,
            as_they_are,
            cells,
            parts,
            budget,
            names=names,
            until=started + share * (deadline - started),
            workers=workers,
            n_workers=n_workers,
        )
        notes = notes_of(budget, timed, cells, residuals.values.shape[1], len(kept), values.shape[1], left_out)
        if timed.short_of:
            needed = (timed.short_of + time.monotonic() - started) / (60 * share * part_of_all) + gone
            return SignalTest(
                answer=CANNOT, why=too_short(timed, needed), left_out=left_out, notes=notes, minutes_needed=needed
            )
        null, parts = timed.null, timed.parts
        statistic = dict(zip(timed.probes, timed.observed.statistic, strict=True))
        p_value = joint_p(statistic, null)
        answer = FOUND if p_value <= LEVEL else NONE_FOUND
        closed_form = joint_p({probe: statistic[probe] for probe in CHEAP}, null) <= LEVEL
        planted, ladder, kind = pd.DataFrame(), pd.DataFrame(), ""
        if answer == FOUND and closed_form and rungs:
            say("Climbing the ladder of removal.")
            ladder, kind = climb(
                residuals,
                as_they_are,
                cells,
                parts,
                null,
                rungs,
                p_value=p_value,
                names=names,
                until=deadline,
                workers=workers,
            )
        elif answer == NONE_FOUND and plants:
            say("Planting signals into the residuals, to learn how small a one would have been found.")
            planted = smallest_found(residuals, cells, parts, null, KINDS, names=names, until=deadline, workers=workers)
    return SignalTest(
        answer=answer,
        why=_why(answer, p_value, statistic, null),
        p_value=p_value,
        probes=table_of_probes(timed, statistic, cells),
        null=null,
        planted=planted,
        closed_form=closed_form,
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

"""Which kind of signal it is: the first rung of the ladder of removal on which nothing is found any more."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

from linear_signal.data.removal_ladder import leading_axes, make_equal, most_components
from linear_signal.seeds import generator
from linear_signal.studies.own_data.cells import Cells
from linear_signal.studies.own_data.design import CHEAP, Part
from linear_signal.studies.own_data.probes import auc, learnt_kernel, learnt_pairs, learnt_squares
from linear_signal.studies.own_data.residuals import Residuals, SampleSet, sample_set

_PERMUTATIONS = 39
# So many permutations that reach the observed statistic make its p-value larger than 5 %, however many follow.
_ENOUGH = 2


def climb(
    residuals: Residuals,
    as_they_are: Residuals,
    cells: Cells,
    parts: Sequence[Part],
    null: dict[str, np.ndarray],
    rungs: Sequence[str],
    *,
    p_value: float,
    names: Sequence[str | int],
    until: float,
    workers: ThreadPoolExecutor,
) -> tuple[pd.DataFrame, str]:
    """Test on one rung after the other, with the probes in closed form on the few genes, until nothing is found.

    Args:
        residuals, as_they_are, cells, parts: of the test that found signal.
        null: of that test, whose means and standard deviations bring the probes to one scale.
        rungs: in their order; "removed" is the test itself.
        p_value: of that test.
        names: what random numbers are derived from.
        until: reading of ``time.monotonic`` at which it ends, whatever rung it is on.
        workers: for permutations side by side.

    Returns:
        A row per rung that was tried: rung, found, p_value, permutations. And the first on which nothing was found; ""
        where signal was found on all, time ran out, or the few genes do not show it with the means alone removed either.
    """
    rows, seen = [], False
    scale = np.array([[null[probe].mean(), max(null[probe].std(), 1e-9)] for probe in CHEAP])
    parts = parts[:5]

    def tested(rung: str) -> tuple[int, int] | None:
        """Permutations that reach what is observed, and all; None where time runs out."""

        def largest(of_sample: np.ndarray, some: Residuals = residuals) -> float:
            areas = _areas(some, cells, parts, of_sample, rung, names)
            return float(((areas - 0.5 - scale[:, 0]) / scale[:, 1]).max())

        observed = largest(cells.of_sample, as_they_are)
        reached, done = 0, 0
        for start in range(0, _PERMUTATIONS, 3):
            if time.monotonic() > until:
                return None
            draws = [cells.permuted(generator(*names, "rung", rung, one)) for one in range(start, start + 3)]
            reached += sum(one >= observed for one in workers.map(largest, draws))
            done += len(draws)
            if reached >= _ENOUGH:
                break
        return reached, done

    for rung in rungs:
        if rung == "removed":
            rows.append({"rung": rung, "found": True, "p_value": p_value, "permutations": len(null[CHEAP[0]])})
            continue
        counts = tested(rung) if time.monotonic() < until else None
        if counts is None:
            break
        found = counts[0] < _ENOUGH
        if not found and not seen:
            # What fewer genes, folds and permutations do not see with the means alone removed, this rung did not remove.
            means_alone = tested("removed")
            if means_alone is None or means_alone[0] >= _ENOUGH:
                break
        rows.append({"rung": rung, "found": found, "p_value": (1 + counts[0]) / (1 + counts[1]), "permutations": counts[1]})
        if not found:
            return pd.DataFrame(rows), rung
        seen = True
    return pd.DataFrame(rows), ""


def _areas(
    residuals: Residuals,
    cells: Cells,
    parts: Sequence[Part],
    of_sample: np.ndarray,
    rung: str,
    names: Sequence[str | int],
) -> np.ndarray:
    areas = []
    for part in parts:
        fit, judged = (sample_set(cells, of_sample, chosen) for chosen in (part.fit, part.cuts[0]))
        learnt, others = _made_equal(residuals.some, cells, of_sample, (fit, judged), rung, (*names, *part.names))
        inner = [np.square(some @ learnt.T / learnt.shape[1]) for some in (learnt, others)]
        squares = np.square(learnt)
        scores = (
            learnt_squares(fit.weights @ squares, fit.weights @ np.square(squares), fit)(np.square(others)),
            learnt_kernel(inner[0], fit)(inner[1]),
            learnt_pairs(learnt, fit)(others),
        )
        areas.append([auc(some, judged.classes) for some in scores])
    return np.mean(areas, axis=0)


def _made_equal(
    values: np.ndarray,
    cells: Cells,
    of_sample: np.ndarray,
    sets: tuple[SampleSet, SampleSet],
    rung: str,
    names: tuple[str | int, ...],
) -> list[np.ndarray]:
    known = [
        {
            "classes": one.classes,
            "groups": cells.groups[of_sample[one.rows]] if len(cells.classes) < len(of_sample) else None,
            "names": (*names, number),
        }
        for number, one in enumerate(sets)
    ]
    axes = None
    if rung == "covariances_removed":
        n_components = min(most_components(**one) for one in known)
        axes = leading_axes(values[sets[0].rows], n_components=n_components, **known[0])
    return [make_equal(values[one.rows], rung=rung, axes=axes, **of) for one, of in zip(sets, known, strict=True)]

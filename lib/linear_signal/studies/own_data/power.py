"""The smallest planted signals that a design finds: what "none found" is worth."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from linear_signal.seeds import generator
from linear_signal.studies.own_data.cells import Cells
from linear_signal.studies.own_data.design import CHEAP, Part, measured
from linear_signal.studies.own_data.max_test import joint_p
from linear_signal.studies.own_data.residuals import Residuals

PLANTS, ENOUGH = 10, 8
"""How many are planted, and how many of them have to be found."""
_LEVEL = 0.05
_N_TOGETHER = 20


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of signal that leaves the means of classes alone.

    Attributes:
        title: in tables.
        unit: of its sizes.
        sizes: from the smallest.
        plant: takes residuals of the genes concerned [samples, genes], whether a sample is of a changed class, a size and a
            generator; gives them back changed.
        n_genes: how many genes it concerns, of so many that there are.
    """

    title: str
    unit: str
    sizes: tuple[float, ...]
    plant: Callable[[np.ndarray, np.ndarray, float, np.random.Generator], np.ndarray]
    n_genes: Callable[[int], int]


def _shifted(values: np.ndarray, changed: np.ndarray, size: float, random: np.random.Generator) -> np.ndarray:
    signs = random.choice((-1, 1), size=values.shape)
    return values + size * np.where(changed[:, None], signs, 0)


def _spread(values: np.ndarray, changed: np.ndarray, size: float, random: np.random.Generator) -> np.ndarray:
    return values * np.where(changed[:, None], size, 1)


def _interaction(values: np.ndarray, changed: np.ndarray, size: float, random: np.random.Generator) -> np.ndarray:
    signs = random.choice((-1, 1), size=len(values))
    return values + size * np.stack([signs, np.where(changed, signs, -signs)], axis=1)


def _together(values: np.ndarray, changed: np.ndarray, size: float, random: np.random.Generator) -> np.ndarray:
    factor = random.standard_normal(len(values))[:, None]
    signs = random.choice((-1, 1), size=values.shape[1])
    return values + size * factor * np.where(changed[:, None], signs, 1)


def _a_tenth(n_genes: int) -> int:
    return max(1, round(n_genes / 10))


KINDS = {
    "shift": Kind(
        title="half the samples of a class shifted up, half down, in a tenth of the genes, each gene by itself",
        unit="standard deviations",
        sizes=(0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 3.0),
        plant=_shifted,
        n_genes=_a_tenth,
    ),
    "spread": Kind(
        title="a tenth of the genes spread wider in a class",
        unit="times the standard deviation",
        sizes=(1.1, 1.2, 1.35, 1.5, 2.0, 3.0),
        plant=_spread,
        n_genes=_a_tenth,
    ),
    "interaction": Kind(
        title="two genes of which one says what the other means",
        unit="standard deviations",
        sizes=(0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 3.0),
        plant=_interaction,
        n_genes=lambda n: 2,
    ),
    "co-expression": Kind(
        title="20 genes that go together otherwise in a class",
        unit="standard deviations of what they share",
        sizes=(0.25, 0.35, 0.5, 0.7, 1.0, 1.4),
        plant=_together,
        n_genes=lambda n: min(n, _N_TOGETHER),
    ),
}


def smallest_found(
    residuals: Residuals,
    cells: Cells,
    parts: Sequence[Part],
    null: dict[str, np.ndarray],
    kinds: dict[str, Kind],
    *,
    names: Sequence[str | int],
    until: float,
    workers: ThreadPoolExecutor,
) -> pd.DataFrame:
    """Search for the smallest size of every kind that is found in 8 of 10 plants.

    Samples are dealt out anew first, so that nothing is there but what is planted, in every second class. A plant is found
    where its statistics, against the null of the residuals without it, have a p-value of at most 5 %. Where the probes in
    closed form do not find it, the trained ones are asked as well.

    Args:
        residuals, cells, parts, null: of the test in which nothing was found.
        kinds: to plant.
        names: what random numbers are derived from.
        until: reading of ``time.monotonic`` at which it ends; every kind has an equal share of what is left.
        workers: to plant side by side.

    Returns:
        A row per kind: kind, title, smallest (NaN where no size was found), unit, tried_up_to (largest size), complete
        (False where time ran out, so that a smaller size may be found as well).
    """
    rows = []
    for place, (name, kind) in enumerate(kinds.items()):
        low, high, complete = 0, len(kind.sizes), True
        ends = time.monotonic() + (until - time.monotonic()) / (len(kinds) - place)
        while low < high:
            middle = (low + high) // 2
            try_one = partial(_is_found, residuals, cells, parts, null, kind, kind.sizes[middle], (*names, "plant", name))
            tried = list(workers.map(partial(_in_time, try_one, ends), range(PLANTS)))
            if None in tried:
                complete = False
                break
            low, high = (low, middle) if sum(tried) >= ENOUGH else (middle + 1, high)
        smallest = kind.sizes[high] if high < len(kind.sizes) else float("nan")
        rows.append(
            {
                "kind": name,
                "title": kind.title,
                "smallest": smallest,
                "unit": kind.unit,
                "tried_up_to": kind.sizes[-1],
                "complete": complete,
            }
        )
    return pd.DataFrame(rows)


def _in_time(attempt: Callable[[int], bool], ends: float, number: int) -> bool | None:
    return attempt(number) if time.monotonic() < ends else None


def planted(residuals: Residuals, changed: np.ndarray, kind: Kind, size: float, random: np.random.Generator) -> Residuals:
    """Plant one signal: new residuals.

    Args:
        residuals: to plant into.
        changed: bool [samples], whether a sample's class is changed.
        kind, size: of the signal.
        random: draws the genes, a few of those that all probes look at where the kind concerns a few.
    """
    n_all = residuals.values.shape[1]
    n_genes = kind.n_genes(n_all)
    genes = random.choice(
        residuals.few if n_genes <= min(_N_TOGETHER, len(residuals.few)) else n_all, n_genes, replace=False
    )
    before = residuals.values[:, genes]
    deviation = np.maximum(before.std(axis=0), 1e-6)
    after = kind.plant(before / deviation, changed, size, random)
    wider = after.std(axis=0)
    after = (np.clip(after / wider, -5, 5) * deviation).astype(np.float32)
    values = residuals.values.copy()
    values[:, genes] = after
    scale = np.ones(n_all, dtype=np.float32)
    scale[genes] = wider
    result = Residuals(values=values, few=residuals.few, deviation=residuals.deviation * scale[residuals.few])
    # All inner products anew would take longer than the probes.
    result.__dict__["inner"] = residuals.inner + (after @ after.T - before @ before.T) / n_all
    return result


def _is_found(
    residuals: Residuals,
    cells: Cells,
    parts: Sequence[Part],
    null: dict[str, np.ndarray],
    kind: Kind,
    size: float,
    names: tuple[str | int, ...],
    number: int,
) -> bool:
    random = generator(*names, number)
    of_sample = cells.permuted(random)
    changed = cells.classes[of_sample] % 2 == 1
    some = planted(residuals, changed, kind, size, random)
    seen = dict(zip(CHEAP, measured(some, cells, parts, of_sample, CHEAP).statistic, strict=True))
    trained = tuple(name for name in null if name not in CHEAP)
    # As if the trained ones saw nothing: then the others decide, at the level that is theirs in the whole test.
    blind = dict.fromkeys(trained, -1.0)
    if joint_p(seen | blind, null) <= _LEVEL:
        return True
    if not trained:
        return False
    seen |= dict(zip(trained, measured(some, cells, parts, of_sample, trained).statistic, strict=True))
    return joint_p(seen, null) <= _LEVEL

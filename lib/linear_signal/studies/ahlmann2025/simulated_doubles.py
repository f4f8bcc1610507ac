"""Simulator B: doubles whose interactions are known, made like the Norman data; and without any, as a control."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from linear_signal.errors import InputError, unknown
from linear_signal.seeds import generator
from linear_signal.studies.ahlmann2025.conditions import CONTROL
from linear_signal.studies.ahlmann2025.pseudobulk import Pseudobulk, make_pseudobulk

# name: (in words, how often a gene that changes enough interacts, relative to Norman's)
DOUBLE_PRESETS = {
    "norman": ("interactions as often as in the Norman data", 1.0),
    "additive": ("no interactions: every call is false", 0.0),
}
NOISE = 0.55  # standard deviation of a gene between cells
CONTROL_CELLS = 7000
_SCALE, _RANK = 0.082, 8
_KINDS, _SHARES = ("buffering", "synergy", "opposite"), (0.62, 0.20, 0.18)


@dataclass(frozen=True, eq=False, kw_only=True)
class SimulatedDoubles:
    """A made-up data set of doubles, and what it was made from.

    Attributes:
        data: what a model sees: means with noise.
        repeat: the same conditions measured once more, as many cells each: the best that anybody could predict.
        truth: means without noise [conditions, genes].
        interaction: what was added to the sum of the single changes [doubles, genes]; 0 where nothing.
        kind: "additive", "buffering", "synergy" or "opposite" [doubles, genes].
    """

    data: Pseudobulk
    repeat: Pseudobulk
    truth: pd.DataFrame
    interaction: pd.DataFrame
    kind: pd.DataFrame


def simulate_doubles(
    preset: str = "norman", *, n_genes: int = 1000, n_singles: int = 100, n_doubles: int = 124, seed: int = 0
) -> SimulatedDoubles:
    """Simulate single and double perturbations.

    Control means are gamma distributed. Single changes have rank 8 with strong perturbations and a few genes that respond
    to everything, and a sparse part; ``tanh`` caps them at 1. An interaction is the likelier, the larger the sum of the two
    single changes; few pairs carry most. It takes away (buffering), adds (synergy) or turns round (opposite). A mean over n
    cells has noise of 0.55 / sqrt(n).

    Args:
        preset: a name of ``DOUBLE_PRESETS``.
        n_genes: genes read out.
        n_singles: perturbed genes.
        n_doubles: distinct pairs of them.
        seed: the same seed gives the same data; presets of one seed share all but the interactions.

    Raises:
        InputError: an unknown preset, or more doubles than there are pairs.
    """
    if preset not in DOUBLE_PRESETS:
        raise unknown("preset", preset, DOUBLE_PRESETS)
    n_pairs = n_singles * (n_singles - 1) // 2
    if n_genes < 10 or not 1 <= n_doubles <= n_pairs:
        raise InputError(
            f"n_genes {n_genes}, n_singles {n_singles} and n_doubles {n_doubles}: at least 10 genes and one double are "
            f"needed, and {n_singles} perturbed genes have {n_pairs} pairs."
        )
    random = generator("doubles", n_genes, n_singles, n_doubles, seed)
    control = np.sort(random.gamma(1.6, 0.55, n_genes) + 0.25)
    singles = _single_changes(random, control, n_singles)
    first, second = _pairs(random, n_singles, n_doubles)
    sums = singles[first] + singles[second]
    # Drawn for every preset alike, so that presets of one seed differ in nothing else.
    share = 0.10 * random.gamma(0.5, 2.0, (n_doubles, 1)) * DOUBLE_PRESETS[preset][1]
    hit = random.random(sums.shape) < np.minimum(0.9, share * (np.abs(sums) / 0.25) ** 1.5)
    kind = random.choice(3, size=sums.shape, p=_SHARES)
    depth = random.uniform(0.35, 0.85, sums.shape)
    gamma = np.where(hit, np.choose(kind, [-depth, depth, -(1 + 0.25 * depth)]) * sums, 0.0)

    names = np.array([f"T{place:03d}" for place in range(n_singles)])
    doubles = [f"{names[one]}+{names[other]}" for one, other in zip(first, second, strict=True)]
    genes = [f"G{place:04d}" for place in range(n_genes)]
    index = [CONTROL, *(f"{name}+{CONTROL}" for name in names), *doubles]
    truth = pd.DataFrame(np.vstack([control, control + singles, control + sums + gamma]), index=index, columns=genes)
    cells = np.exp(random.uniform(np.log(120), np.log(700), len(index))).astype(int)
    n_cells = pd.Series([CONTROL_CELLS, *cells[1:]], index=index)
    name = f"doubles, {preset}, seed {seed}"
    data, repeat = (measured(truth, n_cells, NOISE, random, name=name) for _ in range(2))
    return SimulatedDoubles(
        data=data,
        repeat=repeat,
        truth=truth,
        interaction=pd.DataFrame(gamma, index=doubles, columns=genes),
        kind=pd.DataFrame(np.where(hit, np.array(_KINDS)[kind], "additive"), index=doubles, columns=genes),
    )


def measured(
    truth: pd.DataFrame, n_cells: pd.Series | None, noise: float, random: np.random.Generator, *, name: str
) -> Pseudobulk:
    """Measure means: add the noise of a mean over cells, or ``noise`` itself where the cells are not counted."""
    spread = noise if n_cells is None else noise / np.sqrt(n_cells.to_numpy()[:, None])
    seen = truth + spread * random.standard_normal(truth.shape)
    return make_pseudobulk(seen, n_cells, name=name, synthetic=True, source=f"simulated ({name})")


def _single_changes(random: np.random.Generator, control: np.ndarray, n_singles: int) -> np.ndarray:
    strength = np.exp(0.55 * random.standard_normal((n_singles, 1)))
    response = np.exp(0.75 * random.standard_normal((len(control), 1)))
    left = random.standard_normal((n_singles, _RANK)) * strength
    right = random.standard_normal((len(control), _RANK)) * response
    change = _SCALE * left @ right.T / np.sqrt(_RANK)
    sparse = random.random(change.shape) < 0.05
    change += np.where(sparse, 1.5 * _SCALE * random.standard_normal(change.shape), 0.0)
    return np.maximum(np.tanh(change), -0.9 * control)


def _pairs(random: np.random.Generator, n: int, n_pairs: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw distinct pairs, first below second."""
    first, second = np.triu_indices(n, k=1)
    chosen = random.choice(len(first), size=n_pairs, replace=False)
    return first[chosen], second[chosen]

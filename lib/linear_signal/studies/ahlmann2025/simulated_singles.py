"""Simulator C: unseen single perturbations in two cell lines; what the embedding and the other line know is set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from linear_signal.errors import InputError, unknown
from linear_signal.seeds import generator
from linear_signal.studies.ahlmann2025.conditions import CONTROL
from linear_signal.studies.ahlmann2025.pseudobulk import Pseudobulk
from linear_signal.studies.ahlmann2025.simulated_doubles import measured


@dataclass(frozen=True, kw_only=True)
class SinglesPreset:
    """What perturbations do in simulator C.

    Attributes:
        about: in words.
        effect: size of the changes.
        alpha: how far the expression of the perturbed gene tells what perturbing it does, 0 to 1.
        rho: how far the two lines agree about a perturbation, 0 to 1.
        shift: size of the change that all perturbations share (systematic variation).
    """

    about: str
    effect: float = 0.12
    alpha: float = 0.5
    rho: float = 0.6
    shift: float = 0.1


SINGLE_PRESETS = {
    "k562": SinglesPreset(about="like Replogle's K562", effect=0.105, alpha=0.45, shift=0.05),
    "rpe1": SinglesPreset(about="like Replogle's RPE1, with a large shared response", effect=0.13, shift=0.15),
    "other line unrelated": SinglesPreset(about="the lines have nothing in common: transfer cannot help", rho=0.0),
    "embedding uninformative": SinglesPreset(about="expression says nothing of perturbations", alpha=0.0, rho=0.8),
    "embedding informative": SinglesPreset(about="expression says nearly all of perturbations", alpha=0.9, rho=0.8),
}
NOISE = 0.03
_RANK = 8


@dataclass(frozen=True, eq=False, kw_only=True)
class SimulatedSingles:
    """A made-up data set of single perturbations in two lines.

    Attributes:
        data: the line that is predicted.
        other: the other line, with the same perturbations and genes.
        repeat: the first line measured once more.
        truth: the first line without noise [conditions, genes].
    """

    data: Pseudobulk
    other: Pseudobulk
    repeat: Pseudobulk
    truth: pd.DataFrame


def simulate_singles(
    preset: str | SinglesPreset = "k562", *, n_genes: int = 1500, n_targets: int = 400, seed: int = 0
) -> SimulatedSingles:
    """Simulate single perturbations of read-out genes in two cell lines.

    Genes have vectors g of 8 dimensions. A perturbation has p = alpha g_target + sqrt(1 - alpha^2) noise, and changes genes
    by ``effect x strength x p W g'``, by a response that all share, and by a sparse part; its own gene falls by 80 %. The
    other line has p' = rho p + sqrt(1 - rho^2) noise, and gene vectors and a shared response that are half its own.

    Args:
        preset: a name of ``SINGLE_PRESETS``, or what to simulate.
        n_genes: genes read out.
        n_targets: perturbed ones of them.
        seed: the same seed gives the same data.

    Raises:
        InputError: an unknown preset, shares outside of 0 to 1, or more targets than genes.
    """
    if isinstance(preset, str):
        if preset not in SINGLE_PRESETS:
            raise unknown("preset", preset, SINGLE_PRESETS)
        preset = SINGLE_PRESETS[preset]
    if not (0 <= preset.alpha <= 1 and 0 <= preset.rho <= 1 and preset.effect >= 0 and preset.shift >= 0):
        raise InputError(f"{preset}: alpha and rho lie from 0 to 1, effect and shift are not below 0.")
    if not 4 <= n_targets <= n_genes:
        raise InputError(f"n_targets is {n_targets}; from 4 to n_genes ({n_genes}) genes can be perturbed.")
    random = generator("singles", n_genes, n_targets, seed)
    genes = random.standard_normal((n_genes, _RANK))
    targets = np.sort(random.choice(n_genes, size=n_targets, replace=False))
    perturbations = _mixed(random, genes[targets], preset.alpha)
    response = random.standard_normal(n_genes)
    links = np.linalg.qr(random.standard_normal((_RANK, _RANK)))[0]  # a rotation: all directions count alike
    strength = np.exp(0.6 * random.standard_normal((n_targets, 1)))
    control = random.gamma(1.6, 0.55, n_genes) + 0.25

    def line(its: np.ndarray, their_genes: np.ndarray, shared: np.ndarray, expressed: np.ndarray) -> np.ndarray:
        changes = preset.effect * strength * (its @ links @ their_genes.T) / np.sqrt(_RANK)
        changes += preset.shift * shared * (0.4 + 0.6 * strength)
        sparse = random.random(changes.shape) < 0.1
        changes += np.where(sparse, preset.effect * random.standard_normal(changes.shape), 0.0)
        changes[np.arange(n_targets), targets] = -0.8 * expressed[targets]
        return np.vstack([expressed, expressed + changes])

    first = line(perturbations, genes, response, control)
    second = line(
        _mixed(random, perturbations, preset.rho),
        _mixed(random, genes, 0.8),
        _mixed(random, response, 0.5),
        np.maximum(0.05, control + 0.4 * random.standard_normal(n_genes)),
    )
    names = [f"G{place:04d}" for place in range(n_genes)]
    index = [CONTROL, *(f"{names[target]}+{CONTROL}" for target in targets)]
    truth, there = (pd.DataFrame(values, index=index, columns=names) for values in (first, second))
    name = f"singles, seed {seed}"
    data, repeat = (measured(truth, None, NOISE, random, name=name) for _ in range(2))
    other = measured(there, None, NOISE, random, name=f"{name}, other line")
    return SimulatedSingles(data=data, other=other, repeat=repeat, truth=truth)


def _mixed(random: np.random.Generator, values: np.ndarray, share: float) -> np.ndarray:
    """Keep the variance: ``share`` of the values themselves, the rest noise of its own."""
    return share * values + np.sqrt(1 - share**2) * random.standard_normal(values.shape)

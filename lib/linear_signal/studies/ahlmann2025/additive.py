"""Simple predictions of doubles from singles: no change, mean, additive, with a fitted slope, on denoised changes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from linear_signal.errors import InputError, listed
from linear_signal.studies.ahlmann2025.components import leading_components
from linear_signal.studies.ahlmann2025.conditions import canonical, multi_hot, targets_of
from linear_signal.studies.ahlmann2025.pseudobulk import Pseudobulk


def no_change(data: Pseudobulk, train: Sequence[str], wanted: Sequence[str]) -> pd.DataFrame:
    """Predict the control mean for every condition."""
    return predictions(data, wanted, np.zeros((len(wanted), len(data.genes))))


def mean_of_training(data: Pseudobulk, train: Sequence[str], wanted: Sequence[str]) -> pd.DataFrame:
    """Predict the mean of the training conditions, each of equal weight, the control among them.

    Source: the authors' ``run_mean_prediction.R``.
    """
    mean = data.effects(train).to_numpy().mean(axis=0)
    return predictions(data, wanted, np.broadcast_to(mean, (len(wanted), len(mean))))


def additive(data: Pseudobulk, train: Sequence[str], wanted: Sequence[str]) -> pd.DataFrame:
    """Predict control + (A - control) + (B - control).

    Raises:
        InputError: a gene of a wanted condition whose single perturbation was not learnt from.

    Source: Ahlmann-Eltze et al. 2025, Methods; the authors' ``run_additive_model.py``.
    """
    marks, singles = _sums(data, train, wanted)
    return predictions(data, wanted, marks @ singles)


def additive_slope(data: Pseudobulk, train: Sequence[str]) -> float:
    """Fit c in AB - control = c (A - control + B - control) by least squares over training doubles and genes.

    Raises:
        InputError: no double to learn from, or a gene of one whose single perturbation is missing.

    Source: the universal slope of Vollenweider & Buehlmann 2026.
    """
    doubles = _doubles(data, train)
    if not doubles:
        raise InputError("The slope is fitted to doubles, and the training set has none. Add some, or use the plain sum.")
    marks, singles = _sums(data, train, doubles)
    sums = marks @ singles
    return float((sums * data.effects(doubles).to_numpy()).sum() / (sums**2).sum())


def additive_with_slope(data: Pseudobulk, train: Sequence[str], wanted: Sequence[str]) -> pd.DataFrame:
    """Predict the sum of the single changes times one slope (:func:`additive_slope`)."""
    marks, singles = _sums(data, train, wanted)
    return predictions(data, wanted, additive_slope(data, train) * (marks @ singles))


def additive_denoised(data: Pseudobulk, train: Sequence[str], wanted: Sequence[str], *, rank: int = 10) -> pd.DataFrame:
    """Predict the sum of single changes after these were cut to their largest singular values.

    The sum of two measured changes from one control carries sqrt(3) times the noise of a mean; most of it lies outside of
    the few directions in which perturbations move the cell.

    Raises:
        InputError: a rank below 1, or as of :func:`additive`.
    """
    if rank < 1:
        raise InputError(f"rank is {rank}; it must be at least 1.")
    marks, singles = _sums(data, train, wanted)
    scores, axes = leading_components(singles, rank)
    return predictions(data, wanted, marks @ scores @ axes)


def predictions(data: Pseudobulk, wanted: Sequence[str], changes: np.ndarray) -> pd.DataFrame:
    """Add changes to the control: a table [wanted conditions, genes] as every model here returns it."""
    index = [canonical(one, control=data.control) for one in wanted]
    return pd.DataFrame(changes + data.control_mean.to_numpy(), index=index, columns=data.genes)


def _sums(data: Pseudobulk, train: Sequence[str], wanted: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return which single perturbations each condition is made of, and their changes [singles, genes]."""
    known = {canonical(one, control=data.control) for one in train}
    singles = [one for one in data.singles if one in known]
    if not singles:
        raise InputError("A sum of single changes needs single perturbations to learn from; the training set has none.")
    targets = [targets_of(one, control=data.control)[0] for one in singles]
    return multi_hot(wanted, targets, control=data.control), data.effects(singles).to_numpy()


def _doubles(data: Pseudobulk, train: Sequence[str]) -> list[str]:
    names = [canonical(one, control=data.control) for one in train]
    strange = [one for one in names if len(targets_of(one, control=data.control)) > 2]
    if strange:
        raise InputError(f"The training set holds {listed(strange)}, of more than two perturbed genes; leave these out.")
    return [one for one in names if len(targets_of(one, control=data.control)) == 2]

"""Data whose classes differ in one planted kind of thing alone; each kind is beyond a rung of the ladder of removal."""

from __future__ import annotations

import numpy as np
import pandas as pd

from linear_signal.data.dataset import Dataset
from linear_signal.data.sample_table import LABEL
from linear_signal.errors import InputError, unknown
from linear_signal.seeds import generator

KINDS = {
    "none": "no difference",
    "mean": "means of single genes",
    "spread": "spreads of single genes",
    "shape": "shapes of single genes' distributions",
    "covariance": "covariances of genes",
    "three_way_parity": "three genes together, no two of them",
}
GROUP = "group"
_SHARE_OF_GENES = 0.2
_FEWEST_GENES, _FEWEST_SAMPLES = 6, 2


def make_planted_kind(
    kind: str,
    *,
    n_samples: int,
    n_genes: int,
    strength: float = 1.0,
    n_classes: int = 2,
    groups: int | None = None,
    shares: tuple[float, ...] | None = None,
    seed: int,
) -> Dataset:
    """Make up a data set whose classes differ in one kind of thing alone.

    Every gene is N(0, 1) in every class, but for a fifth of them (a multiple of three). With s the strength and, in class
    number k of K, t = k / (K - 1), these are:

    - "mean": N(s t, 1);
    - "spread": N(0, (1 + s t)^2);
    - "shape": of mean 0 and variance 1 in every class, for a share min(1, s t) of samples two narrow peaks at -1 and 1
      instead of one wide;
    - "covariance": in threes with correlation min(0.95, 0.9 s) t, in turn of either sign;
    - "three_way_parity": in threes; in every second class, by a share min(1, s), the product of the signs of each three is
      positive, in the others negative. Single genes and pairs of them are distributed alike in all classes;
    - "none": like all others.

    Args:
        kind: one of ``KINDS``.
        n_samples: of all classes together.
        n_genes: six or more.
        strength: of the difference, above 0.
        n_classes: two or more.
        groups: number of groups, such as studies, which have one class each; genes then vary between groups as much as
            between samples, whatever the class. None: every sample stands for itself, and there is no column of groups.
        shares: of the samples (or groups) by class, adding up to 1; equal where None.
        seed: the same seed gives the same data set.

    Returns:
        Dataset with float32 expression [n_samples, n_genes], labels "A", "B", ..., and the column "group" where there are
        groups. Planted genes come first.

    Raises:
        InputError: an unknown kind, sizes that are too small, or shares that are none.
    """
    if kind not in KINDS:
        raise unknown("planted kind", kind, KINDS)
    n_units = n_samples if groups is None else groups
    shares = shares or (1 / n_classes,) * n_classes
    _check(n_samples, n_genes, n_classes, n_units, strength, shares)
    random = generator("planted kinds", kind, n_samples, n_genes, str(strength), n_classes, n_units, str(shares), seed)
    counts = np.maximum(2, np.round(n_units * np.array(shares)).astype(int))
    counts[counts.argmax()] += n_units - counts.sum()
    of_unit = random.permutation(np.repeat(np.arange(n_classes), counts))
    unit = np.arange(n_samples) % n_units
    classes = of_unit[unit]
    values = random.standard_normal((n_samples, n_genes))
    _plant(kind, values, classes, strength, classes / (n_classes - 1), random)
    if groups is not None:
        values += random.standard_normal((n_units, n_genes))[unit]
    samples = pd.DataFrame(
        {LABEL: [chr(ord("A") + one) for one in classes]}, index=[f"S{number:05d}" for number in range(n_samples)]
    )
    if groups is not None:
        samples[GROUP] = [f"G{number:04d}" for number in unit]
    return Dataset(
        name=f"Planted {kind.replace('_', ' ')}",
        expression=values.astype(np.float32),
        samples=samples,
        gene_ids=np.array([f"G{number:05d}" for number in range(n_genes)]),
        source=f"Made up with seed {seed}: classes differ in {KINDS[kind]}, strength {strength:g}",
        synthetic=True,
    )


def _plant(
    kind: str, values: np.ndarray, classes: np.ndarray, strength: float, along: np.ndarray, random: np.random.Generator
) -> None:
    """Write a difference into the first genes of float64 [samples, genes]; ``along`` runs from 0 to 1 over the classes."""
    n_planted = max(3, 3 * int(_SHARE_OF_GENES * values.shape[1] / 3))
    some, along = values[:, :n_planted], along[:, None]
    if kind == "mean":
        some += strength * along
    elif kind == "spread":
        some *= 1 + strength * along
    elif kind == "shape":
        peaks = 0.95 * random.choice([-1.0, 1.0], some.shape) + np.sqrt(1 - 0.95**2) * random.standard_normal(some.shape)
        some[:] = np.where(random.random(some.shape) < strength * along, peaks, some)
    elif kind == "covariance":
        correlation = min(0.95, 0.9 * strength) * along
        shared = np.repeat(random.standard_normal((len(some), n_planted // 3)), 3, axis=1)
        signs = np.tile([1.0, 1.0, -1.0], n_planted // 3)
        some[:] = np.sqrt(correlation) * signs * shared + np.sqrt(1 - correlation) * some
    elif kind == "three_way_parity":
        threes = some.reshape(len(some), -1, 3)
        wanted = np.where(classes % 2 == 1, 1.0, -1.0)[:, None]
        wrong = (np.sign(threes).prod(axis=2) != wanted) & (random.random(threes.shape[:2]) < strength)
        threes[:, :, 2] *= np.where(wrong, -1.0, 1.0)


def _check(n_samples: int, n_genes: int, n_classes: int, n_units: int, strength: float, shares: tuple[float, ...]) -> None:
    if n_genes < _FEWEST_GENES:
        raise InputError(f"n_genes is {n_genes}; planted kinds need {_FEWEST_GENES} or more.")
    if not 2 <= n_classes <= 26:
        raise InputError(f"n_classes is {n_classes}; it must be 2 to 26.")
    if not _FEWEST_SAMPLES * n_classes <= n_units <= n_samples:
        raise InputError(
            f"{n_samples} samples in {n_units} groups cannot be shared out among {n_classes} classes. Two groups a class, "
            "and one sample a group, are needed at least."
        )
    if not strength > 0:
        raise InputError(f"strength is {strength}; it must be positive. Kind 'none' has no difference.")
    if len(shares) != n_classes or min(shares) <= 0 or abs(sum(shares) - 1) > 1e-6:
        raise InputError(f"shares are {list(shares)}; {n_classes} positive numbers that add up to 1 are needed.")

"""P-values of the largest of several statistics, each measured against its own null."""

from __future__ import annotations

import numpy as np


def p_of_largest(observed: np.ndarray, null: np.ndarray) -> float:
    """P-value of the largest standardised statistic.

    Statistics are standardised by mean and standard deviation over the null and the observed values together, so that all
    of them are treated alike.

    Args:
        observed: float64 [statistics].
        null: float64 [permutations, statistics].

    Source: Westfall & Young 1993; Phipson & Smyth 2010, Stat Appl Genet Mol Biol 9:39, for counting the observed one.

    >>> p_of_largest(np.array([3.0]), np.array([[0.0], [1.0], [2.0]]))
    0.25
    """
    together = np.vstack([observed, null])
    largest = ((together - together.mean(axis=0)) / np.maximum(together.std(axis=0), 1e-12)).max(axis=1)
    return float((largest >= largest[0] - 1e-12).mean())


def p_of_each(observed: dict[str, float], null: dict[str, np.ndarray]) -> dict[str, float]:
    """P-value of every statistic by itself; 1 where it has no null."""
    return {name: (1 + int((null[name] >= value).sum())) / (1 + len(null[name])) for name, value in observed.items()}


def joint_p(observed: dict[str, float], null: dict[str, np.ndarray]) -> float:
    """P-value of the largest statistic where some have fewer permutations than others.

    Statistics with as many permutations are a family, whose largest is tested; the smallest p-value of a family is
    multiplied by their number (Bonferroni).

    >>> null = {"a": np.arange(39.0), "b": np.arange(199.0)}
    >>> joint_p({"a": 40.0, "b": 100.0}, null)
    0.05
    """
    families: dict[int, list[str]] = {}
    for name in observed:
        families.setdefault(len(null[name]), []).append(name)
    found = [
        p_of_largest(np.array([observed[name] for name in family]), np.stack([null[name] for name in family], axis=1))
        for family in families.values()
    ]
    return min(1.0, len(found) * min(found))

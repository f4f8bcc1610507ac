"""Made-up data whose truth is known, for the benchmark of the test behind "your data"."""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

import numpy as np

from linear_signal.studies.own_data.power import KINDS


@dataclass(frozen=True, kw_only=True)
class Row:
    """Data without signal beyond class means.

    Attributes:
        name: in the table.
        groups: of every class.
        each: samples of a group, by class; of a range, drawn.
        crossed: whether every group holds all classes (``groups`` then are the same ones, ``each`` of every class).
        copies: whether a group's samples are near copies of one another.
        means: size of the linear signal, in standard deviations, in a third of the genes.
        n_genes: made up.
    """

    name: str
    groups: tuple[int, ...]
    each: tuple[int, ...] | tuple[tuple[int, int], ...]
    crossed: bool = False
    copies: bool = False
    means: float = 2.0
    n_genes: int = 30


ROWS = (
    Row(name="no signal at all, 60 samples", groups=(30, 30), each=(1, 1), means=0.0),
    Row(name="linear, 30 + 30 samples", groups=(30, 30), each=(1, 1)),
    Row(name="linear, 60 + 60 samples, 300 genes", groups=(60, 60), each=(1, 1), n_genes=300),
    Row(name="linear, 2,500 + 2,500 samples", groups=(2500, 2500), each=(1, 1)),
    Row(name="linear, 1:20, 12 rare to 240", groups=(12, 240), each=(1, 1)),
    Row(name="linear, 12 classes of 12 samples", groups=(12,) * 12, each=(1,) * 12),
    Row(name="linear, classes of 10 to 60 samples", groups=(10, 14, 20, 30, 42, 60), each=(1,) * 6),
    Row(name="linear, 10 + 10 studies of 5", groups=(10, 10), each=(5, 5)),
    Row(name="linear, 10 + 40 studies of 5", groups=(10, 40), each=(5, 5)),
    Row(name="linear, 10 studies of 8, 60 of 1", groups=(10, 60), each=(8, 1)),
    Row(name="linear, studies of 1 to 12, 12 + 30", groups=(12, 30), each=((1, 12), (1, 4))),
    Row(name="label is batch: 12 + 12 batches of 6", groups=(12, 12), each=(6, 6), means=4.0),
    Row(name="replicates: 20 + 20 donors, 3 near copies", groups=(20, 20), each=(3, 3), copies=True),
    Row(name="both classes in each of 25 donors", groups=(25, 25), each=(2, 2), crossed=True),
    Row(name="5 + 5 studies of 12", groups=(5, 5), each=(12, 12)),
)
# The whole design takes seconds a set: of few rows, with the fewest groups that are judged among them, and some more.
WHOLE_ROWS = (ROWS[1], ROWS[7], ROWS[13], Row(name="15 + 15 studies of 5", groups=(15, 15), each=(5, 5)))


def linear_data(row: Row, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Make up values, classes and groups, in which nothing beyond means of classes differs."""
    errors, means, classes, groups = errors_and_means(row, seed)
    return (errors + means).astype(np.float32), classes, groups


def errors_and_means(row: Row, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Make up errors, the means to add to them, classes and groups: genes go together, are skewed or hold zeros.

    Groups differ, and whole groups of the same size can change places: means of classes come after all else.
    """
    random = np.random.default_rng([crc32(row.name.encode()), seed])
    sizes = [
        random.integers(each[0], each[1] + 1, n) if isinstance(each, tuple) else np.full(n, each)
        for n, each in zip(row.groups, row.each, strict=True)
    ]
    classes = np.concatenate([np.full(of_class.sum(), one) for one, of_class in enumerate(sizes)])
    groups = np.repeat(np.arange(sum(row.groups)), np.concatenate(sizes))
    if row.crossed:
        groups %= row.groups[0]
    loadings = random.standard_normal((4, row.n_genes))
    values = 0.7 * random.standard_normal((len(classes), 4)) @ loadings + random.standard_normal((len(classes), row.n_genes))
    if len(np.unique(groups)) < len(groups):
        between = random.standard_normal((groups.max() + 1, row.n_genes))[groups]
        values = (0.1 if row.copies else 1.0) * values + (2.0 if row.copies else 1.0) * between
    third = row.n_genes // 3
    values[:, :third] = np.exp(0.7 * values[:, :third])
    values[:, third : 2 * third] = np.maximum(0, values[:, third : 2 * third])
    shifts = row.means * random.standard_normal((classes.max() + 1, row.n_genes))
    return values, shifts[classes] * (random.random(row.n_genes) < 0.33), classes, groups


def planted_data(kind: str, size: float, n_samples: int, seed: int, n_genes: int = 100) -> tuple[np.ndarray, np.ndarray]:
    """Make up two classes with a linear signal and one planted kind of another."""
    random = np.random.default_rng([crc32(kind.encode()), int(1000 * size), n_samples, seed])
    classes = np.arange(n_samples) % 2
    values = random.standard_normal((n_samples, n_genes))
    of_kind = KINDS[kind]
    genes = random.choice(n_genes, of_kind.n_genes(n_genes), replace=False)
    values[:, genes] = of_kind.plant(values[:, genes], classes == 1, size, random)
    values[classes == 1, : n_genes // 3] += 1
    return values.astype(np.float32), classes

"""Which genes differ in spread between two tissues, and which pairs of genes in correlation: described, not predicted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pandas as pd

from linear_signal.data.log_scale import unscaled
from linear_signal.data.removal_ladder import make_equal
from linear_signal.data.tasks import Task
from linear_signal.seeds import generator

# Of the samples of either tissue: genes above zero in fewer say more of their zeros than of anything else.
EXPRESSED_IN = 0.5
FEWEST_SAMPLES = 8  # of a class in a half of the donors
MOST_DRAWN = 200  # samples of a tissue in a figure: more hide each other, and take a page's room
# So many candidates are looked at for pairs that share no gene.
_CANDIDATES = 5000

GENES = (
    *("task", "gene", "first", "second", "first_spread", "second_spread"),
    *("log2_ratio", "picked_at", "n_first", "n_second"),
)
PAIRS = (
    *("task", "first_gene", "second_gene", "first", "second", "first_correlation", "second_correlation"),
    *("difference", "picked_at", "n_first", "n_second"),
)


def genes_by_spread(task: Task, *, most: int = 8) -> pd.DataFrame:
    """List the genes whose spread differs most between the two classes of a task.

    Spread is the standard deviation of log2(1 + TPM) within a class. Genes above zero in at least half of the samples of
    either class take part. They are picked by the ratio of both spreads in one half of the donors; the numbers are those of
    the other half, so that the picking does not flatter them.

    Args:
        task: of two classes, over values scaled from transcripts per million.
        most: genes to list.

    Returns:
        One row per gene, the largest ratio at picking first: ``GENES``. ``log2_ratio`` is of the first class to the second,
        ``picked_at`` the same in the half in which it was picked. Empty where a half has too few samples of a class.

    Raises:
        InputError: the values cannot be led back.
    """
    if not has_halves(task):
        return pd.DataFrame(columns=list(GENES))
    values, genes = _log_values(task)
    spreads = [np.stack([values[rows].std(axis=0, ddof=1) for rows in half]) for half in _halves(task)]
    varies = np.all([(spread > 0).all(axis=0) for spread in spreads], axis=0)
    picking, shown = (np.log2(spread[:, varies]) for spread in spreads)
    ratios = picking[0] - picking[1]
    order = np.argsort(-np.abs(ratios), kind="stable")[:most]
    return _named(
        task,
        {
            "gene": genes[varies][order],
            "first_spread": 2 ** shown[0, order],
            "second_spread": 2 ** shown[1, order],
            "log2_ratio": (shown[0] - shown[1])[order],
            "picked_at": ratios[order],
        },
        GENES,
    )


def pairs_by_correlation(task: Task, *, most: int = 8) -> pd.DataFrame:
    """List the pairs of genes whose correlation differs most between the two classes of a task.

    Correlations are those of the rung on which the distributions of single genes are equal: of normal scores of ranks within
    the class. So neither means nor spreads nor shapes of single genes play a part in them. Genes take part and halves of the
    donors are used as in :func:`genes_by_spread`; each gene is listed in one pair only.

    Args:
        task: as there.
        most: pairs to list.

    Returns:
        One row per pair, the largest difference at picking first: ``PAIRS``. ``difference`` is the first class's correlation
        minus the second's, ``picked_at`` the same in the half in which the pair was picked.

    Raises:
        InputError: as there.
    """
    if not has_halves(task):
        return pd.DataFrame(columns=list(PAIRS))
    values, genes = _log_values(task)
    if len(genes) < 2:
        return pd.DataFrame(columns=list(PAIRS))
    picking, shown = (_correlations(scores) for scores in _scores(task, values))
    differences = np.triu(picking[0] - picking[1], k=1)
    ranked = np.abs(differences).ravel()
    candidates = np.argpartition(-ranked, min(_CANDIDATES, len(ranked)) - 1)[:_CANDIDATES]
    candidates = candidates[np.argsort(-ranked[candidates], kind="stable")]
    taken: set[int] = set()
    chosen = []
    for one, other in zip(*np.unravel_index(candidates, differences.shape), strict=True):
        if len(chosen) < most and one < other and not taken & {one, other}:
            taken |= {one, other}
            chosen.append((one, other))
    one, other = np.array(chosen, dtype=int).reshape(-1, 2).T
    return _named(
        task,
        {
            "first_gene": genes[one],
            "second_gene": genes[other],
            "first_correlation": shown[0][one, other],
            "second_correlation": shown[1][one, other],
            "difference": (shown[0] - shown[1])[one, other],
            "picked_at": differences[one, other],
        },
        PAIRS,
    )


def described_by(describe: Callable[[Task], pd.DataFrame], tasks: Iterable[Task]) -> dict[str, pd.DataFrame]:
    """Describe tasks, by name; those with nothing to describe are left out."""
    tables = {task.name: describe(task) for task in tasks}
    return {name: table for name, table in tables.items() if len(table)}


def named(table: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Put names of genes in the place of their ids."""
    columns = [column for column in ("gene", "first_gene", "second_gene") if column in table]
    return table.assign(**{column: table[column].map(names) for column in columns})


def genes_of(*tables: pd.DataFrame) -> set[str]:
    """List the genes of tables, by id."""
    columns = ("gene", "first_gene", "second_gene")
    return {gene for table in tables for column in columns if column in table for gene in table[column]}


def points_of_pairs(task: Task, pairs: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Lay out the samples behind the correlations of pairs, to be drawn: those of the half in which they are shown.

    Of a tissue with more than :data:`MOST_DRAWN` so many are drawn at random; the correlations are of all.

    Args:
        task: as of :func:`pairs_by_correlation`.
        pairs: rows of its table, with ids.
        names: of genes, by id.

    Returns:
        pair (both names), tissue, correlation, x and y (normal scores of the first and the second gene).
    """
    values, genes = _log_values(task)
    place = {gene: number for number, gene in enumerate(genes.tolist())}
    _, shown = _scores(task, values)
    shown = [scores[_drawn(task, len(scores), side)] for side, scores in enumerate(shown)]
    tables = []
    for pair in pairs.to_dict("records"):
        for side, scores in zip(("first", "second"), shown, strict=True):
            x, y = (scores[:, place[pair[f"{one}_gene"]]] for one in ("first", "second"))
            told = {"tissue": pair[side], "correlation": pair[f"{side}_correlation"]}
            pair_name = " and ".join(names[pair[f"{one}_gene"]] for one in ("first", "second"))
            tables.append(pd.DataFrame({"pair": pair_name, **told, "x": x, "y": y}))
    return pd.concat(tables, ignore_index=True)


def _drawn(task: Task, n_samples: int, side: int) -> np.ndarray:
    random = generator("drawn samples", task.dataset.name, task.name, side)
    return np.sort(random.permutation(n_samples)[:MOST_DRAWN])


def has_halves(task: Task) -> bool:
    """Say whether each half of the donors has enough samples of both classes to describe."""
    return min(len(rows) for half in _halves(task) for rows in half) >= FEWEST_SAMPLES


def _halves(task: Task) -> list[list[np.ndarray]]:
    """Deal the donors out into two halves: rows of the task by half and class."""
    groups = np.unique(task.groups)
    random = generator("halves of donors", task.dataset.name, task.name)
    first = set(random.permutation(groups)[: len(groups) // 2].tolist())
    in_first = np.array([group in first for group in task.groups.tolist()])
    return [[np.flatnonzero(half & (task.classes == one)) for one in (0, 1)] for half in (in_first, ~in_first)]


def _log_values(task: Task) -> tuple[np.ndarray, np.ndarray]:
    """Return log2(1 + TPM) of the genes that take part, float32 [samples of the task, genes], and their ids."""
    values = unscaled(task.dataset)[task.rows]
    shares = [(values[task.classes == one] > 0).mean(axis=0) for one in (0, 1)]
    kept = np.min(shares, axis=0) >= EXPRESSED_IN
    return np.log2(1 + values[:, kept]), task.dataset.gene_ids[kept]


def _scores(task: Task, values: np.ndarray) -> list[list[np.ndarray]]:
    """Normal scores of the samples, by half and class: values on the rung of equal distributions."""
    scores = []
    for number, half in enumerate(_halves(task)):
        rows = np.concatenate(half)
        names = ("kinds", task.dataset.name, task.name, number)
        about = {"groups": task.groups[rows], "names": names}
        equal = make_equal(values[rows], task.classes[rows], rung="distributions_removed", **about)
        scores.append(np.split(equal, [len(half[0])]))
    return scores


def _correlations(scores: list[np.ndarray]) -> list[np.ndarray]:
    return [np.corrcoef(of_class, rowvar=False) for of_class in scores]


def _named(task: Task, columns: dict[str, np.ndarray], order: tuple[str, ...]) -> pd.DataFrame:
    first, second = task.class_names
    n_first, n_second = (len(rows) for rows in _halves(task)[1])
    about = {"task": task.name, "first": first, "second": second, "n_first": n_first, "n_second": n_second}
    table = pd.DataFrame(columns).assign(**about)
    return table[list(order)]

"""The three schemes of evaluation: which loci in which cell types a model learns from, is tuned on and is judged on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from linear_signal.errors import InputError, listed, unknown
from linear_signal.studies.schreiber2020.loci import LociTable

SCHEMES = ("cross_chromosome", "cross_cell_type", "hybrid")


@dataclass(frozen=True, eq=False)
class Rows:
    """Every one of these loci in every one of these cell types.

    Attributes:
        loci: int64 [n], rows of the table, ascending.
        cell_types: int64 [m], columns of the table, ascending.
    """

    loci: np.ndarray
    cell_types: np.ndarray

    def __len__(self) -> int:
        """Return the number of pairs of locus and cell type."""
        return len(self.loci) * len(self.cell_types)

    def numbers(self, n_cell_types: int) -> np.ndarray:
        """Number the pairs as ``locus * n_cell_types + cell type``, int64 [n * m], locus by locus."""
        return (self.loci[:, None] * n_cell_types + self.cell_types).ravel()

    def of(self, values: np.ndarray) -> np.ndarray:
        """Cut values [loci, cell types, ...] of a table to these, [n, m, ...]."""
        return values[np.ix_(self.loci, self.cell_types)]


@dataclass(frozen=True, eq=False)
class Scheme:
    """Who learns from what.

    Attributes:
        name: one of ``SCHEMES``.
        target: column of the cell type that is judged.
        train: learnt from.
        tune: decides when training stops.
        judge: judged on, in the target alone.
        digest: SHA-256 of all rows with their names, 16 hexadecimal digits.
    """

    name: str
    target: int
    train: Rows
    tune: Rows
    judge: Rows
    digest: str


def make_scheme(
    name: str,
    table: LociTable,
    *,
    target: str,
    validation_cell_types: Sequence[str],
    training_cell_types: Sequence[str] = (),
    train_chromosomes: Sequence[str] = (),
    tune_chromosome: str = "chr2",
    judge_chromosome: str = "chr1",
) -> Scheme:
    """Make one of the paper's three schemes over a table.

    ================  ==============================  =============================  =============================
    scheme            train                           tune                           judge
    ================  ==============================  =============================  =============================
    cross_chromosome  target, training chromosomes    target, ``tune_chromosome``    target, ``judge_chromosome``
    cross_cell_type   training cell types, training   validation cell types, the     target, **the same loci**
                      chromosomes and                 same loci
                      ``tune_chromosome``
    hybrid            as cross_cell_type              as cross_cell_type             target, ``judge_chromosome``
    ================  ==============================  =============================  =============================

    Args:
        name: one of ``SCHEMES``.
        table: the loci.
        target: cell type that is judged, which the others know nothing of.
        validation_cell_types: one or more; cross_chromosome has no use for them.
        training_cell_types: empty: all but the target and those for validation.
        train_chromosomes: empty: all but the two named next.
        tune_chromosome: as in the table.
        judge_chromosome: as in the table.

    Raises:
        InputError: an unknown name of a scheme, cell type or chromosome; a cell type or chromosome in two roles; a set that
            is empty or has labels of one class only.

    Source: Schreiber et al. 2020, Fig. 1a-c and Methods.
    """
    if name not in SCHEMES:
        raise unknown("scheme", name, SCHEMES)
    aim, validation, training = _cell_types(table, target, validation_cell_types, training_cell_types)
    on_train, on_tune, on_judge = _loci(table, train_chromosomes, tune_chromosome, judge_chromosome)
    if name == "cross_chromosome":
        train, tune, judge = Rows(on_train, aim), Rows(on_tune, aim), Rows(on_judge, aim)
    else:
        if not len(validation):
            raise InputError(f"Scheme {name!r} needs validation_cell_types, one or more; they say when training stops.")
        learnt = np.union1d(on_train, on_tune)
        train, tune = Rows(learnt, training), Rows(learnt, validation)
        judge = Rows(learnt if name == "cross_cell_type" else on_judge, aim)
    for role, rows in (("train", train), ("tune", tune), ("judge", judge)):
        _check_classes(name, table, role, rows)
    return Scheme(name, int(aim[0]), train, tune, judge, _digest(name, table, (train, tune, judge)))


def _cell_types(
    table: LociTable, target: str, validation: Sequence[str], training: Sequence[str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    _not_a_word("validation_cell_types", validation)
    _not_a_word("training_cell_types", training)
    aim = table.place(target)
    held = [table.place(each) for each in validation]
    learnt = [table.place(each) for each in training] or sorted(set(range(table.n_cell_types)) - {aim, *held})
    for kind, places in (("training", learnt), ("validation", held)):
        if aim in places:
            raise InputError(
                f"The target {target} is among the {kind} cell types: a model would learn the labels that it is judged on. "
                f"Take it out there, or choose another target."
            )
        if len(set(places)) < len(places):
            twice = [table.cell_types[place] for place in places if places.count(place) > 1]
            raise InputError(f"{kind}_cell_types names {listed(sorted(set(twice)))} twice. Name every cell type once.")
    both = [table.cell_types[place] for place in sorted(set(learnt) & set(held))]
    if both:
        raise InputError(f"Cell types {listed(both)} are for training and for validation. Leave them in one of the two.")
    if not learnt:
        raise InputError(f"No cell type of {table.name} is left to train on; it has {', '.join(table.cell_types)}.")
    return tuple(np.array(sorted(places), dtype=np.int64) for places in ([aim], held, learnt))


def _loci(table: LociTable, train: Sequence[str], tune: str, judge: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    _not_a_word("train_chromosomes", train)
    known = list(dict.fromkeys(table.chromosomes.tolist()))
    for chromosome in (*train, tune, judge):
        if chromosome not in known:
            raise unknown(f"chromosome of {table.name}", chromosome, known)
    if tune == judge or {tune, judge} & set(train):
        raise InputError(
            f"Chromosomes to train on ({', '.join(train) or 'all others'}), to tune on ({tune}) and to judge on ({judge}) "
            "must differ: what is learnt on one side would be known on the other."
        )
    chosen = list(train) or [each for each in known if each not in (tune, judge)]
    return tuple(np.flatnonzero(np.isin(table.chromosomes, some)) for some in (chosen, [tune], [judge]))


def _not_a_word(what: str, names: Sequence[str]) -> None:
    if isinstance(names, str):
        raise InputError(f"{what} is {names!r}; a list of names is needed, such as [{names!r}].")


def _check_classes(name: str, table: LociTable, role: str, rows: Rows) -> None:
    share = rows.of(table.labels).mean() if len(rows) else np.nan
    if not 0 < share < 1:
        seen = "no locus" if not len(rows) else "active loci alone" if share else "no active locus"
        raise InputError(
            f"Scheme {name!r} over {table.name}: the rows to {role} on hold {seen} "
            f"({len(rows.loci):,} loci x {len(rows.cell_types)} cell types). Both classes are needed; choose other "
            "chromosomes or cell types."
        )


def _digest(name: str, table: LociTable, sets: Sequence[Rows]) -> str:
    digest = hashlib.sha256(name.encode())
    for rows in sets:
        for names, places in ((table.loci, rows.loci), (np.array(table.cell_types), rows.cell_types)):
            digest.update(f"\x1e{len(places)}\x1f".encode() + "\x1f".join(names[places].tolist()).encode())
            digest.update(places.tobytes())
    return digest.hexdigest()[:16]

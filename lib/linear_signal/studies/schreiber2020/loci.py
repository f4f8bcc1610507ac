"""The table of loci: what is active where, and what models may look at; checked when it is made and never changed after."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from linear_signal.data.sample_table import check_ids, texts
from linear_signal.data.source import Source
from linear_signal.errors import InputError, unknown
from linear_signal.numbers import TIMES

UNKNOWN_BASE = 4


@dataclass(frozen=True, eq=False, kw_only=True)
class LociTable:
    """Labels of loci in cell types, and what models may look at.

    What is constant over cell types is kept once per locus, whatever the number of cell types. All arrays are made
    read-only, and not copied where they have the dtype named here.

    Attributes:
        name: short name, part of seeds and of results rows.
        source: one sentence that says where the numbers come from, without a full stop.
        synthetic: whether the numbers were simulated.
        task: what a label says: "expression", "domain boundaries".
        loci: str [loci], unique ids.
        chromosomes: str [loci], "chr1" and so on.
        cell_types: unique names.
        labels: bool [loci, cell types].
        activity: float32 [loci, cell types], the graded value behind a label (log RPKM, a signal).
        signal: float32 [loci, cell types, marks]; no marks where no signal is known.
        marks: their names.
        constant: the same in every cell type: uint8 [loci, length], bases 0 to 3 and 4 for one that is not known; or float32
            [loci, numbers].
        constant_order: int64 [loci, cell types], the locus whose constant input a locus gets in a cell type; None: its own.
        relatives: cell type -> others that annotation calls its relatives, the nearest first; as far as that is known.
        notes: one sentence per thing that a reader should know (loci that were dropped and why).

    Raises:
        InputError: shapes disagree, an id is there twice, a value is not finite, or a code is none.
    """

    name: str
    source: str
    synthetic: bool
    task: str
    loci: np.ndarray
    chromosomes: np.ndarray
    cell_types: tuple[str, ...]
    labels: np.ndarray
    activity: np.ndarray
    signal: np.ndarray
    marks: tuple[str, ...]
    constant: np.ndarray
    constant_order: np.ndarray | None = None
    relatives: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = {
            name: texts(self.name, name, np.array(getattr(self, name))) for name in ("loci", "chromosomes", "cell_types")
        }
        check_ids(self.name, "locus", names["loci"])
        check_ids(self.name, "cell type", names["cell_types"])
        if (names["chromosomes"] == "").any():
            raise InputError(f"{self.name}: a locus has no chromosome. Leave such loci out before the table is made.")
        object.__setattr__(self, "cell_types", tuple(names.pop("cell_types").tolist()))
        object.__setattr__(self, "marks", tuple(map(str, self.marks)))
        sequence = np.asarray(self.constant).dtype == np.uint8
        arrays = {
            **names,
            "labels": _as(self.labels, bool),
            "activity": _as(self.activity, np.float32),
            "signal": _as(self.signal, np.float32),
            "constant": _as(self.constant, np.uint8 if sequence else np.float32),
        }
        if self.constant_order is not None:
            arrays["constant_order"] = _as(self.constant_order, np.int64)
        for name, values in arrays.items():
            object.__setattr__(self, name, values)
            values.flags.writeable = False
        self._check_shapes()
        self._check_values()

    @property
    def n_loci(self) -> int:
        """Number of loci."""
        return len(self.loci)

    @property
    def n_cell_types(self) -> int:
        """Number of cell types."""
        return len(self.cell_types)

    @property
    def n_marks(self) -> int:
        """Number of marks."""
        return len(self.marks)

    @property
    def is_sequence(self) -> bool:
        """Whether the constant input is a sequence of bases."""
        return self.constant.dtype == np.uint8

    def place(self, cell_type: str) -> int:
        """Return the column of a cell type.

        Raises:
            InputError: there is none of this name.
        """
        if cell_type not in self.cell_types:
            raise unknown(f"cell type of {self.name}", cell_type, self.cell_types)
        return self.cell_types.index(cell_type)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over all names and values: 16 hexadecimal digits that name this content."""
        digest = hashlib.sha256()
        names = (
            *((self.name, self.task), self.loci, self.chromosomes, self.cell_types, self.marks),
            *((one, *others) for one, others in sorted(self.relatives.items())),
        )
        for some in names:
            digest.update("\x1f".join(some).encode() + b"\x1e")
        for values in (self.labels, self.activity, self.signal, self.constant, self.constant_order):
            if values is not None:
                digest.update(f"{values.dtype} {values.shape}\x1e".encode())
                digest.update(values)
        return digest.hexdigest()[:16]

    @property
    def summary(self) -> str:
        """How much there is, and the fingerprint."""
        marks = f", {self.n_marks} marks" if self.n_marks else ""
        return f"{self.n_loci:,} loci {TIMES} {self.n_cell_types} cell types{marks}, fingerprint {self.fingerprint}"

    def as_source(self) -> Source:
        """Describe it for a page."""
        return Source(name=self.name, source=self.source, synthetic=self.synthetic, summary=self.summary, notes=self.notes)

    def _check_shapes(self) -> None:
        loci, both = (self.n_loci,), (self.n_loci, self.n_cell_types)
        expected = {"chromosomes": loci, "labels": both, "activity": both, "signal": (*both, self.n_marks)}
        if self.constant_order is not None:
            expected["constant_order"] = both
        for name, shape in expected.items():
            found = getattr(self, name).shape
            if found != shape:
                raise InputError(
                    f"{self.name}: {name} has shape {found}; for {self.n_loci:,} loci, {self.n_cell_types} cell types and "
                    f"{self.n_marks} marks it must be {shape}."
                )
        if self.constant.ndim != 2 or len(self.constant) != self.n_loci or 0 in self.constant.shape:
            raise InputError(
                f"{self.name}: the constant input has shape {self.constant.shape}; it must be loci x bases (or numbers), "
                f"with {self.n_loci:,} loci and one or more of the other."
            )

    def _check_values(self) -> None:
        for name in ("activity", "signal", *(() if self.is_sequence else ("constant",))):
            bad = ~np.isfinite(getattr(self, name))
            if bad.any():
                place = np.argwhere(bad)[0].tolist()
                raise InputError(
                    f"{self.name}: {name} of locus {str(self.loci[place[0]])!r} (at {place}, counted from 0) is not finite, "
                    f"nor are {int(bad.sum()) - 1:,} more values. Leave these loci out."
                )
        if self.is_sequence and self.constant.max() > UNKNOWN_BASE:
            raise InputError(
                f"{self.name}: a base is {self.constant.max()}; 0 to 3 stand for A, C, G, T and {UNKNOWN_BASE} for unknown."
            )
        order = self.constant_order
        if order is not None and (order.min() < 0 or order.max() >= self.n_loci):
            raise InputError(f"{self.name}: constant_order names loci {order.min()} to {order.max()} of {self.n_loci:,}.")
        for one, others in self.relatives.items():
            for cell_type in (one, *others):
                self.place(cell_type)


def _as(values: np.ndarray, dtype: type) -> np.ndarray:
    """Return values in C order and this dtype, as a view that can be made read-only."""
    return np.ascontiguousarray(values, dtype=dtype).view()

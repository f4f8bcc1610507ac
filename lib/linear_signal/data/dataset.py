"""The dataset: an expression matrix with labels and groups, checked when it is made and never changed after."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from linear_signal.data.plain_text import why_no_name
from linear_signal.data.preprocessing import ZeroOneScaling
from linear_signal.errors import InputError, listed
from linear_signal.numbers import TIMES


@dataclass(frozen=True, eq=False, kw_only=True)
class Dataset:
    """Expression of samples x genes with one label and one group per sample.

    Attributes:
        name: short name, part of every seed and of every results row (``"GTEx"``).
        expression: float32 [samples, genes], C order; made read-only.
        labels: str [samples], what is to be predicted (tissue, sex, class).
        groups: str [samples], what must not be split over two folds (donor or study).
        sample_ids: str [samples], unique.
        gene_ids: str [genes], unique.
        source: one sentence that says where the numbers come from.
        synthetic: True where the numbers were simulated; pages say so.
        notes: one sentence per thing a reader should know (samples dropped and why).
        scaling: how the genes were scaled from the raw values; None where they were not. It names no content, so the
            fingerprint does not depend on it.

    Raises:
        InputError: shapes disagree, a value is not finite, an id is repeated, a label or group is empty, one of these texts
            is no name as in :mod:`~linear_signal.data.plain_text`. The message names the first offending sample or gene and
            says how many more there are.
    """

    name: str
    expression: np.ndarray
    labels: np.ndarray
    groups: np.ndarray
    sample_ids: np.ndarray
    gene_ids: np.ndarray
    source: str
    synthetic: bool
    notes: tuple[str, ...] = field(default=())
    scaling: ZeroOneScaling | None = None

    def __post_init__(self) -> None:
        expression = np.ascontiguousarray(self.expression, dtype=np.float32)
        if expression.ndim != 2 or 0 in expression.shape:
            raise InputError(
                f"{self.name}: expression has shape {expression.shape}; it must be samples x genes with at least one "
                "of each."
            )
        expression = expression.view()
        expression.flags.writeable = False
        object.__setattr__(self, "expression", expression)
        for field_name in ("labels", "groups", "sample_ids", "gene_ids"):
            self._set_texts(field_name)
        self._check_ids("sample_ids", "sample")
        self._check_ids("gene_ids", "gene")
        self._check_present("labels", "label")
        self._check_present("groups", "group")
        self._check_finite()
        if self.scaling is not None and {self.scaling.minimum.shape, self.scaling.maximum.shape} != {(self.n_genes,)}:
            raise InputError(
                f"{self.name}: the scaling is of {len(self.scaling.minimum):,} genes, the expression of {self.n_genes:,}; "
                "one minimum and one maximum per gene are needed."
            )

    @property
    def n_samples(self) -> int:
        """Number of samples (rows)."""
        return self.expression.shape[0]

    @property
    def n_genes(self) -> int:
        """Number of genes (columns)."""
        return self.expression.shape[1]

    @property
    def summary(self) -> str:
        """How much there is, and the fingerprint."""
        return f"{self.n_samples:,} samples {TIMES} {self.n_genes:,} genes, fingerprint {self.fingerprint}"

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over name, ids, labels, groups and expression: 16 hexadecimal digits that name this content."""
        digest = hashlib.sha256()
        for texts in (np.array([self.name]), self.sample_ids, self.gene_ids, self.labels, self.groups):
            digest.update("\x1f".join(texts.tolist()).encode())
            digest.update(b"\x1e")
        digest.update(self.expression.tobytes())
        return digest.hexdigest()[:16]

    def take(self, rows: np.ndarray, *, notes: tuple[str, ...] = ()) -> Dataset:
        """Return the dataset cut to ``rows`` (integer indices or a boolean mask [samples])."""
        return replace(
            self,
            expression=self.expression[rows],
            labels=self.labels[rows],
            groups=self.groups[rows],
            sample_ids=self.sample_ids[rows],
            notes=self.notes + notes,
        )

    def _set_texts(self, field_name: str) -> None:
        values = np.asarray(getattr(self, field_name))
        if values.ndim != 1:
            raise InputError(f"{self.name}: {field_name} has {values.ndim} dimensions; it must have one.")
        listed_texts = ["" if value is None or value != value else str(value) for value in values.tolist()]
        for text in dict.fromkeys(listed_texts):
            wrong = why_no_name(text) if text else ""
            if wrong:
                raise InputError(f"{self.name}: one of its {field_name} {wrong}. Write it in printable characters.")
        texts = np.array(listed_texts)
        expected = self.n_genes if field_name == "gene_ids" else self.n_samples
        if len(texts) != expected:
            raise InputError(
                f"{self.name}: {len(texts):,} {field_name} for an expression matrix of {self.n_samples:,} samples x "
                f"{self.n_genes:,} genes; {expected:,} are needed. Is the matrix transposed?"
            )
        texts.flags.writeable = False
        object.__setattr__(self, field_name, texts)

    def _check_ids(self, field_name: str, kind: str) -> None:
        ids = getattr(self, field_name)
        values, first, counts = np.unique(ids, return_index=True, return_counts=True)
        if (values == "").any():
            raise InputError(f"{self.name}: {kind} {int(np.flatnonzero(ids == '')[0]) + 1} has an empty id.")
        repeated = values[counts > 1][np.argsort(first[counts > 1])]
        if len(repeated):
            raise InputError(f"{self.name}: {kind} ids must be unique; repeated: {listed(repeated)}. Remove or rename.")

    def _check_present(self, field_name: str, kind: str) -> None:
        missing = self.sample_ids[getattr(self, field_name) == ""]
        if len(missing):
            raise InputError(
                f"{self.name}: samples without a {kind}: {listed(missing)}. Drop them before making the dataset."
            )

    def _check_finite(self) -> None:
        bad = ~np.isfinite(self.expression)
        if bad.any():
            sample, gene = np.argwhere(bad)[0]
            raise InputError(
                f"{self.name}: expression of sample {str(self.sample_ids[sample])!r}, gene "
                f"{str(self.gene_ids[gene])!r} is {self.expression[sample, gene]}; {int(bad.sum()) - 1:,} more values "
                "are not finite. Drop or impute them first."
            )

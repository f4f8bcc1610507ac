"""The dataset: an expression matrix with a table of its samples, checked when it is made and never changed after."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from linear_signal.data.preprocessing import ZeroOneScaling
from linear_signal.data.row_blocks import ROWS_AT_ONCE, row_blocks
from linear_signal.data.sample_table import check_ids, sample_table, texts
from linear_signal.errors import InputError, unknown


@dataclass(frozen=True, eq=False, kw_only=True)
class Dataset:
    """Expression of samples x genes, and what is known of every sample.

    Attributes:
        name: short name, part of every seed and of every results row (``"GTEx"``).
        expression: float32 [samples, genes], C order; made read-only, and not copied where it has this form.
        samples: one row per sample. Index: its id, unique. Columns: facts such as ``label`` (what is to be predicted:
            tissue, sex, class), ``donor``, ``study``; numbers or text, "" where one is missing.
        gene_ids: str [genes], unique.
        source: one sentence that says where the numbers come from.
        synthetic: True where the numbers were simulated; pages say so.
        notes: one sentence per thing a reader should know (samples dropped and why).
        scaling: how the genes were scaled from the raw values; None where they were not. It names no content, so the
            fingerprint does not depend on it.

    Raises:
        InputError: shapes disagree, a value is not finite, an id is repeated, or one of these texts is no name as in
            :mod:`~linear_signal.data.plain_text`. The message names the first offending sample or gene and says how many
            more there are.
    """

    name: str
    expression: np.ndarray
    samples: pd.DataFrame
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
        if expression.flags.writeable:
            expression = expression.view()
            expression.flags.writeable = False
        object.__setattr__(self, "expression", expression)
        object.__setattr__(self, "samples", sample_table(self.name, self.samples))
        object.__setattr__(self, "gene_ids", texts(self.name, "gene ids", self.gene_ids))
        self.gene_ids.flags.writeable = False
        self._check_length("samples", len(self.samples), self.n_samples)
        self._check_length("gene ids", len(self.gene_ids), self.n_genes)
        check_ids(self.name, "gene", self.gene_ids)
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

    @cached_property
    def sample_ids(self) -> np.ndarray:
        """Ids of the samples, str [samples]."""
        return self.samples.index.to_numpy().astype(str)

    def column(self, name: str) -> np.ndarray:
        """Return a fact of every sample, [samples]: str, or numbers.

        Raises:
            InputError: the table of samples has no such column.
        """
        if name not in self.samples:
            raise unknown(f"column of the samples of {self.name}", name, list(self.samples))
        values = self.samples[name].to_numpy()
        return values.astype(str) if values.dtype == object else values

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over name, ids, all facts and expression: 16 hexadecimal digits that name this content."""
        return content_digest(self, None, [self.column(name).astype(str) for name in self.samples])

    def take(self, rows: np.ndarray, *, notes: tuple[str, ...] = ()) -> Dataset:
        """Copy the dataset cut to ``rows`` (integer indices or a boolean mask [samples])."""
        return replace(self, expression=self.expression[rows], samples=self.samples.iloc[rows], notes=self.notes + notes)

    def _check_length(self, what: str, found: int, expected: int) -> None:
        if found != expected:
            raise InputError(
                f"{self.name}: {found:,} {what} for an expression matrix of {self.n_samples:,} samples x "
                f"{self.n_genes:,} genes; {expected:,} are needed. Is the matrix transposed?"
            )

    def _check_finite(self) -> None:
        n_bad, first = 0, None
        for number, block in enumerate(row_blocks(self.expression)):
            bad = ~np.isfinite(block)
            if bad.any():
                n_bad += int(bad.sum())
                sample, gene = np.argwhere(bad)[0]
                first = first or (number * ROWS_AT_ONCE + int(sample), int(gene))
        if first:
            sample, gene = first
            raise InputError(
                f"{self.name}: expression of sample {str(self.sample_ids[sample])!r}, gene "
                f"{str(self.gene_ids[gene])!r} is {self.expression[sample, gene]}; {n_bad - 1:,} more values "
                "are not finite. Drop or impute them first."
            )


def content_digest(dataset: Dataset, rows: np.ndarray | None, facts: Iterable[np.ndarray]) -> str:
    """SHA-256 over the name of a dataset, ids, facts and expression of some of its samples, 16 hexadecimal digits.

    The same samples give the same digest, whether they are a dataset of their own or rows of a larger one.

    Args:
        dataset: what they are samples of.
        rows: int64; all where None.
        facts: str [rows] each.
    """
    ids = dataset.sample_ids if rows is None else dataset.sample_ids[rows]
    digest = hashlib.sha256()
    for some in (np.array([dataset.name]), ids, dataset.gene_ids, *facts):
        digest.update("\x1f".join(some.tolist()).encode())
        digest.update(b"\x1e")
    for block in row_blocks(dataset.expression, rows):
        digest.update(np.ascontiguousarray(block))
    return digest.hexdigest()[:16]

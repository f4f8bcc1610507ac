"""Open the reader's own data: expression and labels joined by sample, looked at and scaled, with all that was done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from linear_signal.data.dataset import Dataset
from linear_signal.data.own import kinds
from linear_signal.data.own.annotated import read_h5ad, table_of_anndata
from linear_signal.data.own.columnar import facts_of, read_columnar, table_of
from linear_signal.data.own.delimited import read_text_table, read_texts
from linear_signal.data.own.labels import asked_of
from linear_signal.data.own.matching import AUTO, find_samples
from linear_signal.data.own.raw_table import RawTable, put_together
from linear_signal.data.own.scales import choose_scaling, scale_in_place, survey
from linear_signal.data.plain_text import why_no_name
from linear_signal.errors import InputError, listed
from linear_signal.names import counted

# What counting programs write below the genes: HTSeq, and STAR.
_SUMMARY = ("__", "N_unmapped", "N_multimapping", "N_noFeature", "N_ambiguous")


@dataclass(frozen=True, eq=False, kw_only=True)
class OwnData:
    """Data with a question.

    Attributes:
        dataset: float32 samples x genes, scaled; its table of samples has the label, groups and covariates.
        label: column of it.
        groups: columns of it, the first of which must not be torn apart.
        covariates: columns of it.
        totals: float64 [samples], sums of the values as they were read.
        zeros: float64 [samples], shares of exact zeros among them.
        scaling: what was done to them.
        notes: what was seen, done and left out, a sentence each.
        tally: how much of what was seen: ``genes_read``, ``genes_constant``, ``genes_zero``, ``genes_renamed``,
            ``summary_rows``, ``samples_read``, ``samples_unasked`` (no label or group),
            ``samples_misspelt`` (no row of labels, but for signs or case).
    """

    dataset: Dataset
    label: str
    groups: tuple[str, ...]
    covariates: tuple[str, ...]
    totals: np.ndarray
    zeros: np.ndarray
    scaling: str
    notes: tuple[str, ...]
    tally: Mapping[str, int]

    @property
    def labels(self) -> np.ndarray:
        """Label of each sample, str [samples]."""
        return self.dataset.column(self.label)

    def take(self, rows: np.ndarray, *, note: str) -> OwnData:
        """Keep some samples, int64 rows, and say why."""
        return OwnData(
            dataset=self.dataset.take(rows),
            label=self.label,
            groups=self.groups,
            covariates=self.covariates,
            totals=self.totals[rows],
            zeros=self.zeros[rows],
            scaling=self.scaling,
            notes=(*self.notes, note),
            tally=self.tally,
        )


def open_own_data(
    expression: Any,
    labels: Any = None,
    *,
    label: str,
    groups: Sequence[str] = (),
    covariates: Sequence[str] = (),
    layer: str = "",
    orientation: str = AUTO,
    scaling: str = AUTO,
) -> OwnData:
    """Read expression and labels, join them by sample id, and scale.

    Args:
        expression: a path (.csv, .tsv, .txt, these with .gz, .gct, .parquet, .feather, .h5ad, .rda, .rds), a DataFrame or
            an AnnData, with samples in rows or in columns.
        labels: a path to a table, or a DataFrame, one row per sample; None where the labels are in ``obs`` of an AnnData, or
            columns of the expression table.
        label: the column of classes.
        groups: columns that say what must not be torn apart: study, donor, batch; the first one is split by.
        covariates: further columns that are kept.
        layer: of an AnnData, "" for X.
        orientation: "samples_in_rows", "genes_in_rows" or "auto", which goes by where the sample ids are.
        scaling: "none", "log1p", "cpm_log1p", "zero_one", or "auto", which goes by the values.

    Raises:
        InputError: whatever cannot be used, with what was seen and what to change.
    """
    groups, covariates = _names("groups", groups), _names("covariates", covariates)
    if not label or not isinstance(label, str):
        raise InputError(f"label is {label!r}; name the column that holds the classes, such as label='tissue'.")
    texts = (label, *groups, *covariates) if labels is None else ()
    raw = _opened(expression, layer=layer, texts=texts)
    table, name = _label_table(labels) if labels is not None else (None, raw.name)
    if table is None:
        _check_own_facts(raw, label)
    samples = find_samples(raw, table, name=name, orientation=orientation)
    asked = asked_of(samples.facts, name=name, label=label, groups=groups, covariates=covariates)
    ids = [samples.ids[row] for row in asked.rows]
    is_gene = np.array([not gene.startswith(_SUMMARY) for gene in samples.genes], dtype=bool)
    if not is_gene.any():
        raise InputError(f"{raw.name} has summary rows of a counting program and no genes.")
    values = put_together(
        raw, samples.places[asked.rows], np.flatnonzero(is_gene), rows_are_samples=samples.rows_are_samples
    )
    genes, n_renamed = _unique([gene for gene, kept in zip(samples.genes, is_gene, strict=True) if kept])
    seen = survey(raw.name, values, samples=ids, genes=genes)
    chosen, says = choose_scaling(raw.name, seen, scaling, samples=ids)
    constant = ~(seen.maximum > seen.minimum)
    if constant.all():
        what = "zero" if not seen.maximum.any() else "one value over all samples"
        raise InputError(f"{raw.name}: every gene is {what}. Is it the table of expression?")
    zero_one = scale_in_place(values, seen, chosen)
    values = _without_columns(values, constant)
    tally = {
        "genes_read": len(genes),
        "genes_zero": int((constant & (seen.maximum == 0)).sum()),
        "genes_constant": int(constant.sum()),
        "genes_renamed": n_renamed,
        "summary_rows": int((~is_gene).sum()),
        "samples_read": len(samples.ids),
        "samples_unasked": asked.n_missing,
        "samples_misspelt": samples.n_misspelt,
    }
    notes = (*samples.notes, *asked.notes, *_noted(tally), says)
    kept = np.array(genes)[~constant]
    if zero_one is not None:
        zero_one = type(zero_one)(minimum=zero_one.minimum[~constant], maximum=zero_one.maximum[~constant])
    dataset = Dataset(
        name=_plain_name(raw.name),
        expression=values,
        samples=asked.table.set_axis(ids),
        gene_ids=kept,
        source=f"Your data: {raw.name}",
        synthetic=False,
        notes=notes,
        scaling=zero_one,
    )
    return OwnData(
        dataset=dataset,
        label=label,
        groups=groups,
        covariates=covariates,
        totals=seen.totals,
        zeros=seen.zeros,
        scaling=chosen,
        notes=notes,
        tally=tally,
    )


def _opened(expression: Any, *, layer: str, texts: tuple[str, ...]) -> RawTable:
    if isinstance(expression, pd.DataFrame):
        return table_of(expression, texts=texts)
    if all(hasattr(expression, part) for part in ("X", "obs", "var", "layers")):
        return table_of_anndata(expression, layer=layer)
    if not isinstance(expression, str | Path):
        raise InputError(
            f"expression is a {type(expression).__name__}; a path, a DataFrame or an AnnData is needed. Make an array a "
            "DataFrame with sample ids as index and genes as columns."
        )
    path = Path(expression).expanduser()
    kind = kinds.kind_of(path)
    if layer and kind != kinds.H5AD:
        raise InputError(f"layer is {layer!r}, and {path.name} is no h5ad file: only these have layers.")
    if kind == kinds.H5AD:
        return read_h5ad(path, layer=layer)
    if kind == kinds.R_DATA:
        from linear_signal.data.own.r_data import read_r_data

        return read_r_data(path)
    if kind in (kinds.PARQUET, kinds.FEATHER):
        return read_columnar(path, kind, texts=texts)
    return read_text_table(path, texts=texts, gct=kind == kinds.GCT)


def _label_table(labels: Any) -> tuple[pd.DataFrame, str]:
    if isinstance(labels, pd.Series):
        labels = labels.to_frame(name=str(labels.name or "label"))
    if isinstance(labels, pd.DataFrame):
        return facts_of(labels), "the table of labels"
    if not isinstance(labels, str | Path):
        raise InputError(f"labels is a {type(labels).__name__}; a path or a DataFrame is needed.")
    path = Path(labels).expanduser()
    kind = kinds.kind_of(path)
    if kind in (kinds.PARQUET, kinds.FEATHER):
        try:
            frame = pd.read_parquet(path) if kind == kinds.PARQUET else pd.read_feather(path)
        except Exception as error:  # of whichever engine
            raise InputError(f"{path.name} cannot be read: {str(error).splitlines()[0][:160]}. Get it again.") from None
        return facts_of(frame), path.name
    if kind != kinds.TEXT:
        raise InputError(f"{path.name} is {kind}; labels are a table in .tsv, .csv, .parquet or .feather.")
    return read_texts(path), path.name


def _check_own_facts(raw: RawTable, label: str) -> None:
    if label in raw.facts:
        return
    if raw.rows_are_samples is None:
        there = [str(column) for column in raw.facts.columns[1:]]
        raise InputError(
            f"{raw.name} has no column {label!r}, and no table of labels was named. Columns that are no genes: "
            f"{listed(there, most=6) if there else 'none'}. If genes are in rows, name a table of labels."
        )


def _names(what: str, given: Sequence[str]) -> tuple[str, ...]:
    found = (given,) if isinstance(given, str) else tuple(given or ())
    if not all(isinstance(one, str) and one for one in found):
        raise InputError(f"{what} is {given!r}; names of columns are needed, such as {what}=['donor'].")
    return found


def _plain_name(name: str) -> str:
    stem = name.split(".")[0].strip() or "data"
    return "data" if why_no_name(stem) or stem.startswith("The ") else stem


def _unique(genes: list[str]) -> tuple[list[str], int]:
    """Number genes that come again, name those without a name, and count both."""
    seen: dict[str, int] = {}
    taken = set(genes)
    found, n_renamed = [], 0
    for place, gene in enumerate(genes, start=1):
        name = gene.strip()
        name = f"gene {place}" if why_no_name(name) else name
        seen[name] = seen.get(name, 0) + 1
        while seen[name] > 1 and f"{name}.{seen[name] - 1}" in taken:
            seen[name] += 1
        unique = name if seen[name] == 1 else f"{name}.{seen[name] - 1}"
        taken.add(unique)
        n_renamed += unique != gene
        found.append(unique)
    return found, n_renamed


def _without_columns(values: np.ndarray, dropped: np.ndarray) -> np.ndarray:
    """Take columns out in place: rows move forward into the room, so that no second matrix is needed."""
    if not dropped.any():
        return values
    kept = np.flatnonzero(~dropped)
    flat, width = values.reshape(-1), len(kept)
    for row in range(len(values)):
        flat[row * width : (row + 1) * width] = values[row, kept]
    return flat[: len(values) * width].reshape(len(values), width)


def _noted(tally: Mapping[str, int]) -> list[str]:
    notes = []
    if tally["summary_rows"]:
        notes.append(f"{tally['summary_rows']} summary rows of a counting program (such as __no_feature) were left out.")
    if tally["genes_renamed"]:
        notes.append(f"{tally['genes_renamed']:,} gene ids came again or were no names; they were numbered.")
    if tally["genes_constant"]:
        zero = f", {tally['genes_zero']:,} of them zero" if tally["genes_zero"] else ""
        were = "was" if tally["genes_constant"] == 1 else "were"
        notes.append(f"{counted(tally['genes_constant'], 'gene')} with one value over all samples {were} left out{zero}.")
    return notes

"""Datasets for the chapters from a table of recount3 samples: tissues, and sex."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from linear_signal.data.dataset import Dataset
from linear_signal.data.preprocessing import ScaledGenes, ZeroOneScaling
from linear_signal.data.recount3.samples import Recount3Table
from linear_signal.data.recount3.sex_labels import SEX_GENES
from linear_signal.data.sample_table import LABEL
from linear_signal.data.tissue_names import clean_tissues, samples_and_studies
from linear_signal.errors import InputError, listed

_SOURCE = "Recount3, gene sums of human SRA studies converted to transcripts per million"


def tissue_dataset(
    table: Recount3Table,
    *,
    tissues: Sequence[str] = (),
    min_studies: int = 10,
    name: str = "Recount3",
    synthetic: bool = False,
    source: str = _SOURCE,
) -> Dataset:
    """Make the dataset of tissues. Of every sample its clean tissue (``label``), study, tissue as written and sex are known.

    Args:
        table: what was read.
        tissues: clean names of the tissues to keep, as far as they have enough studies; all, where none are named.
        min_studies: studies that a tissue needs (the paper: ten).
        name: name of the dataset.
        synthetic: whether the samples were simulated.
        source: one sentence for the page.

    Raises:
        InputError: no tissue is left, or ``min_studies`` is below one.
    """
    if min_studies < 1:
        raise InputError(f"min_studies is {min_studies}; a tissue has at least one study.")
    cleaned = clean_tissues(table.tissues.tolist())
    count_of = samples_and_studies(cleaned.names.tolist(), table.studies.tolist())
    asked = list(dict.fromkeys(tissues)) or sorted(count_of)
    kept = [tissue for tissue in asked if count_of.get(tissue, (0, 0))[1] >= min_studies]
    if not kept:
        seen = [
            f"{tissue} ({n_studies})" for tissue, (_, n_studies) in sorted(count_of.items(), key=lambda item: -item[1][1])
        ]
        raise InputError(
            f"None of the tissues asked for has {min_studies} studies. Tissues and studies seen: {listed(seen, most=30)}. "
            "Lower min_studies, or name others."
        )
    notes = [*table.report.sentences(), *cleaned.notes()]
    few = [f"{tissue} ({count_of.get(tissue, (0, 0))[1]})" for tissue in asked if tissue not in kept]
    if few:
        notes.append(f"Left out with fewer than {min_studies} studies (in brackets how many): {', '.join(few[:30])}.")
    rows = np.isin(cleaned.names, kept)
    n_others = int(((cleaned.names != "") & ~rows).sum())
    notes.append(
        f"{int(rows.sum()):,} samples of {len(kept)} tissues from {len(np.unique(table.studies[rows])):,} studies remain; "
        f"{n_others:,} of other tissues were dropped."
    )
    return _dataset(table, rows, cleaned.names, name, synthetic, source, notes)


def sex_dataset(
    table: Recount3Table,
    *,
    markers: bool = False,
    name: str = "Recount3",
    synthetic: bool = False,
    source: str = _SOURCE,
) -> Dataset:
    """Make the dataset of sex: ``label`` is "female" or "male"; study and tissue are known, too.

    Args:
        table: what was read, with sex labels.
        markers: take the genes that tell sex, whether or not they are among the most variable ones, and no others. They go
            by their symbols then.
        name: name of the dataset.
        synthetic: whether the samples were simulated.
        source: one sentence for the page.

    Raises:
        InputError: no sample has a sex, or the annotation has none of the markers.
    """
    labelled = table.sexes != ""
    if not labelled.any():
        raise InputError(
            f"None of the {len(labelled):,} samples of {name} has a sex. Give the file with sex labels (sex_labels_file); "
            "do its run accessions belong to this mirror?"
        )
    counts = {sex: int((table.sexes == sex).sum()) for sex in ("female", "male")}
    notes = [
        *table.report.sentences(),
        f"{counts['female']:,} samples are female and {counts['male']:,} male; {int((~labelled).sum()):,} samples with a "
        "tissue alone were dropped.",
    ]
    genes = table.markers if markers else table.genes
    if not len(genes.gene_ids):
        raise InputError(f"The annotation of {name} has none of the genes {', '.join(table.report.absent_markers)}.")
    if markers:
        symbols = [SEX_GENES.get(gene.partition(".")[0], gene) for gene in genes.gene_ids.tolist()]
        genes, name = replace(genes, gene_ids=np.array(symbols)), f"{name}, sex genes"
    return _dataset(table, labelled, table.sexes, name, synthetic, source, notes, genes)


def _dataset(
    table: Recount3Table,
    rows: np.ndarray,
    labels: np.ndarray,
    name: str,
    synthetic: bool,
    source: str,
    notes: Sequence[str],
    genes: ScaledGenes | None = None,
) -> Dataset:
    genes = genes or table.genes
    return Dataset(
        name=name,
        expression=genes.expression if rows.all() else genes.expression[rows],
        samples=pd.DataFrame(
            {LABEL: labels, "study": table.studies, "tissue": table.tissues, "sex": table.sexes}, index=table.sample_ids
        )[rows],
        gene_ids=genes.gene_ids,
        source=source,
        synthetic=synthetic,
        notes=tuple(notes),
        scaling=ZeroOneScaling(minimum=genes.minimum, maximum=genes.maximum),
    )

"""Datasets for the chapters from a table of recount3 samples: tissues, and sex."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from linear_signal.data.dataset import Dataset
from linear_signal.data.preprocessing import ZeroOneScaling
from linear_signal.data.recount3 import Recount3Table
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
    """Make the dataset of tissues: labels are clean tissue names, groups are studies.

    Args:
        table: what was read.
        tissues: clean names of the tissues to keep, however many studies they have; by default all with enough studies.
        min_studies: studies that a tissue needs, where none are named (the paper: ten).
        name: name of the dataset.
        synthetic: whether the samples were simulated.
        source: one sentence for the page.

    Raises:
        InputError: a tissue named has no sample, no tissue has enough studies, or ``min_studies`` is below one.
    """
    if min_studies < 1:
        raise InputError(f"min_studies is {min_studies}; a tissue has at least one study.")
    cleaned = clean_tissues(table.tissues.tolist())
    count_of = samples_and_studies(cleaned.names.tolist(), table.studies.tolist())
    missing = [tissue for tissue in tissues if tissue not in count_of]
    if missing:
        raise InputError(
            f"No sample has the tissue {listed(missing, most=3)}. Tissues seen: {listed(sorted(count_of), most=40)}."
        )
    kept = set(tissues) or {tissue for tissue, (_, n_studies) in count_of.items() if n_studies >= min_studies}
    if not kept:
        most = max(((n, tissue) for tissue, (_, n) in count_of.items()), default=(0, "none"))
        raise InputError(
            f"No tissue has {min_studies} studies; {most[1]!r} has {most[0]}, the most. Lower min_studies, or name tissues."
        )
    notes = [*table.report.sentences(), *cleaned.notes()]
    others = sorted(set(count_of) - kept)
    if others:
        n_samples = sum(count_of[tissue][0] for tissue in others)
        why = "that are not asked for" if tissues else f"with fewer than {min_studies} studies"
        notes.append(f"{n_samples:,} samples of {len(others):,} tissues {why} were dropped: {listed(others, most=5)}.")
    dataset = _dataset(table, np.isin(cleaned.names, sorted(kept)), cleaned.names, name, synthetic, source, notes)
    return replace(dataset, notes=(*dataset.notes, f"{len(kept)} tissues remain, of {_n(dataset.groups)} studies."))


def sex_dataset(table: Recount3Table, *, name: str = "Recount3", synthetic: bool = False, source: str = _SOURCE) -> Dataset:
    """Make the dataset of sex: labels are "female" and "male", groups are studies.

    Raises:
        InputError: no sample has a sex.
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
    return _dataset(table, labelled, table.sexes, name, synthetic, source, notes)


def _dataset(
    table: Recount3Table,
    rows: np.ndarray,
    labels: np.ndarray,
    name: str,
    synthetic: bool,
    source: str,
    notes: Sequence[str],
) -> Dataset:
    return Dataset(
        name=name,
        expression=table.genes.expression[rows],
        labels=labels[rows],
        groups=table.studies[rows],
        sample_ids=table.sample_ids[rows],
        gene_ids=table.genes.gene_ids,
        source=source,
        synthetic=synthetic,
        notes=tuple(notes),
        scaling=ZeroOneScaling(minimum=table.genes.minimum, maximum=table.genes.maximum),
    )


def _n(groups: np.ndarray) -> int:
    return len(np.unique(groups))

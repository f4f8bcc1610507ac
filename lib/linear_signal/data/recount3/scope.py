"""Which studies and runs of a recount3 mirror are to be read: its index, its annotation and what its runs are labelled."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from linear_signal.data.recount3.mirror import Recount3Mirror
from linear_signal.data.recount3.passes import SINGLE_CELL, Studies
from linear_signal.data.recount3.runs import read_run_labels
from linear_signal.data.recount3.sex_labels import SexLabels
from linear_signal.data.recount3.values import MOST_ZEROS
from linear_signal.data.scaled_cache import cache_key
from linear_signal.data.tissue_names import clean_tissues
from linear_signal.errors import InputError, listed, unknown

if TYPE_CHECKING:
    import pandas as pd

SCOPES = ("labelled", "all")


@dataclass(frozen=True, eq=False, kw_only=True)
class Opened:
    """What is known before any gene sums are read."""

    studies: Studies
    labels: pd.DataFrame  # study, run, tissue, type, sex of the studies in scope
    genes: pd.DataFrame
    unlabelled: dict[str, str]  # studies whose labels cannot be read, and why
    n_listed: int
    n_untold: int  # runs about which the mirror says nothing


def open_mirror(
    mirror: str | Path | Recount3Mirror,
    cache: Path,
    *,
    scope: str,
    downloads: int,
    sex_labels: SexLabels | None,
    most_zeros: float,
) -> Opened:
    """Read index, annotation and labels, and say which studies are in scope.

    Raises:
        InputError: a parameter is out of range, the mirror cannot be used, or nothing is in scope.
    """
    if scope not in SCOPES:
        raise unknown("scope", scope, SCOPES)
    if downloads < 1:
        raise InputError(f"downloads is {downloads}; at least one file must be fetched at a time.")
    if not 0 <= most_zeros <= 1:
        raise InputError(f"most_zeros is {most_zeros}; it is a share, from 0 to 1 (the paper: {MOST_ZEROS}).")
    cache = cache.expanduser()
    source = mirror if isinstance(mirror, Recount3Mirror) else Recount3Mirror(mirror, cache)
    index, index_hash = source.runs()
    genes, genes_hash = source.genes()
    identity = cache_key(source.address, index_hash, genes_hash)
    labels, unlabelled = read_run_labels(source, index, cache, identity=identity, downloads=downloads)
    sex = sex_labels.sex if sex_labels is not None else {}
    labels["sex"] = [sex.get(run, "") for run in labels["run"].tolist()]
    labels["labelled"] = (clean_tissues(labels["tissue"].tolist()).names != "") | (labels["sex"] != "").to_numpy()
    n_untold = int(((labels["tissue"] == "") & (labels["type"] == "")).sum())
    if scope == "labelled":
        labels = labels[labels.groupby("study")["labelled"].transform("any").astype(bool)].reset_index(drop=True)
        if not len(labels):
            raise _no_labels(source.address, len(index), sex_labels, unlabelled)
    lengths = genes.set_index("gene_id")["bp_length"].dropna()
    if not len(lengths):
        raise InputError(f"The annotation of {source.address} gives no gene a length; transcripts per million need one.")
    names = labels["study"].unique().tolist()
    states = hashlib.sha256("\n".join(source.state(study) for study in names).encode()).hexdigest()
    scope_key = cache_key(
        identity, states, scope, str(most_zeros), digest(sorted(sex.items())) if scope == "labelled" else ""
    )
    studies = Studies(
        mirror=source,
        cache=cache,
        runs=labels,
        lengths=lengths,
        identity=scope_key,
        downloads=downloads,
        most_zeros=most_zeros,
    )
    n_listed = index["study"].nunique()
    return Opened(studies=studies, labels=labels, genes=genes, unlabelled=unlabelled, n_listed=n_listed, n_untold=n_untold)


def labelled_runs(opened: Opened, sex_labels: SexLabels | None) -> dict[str, list[str]]:
    """List by study the labelled runs that are not single cells."""
    labels = opened.labels
    rows = labels[labels["labelled"] & (labels["type"].str.lower() != SINGLE_CELL)]
    if not len(rows):
        raise _no_labels(opened.studies.mirror.address, len(labels), sex_labels, opened.unlabelled)
    return {study: part.tolist() for study, part in rows.groupby("study")["run"]}


def _no_labels(address: str, n_runs: int, sex_labels: SexLabels | None, unlabelled: dict[str, str]) -> InputError:
    also = (
        "no sex labels were given" if sex_labels is None else f"none of them is among the {len(sex_labels.sex):,} sex labels"
    )
    broken = f" Studies whose labels could not be read: {reasons(unlabelled)}." if unlabelled else ""
    return InputError(
        f"None of the {n_runs:,} runs of {address} has a curated tissue, and {also}: there is nothing to predict.{broken} "
        'Name another mirror or give sex labels; recount3_statistics(..., scope="all") reads studies without labels.'
    )


def reasons(skipped: Mapping[str, str]) -> str:
    """Name the first skipped studies with the reason, and count the rest."""
    return listed([f"{study} ({why})" for study, why in skipped.items()], most=3)


def digest(value: object) -> str:
    """Hash anything that JSON can hold."""
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()

"""What the chapter on your data runs on: files that are named, or an installed genuine set, or made-up data that say so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from linear_signal.data.bioconductor.datasets import open_installed, read_installed
from linear_signal.data.dataset import Dataset
from linear_signal.data.own.open_own import OwnData, open_own_data
from linear_signal.data.r_session import why_no_packages
from linear_signal.errors import InputError
from linear_signal.seeds import generator
from linear_signal.studies.own_data.checks import Check, run_checks

EXAMPLE, LABEL, MADE_UP = "tissue_gene_expression", "tissue", "made_up"
EXAMPLES = ("auto", EXAMPLE, MADE_UP)
CONFOUNDED = "bladderbatch"
_PACKAGES = {EXAMPLE: "dslabs", CONFOUNDED: "bladderbatch"}


def open_question(
    *,
    expression: str,
    labels: str,
    label: str,
    groups: Sequence[str],
    covariates: Sequence[str],
    layer: str,
    orientation: str,
    scaling: str,
    example: str,
    sizes_only: bool = False,
) -> OwnData:
    """Open the files that are named, or, where none is, an example.

    Args:
        expression, labels, label, groups, covariates, layer, orientation, scaling: as of
            :func:`~linear_signal.data.own.open_own.open_own_data`; "" for none.
        example: "auto" for the installed genuine data where R has them, "made_up" for made-up ones.
        sizes_only: of the example, read no values.

    Raises:
        InputError: as of it, or the example is unknown or not there.
    """
    if expression:
        return open_own_data(
            expression,
            labels or None,
            label=label,
            groups=groups,
            covariates=covariates,
            layer=layer,
            orientation=orientation,
            scaling=scaling,
        )
    if labels or label or groups:
        raise InputError("labels, label or groups are set and expression is not. Name the file with the expression as well.")
    if example not in EXAMPLES:
        raise InputError(f"example is {example!r}; allowed are {', '.join(EXAMPLES)}.")
    missing = why_no_packages([_PACKAGES[EXAMPLE]]) if example == "auto" and not sizes_only else None
    if example == MADE_UP or missing:
        why = f"R has no {EXAMPLE} here ({missing}); these data are made up in its place." if missing else ""
        return made_up(note=why)
    if sizes_only:
        return _own(open_installed(EXAMPLE, n_genes=500, sizes_only=True), LABEL)
    return _own(read_installed(EXAMPLE), LABEL)


def made_up(*, note: str = "") -> OwnData:
    """Make data up: 120 samples of 60 donors, two tissues that differ in means and, in ten genes, in spread."""
    random = generator("own data", "made up")
    n_donors, n_genes = 60, 80
    tissue = np.repeat(np.tile(["colon", "liver"], n_donors // 2), 2)
    donor = np.repeat([f"donor {number}" for number in range(1, n_donors + 1)], 2)
    logs = random.normal(3, 1, size=n_genes) + random.normal(0, 0.4, size=(len(tissue), n_genes))
    logs[tissue == "liver", :8] += 0.5
    wide = np.ix_(tissue == "liver", np.arange(60, 70))
    logs[wide] = 3 + 3 * (logs[wide] - 3)
    ids = [f"{one}, sample {number}" for one, number in zip(donor, np.tile([1, 2], n_donors), strict=True)]
    table = pd.DataFrame(logs, index=ids, columns=[f"gene {number}" for number in range(1, n_genes + 1)])
    own = open_own_data(table.assign(tissue=tissue, donor=donor), label="tissue", groups=["donor"], scaling="none")
    source = "Made up: two tissues that differ in the means of eight genes and in the spread of ten"
    notes = (*own.notes, note) if note else own.notes
    dataset = replace(own.dataset, name="made-up tissues", source=source, synthetic=True, notes=notes)
    return replace(own, dataset=dataset, notes=notes)


def confounded_example() -> list[Check] | None:
    """Check the installed data whose label is confounded with its batch; None where R does not have them."""
    if why_no_packages([_PACKAGES[CONFOUNDED]]):
        return None
    return run_checks(_own(read_installed(CONFOUNDED), "state", groups=("batch",)))


def _own(dataset: Dataset, label: str, *, groups: tuple[str, ...] = ()) -> OwnData:
    """Take a data set of the book, which has been read and checked, as if it were the reader's."""
    kept = dataset.samples[[label, *groups]].astype(str)
    values = dataset.expression
    varies = values.max(axis=0) > values.min(axis=0)
    return OwnData(
        dataset=replace(dataset, samples=kept),
        label=label,
        groups=groups,
        covariates=(),
        totals=values.sum(axis=1, dtype=np.float64),
        zeros=(values == 0).mean(axis=1),
        scaling="none",
        notes=dataset.notes,
        tally={
            "genes_read": dataset.n_genes,
            "genes_zero": 0,
            "genes_constant": int((~varies).sum()),
            "genes_renamed": 0,
            "summary_rows": 0,
            "samples_read": dataset.n_samples,
            "samples_unasked": 0,
            "samples_misspelt": 0,
        },
    )

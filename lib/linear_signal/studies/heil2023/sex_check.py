"""What the sex genes alone say of each sample, beside what its label says."""

from __future__ import annotations

import numpy as np
import pandas as pd

from linear_signal.data.dataset import Dataset
from linear_signal.data.sample_table import LABEL
from linear_signal.errors import InputError
from linear_signal.numbers import accuracy, share

FEMALE_GENE = "XIST"


def sex_told_by_genes(dataset: Dataset) -> pd.DataFrame:
    """Call a sample female where XIST is higher than the Y genes are on average, male where it is not.

    XIST is transcribed from the inactive X chromosome, so by cells with two; genes of the Y outside the regions it shares
    with the X are expressed by cells that have one. Compared are logarithms of transcripts per million, log2(1 + TPM).

    Args:
        dataset: the sex genes alone, named by symbol, XIST and at least one of the Y; labels "female" and "male". Its
            scaling leads back to transcripts per million.

    Returns:
        One row per sample: sample_id, label, xist and y_genes (float64, log2(1 + TPM)), told ("female" or "male").

    Raises:
        InputError: XIST or all genes of the Y are missing, or the values cannot be led back.
    """
    female = dataset.gene_ids == FEMALE_GENE
    if not female.any() or female.all():
        raise InputError(
            f"The genes are {', '.join(dataset.gene_ids)}; {FEMALE_GENE} and at least one gene of the Y are needed."
        )
    if dataset.scaling is None:
        raise InputError(f"{dataset.name} has no scaling, so its values cannot be led back to transcripts per million.")
    span = dataset.scaling.maximum - dataset.scaling.minimum
    level = np.log2(1 + np.maximum(dataset.scaling.minimum + dataset.expression.astype(np.float64) * span, 0))
    xist, y_genes = level[:, female][:, 0], level[:, ~female].mean(axis=1)
    return pd.DataFrame(
        {
            "sample_id": dataset.sample_ids,
            "label": dataset.column(LABEL),
            "xist": xist,
            "y_genes": y_genes,
            "told": np.where(xist > y_genes, "female", "male"),
        }
    )


def sex_gene_answers(markers: Dataset | None, fits: pd.DataFrame | None) -> dict[str, str]:
    """Say what the sex genes alone reach and how often they contradict the labels, by the names that the prose uses.

    Args:
        markers: as of :func:`sex_told_by_genes`; None where the table of expression has none that are known.
        fits: results table of the models on these genes alone.
    """
    names = ("markers_alone", "contradicted", "marker_names", "n_contradicted", "ceiling")
    if markers is None:
        return dict.fromkeys(names, "(sex genes of a table are not looked for)")
    told = sex_told_by_genes(markers)
    wrong = told["told"] != told["label"]
    said = (
        accuracy(fits["balanced_accuracy"].mean()),
        share(wrong.mean()),
        ", ".join(markers.gene_ids),
        f"{int(wrong.sum()):,} of {len(told):,}",
        accuracy(1 - wrong.mean()),
    )
    return dict(zip(names, said, strict=True))

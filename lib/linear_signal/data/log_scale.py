"""Expression on a logarithmic scale, and what is done with exact zeros on it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from linear_signal.data.dataset import Dataset
from linear_signal.data.preprocessing import ZeroOneScaling, zero_one
from linear_signal.data.ties import spread_zeros
from linear_signal.errors import InputError, unknown

UNITS = ("log", "tpm")
ZEROS = ("spread", "kept")


def in_units(dataset: Dataset, *, units: str, zeros: str) -> Dataset:
    """Write expression in other units, and spread its exact zeros or keep them.

    Zeros that are equal before class means are removed are equal within a class afterwards, and different between classes:
    the label is written into the data. Spread by :func:`~linear_signal.data.ties.spread_zeros`, without regard to labels,
    they are low values like others. What stays visible is where the cluster of low values was moved to.

    Args:
        dataset: scaled to [0, 1] from transcripts per million.
        units: "log" (log2(1 + TPM)) or "tpm" (as they are).
        zeros: "spread" or "kept".

    Returns:
        The same samples and genes under the same name, so that they are split alike, scaled to [0, 1] again; the data set
        itself for "tpm" and "kept".

    Raises:
        InputError: unknown units or treatment of zeros, or values that cannot be led back to transcripts per million.
    """
    check_units(units, zeros)
    if (units, zeros) == ("tpm", "kept"):
        return dataset
    values = unscaled(dataset)
    values = np.log2(1 + values, out=values) if units == "log" else values
    if zeros == "spread":
        values = spread_zeros(values, names=("units", dataset.name))
    scaled, minimum, maximum = zero_one(values.T)
    note = f"Models see {'log2(1 + TPM)' if units == 'log' else 'TPM'}, scaled to [0, 1]; exact zeros were {zeros}."
    return replace(
        dataset,
        expression=scaled.T,
        notes=(*dataset.notes, note),
        scaling=ZeroOneScaling(minimum=minimum, maximum=maximum),
    )


def check_units(units: str, zeros: str) -> None:
    """Refuse units, or a treatment of zeros, that there are none of.

    Raises:
        InputError: one is unknown.
    """
    for what, name, allowed in (("units", units, UNITS), ("zeros", zeros, ZEROS)):
        if name not in allowed:
            raise unknown(f"value of {what}", name, allowed)


def unscaled(dataset: Dataset) -> np.ndarray:
    """Lead values back to what they were before they were scaled, float32 [samples, genes], never below zero.

    Raises:
        InputError: the data set has no scaling.
    """
    if dataset.scaling is None:
        raise InputError(f"{dataset.name} has no scaling, so its values cannot be led back to transcripts per million.")
    span = dataset.scaling.maximum - dataset.scaling.minimum
    return np.maximum(dataset.expression * span + dataset.scaling.minimum, np.float32(0))

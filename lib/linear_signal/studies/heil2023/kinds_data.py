"""Where chapter 25 gets GTEx: as chapter 20 does, and in the units in which the ladder of removal is climbed."""

from __future__ import annotations

from pathlib import Path

from linear_signal.data.dataset import Dataset
from linear_signal.data.gtex.source import open_gtex
from linear_signal.data.log_scale import check_units, in_units


def open_gtex_in_units(
    source: str,
    *,
    folder: Path | str,
    n_genes: int,
    units: str,
    zeros: str,
    expression_file: str = "",
    attributes_file: str = "",
    sizes_only: bool = False,
) -> tuple[Dataset, Dataset]:
    """Get GTEx as it is read, and as models see it.

    Args:
        source, folder, n_genes, expression_file, attributes_file, sizes_only: as of
            :func:`~linear_signal.data.gtex.source.open_gtex`.
        units, zeros: as of :func:`~linear_signal.data.log_scale.in_units`.

    Returns:
        Both; in sizes alone, where nothing is downloaded, they are the same.

    Raises:
        InputError: as of both.
    """
    check_units(units, zeros)
    files = {"expression_file": expression_file, "attributes_file": attributes_file}
    gtex = open_gtex(source, folder=folder, n_genes=n_genes, sizes_only=sizes_only, **files)
    return gtex, in_units(gtex, units=units, zeros=zeros) if gtex.scaling else gtex

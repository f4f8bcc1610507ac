"""What chapter 50 deals out to folds: tissues of Recount3, whose samples share studies, or of GTEx, whose share donors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from linear_signal.data.dataset import Dataset
from linear_signal.data.gtex.source import open_gtex
from linear_signal.data.recount3.source import open_recount3
from linear_signal.data.tissue_names import PAPER_TISSUES
from linear_signal.errors import InputError

GTEX = "gtex"


def open_grouped_tissues(
    source: str,
    *,
    folder: Path | str,
    n_genes: int,
    classes: Sequence[str] = (),
    min_studies: int = 10,
    mirror: Path | str = "",
    scope: str = "labelled",
    downloads: int = 8,
    expression_file: str = "",
    attributes_file: str = "",
    sizes_only: bool = False,
) -> tuple[Dataset, str]:
    """Open tissues whose samples come in groups that a split should keep together.

    Args:
        source: "gtex" takes two files in GTEx's formats; others are those of
            :func:`~linear_signal.data.recount3.source.open_recount3`.
        folder: where downloads, the miniature and the scaled matrix are kept.
        n_genes: genes to keep, the most variable ones.
        classes: tissues to tell apart; empty: the paper's 21 of Recount3, all of GTEx.
        min_studies: studies that a tissue of Recount3 needs.
        mirror, scope, downloads: of Recount3.
        expression_file, attributes_file: of GTEx, as chapter 20 takes them.
        sizes_only: fetch nothing; what is not at hand comes without values.

    Returns:
        The samples, and the column that names their groups: "study" or "donor".

    Raises:
        InputError: files of GTEx named for another source, or what the readers refuse.
    """
    files = {"expression_file": expression_file, "attributes_file": attributes_file}
    if source == GTEX:
        if mirror:
            raise InputError(f"{str(mirror)!r} was named, but source is {GTEX!r}. Set source to 'recount3' to use it.")
        return open_gtex("files", folder=folder, n_genes=n_genes, **files, sizes_only=sizes_only), "donor"
    for name in filter(None, files.values()):
        raise InputError(f"{name!r} was named, but source is {source!r}. Set source to {GTEX!r} to use it.")
    where = {"mirror": mirror, "scope": scope, "downloads": downloads}
    samples = open_recount3(source, folder=folder, n_genes=n_genes, **where, sizes_only=sizes_only)
    return samples.tissues(classes or PAPER_TISSUES, min_studies=min_studies), "study"

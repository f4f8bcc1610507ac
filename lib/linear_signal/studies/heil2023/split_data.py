"""What chapters deal out to folds, and the column that names the groups of samples: donors, studies, or those of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from linear_signal.data.dataset import Dataset
from linear_signal.data.gtex.source import open_gtex
from linear_signal.data.own.labelled import TABLE, open_labelled
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
    label_column: str = "",
    group_column: str = "",
    sizes_only: bool = False,
) -> tuple[Dataset, str]:
    """Open tissues whose samples come in groups that a split should keep together.

    Args:
        source: "gtex" takes two files in GTEx's formats, "table" any two (:func:`open_labelled`); others are those of
            :func:`~linear_signal.data.recount3.source.open_recount3`.
        folder: where downloads, the miniature and the scaled matrix are kept.
        n_genes: genes to keep, the most variable ones.
        classes: tissues to tell apart; empty: the paper's 21 of Recount3, all of GTEx.
        min_studies: studies that a tissue of Recount3 needs.
        mirror, scope, downloads: of Recount3.
        expression_file, attributes_file: of GTEx, as chapter 20 takes them, or of a table.
        label_column, group_column: of a table.
        sizes_only: fetch nothing; what is not at hand comes without values.

    Returns:
        The samples, and the column that names their groups: "study", "donor", or that of the table.

    Raises:
        InputError: files or columns named for another source, or what the readers refuse.
    """
    files = {"expression_file": expression_file, "attributes_file": attributes_file}
    columns = {"label_column": label_column, "group_column": group_column}
    where = {"folder": folder, "n_genes": n_genes, "sizes_only": sizes_only}
    if source == TABLE and not mirror:
        return open_tissues(source, **where, **files, **columns)
    _check_no_columns(source, columns)
    if source == GTEX:
        if mirror:
            raise InputError(f"{str(mirror)!r} was named, but source is {GTEX!r}. Set source to 'recount3' to use it.")
        return open_tissues("files", **where, **files)
    for name in filter(None, files.values()):
        raise InputError(f"{name!r} was named, but source is {source!r}. Set source to {GTEX!r} to use it.")
    samples = open_recount3(source, **where, mirror=mirror, scope=scope, downloads=downloads)
    return samples.tissues(classes or PAPER_TISSUES, min_studies=min_studies), "study"


def open_tissues(
    source: str,
    *,
    folder: Path | str,
    n_genes: int,
    expression_file: str = "",
    attributes_file: str = "",
    label_column: str = "",
    group_column: str = "",
    sizes_only: bool = False,
) -> tuple[Dataset, str]:
    """Open what chapter 20 tells apart: GTEx, or the labels of a table; with the column that names their groups.

    Args:
        source: "table" (:func:`~linear_signal.data.own.labelled.open_labelled`), or as of
            :func:`~linear_signal.data.gtex.source.open_gtex`, as all others.
        label_column, group_column: of a table.

    Raises:
        InputError: columns named for another source, or what the readers refuse.
    """
    files = {"expression_file": expression_file, "attributes_file": attributes_file}
    columns = {"label_column": label_column, "group_column": group_column}
    if source == TABLE:
        return open_labelled(**files, **columns, n_genes=n_genes), group_column
    _check_no_columns(source, columns)
    return open_gtex(source, folder=folder, n_genes=n_genes, **files, sizes_only=sizes_only), "donor"


def open_sexes(
    source: str,
    *,
    folder: Path | str,
    n_genes: int,
    mirror: Path | str = "",
    scope: str = "labelled",
    downloads: int = 8,
    sex_labels_file: Path | str = "",
    expression_file: str = "",
    attributes_file: str = "",
    label_column: str = "",
    group_column: str = "",
    sizes_only: bool = False,
) -> tuple[Dataset, Dataset | None, str]:
    """Open what chapter 40 asks for its sex: the samples, their sex genes, and the column that names their groups.

    Args:
        source: "table" (:func:`~linear_signal.data.own.labelled.open_labelled`), of which no sex genes are known, or as of
            :func:`~linear_signal.data.recount3.source.open_recount3`, as all others.
        label_column, group_column: of a table.

    Raises:
        InputError: files or columns named for another source, or what the readers refuse.
    """
    files = {"expression_file": expression_file, "attributes_file": attributes_file}
    columns = {"label_column": label_column, "group_column": group_column}
    where = {"mirror": mirror, "scope": scope, "downloads": downloads, "sex_labels_file": sex_labels_file}
    if source == TABLE:
        if mirror or sex_labels_file:
            raise InputError(f"{str(mirror or sex_labels_file)!r} was named, but source is {TABLE!r}.")
        return open_labelled(**files, **columns, n_genes=n_genes), None, group_column
    _check_no_columns(source, files | columns)
    table = open_recount3(source, folder=folder, n_genes=n_genes, **where, sex_labels=True, sizes_only=sizes_only)
    return table.sexes(), table.sex_genes(), "study"


def _check_no_columns(source: str, columns: Mapping[str, str]) -> None:
    for name, value in columns.items():
        if value:
            raise InputError(f"{name} is {value!r}, but source is {source!r}. Set source to {TABLE!r} to use it.")

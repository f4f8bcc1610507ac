"""Where a chapter's GTEx data come from: the synthetic miniature, files on disk, or the public download."""

from __future__ import annotations

from pathlib import Path

from linear_signal.data.dataset import Dataset
from linear_signal.data.gtex.datasets import load_gtex
from linear_signal.data.gtex.download import EXPRESSION, download_gtex_v8
from linear_signal.data.gtex.sizes import gtex_sizes
from linear_signal.data.made_up.gtex_miniature import EXPRESSION_FILE, write_gtex_miniature
from linear_signal.errors import InputError, unknown

SOURCES = ("miniature", "files", "download")

_MINIATURE, _VERSION_8 = "gtex_miniature", "gtex_v8"  # folders in the data folder

# The paper's fixed list of common tissues, for its ten binary tasks (Heil et al. 2023, Methods, "Datasets").
BINARY_TISSUES = ("Blood", "Blood Vessel", "Brain", "Esophagus", "Skin")


def open_gtex(
    source: str,
    *,
    folder: Path | str,
    n_genes: int,
    expression_file: str = "",
    attributes_file: str = "",
    sizes_only: bool = False,
) -> Dataset:
    """Get GTEx from one of its sources; all three go through the same loader.

    Args:
        source: "miniature" writes small synthetic files in the genuine formats; "files" takes the two files named;
            "download" fetches version 8 (1.5 GB) once.
        folder: where the miniature, the download and the scaled matrix are kept.
        n_genes: genes to keep, the most variable ones.
        expression_file: GCT file of transcripts per million, for source "files".
        attributes_file: sample attributes with ``SAMPID`` and ``SMTS``, for source "files".
        sizes_only: download nothing: in its place a data set of the same sizes without values is returned.

    Raises:
        InputError: unknown source, files named for a source that takes none, missing, or wrong inside.
    """
    folder = Path(folder).expanduser()
    if source not in SOURCES:
        raise unknown("source", source, SOURCES)
    named = [name for name in (expression_file, attributes_file) if name]
    if source == "files" and len(named) < 2:
        raise InputError("Source 'files' needs both expression_file (a GCT) and attributes_file (with SAMPID and SMTS).")
    if source != "files" and named:
        raise InputError(f"{named[0]!r} was named, but source is {source!r}. Set source to 'files' to use it.")
    if source == "miniature":
        expression, attributes = write_gtex_miniature(folder / _MINIATURE)
        return load_gtex(
            expression,
            attributes,
            n_genes=n_genes,
            cache=folder,
            name="GTEx miniature",
            synthetic=True,
            source="A miniature of GTEx: files in the genuine formats with simulated donors, tissues and counts",
        )
    if source == "download" and sizes_only:
        return gtex_sizes(n_genes=n_genes)
    if source == "download":
        expression, attributes = download_gtex_v8(folder / _VERSION_8)
        text = "GTEx v8, transcripts per million, from the public download"
    else:
        expression, attributes = Path(expression_file).expanduser(), Path(attributes_file).expanduser()
        return load_gtex(
            expression,
            attributes,
            n_genes=n_genes,
            cache=folder,
            # Not the file's own name: folds are drawn by it, and renaming a file must not change numbers.
            name="your file",
            source=f"Your file {expression.name}, with the labels of {attributes.name}",
        )
    return load_gtex(expression, attributes, n_genes=n_genes, cache=folder, source=text)


def expression_path(source: str, *, folder: Path | str, expression_file: str = "") -> Path:
    """Return the expression file of a source that has been opened; arguments as of :func:`open_gtex`."""
    folder = Path(folder).expanduser()
    files = {"miniature": folder / _MINIATURE / EXPRESSION_FILE, "download": folder / _VERSION_8 / EXPRESSION}
    return files.get(source, Path(expression_file).expanduser())

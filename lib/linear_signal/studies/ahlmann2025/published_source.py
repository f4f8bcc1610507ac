"""The published values from where their authors keep them: source data of the figures, fetched and laid out as tables."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from linear_signal.data.download import download
from linear_signal.data.xlsx import read_sheet
from linear_signal.errors import InputError, listed
from linear_signal.files import disk_errors, write_whole
from linear_signal.studies.ahlmann2025.published import SLOPES, TABLES

FETCH = "fetch"  # in place of a folder
_RAW = "https://raw.githubusercontent.com"
_REPOSITORY = f"{_RAW}/const-ae/linear_perturbation_prediction-Paper"
# The state in which the source data of the article were written, and the newest one, should that be gone.
_STATES = ("c5865d6ffbfb7224c37e5104ef6a1706b103f097", "main")
# Workbook, sheet and, where it is known, the number of rows of each table.
SHEETS = {
    "doubles": ("perturbation_prediction", "Panel A", 2_790),
    "example": ("perturbation_prediction", "Panel B", 9_000),
    "tpr by fdp": ("perturbation_prediction", "Panel C", None),
    "classes": ("perturbation_prediction", "Panel E", None),
    "calls": ("perturbation_prediction", "Panel F", None),
    "singles": ("single_perturbation_prediction", "Panel A", 5_061),
    "all singles": ("single_perturbation_prediction", "Panel C", 22_144),
    "errors by genes": ("suppl-pearson_delta_performance", "Panel B", None),
    "errors of singles by genes": ("suppl-pearson_delta_performance_single_pert", "Panel B", None),
    "control expression of both lines": ("suppl-k562_rpe1_transfer", "Panel A", None),
    "transfer by perturbed gene": ("suppl-k562_rpe1_transfer", "Panel C", None),
    "recurring genes": ("suppl-non_additive_gene_reoccurence", "Panel A", None),
    "recurring perturbations": ("suppl-non_additive_gene_reoccurence", "Panel B", None),
    "resources": ("suppl-resource_usage", "", None),
}
# These columns are correlations, whatever they are called.
_RENAMED = {"r2": "pearson", "r2_delta": "pearson_delta"}
_SLOPES_FROM = f"{_RAW}/michavol/sbb-perturbation-benchmark/b82d0da2cfee8adec99b6659a734e7bc1a70f32e/data"
_SLOPES_HASHES = {
    "Norman": ("norman19", "654613235a71707f2cd96ca3fa76aa8b1adf8f9f5c74f2ef7666d2b5688bbb3e"),
    "Wessels": ("wessels23", "07bc27bedd532722f61760d62926817c9dd096dbfdb7f568367e5874ff70cebb"),
}


def fetch_published(folder: Path, names: Sequence[str]) -> Path:
    """Fetch published tables, unless they are there, and write them as :mod:`...ahlmann2025.published` reads them.

    The authors' workbooks have no published hash, so what comes is known by the state of the repository that is asked for,
    and by its sheets, columns and numbers of rows. A table that is there is taken as it is.

    Args:
        folder: where workbooks and tables go.
        names: of ``TABLES``.

    Returns:
        The folder.

    Raises:
        InputError: no connection, or a workbook that lacks a sheet, a column or rows.

    Source: folder ``source_data`` of the authors' repository const-ae/linear_perturbation_prediction-Paper (MIT licence).
    """
    folder = Path(folder)
    for name in names:
        file, columns = TABLES[name]
        if (folder / file).exists():
            continue
        book, sheet, n_rows = SHEETS[name]
        urls = [f"{_REPOSITORY}/{state}/source_data/{book}.xlsx" for state in _STATES]
        workbook = download(urls, folder / f"{book}.xlsx", check=workbook_damage)
        table = read_sheet(workbook, sheet)
        table = table.rename(columns={old: new for old, new in _RENAMED.items() if new in columns})
        lacking = [one for one in columns if one not in table]
        if lacking or n_rows not in (None, len(table)):
            what = f"{len(table):,} rows{f' of {n_rows:,}' if n_rows else ''}"
            raise InputError(
                f"{workbook}, sheet {sheet!r}, is not the table {name!r}: it has {what} and lacks "
                f"{listed(lacking, most=9) if lacking else 'no column'}. Remove the file and run again, or put the right "
                "one there."
            )
        _write(table, folder / file)
    return folder


def fetch_slopes(folder: Path) -> Path:
    """Fetch the fitted slopes of the additive model, unless they are there; their hashes are known.

    Raises:
        InputError: no connection, or other files than those.

    Source: Vollenweider & Buehlmann 2026, repository michavol/sbb-perturbation-benchmark (MIT licence).
    """
    for data, (where, sha256) in _SLOPES_HASHES.items():
        download(f"{_SLOPES_FROM}/{where}/lse_stats.csv", Path(folder) / SLOPES[data], sha256=sha256)
    return Path(folder)


def workbook_damage(path: Path) -> str | None:
    """Say what shows that a file is not an intact workbook; None where nothing does."""
    try:
        with zipfile.ZipFile(path) as opened:
            broken = opened.testzip()
            if "xl/workbook.xml" not in opened.namelist():
                return "it is a zip archive without a workbook"
    except (OSError, zipfile.BadZipFile, EOFError) as error:
        return f"it is no intact workbook ({error})"
    return f"{broken} in it is damaged" if broken else None


def _write(table: pd.DataFrame, path: Path) -> None:
    content = table.to_csv(index=False).encode()
    with disk_errors("The published tables"):
        write_whole(path, gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)

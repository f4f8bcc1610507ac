"""Results tables that chapters leave behind, so that the page of findings can be computed from them."""

from __future__ import annotations

import ast
import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from linear_signal.book.small_tables import check_name, check_results
from linear_signal.errors import InputError, listed
from linear_signal.files import set_aside, write_whole

if TYPE_CHECKING:  # which the commands need not wait for
    from linear_signal.data.dataset import Dataset
    from linear_signal.data.source import Source
    from linear_signal.experiment.run import Results

GLUED = "results_table"
RESULTS = "results"
_FOLDER = "tables"


@dataclass(frozen=True, eq=False, kw_only=True)
class KeptTable:
    """What a page was made from.

    Attributes:
        chapter: ``20_gtex``, whatever the page is called.
        page: name of the executed notebook without its ending.
        fits: the results table with columns ``synthetic`` and ``source``; None where its file is not there any more.
        file: where it lies, or would lie.
    """

    chapter: str
    page: str
    fits: pd.DataFrame | None
    file: Path


def keep_table(store_folder: Path, chapter: str, results: Sequence[Results], datasets: Sequence[Dataset | Source]) -> str:
    """Write the fits of a chapter as one Parquet file, and return its path for the page to keep under ``results_table``.

    The name holds a hash of the content: equal results give the same file, and an extra run with other parameters leaves
    the one that the chapter's page names as it is.

    Args:
        store_folder: the results folder; the file lands in its ``tables``.
        chapter: such as ``20_gtex``.
        results: of every plan that the page ran.
        datasets: what the fits were made on; they say which fits are synthetic (columns ``synthetic`` and ``source``).

    Returns:
        The path relative to ``store_folder``, such as ``tables/20_gtex-0123456789abcdef.parquet``.

    Raises:
        InputError: no fits, fits of a data set that is not among ``datasets``, or a folder that cannot be written.
    """
    fits = pd.concat([one.main for one in results], ignore_index=True) if results else pd.DataFrame()
    if fits.empty:
        raise InputError(f"{chapter} has no fits to keep; run at least one plan first.")
    known = {one.name: one for one in datasets}
    foreign = sorted(set(fits["dataset"]) - set(known))
    if foreign:
        raise InputError(
            f"{chapter} has fits on {listed(foreign)}, which is not among the data sets handed over "
            f"({', '.join(known) or 'none'}). Hand over the data set of every task."
        )
    fits["synthetic"] = fits["dataset"].map({name: one.synthetic for name, one in known.items()}).astype(bool)
    fits["source"] = fits["dataset"].map({name: one.source for name, one in known.items()})
    return _written(Path(store_folder), chapter, fits)


def keep_further_table(store_folder: Path, chapter: str, name: str, table: pd.DataFrame) -> str:
    """Write a table that a chapter offers beside its results table, and return its path as :func:`keep_table` does.

    Raises:
        InputError: the name is none or is taken, the table holds something else than results
            (:func:`~linear_signal.book.small_tables.check_results`), or the folder cannot be written.
    """
    check_name("table", name)
    if name == RESULTS:
        raise InputError(f"The table of all fits is called {RESULTS!r} and kept anyway; give this one another name.")
    check_results(name, table)
    return _written(Path(store_folder), f"{chapter}.{name}", table)


def _written(store_folder: Path, stem: str, table: pd.DataFrame) -> str:
    content = io.BytesIO()
    table.to_parquet(content, index=False)
    path = f"{_FOLDER}/{stem}-{_digest(content.getvalue())}.parquet"
    try:
        _keep(store_folder / path, content.getvalue())
    except OSError as error:
        raise InputError(
            f"A table could not be written to {store_folder / path}: {error.strerror or error}. Free some space or name "
            "another results_folder, then run the chapter again."
        ) from error
    return path


def _keep(file: Path, content: bytes) -> None:
    # What is there is not written again: the folder may be complete, and closed for writing.
    if file.is_file():
        if file.read_bytes() == content:
            return
        set_aside(file)
    write_whole(file, content)


def kept_tables(pages: Path, store_folder: Path) -> dict[str, KeptTable]:
    """Read the tables that the executed chapters of a folder name.

    Args:
        pages: folder of executed notebooks; those that name no table are passed over.
        store_folder: the results folder of those runs.

    Returns:
        One table per chapter, by chapter, in their order.

    Raises:
        InputError: the folder is missing, two of its pages belong to one chapter, or a notebook or table cannot be read.
    """
    if not pages.is_dir():
        raise InputError(f"There is no folder {pages}. Name one with executed chapters, or run 'make book' first.")
    found: dict[str, KeptTable] = {}
    for notebook in sorted(pages.glob("*.ipynb")):
        name = glued_text(notebook, GLUED)
        if name is None:
            continue
        file = store_folder / name
        chapter = file.stem.rpartition("-")[0]
        if chapter in found:
            raise InputError(
                f"{found[chapter].page}.ipynb and {notebook.name} in {pages} are both runs of {chapter}. Put the runs that "
                "belong together into a folder of their own, one per chapter, and name that."
            )
        found[chapter] = KeptTable(chapter=chapter, page=notebook.stem, fits=read_kept_table(file), file=file)
    return dict(sorted(found.items()))


def glued_text(notebook: Path, name: str) -> str | None:
    """Find the text that an executed notebook keeps under a name; None where it keeps nothing there.

    Raises:
        InputError: it cannot be read as an executed notebook.
    """
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        outputs = [output for cell in cells for output in cell.get("outputs", [])]
        return next((_text(output) for output in outputs if _name(output) == name), None)
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError, SyntaxError) as error:
        raise InputError(
            f"{notebook} cannot be read as an executed notebook ({error or type(error).__name__}). Remove it and run the "
            "chapter again."
        ) from None


def _name(output: dict[str, Any]) -> str | None:
    return output.get("metadata", {}).get("scrapbook", {}).get("name")


def _text(output: dict[str, Any]) -> str:
    texts = [content for kind, content in output["data"].items() if kind.endswith("text/plain")]
    return str(ast.literal_eval("".join(texts[0])))


def read_kept_table(file: Path) -> pd.DataFrame | None:
    """Read a table that a chapter left behind; None where there is no such file.

    Raises:
        InputError: it is damaged, or of an older version.
    """
    if not file.is_file():
        return None
    try:
        content = file.read_bytes()
        if _digest(content) != file.stem.rpartition("-")[2]:
            raise ValueError("its content is not what was written: its name holds another hash")
        fits = pd.read_parquet(io.BytesIO(content))
    except (OSError, ValueError) as error:  # pyarrow's own errors are of these two kinds
        raise InputError(
            f"{file} cannot be read as a results table ({error}). Run the chapter again: it replaces the file."
        ) from None
    if "condition" in fits:
        raise InputError(
            f"{file} was made by an older version, which did not tell signal from pretraining. Run the chapter again: what "
            "it computed is in the store."
        )
    return fits


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]

"""What readers can take along of a page: the executed notebook, its source, its parameters and its results table."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import yaml

from linear_signal.book.kept_tables import GLUED as RESULTS_TABLE
from linear_signal.book.kept_tables import glued_text
from linear_signal.book.run_record import GLUED as RUN_RECORD
from linear_signal.book.taken_notebook import taken_along
from linear_signal.software import NUMERICS_VERSION

FOLDER = Path("_downloads")
PLACE = '<div class="downloads"></div>'  # a page says with it where its files are offered
_STORE = Path(f"book/results/numerics-{NUMERICS_VERSION}")


def offer_downloads(root: Path, pages: Path) -> int:
    """Put files beside every page that has a place for them, and links into that place.

    Args:
        root: the project, with executed notebooks in ``book/``.
        pages: folder of the rendered book.

    Returns:
        The number of pages with files.
    """
    offered = 0
    for page in sorted(pages.rglob("*.html")):
        text = page.read_text(encoding="utf-8")
        if PLACE not in text:
            continue
        notebook = root / page.relative_to(pages).with_suffix(".ipynb")
        files = _files(root, notebook, pages / FOLDER) if notebook.is_file() else {}
        up = "../" * len(page.relative_to(pages).parent.parts)
        links = " · ".join(f'<a href="{up}{FOLDER.as_posix()}/{name}" download>{title}</a>' for title, name in files.items())
        page.write_text(text.replace(PLACE, f'<div class="downloads">Take along: {links}</div>' if links else ""), "utf-8")
        offered += bool(links)
    return offered


def _files(root: Path, notebook: Path, folder: Path) -> dict[str, str]:
    """Write the files of a page and return their names by what they are."""
    folder.mkdir(parents=True, exist_ok=True)
    name = notebook.stem
    (folder / notebook.name).write_text(taken_along(notebook.read_text(encoding="utf-8")), encoding="utf-8")
    files = {"executed notebook": notebook.name}
    record = glued_text(notebook, RUN_RECORD)
    if record is not None:
        run = json.loads(record)
        source = root / "notebooks" / f"{run['chapter']}.py"
        if source.is_file():
            shutil.copy(source, folder / source.name)
            files["source"] = source.name
        written = yaml.safe_dump(run["parameters"], allow_unicode=True, sort_keys=False)
        (folder / f"{name}.yaml").write_text(written, encoding="utf-8")
        files["parameters"] = f"{name}.yaml"
    table = root / _STORE / (glued_text(notebook, RESULTS_TABLE) or "")
    if table.is_file():
        files["results table (Parquet)"] = f"{name}.parquet"
        _write_table(table, folder / f"{name}.parquet")
    return files


def _write_table(table: Path, target: Path) -> None:
    """Write a results table without the draws of resampling: most of its bytes, of use to those with the store alone."""
    from pyarrow import parquet, types

    fits = parquet.read_table(table)
    fits = fits.select([one.name for one in fits.schema if not types.is_list(one.type)])
    parquet.write_table(fits, target, compression="zstd")

"""Measured results: small tables computed on genuine data that ship with the book, read back and checked."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from linear_signal.book.kept_tables import RESULTS
from linear_signal.book.paths import project_root
from linear_signal.errors import InputError, unknown
from linear_signal.numbers import TIMES
from linear_signal.progress import duration

FOLDER = Path("book/measured")
MANIFEST = "manifest.json"
FORMAT = "linear-signal measured 1"


@dataclass(frozen=True, eq=False, kw_only=True)
class Measured:
    """One set of measured results.

    Attributes:
        manifest: what was run, on which data, with what, when (``book/measured/README.md`` lists its entries).
        tables: by name; the results table of the chapter is called ``results``.
    """

    manifest: dict[str, Any]
    tables: dict[str, pd.DataFrame]

    @property
    def name(self) -> str:
        """Of its folder."""
        return self.manifest["name"]

    @property
    def title(self) -> str:
        """A few words for headings."""
        return self.manifest["title"]

    @property
    def chapter(self) -> str:
        """The chapter that was run, such as ``20_gtex``."""
        return self.manifest["chapter"]

    @property
    def results(self) -> pd.DataFrame:
        """The results table of the chapter."""
        return self.tables[RESULTS]

    @property
    def label_column(self) -> str:
        """The column that held the classes; empty where they were the chapter's own, such as tissues."""
        return self.manifest["parameters"].get("label_column", "")

    @property
    def command(self) -> str:
        """What makes the run again."""
        return self.manifest["command"]

    def origin_line(self) -> str:
        """Say in one sentence what was measured, on which data, when and with what."""
        data = "; ".join(f"{one['name']}, {_size(one)} ({one['source'].rstrip('.')})" for one in self.manifest["data"])
        date = datetime.fromisoformat(self.manifest["date"])
        took = duration(self.manifest["computing_seconds"])
        device = ", ".join(self.manifest["devices"])
        return f"Measured on genuine data: {data}; on {date.day} {date:%B %Y}, in {took} of computing on {device}."


def _size(data: dict[str, Any]) -> str:
    if "samples" not in data:
        return data["summary"]
    return f"{data['samples']:,} samples {TIMES} {data['features']:,} genes"


def measured(*, chapter: str = "", folder: Path | None = None) -> dict[str, Measured]:
    """Read all measured results, or those of a chapter, by name; none where the project has none.

    Args:
        chapter: such as ``20_gtex``; empty: all.
        folder: where they lie; None: ``book/measured`` of the project.

    Raises:
        InputError: as :func:`read_measured`; the folder was given and is none.
    """
    if folder is not None and not Path(folder).is_dir():
        raise InputError(f"There is no folder {folder} of measured results.")
    folder = project_root() / FOLDER if folder is None else Path(folder)
    sets = [read_measured(name, folder=folder) for name in _names(folder)]
    return {one.name: one for one in sets if chapter in ("", one.chapter)}


def read_measured(name: str, *, folder: Path | None = None) -> Measured:
    """Read one set of measured results and check that it is as it was written.

    Args:
        name: of its folder.
        folder: where all of them lie; None: ``book/measured`` of the project.

    Raises:
        InputError: there is none of that name, or something in it is missing, damaged or not its own.
    """
    folder = project_root() / FOLDER if folder is None else Path(folder)
    if not (folder / name).is_dir():
        raise unknown("set of measured results", name, _names(folder) or ["none is there"])
    manifest = _manifest(folder / name)
    expected = {MANIFEST, *(entry["file"] for entry in manifest["tables"].values())}
    foreign = sorted({path.name for path in (folder / name).glob("[!.]*")} - expected)
    if foreign:
        raise _damaged(folder / name, f"{foreign[0]} does not belong to it")
    tables = {table: _table(folder / name, entry) for table, entry in manifest["tables"].items()}
    return Measured(manifest=manifest, tables=tables)


def seal(manifest: dict[str, Any]) -> str:
    """Hash all of a manifest but its seal: 64 hexadecimal digits."""
    content = {name: value for name, value in manifest.items() if name != "seal"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _names(folder: Path) -> list[str]:
    # What begins with a dot is being written.
    return sorted(path.name for path in folder.glob("[!.]*") if path.is_dir()) if folder.is_dir() else []


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        kind, sealed, name = (manifest[entry] for entry in ("format", "seal", "name"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(folder, f"{MANIFEST} cannot be read: {error or type(error).__name__}") from None
    if kind != FORMAT:
        raise _damaged(folder, f"{MANIFEST} is of the format {kind!r}, and this is {FORMAT!r}")
    if sealed != seal(manifest):
        raise _damaged(folder, f"{MANIFEST} is not as it was written")
    if name != folder.name:
        raise _damaged(folder, f"it is {name!r} under another name")
    return manifest


def _table(folder: Path, entry: dict[str, Any]) -> pd.DataFrame:
    try:
        content = (folder / entry["file"]).read_bytes()
    except OSError as error:
        raise _damaged(folder, f"{entry['file']} cannot be read: {error.strerror or error}") from None
    if hashlib.sha256(content).hexdigest() != entry["sha256"]:
        raise _damaged(folder, f"{entry['file']} is not as it was written")
    return pd.read_parquet(io.BytesIO(content))


def _damaged(folder: Path, what: str) -> InputError:
    return InputError(
        f"The measured results in {folder} are damaged: {what}. Take the folder from the repository again "
        "(git checkout), or remove it and measure anew."
    )

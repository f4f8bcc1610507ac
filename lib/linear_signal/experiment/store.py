"""The store: one file per computed unit, written so that a kill at any moment loses nothing that was finished."""

from __future__ import annotations

import io
import json
import os
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd

from linear_signal.errors import InputError
from linear_signal.experiment.plan import Unit
from linear_signal.experiment.protocol import NUMERICS_VERSION
from linear_signal.experiment.unit import UnitResult

_FORMAT = "linear-signal results 1"
_TABLES = ("fits", "trials", "epochs", "predictions")
# What a damaged archive can raise: from zipfile, from zlib, from a table or a record that is not what it should be.
_UNREADABLE = (OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)
# A fixed date inside the archives: equal contents give equal bytes.
_DATE = (1980, 1, 1, 0, 0, 0)


class ResultsStore:
    """A folder of results, one ``<key>.zip`` per unit; open one with any unzip and pandas.

    Each archive holds ``unit.json`` (all settings of the unit), ``run.json`` (when, where, how long, versions) and the
    tables ``fits``, ``trials``, ``epochs`` and ``predictions`` as Parquet.

    Args:
        folder: made by ``prepare``.

    Raises:
        InputError: the folder is a file, cannot be read, or holds results of another version of the numerical code.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        self.problems: list[str] = []
        self._marker = self.folder / "store.json"
        if self.folder.exists() and not self.folder.is_dir():
            raise InputError(f"The results folder {self.folder} is a file. Name a folder.")
        if self._marker.exists():
            self._check_marker()

    def prepare(self) -> None:
        """Make the folder and mark it as ours; called before anything is computed, so that a bad place is found first.

        Raises:
            InputError: the folder cannot be made or written.
        """
        if not self._marker.exists():
            self._write(self._marker, _json({"format": _FORMAT, "numerics_version": NUMERICS_VERSION}))

    def load(self, unit: Unit) -> UnitResult | None:
        """Return the stored result of a unit, or None where there is none.

        A torn or foreign file under the unit's name is noted in ``problems`` and counts as none; it is replaced when the
        unit has been computed again.
        """
        path = self._path(unit)
        if not path.exists():
            return None
        try:
            with zipfile.ZipFile(path) as archive:
                if json.loads(archive.read("unit.json")) != json.loads(_json(unit.settings)):
                    raise ValueError("it holds another unit")
                tables = {name: pd.read_parquet(io.BytesIO(archive.read(f"{name}.parquet"))) for name in _TABLES}
                return UnitResult(**tables, run=json.loads(archive.read("run.json")))
        except _UNREADABLE as error:
            self.problems.append(f"{path.name} cannot be read ({error}); the unit is computed again.")
            return None

    def save(self, unit: Unit, result: UnitResult) -> None:
        """Write a result: to a temporary file, synced, then moved into place.

        Raises:
            InputError: the disk is full or the folder cannot be written; what was stored before is untouched.
        """
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
            _add(archive, "unit.json", _json(unit.settings))
            _add(archive, "run.json", _json(result.run))
            for name in _TABLES:
                table = io.BytesIO()
                getattr(result, name).to_parquet(table, index=False)
                _add(archive, f"{name}.parquet", table.getvalue())
        self._write(self._path(unit), content.getvalue())

    def _path(self, unit: Unit) -> Path:
        return self.folder / f"{unit.key}.zip"

    def _write(self, path: Path, content: bytes) -> None:
        # The process number keeps two chapters that write to one store out of each other's way.
        partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with partial.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        except OSError as error:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
            raise InputError(
                f"A result could not be written to {self.folder}: {error.strerror or error}. All results stored before "
                "are intact. Free some space or name another results_folder, then run again: it continues from here."
            ) from error

    def _check_marker(self) -> None:
        try:
            marker = json.loads(self._marker.read_text())
            found, version = marker["format"], marker["numerics_version"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{self._marker} cannot be read ({error}), so it is not known what wrote this folder. Nothing was "
                "changed. Name another results_folder."
            ) from None
        if found != _FORMAT or version != NUMERICS_VERSION:
            raise InputError(
                f"The results in {self.folder} were written as '{found}' by version {version} of the numerical code; "
                f"this is '{_FORMAT}', version {NUMERICS_VERSION}, whose numbers can differ. Nothing was changed. Name "
                "another results_folder, or move that folder away to have everything computed anew."
            )


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, indent=1).encode()


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name, date_time=_DATE)
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, content)

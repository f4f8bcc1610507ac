"""The store: one file per computed unit, written so that a kill at any moment loses nothing that was finished."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from linear_signal.errors import InputError, listed
from linear_signal.experiment.unit import Unit, UnitResult
from linear_signal.files import write_whole
from linear_signal.software import NUMERICS_VERSION

_FORMAT = "linear-signal results 2"
_MOST_BYTES = 1 << 30  # that an archive may unpack to; those of the paper's sizes have some megabytes
# What a damaged archive can raise: from zipfile, from zlib, from a table or a record that is not what it should be.
_UNREADABLE = (OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)
# A fixed date inside the archives: equal contents give equal bytes.
_DATE = (1980, 1, 1, 0, 0, 0)


# The columns of a table by name.
Columns = dict[str, np.ndarray]


class _NotEnough(Exception):
    """A stored result of which less was kept than is asked for."""


class ResultsStore:
    """A folder of results, one ``<key>.zip`` per unit; open one with any unzip and pandas.

    Each archive holds ``unit.json`` (all settings of the unit), ``run.json`` (when, where, how long, code, versions,
    threads, data) and the tables of the unit as Parquet, in the order of its ``TABLES``.

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

    def load(self, unit: Unit, *, tables: Sequence[str] | None = None) -> UnitResult | None:
        """Return the stored result of a unit, or None where there is none; of its tables only those that are asked for.

        A torn or foreign file under the unit's name is noted in ``problems`` and counts as none; it is replaced when the
        unit has been computed again.
        """
        path = self.path(unit.key)
        if not path.exists():
            return None
        try:
            settings, result = _read(path, tables, unit)
            if settings != json.loads(_json(unit.settings)):
                raise ValueError("it holds another unit")
            return result
        except _NotEnough:
            return None
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
            for name in unit.TABLES:
                _add(archive, f"{name}.parquet", _parquet(result.tables[name]))
        self._write(self.path(unit.key), content.getvalue())

    def path(self, key: str) -> Path:
        """Where the archive of a unit lies, or would lie."""
        return self.folder / f"{key}.zip"

    def keys(self) -> list[str]:
        """Keys of all archives in the folder, in alphabetical order."""
        return sorted(path.stem for path in self.folder.glob("*.zip"))

    def find(self, key: str) -> str:
        """Complete the beginning of a key, four digits at least, to the key.

        Raises:
            InputError: no key of the store begins so, or several do.
        """
        keys = self.keys()
        found = [one for one in keys if one == key or (len(key) >= 4 and one.startswith(key))]
        if len(found) == 1:
            return found[0]
        if found:
            raise InputError(
                f"{len(found)} keys in {self.folder} begin with {key!r}; give more digits: {listed(found, most=3)}."
            )
        known = f"It holds {len(keys):,}, such as {keys[0]}." if keys else "It holds none."
        raise InputError(
            f"There is no result with the key {key!r} in {self.folder}. {known} A key has 24 digits, of which the first few "
            "will do; it stands in the column 'key' of every results table, and names the archive."
        )

    def read(self, key: str, *, tables: Sequence[str] | None = None) -> tuple[dict[str, Any], UnitResult]:
        """Read the settings and the result under a key, without knowing the unit; of its tables those asked for, or all.

        Raises:
            InputError: no such key, or an archive that cannot be read.
        """
        path = self.path(key)
        if not path.is_file():  # the beginning of a key
            path = self.path(self.find(key))
        try:
            return _read(path, tables)
        except _UNREADABLE as error:
            raise _unreadable(path, error) from None

    def read_columns(self, key: str, tables: Sequence[str]) -> tuple[dict[str, Any], dict[str, Columns]]:
        """Read the settings under a whole key, and tables as their columns: who reads thousands waits half as long.

        Raises:
            InputError: no such key, or an archive that cannot be read.
        """
        path = self.path(key)
        try:
            settings, _, contents = _contents(path, tables)
            return settings, {name: _columns(content) for name, content in contents.items()}
        except _UNREADABLE as error:
            raise _unreadable(path, error) from None

    def read_run(self, key: str) -> dict[str, Any]:
        """Read what is recorded of the run under a whole key, without its tables.

        Raises:
            InputError: no such key, or an archive that cannot be read.
        """
        path = self.path(key)
        try:
            with zipfile.ZipFile(path) as archive:
                return json.loads(archive.read("run.json"))
        except _UNREADABLE as error:
            raise InputError(
                f"{path} is gone or cannot be read ({error}). Run the chapter again: it computes what is missing."
            ) from None

    def _write(self, path: Path, content: bytes) -> None:
        try:
            write_whole(path, content)
        except OSError as error:
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


def _read(path: Path, wanted: Sequence[str] | None = None, unit: Unit | None = None) -> tuple[dict[str, Any], UnitResult]:
    """Read the ``wanted`` tables of an archive, or all; of a ``unit``, where that is known, none may be missing.

    Raises:
        _NotEnough: less was kept than the unit asks for.
    """
    # All are read, which compares their checksums: damage is found at once. What takes time is to make tables of them.
    settings, run, contents = _contents(path, unit and unit.TABLES, unit)
    tables = {name: _table(content) for name, content in contents.items() if wanted is None or name in wanted}
    return settings, UnitResult(tables, run)


def _contents(
    path: Path, names: Sequence[str] | None, unit: Unit | None = None
) -> tuple[dict[str, Any], dict[str, Any], dict[str, bytes]]:
    """Read settings, run and the tables of these names, or all, as they lie in an archive; raises as :func:`_read`."""
    if not path.is_file():  # a pipe would be waited on for ever
        raise ValueError("it is no file")
    with zipfile.ZipFile(path) as archive:
        n_bytes = sum(one.file_size for one in archive.infolist())
        if n_bytes > _MOST_BYTES:
            raise ValueError(f"it would unpack to {n_bytes:,} bytes, {_MOST_BYTES:,} at most are possible")
        settings, run = (json.loads(archive.read(f"{name}.json")) for name in ("unit", "run"))
        if unit and not unit.is_enough(run.get("kept", {})):
            raise _NotEnough
        stored = [name.removesuffix(".parquet") for name in archive.namelist() if name.endswith(".parquet")]
        return settings, run, {name: archive.read(f"{name}.parquet") for name in (stored if names is None else names)}


def _unreadable(path: Path, error: Exception) -> InputError:
    return InputError(
        f"{path} cannot be read ({error}). Run the chapter again: it computes the unit anew and replaces the file."
    )


def _parquet(table: pd.DataFrame) -> bytes:
    # Small tables by the thousand: a dictionary and statistics of every column, made for large ones, take longer than the
    # values and as much room again. The archive compresses.
    content = io.BytesIO()
    if any(isinstance(kind, pd.api.extensions.ExtensionDtype) for kind in table.dtypes):
        arrow = pa.Table.from_pandas(table, preserve_index=False, nthreads=1)  # with what tells pandas its own types again
    else:  # the same columns in half the time
        columns = [pa.array(column.to_numpy(), from_pandas=True) for _, column in table.items()]
        arrow = pa.Table.from_arrays(columns, names=list(table.columns))
    pq.write_table(arrow, content, compression="none", use_dictionary=False, write_statistics=False)
    return content.getvalue()


def _arrow(content: bytes) -> pa.Table:
    # A fourth of the time of pandas' own reader, which matters for thousands of archives of six tables.
    return pq.ParquetFile(pa.BufferReader(content)).read(use_threads=False)


def _table(content: bytes) -> pd.DataFrame:
    return _arrow(content).to_pandas(use_threads=False)


def _columns(content: bytes) -> Columns:
    arrow = _arrow(content)
    return {name: column.to_numpy() for name, column in zip(arrow.column_names, arrow.columns, strict=True)}


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, indent=1).encode()


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name, date_time=_DATE)
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, content)

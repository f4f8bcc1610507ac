"""From a row of a results table back to its run: everything that the store keeps of one unit, in one object.

As a program: ``python -m linear_signal.experiment.trace <results folder> <key>``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from linear_signal.errors import InputError, listed, unknown
from linear_signal.experiment.store import ResultsStore
from linear_signal.experiment.unit import Tables
from linear_signal.names import counted

_RECORDED = ("data", "code", "device", "processor", "threads", "versions", "finished", "seconds")


@dataclass(frozen=True, eq=False, kw_only=True)
class Trace(Tables):
    """Everything that is kept of one unit; printing it shows the account that a reader wants first.

    Attributes:
        key: of the unit.
        archive: the file all of this was read from.
        settings: all that decides the unit's numbers.
        data: where the data came from: name, fingerprint, source, synthetic ...
        code: version, digest of the library's files, commit and whether the checkout was modified.
        device: "cpu" or the model of the GPU.
        processor: model of the processor.
        threads: of PyTorch and of each numerical library, and the cores it could use.
        versions: of Python and the libraries, of R and limma where they were used.
        finished: date and time (UTC).
        seconds: computing time.
        tables: what the unit left, by name, the main one first; each is an attribute, too (``fits``).
    """

    key: str
    archive: Path
    settings: dict[str, Any]
    data: dict[str, Any]
    code: dict[str, Any]
    device: str
    processor: str
    threads: dict[str, int]
    versions: dict[str, str]
    finished: str
    seconds: float
    tables: dict[str, pd.DataFrame]

    def __str__(self) -> str:
        """Tell in a few lines what was computed, from what, with what, and what came out."""
        code = self.code
        modified = {True: ", with changes that are in no commit", False: "", "unknown": ", changes unknown"}[
            code["modified"]
        ]
        lines = [
            ("Unit", self.key),
            ("Settings", _pairs(dict(_flat(self.settings)))),
            ("Data", _pairs(dict(_flat(self.data)))),
            ("Code", f"version {code['version']}, digest {code['digest']}, commit {code['commit']}{modified}"),
            ("Computed", f"{self.finished}, {self.seconds:g} s on {self.device} ({self.processor})"),
            ("Threads", _pairs(self.threads)),
            ("Versions", _pairs(self.versions)),
            ("Archive", str(self.archive)),
            ("Tables", ", ".join(f"{name} ({counted(len(table), 'row')})" for name, table in self.tables.items())),
        ]
        main = next(iter(self.tables.values()))
        return "\n".join(f"{name:<12}{text}" for name, text in lines) + "\n\n" + main.T.to_string(header=False)


def trace(store: ResultsStore, row: str | Mapping[str, Any] | pd.Series) -> Trace:
    """Gather everything that is known of the unit behind a row.

    Args:
        store: where the unit lies.
        row: a row of any results table, or a key, or the beginning of one (four digits at least).

    Raises:
        InputError: the row has no key, the store does not have it, or its archive cannot be read.
    """
    if not isinstance(row, str):
        if not isinstance(row, Mapping | pd.Series) or not isinstance(row.get("key"), str):
            raise InputError(
                f"A row of a results table with its column 'key', or a key, is needed; got a {type(row).__name__}. "
                "One row of a table is table.iloc[0]."
            )
        row = row["key"]
    key = store.find(row)
    settings, result = store.read(key)
    run = result.run
    missing = [name for name in _RECORDED if name not in run]
    if missing:
        raise InputError(
            f"{store.path(key)} does not record {listed(missing)} of its run; it was written by something else."
        )
    return Trace(
        key=key,
        archive=store.path(key),
        settings=settings,
        tables=result.tables,
        **{name: run[name] for name in _RECORDED},
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the account of a unit, or one of its tables as CSV; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m linear_signal.experiment.trace", description=__doc__.splitlines()[0])
    parser.add_argument("folder", help="results folder, such as book/results/numerics-4")
    parser.add_argument("key", help="key of the unit, or its first digits")
    parser.add_argument("--table", help="print this table as CSV instead")
    asked = parser.parse_args(arguments)
    try:
        found = trace(ResultsStore(asked.folder), asked.key)
        if asked.table and asked.table not in found.tables:
            raise unknown("table", asked.table, found.tables)
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    print(found.tables[asked.table].to_csv(index=False) if asked.table else found, end="" if asked.table else "\n")
    return 0


def _flat(values: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{place}{name}.")
        elif value not in (None, "", []):
            yield f"{place}{name}", ", ".join(map(str, value)) if isinstance(value, list) else value


def _pairs(values: Mapping[str, Any]) -> str:
    return "; ".join(f"{name} {value}" for name, value in values.items())


if __name__ == "__main__":
    sys.exit(main())

"""Turns a finished run on genuine data into measured results: small tables and a manifest, in a folder that ships."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd

from linear_signal.book.kept_tables import GLUED, RESULTS, glued_text, read_kept_table
from linear_signal.book.measured import FOLDER, FORMAT, MANIFEST, read_measured, seal
from linear_signal.book.run_record import RunRecord, read_record
from linear_signal.book.run_table import command_of
from linear_signal.book.small_tables import check_name, small_parquet
from linear_signal.errors import InputError, listed, unknown
from linear_signal.experiment.store import ResultsStore
from linear_signal.files import clear_abandoned, temporary_name, write_whole
from linear_signal.software import NUMERICS_VERSION

MOST_TOGETHER = 5_000_000  # bytes of all measured results: they are cloned with the book
# A path from the root of a machine, and no part of an address.
_PLACE = re.compile(r"(?<![\w:/.])/[\w.-]+/[^\s\"']*")


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What to make of which run.

    Attributes:
        page: the executed notebook.
        name: of the folder to be made.
        chapter: of the page; given, it is checked.
        title: a few words for headings; empty: the name with blanks.
        about: one sentence on what was computed; empty: one made from chapter and data.
        results_folder: where the run kept its results; empty: the one that the page was given, or the book's own.
        sources: where data come from, by the name that the page has for the data set, in place of what the page says.
        names: what data sets are called from now on, by the name that the page has ("your file").
        files: the files that the data were read from; their names, sizes and hashes go into the manifest.
        genuine_only: whether rows on synthetic data are left out, where only some of the data are genuine.
    """

    page: Path
    name: str
    chapter: str = ""
    title: str = ""
    about: str = ""
    results_folder: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    files: Sequence[Path] = ()
    genuine_only: bool = False


def measure(root: Path, wish: Wish) -> Path:
    """Write the tables of a finished run and their manifest into ``book/measured/<name>``: all of it, or nothing.

    Args:
        root: the project.
        wish: which run.

    Returns:
        The folder.

    Raises:
        InputError: the page or its tables cannot be read, its data are synthetic, a table is too large or holds something
            else than results, the folder is there already, or cannot be written.
    """
    check_name("folder", wish.name)
    target = root / FOLDER / wish.name
    if target.exists():
        raise InputError(f"{target} is there already. Remove it to measure anew, or give another name.")
    record = read_record(wish.page)
    if wish.chapter and wish.chapter != record.chapter:
        raise InputError(f"{wish.page} is a run of {record.chapter}, not of {wish.chapter}.")
    store = _store(root, wish)
    tables = _tables(wish.page, store.folder, record)
    left_out = _synthetic(tables, record, genuine_only=wish.genuine_only)
    known = [one["name"] for one in record.data]
    tables = {name: _genuine(name, table, left_out, known) for name, table in tables.items()}
    tables = {name: table for name, table in tables.items() if len(table)}
    record = replace(record, data=_named([one for one in record.data if not one["synthetic"]], wish))
    for name, table in tables.items():
        if "dataset" in table:
            tables[name] = table.assign(dataset=table["dataset"].replace(dict(wish.names)))
    sources = {one["name"]: one["source"] for one in record.data}
    tables[RESULTS] = tables[RESULTS].assign(source=tables[RESULTS]["dataset"].map(sources))
    contents = {f"{name}.parquet": small_parquet(name, table) for name, table in tables.items()}
    manifest = {
        "format": FORMAT,
        "name": wish.name,
        "title": wish.title or wish.name.replace("_", " "),
        "about": wish.about or f"What {record.chapter} computes on {', '.join(one['name'] for one in record.data)}.",
        "chapter": record.chapter,
        "command": command_of(record.chapter, record.changed),
        "parameters": record.parameters,
        "data": record.data,
        "files": [_file(path) for path in wish.files],
        "left_out": left_out,
        **_provenance(store, tables[RESULTS]),
        "tables": {
            name: {
                "file": f"{name}.parquet",
                "title": record.tables.get(name, {}).get("title", ""),
                "rows": len(table),
                "columns": list(table.columns),
                "bytes": len(contents[f"{name}.parquet"]),
                "sha256": hashlib.sha256(contents[f"{name}.parquet"]).hexdigest(),
            }
            for name, table in tables.items()
        },
    }
    _check_places(manifest)
    manifest["seal"] = seal(manifest)
    contents[MANIFEST] = (json.dumps(manifest, indent=1, ensure_ascii=False) + "\n").encode()
    _check_together(root, sum(map(len, contents.values())))
    _write(target, contents)
    read_measured(wish.name, folder=root / FOLDER)
    return target


def _store(root: Path, wish: Wish) -> ResultsStore:
    given = wish.results_folder
    if not given:
        metadata = nbformat.read(wish.page, as_version=4).metadata
        given = metadata.get("papermill", {}).get("parameters", {}).get("results_folder", "")
    folder = Path(given).expanduser() if given else root / "book" / "results" / f"numerics-{NUMERICS_VERSION}"
    return ResultsStore(folder)


def _tables(page: Path, folder: Path, record: RunRecord) -> dict[str, pd.DataFrame]:
    files = {RESULTS: glued_text(page, GLUED), **{name: entry["file"] for name, entry in record.tables.items()}}
    tables = {name: read_kept_table(folder / str(file)) for name, file in files.items()}
    lost = [str(folder / str(files[name])) for name, table in tables.items() if table is None]
    if lost:
        raise InputError(
            f"There is no {listed(lost)}. Name the folder where this run kept its results with --results, or run the "
            "chapter again."
        )
    return tables


def _synthetic(tables: Mapping[str, pd.DataFrame], record: RunRecord, *, genuine_only: bool) -> list[str]:
    """Name the synthetic data of a run, which must be none, or be left out on demand."""
    fits = tables[RESULTS]
    synthetic = {*fits.loc[fits["synthetic"], "dataset"], *(one["name"] for one in record.data if one["synthetic"])}
    if fits["synthetic"].all():
        raise InputError(
            f"This run rests on synthetic data ({listed(sorted(synthetic))}): nothing was measured. Only runs on genuine "
            "data become measured results."
        )
    if synthetic and not genuine_only:
        raise InputError(
            f"Some data of this run are synthetic ({listed(sorted(synthetic))}). Run the chapter on genuine data alone, or "
            "pass --genuine-only, which leaves their rows out."
        )
    return sorted(synthetic)


def _genuine(name: str, table: pd.DataFrame, left_out: Sequence[str], known: Sequence[str]) -> pd.DataFrame:
    if "dataset" in table:
        for dataset in set(table["dataset"]) - set(known):
            raise unknown(f"data set in the table {name}", str(dataset), known)
        return table[~table["dataset"].isin(left_out)].reset_index(drop=True)
    if left_out:
        raise InputError(
            f"The table {name} does not say which of its rows are of genuine data. Have the chapter offer it with a column "
            "'dataset'."
        )
    return table


def _named(data: Sequence[Mapping[str, Any]], wish: Wish) -> list[dict[str, Any]]:
    """Put in what data sets are called and where they come from; seeds derive from the name they were run under."""
    known = [one["name"] for one in data]
    for option, given in (("--source", wish.sources), ("--rename", wish.names)):
        for name in given:
            if name not in known:
                raise unknown(f"data set in {option}", name, known)
    named = []
    for one in data:
        called = one["name"]
        source = wish.sources.get(called, one["source"])
        named.append({**one, "name": wish.names.get(called, called), "run_as": called, "source": source})
    if len({one["name"] for one in named}) < len({*known}):
        raise InputError("--rename gives two data sets one name. Choose different ones.")
    return named


def _file(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return {"name": path.name, "bytes": path.stat().st_size, "sha256": digest}
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror or error}. Name the files that the data were read from."
        ) from None


def _provenance(store: ResultsStore, fits: pd.DataFrame) -> dict[str, Any]:
    """Gather from the units themselves what computed them, which can be more than one version and machine."""
    runs = [store.read_run(key) for key in fits["key"].unique()]
    codes = {json.dumps(run["code"], sort_keys=True) for run in runs}
    versions: dict[str, set[str]] = {}
    for run in runs:
        for package, version in run["versions"].items():
            versions.setdefault(package, set()).add(version)
    devices = {run["processor"] if run["device"] == "cpu" else run["device"] for run in runs}
    return {
        "code": [json.loads(code) for code in sorted(codes)],
        "numerics_version": NUMERICS_VERSION,
        "versions": {package: ", ".join(sorted(found)) for package, found in versions.items()},
        "devices": sorted(devices),
        "date": max(run["finished"] for run in runs),
        "units": len(runs),
        "computing_seconds": round(sum(run["seconds"] for run in runs), 1),
    }


def _check_places(manifest: Mapping[str, Any]) -> None:
    said = json.dumps([manifest[name] for name in ("parameters", "data", "about")], ensure_ascii=False)
    place = _PLACE.search(said)
    if place:
        raise InputError(
            f"The manifest would name a folder of this machine ({place.group()}). Pass --source NAME=TEXT to say where the "
            "data come from in a way that others can follow."
        )


def _check_together(root: Path, added: int) -> None:
    there = sum(path.stat().st_size for path in (root / FOLDER).rglob("*") if path.is_file())
    if there + added > MOST_TOGETHER:
        raise InputError(
            f"With these {added:,} bytes all measured results would take {there + added:,}; {MOST_TOGETHER:,} at most are "
            "shipped. Remove a set that is out of date, or measure less."
        )


def _write(target: Path, contents: Mapping[str, bytes]) -> None:
    # A folder of its own until it is whole: nobody sees half of it, and what a killed process leaves is cleared away.
    partial = temporary_name(target)
    try:
        for name, content in contents.items():
            write_whole(partial / name, content)
        clear_abandoned(target.parent)
        partial.rename(target)
    except OSError as error:
        raise InputError(
            f"The measured results could not be written to {target}: {error.strerror or error}. Nothing was changed there."
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)

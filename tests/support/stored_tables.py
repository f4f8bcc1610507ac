"""Runs without a word, and what they leave behind, in forms that can be compared exactly."""

import zipfile

import pandas as pd

from linear_signal.experiment.run import RUN_COLUMNS, run
from linear_signal.experiment.store import ResultsStore

TABLES = ("fits", "trials", "epochs")


def run_quietly(plan, folder, **where):
    return run(plan, store=ResultsStore(folder), device="cpu", say=None, **where)


def tables_of(results, folder):
    """Return every table of a run without the columns that tell of the run."""
    tables = {name: getattr(results, name) for name in TABLES}
    tables["predictions"] = results.from_store("predictions")
    tables["fits"] = tables["fits"].drop(columns=list(RUN_COLUMNS))
    return tables


def assert_same_tables(some, others):
    for name, table in some.items():
        pd.testing.assert_frame_equal(table, others[name], check_exact=True, obj=name)


def files_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def bytes_of_results(folder):
    """Return the bytes of all that is stored, but for the record of when and how long."""
    stored = {}
    for path in sorted(folder.glob("*.zip")):
        with zipfile.ZipFile(path) as archive:
            stored |= {(path.name, name): archive.read(name) for name in archive.namelist() if name != "run.json"}
    return stored


def copied(folder, target):
    target.mkdir()
    for name, content in files_of(folder).items():
        (target / name).write_bytes(content)
    return target

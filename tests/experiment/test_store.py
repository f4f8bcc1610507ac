"""The store: a damaged file is redone, a full disk harms nothing, another version is left alone."""

import errno
import json
import os
import resource
import zipfile
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest

from linear_signal import files
from linear_signal.errors import InputError
from linear_signal.experiment.run import run
from linear_signal.experiment.store import ResultsStore
from linear_signal.software import NUMERICS_VERSION
from stored_tables import TABLES, assert_same_tables, copied, files_of, run_quietly, tables_of
from tiny_experiment import tiny_plan

DAMAGES = {
    "torn": lambda content, other: content[: len(content) // 2],
    "of another unit": lambda content, other: other,
    "empty": lambda content, other: b"",
    "no zip": lambda content, other: b"<html>not found</html>" * 50,
    "end lost": lambda content, other: content[:-1],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_reported_redone_and_replaced(undisturbed, tmp_path, damage):
    whole, _, tables = undisturbed
    folder = copied(whole, tmp_path / "store")
    hurt, other = (folder / f"{tiny_plan().units[number].key}.zip" for number in (4, 5))
    hurt.write_bytes(DAMAGES[damage](hurt.read_bytes(), other.read_bytes()))
    before, said = files_of(folder), []
    results = run(tiny_plan(), store=ResultsStore(folder), device="cpu", say=said.append)
    assert (results.n_reused, results.n_computed) == (17, 1)
    (problem,) = results.problems
    assert hurt.name in problem
    assert "computed again" in problem
    assert problem in said
    assert_same_tables(tables_of(results, folder), tables)
    after = files_of(folder)
    assert before.keys() == after.keys()
    assert {name for name in after if after[name] != before[name]} == {hurt.name}
    assert run_quietly(tiny_plan(), folder).n_computed == 0


def test_a_zip_with_other_members_is_redone(undisturbed, tmp_path):
    whole, _, tables = undisturbed
    folder = copied(whole, tmp_path / "store")
    with zipfile.ZipFile(folder / f"{tiny_plan().units[0].key}.zip", "w") as archive:
        archive.writestr("holiday.txt", "none of ours")
    results = run_quietly(tiny_plan(), folder)
    assert (results.n_computed, len(results.problems)) == (1, 1)
    assert_same_tables(tables_of(results, folder), tables)


def test_what_is_no_file_is_not_waited_on_and_redone(undisturbed, tmp_path):
    whole, _, tables = undisturbed
    folder, plan = copied(whole, tmp_path / "store"), tiny_plan()
    archive = folder / f"{plan.units[0].key}.zip"
    archive.unlink()
    os.mkfifo(archive)
    with pytest.raises(InputError, match=r"cannot be read \(it is no file\)"):
        ResultsStore(folder).read(plan.units[0].key)
    results = run_quietly(plan, folder)
    assert results.problems == (f"{archive.name} cannot be read (it is no file); the unit is computed again.",)
    assert_same_tables(tables_of(results, folder), tables)


def test_an_archive_that_unpacks_to_gigabytes_is_not_unpacked(undisturbed, tmp_path, monkeypatch):
    folder = copied(undisturbed[0], tmp_path / "store")
    monkeypatch.setattr("linear_signal.experiment.store._MOST_BYTES", 1000)
    with pytest.raises(InputError, match=r"it would unpack to [\d,]+ bytes, 1,000 at most are possible"):
        ResultsStore(folder).read(tiny_plan().units[0].key)


def test_no_damaged_byte_stops_the_store(undisturbed, tmp_path):
    whole, results, _ = undisturbed
    folder, unit = copied(whole, tmp_path / "store"), results.plan.units[0]
    path, store = folder / f"{unit.key}.zip", ResultsStore(folder)
    content, expected = path.read_bytes(), store.load(unit)
    for place in range(0, len(content), 29):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :])
        found = store.load(unit)
        if found is not None:
            for name in TABLES:
                pd.testing.assert_frame_equal(getattr(found, name), getattr(expected, name), check_exact=True)


@contextmanager
def full_at_sync(folder, units, monkeypatch):
    """Let the disk be found full when the third file is synced, as under delayed allocation."""
    synced = []

    def fsync(descriptor):
        synced.append(descriptor)
        if len(synced) > 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        yield "No space left on device"


@contextmanager
def full_device(folder, units, monkeypatch):
    """Send every partial file to the device that is always full."""
    monkeypatch.setattr(files, "temporary_name", lambda path: path.with_name(f".{path.name}.partial"))
    for unit in units:
        (folder / f".{unit.key}.zip.partial").symlink_to("/dev/full")
    yield "No space left on device"
    for partial in folder.glob(".*.partial"):
        assert partial.is_symlink(), "a partial file was left behind"
        partial.unlink()


@contextmanager
def limited_files(folder, units, monkeypatch):
    """Let the system refuse files that are larger than half a result."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, hard))
    try:
        yield "File too large"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize(("fault", "workers"), [(full_at_sync, 1), (full_device, 1), (limited_files, 1), (full_device, 2)])
def test_a_full_disk_is_named_and_harms_nothing_stored(undisturbed, tmp_path, monkeypatch, fault, workers):
    _, _, tables = undisturbed
    plan, folder = tiny_plan(), tmp_path / "store"
    run_quietly(tiny_plan(models=["exact_logistic_regression"]), folder)
    before = files_of(folder)
    missing = [unit for unit in plan.units if f"{unit.key}.zip" not in before]
    with fault(folder, missing, monkeypatch) as reason, pytest.raises(InputError) as caught:
        run_quietly(plan, folder, workers=workers)
    message = str(caught.value)
    for part in (str(folder), reason, "intact", "Free some space or name another results_folder"):
        assert part in message
    after = files_of(folder)
    assert {name: after[name] for name in before} == before
    assert not list(folder.glob(".*"))
    results = run_quietly(plan, folder)
    assert results.problems == ()
    assert_same_tables(tables_of(results, folder), tables)


def test_a_disk_that_is_full_from_the_start_leaves_no_file(tmp_path, monkeypatch):
    plan, folder = tiny_plan(models=["exact_logistic_regression"]), tmp_path / "store"
    store = ResultsStore(folder)
    assert not folder.exists()

    def fsync(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(InputError, match="No space left on device"):
        run(plan, store=store, device="cpu", say=None)
    assert not list(folder.iterdir())


@pytest.mark.parametrize(
    ("marker", "parts"),
    [
        (
            {"format": "linear-signal results 2", "numerics_version": NUMERICS_VERSION - 1},
            [f"version {NUMERICS_VERSION - 1}", "move that folder away"],
        ),
        ({"format": "linear-signal results 0", "numerics_version": NUMERICS_VERSION}, ["'linear-signal results 0'"]),
        ({"format": "linear-signal results 2"}, ["cannot be read"]),
        ([1], ["cannot be read"]),
        (None, ["cannot be read"]),
        (b"", ["cannot be read"]),
        (b"{", ["cannot be read"]),
        (b"\xff\xfe", ["cannot be read"]),
    ],
)
def test_a_store_of_another_version_is_refused_and_left_as_it_is(undisturbed, tmp_path, marker, parts):
    folder = copied(undisturbed[0], tmp_path / "store")
    (folder / "store.json").write_bytes(marker if isinstance(marker, bytes) else json.dumps(marker).encode())
    before = files_of(folder)
    with pytest.raises(InputError) as caught:
        ResultsStore(folder)
    for part in [*parts, str(folder), "Nothing was changed", "another results_folder"]:
        assert part in str(caught.value)
    assert files_of(folder) == before


def test_a_file_is_no_results_folder(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match=r"file is a file\. Name a folder"):
        ResultsStore(tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_below_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="results"):
        run_quietly(tiny_plan(models=["exact_logistic_regression"]), tmp_path / "file" / "results")

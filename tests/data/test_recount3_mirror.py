"""Recount3 from a server that fails, breaks off, is slow or goes away, and a reader that is killed on the way."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from linear_signal.data.made_up.recount3_tree import gene_sums_path
from linear_signal.data.recount3 import mirror as recount3_mirror
from linear_signal.data.recount3 import passes as recount3_passes
from linear_signal.data.recount3 import runs as recount3_runs
from linear_signal.data.recount3.samples import read_recount3
from linear_signal.errors import InputError
from recount3_server import Server, quick, same, small_tree

SETTINGS = {"n_genes": 20}


@pytest.fixture(scope="module")
def mirror(tmp_path_factory):
    return small_tree(tmp_path_factory.mktemp("mirror"))


@pytest.fixture(scope="module")
def expected(mirror, tmp_path_factory):
    return read_recount3(mirror, tmp_path_factory.mktemp("expected"), **SETTINGS)


@pytest.fixture
def server(mirror):
    with Server(mirror) as server:
        yield server


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("no_proxy", "*")


def read(server, cache, *, downloads=4, **options):
    return read_recount3(quick(server.url, cache, **options), cache, downloads=downloads, **SETTINGS)


def files(mirror):
    return sorted(path.relative_to(mirror).as_posix() for path in mirror.rglob("*") if path.is_file())


def test_a_server_gives_what_a_folder_gives_and_is_not_asked_twice(server, tmp_path, expected):
    assert same(expected, read(server, tmp_path))
    assert set(server.requests.values()) == {1}
    # Only what is needed: of the studies without a label the table of labels, of the others the gene sums as well.
    assert server.asked("sra/gene_sums/") == 9
    assert server.asked("recount_pred") == 12
    assert server.asked("recount_qc") == 0
    server.stop()
    assert same(expected, read(server, tmp_path))


def test_a_failing_server_gives_the_same_as_a_healthy_one(server, tmp_path, mirror, expected):
    mishaps = ["cut", 500, "page", "gone", 503, 0.05, "cut", 429]
    for number, path in enumerate(files(mirror)):
        first = mishaps[number % len(mishaps)]
        server.next[path] = ["gone" if path.endswith("homes_index") else first, mishaps[(number * 3) % len(mishaps)]]
    table = read(server, tmp_path, attempts=4)
    assert same(expected, table)
    assert not table.report.skipped
    assert table.report == expected.report


@pytest.mark.parametrize("downloads", [1, 2, 16])
def test_the_order_of_arrival_does_not_matter(server, tmp_path, mirror, expected, downloads):
    for number, path in enumerate(files(mirror)):
        server.next[path] = [0.01 * (number * 7 % 5)]
    assert same(expected, read(server, tmp_path, downloads=downloads))


def test_a_study_that_is_not_there_is_asked_for_once(server, tmp_path, expected):
    server.always["gene_sums/04"] = 404
    server.always["recount_pred.SRP000008"] = 403
    started = time.monotonic()
    table = read(server, tmp_path)
    assert time.monotonic() - started < 5
    assert table.report.skipped == {
        "SRP000004": "its gene sums: the server answered 404 Not Found",
        "SRP000008": "its table of labels: the server answered 403 Forbidden",
    }
    assert server.asked("gene_sums/04") == server.asked("recount_pred.SRP000008") == 1
    assert not {"SRP000004", "SRP000008"} & set(table.studies)
    # The next call tries again, and only that.
    before = server.requests.copy()
    assert same(table, read(server, tmp_path))
    again = {path for path in server.requests if server.requests[path] > before[path]}
    assert {path.split("/")[-2] for path in again} == {"SRP000004", "SRP000008"}
    server.always.clear()
    assert same(expected, read(server, tmp_path))


@pytest.mark.parametrize("mishap", ["cut", "page", 500, "gone"])
def test_a_study_that_stays_broken_is_given_up_after_a_few_tries(server, tmp_path, expected, mishap):
    server.always["gene_sums/05"] = mishap
    table = read(server, tmp_path, attempts=3)
    assert list(table.report.skipped) == ["SRP000005"]
    assert server.asked("gene_sums/05") == 3
    server.always.clear()
    assert same(expected, read(server, tmp_path))


def test_a_whole_file_with_other_content_is_fetched_once_more_and_no_more(tmp_path, mirror):
    where = shutil.copytree(mirror, tmp_path / "mirror")
    shutil.copy(gene_sums_path(where, "SRP000004"), gene_sums_path(where, "SRP000005"))
    with Server(where) as server:
        table = read(server, tmp_path, attempts=9)
        assert server.asked("gene_sums/05") == 2
    assert "runs that are not of this study" in table.report.skipped["SRP000005"]
    assert not list((tmp_path / "recount3_files").glob("*gene_sums.SRP000005*"))


def test_a_file_torn_in_the_cache_is_fetched_again(server, tmp_path, expected):
    server.always["gene_sums/11"] = 500
    read(server, tmp_path, attempts=1)
    server.always.clear()
    (torn,) = (tmp_path / "recount3_files").glob("*gene_sums.SRP000003*")
    torn.write_bytes(torn.read_bytes()[:100])
    assert same(expected, read(server, tmp_path))
    assert server.asked("gene_sums/03") == 2


def test_a_slow_answer_is_waited_for_and_none_at_all_counts_as_a_break(server, tmp_path, mirror, expected):
    path = next(path for path in files(mirror) if "gene_sums.SRP000007" in path)
    server.next[path] = [2.0, 0.1]
    assert same(expected, read(server, tmp_path, timeout=0.5))
    assert server.requests[path] == 2


def test_a_mirror_that_goes_away_ends_the_call_and_the_next_one_continues(server, tmp_path, expected, monkeypatch):
    monkeypatch.setattr(recount3_mirror, "_UNANSWERED_IN_A_ROW", 4)
    server.always["sra/gene_sums/"] = "gone"
    with pytest.raises(InputError, match=r"does not answer any more .* What was read is kept"):
        read(server, tmp_path, attempts=2)
    labels = server.asked("recount_pred")
    server.always.clear()
    assert same(expected, read(server, tmp_path))
    assert server.asked("recount_pred") == labels == 12


def test_nobody_there(tmp_path):
    with pytest.raises(InputError, match=r"homes_index cannot be used: .*refused.* A mirror of recount3 is needed"):
        read_recount3(quick("http://127.0.0.1:9/recount3", tmp_path, attempts=2), tmp_path)


class Stopped(KeyboardInterrupt):
    """A key was pressed."""


@pytest.mark.parametrize("after", [0, 3, 8, 11, 14, 17, 20])
def test_stopped_anywhere_it_continues_to_the_same_result(server, tmp_path, expected, monkeypatch, after):
    count = {"reads": 0}
    plain = {name: getattr(recount3_passes, name) for name in ("_summary", "_values", "_each")}

    def counted(name):
        def read_one(*arguments):
            if count["reads"] == after:
                raise Stopped
            count["reads"] += 1
            return plain[name](*arguments)

        return read_one

    for name in ("_summary", "_values"):
        monkeypatch.setattr(recount3_passes, name, counted(name))
    if after < 18:  # nine studies, two passes
        with pytest.raises(Stopped):
            read(server, tmp_path)
    done = count["reads"]
    count["reads"] = after + 1
    assert same(expected, read(server, tmp_path))
    assert done + count["reads"] - after - 1 == 18
    assert set(server.requests.values()) == {1}


def test_killed_it_continues(server, tmp_path, expected, monkeypatch):
    code = f"""
import sys
from linear_signal.data.recount3 import passes as recount3_passes
from linear_signal.data.recount3 import runs as recount3_runs
from linear_signal.data.recount3.samples import read_recount3
recount3_passes.SECONDS_BETWEEN_SAVES = recount3_runs.SECONDS_BETWEEN_SAVES = 0.0
read_recount3({server.url!r}, {str(tmp_path)!r}, downloads=1, n_genes=20)
"""
    server.always["sra/gene_sums/"] = 0.3
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, "-c", code], env=environment, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 60
        while server.asked("sra/gene_sums/") < 5:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert list(Path(tmp_path).glob("recount3-statistics-*.kept"))
    before, labels = server.requests.copy(), server.asked("recount_pred")
    summary, summed = recount3_passes._summary, []
    monkeypatch.setattr(recount3_passes, "_summary", lambda path, *rest: summed.append(path) or summary(path, *rest))
    server.always.clear()
    assert same(expected, read(server, tmp_path))
    assert server.asked("recount_pred") == labels == 12
    assert 0 < len(summed) < 9
    # Only the file on the way when it was killed came twice.
    assert sum(1 for path in before if server.requests[path] > before[path]) <= 2


def test_labels_are_saved_on_the_way(server, tmp_path, expected, monkeypatch):
    saved = []
    plain = recount3_runs._saved
    monkeypatch.setattr(recount3_runs, "SECONDS_BETWEEN_SAVES", 0.0)
    monkeypatch.setattr(recount3_runs, "_saved", lambda *arguments: saved.append(1) or plain(*arguments))
    assert same(expected, read(server, tmp_path))
    assert len(saved) == 12

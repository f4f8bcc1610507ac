"""Files that are written whole, read back only as they were written, and cleared away where their writer was killed."""

import os
import re
import signal
import subprocess
import sys
import threading
import time

import pytest

from linear_signal import files
from linear_signal.files import alone, clear_abandoned, file_state, read_kept, temporary_name, write_kept, write_whole

CONTENT = b"values of genes\n" * 5


def kept(tmp_path):
    path = tmp_path / "x.kept"
    write_kept(path, CONTENT, identity="genes of x")
    return path


def test_what_is_written_comes_back_and_what_is_not_there_is_none(tmp_path):
    path = kept(tmp_path)
    assert read_kept(path, bytes, identity="genes of x") == CONTENT
    assert read_kept(tmp_path / "none", bytes, identity="genes of x") is None
    assert [one.name for one in tmp_path.iterdir()] == ["x.kept"]


def test_no_flipped_bit_and_no_cut_goes_unnoticed(tmp_path):
    path = kept(tmp_path)
    whole = path.read_bytes()
    damages = [whole[:at] + bytes([whole[at] ^ 1 << at % 8]) + whole[at + 1 :] for at in range(len(whole))]
    damages += [whole[:length] for length in range(len(whole))] + [whole + b"x", b"\n" + whole]
    for damage in damages:
        path.write_bytes(damage)
        with pytest.warns(UserWarning, match=r"x\.kept cannot be used .*set aside as x\.kept\.damaged"):
            assert read_kept(path, bytes, identity="genes of x") is None
        assert not path.exists()
        assert (tmp_path / "x.kept.damaged").read_bytes() == damage


def test_a_file_under_the_name_of_another_is_refused(tmp_path):
    path = kept(tmp_path)
    with pytest.warns(UserWarning, match="it holds something else: genes of x"):
        assert read_kept(path, bytes, identity="genes of y") is None


def test_what_the_reader_cannot_use_is_set_aside(tmp_path):
    path = kept(tmp_path)
    with pytest.warns(UserWarning, match="invalid literal for int"):
        assert read_kept(path, int, identity="genes of x") is None


def test_temporary_names_are_those_of_one_process_on_one_machine(tmp_path, monkeypatch):
    names = {temporary_name(tmp_path / "x") for _ in range(100)}
    assert len(names) == 100
    here = next(iter(names)).name
    monkeypatch.setattr(files, "_machine", lambda: "00000000")
    elsewhere = temporary_name(tmp_path / "x").name
    assert here.split(".")[-4] != elsewhere.split(".")[-4], "two hosts may have processes of one number"


def test_what_a_killed_writer_left_is_cleared_and_what_is_being_written_is_not(tmp_path, monkeypatch):
    code = (
        "import sys; from pathlib import Path; from linear_signal.files import temporary_name\n"
        "temporary_name(Path(sys.argv[1])).write_text('half'); print('written', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "x")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        writer.stdout.readline()
        (left,) = tmp_path.iterdir()
        write_whole(tmp_path / "y", b"")
        assert left.exists(), "its writer is at work"
        writer.kill()
    with monkeypatch.context() as patch:
        patch.setattr(files, "_machine", lambda: "00000000")
        elsewhere, old = (temporary_name(tmp_path / name) for name in ("other", "old"))
    for path in (elsewhere, old, tmp_path / ".z.123.partial", tmp_path / ".z.124.partial"):
        path.write_text("half")
    long_ago = time.time() - 2 * 24 * 3600
    os.utime(old, (long_ago, long_ago))
    os.utime(tmp_path / ".z.124.partial", (long_ago, long_ago))
    files._cleared.clear()
    clear_abandoned(tmp_path)
    names = {elsewhere.name, "y", ".z.123.partial"}
    assert {path.name for path in tmp_path.iterdir()} == names, "who lives on another machine cannot be told from here"


def test_a_failed_write_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "x"
    write_whole(path, b"old")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["x"]


def test_the_state_of_a_file_differs_where_size_and_time_do_not(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"one")
    before, status = file_state(path), path.stat()
    assert file_state(path) == before
    time.sleep(0.02)
    path.write_bytes(b"two")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert file_state(path) != before


def test_who_waits_says_so_again_and_again_and_goes_on_when_the_other_is_killed(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(files, "_SAY_SECONDS", 0.2)
    code = """
import pathlib, sys, time
from linear_signal.files import alone
with alone(pathlib.Path(sys.argv[1]), doing="downloading"):
    print("has it", flush=True)
    time.sleep(60)
"""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", code, str(tmp_path / "x.gz")]
    holder = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)
    assert holder.stdout.readline() == b"has it\n"
    holder.send_signal(signal.SIGSTOP)
    killer = threading.Timer(1.0, holder.kill)
    killer.start()
    with alone(tmp_path / "x.gz", doing="downloading"):
        said = capsys.readouterr().err.splitlines()
    killer.join()
    holder.communicate()
    assert said[0] == "Another process is downloading x.gz; waiting for it"
    assert len(said) >= 3
    lock = tmp_path / ".x.gz.lock"
    assert re.fullmatch(rf"{re.escape(said[0])}, \d s so far\. If it is stuck, end it: fuser {lock}", said[1])

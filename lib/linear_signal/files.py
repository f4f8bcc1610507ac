"""Write files so that a reader sees all of one or none of it, and read back only what was written."""

from __future__ import annotations

import errno
import hashlib
import os
import platform
import re
import shutil
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from linear_signal.errors import InputError
from linear_signal.progress import duration

Result = TypeVar("Result")

_SEAL = b"linear-signal kept 1 "
_DAY = 24 * 3600.0
_TEMPORARY = re.compile(r"\..+\.([0-9a-f]{8})\.(\d{1,10})\.[0-9a-f]{8}\.(?:partial|part)")
# A disk that is full, or a place that may not be written: what can be mended here, and by no other try.
DISK_ERRORS = (
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EACCES, errno.EPERM, errno.EROFS),
    *(errno.ENOTDIR, errno.EEXIST),
)

# Whoever waits for another process says so again after so long.
_SAY_SECONDS = 300.0
_NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS)


def write_whole(path: Path, content: bytes, *, sync: bool = True) -> None:
    """Write to a temporary file beside ``path``, sync it, and move it into place; folders are made where needed.

    Args:
        path: where the file goes.
        content: all of it.
        sync: wait until the disk has it; False where a file lost with the power is noticed and made again.

    Raises:
        OSError: the disk is full or the folder cannot be written; ``path`` is as it was and nothing is left behind.
    """
    partial = temporary_name(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        clear_abandoned(path.parent)
        with partial.open("wb") as file:
            file.write(content)
            if sync:
                file.flush()
                os.fsync(file.fileno())
        partial.replace(path)
    except OSError:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise


def write_kept(path: Path, content: bytes, *, identity: str) -> None:
    """Write a file that :func:`read_kept` can verify: in front of the content a line with its digest, and one of identity.

    Args:
        path: where the file goes.
        content: anything.
        identity: one line that says what this is, so that a file under another one's name is noticed.

    Raises:
        OSError: as :func:`write_whole`.
    """
    body = identity.encode() + b"\n" + content
    write_whole(path, _SEAL + hashlib.sha256(body).hexdigest().encode() + b"\n" + body)


def read_kept(path: Path, parse: Callable[[bytes], Result], *, identity: str) -> Result | None:
    """Read what :func:`write_kept` wrote, and hand the content to ``parse``; None where there is nothing to read.

    A file that is damaged, or belongs elsewhere, is named in a warning and set aside as ``<name>.damaged``: whoever wanted
    it makes it again.
    """
    try:
        return parse(_content(path.read_bytes(), identity))
    except FileNotFoundError:
        return None
    except MemoryError:
        raise
    except Exception as error:  # whatever is wrong with it, it can be made again
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        warnings.warn(f"{path} cannot be used ({reason}); {set_aside(path)} it is made again.", stacklevel=3)
        return None


def is_kept(path: Path, *, identity: str) -> bool:
    """Say whether a file is there and as :func:`write_kept` wrote it."""
    try:
        _content(path.read_bytes(), identity)
    except (OSError, ValueError):
        return False
    return True


def _content(data: bytes, identity: str) -> bytes:
    start = len(_SEAL) + 65
    if not data.startswith(_SEAL) or data[start - 1 : start] != b"\n":
        raise ValueError("it was not written by this program, or is damaged at its beginning")
    if hashlib.sha256(memoryview(data)[start:]).hexdigest().encode() != data[len(_SEAL) : start - 1]:
        raise ValueError("it is damaged: its content is not what was written")
    mark = identity.encode() + b"\n"
    if not data.startswith(mark, start):
        found = data[start : start + 80].partition(b"\n")[0].decode(errors="replace")
        raise ValueError(f"it holds something else: {found}")
    return data[start + len(mark) :]


def set_aside(path: Path) -> str:
    """Rename a damaged file to ``<name>.damaged``, and say so in half a sentence; "" where that cannot be done."""
    aside = path.with_name(f"{path.name}.damaged")
    try:
        path.replace(aside)
    except OSError:
        return ""
    return f"it was set aside as {aside.name}, and"


@contextmanager
def alone(path: Path, *, doing: str) -> Iterator[None]:
    """Let one process at a time make a file or folder; the others wait, and say so every five minutes.

    A process that dies gives the lock back; one that is stopped holds on to it, for nobody can tell it from a slow one. It
    spares work, and readers a file that is replaced under their hands by an equal one. What is written is whole without
    it, so a file system without locks does not matter.

    Args:
        path: what is made; the lock lies beside it.
        doing: what takes so long ("downloading").
    """
    from filelock import FileLock, Timeout

    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path.with_name(f".{path.name}.lock"))
    began, patience = time.monotonic(), 0.0
    while True:
        try:
            lock.acquire(timeout=patience)
        except Timeout:
            line = f"Another process is {doing} {path.name}; waiting for it"
            if patience:
                line += f", {duration(time.monotonic() - began)} so far. If it is stuck, end it: fuser {lock.lock_file}"
            print(line, file=sys.stderr, flush=True)
            patience = _SAY_SECONDS
            continue
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
        break
    try:
        yield
    finally:
        lock.release()


def temporary_name(path: Path, ending: str = "partial") -> Path:
    """Name a file or folder beside ``path`` that no other process, here or on another machine, will use."""
    return path.with_name(f".{path.name}.{_machine()}.{os.getpid()}.{uuid4().hex[:8]}.{ending}")


def clear_abandoned(folder: Path) -> None:
    """Remove what killed processes left of unfinished files; looks once per process and folder."""
    if folder in _cleared:
        return
    _cleared.add(folder)
    for path in folder.glob(".*.partial"):
        if is_abandoned(path):
            with suppress(OSError):
                shutil.rmtree(path) if path.is_dir() else path.unlink()


_cleared: set[Path] = set()


def is_abandoned(path: Path) -> bool:
    """Say whether nobody works on a temporary file any more: its process of this machine is gone, or it is a day old."""
    named = _TEMPORARY.fullmatch(path.name)
    if named and named[1] == _machine() and not _runs(int(named[2])):
        return True
    try:
        return time.time() - path.lstat().st_mtime > _DAY
    except OSError:
        return False


@cache
def _machine() -> str:
    """Name this machine, this start of it and this container, within which process numbers mean something."""
    parts = [platform.node()]
    with suppress(OSError):
        parts += [Path("/proc/sys/kernel/random/boot_id").read_text(), os.readlink("/proc/self/ns/pid")]
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:8]


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def file_state(path: Path) -> str:
    """Name the state of a file: it differs where the content does.

    The time of last change of the file's entry is in it, which no program can set: a copy that keeps size and time of
    modification, and another file moved into its place, are noticed.

    Raises:
        OSError: there is no such file.
    """
    status = path.stat()
    return f"{path.resolve()}|{status.st_size}|{status.st_mtime_ns}|{status.st_ctime_ns}|{status.st_ino}"


@contextmanager
def disk_errors(what: str = "The cache") -> Iterator[None]:
    """Say in a sentence that the disk is full or a place cannot be written, wherever that is noticed."""
    try:
        yield
    except OSError as error:
        if error.errno not in DISK_ERRORS:
            raise
        raise not_written(error, what) from error


def not_written(error: OSError, what: str = "The cache") -> InputError:
    """Word that something cannot be written."""
    return InputError(f"{what} cannot be written: {error}. Make room or name another folder; what was read is kept.")

"""Hand an object to worker processes of this machine so that its arrays lie in memory once, whatever their number."""

from __future__ import annotations

import mmap
import os
import pickle
import tempfile
from io import FileIO
from multiprocessing.reduction import DupFd
from typing import Any

_ALIGNED = 64  # bytes: what processors like to begin at
_AT_ONCE = 1 << 30  # Linux writes no more than 2 GiB at a time


class SharedObject:
    """An object that can be an argument of a process that is being started; its arrays cannot be written to there.

    The arrays are copied once, into a file without a name that every process maps; it is gone when the last one has ended.
    All else is pickled.

    Args:
        value: what to hand over.

    Raises:
        OSError: there is no room for the copy.
    """

    def __init__(self, value: Any) -> None:
        buffers: list[pickle.PickleBuffer] = []
        self._content = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
        self._places: list[tuple[int, int]] = []
        self._file = _nameless()
        try:
            self._write(buffers)
        except BaseException:
            self._file.close()
            raise

    def _write(self, buffers: list[pickle.PickleBuffer]) -> None:
        end = 0
        for buffer in buffers:
            with buffer.raw() as raw:
                start = -(-end // _ALIGNED) * _ALIGNED
                self._file.seek(start)
                for place in range(0, raw.nbytes, _AT_ONCE):
                    _write_all(self._file, raw[place : place + _AT_ONCE])
                end = start + raw.nbytes
                self._places.append((start, raw.nbytes))
        self._file.truncate(max(1, end))  # nothing cannot be mapped

    def __reduce__(self) -> tuple:
        """Make the object anew where it arrives."""
        return _arrived, (self._content, DupFd(self._file.fileno()), self._places)

    def close(self) -> None:
        """Give the file up here; processes that have it keep it."""
        self._file.close()


def _write_all(file: FileIO, content: memoryview) -> None:
    while content:
        content = content[file.write(content) :]


def _nameless() -> FileIO:
    # Without a buffer: what did not fit would be written again, and fail again, when the file is closed.
    if hasattr(os, "memfd_create"):  # Linux: memory, and no disk to fill
        return os.fdopen(os.memfd_create("linear_signal"), "w+b", buffering=0)
    return tempfile.TemporaryFile(buffering=0)


def _arrived(content: bytes, file: Any, places: list[tuple[int, int]]) -> Any:
    descriptor = file.detach()
    try:
        view = memoryview(mmap.mmap(descriptor, 0, prot=mmap.PROT_READ))
    finally:
        os.close(descriptor)
    return pickle.loads(content, buffers=[view[start : start + size] for start, size in places])

"""Unpack a gzip file in a thread of its own, so that what is read can be worked on meanwhile."""

from __future__ import annotations

import gzip
import io
import queue
import threading
from pathlib import Path

_BYTES_AT_ONCE = 1 << 17
_CHUNKS_AHEAD = 2


class UnpackedAhead(io.RawIOBase):
    """The content of a gzip file as a readable stream; little of it is unpacked ahead.

    What goes wrong in the thread is raised by the read that would have met it: ``EOFError`` for a file that breaks off,
    ``OSError`` or ``zlib.error`` for a damaged one.

    Args:
        path: the file; opened here, so that an ``OSError`` comes from the constructor.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._file = gzip.GzipFile(path)
        self._chunks: queue.Queue[bytes | Exception] = queue.Queue(_CHUNKS_AHEAD)
        self._rest = memoryview(b"")
        self._error: Exception | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._unpack, name="unpack", daemon=True)
        self._thread.start()

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: memoryview) -> int:
        """Fill the buffer as far as the next chunk goes; 0 at the end of the file."""
        if not self._rest:
            if self._error is not None:
                raise self._error
            chunk = b"" if self._ended.is_set() else self._chunks.get()
            if isinstance(chunk, Exception):
                self._error = chunk
                raise chunk
            if not chunk:
                self._ended.set()
                return 0
            self._rest = memoryview(chunk)
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size

    def close(self) -> None:
        """End the thread and close the file."""
        if not self.closed:
            self._ended.set()
            while self._thread.is_alive():
                # It may be waiting for room.
                while not self._chunks.empty():
                    self._chunks.get_nowait()
                self._thread.join(0.01)
            self._file.close()
        super().close()

    def _unpack(self) -> None:
        chunk: bytes | Exception = b"-"
        while chunk and not isinstance(chunk, Exception) and not self._ended.is_set():
            try:
                chunk = self._file.read(_BYTES_AT_ONCE)
            except Exception as error:
                chunk = error
            self._chunks.put(chunk)

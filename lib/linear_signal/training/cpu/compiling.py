"""Compile kernels with Numba, and keep the machine code for the next process."""

from __future__ import annotations

import hashlib
import io
import os
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import numba
from numba.core.caching import IndexDataCacheFile

from linear_signal.files import is_kept, read_kept, write_kept

_SOURCES = ("*_kernels.py", "vectors.py")
_FORMAT = Path(__file__).read_bytes()


def compiled(*fastmath: str) -> Callable[[Callable], Any]:
    """Compile a function when it is first called, once per machine and version of the kernels.

    Compiled functions release Python's lock.

    Args:
        fastmath: what the compiler may do to floating-point operations, in the words of LLVM ("contract", "reassoc" ...).
    """

    def decorate(function: Callable) -> Any:
        before = numba.config.CACHE_DIR
        numba.config.CACHE_DIR = str(cache_folder())
        try:
            made = numba.njit(nogil=True, cache=True, fastmath=set(fastmath), error_model="numpy")(function)
        finally:
            numba.config.CACHE_DIR = before
        # Numba has no door for this; a test damages its files, and would notice if the way in changed.
        made._cache._cache_file.__class__ = _VerifiedFile
        return made

    return decorate


class _VerifiedFile(IndexDataCacheFile):
    """Numba's files, with a digest: a flipped bit in machine code crashes the process, or changes its numbers.

    A damaged one is set aside, and the function compiled again; so it is where nothing can be written.
    """

    def save(self, key: Any, data: Any) -> None:
        """Keep the machine code where that is possible; it is in memory already."""
        with suppress(OSError):
            super().save(key, data)

    def _load_index(self) -> dict[Any, str]:
        path = Path(self._index_path)
        stored = read_kept(path, _unpickled, identity=path.name)
        if stored is None or stored[0] != self._version or stored[1][0] != self._source_stamp:
            return {}
        return stored[1][1]

    def _load_data(self, name: str) -> Any:
        path = Path(self._data_path(name))
        return read_kept(path, pickle.loads, identity=path.name)

    @contextmanager
    def _open_for_write(self, filepath: str) -> Iterator[io.BytesIO]:
        content = io.BytesIO()
        yield content
        path = Path(filepath)
        write_kept(path, content.getvalue(), identity=path.name)


def _unpickled(content: bytes) -> tuple[str, tuple[Any, dict[Any, str]]]:
    stream = io.BytesIO(content)
    version = pickle.load(stream)
    # Numba writes the rest as a pickle of its own, which another version may not be able to read.
    return (version, pickle.load(stream)) if version == numba.__version__ else (version, (None, {}))


@cache
def cache_folder() -> Path:
    """Folder for the machine code, named after the source of all kernels and of this file, which decides the format.

    Numba looks only at the file a function stands in; a kernel in another file that it calls may have changed.
    """
    here = Path(__file__).parent
    sources = [path.read_bytes() for pattern in _SOURCES for path in sorted(here.glob(pattern))]
    source = hashlib.sha256(b"".join([*sources, _FORMAT])).hexdigest()[:16]
    roots = [here / "__pycache__", Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "linear-signal"]
    if numba.config.CACHE_DIR:
        roots.insert(0, Path(numba.config.CACHE_DIR))
    for root in roots:
        folder = root / f"kernels-{source}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    # Numba's own choice, which ends in its own message where nothing can be written at all.
    return Path(numba.config.CACHE_DIR or "")


def kept(function: Any) -> bool:
    """Say whether machine code of a compiled function lies in the folder as it was written, and is of this very file.

    Numba compiles anew for a file that was moved, whatever lies there of its name.
    """
    files = function._cache._cache_file
    paths = [Path(files._data_path(name)) for name in files._load_index().values()]
    return any(is_kept(path, identity=path.name) for path in paths)

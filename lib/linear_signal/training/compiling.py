"""Compile kernels with Numba, and keep the machine code for the next process."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numba

_SOURCES = "*_kernels.py"


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
            return numba.njit(nogil=True, cache=True, fastmath=set(fastmath), error_model="numpy")(function)
        finally:
            numba.config.CACHE_DIR = before

    return decorate


@cache
def cache_folder() -> Path:
    """Folder for the machine code, named after the source of all kernels.

    Numba looks only at the file a function stands in; a kernel in another file that it calls may have changed.
    """
    here = Path(__file__).parent
    source = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(here.glob(_SOURCES)))).hexdigest()[:16]
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


def kept(function: str) -> bool:
    """Say whether machine code of a function, by its name, lies in the folder."""
    return any(cache_folder().rglob(f"*.{function}-*.nbc"))

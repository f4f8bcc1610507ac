"""Which software computes: version of the numerical code, digest of this library, versions of what its numbers rest on."""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import linear_signal

# Raised whenever a change makes the same settings yield other numbers; results of other versions are never mixed in.
NUMERICS_VERSION = 4

MISSING = "missing"
_NUMERICAL = ("torch", "numba", "numpy", "scipy", "pandas", "scikit-learn")


def library_digest() -> str:
    """Hash every file of the library as it lies on disk now, in all folders: 64 hexadecimal digits.

    Tables and style sheets decide results and pages as code does. What Python and editors leave between them does not
    count: ``__pycache__``, and names that begin with a dot.
    """
    library = Path(linear_signal.__file__).resolve().parent
    digest = hashlib.sha256()
    for path in sorted(library.rglob("*")):
        parts = path.relative_to(library).parts
        if path.is_file() and not any(part == "__pycache__" or part.startswith(".") for part in parts):
            content = path.read_bytes()
            digest.update(f"{'/'.join(parts)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def versions(*further: str) -> dict[str, str]:
    """Versions of everything that the numbers rest on, and of ``further`` packages; "missing" where one is not installed.

    Numba is among them: it compiles every training step on the processor.
    """
    libraries = {name: _version(name) for name in (*_NUMERICAL, *further)}
    return {"linear_signal": linear_signal.__version__, "python": platform.python_version(), **libraries}


@cache  # every unit asks, and what was imported does not change when an environment does
def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return MISSING

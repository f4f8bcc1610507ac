"""The stamp of a folder of made-up files: which code wrote them, and their hashes, so that they are written once."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from linear_signal.files import read_kept, set_aside, write_kept

_STAMP = "written.kept"
_ROOM = Path(__file__).parents[2]


def version_of(sources: Sequence[str], *arguments: object) -> str:
    """Name the code and the arguments that decide the bytes: 16 hexadecimal digits.

    Args:
        sources: files of the library, relative to it.
        arguments: anything that JSON can hold.
    """
    digest = hashlib.sha256(json.dumps([*arguments, np.__version__]).encode())
    for name in sources:
        digest.update((_ROOM / name).read_bytes())
    return digest.hexdigest()[:16]


def stamp(folder: Path, version: str, files: Iterable[Path]) -> None:
    """Note what was written into a folder.

    Raises:
        OSError: the disk is full or the folder cannot be written.
    """
    hashes = {path.relative_to(folder).as_posix(): _sha256(path) for path in sorted(files)}
    write_kept(folder / _STAMP, json.dumps({"version": version, "sha256": hashes}, indent=1).encode(), identity=_STAMP)


def is_written(folder: Path, version: str) -> bool:
    """Say whether the stamp is of this version and its files are as they were; others beside them do not matter.

    A file that is not as it was is named in a warning and set aside.
    """
    noted = read_kept(folder / _STAMP, json.loads, identity=_STAMP)
    if noted is None or noted["version"] != version:
        return False
    whole = True
    for name, digest in noted["sha256"].items():
        path = folder / name
        if not path.is_file():
            whole = False
        elif _sha256(path) != digest:
            warnings.warn(f"{path} is not as it was written; {set_aside(path)} it is made again.", stacklevel=3)
            whole = False
    return whole


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()

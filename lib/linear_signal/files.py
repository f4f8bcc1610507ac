"""Write files so that a reader, at whatever moment, sees all of one or none of it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write to a temporary file beside ``path``, sync it, and move it into place; folders are made where needed.

    Raises:
        OSError: the disk is full or the folder cannot be written; ``path`` is as it was and nothing is left behind.
    """
    # The process number keeps two programs that write to one folder out of each other's way.
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise

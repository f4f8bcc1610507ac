"""Lines of a text file, plain or gzip, one by one; memory is bounded by how long a line may be, not by the file."""

from __future__ import annotations

import io
import zlib
from pathlib import Path

from linear_signal.data.read_ahead import UnpackedAhead
from linear_signal.errors import InputError

AGAIN = "Get the file again, or compare its size with the one at the source."
_READ_AT_ONCE = 1 << 20


class TextLines:
    """A file opened to be read by lines, which end with LF or CR LF.

    Compression is recognised by content, not by name: gzip, or none.

    Args:
        path: the file.
        what: what it should be, for the sentence that says it cannot be opened.

    Attributes:
        path: the file.
        number: lines read so far.

    Raises:
        InputError: the file is missing, cannot be opened, or is a pipe or a device.
    """

    def __init__(self, path: Path, *, what: str) -> None:
        self.path = Path(path)
        self.number = 0
        if self.path.exists() and not (self.path.is_file() or self.path.is_dir()):
            raise InputError(f"{self.path} is a pipe or a device, which is not read here. {what} is needed, as a file.")
        try:
            with self.path.open("rb") as file:
                compressed = file.read(2) == b"\x1f\x8b"
            raw = UnpackedAhead(self.path) if compressed else self.path.open("rb", buffering=0)
        except FileNotFoundError:
            raise InputError(f"{self.path} does not exist. Check the path, or download the file first.") from None
        except OSError as error:
            raise InputError(f"{self.path} cannot be opened: {error.strerror or error}. {what} is needed.") from None
        self._file = io.BufferedReader(raw, _READ_AT_ONCE)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def next(self, most: int) -> bytes | None:
        """Return the next line without its end, or None where the file ends.

        Args:
            most: bytes that the line may have.

        Raises:
            InputError: the line is longer, or what is left of the file is truncated or damaged.
        """
        try:
            line = self._file.readline(most + 2)
        except EOFError:
            raise InputError(
                f"{self.path}: the compressed file breaks off after line {self.number:,}: it is truncated. {AGAIN}"
            ) from None
        except (OSError, zlib.error) as error:
            raise InputError(f"{self.path}: unreadable after line {self.number:,} ({error}). {AGAIN}") from None
        if not line:
            return None
        self.number += 1
        line = line.removesuffix(b"\n").removesuffix(b"\r")
        if len(line) > most:
            raise InputError(
                f"{self.path}: line {self.number:,} goes on for more than {most:,} bytes, the most that it may have here. "
                f"{AGAIN}"
            )
        return line

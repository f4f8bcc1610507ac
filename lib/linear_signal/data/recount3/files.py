"""What surrounds the files of a recount3 mirror: where it lies, and why a file of it cannot be had or used."""

from __future__ import annotations

import http.client
import re
import shutil
import tempfile
import urllib.error
import urllib.parse
import urllib.request
import weakref
import zlib
from pathlib import Path

from linear_signal.data.http_transfer import WORTH_ANOTHER_TRY
from linear_signal.errors import InputError
from linear_signal.files import DISK_ERRORS, clear_abandoned, not_written, temporary_name

AWS = "https://recount-opendata.s3.amazonaws.com/recount3/release/"
DUFFEL = "https://duffel.rail.bio/recount3/"
PUBLIC = AWS  # the one to take where none is named: it hands files out itself, and over https
# What a file that broke off, an error page under its name, or a table of another shape raises when it is read.
UNREADABLE = (OSError, EOFError, ValueError, KeyError, zlib.error)


class BrokenFileError(Exception):
    """One file cannot be had, or not in a state in which it can be used.

    Attributes:
        answered: False where nobody answered at all.
    """

    def __init__(self, reason: str, *, answered: bool = True) -> None:
        super().__init__(reason)
        self.answered = answered


def located(mirror: str | Path) -> tuple[Path | None, str]:
    """Tell a folder from an address: the folder, or None, and the address with a slash at its end.

    Raises:
        InputError: the address is of another kind, or the folder is not there or holds something else.

    >>> located("https://duffel.rail.bio/recount3")[1]
    'https://duffel.rail.bio/recount3/'
    """
    text = str(mirror).strip()
    scheme = urllib.parse.urlparse(text).scheme
    if scheme in ("http", "https"):
        return None, text.rstrip("/") + "/"
    if not text or (scheme and "://" in text and scheme != "file"):
        raise InputError(f"mirror is {text!r}; it must be an http:// or https:// address (such as {PUBLIC}), or a folder.")
    path = urllib.request.url2pathname(urllib.parse.urlparse(text).path) if scheme == "file" else text
    folder = Path(path).expanduser().resolve()
    if not folder.is_dir():
        raise InputError(
            f"mirror is {text!r}, which is no folder here. Check the path, or name an address such as {PUBLIC}."
        )
    if not (folder / "human/homes_index").is_file():
        below = [path.parent.parent.name for path in sorted(folder.glob("*/human/homes_index"))]
        hint = f"; its folder {below[0]!r} does, name that one" if below else ""
        raise InputError(f"The folder {folder} holds no human/homes_index, which each mirror of recount3 has{hint}.")
    return folder, folder.as_uri().rstrip("/") + "/"


def copies_folder(owner: object, cache: Path) -> Path:
    """Make a folder for copies that is the owner's alone, for others may read the same files at the same time.

    It goes with the owner; what a killed process left behind goes now. A cache that cannot be written may hold all there
    is to know: then the copies go to the system's folder for temporary files.
    """
    folder = temporary_name(cache / "recount3_copies")
    try:
        cache.mkdir(parents=True, exist_ok=True)
        clear_abandoned(cache)
        folder.mkdir()
    except OSError:
        folder = Path(tempfile.mkdtemp(prefix="recount3_copies_"))
    weakref.finalize(owner, shutil.rmtree, folder, ignore_errors=True)
    return folder


def why_failed(error: BaseException | None) -> tuple[str, bool, bool]:
    """Say why a download failed, whether another try would end the same way, and whether somebody answered.

    Raises:
        InputError: the reason is here and not there, such as a full disk.
    """
    if isinstance(error, urllib.error.HTTPError):
        error.close()  # the connection, which the package leaves open
        return f"the server answered {error.code} {error.reason}", error.code not in WORTH_ANOTHER_TRY, True
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, FileNotFoundError) or "No such file" in str(reason):
        return "there is no such file", True, True
    network = (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError)
    if isinstance(error, OSError) and not isinstance(error, network) and error.errno in DISK_ERRORS:
        raise not_written(error)
    return first_line(reason), False, False


def first_line(error: object) -> str:
    """Shorten what an error says to one line, or to its name where it says nothing."""
    text = str(error).strip().splitlines()
    return re.sub(r"\s+", " ", text[0])[:200] if text else type(error).__name__

"""Bring one file over HTTP to its full length: one transfer after the other, each from where the last broke off."""

from __future__ import annotations

import base64
import re
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

from linear_signal.errors import InputError
from linear_signal.progress import Progress

if TYPE_CHECKING:
    import requests

# Answers that may be others in a moment.
WORTH_ANOTHER_TRY = {408, 425, 429, 500, 502, 503, 504}
_CHUNK = 1 << 20


class GivenUpError(Exception):
    """An address does not give the file: it refuses, or has brought nothing in so many tries."""


class _BrokenOffError(Exception):
    """The transfer failed in a way that may pass."""


def fetch(url: str, part: Path, label: str, *, attempts: int, pause: float, timeout: float, any_length: bool) -> str | None:
    """Bring ``part`` to its full length, over as many connections as that takes.

    Args:
        url: address.
        part: what is there already of the file, if anything; the rest is appended.
        label: what is shown meanwhile.
        attempts: tries in a row that bring nothing before it is given up.
        pause: seconds before the second try; doubled for each further one.
        timeout: seconds without an answer that count as a break.
        any_length: take a file of which the server does not say how long it is, because its end can be told otherwise.

    Returns:
        The MD5 of the file that the server announces, hexadecimal, or None.

    Raises:
        GivenUpError: it cannot be had.
        InputError: the disk is too small.
    """
    failures = 0
    while True:
        before = _length(part)
        try:
            return _transfer(url, part, label, timeout=timeout, any_length=any_length)
        except _BrokenOffError as error:
            # A try that brought something is no failure: a poor line may break a hundred times on the way.
            failures = 1 if _length(part) > before else failures + 1
            if failures >= attempts:
                raise GivenUpError(f"{error} ({attempts} tries)") from None
            time.sleep(pause * 2 ** (failures - 1))


def _transfer(url: str, part: Path, label: str, *, timeout: float, any_length: bool) -> str | None:
    """Ask once for what is missing of ``part``, and append it."""
    import requests
    import urllib3

    start = _length(part)
    # "identity": bytes as they lie on the server, so that ranges and sizes mean what they say.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
    try:
        with requests.get(url, headers=headers, stream=True, timeout=timeout) as response:
            total = _total(response, start)
            if response.status_code == 416:
                if start == total:
                    return None
                part.unlink(missing_ok=True)
                raise _BrokenOffError("the part on disk does not fit the file on the server; starting over")
            if response.status_code in WORTH_ANOTHER_TRY:
                raise _BrokenOffError(f"the server answered {response.status_code} {response.reason}")
            if response.status_code not in (200, 206):
                raise GivenUpError(f"the server answered {response.status_code} {response.reason}")
            resumed = response.status_code == 206
            if resumed and _first_byte(response) != start:
                part.unlink(missing_ok=True)
                raise _BrokenOffError("the server sent another part than asked for; starting over")
            # A transfer in chunks says itself where it ends.
            if total is None and not any_length and not response.raw.chunked:
                raise GivenUpError("the server does not say how long the file is: a broken transfer would not be noticed")
            start = start if resumed else 0
            _check_space(part, (total or 0) - start)
            _append(response, part, label, start=start, total=total)
            announced = _announced_md5(response)
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise _BrokenOffError(_reason(error)) from None
    if total is not None and _length(part) < total:
        raise _BrokenOffError(f"the connection ended after {_length(part):,} of {total:,} bytes")
    return announced


def _append(response: requests.Response, part: Path, label: str, *, start: int, total: int | None) -> None:
    with part.open("ab" if start else "wb") as file, Progress(total or 0, label, "bytes") as progress:
        progress.advance(start)
        for chunk in response.raw.stream(_CHUNK, decode_content=False):
            file.write(chunk)
            progress.advance(len(chunk))


def _total(response: requests.Response, start: int) -> int | None:
    """Read the size of the whole file from the headers of an answer."""
    content_range = re.search(r"/(\d+)\s*$", response.headers.get("Content-Range", ""))
    if content_range:
        return int(content_range.group(1))
    length = response.headers.get("Content-Length")
    if length is None or response.status_code not in (200, 206):
        return None
    return int(length) + (start if response.status_code == 206 else 0)


def _first_byte(response: requests.Response) -> int | None:
    found = re.match(r"\s*bytes\s+(\d+)-", response.headers.get("Content-Range", ""))
    return int(found.group(1)) if found else None


def _announced_md5(response: requests.Response) -> str | None:
    """Read the MD5 of the whole file that Google's storage, where GTEx lies, sends along; hexadecimal."""
    found = re.search(r"\bmd5=([A-Za-z0-9+/]{22}==)", response.headers.get("x-goog-hash", ""))
    if not found or response.headers.get("x-goog-stored-content-encoding", "identity") != "identity":
        return None
    return base64.b64decode(found[1]).hex()


def _check_space(part: Path, needed: int) -> None:
    free = shutil.disk_usage(part.parent).free
    if needed > free:
        raise InputError(
            f"{needed / 1e9:.1f} GB are still to come, {free / 1e9:.1f} GB are free in {part.parent.resolve()}. Make "
            "room, or choose another folder."
        )


def _length(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _reason(error: Exception) -> str:
    """Say in a few words what the network library says in a nest of classes."""
    text = str(error)
    for mark, meaning in (
        ("NameResolution", "the address cannot be resolved: no internet connection?"),
        ("Connection refused", "the connection was refused"),
        ("timed out", "no answer in time"),
        ("unreachable", "the network cannot be reached"),
    ):
        if mark in text:
            return meaning
    return text[:200]

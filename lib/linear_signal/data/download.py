"""Download large files: resume what broke off, check what came, and move it into place only when it is whole."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import shutil
import time
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from linear_signal.errors import InputError
from linear_signal.progress import Progress

if TYPE_CHECKING:
    import requests

# Newer address first; the older one is tried when it fails.
_ROOTS = ("https://storage.googleapis.com/adult-gtex/", "https://storage.googleapis.com/gtex_analysis_v8/")
GTEX_V8_EXPRESSION = "GTEx_Analysis_2017-06-05_v8_RNASeQCv1.1.9_gene_tpm.gct.gz"
GTEX_V8_ATTRIBUTES = "GTEx_Analysis_v8_Annotations_SampleAttributesDS.txt"
GTEX_V8_EXPRESSION_URLS = (
    f"{_ROOTS[0]}bulk-gex/v8/rna-seq/{GTEX_V8_EXPRESSION}",
    f"{_ROOTS[1]}rna_seq_data/{GTEX_V8_EXPRESSION}",
)
GTEX_V8_ATTRIBUTES_URLS = (
    f"{_ROOTS[0]}annotations/v8/metadata-files/{GTEX_V8_ATTRIBUTES}",
    f"{_ROOTS[1]}annotations/{GTEX_V8_ATTRIBUTES}",
)
_CHUNK = 1 << 20
_WORTH_ANOTHER_TRY = {408, 425, 429, 500, 502, 503, 504}


class _BrokenOffError(Exception):
    """The transfer failed in a way that may pass."""


class _RefusedError(Exception):
    """The server answered, and another try would get the same answer."""


def download_gtex_v8(folder: Path) -> tuple[Path, Path]:
    """Download GTEx v8 bulk TPM (1.5 GB) and sample attributes to ``folder``; files that are there are left alone.

    Returns:
        Paths of the expression file (GCT, gzip) and of the attributes table.

    Raises:
        InputError: neither address can be reached, or what came is damaged; says how to place the files by hand.
    """
    folder = Path(folder)
    attributes = download(GTEX_V8_ATTRIBUTES_URLS, folder / GTEX_V8_ATTRIBUTES)
    return download(GTEX_V8_EXPRESSION_URLS, folder / GTEX_V8_EXPRESSION), attributes


def download(
    urls: str | Sequence[str],
    target: Path,
    *,
    size: int | None = None,
    sha256: str | None = None,
    md5: str | None = None,
    attempts: int = 5,
    pause: float = 1.0,
    timeout: float = 60.0,
) -> Path:
    """Download one file, unless it is there already.

    The transfer goes to ``<target>.part`` and continues there after a break, also in another run, where the result can
    be verified (a hash is given, or the file is gzip, which carries a checksum); otherwise it starts over. Checked
    are the size that the server announces, ``size``, the hashes, and the checksum of a gzip file.

    Args:
        urls: address, or addresses of the same file in the order in which to try them.
        target: where the file goes; its folder is made.
        size: expected size in bytes.
        sha256: expected SHA-256, hexadecimal.
        md5: expected MD5, hexadecimal.
        attempts: tries in a row that bring nothing, per address, before it is given up.
        pause: seconds before the second try; doubled for each further one.
        timeout: seconds without an answer that count as a break.

    Returns:
        ``target``.

    Raises:
        InputError: no address works, the disk is too small, or size or hash are wrong (the part is deleted then).
            ``target`` never holds an incomplete file.
    """
    urls, target = [urls] if isinstance(urls, str) else list(urls), Path(target)
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    if sha256 is None and md5 is None and target.suffix != ".gz":
        part.unlink(missing_ok=True)
    reasons = []
    for url in urls:
        try:
            _fetch(url, part, attempts=attempts, pause=pause, timeout=timeout)
        except (_BrokenOffError, _RefusedError) as error:
            reasons.append(f"  {url}\n    {error}")
            continue
        _check(part, url, target, size=size, sha256=sha256, md5=md5)
        os.replace(part, target)
        return target
    raise InputError(
        f"{target.name} could not be downloaded:\n" + "\n".join(reasons) + "\nRun again to continue where it stopped. "
        f"Without a connection, fetch the file on another machine, put it into {target.parent.resolve()} under the "
        'name it has, and use source="files".'
    )


def _fetch(url: str, part: Path, *, attempts: int, pause: float, timeout: float) -> None:
    """Bring ``part`` to its full length, over as many connections as that takes."""
    failures = 0
    while True:
        before = _length(part)
        try:
            return _transfer(url, part, timeout=timeout)
        except _BrokenOffError as error:
            # A try that brought something is no failure: a poor line may break a hundred times on the way.
            failures = 1 if _length(part) > before else failures + 1
            if failures >= attempts:
                raise _BrokenOffError(f"{error} ({attempts} tries)") from None
            time.sleep(pause * 2 ** (failures - 1))


def _transfer(url: str, part: Path, *, timeout: float) -> None:
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
                    return
                part.unlink(missing_ok=True)
                raise _BrokenOffError("the part on disk does not fit the file on the server; starting over")
            if response.status_code in _WORTH_ANOTHER_TRY:
                raise _BrokenOffError(f"the server answered {response.status_code} {response.reason}")
            if response.status_code not in (200, 206):
                raise _RefusedError(f"the server answered {response.status_code} {response.reason}")
            resumed = response.status_code == 206
            if resumed and _first_byte(response) != start:
                part.unlink(missing_ok=True)
                raise _BrokenOffError("the server sent another part than asked for; starting over")
            start = start if resumed else 0
            _check_space(part, (total or 0) - start)
            _append(response, part, start=start, total=total)
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise _BrokenOffError(_reason(error)) from None
    if total is not None and _length(part) < total:
        raise _BrokenOffError(f"the connection ended after {_length(part):,} of {total:,} bytes")


def _append(response: requests.Response, part: Path, *, start: int, total: int | None) -> None:
    label = f"Downloading {part.name.removesuffix('.part')}"
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


def _check_space(part: Path, needed: int) -> None:
    free = shutil.disk_usage(part.parent).free
    if needed > free:
        raise InputError(
            f"{needed / 1e9:.1f} GB are still to come, {free / 1e9:.1f} GB are free in {part.parent.resolve()}. Make "
            "room, or choose another folder."
        )


def _check(part: Path, url: str, target: Path, *, size: int | None, sha256: str | None, md5: str | None) -> None:
    """Stop where the file is not the one expected, and delete it: there is nothing in it to continue from."""
    wrong = None
    if size is not None and _length(part) != size:
        wrong = f"it has {_length(part):,} bytes, {size:,} were expected"
    for method, expected in (("sha256", sha256), ("md5", md5)):
        if wrong is None and expected is not None:
            with part.open("rb") as file:
                seen = hashlib.file_digest(file, method).hexdigest()
            if seen != expected.lower():
                wrong = f"its {method} is {seen}, expected was {expected}"
    if wrong is None and target.suffix == ".gz":
        wrong = _gzip_damage(part)
    if wrong is not None:
        part.unlink(missing_ok=True)
        raise InputError(
            f"{target.name} from {url} is not the file it should be: {wrong}. It was deleted; run again, or fetch it "
            f'by other means, put it into {target.parent.resolve()} and use source="files".'
        )


def _gzip_damage(path: Path) -> str | None:
    try:
        with gzip.open(path) as file:
            while file.read(_CHUNK):
                pass
    except (OSError, EOFError, zlib.error) as error:
        return f"it is not an intact gzip file ({error})"
    return None


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

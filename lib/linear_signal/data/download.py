"""Download large files: resume what broke off, check what came, and move it into place only when it is whole."""

from __future__ import annotations

import glob
import gzip
import hashlib
import warnings
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from linear_signal.data.http_transfer import GivenUpError, fetch
from linear_signal.errors import InputError
from linear_signal.files import alone, disk_errors, is_abandoned, set_aside, temporary_name

_CHUNK = 1 << 20
MOST_UNPACKED = 1 << 36  # bytes; the largest file here, that of GTEx, has 5 GB


def download(
    urls: str | Sequence[str],
    target: Path,
    *,
    size: int | None = None,
    sha256: str | None = None,
    md5: str | None = None,
    check: Callable[[Path], str | None] | None = None,
    attempts: int = 5,
    pause: float = 1.0,
    timeout: float = 60.0,
) -> Path:
    """Download one file, unless it is there already.

    The transfer goes to a file of this process beside ``target`` and continues there after a break, also in another run,
    where the result can be verified (a hash is given, or the file is gzip, which carries a checksum); otherwise it starts
    over. Checked are the size and the MD5 that the server announces, ``size``, the hashes, the checksum of a gzip file, and
    what ``check`` looks at. Of several processes that want one file, one downloads it and the others wait.

    A file that is there is looked at by ``check``; where that finds it wrong, a warning names it, it is set aside as
    ``<name>.damaged`` and downloaded anew.

    Args:
        urls: address, or addresses of the same file in the order in which to try them.
        target: where the file goes; its folder is made.
        size: expected size in bytes.
        sha256: expected SHA-256, hexadecimal.
        md5: expected MD5, hexadecimal.
        check: says in half a sentence what is wrong with a file, or None.
        attempts: tries in a row that bring nothing, per address, before it is given up.
        pause: seconds before the second try; doubled for each further one.
        timeout: seconds without an answer that count as a break.

    Returns:
        ``target``.

    Raises:
        InputError: no address works, the disk is too small or cannot be written, or what came is not the file (it is
            deleted then). ``target`` never holds an incomplete file.
    """
    urls, target = [urls] if isinstance(urls, str) else list(urls), Path(target)
    if _is_there(target, check):
        return target
    verifiable = sha256 is not None or md5 is not None or target.suffix == ".gz"
    settings = {"attempts": attempts, "pause": pause, "timeout": timeout, "any_length": verifiable}
    reasons = []
    with disk_errors("The download"), alone(target, doing="downloading"):
        if _is_there(target, check):  # another process has brought it meanwhile
            return target
        with _part(target, keep=verifiable) as part:
            for url in urls:
                try:
                    announced = fetch(url, part, f"Downloading {target.name}", **settings)
                except GivenUpError as error:
                    reasons.append(f"  {url}\n    {error}")
                    continue
                _check(part, url, target, size=size, sha256=sha256, md5s=(announced, md5), check=check)
                if _is_there(target, check):  # where there are no locks, another process may have been quicker
                    part.unlink()
                else:
                    part.replace(target)
                return target
    raise InputError(
        f"{target.name} could not be downloaded:\n" + "\n".join(reasons) + "\nRun again to continue where it stopped. "
        f"Without a connection, fetch the file on another machine, put it into {target.parent.resolve()} under the "
        'name it has, and use source="files".'
    )


def check_whole(path: Path, *, most_bytes: int = MOST_UNPACKED) -> None:
    """Unpack a gzip file to its end, where its checksum stands.

    Args:
        path: the file.
        most_bytes: where to stop, as a small file may unpack to a thousand times its size.

    Raises:
        ValueError: it goes on behind ``most_bytes``. EOFError, OSError and zlib.error come from the unpacking.
    """
    n_bytes = 0
    with gzip.open(path) as file:
        while part := file.read(_CHUNK):
            n_bytes += len(part)
            if n_bytes > most_bytes:
                raise ValueError(f"it holds more than {most_bytes:,} bytes, the most that such a file may unpack to")


def is_torn(path: Path, *, most_bytes: int = MOST_UNPACKED) -> bool:
    """Say whether a gzip file, as far as ``most_bytes`` of its content go, cannot be unpacked."""
    try:
        check_whole(path, most_bytes=most_bytes)
    except ValueError:
        return False
    except (OSError, EOFError, zlib.error):
        return True
    return False


def _is_there(target: Path, check: Callable[[Path], str | None] | None) -> bool:
    if not target.exists():
        return False
    wrong = check(target) if check else None
    if wrong is None:
        return True
    warnings.warn(f"{target} cannot be used: {wrong}; {set_aside(target)} it is downloaded again.", stacklevel=3)
    return False


@contextmanager
def _part(target: Path, *, keep: bool) -> Iterator[Path]:
    """Give a process a part of its own: what an earlier run left off, where it may go on with that.

    A part that is not complete at the end becomes ``<target>.part``, for another run; without ``keep`` it is removed.
    """
    left_off = target.with_name(f"{target.name}.part")
    part = temporary_name(target, "part")
    others = [path for path in target.parent.glob(f".{glob.escape(target.name)}.*.part") if is_abandoned(path)]
    found = sorted((path for path in (left_off, *others) if path.exists()), key=lambda path: path.stat().st_size)
    if found and keep:
        with suppress(FileNotFoundError):  # another machine was quicker
            found.pop().replace(part)
    for path in found:
        path.unlink(missing_ok=True)
    try:
        yield part
    finally:
        if part.exists() and keep:
            part.replace(left_off)
        part.unlink(missing_ok=True)


def _check(
    part: Path,
    url: str,
    target: Path,
    *,
    size: int | None,
    sha256: str | None,
    md5s: Sequence[str | None],
    check: Callable[[Path], str | None] | None,
) -> None:
    """Stop where the file is not the one expected, and delete it: there is nothing in it to continue from."""
    wrong = None
    if size is not None and part.stat().st_size != size:
        wrong = f"it has {part.stat().st_size:,} bytes, {size:,} were expected"
    for method, expected in (("sha256", sha256), *(("md5", md5) for md5 in md5s)):
        if wrong is None and expected is not None:
            with part.open("rb") as file:
                seen = hashlib.file_digest(file, method).hexdigest()
            if seen != expected.lower():
                wrong = f"its {method} is {seen}, expected was {expected}"
    if wrong is None and target.suffix == ".gz":
        try:
            check_whole(part)
        except ValueError as error:
            wrong = str(error)
        except (OSError, EOFError, zlib.error):
            wrong = "it is not an intact gzip file"
    if wrong is None and check is not None:
        wrong = check(part)
    if wrong is not None:
        part.unlink(missing_ok=True)
        raise InputError(
            f"{target.name} from {url} is not the file it should be: {wrong}. It was deleted; run again, or fetch it "
            f'by other means, put it into {target.parent.resolve()} and use source="files".'
        )

"""What a result was computed with: code, device, library versions, threads, data, time."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

import linear_signal
from linear_signal.experiment.machine import usable_cores
from linear_signal.experiment.threads import thread_pools
from linear_signal.experiment.unit import Unit
from linear_signal.software import library_digest, versions
from linear_signal.training.device import device_title

UNKNOWN = "unknown"


def run_record(unit: Unit, device: torch.device, *, seconds: float) -> dict[str, Any]:
    """Describe the computation of a unit that has just ended, as plain values.

    Returns:
        seconds, device, finished, versions, code (:func:`code_version`), threads and processor of the machine, and data:
        where the unit's data came from; kept: as of the unit.
    """
    origin = unit.origin(device)
    return {
        "seconds": round(seconds, 3),
        "device": device_title(device),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": versions() | _of_gpu(device) | origin["versions"],
        "code": dict(code_version()),
        "threads": _threads(),
        "processor": _processor(),
        "data": origin["data"],
        "kept": unit.kept,
    }


@cache  # one answer per process: what was imported does not change when the files do
def code_version() -> dict[str, Any]:
    """Say which code runs.

    Returns:
        version of the package; digest, 16 hexadecimal digits over the library's files (:func:`library_digest`), which name
        the code wherever it lies; commit, of the checkout the library lies in, "unknown" where it lies in none; modified,
        whether the checkout differs from that commit, "unknown" where there is no checkout or no git to ask.
    """
    library = Path(linear_signal.__file__).resolve().parent
    checkout = library.parents[1]
    # A library installed into an environment that itself lies in somebody's checkout is not part of that checkout.
    is_ours = library.parent.name == "lib" and (checkout / "pyproject.toml").is_file()
    commit = read_commit(checkout) if is_ours else UNKNOWN
    return {
        "version": linear_signal.__version__,
        "digest": library_digest()[:16],
        "commit": commit,
        "modified": UNKNOWN if commit == UNKNOWN else is_modified(checkout),
    }


def read_commit(checkout: Path) -> str:
    """Read the commit that is checked out, without git: 40 hexadecimal digits, or "unknown"."""
    try:
        folder = checkout / ".git"
        if folder.is_file():  # a linked worktree names its folder in a file
            folder = (checkout / folder.read_text().strip().removeprefix("gitdir: ")).resolve()
        head = (folder / "HEAD").read_text().strip()
        if not head.startswith("ref: "):
            return _commit_id(head)
        name = head.removeprefix("ref: ")
        shared = folder / "commondir"
        common = (folder / shared.read_text().strip()).resolve() if shared.is_file() else folder
        for place in (folder, common):
            if (place / name).is_file():
                return _commit_id((place / name).read_text().strip())
        for line in (common / "packed-refs").read_text().splitlines():
            commit, _, packed = line.partition(" ")
            if packed == name:
                return _commit_id(commit)
    except (OSError, UnicodeDecodeError):
        pass  # no checkout, or one in a form that only git itself can read
    return UNKNOWN


def is_modified(checkout: Path) -> bool | str:
    """Ask git whether files it follows differ from the commit; "unknown" where git is missing or does not answer."""
    git = shutil.which("git")
    if git is None:
        return UNKNOWN
    try:
        done = subprocess.run(
            [git, "-C", str(checkout), "status", "--porcelain", "--untracked-files=no"],
            capture_output=True,
            text=True,
            timeout=20,
            env=os.environ | {"GIT_OPTIONAL_LOCKS": "0"},
        )
    except (OSError, subprocess.SubprocessError):
        return UNKNOWN
    return bool(done.stdout.strip()) if done.returncode == 0 else UNKNOWN


def _commit_id(text: str) -> str:
    is_commit = len(text) in (40, 64) and set(text) <= set("0123456789abcdef")
    return text if is_commit else UNKNOWN


def _of_gpu(device: torch.device) -> dict[str, str]:
    if device.type != "cuda":
        return {}
    return {"cuda": str(torch.version.cuda), "cudnn": str(torch.backends.cudnn.version())}


def version_or_unknown(package: str) -> str:
    """Version of an installed package, "unknown" where there is none of that name."""
    try:
        return version(package)
    except PackageNotFoundError:  # a file of the user's own, or a package installed under another name
        return UNKNOWN


def _threads() -> dict[str, int]:
    """Threads that PyTorch and each numerical library use at this moment, and the cores it may use."""
    pools: dict[str, int] = {}
    for pool in thread_pools().info():  # NumPy and SciPy each bring a BLAS of their own
        pools[pool["internal_api"]] = max(pool["num_threads"], pools.get(pool["internal_api"], 0))
    return {"torch": torch.get_num_threads(), **pools, "cores": usable_cores()}


@cache
def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:  # not Linux
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine() or UNKNOWN

"""What of this machine a process may use: its cores and its memory, within what a container or a batch system grants."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import psutil

_GROUPS = Path("/sys/fs/cgroup")
_OWN_GROUPS = Path("/proc/self/cgroup")
# Of these the first that is set counts: the cores of a task where a job asked for some, else those of the job on this node.
_SLURM = ("SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE")

# In the environment of those that share this machine with others of their kind: how many cores are left to each.
SHARE = "LINEAR_SIGNAL_CORES"


def usable_cores() -> int:
    """Count the processor cores this process may use, 1 or more; on a shared node those are not the cores it has.

    The smallest of: the cores it may run on (affinity), the quota of its control groups, rounded up, what Slurm granted, and
    the share that a book leaves to each of the chapters that it runs beside each other.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    granted = next((os.environ[name] for name in _SLURM if os.environ.get(name, "").isdecimal()), cores)
    share = os.environ.get(SHARE, "")
    return max(1, min([cores, int(granted), int(share) if share.isdecimal() else cores, *map(math.ceil, _quotas())]))


def available_memory() -> int:
    """Count the bytes of memory this process and its children can still take before something is killed.

    The smaller of what the machine has to give (``MemAvailable`` on Linux) and what the limits of the control groups leave.
    """
    return max(0, min([psutil.virtual_memory().available, *_left_by_limits()]))


def _quotas() -> Iterator[float]:
    for folder in _folders("cpu"):
        quota, _, period = _text(folder / "cpu.max").partition(" ")
        if not quota:
            quota, period = (_text(folder / f"cpu.cfs_{name}_us") for name in ("quota", "period"))
        if quota.isdecimal() and period.isdecimal() and int(quota) and int(period):  # neither "max" nor "-1"
            yield int(quota) / int(period)


def _left_by_limits() -> Iterator[int]:
    for folder in _folders("memory"):
        for limit, used, cache in (
            ("memory.max", "memory.current", "inactive_file"),
            ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
        ):
            numbers = [_text(folder / name) for name in (limit, used)]
            if all(number.isdecimal() for number in numbers):
                # What is kept of files counts as used, and is given back when the memory is needed.
                kept = dict(line.split(" ", 1) for line in _text(folder / "memory.stat").splitlines() if " " in line)
                yield int(numbers[0]) - int(numbers[1]) + int(kept.get(cache, 0))


def _folders(controller: str) -> Iterator[Path]:
    """Folders of the control groups this process is in, of both versions and up to the root: each may set a limit."""
    for line in _text(_OWN_GROUPS).splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        roots = [_GROUPS / controller] if controllers else [_GROUPS, _GROUPS / "unified"]
        # In a container the path can be the one outside, of which only the root is seen.
        own = PurePosixPath("" if ".." in path else path.lstrip("/"))
        for each in (own, *own.parents):
            yield from (root / each for root in roots if (root / each).is_dir())


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:  # not Linux, or a controller that is not there
        return ""

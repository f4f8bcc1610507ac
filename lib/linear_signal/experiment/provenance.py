"""What a result was computed with: device, library versions, time."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import torch

import linear_signal
from linear_signal.training.device import device_title


def versions() -> dict[str, str]:
    """Versions of everything that the numbers rest on."""
    libraries = {name: version(name) for name in ("torch", "numpy", "pandas", "scikit-learn")}
    return {"linear_signal": linear_signal.__version__, "python": platform.python_version(), **libraries}


def run_record(device: torch.device, *, seconds: float) -> dict[str, Any]:
    """Describe a computation that has just ended."""
    return {
        "seconds": round(seconds, 3),
        "device": device_title(device),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": versions(),
    }

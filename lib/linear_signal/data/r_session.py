"""R, started inside this process when it is first asked for, and what it has installed."""

from __future__ import annotations

import os
from collections.abc import Sequence

from linear_signal.errors import listed


def why_no_r() -> str | None:
    """Return None where R runs in this process, else the reason why not in a few words."""
    library_path = os.environ.get("LD_LIBRARY_PATH")
    try:
        import rpy2.robjects  # noqa: F401 - importing it starts R, which is all that is wanted
    except Exception as error:  # rpy2 raises whatever its build or R's start-up raised
        return f"rpy2 or R is missing ({type(error).__name__})"
    finally:
        # R's start-up puts the system's libraries first for every process started later, also for a Python that
        # brought its own.
        if library_path is None:
            os.environ.pop("LD_LIBRARY_PATH", None)
        else:
            os.environ["LD_LIBRARY_PATH"] = library_path
    return None


def why_no_packages(names: Sequence[str]) -> str | None:
    """Return None where R is there and has all of these packages, else the reason why not; none of them is loaded."""
    reason = why_no_r()
    if reason:
        return reason
    from rpy2.robjects import r

    absent = [name for name in names if not r["nzchar"](r["system.file"](package=name))[0]]
    return f"R has no package {listed(absent, most=len(absent))}" if absent else None

"""Where tools of the book keep what they otherwise leave in the home directory: in the project's ``cache/``."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

HOME = Path("cache/home")
# As in the Makefile, which tells JupyterLab and the tests.
_FOLDERS = {
    "JUPYTER_CONFIG_DIR": "jupyter/config",
    "JUPYTER_DATA_DIR": "jupyter/data",
    "JUPYTER_RUNTIME_DIR": "jupyter/runtime",
    "IPYTHONDIR": "ipython",
    "MPLCONFIGDIR": "matplotlib",
}


def stay_inside(root: Path) -> None:
    """Tell this process and those it starts to keep such files in the project; what the user has set is left alone.

    Args:
        root: the project.
    """
    for name, folder in _FOLDERS.items():
        os.environ.setdefault(name, str(root.resolve() / HOME / folder))
    with suppress(OSError):  # where nothing can be written, those who want to will say so
        (root / HOME).mkdir(parents=True, exist_ok=True)  # IPython makes its folder, but none above it

"""Where the project lies, so that a chapter finds its files from whatever directory it is run in."""

from __future__ import annotations

import os
from pathlib import Path

import linear_signal


def project_root() -> Path:
    """Find the checkout a chapter belongs to.

    The first that fits: the current directory or a parent of it that holds a book (``_toc.yml`` beside ``notebooks/``);
    the checkout that this library was installed from with ``pip install -e``; the current directory.
    """
    here = Path.cwd()
    checkout = Path(linear_signal.__file__).resolve().parents[2]
    return next((folder for folder in (here, *here.parents, checkout) if _holds_book(folder)), here)


def _holds_book(folder: Path) -> bool:
    return (folder / "_toc.yml").is_file() and (folder / "notebooks").is_dir()


def relative_to_root(path: Path, root: Path) -> str:
    """Write a path as seen from the project: what is stored in pages must not tell where a user's home is.

    >>> relative_to_root(Path("/home/ada/book/params/my.yaml"), Path("/home/ada/book"))
    'params/my.yaml'
    >>> relative_to_root(Path("/data/my.yaml"), Path("/home/ada/book"))
    'my.yaml'
    """
    relative = os.path.relpath(path, root)
    return Path(path).name if relative.startswith("..") else Path(relative).as_posix()

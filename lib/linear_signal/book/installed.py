"""Which installed packages decide a page: all but those that only tests, tracking and Dask brought."""

from __future__ import annotations

import importlib.metadata
import re
from importlib.metadata import Distribution

from packaging.requirements import Requirement

_OURS = "linear-signal"
_APART = ("test", "dask", "tracking")
_OF_PAGES = ("", "book", "r")


def packages_of_pages() -> list[str]:
    """List them as ``name==version``, sorted.

    A page is made again when one of them changes, so what ``make test`` installs besides must not be among them. What
    somebody else installed, such as a package with a model, is.
    """
    installed = {_plain(each.name): each for each in importlib.metadata.distributions()}
    apart = _reached(installed, _APART) - _reached(installed, _OF_PAGES)
    return sorted(f"{name}=={each.version}" for name, each in installed.items() if name not in apart)


def _reached(installed: dict[str, Distribution], extras: tuple[str, ...]) -> set[str]:
    """Names of what these extras of ours bring, and of all that that brings."""
    found: set[str] = set()
    todo = [(_OURS, extra, True) for extra in extras]
    seen = set()
    while todo:
        name, extra, begins = todo.pop()
        if (name, extra) in seen or name not in installed:
            continue
        seen.add((name, extra))
        if not begins:
            found.add(name)
        for text in installed[name].requires or []:
            wanted = Requirement(text)
            asks = wanted.marker is None or wanted.marker.evaluate({"extra": extra})
            # Of ours only what an extra itself adds: what people import comes with the extra "".
            if asks and (not begins or not extra or "extra ==" in str(wanted.marker)):
                todo += [(_plain(wanted.name), one, False) for one in ("", *wanted.extras)]
    return found


def _plain(name: str) -> str:
    """Write a name as all of its spellings are meant."""
    return re.sub(r"[-_.]+", "-", name).lower()

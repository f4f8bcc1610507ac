"""An explorer as readers get it: what it shows without a script, its data, and the module that makes it move."""

from __future__ import annotations

import html
import json
import re
import zlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from linear_signal.errors import InputError
from linear_signal.figures.explorer.packed import Packed

BUDGET = 250_000  # bytes of one explorer in the page
# The files that a kind's module is put together of; the last one holds what is exported.
_SHARED = ("drawing", "state", "controls")
MODULES = {
    "scatter": (*_SHARED, "reading", "panels", "scatter"),
    "surface": (*_SHARED, "slider", "contour", "surface"),
    "removal": (*_SHARED, "slider", "contour", "removal"),
    "runs": (*_SHARED, "reading", "intervals", "points", "chart", "pane", "details", "runs"),
}
_WITH_TABLES = ("runs", "removal")


@dataclass(frozen=True, kw_only=True, repr=False)
class Explorer:
    """A figure to explore; as the last expression of a cell it is shown, in JupyterLab as in the page.

    Attributes:
        kind: "scatter", "surface", "runs" or "removal"; the module's own file.
        declaration: what is shown and what can be chosen, for the module.
        columns: the data, packed.
        still: SVG of the default view, for those without JavaScript, and until it has run.
        caption: below the figure.
    """

    kind: str
    declaration: Mapping[str, Any]
    columns: Packed
    still: str
    caption: str

    @property
    def html(self) -> str:
        """The explorer for a page. It needs no file, server or network; ``#name.column=value`` leads to a state of it."""
        name = self.declaration["name"]
        traits = {"declaration": self.declaration, "columns": self.columns, "state": {}}
        below = f"<figcaption>{html.escape(self.caption)}</figcaption>" if self.caption else ""
        return (
            # Names with dollar signs are no formulas.
            f'<figure class="explorer tex2jax_ignore mathjax_ignore" id="explorer-{name}" data-kind="{self.kind}">'
            f"{own_style(self.kind)}"
            f'<div class="xp-mount"><div class="figure-scroll" style="overflow-x:auto">{self.still}</div>'
            '<noscript><p class="xp-note">The view it opens with; to choose, it needs JavaScript.</p></noscript></div>'
            f'{below}<script type="text/plain" data-part="traits">{packed_text(traits)}</script>'
            f"{own_script(self.kind)}</figure>"
        )

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        """Name the explorer; a notebook keeps this text beside the page's."""
        return f"<Explorer {self.declaration['name']!r}: {self.kind}>"


def checked(explorer: Explorer, *, budget: int) -> Explorer:
    """Return the explorer, or refuse one that is too large for a page, beside the module that pages share."""
    shared = own_script(explorer.kind) + own_style(explorer.kind)
    size = len(explorer.html.encode()) - len(shared.encode())
    if size > budget:
        raise InputError(
            f"The explorer takes {size / 1e3:,.0f} kB of the page and may take {budget / 1e3:,.0f} kB. Show fewer rows or "
            "columns, or give it another budget."
        )
    return explorer


def checked_name(name: str) -> str:
    """Return the name of an explorer, which stands in addresses."""
    if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
        raise InputError(f"The name of an explorer is small letters, digits and hyphens, such as 'sizes'; got {name!r}.")
    return name


@cache
def module(kind: str) -> str:
    """Return the JavaScript module of a kind of explorer: ``export default { render({ model, el }) }``.

    The model has ``get``, ``set``, ``on``, ``off`` and ``save_changes``, and the traits ``declaration``, ``columns``,
    ``state`` (lists of texts by name, changed by the reader's choices) and ``linkable`` (whether the state stands in the
    address of the page).
    """
    return "\n".join(_read(f"{part}.js") for part in MODULES[kind])


@cache
def style(kind: str) -> str:
    """Return the style sheet of a kind of explorer."""
    return "\n".join(_read(f"{part}.css") for part in ("explorer", *(["tables"] if kind in _WITH_TABLES else [])))


def own_style(kind: str) -> str:
    """Return the style sheet as it stands in an explorer that needs no file."""
    return f"<style>{style(kind)}</style>"


def own_script(kind: str) -> str:
    """Return the module, and what mounts it, as they stand in an explorer that needs no file."""
    return (
        f'<script type="text/plain" data-part="module">{module(kind)}</script><script>{_read("mount.js")}\n'
        "{ const box = document.currentScript.closest('.explorer');\n"
        "mountExplorer(box, box.querySelector('script[data-part=\"module\"]').textContent); }</script>"
    )


def shared_style() -> str:
    """Return one style sheet for explorers of every kind."""
    return "\n".join(_read(f"{part}.css") for part in ("explorer", "tables"))


def shared_script() -> str:
    """Return one script for all explorers of a book: it mounts those of a page that have no module of their own.

    Every part of a module is in it once, and compressed, as it is loaded with the page.
    """
    parts = {part: _read(f"{part}.js") for kind in MODULES for part in MODULES[kind]}
    return f"{_read('mount.js')}\nmountExplorers({json.dumps(MODULES)}, {json.dumps(packed_text(parts))});\n"


@cache
def _read(name: str) -> str:
    """Read one of the files beside this one, without its indents and whole-line comments."""
    text = files("linear_signal.figures.explorer").joinpath(name).read_text(encoding="utf-8")
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def packed_text(value: object) -> str:
    """Write a value as JSON, compressed, in letters of which none can end the script they stand in."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return b64encode(zlib.compress(text.encode(), 9)).decode()


def unpacked_text(text: str) -> Any:
    """Read what :func:`packed_text` wrote, as the page does.

    >>> unpacked_text(packed_text({"a": ["<script>"]}))
    {'a': ['<script>']}
    """
    return json.loads(zlib.decompress(b64decode(text)))

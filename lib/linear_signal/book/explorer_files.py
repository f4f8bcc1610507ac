"""Takes the module and the style of explorers out of rendered pages into one script and one style sheet of the book."""

from __future__ import annotations

import hashlib
import re
from functools import partial
from pathlib import Path

from linear_signal.figures.explorer.page import MODULES, own_script, own_style, shared_script, shared_style

# The state of a notebook's widgets, which no page shows.
_STATE = re.compile(r'<script type="application/vnd\.jupyter\.widget-state\+json">.*?</script>\s*', re.DOTALL)
_DATA = re.compile(r' data-kind="([a-z]+)">(.*?)<script type="text/plain" data-part="traits">([^<]*)</script>', re.DOTALL)
_MUCH = 100_000  # letters of data from which they are no part of the page any more
SCRIPT, STYLE = Path("_static/explorers.js"), Path("_static/explorers.css")


def share_explorers(pages: Path) -> int:
    """Let the explorers of all pages use one script and one style sheet, instead of each its own.

    Data of an explorer that are many times a page become a script that is loaded when a reader comes near.
    An explorer that another version of the library wrote, as in the page of an old run, keeps its own.

    Args:
        pages: folder of the rendered book, with its ``_static``.

    Returns:
        The number of pages that use them.
    """
    own = [text for kind in MODULES for text in (own_script(kind), own_style(kind))]
    files = {SCRIPT: shared_script(), STYLE: shared_style()}
    # Named by their content, so that no browser takes older ones for them.
    named = {file: f"{file.as_posix()}?v={hashlib.sha256(text.encode()).hexdigest()[:8]}" for file, text in files.items()}
    shared = 0
    for page in sorted(pages.rglob("*.html")):
        text = page.read_text(encoding="utf-8")
        changed = _STATE.sub("", text)
        for part in own:
            changed = changed.replace(part, "")
        if changed == text:
            continue
        up = "../" * len(page.relative_to(pages).parent.parts)
        changed = _DATA.sub(partial(_with_data_beside, page=page, pages=pages, up=up), changed)
        links = f'<link href="{up}{named[STYLE]}" rel="stylesheet"><script defer src="{up}{named[SCRIPT]}"></script>'
        page.write_text(changed.replace("</head>", f"{links}\n</head>", 1), encoding="utf-8")
        shared += 1
    for file, content in files.items() if shared else ():
        (pages / file).write_text(content, encoding="utf-8")
    return shared


def _with_data_beside(explorer: re.Match[str], *, page: Path, pages: Path, up: str) -> str:
    kind, between, data = explorer.groups()
    if len(data) < _MUCH:
        return explorer[0]
    file = f"_static/explorers-{page.stem}-{hashlib.sha256(data.encode()).hexdigest()[:8]}.js"
    (pages / file).write_text(f'window.explorerData = "{data}";\n', encoding="utf-8")
    return f' data-kind="{kind}" data-src="{up}{file}">{between}'

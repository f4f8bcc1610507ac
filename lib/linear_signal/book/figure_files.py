"""Takes pictures and tables out of rendered pages into files, and gives figures a number and an address."""

from __future__ import annotations

import re
from base64 import b64decode
from pathlib import Path

FOLDER = Path("_images/figures")
_FIGURE = re.compile(r'<figure class="book-figure">.*?</figure>', re.DOTALL)
_DATA = re.compile(r'(src|srcset|href)="data:([a-z/+]+);base64,([A-Za-z0-9+/=]+)"')
_ENDING = {"image/svg+xml": "svg", "image/png": "png", "text/csv": "csv"}


def take_out_figures(pages: Path) -> int:
    """Write every figure of the rendered pages into files beside them.

    A page of ``20_gtex`` has ``figure-20-1``, ``figure-20-2``, ... in the order in which they stand; a page without a number
    counts from 1.

    Args:
        pages: folder of the rendered book.

    Returns:
        The number of figures.
    """
    found = 0
    for page in sorted(pages.rglob("*.html")):
        text = page.read_text(encoding="utf-8")
        number = 0

        def taken_out(match: re.Match[str], page: Path = page) -> str:
            nonlocal number
            number += 1
            return _as_files(match[0], page, number, pages)

        changed = _FIGURE.sub(taken_out, text)
        if number:
            page.write_text(changed, encoding="utf-8")
        found += number
    return found


def _as_files(figure: str, page: Path, number: int, pages: Path) -> str:
    name = f"{page.stem}-{number}"
    up = "../" * len(page.relative_to(pages).parent.parts)

    def written(match: re.Match[str]) -> str:
        attribute, kind, content = match.groups()
        suffix = "-narrow" if attribute == "srcset" else ""
        file = FOLDER / f"{name}{suffix}.{_ENDING[kind]}"
        (pages / file).parent.mkdir(parents=True, exist_ok=True)
        (pages / file).write_bytes(b64decode(content))
        return f'{attribute}="{up}{file.as_posix()}"'

    chapter = re.match(r"\d+", page.stem)
    called = f"{chapter[0]}.{number}" if chapter else str(number)
    address = f"figure-{called.replace('.', '-')}"
    link = f'<a class="figure-number" href="#{address}" title="Link to this figure">Figure {called}</a>'
    figure = _DATA.sub(written, figure).replace('<span class="figure-number">Figure.</span>', link)
    # The first figure is on the first screen; others are loaded when a reader comes near.
    lazily = ' loading="lazy"' if number > 1 else ""
    return figure.replace('class="book-figure"', f'class="book-figure" id="{address}"').replace("<img ", f"<img{lazily} ")

"""Takes pictures and tables out of rendered pages into files, and gives figures a number and an address."""

from __future__ import annotations

import re
from base64 import b64decode
from functools import partial
from pathlib import Path

FOLDER = Path("_images/figures")
_FIGURE = re.compile(r'<figure class="book-figure">.*?</figure>', re.DOTALL)
_CHOSEN = re.compile(r'<figure class="choice-figure".*?</figure>', re.DOTALL)
_TAKEN = re.compile(r'<span class="takes" data-name="([a-z_]+)">.*?</span>', re.DOTALL)
_DATA = re.compile(r'(src|srcset|href)="data:([a-z/+]+);base64,([A-Za-z0-9+/=]+)"')
_ENDING = {"image/svg+xml": "svg", "image/png": "png", "text/csv": "csv"}


def take_out_figures(pages: Path) -> int:
    """Write every figure of the rendered pages into files beside them, those behind menus and every offered table as well.

    A page of ``20_gtex`` has ``figure-20-1``, ``figure-20-2``, ... in the order in which they stand; a page without a number
    counts from 1.

    Args:
        pages: folder of the rendered book.

    Returns:
        The number of figures that stand in the open.
    """
    found = 0
    for page in sorted(pages.rglob("*.html")):
        text = page.read_text(encoding="utf-8")
        number = behind_menus = 0

        def taken_out(match: re.Match[str], page: Path = page) -> str:
            nonlocal number
            number += 1
            return _as_files(match[0], page, number, pages)

        def chosen(match: re.Match[str], page: Path = page) -> str:
            nonlocal behind_menus
            behind_menus += 1
            return _written(match[0], f"{page.stem}-choice-{behind_menus}", page, pages)

        changed = _CHOSEN.sub(chosen, _FIGURE.sub(taken_out, text))
        changed = _TAKEN.sub(partial(_with_files, page=page, pages=pages), changed)
        if changed != text:
            page.write_text(changed, encoding="utf-8")
        found += number
    return found


def _as_files(figure: str, page: Path, number: int, pages: Path) -> str:
    figure = _written(figure, f"{page.stem}-{number}", page, pages)
    chapter = re.match(r"\d+", page.stem)
    called = f"{chapter[0]}.{number}" if chapter else str(number)
    address = f"figure-{called.replace('.', '-')}"
    link = f'<a class="figure-number" href="#{address}" title="Link to this figure">Figure {called}</a>'
    figure = figure.replace('<span class="figure-number">Figure.</span>', link)
    # The first figure is on the first screen; others are loaded when a reader comes near.
    lazily = ' loading="lazy"' if number > 1 else ""
    return figure.replace('class="book-figure"', f'class="book-figure" id="{address}"').replace("<img ", f"<img{lazily} ")


def _with_files(match: re.Match[str], *, page: Path, pages: Path) -> str:
    return _written(match[0], f"{page.stem}-{match[1]}", page, pages)


def _written(text: str, name: str, page: Path, pages: Path) -> str:
    """Write all that a piece of a page holds into files of that name, and let it name them."""
    up = "../" * len(page.relative_to(pages).parent.parts)
    taken: dict[Path, bytes] = {}

    def as_file(match: re.Match[str]) -> str:
        attribute, kind, content = match.groups()
        data, ending = b64decode(content), _ENDING[kind]
        stem = f"{name}-narrow" if attribute == "srcset" else name
        file = FOLDER / f"{stem}.{ending}"
        # Two tables of one name are two files.
        if taken.get(file, data) != data:
            file = FOLDER / f"{stem}-{len(taken)}.{ending}"
        taken[file] = data
        (pages / file).parent.mkdir(parents=True, exist_ok=True)
        (pages / file).write_bytes(data)
        return f'{attribute}="{up}{file.as_posix()}"'

    return _DATA.sub(as_file, text)

"""Writes the SVGs of a page as a script too, from which the page draws a PNG when a reader asks for one.

A page that is opened from a folder may read no file beside it, nor the pixels of a picture that came from one; it may load a
script. Packed, the script takes a tenth of the PNGs, of which hardly any is ever asked for.
"""

from __future__ import annotations

import gzip
import json
import re
from base64 import b64encode
from pathlib import Path

from linear_signal.book.figure_files import FOLDER

_OFFERED = re.compile(r'href="(?:\.\./)*' + FOLDER.as_posix() + r'/([^"/]+)-(\d+)\.svg" download>SVG</a>')


def write_pixel_scripts(pages: Path) -> int:
    """Write ``20_gtex.js`` beside ``20_gtex-1.svg``, ``20_gtex-2.svg``, ... with what is in them, packed, by their names.

    Args:
        pages: folder of the rendered book, its figures taken out into files.

    Returns:
        The number of scripts.
    """
    offered: dict[str, set[str]] = {}
    for page in pages.rglob("*.html"):
        for stem, number in _OFFERED.findall(page.read_text(encoding="utf-8")):
            offered.setdefault(stem, set()).add(f"{stem}-{number}")
    for stem, names in offered.items():
        packed = {name: _packed(pages / FOLDER / f"{name}.svg") for name in sorted(names)}
        (pages / FOLDER / f"{stem}.js").write_text(f"window.bookPictures = {json.dumps(packed)};\n", encoding="utf-8")
    return len(offered)


def _packed(picture: Path) -> str:
    # No time of writing: equal figures make equal scripts.
    return b64encode(gzip.compress(picture.read_bytes(), mtime=0)).decode()

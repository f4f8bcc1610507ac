"""Takes out of the rendered pages what the theme ships and loads for every book, and nothing of this one needs.

Of two and a half megabytes that a first page loaded, a reader used a tenth: 2,000 icons as a script and as fonts, styles of
components that no page has, and the index of a search that works on the page of results alone.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from base64 import b64encode
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

STATIC = Path("_static")
_ICONS = STATIC / "scripts/fontawesome.js"  # the style sheet draws the same icons from the font
_FONTS = STATIC / "vendor/fontawesome"
_TRANSLATIONS = STATIC / "locales"  # of the theme's own words; the book is in English
SEARCH = "search.html"
_ICONS_LOADED = re.compile(r"\s*<script [^>]*scripts/fontawesome\.js[^>]*></script>")
_SEARCH_LOADED = re.compile(r'\s*<script src="[^"]*(?:searchtools|language_data|searchindex)\.js"></script>')
_SHEET = re.compile(r'(?<=href=")([^"?]*/)?(_static/[^"?]+\.css)(?:\?[^"]*)?(?=")')
_WORD = re.compile(r"[A-Za-z_][\w-]*")

_PIECE = re.compile(r"""/\*.*?\*/|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|url\([^"')]*\)|\\.|[{};]""", re.DOTALL)
_OF_RULES = ("@media", "@supports", "@layer", "@container")
_IN_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_NAME = re.compile(r"[.#](-?[A-Za-z_](?:\\.|[\w-])*)")
_FONT = re.compile(r'src:url\(([^)]*/([^/)]+))\.woff2\) format\("woff2"\),url\(\1\.ttf\) format\("truetype"\)')
# A letter of a font of icons, by its number or as it is.
_LETTER = re.compile("""["'](?:\\\\([0-9a-fA-F]{2,5}) ?|([\ue000-\uf8ff]))["']""")


def lighten_theme(pages: Path) -> None:
    """Take away what no page needs, for good: scripts and fonts of icons, rules of styles, translations, source maps.

    Args:
        pages: folder of the rendered book, complete: what any page or script of it names stays.
    """
    for file in pages.rglob("*.map"):  # for those who develop the theme
        file.unlink()
    shutil.rmtree(pages / _TRANSLATIONS, ignore_errors=True)
    for file in pages.glob(f"{_ICONS.as_posix()}*"):
        file.unlink()
    texts = {page: _ICONS_LOADED.sub("", page.read_text("utf-8")) for page in sorted(pages.rglob("*.html"))}
    texts = {page: text if page.name == SEARCH else _SEARCH_LOADED.sub("", text) for page, text in texts.items()}
    scripts = [script.read_text("utf-8") for script in (pages / STATIC).rglob("*.js")]
    known = names_in([*texts.values(), *scripts], scripts)
    styles = {sheet: needed_rules(sheet.read_text("utf-8"), known) for sheet in sorted((pages / STATIC).rglob("*.css"))}
    found = (letter for style in styles.values() for letter in _LETTER.findall(style))
    letters = {int(number, 16) if number else ord(itself) for number, itself in found}
    for sheet, style in styles.items():
        sheet.write_text(_FONT.sub(lambda font: _embedded(font, pages / _FONTS, letters), style), "utf-8")
    shutil.rmtree(pages / _FONTS, ignore_errors=True)
    for page, text in texts.items():
        page.write_text(_SHEET.sub(lambda sheet: _dated(sheet, pages), text), "utf-8")


def names_in(texts: list[str], scripts: list[str]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return every word that may be a class or an id, and beginnings of words that scripts put together."""
    words = {word for text in texts for word in _WORD.findall(text)}
    beginnings = {word for text in scripts for word in _WORD.findall(text) if word.endswith("-") and len(word) > 2}
    return frozenset(words), tuple(sorted(beginnings))


def needed_rules(style: str, known: tuple[frozenset[str], tuple[str, ...]]) -> str:
    """Drop the rules of a style sheet that can apply to nothing: all their selectors name an unknown class or id.

    >>> needed_rules(".a,.b .c{top:0}@media print{.c{top:1}}p:not(.c){top:2}", (frozenset("ab"), ()))
    '.a{top:0}p:not(.c){top:2}'
    """
    return "".join(_needed(style, known))


def _needed(style: str, known: tuple[frozenset[str], tuple[str, ...]]) -> Iterator[str]:
    for head, block in _rules(style):
        said = re.sub(r"/\*.*?\*/", "", head, flags=re.DOTALL).strip()
        if block is None:
            yield said
        elif said.startswith(_OF_RULES):
            inside = needed_rules(block, known)
            if inside:
                yield f"{said}{{{inside}}}"
        elif said.startswith("@"):
            yield f"{said}{{{block}}}"
        else:
            kept = [one for one in _selectors(said) if _applies(one, known)]
            if kept:
                yield f"{','.join(kept)}{{{block}}}"


def _rules(style: str) -> Iterator[tuple[str, str | None]]:
    """Split a style sheet into what stands before a block and the block, or into a statement without one."""
    depth = start = opened = 0
    for piece in _PIECE.finditer(style):
        if piece[0] == "{":
            depth += 1
            opened = piece.start() if depth == 1 else opened
        elif piece[0] == "}":
            depth -= 1
            if depth == 0:
                yield style[start:opened], style[opened + 1 : piece.start()]
                start = piece.end()
        elif piece[0] == ";" and depth == 0:
            yield style[start : piece.end()], None
            start = piece.end()


def _selectors(said: str) -> Iterator[str]:
    depth = start = 0
    for place, letter in enumerate(said):
        depth += (letter in "([") - (letter in ")]")
        if letter == "," and depth == 0:
            yield said[start:place].strip()
            start = place + 1
    yield said[start:].strip()


def _applies(selector: str, known: tuple[frozenset[str], tuple[str, ...]]) -> bool:
    words, beginnings = known
    before = ""
    while before != selector:  # what stands in brackets may be an alternative, or what must not be there
        before, selector = selector, _IN_BRACKETS.sub("", selector)
    names = [name.replace("\\", "") for name in _NAME.findall(selector)]
    return all(name in words or name.startswith(beginnings) for name in names)


def _embedded(font: re.Match[str], folder: Path, letters: set[int]) -> str:
    """Put a font into its style sheet, with no more letters than the styles write."""
    from fontTools import subset
    from fontTools.ttLib import TTFont

    with TTFont(next(folder.rglob(f"{font[2]}.ttf")), recalcTimestamp=False) as whole:
        options = subset.Options(notdef_outline=True)
        chosen = subset.Subsetter(options)
        chosen.populate(unicodes=letters)
        chosen.subset(whole)
        whole.flavor = "woff"
        target = BytesIO()
        whole.save(target)
    return f'src:url(data:font/woff;base64,{b64encode(target.getvalue()).decode()}) format("woff")'


def _dated(sheet: re.Match[str], pages: Path) -> str:
    """Name a style sheet by its content, so that no browser takes an older one for it."""
    digest = hashlib.sha256((pages / sheet[2]).read_bytes()).hexdigest()[:8]
    return f"{sheet[1] or ''}{sheet[2]}?v={digest}"

"""Writes what scripts of the pages read: the words of every page for excerpts of a search, and the glossary for hovers.

As scripts that assign a variable: browsers forbid to fetch a file where pages are opened from a folder.
"""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

TEXTS, TERMS = "_static/texts.js", "_static/terms.js"
_ARTICLE = re.compile(r"<article\b.*?</article>", re.S)
# No prose: headings of searches lead to pages anyway, and tables of units hold thousands of keys.
_LEFT_OUT = re.compile(r"<(script|style|table|pre|svg|details|nav)\b.*?</\1>|<a class=\"headerlink\".*?</a>", re.S)
_TERM = re.compile(r'<dt id="(term-[^"]+)">(.*?)</dt>')
_MEANT = re.compile(r"<dd>(.*?)</dd>", re.S)
_TAG = re.compile(r"<[^>]+>")


def write_texts(pages: Path) -> None:
    """Read rendered pages and write both scripts beside them.

    Args:
        pages: folder of the rendered book, with its ``_static``.
    """
    files = sorted(path for path in pages.rglob("*.html") if path.parent != pages)
    texts = {path.relative_to(pages).with_suffix("").as_posix(): page_text(path.read_text("utf-8")) for path in files}
    _write(pages / TEXTS, "bookTexts", {name: text for name, text in texts.items() if text})
    glossary = pages / "book" / "glossary.html"
    _write(pages / TERMS, "bookTerms", terms(glossary.read_text("utf-8")) if glossary.is_file() else {})


def page_text(page: str) -> str:
    """Return the prose of a rendered page, on one line.

    >>> page_text("<nav>x</nav><article><h1>Title</h1><p>a <b>b</b> &lt;</p><table>1</table></article>")
    'Title a b <'
    """
    article = _ARTICLE.search(page)
    return _plain(_LEFT_OUT.sub(" ", article[0])) if article else ""


def terms(page: str) -> dict[str, tuple[str, str]]:
    """Return the terms of the rendered glossary: of each the end of its link, and what it means.

    >>> terms('<dt id="term-a">a<a class="headerlink" href="#">#</a></dt><dt id="term-b">b</dt><dd><p>Both.</p></dd>')
    {'a': ('term-a', 'Both.'), 'b': ('term-b', 'Both.')}
    """
    found = {}
    for part in page.split("</dd>"):
        meant = _MEANT.search(f"{part}</dd>")
        for place, name in _TERM.findall(part) if meant else ():
            found[_plain(_LEFT_OUT.sub("", name))] = (place, _plain(meant[1]))
    return found


def _plain(text: str) -> str:
    # A tag ends a word where it ends a block, and not inside of a line.
    text = re.sub(r"</?(?:p|li|h\d|div|dd|dt|section|figcaption)\b[^>]*>", " ", text)
    return " ".join(html.unescape(_TAG.sub("", text)).split())


def _write(file: Path, name: str, content: object) -> None:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"window.{name} = {text};\n", encoding="utf-8")

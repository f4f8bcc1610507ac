"""How to cite the book, from CITATION.cff: in a line, and as BibTeX."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

import yaml
from IPython.display import HTML


def cite_box(root: Path) -> HTML:
    """Write the box of the front page.

    Args:
        root: the project, whose ``CITATION.cff`` is read; a copy without that file has an empty box.
    """
    file = Path(root) / "CITATION.cff"
    if not file.is_file():
        return HTML("")
    cited = yaml.safe_load(file.read_text(encoding="utf-8"))
    works = [("The book", cited), *(("The study it began with", one) for one in cited.get("references", []))]
    lines = "".join(f"<p><strong>{name}.</strong> {html.escape(_line(work))}</p>" for name, work in works)
    entries = "\n\n".join(_bibtex(work) for _, work in works)
    return HTML(
        f'<div class="cite-box">{lines}<details><summary>BibTeX</summary><pre>{html.escape(entries)}</pre></details></div>'
    )


def _authors(work: dict[str, Any]) -> list[str]:
    return [one.get("name") or f"{one['family-names']}, {one['given-names']}" for one in work["authors"]]


def _line(work: dict[str, Any]) -> str:
    year = f" ({work['year']})" if "year" in work else ""
    where = f" {work['journal']}." if "journal" in work else f" Version {work['version']}."
    doi = f" https://doi.org/{work['doi']}" if "doi" in work else ""
    return f"{'; '.join(_authors(work))}{year}. {work['title']}.{where}{doi}"


def _bibtex(work: dict[str, Any]) -> str:
    is_article = work["type"] == "article"
    authors = " and ".join(one if "," in one else f"{{{one}}}" for one in _authors(work))
    fields = {"author": authors, "title": f"{{{work['title']}}}"}
    fields |= {name: str(work[name]) for name in ("journal", "volume", "year", "version", "doi") if name in work}
    name = f"{work['authors'][0].get('family-names', 'linear-signal').lower()}{work.get('year', '')}"
    body = ",\n".join(f"  {field} = {{{text}}}" for field, text in fields.items())
    return f"@{'article' if is_article else 'software'}{{{name},\n{body}\n}}"

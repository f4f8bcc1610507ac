"""The tables of ``params/README.md``, made from what declares the parameters: the shared fields and the chapters' cells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from linear_signal.book.parameter_files import parameters_cell
from linear_signal.book.parameters import declared_in
from linear_signal.book.shared_groups import SHARED, about, groups
from linear_signal.book.shared_parameters import __name__ as _declared_by
from linear_signal.files import write_whole

README = Path("params/README.md")
_BEGIN = "## The tables\n"
_INTRODUCTION = f"""
This part is made by `make parameters` from the fields of `{_declared_by}` and from the parameters cells of the chapters;
change them there. Types are those of Python: `str` is text, `int` a whole number, `float` a number, `bool` true or false,
`list[...]` a list of these. Chapters go by their numbers, `10` for `10_simulation`; a default without a number is that of
all chapters that have the parameter. "Paper" is the value of Heil et al. 2023 where it differs; `params/paper/` sets it.

A chapter's parameters cell holds what is its own and what it wants otherwise; the line `{SHARED}` names the groups of which
it has the rest, with the defaults below.
"""


def readme(root: Path) -> str:
    """Return the text of ``params/README.md`` with its tables made anew; what stands before them is kept."""
    before = (root / README).read_text(encoding="utf-8").partition(_BEGIN)[0]
    return f"{before}{_BEGIN}{_INTRODUCTION}\n{tables(root)}"


def write_readme(root: Path) -> Path:
    """Write it, and return where."""
    write_whole(root / README, readme(root).encode())
    return root / README


def tables(root: Path) -> str:
    """Make the tables: one per group of shared parameters, and one per chapter of its own."""
    cells = {path.stem: parameters_cell(path) for path in sorted((root / "notebooks").glob("*.py"))}
    declared = {name: declared_in(cell) for name, cell in cells.items()}
    parts, shared = [], set()
    for group, fields in groups().items():
        rows = []
        for name, field in fields.items():
            of_chapters = {chapter: each[name].default for chapter, each in declared.items() if name in each}
            rows.append((name, field.annotation, _defaults(of_chapters), field.says))
            shared.add(name)
        parts.append(_table(f"### {group}", rows, about(group)))
    for chapter, cell in cells.items():
        own = {name: each for name, each in declared[chapter].items() if name not in shared}
        comments = _comments(cell)
        rows = [(name, each.annotation, f"`{_written(each.default)}`", comments.get(name, "")) for name, each in own.items()]
        if rows:
            parts.append(_table(f"### {chapter}", rows))
    return "\n".join(parts)


def _table(title: str, rows: list[tuple[str, str, str, str]], about: str = "") -> str:
    head = ["| name | type | default | what it does, and what is allowed |", "| --- | --- | --- | --- |"]
    lines = [f"| `{name}` | {kind} | {default} | {says} |" for name, kind, default, says in rows]
    return "\n".join([title, "", *([about, ""] if about else []), *head, *lines, ""])


def _defaults(of_chapters: Mapping[str, Any]) -> str:
    """Write the defaults of a parameter by chapter: "10, 70: 400; 20: 150", or one for all."""
    by_value: dict[str, list[str]] = {}
    for chapter, value in of_chapters.items():
        by_value.setdefault(_written(value), []).append(chapter.partition("_")[0])
    if len(by_value) == 1:
        return f"`{next(iter(by_value))}`"
    return "; ".join(f"{', '.join(numbers)}: `{value}`" for value, numbers in by_value.items())


def _written(value: Any) -> str:
    """Write a default as a parameter file would."""
    if isinstance(value, list):
        return f"[{', '.join(map(_written, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}" if value >= 0.001 else f"{value:.1e}".replace("e-0", "e-")
    return str(value) or '""'


def _comments(cell: str) -> dict[str, str]:
    """Read what the parameters cell says behind each parameter, at the end of the line that its value ends on."""
    found = re.findall(r"(?ms)^(\w+): [^\n=]*= (?:\[[^]]*\]|[^\n#]*?)\s*# ([^\n]*)", cell)
    return {name: text.strip() for name, text in found}

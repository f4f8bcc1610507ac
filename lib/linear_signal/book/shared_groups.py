"""Read the parameters that chapters share, with their types, defaults and texts, from the file that declares them."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from linear_signal.errors import InputError, unknown

# The line of a parameters cell that names the groups a chapter knows.
SHARED = "shared"


@dataclass(frozen=True, kw_only=True)
class Shared:
    """One shared parameter.

    Attributes:
        name: of the parameter.
        annotation: its type, as a parameters cell would write it.
        default: of chapters that set no other.
        says: what it does and what is allowed.
    """

    name: str
    annotation: str
    default: Any
    says: str

    @property
    def comment(self) -> str:
        """The first sentence of what is said."""
        return self.says.partition(". ")[0].removesuffix(".")


@cache
def groups() -> dict[str, dict[str, Shared]]:
    """Return the groups by name, in lower case, each with its parameters by name."""
    return {each.name.lower(): _fields(each) for each in _classes()}


def about(group: str) -> str:
    """Return what is said of a group as a whole."""
    return next(ast.get_docstring(each) for each in _classes() if each.name.lower() == group)


def shared_of(names: object) -> dict[str, Shared]:
    """Return the shared parameters of some groups, by name.

    Raises:
        InputError: the names are no list of groups, or one is there twice.

    >>> list(shared_of(["split", "scaling"]))
    ['split', 'scale_on']
    """
    known = groups()
    if not isinstance(names, list) or len(set(map(str, names))) < len(names):
        raise InputError(f"{SHARED} must be a list of different groups of parameters: {', '.join(known)}.")
    for name in names:
        if name not in known:
            raise unknown(f"group in {SHARED}", str(name), known)
    return {name: each for group in names for name, each in known[group].items()}


def _classes() -> list[ast.ClassDef]:
    source = Path(__file__).with_name("shared_parameters.py").read_text(encoding="utf-8")
    return [each for each in ast.parse(source).body if isinstance(each, ast.ClassDef)]


def _fields(group: ast.ClassDef) -> dict[str, Shared]:
    found = {}
    for field, text in zip(group.body[1::2], group.body[2::2], strict=True):
        name = field.target.id
        found[name] = Shared(
            name=name,
            annotation=ast.unparse(field.annotation),
            default=ast.literal_eval(field.value),
            says=" ".join(ast.literal_eval(text.value).split()),
        )
    return found

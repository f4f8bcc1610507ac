"""The text that names a classifier by its import path: taken apart without running any of it."""

from __future__ import annotations

import ast
from typing import Any

from linear_signal.errors import InputError

# Longer ones are no path, and deep nesting would exhaust Python's parser.
LONGEST = 1000
_HOW = "Write an import path, with settings as name=value: sklearn.neighbors.KNeighborsClassifier(n_neighbors=3)."


def parse_path(name: str) -> tuple[str, dict[str, Any]]:
    """Take ``package.module.Class(setting=value)`` apart into the path and the settings, which are plain values.

    Raises:
        InputError: it is something else.

    >>> parse_path("sklearn.svm.SVC(C=2)")
    ('sklearn.svm.SVC', {'C': 2})
    """
    if len(name) > LONGEST:
        raise InputError(f"Model {name[:60]!r}... has {len(name):,} characters; {LONGEST:,} are allowed. {_HOW}")
    try:
        expression = ast.parse(name.strip(), mode="eval").body
        call = expression if isinstance(expression, ast.Call) else ast.Call(expression, [], [])
        if call.args:
            raise ValueError("settings need names")
        settings: dict[str, Any] = {}
        for keyword in call.keywords:
            if keyword.arg is None:
                raise ValueError("settings need names, ** cannot stand for them")
            if keyword.arg in settings:
                raise ValueError(f"setting {keyword.arg} is there twice")
            settings[keyword.arg] = ast.literal_eval(keyword.value)
        return ".".join(_parts(call.func)), settings
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as error:
        reason = (error.msg if isinstance(error, SyntaxError) else str(error)) or "nested too deeply"
        shown = name if len(name) <= 200 else f"{name[:200]}..."
        raise InputError(f"Model {shown!r} cannot be read ({reason[:200]}). {_HOW}") from None


def _parts(expression: ast.expr) -> list[str]:
    if isinstance(expression, ast.Name):
        return [expression.id]
    if isinstance(expression, ast.Attribute):
        return [*_parts(expression.value), expression.attr]
    raise ValueError("it is no path of names and dots")

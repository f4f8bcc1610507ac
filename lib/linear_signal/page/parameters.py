"""Checks the parameters of a chapter before anything is computed: names, types, and what differs from the defaults."""

from __future__ import annotations

import ast
import copy
import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from linear_signal.errors import InputError

# annotation: (how a message calls it, type of the value or of the items)
_SCALARS = {
    "str": ("a text", str),
    "int": ("a whole number", int),
    "float": ("a number", float),
    "bool": ("True or False", bool),
}
_LISTS = {
    "list[str]": ("a list of texts", "str", "[a, b]"),
    "list[int]": ("a list of whole numbers", "int", "[1, 2]"),
    "list[float]": ("a list of numbers", "float", "[0.1, 0.5]"),
}
_EXAMPLES = {"str": "text", "int": "3", "float": "0.5", "bool": "True"}


class Parameters:
    """The checked parameters of one run: read by attribute (``p.n_seeds``), cannot be changed.

    Attributes:
        changed: the parameters that differ from the defaults of the parameters cell, by name. Empty where the front
            end keeps no history of cells (a plain ``python chapter.py``), for then the defaults are what runs.
    """

    def __init__(self, values: Mapping[str, Any], changed: Mapping[str, Any]) -> None:
        object.__setattr__(self, "_values", dict(values))
        object.__setattr__(self, "changed", dict(changed))

    def __getattr__(self, name: str) -> Any:
        """Return the value of a parameter."""
        values = object.__getattribute__(self, "__dict__").get("_values", {})
        if name not in values:
            raise AttributeError(f"{name!r} is no parameter of this chapter; there are: {', '.join(values)}")
        return copy.copy(values[name])  # a list handed out must not be a way to change the parameters

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse: what a run computed must match the parameters it shows."""
        raise AttributeError(f"parameters cannot be changed; edit {name!r} in the parameters cell and run it again")

    def __repr__(self) -> str:
        """Show every name and value."""
        return f"Parameters({', '.join(f'{name}={value!r}' for name, value in self._values.items())})"

    def as_dict(self) -> dict[str, Any]:
        """Return all values by name, in the order of the parameters cell."""
        return copy.deepcopy(self._values)


@dataclass(frozen=True)
class _Declared:
    annotation: str
    default: Any


def check_parameters(namespace: Mapping[str, Any]) -> Parameters:
    """Check what the parameters cell and papermill left in a chapter's namespace; call it in the next cell.

    Names, types and defaults are those of the latest cell that holds nothing but annotated assignments
    (``n_seeds: int = 3``). Allowed types: str, int, float, bool, list[str], list[int], list[float]; a whole number
    will do for a float, True and False are no numbers.

    Args:
        namespace: ``globals()`` of the chapter.

    Returns:
        The values, with whole numbers made floats where a float is declared.

    Raises:
        InputError: a parameter was passed that the chapter doesn't have, or a value is of the wrong type; one message
            names them all.

    >>> check_parameters({"n_seeds": 3, "__annotations__": {"n_seeds": int}}).n_seeds
    3
    """
    cells = [_assignments(source) for source in namespace.get("In", [])]
    declared, passed = _declared(cells, namespace)
    problems = [_unknown(name, list(declared)) for name in passed if name not in declared]
    values, changed = {}, {}
    for name, parameter in declared.items():
        if name not in namespace:
            problems.append(f"{name} has no value: run the parameters cell again.")
            continue
        problem = _type_problem(name, namespace[name], parameter.annotation)
        if problem:
            problems.append(problem)
            continue
        values[name] = _converted(namespace[name], parameter.annotation)
        if values[name] != _converted(parameter.default, parameter.annotation):
            changed[name] = values[name]
    if problems:
        raise InputError("\n".join(problems))
    return Parameters(values, changed)


def _assignments(source: str) -> list[ast.stmt]:
    """Return the statements of a cell; none for what isn't Python (magics, other languages)."""
    try:
        return ast.parse(source).body
    except SyntaxError:
        return []


def _declared(cells: Sequence[Sequence[ast.stmt]], namespace: Mapping[str, Any]) -> tuple[dict[str, _Declared], list[str]]:
    """Find what the parameters cell declares and the names that papermill injected after it."""
    # Cells are run again, in any order, in JupyterLab: the latest parameters cell counts, and injected values count
    # only if they ran after it, as otherwise the parameters cell has overwritten them.
    start = max((i for i, cell in enumerate(cells) if _is_declaration(cell)), default=None)
    if start is None:
        return _declared_by_annotations(namespace), []
    declared = {}
    for statement in cells[start]:
        name = statement.target.id
        try:
            default = ast.literal_eval(statement.value)
        except ValueError:
            raise InputError(
                f"The default of {name} is {ast.unparse(statement.value)!r}; in the parameters cell only plain values "
                "(numbers, texts, lists) are allowed. Derive the rest in a later cell."
            ) from None
        declared[name] = _Declared(_allowed_annotation(name, ast.unparse(statement.annotation)), default)
    injected = [
        i
        for i, source in enumerate(namespace["In"])
        # papermill begins the cell it puts in with this comment; a chapter's own cell of that name is annotated.
        if i > start and source.splitlines()[:1] == ["# Parameters"] and not _is_declaration(cells[i])
    ]
    passed = [
        target.id
        for i in injected[-1:]
        for statement in cells[i]
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    ]
    return declared, passed


def _is_declaration(cell: Sequence[ast.stmt]) -> bool:
    return bool(cell) and all(
        isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value is not None
        for statement in cell
    )


def _declared_by_annotations(namespace: Mapping[str, Any]) -> dict[str, _Declared]:
    """Read the declarations of a chapter run without a history of cells, as ``python chapter.py`` does."""
    annotations = namespace.get("__annotations__")
    if annotations is None and "__annotate__" in namespace:
        annotations = namespace["__annotate__"](1)  # Python 3.14 builds them on demand; 1 asks for values
    if not annotations:
        raise InputError(
            "This chapter's parameters were not found. Run the parameters cell, in which every line reads like "
            "'n_seeds: int = 3', before this one."
        )
    return {
        name: _Declared(_allowed_annotation(name, _written(annotation)), namespace.get(name))
        for name, annotation in annotations.items()
    }


def _written(annotation: Any) -> str:
    if isinstance(annotation, type) and not hasattr(annotation, "__args__"):
        return annotation.__name__
    return str(annotation)


def _allowed_annotation(name: str, annotation: str) -> str:
    if annotation in _SCALARS or annotation in _LISTS:
        return annotation
    allowed = ", ".join([*_SCALARS, *_LISTS])
    raise InputError(f"Parameter {name} is declared as {annotation}. Allowed in the parameters cell: {allowed}.")


def _unknown(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else "."
    return f"Unknown parameter {name!r}{hint} This chapter has: {', '.join(known)}."


def _type_problem(name: str, value: object, annotation: str) -> str | None:
    if annotation in _SCALARS:
        words, _ = _SCALARS[annotation]
        if _fits(value, annotation):
            return None
    else:
        words, item, _ = _LISTS[annotation]
        if isinstance(value, list):
            wrong = [i for i, entry in enumerate(value) if not _fits(entry, item)]
            if not wrong:
                return None
            entry = value[wrong[0]]
            return (
                f"Entry {wrong[0] + 1} of parameter {name} is {entry!r} ({type(entry).__name__}); allowed is {words} "
                f"({annotation}). {_how_to_pass(name, entry, annotation)}"
            )
    return (
        f"Parameter {name} is {value!r} ({type(value).__name__}); allowed is {words} ({annotation}). "
        f"{_how_to_pass(name, value, annotation)}"
    )


def _fits(value: object, scalar: str) -> bool:
    if scalar == "float":
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if scalar == "int":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, _SCALARS[scalar][1])


def _how_to_pass(name: str, value: object, annotation: str) -> str:
    if annotation in ("float", "list[float]") and isinstance(value, str) and _reads_as_float(value):
        return f"YAML reads {value} as text: write it with a point, as in 1.0e-5."
    if annotation in _LISTS:
        example = f"{name}: {_LISTS[annotation][2]}"
        return f"Pass it with -y '{example}', or as the line '{example}' of a file passed with -f."
    if annotation == "str" and not isinstance(value, list | dict):
        return f"Pass it with -r {name} {value} (-r passes text as it is), or quoted in a file passed with -f."
    example = _EXAMPLES[annotation]
    return f"Pass it with -p {name} {example}, or as the line '{name}: {example}' of a file passed with -f."


def _reads_as_float(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _converted(value: Any, annotation: str) -> Any:
    if annotation == "float":
        return float(value)
    if annotation == "list[float]":
        return [float(entry) for entry in value]
    return copy.copy(value)

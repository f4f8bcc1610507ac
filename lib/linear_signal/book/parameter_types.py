"""The types that a parameter can have: which values fit, what a message says of one that does not."""

from __future__ import annotations

import copy
import math
import reprlib
import unicodedata
from typing import Any

import yaml

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
# More than any run needs: a value beyond them is a mistake, and would be seen only where something breaks over it.
_MOST, _LONGEST, _LARGEST = 10_000, 4096, 10**15
_WRITER = reprlib.Repr()
_WRITER.maxstring = _WRITER.maxother = 100
_WRITER.maxlevel = 3
_EXAMPLES = {"str": "text", "int": "3", "float": "0.5", "bool": "True"}


def allowed_annotation(name: str, annotation: str) -> str:
    """Return the annotation, if a parameter can have it.

    Raises:
        InputError: it cannot.
    """
    if annotation in _SCALARS or annotation in _LISTS:
        return annotation
    allowed = ", ".join([*_SCALARS, *_LISTS])
    raise InputError(f"Parameter {name} is declared as {annotation}. Allowed in the parameters cell: {allowed}.")


def type_problem(name: str, value: object, annotation: str) -> str | None:
    """Say what is wrong with a value; None where nothing is."""
    if annotation in _SCALARS:
        words, _ = _SCALARS[annotation]
        if _fits(value, annotation):
            return _size_problem(f"Parameter {name}", value)
    else:
        words, item, _ = _LISTS[annotation]
        if isinstance(value, list):
            if len(value) > _MOST:
                return f"Parameter {name} has {len(value):,} entries; at most {_MOST:,} are allowed."
            wrong = [i for i, entry in enumerate(value) if not _fits(entry, item)]
            if not wrong:
                problems = (_size_problem(f"Entry {i} of parameter {name}", each) for i, each in enumerate(value, start=1))
                return next(filter(None, problems), None)
            entry = value[wrong[0]]
            return (
                f"Entry {wrong[0] + 1} of parameter {name} is {shown(entry)} ({type(entry).__name__}); allowed is {words} "
                f"({annotation}). {_how_to_pass(name, entry, annotation)}"
            )
    return (
        f"Parameter {name} is {shown(value)} ({type(value).__name__}); allowed is {words} ({annotation}). "
        f"{_how_to_pass(name, value, annotation)}"
    )


def _size_problem(what: str, value: object) -> str | None:
    """Say what is wrong with a value of the right type that nothing could use: too long, too large, not to be printed."""
    if isinstance(value, str):
        if len(value) > _LONGEST:
            return f"{what} is a text of {len(value):,} characters; at most {_LONGEST:,} are allowed."
        if any(unicodedata.category(character) in ("Cc", "Cs") for character in value):
            return f"{what} is {shown(value)}; control characters are not allowed in a text."
    elif isinstance(value, int) and abs(value) > _LARGEST:
        return f"{what} is a whole number of more than 15 digits; nothing here can be as large as that."
    return None


def shown(value: object) -> str:
    """Write a value at a length that can be read, however long, deep or endless it is."""
    try:
        return _WRITER.repr(value)
    except ValueError:  # a whole number of more digits than Python writes
        return f"a very large {type(value).__name__}"


def _fits(value: object, scalar: str) -> bool:
    if scalar == "float" and isinstance(value, float):
        return math.isfinite(value)
    if scalar in ("int", "float"):
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, _SCALARS[scalar][1])


def _how_to_pass(name: str, value: object, annotation: str) -> str:
    if annotation in ("float", "list[float]") and isinstance(value, str) and _reads_as_float(value):
        return f"YAML reads {value} as text: write it with a point, as in 1.0e-5."
    if annotation in _LISTS:
        example = f"{name}: {_LISTS[annotation][2]}"
        return f"Pass it with -y '{example}', or as the line '{example}' of a file passed with -f."
    if annotation == "str" and not isinstance(value, list | dict):
        return f"Pass it with -r {name} {shown(value)} (-r passes text as it is), or quoted in a file passed with -f."
    example = _EXAMPLES[annotation]
    return f"Pass it with -p {name} {example}, or as the line '{name}: {example}' of a file passed with -f."


def _reads_as_float(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def converted(value: Any, annotation: str) -> Any:
    """Return the value as its type says: whole numbers as floats, where floats are declared, and lists as copies."""
    if annotation == "float":
        return float(value)
    if annotation == "list[float]":
        return [float(entry) for entry in value]
    return copy.copy(value)


def as_yaml(name: str, value: Any) -> str:
    """Write a parameter as a line of YAML that is read back as what it is: small numbers need a point there.

    >>> as_yaml("weight_decay_range", [1e-6, 10.0])
    'weight_decay_range: [1.0e-06, 10.0]'
    """
    text = yaml.safe_dump({name: value}, default_flow_style=True, width=math.inf, allow_unicode=True)
    return text.strip().removeprefix("{").removesuffix("}")

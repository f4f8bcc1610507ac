"""Checks the parameters of a chapter before anything is computed: names, types, and what differs from the defaults."""

from __future__ import annotations

import ast
import copy
import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from linear_signal.book.parameter_types import allowed_annotation, converted, shown, type_problem
from linear_signal.book.shared_groups import SHARED, shared_of
from linear_signal.errors import InputError


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

    def __contains__(self, name: str) -> bool:
        """Whether the chapter has a parameter of that name."""
        return name in self._values

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
class Declared:
    """What is said of one parameter: its type, as written in a parameters cell, and its default.

    Attributes:
        in_cell: whether the parameters cell says it; other parameters are shared by chapters and declared for all of them.
    """

    annotation: str
    default: Any
    in_cell: bool = True


def check_parameters(namespace: Mapping[str, Any]) -> Parameters:
    """Check what the parameters cell and papermill left in a chapter's namespace; call it in the next cell.

    Names, types and defaults are those of the latest cell that holds nothing but annotated assignments
    (``n_seeds: int = 3``). Allowed types: str, int, float, bool, list[str], list[int], list[float]; a whole number
    will do for a float, True and False are no numbers. The line ``shared: list[str] = ["folds", "running"]`` adds the
    parameters of these groups (:mod:`~linear_signal.book.shared_parameters`), with their defaults where the cell sets none.

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
    return _checked(declared, namespace, passed)


def is_parameters_cell(source: str) -> bool:
    """Whether a cell holds nothing but annotated assignments, as the parameters cell of a chapter does."""
    return _is_declaration(_assignments(source))


def declared_in(source: str) -> dict[str, Declared]:
    """Read what a parameters cell declares, by name, with the shared parameters that it names groups of.

    Raises:
        InputError: a type that is not allowed, a default that is no plain value, or an unknown group.
    """
    return _with_shared(_declared_by_cell(_assignments(source)))


def check_given(source: str, given: Mapping[str, Any]) -> Parameters:
    """Check what is passed to a chapter before anything of it runs, and before a notebook of it exists.

    Args:
        source: the parameters cell of the chapter.
        given: names and values, over the cell's defaults.

    Raises:
        InputError: as of :func:`check_parameters`.

    >>> check_given("n_seeds: int = 3", {"n_seeds": 5}).changed
    {'n_seeds': 5}
    """
    declared = declared_in(source)
    defaults = {name: parameter.default for name, parameter in declared.items()}
    return _checked(declared, {**defaults, **given}, list(given))


def _checked(declared: Mapping[str, Declared], namespace: Mapping[str, Any], passed: Sequence[str]) -> Parameters:
    problems = [_unknown(name, list(declared)) for name in passed if name not in declared]
    values, changed = {}, {}
    for name, parameter in declared.items():
        if name not in namespace and parameter.in_cell:
            problems.append(f"{name} has no value: run the parameters cell again.")
            continue
        # Of shared parameters only what was passed counts: an earlier cell can have left a name like it.
        is_given = parameter.in_cell or name in passed
        value = namespace.get(name, parameter.default) if is_given else parameter.default
        problem = type_problem(name, value, parameter.annotation)
        if problem:
            problems.append(problem)
            continue
        values[name] = converted(value, parameter.annotation)
        if values[name] != converted(parameter.default, parameter.annotation):
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


def _declared(cells: Sequence[Sequence[ast.stmt]], namespace: Mapping[str, Any]) -> tuple[dict[str, Declared], list[str]]:
    """Find what the parameters cell declares and the names that papermill injected after it."""
    # Cells are run again, in any order, in JupyterLab: the latest parameters cell counts, and injected values count
    # only if they ran after it, as otherwise the parameters cell has overwritten them.
    start = max((i for i, cell in enumerate(cells) if _is_declaration(cell)), default=None)
    if start is None:
        declared = _with_shared(_declared_by_annotations(namespace))
        return declared, [name for name, each in declared.items() if not each.in_cell and name in namespace]
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
    return _with_shared(_declared_by_cell(cells[start])), passed


def _declared_by_cell(cell: Sequence[ast.stmt]) -> dict[str, Declared]:
    declared = {}
    for statement in cell:
        name = statement.target.id
        try:
            default = ast.literal_eval(statement.value)
        except ValueError:
            raise InputError(
                f"The default of {name} is {ast.unparse(statement.value)!r}; in the parameters cell only plain values "
                "(numbers, texts, lists) are allowed. Derive the rest in a later cell."
            ) from None
        declared[name] = Declared(allowed_annotation(name, ast.unparse(statement.annotation)), default)
    return declared


def _with_shared(declared: dict[str, Declared]) -> dict[str, Declared]:
    """Put the shared parameters behind those of the cell, which may set other defaults of them."""
    if SHARED not in declared:
        return declared
    own = {name: each for name, each in declared.items() if name != SHARED}
    shared = shared_of(declared[SHARED].default)
    for name in own.keys() & shared.keys():
        if own[name].annotation != shared[name].annotation:
            raise InputError(
                f"Parameter {name} is declared as {own[name].annotation}; everywhere it is {shared[name].annotation}."
            )
    others = {name: each for name, each in shared.items() if name not in own}
    return own | {name: Declared(each.annotation, each.default, in_cell=False) for name, each in others.items()}


def _is_declaration(cell: Sequence[ast.stmt]) -> bool:
    return bool(cell) and all(
        isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value is not None
        for statement in cell
    )


def _declared_by_annotations(namespace: Mapping[str, Any]) -> dict[str, Declared]:
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
        name: Declared(allowed_annotation(name, _written(annotation)), namespace.get(name))
        for name, annotation in annotations.items()
    }


def _written(annotation: Any) -> str:
    if isinstance(annotation, type) and not hasattr(annotation, "__args__"):
        return annotation.__name__
    return str(annotation)


def _unknown(name: object, known: list[str]) -> str:
    close = difflib.get_close_matches(str(name)[:100], known, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else "."
    return f"Unknown parameter {shown(name)}{hint} This chapter has: {', '.join(known)}."

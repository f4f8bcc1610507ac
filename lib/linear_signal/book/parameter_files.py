"""Parameter files: read as data and nothing else, and checked against the parameters cell of a chapter that is not run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from papermill.iorw import NoDatesSafeLoader

from linear_signal.book.papermill_io import PARAMETERS_TAG, read_chapter
from linear_signal.book.parameters import Parameters, check_given, declared_in
from linear_signal.errors import InputError

_WANTED = "A parameter file holds one 'name: value' per line; params/README.md lists the names."
_BYTES = 200_000
# A mapping of names to lists of values is two deep.
_DEPTH = 3


def read_parameters(path: Path) -> dict[str, Any]:
    """Read a parameter file; as papermill does, dates stay text.

    Raises:
        InputError: it is missing, too large, isn't YAML or isn't a mapping of names to values; or it names one twice, nests
            deeply, or refers to another part of itself, which a few bytes can blow up without end.
    """
    try:
        content = path.read_bytes() if path.stat().st_size <= _BYTES else None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"Cannot read the parameter file {path}: {reason}. {_WANTED}") from None
    if content is None:
        raise InputError(f"The parameter file {path} is larger than {_BYTES:,} bytes. {_WANTED}")
    try:
        text = content.decode("utf-8-sig")
        _check_events(text)
        parameters = yaml.load(text, Loader=NoDatesSafeLoader)
    except UnicodeDecodeError:
        raise InputError(f"Cannot read the parameter file {path}: not a text file in UTF-8. {_WANTED}") from None
    # ValueError: a date that does not exist, a number of thousands of digits.
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:300]
        raise InputError(f"The parameter file {path} is not valid YAML: {reason}. {_WANTED}") from None
    if not isinstance(parameters, dict) or not all(isinstance(key, str) for key in parameters):
        seen = "nothing" if parameters is None else f"a {type(parameters).__name__}: {str(parameters)[:60]}"
        raise InputError(f"The parameter file {path} holds {seen}. {_WANTED}")
    return parameters


def declared_parameters(chapter: Path) -> dict[str, tuple[str, Any]]:
    """Read (annotation, default) by name from the parameters cell of a chapter.

    Raises:
        InputError: there is no such chapter, or it has no parameters cell.
    """
    return {name: (each.annotation, each.default) for name, each in declared_in(parameters_cell(chapter)).items()}


def parameters_of_file(chapter: Path, file: Path) -> Parameters:
    """Put a parameter file over the defaults of a chapter and check it as the chapter would.

    Raises:
        InputError: the file cannot be read, names a parameter the chapter lacks, or has a value of a wrong type.
    """
    given = read_parameters(file)
    try:
        return check_given(parameters_cell(chapter), given)
    except InputError as error:
        raise InputError(f"{file}, for the chapter {chapter.stem}:\n{error}") from None


def parameters_cell(chapter: Path) -> str:
    """Read the source of the parameters cell of a chapter.

    Raises:
        InputError: there is no such chapter, or it has no parameters cell.
    """
    cells = read_chapter(chapter).cells
    return next(cell.source for cell in cells if PARAMETERS_TAG in cell.metadata.get("tags", []))


def _check_events(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=NoDatesSafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise yaml.YAMLError(f"*{event.anchor} refers to another part of the file; write the value out")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEPTH:
            raise yaml.YAMLError("lists are nested too deeply; a value is a number, a text or a list of these")

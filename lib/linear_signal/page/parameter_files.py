"""The parameters of a chapter without running it: what its parameters cell declares, and what a file makes of it."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

from linear_signal.errors import InputError, unknown
from linear_signal.page.book import read_parameters
from linear_signal.page.papermill_io import PARAMETERS_TAG, read_chapter
from linear_signal.page.parameters import Parameters, check_parameters


def declared_parameters(chapter: Path) -> dict[str, tuple[str, Any]]:
    """Read (annotation, default) by name from the parameters cell of a chapter.

    Raises:
        InputError: there is no such chapter, or it has no parameters cell.
    """
    cells = [cell for cell in read_chapter(chapter).cells if PARAMETERS_TAG in cell.metadata.get("tags", [])]
    return {
        statement.target.id: (ast.unparse(statement.annotation), ast.literal_eval(statement.value))
        for statement in ast.parse(cells[0].source).body
    }


def parameters_of_file(chapter: Path, file: Path) -> Parameters:
    """Put a parameter file over the defaults of a chapter and check it as the chapter would.

    Raises:
        InputError: the file cannot be read, names a parameter the chapter lacks, or has a value of a wrong type.
    """
    declared, given = declared_parameters(chapter), read_parameters(file)
    for name in given:
        if name not in declared:
            raise InputError(f"{file}: {unknown(f'parameter of {chapter.stem}', name, declared)}")
    defaults = {name: default for name, (_, default) in declared.items()}
    annotations = {name: annotation for name, (annotation, _) in declared.items()}
    return check_parameters({**defaults, **given, "__annotations__": annotations})

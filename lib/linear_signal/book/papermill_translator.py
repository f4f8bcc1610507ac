"""What papermill writes parameters with: it refuses, before a notebook exists, whatever is no parameter of the chapter.

papermill writes ``name = value`` into a cell, the name as it is. A name that is no name would be a program.
"""

from __future__ import annotations

import keyword
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from nbformat import NotebookNode
from papermill.models import Parameter
from papermill.translators import PythonTranslator, papermill_translators

from linear_signal.book.papermill_io import ChapterError
from linear_signal.book.parameter_types import shown
from linear_signal.book.parameters import check_given, declared_in, is_parameters_cell
from linear_signal.book.shared_groups import SHARED, groups
from linear_signal.errors import InputError

# papermill looks into the parameters cell of a notebook, and then writes the values for that notebook.
_cell: ContextVar[str] = ContextVar("the parameters cell that papermill looked into last", default="")


def _shown_as(name: str) -> Parameter:
    each = next(group[name] for group in groups().values() if name in group)
    return Parameter(name, each.annotation, repr(each.default), each.comment)


class ParametersTranslator(PythonTranslator):
    """Writes parameters as papermill's own does; of any notebook it refuses names that are none in Python."""

    @classmethod
    def inspect(cls, parameters_cell: NotebookNode) -> list[Any]:
        """Tell papermill what the parameters cell declares."""
        _cell.set(parameters_cell["source"])
        found = super().inspect(parameters_cell)
        if not any(each.name == SHARED for each in found) or not is_parameters_cell(parameters_cell["source"]):
            return found
        try:
            declared = declared_in(parameters_cell["source"])
        except InputError as error:
            raise ChapterError(str(error)) from None
        others = [name for name, each in declared.items() if not each.in_cell]
        return [each for each in found if each.name != SHARED] + [_shown_as(name) for name in others]

    @classmethod
    def codify(cls, parameters: Mapping[str, Any], comment: str = "Parameters") -> str:
        """Write the cell that sets the parameters.

        Raises:
            ChapterError: a name is no name, or the chapter has no such parameter, or a value is of a wrong type.
        """
        cell = _cell.get()
        _cell.set("")
        if is_parameters_cell(cell):
            try:
                check_given(cell, parameters)
            except InputError as error:
                raise ChapterError(str(error)) from None
        for name in parameters:
            if not (isinstance(name, str) and name.isidentifier() and name.isascii()) or keyword.iskeyword(name):
                raise ChapterError(f"{shown(name)} cannot be the name of a parameter: letters, digits and _ make one.")
        return super().codify(parameters, comment)


papermill_translators.register("python", ParametersTranslator)

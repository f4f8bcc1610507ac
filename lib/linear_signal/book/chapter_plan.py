"""The plans of a chapter, as its own cells make them, without anything being computed."""

from __future__ import annotations

from pathlib import Path

from linear_signal.book.chapter import PlansAreKnown, planning
from linear_signal.book.papermill_io import PARAMETERS_TAG, read_chapter
from linear_signal.book.parameters import Parameters
from linear_signal.errors import InputError
from linear_signal.experiment.plan import Plan


def plans_of(chapter: Path, parameters: Parameters) -> list[Plan]:
    """Execute the cells of a chapter up to its first run, and return the plans that they made.

    Data that the parameters ask to be downloaded are not: their sizes stand in for them. All other data are read.

    Args:
        chapter: the py:percent source.
        parameters: checked, in place of the defaults of its parameters cell.

    Raises:
        InputError: as the chapter itself would.
    """
    cells = [cell for cell in read_chapter(chapter).cells if cell.cell_type == "code"]
    if not any("Chapter(" in cell.source for cell in cells):
        return []  # a page about other chapters
    namespace = {"__name__": "__main__"}
    with planning() as plans:
        for cell in cells:
            try:
                exec(compile(cell.source, str(chapter), "exec", dont_inherit=True), namespace)
            except PlansAreKnown:
                break
            except SyntaxError as error:
                raise InputError(
                    f"{chapter} cannot be planned: a cell before its first run is no plain Python ({error.msg}). "
                    "Commands of IPython can stand behind it."
                ) from None
            if PARAMETERS_TAG in cell.metadata.get("tags", []):
                namespace |= parameters.as_dict()
    return plans

"""Read signal at one-kb loci of the ENCODE pilot regions: five histone marks in five cell types of Roadmap."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from linear_signal.errors import InputError

_ARRAYS = ("signal", "celltypes", "marks")


class PilotSignal(NamedTuple):
    """Signal at loci, in the order of the genome.

    Attributes:
        values: float32 [loci, cell types, marks].
        cell_types, marks: names.
    """

    values: np.ndarray
    cell_types: tuple[str, ...]
    marks: tuple[str, ...]


def read_pilot(path: Path) -> PilotSignal:
    """Read an ``.npz`` with ``signal`` [loci, cell types, marks], ``celltypes`` and ``marks``.

    Raises:
        InputError: the file is missing, damaged, or holds something else.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path} does not exist. Name the .npz file with the signal of the pilot loci.")
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            missing = [name for name in _ARRAYS if name not in file]
            found = {} if missing else {name: file[name] for name in _ARRAYS}
    except (OSError, ValueError, EOFError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise InputError(f"{path} cannot be read as an .npz file ({error}). Get it again; it may be truncated.") from None
    if missing:
        raise InputError(f"{path} lacks the arrays {', '.join(missing)}; it needs {', '.join(_ARRAYS)}.")
    values = found["signal"]
    cell_types, marks = (tuple(map(str, found[name].ravel())) for name in _ARRAYS[1:])
    if values.ndim != 3 or values.shape[1:] != (len(cell_types), len(marks)) or not np.issubdtype(values.dtype, np.floating):
        raise InputError(
            f"{path}: signal is {values.dtype} of shape {values.shape}; it must be numbers, loci x {len(cell_types)} cell "
            f"types x {len(marks)} marks."
        )
    return PilotSignal(values.astype(np.float32), cell_types, marks)

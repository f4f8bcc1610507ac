"""Where the loci of a chapter come from: simulated, or one of the two genuine tables; and who is judged on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from linear_signal.data.source import Source
from linear_signal.errors import InputError, unknown
from linear_signal.studies.schreiber2020.loci import LociTable
from linear_signal.studies.schreiber2020.roadmap import open_expression, pilot_table
from linear_signal.studies.schreiber2020.schemes import SCHEMES, Scheme, make_scheme
from linear_signal.studies.schreiber2020.simulator import simulate_loci

SOURCES = ("simulation", "roadmap", "pilot")
# The paper's: H1, an embryonic stem cell line, is judged; these four say when training stops (Methods).
TARGET, VALIDATION = "E003", ("E113", "E004", "E037", "E106")
# Of the five cell types of the pilot, aorta says when training stops.
_PILOT_VALIDATION = ("E065",)
_SIMULATED_VALIDATION = 3


def open_loci(
    source: str,
    *,
    folder: Path | str,
    n_seeds: int,
    simulation: Mapping[str, object],
    rpkm_file: str = "",
    genes_file: str = "",
    pilot_file: str = "",
    sizes_only: bool = False,
) -> list[LociTable]:
    """Get the tables of loci from one of the sources: a simulated one for every run, or a genuine one for all of them.

    Args:
        source: "simulation"; "roadmap", expression in 56 cell types, from the public address or two files; "pilot", loci of
            one kb with five marks in five cell types, from a file.
        folder: where a download is kept.
        n_seeds: runs.
        simulation: fields of :class:`~linear_signal.studies.schreiber2020.simulator.Simulation`, for source "simulation".
        rpkm_file, genes_file: for source "roadmap"; both empty: fetched.
        pilot_file: for source "pilot".
        sizes_only: fetch nothing: in the place of a table that would be, a simulated one of its size.

    Raises:
        InputError: an unknown source, a file that belongs to another source or is missing, or what the readers refuse.
    """
    if source not in SOURCES:
        raise unknown("source", source, SOURCES)
    named = {"rpkm_file": rpkm_file, "genes_file": genes_file, "pilot_file": pilot_file}
    taken = {"simulation": (), "roadmap": ("rpkm_file", "genes_file"), "pilot": ("pilot_file",)}[source]
    for name, file in named.items():
        if file and name not in taken:
            raise InputError(f"{name} is {file!r}, but source is {source!r}. Set source to the one that the file is for.")
    if source == "simulation":
        return [simulate_loci(seed=seed, **simulation) for seed in range(n_seeds)]
    if source == "pilot":
        if not pilot_file:
            raise InputError("Source 'pilot' needs pilot_file, an npz of loci x cell types x marks.")
        return [pilot_table(pilot_file)]
    files = {"rpkm_file": rpkm_file, "genes_file": genes_file}
    return [open_expression(folder=folder, **files, sizes_only=sizes_only)]


def schemes_of(
    table: LociTable,
    target: str = "",
    validation_cell_types: Sequence[str] = (),
    training_cell_types: Sequence[str] = (),
    *,
    names: Sequence[str] = SCHEMES,
) -> list[Scheme]:
    """Make the schemes over a table, with the cell types that were named, or the usual ones.

    Args:
        table: simulated or genuine.
        target: cell type that is judged; empty: the paper's, or the first.
        validation_cell_types: empty: the paper's, or the next three; in a table of five cell types the last two.
        training_cell_types: empty: all that are left.
        names: of the schemes.

    Raises:
        InputError: as of :func:`~linear_signal.studies.schreiber2020.schemes.make_scheme`.
    """
    known = table.cell_types
    target = target or (TARGET if TARGET in known else known[0])
    usual = next((some for some in (VALIDATION, _PILOT_VALIDATION) if set(some) <= set(known)), None)
    others = [name for name in known if name != target and name not in training_cell_types]
    validation = list(validation_cell_types) or list(usual or others[:_SIMULATED_VALIDATION])
    if not validation_cell_types:
        validation = [name for name in validation if name != target and name not in training_cell_types]
    kinds = {"target": target, "validation_cell_types": validation, "training_cell_types": training_cell_types}
    return [make_scheme(name, table, **kinds) for name in names]


def described(tables: Sequence[LociTable]) -> list[Source]:
    """Describe tables for a page; of several of one name, the first stands for all, with their number."""
    first = {table.name: table.as_source() for table in reversed(tables)}
    counts = {name: sum(table.name == name for table in tables) for name in first}
    return [
        replace(one, source=f"{one.source.partition(', with seed')[0]}, {counts[name]} tables, one for every run")
        if counts[name] > 1
        else one
        for name, one in reversed(first.items())
    ]

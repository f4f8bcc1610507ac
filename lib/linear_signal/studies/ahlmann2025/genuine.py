"""Genuine data as a chapter's parameters ask for them: cells or means, dealt out, with predictions of others beside ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from linear_signal.errors import InputError, listed, unknown
from linear_signal.studies.ahlmann2025.cells import CellMeans, control_covariance, open_cells, pseudobulk_of_cells
from linear_signal.studies.ahlmann2025.conditions import CONTROL, targets_of
from linear_signal.studies.ahlmann2025.prediction_files import read_predictions
from linear_signal.studies.ahlmann2025.predictors import DOUBLES, PREDICTORS
from linear_signal.studies.ahlmann2025.problem import Problem, fingerprint, with_given
from linear_signal.studies.ahlmann2025.pseudobulk import Pseudobulk, read_pseudobulk
from linear_signal.studies.ahlmann2025.sources import SOURCES, fetch_cells
from linear_signal.studies.ahlmann2025.splits import PerturbationSplit, read_split, split_doubles, split_singles

_HALVES = "judged on one half of the cells of each condition; the other half is the experiment done twice"
_OTHER_LINES = {"replogle_k562": "replogle_rpe1", "replogle_rpe1": "replogle_k562"}


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the parameters of a chapter ask for, by their names.

    Attributes:
        source: "simulation", a name of ``SOURCES``, which is downloaded, or "file".
        folder: where a download is kept.
        n_seeds: runs: simulated data of their own, or splits of genuine ones.
        methods: that will be run; what only some of them need is only then computed.
        cells_file: for source "file": an h5ad of cells or a parquet of pseudobulk.
        other_file: the same of another cell line.
        condition_column, control, layer, gene_column, counts, number_repeats: how the cells of an h5ad are read, as of
            :func:`~linear_signal.studies.ahlmann2025.cells.pseudobulk_of_cells`; empty: the usual.
        split_files: JSON with train, test, val, one a run; none: splits as the paper makes them.
        predictions: ``name=path`` of tables of predicted means.
        shared_only: judge everybody on the conditions and genes that all predictions have.
        sizes_only: fetch nothing; simulated data stand in.
    """

    source: str
    folder: Path | str
    n_seeds: int
    methods: Sequence[str] = ()
    cells_file: str = ""
    other_file: str = ""
    condition_column: str = "condition"
    control: str = CONTROL
    layer: str = ""
    gene_column: str = ""
    counts: bool = False
    number_repeats: bool = False
    split_files: Sequence[str] = ()
    predictions: Sequence[str] = ()
    shared_only: bool = False
    sizes_only: bool = False

    def check(self, sources: Sequence[str]) -> None:
        """Refuse another source, and parameters that belong to another one.

        Raises:
            InputError: one of these.
        """
        if self.source not in sources:
            raise unknown("source", self.source, sources)
        if bool(self.cells_file) != (self.source == "file"):
            raise InputError(
                f"source is {self.source!r} and cells_file {self.cells_file!r}: source 'file' needs one, others take none."
            )
        if self.other_file and self.source != "file":
            raise InputError(
                f"other_file is {self.other_file!r}, but source is {self.source!r}. Set source to 'file' to use it."
            )
        if self.source == "simulation" and (self.split_files or self.predictions):
            raise InputError("split_files and predictions belong to genuine data; set source to what they were made on.")

    @cached_property
    def reading(self) -> dict[str, Any]:
        """How cells are read."""
        if self.source in SOURCES:
            return {"genes": "gene_name", "number_repeats": True}
        about = {"condition": self.condition_column, "control": self.control, "counts": self.counts}
        names = {"genes": self.gene_column or None, "number_repeats": self.number_repeats}
        return about | names | {"layer": self.layer or None}


def genuine_problems(kind: str, request: Request) -> list[Problem]:
    """Read the data and deal them out, one problem a run.

    Args:
        kind: "doubles" or "singles".
        request: with another source than the simulation.

    Raises:
        InputError: as of the readers, of the splits and of predictions that are given.
    """
    problem = _problem(kind, request)
    deal = split_doubles if kind == DOUBLES else split_singles
    splits: list[PerturbationSplit] = [read_split(Path(file), control=problem.data.control) for file in request.split_files]
    splits = splits or [deal(problem.data, seed=seed) for seed in range(1, request.n_seeds + 1)]
    given = {}
    for one in request.predictions:
        name, _, path = one.partition("=")
        if not name or not path:
            raise InputError(f"predictions names {one!r}; write name=path, such as gears=gears.parquet.")
        given[name] = read_predictions(Path(path), control=problem.data.control)
    runs = [_predictable(replace(problem, split=one, seed=run), request.methods) for run, one in enumerate(splits)]
    return [with_given(one, given, shared_only=request.shared_only) for one in runs] if given else runs


def _problem(kind: str, request: Request) -> Problem:
    """Read the data; the split is a stand-in until everything is dealt out anew."""
    found, path = _read(request, request.source, request.cells_file)
    repeat = spread = covariance = None
    notes: tuple[str, ...] = ()
    if isinstance(found, CellMeans):
        data, repeat = found.halves
        shared = [one for one in data.means.index if one in set(repeat.means.index)]
        data, repeat = (_only(half, shared) for half in (data, repeat))
        spread, notes = found.spread.mean(), (_HALVES, *found.notes)
        if any("covariance" in PREDICTORS[name].needs for name in request.methods if name in PREDICTORS):
            targets = sorted({gene for one in data.singles for gene in targets_of(one, control=data.control)})
            covariance = control_covariance(open_cells(path), targets, **request.reading)
    else:
        data = found
    if kind == DOUBLES:
        data, lacking = _with_singles(data)
        notes += (f"left out, for want of a single perturbation of either gene: {listed(lacking)}",) if lacking else ()
    other = request.other_file or _OTHER_LINES.get(request.source, "")
    line = _read(request, "file" if request.source == "file" else other, other)[0] if other else None
    deal = split_doubles if kind == DOUBLES else split_singles
    return Problem(
        kind=kind,
        dataset=request.source if request.source != "file" else Path(request.cells_file).stem,
        data=data,
        split=deal(data, seed=1),
        seed=0,
        identity={"fingerprint": fingerprint(data)},
        repeat=repeat,
        other=line.data if isinstance(line, CellMeans) else line,
        covariance=covariance,
        spread=spread,
        notes=notes,
    )


def _read(request: Request, source: str, file: str) -> tuple[CellMeans | Pseudobulk, Path]:
    if source == "file" and file.endswith(".parquet"):
        return read_pseudobulk(Path(file), drop_thin=True), Path(file)
    path = Path(file) if source == "file" else fetch_cells(source, Path(request.folder))
    about = SOURCES[source].about if source in SOURCES else f"Your file {path.name}"
    name = path.stem if source == "file" else source
    return pseudobulk_of_cells(open_cells(path), name=name, source=about, **request.reading), path


def _only(data: Pseudobulk, conditions: Sequence[str]) -> Pseudobulk:
    n_cells = None if data.n_cells is None else data.n_cells.loc[list(conditions)]
    return replace(data, means=data.means.loc[list(conditions)], n_cells=n_cells)


def _with_singles(data: Pseudobulk) -> tuple[Pseudobulk, list[str]]:
    """Leave doubles out of which a single is lacking, without which there is no sum to depart from."""
    known = {targets_of(one, control=data.control)[0] for one in data.singles}
    lacking = [one for one in data.doubles if not set(targets_of(one, control=data.control)) <= known]
    return _only(data, [one for one in data.means.index if one not in set(lacking)]) if lacking else data, lacking


def _predictable(problem: Problem, methods: Sequence[str]) -> Problem:
    """Judge what every model that will be run can predict, as the paper does; a note says what is left out.

    Raises:
        InputError: nothing is left.
    """
    control = problem.data.control
    there = {"genes": set(problem.data.genes)}
    if problem.other is not None:
        line = problem.other
        there["other"] = {gene for one in line.singles for gene in targets_of(one, control=line.control)}
    run = [PREDICTORS[name] for name in problem.methods(list(methods)) if name in PREDICTORS]
    asked = {place for one in run for place in one.known_in if place in there}
    kept = [one for one in problem.judged if all(set(targets_of(one, control=control)) <= there[place] for place in asked)]
    if len(kept) == len(problem.judged):
        return problem
    if not kept:
        raise InputError(
            f"None of the {len(problem.judged)} held-out perturbations of {problem.dataset!r} can be predicted: their "
            "genes must be read out, and perturbed in the other line where there is one. Are genes named alike everywhere?"
        )
    lacking = [one for one in problem.judged if one not in set(kept)]
    note = (
        f"{len(lacking)} of {len(problem.judged)} held-out perturbations are not judged, since not every model can predict "
        f"them (their gene is not read out, or not perturbed in the other line): {listed(lacking, most=3)}"
    )
    parts = {name: tuple(one for one in getattr(problem.split, name) if one in set(kept)) for name in ("test", "val")}
    return replace(problem, split=replace(problem.split, **parts), notes=(*problem.notes, note))

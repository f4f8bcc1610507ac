"""Where the problems of a chapter come from: simulated anew for every run, or of genuine cells, with one split a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from linear_signal.errors import InputError, unknown
from linear_signal.studies.ahlmann2025.cells import CellMeans, open_cells, pseudobulk_of_cells
from linear_signal.studies.ahlmann2025.conditions import CONTROL
from linear_signal.studies.ahlmann2025.prediction_files import read_predictions
from linear_signal.studies.ahlmann2025.predictors import DOUBLES, SINGLES
from linear_signal.studies.ahlmann2025.problem import Problem, fingerprint, with_given
from linear_signal.studies.ahlmann2025.pseudobulk import Pseudobulk, read_pseudobulk
from linear_signal.studies.ahlmann2025.simulated_doubles import DOUBLE_PRESETS, NOISE, simulate_doubles
from linear_signal.studies.ahlmann2025.simulated_singles import NOISE as NOISE_OF_SINGLES
from linear_signal.studies.ahlmann2025.simulated_singles import SINGLE_PRESETS, SinglesPreset, simulate_singles
from linear_signal.studies.ahlmann2025.sources import SOURCES, genuine_cell_means
from linear_signal.studies.ahlmann2025.splits import PerturbationSplit, read_split, split_doubles, split_singles

# Presets that take one thing away or add one: a single run says so.
CONTROLS = ("additive", "other line unrelated", "embedding uninformative", "embedding informative")
_TITLES = {"k562": "like K562", "rpe1": "like RPE1"}
_HALVES = "judged on one half of the cells of each condition; the other half is the experiment done twice"


def open_doubles(
    source: str,
    *,
    folder: Path | str,
    n_seeds: int,
    presets: Sequence[str] = tuple(DOUBLE_PRESETS),
    n_genes: int = 1000,
    n_singles: int = 100,
    n_doubles: int = 124,
    cells_file: str = "",
    condition_column: str = "condition",
    control: str = CONTROL,
    layer: str = "",
    gene_column: str = "",
    counts: bool = False,
    split_files: Sequence[str] = (),
    predictions: Sequence[str] = (),
    shared_only: bool = False,
    sizes_only: bool = False,
) -> list[Problem]:
    """Get problems of doubles.

    Args:
        source: "simulation"; "norman", downloaded; "file", an h5ad of cells or a parquet of pseudobulk.
        folder: where a download is kept.
        n_seeds: runs: simulated data of their own, or splits of genuine ones; controls have one.
        presets: simulations.
        n_genes, n_singles, n_doubles: sizes of the simulations.
        cells_file: for source "file".
        condition_column, control, layer, gene_column, counts: how its cells are read; empty: the usual.
        split_files: JSON with train, test, val, one a run; none: splits as the paper makes them.
        predictions: ``name=path`` of tables of predicted means, for genuine data.
        shared_only: judge everybody on the conditions and genes that all predictions have.
        sizes_only: fetch nothing; simulated data stand in.

    Raises:
        InputError: as of the readers, or parameters that belong to another source.
    """
    _check(source, ("simulation", "norman", "file"), cells_file, split_files, predictions)
    if source == "simulation" or (sizes_only and source == "norman"):
        return [
            _simulated_doubles(one, seed, n_genes, n_singles, n_doubles)
            for one in presets
            for seed in range(1 if one in CONTROLS else n_seeds)
        ]
    reading = {"condition": condition_column, "control": control, "layer": layer or None, "counts": counts}
    problem = _genuine(DOUBLES, source, Path(folder), cells_file, reading | {"genes": gene_column or None})
    return _runs(problem, n_seeds, split_files, predictions, shared_only)


def open_singles(
    source: str,
    *,
    folder: Path | str,
    n_seeds: int,
    presets: Sequence[str] = tuple(SINGLE_PRESETS),
    shifts: Sequence[float] = (),
    n_genes: int = 1500,
    n_targets: int = 400,
    cells_file: str = "",
    other_file: str = "",
    condition_column: str = "condition",
    control: str = CONTROL,
    layer: str = "",
    gene_column: str = "",
    counts: bool = False,
    split_files: Sequence[str] = (),
    predictions: Sequence[str] = (),
    shared_only: bool = False,
    sizes_only: bool = False,
) -> list[Problem]:
    """Get problems of unseen singles.

    Args:
        source: "simulation"; "adamson", "replogle_k562" or "replogle_rpe1", downloaded; "file".
        presets: simulations.
        shifts: sizes of the response that all perturbations share, each a further simulation.
        n_genes, n_targets: sizes of the simulations.
        other_file: another cell line, for source "file".
        folder, n_seeds, cells_file, condition_column, control, layer, gene_column, counts, split_files, predictions,
            shared_only, sizes_only: as of :func:`open_doubles`.

    Raises:
        InputError: as of :func:`open_doubles`.
    """
    downloads = tuple(name for name in SOURCES if name != "norman")
    _check(source, ("simulation", *downloads, "file"), cells_file, split_files, predictions)
    if other_file and source != "file":
        raise InputError(f"other_file is {other_file!r}, but source is {source!r}. Set source to 'file' to use it.")
    if source == "simulation" or (sizes_only and source != "file"):
        made = {f"{_TITLES.get(name, name)}, simulated": (name, _preset(name)) for name in presets}
        made |= {f"shift {shift:g}, simulated": ("shift", SinglesPreset(about="", shift=shift)) for shift in shifts}
        return [
            _simulated_singles(dataset, name, preset, seed, n_genes, n_targets)
            for dataset, (name, preset) in made.items()
            for seed in range(1 if name in CONTROLS else n_seeds)
        ]
    reading = {"condition": condition_column, "control": control, "layer": layer or None, "counts": counts}
    reading |= {"genes": gene_column or None}
    other = other_file or {"replogle_k562": "replogle_rpe1", "replogle_rpe1": "replogle_k562"}.get(source, "")
    problem = _genuine(SINGLES, source, Path(folder), cells_file, reading, other=other)
    return _runs(problem, n_seeds, split_files, predictions, shared_only)


def _preset(name: str) -> SinglesPreset:
    if name not in SINGLE_PRESETS:
        raise unknown("preset", name, SINGLE_PRESETS)
    return SINGLE_PRESETS[name]


def _simulated_doubles(preset: str, seed: int, n_genes: int, n_singles: int, n_doubles: int) -> Problem:
    sizes = {"n_genes": n_genes, "n_singles": n_singles, "n_doubles": n_doubles}
    made = simulate_doubles(preset, seed=seed, **sizes)
    about = {"norman": "like Norman's", "additive": "without interactions"}[preset]
    return Problem(
        kind=DOUBLES,
        dataset=f"doubles {about}, simulated",
        data=made.data,
        split=split_doubles(made.data, seed=seed),
        seed=seed,
        identity={"simulated": "doubles", "preset": preset, "seed": seed, **sizes},
        repeat=made.repeat,
        spread=NOISE,
        preset=preset,
    )


def _simulated_singles(dataset: str, name: str, preset: SinglesPreset, seed: int, n_genes: int, n_targets: int) -> Problem:
    sizes = {"n_genes": n_genes, "n_targets": n_targets}
    made = simulate_singles(preset, seed=seed, **sizes)
    decides = {key: value for key, value in asdict(preset).items() if key != "about"}
    return Problem(
        kind=SINGLES,
        dataset=dataset,
        data=made.data,
        split=split_singles(made.data, seed=seed, learnt=0.7, train=1.0),
        seed=seed,
        identity={"simulated": "singles", **decides, "seed": seed, **sizes},
        repeat=made.repeat,
        other=made.other,
        spread=NOISE_OF_SINGLES,
        preset=name,
        shift=preset.shift,
    )


def _genuine(
    kind: str, source: str, folder: Path, cells_file: str, reading: dict[str, object], *, other: str = ""
) -> Problem:
    """Read genuine data; the split is a stand-in until :func:`_runs` deals out anew."""
    found = _read(source, folder, cells_file, reading)
    repeat = spread = None
    notes: tuple[str, ...] = ()
    if isinstance(found, CellMeans):
        data, repeat = found.halves
        shared = [one for one in data.means.index if one in set(repeat.means.index)]
        data, repeat = (_only(half, shared) for half in (data, repeat))
        spread, notes = found.spread.mean(), (_HALVES,)
    else:
        data = found
    line = None
    if other:
        its = _read("file" if source == "file" else other, folder, other, reading)
        line = its.data if isinstance(its, CellMeans) else its
    deal = split_doubles if kind == DOUBLES else split_singles
    return Problem(
        kind=kind,
        dataset=source if source != "file" else Path(cells_file).stem,
        data=data,
        split=deal(data, seed=1),
        seed=0,
        identity={"fingerprint": fingerprint(data)},
        repeat=repeat,
        other=line,
        spread=spread,
        notes=notes,
    )


def _read(source: str, folder: Path, file: str, reading: dict[str, object]) -> CellMeans | Pseudobulk:
    if source != "file":
        return genuine_cell_means(source, folder)
    if file.endswith(".parquet"):
        return read_pseudobulk(Path(file), drop_thin=True)
    name = Path(file).stem
    return pseudobulk_of_cells(open_cells(Path(file)), name=name, source=f"Your file {Path(file).name}", **reading)


def _only(data: Pseudobulk, conditions: Sequence[str]) -> Pseudobulk:
    n_cells = None if data.n_cells is None else data.n_cells.loc[list(conditions)]
    return replace(data, means=data.means.loc[list(conditions)], n_cells=n_cells)


def _runs(
    problem: Problem, n_seeds: int, split_files: Sequence[str], predictions: Sequence[str], shared_only: bool
) -> list[Problem]:
    deal = split_doubles if problem.kind == DOUBLES else split_singles
    splits: list[PerturbationSplit] = [read_split(Path(file), control=problem.data.control) for file in split_files]
    splits = splits or [deal(problem.data, seed=seed) for seed in range(1, n_seeds + 1)]
    given = {}
    for one in predictions:
        name, _, path = one.partition("=")
        if not name or not path:
            raise InputError(f"predictions names {one!r}; write name=path, such as gears=gears.parquet.")
        given[name] = read_predictions(Path(path), control=problem.data.control)
    runs = [replace(problem, split=split, seed=run) for run, split in enumerate(splits)]
    return [with_given(one, given, shared_only=shared_only) for one in runs] if given else runs


def _check(
    source: str, allowed: Sequence[str], cells_file: str, split_files: Sequence[str], predictions: Sequence[str]
) -> None:
    if source not in allowed:
        raise unknown("source", source, allowed)
    if bool(cells_file) != (source == "file"):
        raise InputError(f"source is {source!r} and cells_file {cells_file!r}: source 'file' needs one, others take none.")
    if source == "simulation" and (split_files or predictions):
        raise InputError("split_files and predictions belong to genuine data; set source to what they were made on.")

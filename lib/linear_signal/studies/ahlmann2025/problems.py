"""Where the problems of a chapter come from: simulated anew for every run, or genuine data, with one split a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from linear_signal.errors import unknown
from linear_signal.studies.ahlmann2025.genuine import Request, genuine_problems
from linear_signal.studies.ahlmann2025.predictors import DOUBLES, SINGLES
from linear_signal.studies.ahlmann2025.problem import Problem
from linear_signal.studies.ahlmann2025.simulated_doubles import DOUBLE_PRESETS, NOISE, simulate_doubles
from linear_signal.studies.ahlmann2025.simulated_singles import NOISE as NOISE_OF_SINGLES
from linear_signal.studies.ahlmann2025.simulated_singles import SINGLE_PRESETS, SinglesPreset, simulate_singles
from linear_signal.studies.ahlmann2025.sources import SOURCES
from linear_signal.studies.ahlmann2025.splits import split_doubles, split_singles

# Presets that take one thing away or add one: a single run says so.
CONTROLS = ("additive", "other line unrelated", "embedding uninformative", "embedding informative")
_TITLES = {"k562": "like K562", "rpe1": "like RPE1"}


def open_doubles(
    request: Request,
    *,
    presets: Sequence[str] = tuple(DOUBLE_PRESETS),
    n_genes: int = 1000,
    n_singles: int = 100,
    n_doubles: int = 124,
) -> list[Problem]:
    """Get problems of doubles.

    Args:
        request: sources are "simulation"; "norman", downloaded; "file", an h5ad of cells or a parquet of pseudobulk.
        presets: simulations; controls have one run.
        n_genes, n_singles, n_doubles: sizes of the simulations.

    Raises:
        InputError: as of the readers, or parameters that belong to another source.
    """
    request.check(("simulation", "norman", "file"))
    if request.source == "simulation" or (request.sizes_only and request.source == "norman"):
        return [
            _simulated_doubles(one, seed, n_genes, n_singles, n_doubles)
            for one in presets
            for seed in range(1 if one in CONTROLS else request.n_seeds)
        ]
    return genuine_problems(DOUBLES, request)


def open_singles(
    request: Request,
    *,
    presets: Sequence[str] = tuple(SINGLE_PRESETS),
    shifts: Sequence[float] = (),
    n_genes: int = 1500,
    n_targets: int = 400,
) -> list[Problem]:
    """Get problems of unseen singles.

    Args:
        request: sources are "simulation"; "adamson", "replogle_k562" or "replogle_rpe1", downloaded; "file".
        presets: simulations; controls have one run.
        shifts: sizes of the response that all perturbations share, each a further simulation.
        n_genes, n_targets: sizes of the simulations.

    Raises:
        InputError: as of :func:`open_doubles`.
    """
    request.check(("simulation", *(name for name in SOURCES if name != "norman"), "file"))
    if request.source == "simulation" or (request.sizes_only and request.source != "file"):
        made = {f"{_TITLES.get(name, name)}, simulated": (name, _preset(name)) for name in presets}
        made |= {f"shift {shift:g}, simulated": ("shift", SinglesPreset(about="", shift=shift)) for shift in shifts}
        return [
            _simulated_singles(dataset, name, preset, seed, n_genes, n_targets)
            for dataset, (name, preset) in made.items()
            for seed in range(1 if name in CONTROLS else request.n_seeds)
        ]
    return genuine_problems(SINGLES, request)


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

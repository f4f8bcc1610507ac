"""What chapter 80 runs, from its flat parameters: simulated tables, the main plan, the second task and the controls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from linear_signal.studies.schreiber2020.architectures import INPUTS
from linear_signal.studies.schreiber2020.baselines import BASELINES
from linear_signal.studies.schreiber2020.controls import control_problems
from linear_signal.studies.schreiber2020.gaussian_unit import GaussianPlan, gaussian_plan
from linear_signal.studies.schreiber2020.loci import LociTable
from linear_signal.studies.schreiber2020.plan import SchemePlan, make_plan
from linear_signal.studies.schreiber2020.protocol import Protocol
from linear_signal.studies.schreiber2020.schemes import Scheme
from linear_signal.studies.schreiber2020.simulator import BOUNDARIES, Simulation, simulate_loci
from linear_signal.studies.schreiber2020.sources import schemes_of

# Two features take few steps to learn, at a rate at which a single hidden unit learns them, too.
ON_GAUSSIANS = Protocol(max_epochs=20, steps_per_epoch=100, validation_samples=800, learning_rate=1e-2)
# What a preset decides and the chapter's parameters do not: they are those of the first task.
_OF_PRESET = (
    "task",
    "n_loci",
    "n_cell_types",
    "mix",
    "deviation_sds",
    "mark_noise",
    "permute_baselines",
    "permute_sequences",
)


def simulation_of(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Pick the settings of the simulation from the chapter's parameters; lists become tuples."""
    names = {each.name for each in fields(Simulation)} & set(parameters)
    return {name: tuple(value) if isinstance(value := parameters[name], list) else value for name in sorted(names)}


def protocol_of(parameters: Mapping[str, Any]) -> Protocol:
    """Pick how networks are trained."""
    return Protocol(**{each.name: parameters[each.name] for each in fields(Protocol) if each.name in parameters})


def main_plan(parameters: Mapping[str, Any], tables: Sequence[LociTable]) -> SchemePlan:
    """Plan every network and baseline under every scheme.

    Args:
        parameters: of the chapter.
        tables: one for every run, or one for all of them.

    Raises:
        InputError: as of :func:`~linear_signal.studies.schreiber2020.plan.make_plan`, or no input that the data have.
    """
    roles = {name: parameters[name] for name in ("target", "validation_cell_types", "training_cell_types")}
    return _plan(parameters, [[(table, scheme) for scheme in schemes_of(table, **roles)] for table in tables])


def further_plans(parameters: Mapping[str, Any]) -> tuple[SchemePlan, GaussianPlan, SchemePlan]:
    """Plan what is simulated beside the main task, each once: domain boundaries, two normal distributions, the controls.

    Boundaries are in few cell types and rare. The controls are judged across cell types, by networks that see signal or
    sequence. Those that see both are half of the time of a short run: where few networks are taken, boundaries go without.
    """
    either = dict(parameters, inputs=[name for name in parameters["inputs"] if name in ("signal", "sequence")])
    of_task = parameters if parameters["n_models"] else either
    beside = _beside_preset(parameters)
    boundaries = simulate_loci(BOUNDARIES, seed=0, **beside)
    of_boundaries = schemes_of(boundaries, validation_cell_types=boundaries.cell_types[1:2])
    controls = control_problems(0, {"n_loci": parameters["n_loci"], **beside})
    return (
        _plan(of_task, [[(boundaries, one) for one in of_boundaries]]),
        gaussian_plan(seeds=range(parameters["n_seeds"]), protocol=ON_GAUSSIANS),
        _plan(either, [controls]),
    )


def _beside_preset(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in simulation_of(parameters).items() if name not in _OF_PRESET}


def _plan(parameters: Mapping[str, Any], of_runs: Sequence[list[tuple[LociTable, Scheme]]]) -> SchemePlan:
    """Plan runs: of one table all seeds, of several one seed each."""
    seeds = range(parameters["n_seeds"]) if len(of_runs) == 1 and not of_runs[0][0][0].synthetic else None
    units = []
    for run, problems in enumerate(of_runs):
        has_marks = problems[0][0].n_marks > 0
        inputs = [name for name in parameters["inputs"] if has_marks or name == "sequence" or name not in INPUTS]
        units += make_plan(
            problems,
            inputs=inputs,
            n_models=parameters["n_models"],
            widths=parameters["widths"],
            seeds=[run] if seeds is None else list(seeds),
            protocol=protocol_of(parameters),
            baselines=tuple(BASELINES),
        ).units
    return SchemePlan(tuple(units))

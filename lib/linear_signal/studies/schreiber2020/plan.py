"""The plan of the study: every architecture and baseline under every scheme, known and checked before anything runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from linear_signal.errors import InputError, listed, unknown
from linear_signal.names import counted
from linear_signal.studies.schreiber2020.architectures import INPUTS, Architecture, sample, selection
from linear_signal.studies.schreiber2020.baselines import BASELINES
from linear_signal.studies.schreiber2020.loci import LociTable
from linear_signal.studies.schreiber2020.protocol import Protocol
from linear_signal.studies.schreiber2020.schemes import Scheme
from linear_signal.studies.schreiber2020.unit import Baseline, Fit, SchemeUnit
from linear_signal.studies.schreiber2020.work import TrainingPlan

if TYPE_CHECKING:
    import pandas as pd

WIDTHS = (1, 16, 256)  # of the few architectures that a quick run takes


@dataclass(frozen=True, eq=False)
class SchemePlan(TrainingPlan):
    """Networks and baselines under schemes."""

    units: tuple[SchemeUnit, ...]

    def summary(self) -> str:
        """One sentence on the size of the plan."""
        n_problems = len({(id(unit.table), unit.scheme.digest) for unit in self.units})
        n_baselines = len(self.units) - self.n_fits
        what = f"{counted(self.n_fits, 'network')} and {counted(n_baselines, 'baseline')}"
        return f"{what} under {counted(n_problems, 'scheme')}."

    def listed(self, table: pd.DataFrame) -> pd.DataFrame:
        """Lay out the units with their average precision, one row a unit."""
        names = [*self.units[0].names, "average_precision", "prevalence", "key"]
        return table[names].rename(columns=lambda name: str(name).replace("_", " ").capitalize())


def make_plan(
    problems: Sequence[tuple[LociTable, Scheme]],
    *,
    inputs: Sequence[str] = INPUTS,
    n_models: int = 0,
    widths: Sequence[int] = WIDTHS,
    seeds: Sequence[int] = (0, 1, 2),
    protocol: Protocol | None = None,
    baselines: Sequence[str] = tuple(BASELINES),
) -> SchemePlan:
    """List the units of the study; whatever cannot run is found here, before any compute.

    Args:
        problems: tables, each with a scheme over it.
        inputs: of ``INPUTS``; what networks see.
        n_models: architectures of each input, drawn from the paper's grids, the same ones for every scheme and seed (of the
            grid over marks at most all 65); 0: few, of these ``widths``.
        widths: of hidden layers, where none are drawn.
        seeds: every architecture is trained with each.
        protocol: of every training; the paper's where None.
        baselines: of ``baselines.BASELINES``; left out where a table or scheme lacks what one needs.

    Raises:
        InputError: nothing to do, an unknown or repeated name or seed, a negative ``n_models``, or an input that a table
            lacks.
    """
    if n_models < 0:
        raise InputError(f"n_models is {n_models}; it must be 0 (few, by width) or more.")
    for kind, values, allowed in (("input", inputs, INPUTS), ("baseline", baselines, BASELINES), ("seed", seeds, None)):
        twice = [value for value, count in Counter(values).items() if count > 1]
        if twice:
            raise InputError(f"The plan names a {kind} twice: {listed(twice)}.")
        for value in values if allowed else ():
            if value not in allowed:
                raise unknown(kind, value, allowed)
    protocol, units = protocol or Protocol(), []
    for table, scheme in problems:
        at_hand = [name for name in baselines if not BASELINES[name].needs(table, scheme)]
        units += [Baseline(table=table, scheme=scheme, baseline=name) for name in at_hand]
        units += [
            Fit(table=table, scheme=scheme, architecture=architecture, seed=seed, protocol=protocol)
            for which in inputs
            for architecture in architectures(which, table, n_models=n_models, widths=widths)
            for seed in seeds
        ]
    if not units:
        raise InputError("The plan is empty. Name a table with a scheme, and inputs with seeds or baselines.")
    return SchemePlan(tuple(units))


def architectures(which: str, table: LociTable, *, n_models: int, widths: Sequence[int]) -> list[Architecture]:
    """Choose the architectures of one input on a table; arguments and errors are those of :func:`make_plan`."""
    n_positions = table.constant.shape[1]
    if n_models:
        return sample(which, n_models, n_positions=n_positions, names=("schreiber2020",))
    # A code has no neighbouring positions that a convolution could look at together.
    return selection(which, widths, n_positions=n_positions if table.is_sequence else 0)

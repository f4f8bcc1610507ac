"""The unit of the learning curve: all models at one number of training doubles, on module epistasis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from linear_signal.data.source import Source
from linear_signal.errors import InputError
from linear_signal.experiment.plan import Plan
from linear_signal.experiment.unit import Unit
from linear_signal.names import counted
from linear_signal.software import NUMERICS_VERSION
from linear_signal.studies.ahlmann2025.power import MODULES, RANDOM, SETTINGS, power_curve
from linear_signal.studies.ahlmann2025.simulated_modules import simulate_modules

if TYPE_CHECKING:
    import torch

DATASET = "module epistasis, simulated"
N_JUDGED = 500


@dataclass(frozen=True, eq=False, kw_only=True)
class PowerUnit(Unit):
    """All models, learnt from so many doubles. Its table ``fits`` has a row a model: method, l2, pearson_delta.

    Attributes:
        train_doubles: how many.
        held_out: "random doubles" or "whole module pairs".
        seed: of data, split and network.
        n_doubles: that are simulated.
        n_judged: that are judged, at most.
    """

    TABLES: ClassVar[tuple[str, ...]] = ("fits",)

    train_doubles: int
    held_out: str
    seed: int
    n_doubles: int
    n_judged: int = N_JUDGED

    @property
    def datasets(self) -> tuple[Source, ...]:
        """The simulation, described."""
        source = "Simulated: what a pair of perturbations does follows from the modules of its genes"
        size = f"100 singles and {self.n_doubles:,} doubles, 100 genes, six modules"
        return (Source(name=DATASET, source=source, synthetic=True, summary=size),)

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Everything that decides the numbers of this unit, as plain values."""
        sizes = {"train_doubles": self.train_doubles, "n_doubles": self.n_doubles, "n_judged": self.n_judged}
        of_network = {name: list(one) if isinstance(one, tuple) else one for name, one in asdict(SETTINGS).items()}
        of_run = {"held_out": self.held_out, "seed": self.seed, "network": of_network}
        return {"unit": "ahlmann2025 power", "numerics_version": NUMERICS_VERSION, **sizes, **of_run}

    @property
    def names(self) -> dict[str, str | int | float]:
        """The columns that name the unit, in front of every row of its table."""
        about = {"kind": "power", "dataset": DATASET, "held_out": self.held_out}
        return {**about, "train_doubles": self.train_doubles, "seed": self.seed}

    @property
    def kind(self) -> tuple:
        """What decides how long it takes."""
        return DATASET, self.train_doubles

    def compute(self, device: torch.device) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
        """Simulate, fit all models, and judge them."""
        made = simulate_modules(n_doubles=self.n_doubles, seed=self.seed)
        options = {"sizes": [self.train_doubles], "held_out": self.held_out, "seed": self.seed}
        curve = power_curve(made, n_judged=self.n_judged, **options)
        # The fits of a run share its data; others have their own.
        table = curve.drop(columns=["train_doubles", "held_out"]).rename(columns={"model": "method"})
        return {"fits": table.assign(data=f"{DATASET}, run {self.seed}")}, {}


@dataclass(frozen=True, eq=False)
class PowerPlan(Plan):
    """Numbers of training doubles, ways to hold out and runs."""

    units: tuple[PowerUnit, ...]

    def summary(self) -> str:
        """One sentence on the size of the plan."""
        sizes = {unit.train_doubles for unit in self.units}
        return f"{counted(len(self.units), 'network')} with six linear models each, at {counted(len(sizes), 'size')}."


def power_plan(sizes: Sequence[int], *, n_seeds: int, n_judged: int = N_JUDGED) -> PowerPlan:
    """Plan learning curves over random doubles; of whole module pairs the largest number alone, in the first run.

    Raises:
        InputError: no sizes, one twice or below 1, or more than there are pairs of perturbations.
    """
    if not sizes or len(set(sizes)) < len(sizes) or min(sizes) < 1:
        raise InputError(f"power_sizes are {list(sizes)}; different numbers of training doubles from 1 on are needed.")
    # Held-out pairs of modules take up to half of all doubles, wherever they end.
    n_doubles = min(100 * 99 // 2, max(sizes) + max(n_judged, max(sizes) // 2 + n_judged))
    if max(sizes) + n_judged > n_doubles:
        raise InputError(f"power_sizes go up to {max(sizes):,}; with {n_judged} judged there are {n_doubles:,} doubles.")
    wanted = [(size, RANDOM) for size in sorted(sizes)] + [(max(sizes), MODULES)] * (max(sizes) + 1000 <= n_doubles)
    return PowerPlan(
        tuple(
            PowerUnit(train_doubles=size, held_out=held_out, seed=seed, n_doubles=n_doubles, n_judged=n_judged)
            for seed in range(n_seeds)
            for size, held_out in wanted
            if held_out == RANDOM or seed == 0
        )
    )

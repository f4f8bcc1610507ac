"""The unit of Fig. S2: a network on two overlapping normal distributions, where none can be better than a line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from linear_signal.analysis.average_precision import average_precision
from linear_signal.data.source import Source
from linear_signal.errors import InputError
from linear_signal.experiment.unit import Unit
from linear_signal.numbers import TIMES
from linear_signal.software import NUMERICS_VERSION
from linear_signal.studies.schreiber2020.architectures import Branch, n_dense
from linear_signal.studies.schreiber2020.gaussians import best_average_precision, two_gaussians
from linear_signal.studies.schreiber2020.protocol import Protocol
from linear_signal.studies.schreiber2020.work import TrainingPlan, Work

if TYPE_CHECKING:
    import torch

DATASET = "two normal distributions"
NETWORKS = tuple(Branch(depth=depth, width=width) for depth, width in ((1, 1), (1, 16), (2, 64), (3, 128)))


@dataclass(frozen=True, eq=False, kw_only=True)
class GaussianFit(Unit):
    """One network, trained once on samples of two normal distributions in the plane.

    Its table ``fits`` has one row: average_precision and prevalence of samples it has not seen, best_possible (the average
    precision that no score exceeds), n_parameters, epochs, best_epoch.

    Attributes:
        network: its dense layers.
        distance: between the means, in standard deviations.
        seed: of the samples and of the training.
        n_train, n_judge: samples, even numbers; for stopping there are as many as the protocol's validation batch has.
        protocol: how it is trained.

    Source: Schreiber et al. 2020, Fig. S2, which says neither distance nor numbers of samples.
    """

    TABLES: ClassVar[tuple[str, ...]] = ("fits",)

    network: Branch
    distance: float
    seed: int
    n_train: int = 4000
    n_judge: int = 20_000
    protocol: Protocol = field(default_factory=Protocol)

    @property
    def datasets(self) -> tuple[Source, ...]:
        """The samples, described."""
        size = f"{self.n_train:,} samples to learn from, {self.n_judge:,} to judge, two features"
        source = "Drawn from two normal distributions in the plane"
        return (Source(name=DATASET, source=source, synthetic=True, summary=size),)

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Everything that decides the numbers of this unit, as plain values."""
        of_network = {"depth": self.network.depth, "width": self.network.width, "protocol": self.protocol.as_dict()}
        of_data = {"distance": self.distance, "seed": self.seed, "n_train": self.n_train, "n_judge": self.n_judge}
        return {"unit": "schreiber2020 gaussians", "numerics_version": NUMERICS_VERSION, **of_data, **of_network}

    @property
    def names(self) -> dict[str, str | int | float]:
        """The columns that name the unit, in front of every row of its tables."""
        return {"dataset": DATASET, "distance": self.distance, "model": self.network.name, "seed": self.seed}

    @property
    def kind(self) -> tuple:
        """What decides how long it takes."""
        return (self.network.name,)

    @property
    def work(self) -> Work:
        """What its training costs."""
        n = n_dense((*self.network.widths(2, 1), 1))
        return Work(is_dense=True, n_parameters=n, n_multiplications=n, protocol=self.protocol)

    def compute(self, device: torch.device) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
        """Draw the samples, train on some, and judge on others."""
        from linear_signal.studies.schreiber2020.fitting import fit_dense
        from linear_signal.training.member import Member

        sizes = {"train": self.n_train, "tune": self.protocol.validation_samples, "judge": self.n_judge}
        parts = [two_gaussians(size, distance=self.distance, part=part, seed=self.seed) for part, size in sizes.items()]
        features, labels = (np.concatenate(some) for some in zip(*parts, strict=True))
        cuts = np.cumsum(list(sizes.values()))[:-1]
        fit_rows, tune_rows, judge_rows = np.split(np.arange(len(labels)), cuts)
        member = Member(
            names=("schreiber2020", DATASET, str(self.distance), self.seed),
            fit_rows=fit_rows,
            tune_rows=tune_rows,
            judge_rows=judge_rows,
            learning_rate=self.protocol.learning_rate,
            weight_decay=0.0,
            balanced_steps=self.protocol.steps_per_epoch,
        )
        trained = fit_dense(
            features,
            labels.astype(np.int64),
            member,
            hidden=(self.network.width,) * self.network.depth,
            protocol=self.protocol,
            device=device,
            names=(*member.names, self.network.name),
        )
        judged = labels[judge_rows]
        row = {
            "average_precision": average_precision(trained.scores[:, 0], judged),
            "prevalence": judged.mean(),
            "best_possible": best_average_precision(self.distance),
            "n_parameters": self.work.n_parameters,
            "epochs": len(trained.tune_loss),
            "best_epoch": trained.best_epoch,
        }
        return {"fits": pd.DataFrame([row])}, {}

    @classmethod
    def prepare(cls, units: Sequence[GaussianFit], device: torch.device, say: Callable[[str], None] | None) -> None:
        """Compile the training steps where no earlier run has, here and not in every worker."""
        if device.type == "cpu":
            from linear_signal.training.cpu.processor import prepare_steps

            prepare_steps(say)


@dataclass(frozen=True, eq=False)
class GaussianPlan(TrainingPlan):
    """Networks of several sizes at several distances."""

    units: tuple[GaussianFit, ...]

    def summary(self) -> str:
        """One sentence on the size of the plan."""
        counts = [len({getattr(unit, part) for unit in self.units}) for part in ("network", "distance", "seed")]
        return f"{counts[0]} networks {TIMES} {counts[1]} distances {TIMES} {counts[2]} seeds on two normal distributions."


def gaussian_plan(
    *, distances: Sequence[float] = (1.5,), seeds: Sequence[int] = (0, 1, 2), protocol: Protocol | None = None
) -> GaussianPlan:
    """List the units of Fig. S2: every one of ``NETWORKS`` at every distance with every seed.

    Raises:
        InputError: no distance or no seed, or one that is there twice.
    """
    for kind, values in (("distance", distances), ("seed", seeds)):
        if not values or len(set(values)) < len(values):
            raise InputError(f"The plan has {kind}s {list(values)}; one or more different ones are needed.")
    protocol = protocol or Protocol()
    return GaussianPlan(
        tuple(
            GaussianFit(network=network, distance=float(distance), seed=seed, protocol=protocol)
            for distance in distances
            for network in NETWORKS
            for seed in seeds
        )
    )

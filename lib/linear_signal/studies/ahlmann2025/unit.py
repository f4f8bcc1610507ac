"""The unit of this study: one model on one split of one data set, judged by every metric."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from linear_signal.data.source import Source
from linear_signal.errors import InputError, unknown
from linear_signal.experiment.plan import Plan
from linear_signal.experiment.unit import Unit
from linear_signal.names import counted
from linear_signal.numbers import TIMES
from linear_signal.software import NUMERICS_VERSION
from linear_signal.studies.ahlmann2025.networks import NetworkSettings
from linear_signal.studies.ahlmann2025.predictors import DOUBLES, PREDICTORS, SINGLES
from linear_signal.studies.ahlmann2025.pseudobulk import TOP_GENES, Pseudobulk
from linear_signal.studies.ahlmann2025.splits import PerturbationSplit

if TYPE_CHECKING:
    import torch

REPEAT = "repeat"  # the experiment done twice, in place of a model


@dataclass(frozen=True, eq=False, kw_only=True)
class PerturbationTask:
    """A data set with a split of it, and what some models need beside.

    Attributes:
        data: the observed means.
        split: what is learnt from and judged on.
        kind: "doubles" or "singles", what the split holds out.
        repeat: the same conditions measured once more, or a half of the cells; None where nobody has it.
        other: another cell line.
        covariance: of control cells [perturbed genes, genes].
        name: what tables call it; that of the data where it is left out.
    """

    data: Pseudobulk
    split: PerturbationSplit
    kind: str
    repeat: Pseudobulk | None = None
    other: Pseudobulk | None = None
    covariance: pd.DataFrame | None = None
    name: str = ""

    def __post_init__(self) -> None:
        """Refuse another kind, and a split of other data."""
        if not self.name:
            object.__setattr__(self, "name", self.data.name)
        if self.kind not in (DOUBLES, SINGLES):
            raise unknown("kind of held-out conditions", self.kind, (DOUBLES, SINGLES))
        self.split.check(self.data)

    @cached_property
    def fingerprint(self) -> str:
        """Name the content: 16 hexadecimal digits of a hash of all values, names and conditions dealt out."""
        digest = hashlib.sha256(repr((self.kind, self.split)).encode())
        for table in (self.data, self.repeat, self.other, self.covariance):
            table = table.means if isinstance(table, Pseudobulk) else table
            if table is not None:
                digest.update("\x1f".join([*map(str, table.index), "", *map(str, table.columns)]).encode())
                digest.update(np.ascontiguousarray(table.to_numpy(dtype=np.float64)).tobytes())
            digest.update(b"\x1e")
        return digest.hexdigest()[:16]

    @property
    def models(self) -> list[str]:
        """Models that can run on it, those of ``PREDICTORS`` and the repeat."""
        able = [name for name, one in PREDICTORS.items() if self.kind in one.predicts]
        able = [name for name in able if all(getattr(self, need) is not None for need in PREDICTORS[name].needs)]
        return [*able, REPEAT] if self.repeat is not None else able


@dataclass(frozen=True, eq=False, kw_only=True)
class PerturbationFit(Unit):
    """One model, trained on one split and judged on what is held out.

    Tables: ``scores`` has a row per held-out condition and a column per metric; ``errors`` the L2 distance by number of
    genes (``error_by_genes``); of doubles, ``curve`` the share of interactions found by share of false calls, as far as the
    lists reach (``tpr``) and with the paper's lines between them (``tpr_interpolated``), and ``calls`` the strongest calls
    (``top_calls``).

    Attributes:
        task: data, split and what is beside.
        model: a name of ``PREDICTORS``, or "repeat".
        seed: of models that draw.
        network: of networks; plays no part elsewhere.
        n_genes: how many genes are judged, those most expressed.
    """

    TABLES: ClassVar[tuple[str, ...]] = ("scores", "errors", "curve", "calls")

    task: PerturbationTask
    model: str
    seed: int = 0
    network: NetworkSettings = field(default_factory=NetworkSettings)
    n_genes: int = TOP_GENES

    @cached_property
    def datasets(self) -> tuple[Source, ...]:
        """The data, described."""
        data = self.task.data
        size = f"{len(data.means):,} conditions x {len(data.genes):,} genes, content {self.task.fingerprint}"
        return (Source(name=data.name, source=data.source, synthetic=data.synthetic, summary=size),)

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Everything that decides the numbers of this unit, as plain values."""
        settings = {
            "unit": "ahlmann2025",
            "numerics_version": NUMERICS_VERSION,
            "dataset": self.task.data.name,
            "task": self.task.name,
            "fingerprint": self.task.fingerprint,
            "model": self.model,
            "n_genes": self.n_genes,
        }
        if self._is_network:
            settings["network"] = asdict(self.network) | {"hidden": list(self.network.hidden)}
        return settings | ({"seed": self.seed} if self._is_seeded else {})

    @property
    def names(self) -> dict[str, str | int | float]:
        """The columns that name the unit, in front of every row of its tables."""
        return {"dataset": self.task.data.name, "task": self.task.name, "model": self.model, "seed": self.seed}

    @property
    def kind(self) -> tuple:
        """What decides how long it takes."""
        return (self.model, *self.task.data.means.shape)

    def compute(self, device: torch.device) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
        """Predict and judge; networks this small run on the processor, whatever the device."""
        from linear_signal.studies.ahlmann2025.evaluate import error_by_genes, evaluate

        task, wanted = self.task, list(self.task.split.judged)
        said, data = self.predicted(), task.data.restricted(task.data.top_genes(self.n_genes))
        said, truth = said[data.genes], data.rows(wanted)
        mean = data.rows(task.split.train).mean()
        scores = evaluate(said, truth, data.control_mean, training_mean=mean, n_genes=self.n_genes).scores
        errors = error_by_genes({self.model: said}, truth, data.control_mean)
        curve, calls = self._calls(said, data, wanted) if task.kind == DOUBLES else (_no_curve(), _no_calls())
        tables = {
            "scores": scores.drop(columns="method"),
            "errors": errors.drop(columns="method"),
            "curve": curve,
            "calls": calls,
        }
        return tables, {}

    def predicted(self) -> pd.DataFrame:
        """Predict the held-out conditions [conditions, genes]."""
        task, wanted = self.task, list(self.task.split.judged)
        if self.model == REPEAT:
            return task.repeat.rows(wanted)
        predictor = PREDICTORS[self.model]
        options: dict[str, Any] = {need: getattr(task, need) for need in predictor.needs}
        if self._is_seeded:
            options["seed"] = self.seed
        if self._is_network:
            options["settings"] = self.network
        return predictor.predict(task.data, list(task.split.train), wanted, **options)

    def _calls(self, said: pd.DataFrame, data: Pseudobulk, wanted: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
        from linear_signal.analysis.local_fdr import local_fdr
        from linear_signal.studies.ahlmann2025.additive import additive
        from linear_signal.studies.ahlmann2025.interactions import (
            FDP_GRID,
            deviations,
            observed_classes,
            top_calls,
            tpr_by_fdp,
        )

        null = local_fdr(deviations(data, data.doubles).to_numpy())
        positive = null.beyond(deviations(data, wanted).to_numpy())
        strength = np.abs(said - additive(data, data.singles, wanted)).to_numpy()
        # What differs by rounding alone predicts no interaction: the sum of the singles is what the additive model says.
        strength[strength < 1e-9] = 0.0
        found = {name: tpr_by_fdp(strength, positive, interpolated=name != "tpr") for name in ("tpr", "tpr_interpolated")}
        calls = top_calls({self.model: said}, data, wanted, observed_classes(data, wanted, null)).drop(columns="method")
        return pd.DataFrame({"fdp": FDP_GRID, **found}), calls

    @property
    def _is_seeded(self) -> bool:
        return self.model != REPEAT and PREDICTORS[self.model].seeded

    @property
    def _is_network(self) -> bool:
        return self.model != REPEAT and PREDICTORS[self.model].family == "network"


@dataclass(frozen=True, eq=False)
class PerturbationPlan(Plan):
    """Models on splits of data sets."""

    units: tuple[PerturbationFit, ...]

    def summary(self) -> str:
        """One sentence on the size of the plan."""
        n_models, n_splits = (len({getattr(unit, part) for unit in self.units}) for part in ("model", "task"))
        return (
            f"{counted(n_models, 'model')} {TIMES} {counted(n_splits, 'split')} of data, {counted(len(self.units), 'unit')}."
        )


def perturbation_plan(
    tasks: Sequence[PerturbationTask],
    models: Sequence[str] | None = None,
    *,
    seeds: Sequence[int] = (0,),
    network: NetworkSettings | None = None,
    n_genes: int = TOP_GENES,
) -> PerturbationPlan:
    """List the units: every model on every task; those that draw with every seed.

    Args:
        tasks: data sets with their splits, each with a name of its own.
        models: names of ``PREDICTORS``, or "repeat"; None takes all that a task has what they need.
        seeds: of models that draw.
        network: settings of networks.
        n_genes: how many genes are judged.

    Raises:
        InputError: no task, model or seed, an unknown model, one that a task cannot run, or two tasks of one name.
    """
    if not tasks or not seeds or (models is not None and not models):
        raise InputError("A plan needs at least one task, one model and one seed.")
    names = [task.name for task in tasks]
    if len(set(names)) < len(names):
        raise InputError(f"Tasks of a plan need names of their own; they are {names}.")
    units = []
    for task in tasks:
        for model in task.models if models is None else models:
            if model not in task.models:
                raise unknown(f"model for {task.kind} of {task.name!r}", model, task.models)
            is_seeded = model != REPEAT and PREDICTORS[model].seeded
            units += [
                PerturbationFit(task=task, model=model, seed=seed, network=network or NetworkSettings(), n_genes=n_genes)
                for seed in (seeds if is_seeded else seeds[:1])
            ]
    return PerturbationPlan(tuple(units))


def _no_curve() -> pd.DataFrame:
    return pd.DataFrame({name: np.zeros(0) for name in ("fdp", "tpr", "tpr_interpolated")})


def _no_calls() -> pd.DataFrame:
    text = ("condition", "gene", "predicted_class", "observed_class")
    numbers = ("departure", "predicted_departure")
    return pd.DataFrame({name: pd.Series(dtype=object) for name in text} | {name: np.zeros(0) for name in numbers})

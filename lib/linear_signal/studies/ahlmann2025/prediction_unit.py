"""The unit of work: one method on one problem, judged by every metric; of doubles its calls of interactions as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from linear_signal.analysis.metrics import Metric
from linear_signal.data.source import Source
from linear_signal.experiment.plan import Plan
from linear_signal.experiment.unit import Unit
from linear_signal.names import counted
from linear_signal.seeds import generator
from linear_signal.software import NUMERICS_VERSION
from linear_signal.studies.ahlmann2025.additive import additive
from linear_signal.studies.ahlmann2025.evaluate import error_by_genes, evaluate
from linear_signal.studies.ahlmann2025.interactions import PREDICTED_CLASSES, call_areas, top_calls, tpr_by_fdp
from linear_signal.studies.ahlmann2025.metrics import METRICS
from linear_signal.studies.ahlmann2025.problem import Problem, fingerprint, is_doubles
from linear_signal.studies.ahlmann2025.titles import NETWORK, family_of

if TYPE_CHECKING:
    import torch

N_DRAWS = 200  # of the bootstrap over perturbations
N_CALLS = 500
RELATIVE = Metric(
    column="relative_error", title="Error relative to the mean", higher_is_better=False, lowest=0.0, level=0.02
)
FOUND = Metric(column="tpr_50", title="Interactions found", lowest=0.0, highest=1.0, level=0.05)
JUDGED_BY = {metric.column: metric for metric in (*METRICS, RELATIVE, FOUND)}
_SHOWN = np.unique(np.r_[1:11, 20:101:10, 150:1001:50])


@dataclass(frozen=True, eq=False, kw_only=True)
class PredictionUnit(Unit):
    """One method on one problem. It leaves four tables.

    ``fits``, one row: family, n_conditions, the mean of every metric and of relative_error (L2 over that of the mean
    baseline), each with draws of a bootstrap over perturbations (``draws_l2``, ...), which belong together for all methods
    and runs of a data set. Of doubles also tpr (true positive rate by false discovery proportion, 0 to 1 by 0.01), tpr_10,
    tpr_20, tpr_50, roc_auc and average_precision of calls, and of the 500 strongest calls those of each claimed class
    (n_buffering, ...) and how many of them are right (right_buffering, ...).
    ``conditions``, a row per judged condition: the metrics.
    ``genes``: mean error over the first n genes, sorted in two ways.
    ``calls``: the strongest calls of doubles; of singles none.

    Attributes:
        problem: what is judged on.
        method: of :meth:`~linear_signal.studies.ahlmann2025.problem.Problem.methods`.
    """

    TABLES: ClassVar[tuple[str, ...]] = ("fits", "conditions", "genes", "calls")

    problem: Problem
    method: str

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Everything that decides the numbers of this unit, as plain values."""
        problem = self.problem
        return {
            "unit": "ahlmann2025 prediction",
            "numerics_version": NUMERICS_VERSION,
            "kind": problem.kind,
            "identity": dict(problem.identity),
            "split": problem.digest,
            "other": None if problem.other is None or problem.data.synthetic else fingerprint(problem.other),
            "method": self.method,
            "seed": problem.seed,
        }

    @property
    def names(self) -> dict[str, str | int | float]:
        """The columns that name the unit, in front of every row of its tables."""
        one = self.problem
        about = {"kind": one.kind, "dataset": one.dataset, "preset": one.preset, "shift": one.shift}
        return {**about, "method": self.method, "seed": one.seed}

    @property
    def title(self) -> str:
        """Name the unit for people."""
        return f"{self.method} on {self.problem.dataset}, run {self.problem.seed}"

    @property
    def data(self) -> tuple[Any, ...]:
        """The problem."""
        return (self.problem,)

    def with_data(self, data: tuple[Any, ...]) -> PredictionUnit:
        """Return the same unit with the problem put in, or with nothing in its place."""
        return replace(self, problem=data[0] if data else None)

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """The means."""
        return (self.problem.data.means.to_numpy(),)

    @property
    def datasets(self) -> tuple[Source, ...]:
        """The data, described."""
        return (self.problem.source,)

    @property
    def kind(self) -> tuple:
        """What decides how long it takes."""
        return self.problem.dataset, self.method

    def origin(self, device: torch.device) -> dict[str, Any]:
        """Say where the data come from."""
        one = self.problem.source
        return {"data": {"name": one.name, "source": one.source, "synthetic": one.synthetic}, "versions": {}}

    def compute(self, device: torch.device) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
        """Predict, and judge."""
        problem = self.problem
        data, truth = problem.data, problem.data.rows(problem.judged)
        predicted = problem.predict(self.method)
        judge = {"training_mean": problem.training_mean, "control_name": data.control}
        found = evaluate({self.method: predicted}, truth, data.control_mean, **judge).scores.drop(columns="method")
        genes = problem.genes
        of_mean = np.linalg.norm(truth[genes].to_numpy() - problem.training_mean[genes].to_numpy(), axis=1)
        found["relative_error"] = found["l2"] / of_mean
        run = "" if not data.synthetic else f", run {problem.seed}"
        row = {"family": family_of(self.method), **summarised(found, f"{problem.dataset}{run}")}
        calls = pd.DataFrame({"condition": pd.Series(dtype=str)})
        if is_doubles(problem):
            judged = data.restricted(genes)
            sums, classes = additive(judged, judged.singles, problem.judged), problem.classes
            strength = (predicted[genes] - sums).abs().to_numpy()
            # The sum departs from itself by rounding errors alone, which are no calls.
            strength = np.where(strength < 1e-9, 0.0, strength)
            row |= _called(strength, (classes != "additive").to_numpy())
            if strength.any():
                calls = top_calls({self.method: predicted[genes]}, judged, problem.judged, classes, n=N_CALLS)
                calls = calls.drop(columns="method")
                row |= _composition(calls)
        curves = error_by_genes({self.method: predicted[genes]}, truth[genes], data.control_mean, at=_SHOWN)
        tables = {
            "fits": pd.DataFrame([row]),
            "conditions": found,
            "genes": curves.drop(columns="method"),
            "calls": calls,
        }
        return tables, {}


def summarised(scores: pd.DataFrame, data: str) -> dict[str, Any]:
    """Mean of every metric over conditions, with draws of a bootstrap over perturbations.

    A perturbation gets the same weights in every run and for every method of the same data, so that draws can be
    subtracted, and averaged over runs, without treating what is measured once as if it were measured often.

    Args:
        scores: a column ``condition``, and metrics.
        data: names the data whose perturbations these are.
    """
    weights = np.stack([generator("perturbation", data, one).poisson(1.0, N_DRAWS) for one in scores["condition"]])
    row: dict[str, Any] = {"data": data, "n_conditions": len(scores)}
    for metric in JUDGED_BY.values():
        if metric.column not in scores:
            continue
        values = scores[metric.column].to_numpy(dtype=float)
        known = np.isfinite(values)
        row[metric.column] = values[known].mean() if known.any() else np.nan
        total = weights[known].sum(axis=0)
        draws = np.full(N_DRAWS, np.nan)
        np.divide(values[known] @ weights[known], total, out=draws, where=total > 0)
        row[f"draws_{metric.column}"] = draws.astype(np.float32)
    return row


def _called(strength: np.ndarray, positive: np.ndarray) -> dict[str, Any]:
    rates = tpr_by_fdp(strength, positive)
    at = {f"tpr_{percent}": rates[percent] for percent in (10, 20, 50)}
    areas = call_areas(strength, positive) if strength.any() else {}
    return {"tpr": rates.astype(np.float32), **at, **areas, "n_interactions": int(positive.sum())}


def _composition(calls: pd.DataFrame) -> dict[str, int]:
    right = calls["predicted_class"] == calls["observed_class"]
    found = {}
    for name in PREDICTED_CLASSES:
        claimed = calls["predicted_class"] == name
        found |= {f"n_{name}": int(claimed.sum()), f"right_{name}": int((claimed & right).sum())}
    return found


@dataclass(frozen=True, eq=False)
class PredictionPlan(Plan):
    """Methods on problems."""

    units: tuple[PredictionUnit, ...]

    @property
    def n_networks(self) -> int:
        """Number of networks among its models; the others are closed forms."""
        return sum(family_of(unit.method) == NETWORK for unit in self.units)

    def summary(self) -> str:
        """One sentence on the size of the plan."""
        n_problems = len({id(unit.problem) for unit in self.units})
        others = len(self.units) - self.n_networks
        networks = f"{counted(self.n_networks, 'network')} and " if self.n_networks else ""
        what = f"{networks}{counted(others, 'other prediction' if networks else 'prediction')}"
        return f"{what} on {counted(n_problems, 'data set')}, each with its split."

    def listed(self, table: pd.DataFrame) -> pd.DataFrame:
        """Lay out the units with their main metrics, one row a unit."""
        names = ["dataset", "method", "seed", "n_conditions", "l2", "pearson_delta", "centroid_accuracy", "key"]
        return table[names].rename(columns=lambda name: str(name).replace("_", " ").capitalize())


def prediction_plan(problems: Sequence[Problem], wanted: Mapping[str, Any] | Sequence[str]) -> PredictionPlan:
    """Plan every method on every problem, as far as a problem has what it needs.

    Raises:
        InputError: an unknown model, or one for the other kind of problem.
    """
    methods = list(wanted)
    return PredictionPlan(
        tuple(PredictionUnit(problem=one, method=name) for one in problems for name in one.methods(methods))
    )

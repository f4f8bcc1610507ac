"""A problem: data, who learns from what, and what is known beside it; what every method of a run is judged on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from linear_signal.analysis.local_fdr import LocalFdr, local_fdr
from linear_signal.data.source import Source
from linear_signal.errors import InputError, listed
from linear_signal.numbers import TIMES
from linear_signal.studies.ahlmann2025.additive import mean_of_training
from linear_signal.studies.ahlmann2025.calibration import differential_p, interpolated_duplicate
from linear_signal.studies.ahlmann2025.interactions import deviations, observed_classes
from linear_signal.studies.ahlmann2025.predictors import DOUBLES, PREDICTORS, predict
from linear_signal.studies.ahlmann2025.pseudobulk import TOP_GENES, Pseudobulk, check_values
from linear_signal.studies.ahlmann2025.splits import PerturbationSplit
from linear_signal.studies.ahlmann2025.titles import CEILINGS, INTERPOLATED, REPEAT


@dataclass(frozen=True, eq=False, kw_only=True)
class Problem:
    """What every method of one run is judged on.

    Attributes:
        kind: "doubles" or "singles".
        dataset: its name in tables, the same for all runs.
        data: what is learnt from and judged on.
        split: which conditions are which.
        seed: of the run.
        identity: what decides the data, as plain values: the settings of a simulation, or a fingerprint.
        repeat: the same conditions measured once more; None where nobody did.
        other: another cell line, for what is transferred from there.
        covariance: of control cells [perturbed genes, genes].
        spread: standard deviation between cells, one for all genes or by gene; None where it is not known.
        given: predictions of others by name [conditions, genes].
        preset: of the simulation; empty for genuine data.
        shift: size of the shared response, where it was simulated.
        notes: what a reader should know of the data.
    """

    kind: str
    dataset: str
    data: Pseudobulk
    split: PerturbationSplit
    seed: int
    identity: Mapping[str, Any]
    repeat: Pseudobulk | None = None
    other: Pseudobulk | None = None
    covariance: pd.DataFrame | None = None
    spread: float | pd.Series | None = None
    given: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    preset: str = ""
    shift: float = float("nan")
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a split that is not one of the data."""
        self.split.check(self.data)

    @property
    def judged(self) -> list[str]:
        """Conditions that are judged, in their order."""
        return list(self.split.judged)

    @cached_property
    def source(self) -> Source:
        """The data, as a page tells of them."""
        data = self.data
        size = f"{len(data.means) - 1:,} perturbations {TIMES} {len(data.genes):,} genes"
        return Source(name=self.dataset, source=data.source, synthetic=data.synthetic, summary=size, notes=tuple(self.notes))

    @cached_property
    def training_mean(self) -> pd.Series:
        """Mean of the training conditions [genes]."""
        return mean_of_training(self.data, self.split.train, self.judged[:1]).iloc[0]

    @cached_property
    def genes(self) -> pd.Index:
        """Genes that are judged, those with the highest control mean first."""
        return self.data.top_genes(TOP_GENES)

    @cached_property
    def null(self) -> LocalFdr:
        """Null of the departures of all doubles from the sum of their singles, on the judged genes."""
        data = self.data.restricted(self.genes)
        return local_fdr(deviations(data, data.doubles).to_numpy())

    @cached_property
    def classes(self) -> pd.DataFrame:
        """Observed classes of interactions by the paper's rule [judged doubles, judged genes]."""
        return observed_classes(self.data.restricted(self.genes), self.judged, self.null)

    @property
    def digest(self) -> str:
        """Hash of the split, in order."""
        parts = "|".join(",".join(names) for names in (self.split.train, self.split.test, self.split.val))
        return hashlib.sha256(parts.encode()).hexdigest()[:16]

    def methods(self, wanted: list[str]) -> list[str]:
        """Keep what can be predicted here: models of this kind that have what they need, given ones, and the ceilings."""
        there = {"other": self.other is not None, "covariance": self.covariance is not None}
        for name in wanted:
            if name not in PREDICTORS:
                raise InputError(f"There is no model {name!r}; allowed: {', '.join(PREDICTORS)}.")
            if self.kind not in PREDICTORS[name].predicts:
                known = [one for one, its in PREDICTORS.items() if self.kind in its.predicts]
                raise InputError(f"Model {name!r} does not predict {self.kind}; allowed: {', '.join(known)}.")
        kept = [name for name in wanted if all(there[need] for need in PREDICTORS[name].needs)]
        ceilings = [REPEAT] if self.repeat is not None else []
        ceilings += [INTERPOLATED] if ceilings and self.spread is not None else []
        return [*kept, *self.given, *ceilings]

    def predict(self, method: str) -> pd.DataFrame:
        """Predict the judged conditions by a method of :meth:`methods` [conditions, genes]."""
        if method in self.given:
            return self.given[method].loc[self.judged, self.data.genes]
        if method not in CEILINGS:
            more = {"other": self.other, "covariance": self.covariance}
            return predict(method, self.data, self.split.train, self.judged, seed=self.seed, **more)
        twice = self.repeat.rows(self.judged)
        return twice if method == REPEAT else interpolated_duplicate(twice, self.training_mean, self._adjusted_p(twice))

    def _adjusted_p(self, means: pd.DataFrame) -> pd.DataFrame:
        cells, control = self.repeat.n_cells, self.repeat.control_mean
        # Where cells are not counted the spread is that of a mean.
        n_cells = pd.Series(1, index=means.index) if cells is None else cells.loc[means.index]
        n_control = 1 if cells is None else int(cells[self.repeat.control])
        return differential_p(means, control, n_cells, n_control=n_control, spread=self.spread)


def fingerprint(data: Pseudobulk) -> str:
    """Hash the content of a data set: conditions, genes, and means as 32 bit numbers."""
    digest = hashlib.sha256("|".join([*data.means.index, "", *map(str, data.genes)]).encode())
    digest.update(np.ascontiguousarray(data.means.to_numpy(np.float32)).tobytes())
    return digest.hexdigest()[:24]


def with_given(problem: Problem, given: Mapping[str, pd.DataFrame], *, shared_only: bool) -> Problem:
    """Add predictions of others to a problem.

    Args:
        problem: on genuine data.
        given: predicted means by name [conditions, genes].
        shared_only: judge everybody on what all of them have, instead of refusing predictions that lack something.

    Raises:
        InputError: a name that a method here has; judged conditions or genes that are lacking, unless ``shared_only``;
            nothing that is shared; values that are missing or look like raw counts.
    """
    taken = [name for name in given if name in (*PREDICTORS, *CEILINGS)]
    if taken:
        raise InputError(f"Predictions are called {listed(taken)}, as methods here are. Give them another name.")
    judged, genes, notes = problem.judged, list(problem.data.genes), []
    for name, table in given.items():
        for what, wanted, there in (("judged conditions", judged, table.index), ("genes", genes, table.columns)):
            missing = sorted(set(wanted) - set(there))
            if missing and not shared_only:
                raise InputError(
                    f"Predictions {name!r} lack {len(missing):,} of {len(wanted):,} {what}, such as "
                    f"{listed(missing, most=3)}. Predict them, or judge all on what is shared: shared_only."
                )
            if missing:
                notes.append(f"{name} lacks {len(missing):,} {what}; nobody is judged on them")
    judged = [one for one in judged if all(one in table.index for table in given.values())]
    genes = [one for one in genes if all(one in table.columns for table in given.values())]
    if not judged or len(genes) < 2:
        raise InputError(f"Data and predictions share {len(judged)} judged conditions and {len(genes)} genes.")
    for name, table in given.items():
        shared = table.loc[judged, genes]
        check_values(shared, f"Predictions {name!r}", signed=True)
        if below := int((shared.to_numpy() < 0).sum()):
            notes.append(f"{name}: {below:,} of {shared.size:,} predicted means are below 0, which no expression can be")
    kept = set(judged)
    parts = {name: tuple(one for one in getattr(problem.split, name) if one in kept) for name in ("test", "val")}
    hashes = {name: fingerprint(replace(problem.data, means=table.loc[judged, genes])) for name, table in given.items()}
    others = {
        name: None if (one := getattr(problem, name)) is None else one.restricted(genes) for name in ("data", "repeat")
    }
    return replace(
        problem,
        **others,
        split=replace(problem.split, **parts),
        given=dict(given),
        identity={**problem.identity, "given": hashes, "genes": len(genes)},
        notes=(*problem.notes, *notes),
    )


def is_doubles(problem: Problem) -> bool:
    """Say whether doubles are judged, whose departures from the sum of singles are interactions."""
    return problem.kind == DOUBLES

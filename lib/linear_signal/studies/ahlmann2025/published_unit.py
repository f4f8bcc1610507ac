"""The published values as units: errors of every method per perturbation, summarised as ours are."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from linear_signal.data.source import Source
from linear_signal.errors import InputError
from linear_signal.experiment.plan import Plan
from linear_signal.experiment.unit import Unit
from linear_signal.names import counted
from linear_signal.software import NUMERICS_VERSION
from linear_signal.studies.ahlmann2025.prediction_unit import summarised
from linear_signal.studies.ahlmann2025.predictors import DOUBLES, SINGLES
from linear_signal.studies.ahlmann2025.published import FURTHER, HELD_OUT, LEAKS, published
from linear_signal.studies.ahlmann2025.published_source import FETCH, fetch_published, fetch_slopes
from linear_signal.studies.ahlmann2025.titles import family_of

if TYPE_CHECKING:
    import torch

_SOURCE = "Source data of Ahlmann-Eltze, Huber and Anders 2025 (MIT licence), errors of every method per perturbation"
NORMAN = "Norman, published"
DATASETS = {
    "norman_from_scfoundation": NORMAN,
    "adamson": "Adamson, published",
    "replogle_k562_essential": "Replogle K562, published",
    "replogle_rpe1_essential": "Replogle RPE1, published",
}
# Names that methods of the paper have here.
SAME = {
    "additive_model": "additive",
    "lpm_selftrained": "linear",
    "lpm_randomPertEmb": "linear_random_p",
    "lpm_randomGeneEmb": "linear_random_g",
}
# The published linear model whose perturbations are embedded by the other Replogle line, by data set; Adamson's cells are
# K562 as well, from another experiment.
_OTHER_LINE = {
    "adamson": "lpm_k562PertEmb",
    "replogle_k562_essential": "lpm_rpe1PertEmb",
    "replogle_rpe1_essential": "lpm_k562PertEmb",
}


@dataclass(frozen=True, eq=False, kw_only=True)
class PublishedUnit(Unit):
    """One method on one data set and split, as published. Its table ``fits`` has the row of a ``PredictionUnit``.

    Attributes:
        scores: perturbations, l2, pearson_delta and, of singles, relative_error.
        dataset, method, seed: whose they are.
        judges: "doubles" or "singles".
    """

    TABLES: ClassVar[tuple[str, ...]] = ("fits",)

    scores: pd.DataFrame
    dataset: str
    method: str
    seed: int
    judges: str

    @property
    def data(self) -> tuple[Any, ...]:
        """The scores."""
        return (self.scores,)

    def with_data(self, data: tuple[Any, ...]) -> PublishedUnit:
        """Return the same unit with scores put in, or with nothing in their place."""
        return replace(self, scores=data[0] if data else None)

    @property
    def datasets(self) -> tuple[Source, ...]:
        """The data set, described."""
        kind = f"{self.judges}, held out by the paper's splits"
        return (Source(name=self.dataset, source=_SOURCE, synthetic=False, summary=kind),)

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Everything that decides the numbers of this unit, as plain values."""
        content = hashlib.sha256(self.scores.to_csv(index=False).encode()).hexdigest()[:24]
        about = {"dataset": self.dataset, "method": self.method, "seed": self.seed, "scores": content}
        return {"unit": "ahlmann2025 published", "numerics_version": NUMERICS_VERSION, **about}

    @property
    def names(self) -> dict[str, str | int | float]:
        """The columns that name the unit, in front of every row of its table."""
        about = {"kind": self.judges, "dataset": self.dataset, "preset": "published"}
        return {**about, "method": self.method, "seed": self.seed}

    @property
    def kind(self) -> tuple:
        """What decides how long it takes."""
        return (self.dataset,)

    def origin(self, device: torch.device) -> dict[str, Any]:
        """Say where the values come from."""
        return {"data": {"name": self.dataset, "source": _SOURCE, "synthetic": False}, "versions": {}}

    def compute(self, device: torch.device) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
        """Summarise."""
        return {"fits": pd.DataFrame([{"family": family_of(self.method), **summarised(self.scores, self.dataset)}])}, {}


@dataclass(frozen=True, eq=False)
class PublishedPlan(Plan):
    """Published methods on published splits; nothing is trained."""

    units: tuple[PublishedUnit, ...]

    @property
    def n_fits(self) -> int:
        """Number of trained models: none."""
        return 0

    def summary(self) -> str:
        """One sentence on the size of the plan."""
        return f"{counted(len(self.units), 'published method')} and splits, summarised again."


def open_published(published_folder: str, *, folder: Path | str, judges: str, sizes_only: bool = False) -> PublishedPlan:
    """Plan to summarise the published values that a chapter's parameter names.

    Args:
        published_folder: where the tables lie; "fetch": they are fetched into ``folder``; empty: there are none.
        folder: where downloads are kept.
        judges: "doubles" or "singles".
        sizes_only: fetch nothing.

    Raises:
        InputError: as of :func:`published_plan` and of fetching.
    """
    if published_folder == FETCH and sizes_only:
        return PublishedPlan(())
    return published_plan(published_place(published_folder, folder=folder, judges=judges), judges)


def published_place(published_folder: str, *, folder: Path | str, judges: str) -> Path | str:
    """Say where the published tables lie, and fetch those that chapters read where that is asked for."""
    if published_folder != FETCH:
        return Path(published_folder).expanduser() if published_folder else ""
    place = Path(folder) / "ahlmann2025"
    if judges == DOUBLES:
        fetch_slopes(place)
    return fetch_published(place, ["doubles", *FURTHER] if judges == DOUBLES else ["all singles"])


def published_plan(folder: str | Path, judges: str) -> PublishedPlan:
    """Plan to summarise the published values; where no folder is named there are none.

    Of singles only perturbations that every method predicts count, as in the paper's forest plot.

    Args:
        folder: with the tables of :mod:`linear_signal.studies.ahlmann2025.published`; empty: none.
        judges: "doubles" or "singles".

    Raises:
        InputError: a table is missing or another one.
    """
    if not folder:
        return PublishedPlan(())
    if judges not in (DOUBLES, SINGLES):
        raise InputError(f"judges is {judges!r}; allowed: {DOUBLES!r}, {SINGLES!r}.")
    table = published(Path(folder), "doubles" if judges == DOUBLES else "all singles")
    table = table[table["train"].isin(HELD_OUT)]
    if judges == DOUBLES:
        table = table.assign(dataset_name="norman_from_scfoundation")
    units = []
    for (dataset, seed), part in table.groupby(["dataset_name", "seed"], sort=True):
        wide = part.pivot_table(index="perturbation", columns="method", values="l2")
        kept = list(wide.dropna().index)
        for method, its in part.groupby("method", sort=True):
            if (dataset, method) in LEAKS:
                continue
            its = its.set_index("perturbation").loc[kept]
            scores = pd.DataFrame({"condition": kept, "l2": its["l2"], "pearson_delta": its["pearson_delta"]})
            if "mean" in wide:
                scores["relative_error"] = its["l2"] / wide.loc[kept, "mean"]
            units.append(
                PublishedUnit(
                    scores=scores.reset_index(drop=True),
                    dataset=DATASETS[str(dataset)],
                    method="linear_other_line" if _OTHER_LINE.get(dataset) == method else SAME.get(method, str(method)),
                    seed=int(seed),
                    judges=judges,
                )
            )
    return PublishedPlan(tuple(units))

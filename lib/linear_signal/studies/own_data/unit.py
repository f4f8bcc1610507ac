"""The unit of work of the chapter on your data: one assessment, kept in the results store as any other unit."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from linear_signal.data.dataset import Dataset
from linear_signal.data.own.open_own import OwnData
from linear_signal.experiment.plan import Plan
from linear_signal.experiment.unit import Unit
from linear_signal.progress import duration
from linear_signal.software import NUMERICS_VERSION
from linear_signal.studies.own_data.kept import as_table

if TYPE_CHECKING:
    import torch

# Goes up with every change of the test, of what a budget buys or of what is kept, so that nothing older is taken for it.
_RULES = 7


@dataclass(frozen=True, eq=False, kw_only=True)
class AssessmentUnit(Unit):
    """One assessment.

    Its table ``fits`` has a row a check, probe (balanced accuracy less chance) and model (balanced accuracy);
    ``assessment`` one row with all of it (:mod:`~linear_signal.studies.own_data.kept`).

    Attributes:
        own: the data.
        minutes: that are given.
    """

    TABLES: ClassVar[tuple[str, ...]] = ("fits", "assessment")
    is_large = True

    own: OwnData
    minutes: float

    @property
    def data(self) -> tuple[Any, ...]:
        """The data."""
        return (self.own,)

    def with_data(self, data: tuple[Any, ...]) -> AssessmentUnit:
        """Return the same unit with data put in, or with nothing in their place."""
        other = replace(self, own=data[0] if data else None)
        for name in ("settings", "names"):
            other.__dict__[name] = getattr(self, name)
        return other

    @property
    def datasets(self) -> tuple[Dataset, ...]:
        """The data set."""
        return (self.own.dataset,)

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Everything that decides the numbers of this unit, as plain values."""
        own = self.own
        depth = hashlib.sha256(np.concatenate([own.totals, own.zeros]).tobytes()).hexdigest()[:16]
        about = {"label": own.label, "groups": list(own.groups), "scaling": own.scaling, "tally": dict(own.tally)}
        content = {"fingerprint": own.dataset.fingerprint, "depth": depth, "minutes": self.minutes}
        version = {"numerics_version": NUMERICS_VERSION, "rules": _RULES}
        return {"unit": "own data assessment", **version, **about, "covariates": list(own.covariates), **content}

    @cached_property
    def names(self) -> dict[str, str | int | float]:
        """The columns that name the unit, in front of every row of its tables."""
        return {"dataset": self.own.dataset.name, "label": self.own.label}

    def compute(self, device: torch.device) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
        """Assess."""
        from linear_signal.studies.own_data.assess import assess_own
        from linear_signal.studies.own_data.clock import Clock

        found = assess_own(self.own, clock=Clock.of(self.minutes))
        return {"fits": fits_of(found.results), "assessment": as_table(found)}, {}


@dataclass(frozen=True, eq=False)
class AssessmentPlan(Plan):
    """One assessment."""

    units: tuple[AssessmentUnit, ...]

    def summary(self) -> str:
        """One sentence on the size of the plan."""
        return f"One assessment, given {duration(60 * self.units[0].minutes)}."


def fits_of(results: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Put what has a number into one tidy table: what, name, value, lower, upper, status."""
    parts = [results["checks"].assign(what="check", name=results["checks"]["code"], value=np.nan)]
    for what, column in (("probe", "accuracy_above_chance"), ("model", "mean")):
        table = results.get(f"{what}s")
        if table is not None:
            parts.append(table.assign(what=what, name=table[what], value=table[column].astype(float), status=""))
    columns = ["what", "name", "value", "lower", "upper", "status"]
    return pd.concat([part.reindex(columns=columns) for part in parts], ignore_index=True).astype(
        {"value": float, "lower": float, "upper": float}
    )

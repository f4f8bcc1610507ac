"""The unit: the smallest thing that is computed and kept; whatever has settings, names and a ``compute`` can be one."""

from __future__ import annotations

import copy
import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import torch


class Tables:
    """Something with tables by name, each of which is an attribute as well."""

    tables: dict[str, pd.DataFrame]

    def __getattr__(self, name: str) -> pd.DataFrame:
        """Return the table of that name."""
        tables = self.__dict__.get("tables", {})  # not there yet while it is unpickled
        if name in tables:
            return tables[name]
        raise AttributeError(f"There is no {name!r} here; the tables are {', '.join(tables) or 'none'}.")


@dataclass(frozen=True, eq=False)
class UnitResult(Tables):
    """All that a unit leaves behind.

    Attributes:
        tables: by name, as ``Unit.compute`` returned them; they lack the columns that name the unit.
        run: when, where, from what and with what it was computed, and how long it took.
        by_products: what the store does not keep (trained models, say).
    """

    tables: dict[str, pd.DataFrame]
    run: dict[str, Any]
    by_products: dict[str, Any] = field(default_factory=dict)


class Tracked(NamedTuple):
    """What a tracker is told of a unit beside its settings and its run.

    Attributes:
        parameters: plain values that were found rather than set.
        metrics: (name, value, step).
        tables: kept as CSV files.
    """

    parameters: Mapping[str, Any]
    metrics: Sequence[tuple[str, float, int]]
    tables: Mapping[str, pd.DataFrame]


class Unit(ABC):
    """One unit of work. It is computed from its settings and its data alone, wherever that is.

    Class attributes:
        TABLES: names of the tables that ``compute`` returns, the main one first.
        BULK: those of them that results do not hold in memory, but read from the store when they are asked for.

    Attributes:
        data: parts that are large or shared by many units, each always the same object; every worker is sent each of them
            once.
        is_large: whether it is worth all cores; other units get one thread each. It must not depend on the machine.
        arrays: the large arrays among its data; units may share them.
    """

    TABLES: ClassVar[tuple[str, ...]]
    BULK: ClassVar[frozenset[str]] = frozenset()

    data: tuple[Any, ...] = ()
    is_large: bool = False
    arrays: tuple[np.ndarray, ...] = ()

    @property
    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """Everything that decides the numbers of this unit, as plain values that JSON can hold."""

    @property
    @abstractmethod
    def names(self) -> dict[str, str | int | float]:
        """The columns that name the unit, in front of every row of its tables."""

    @abstractmethod
    def compute(self, device: torch.device) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
        """Compute the tables by name, and what else comes out of it (``UnitResult.by_products``).

        Raises:
            InputError: something the user gave cannot be computed with.
        """

    @cached_property
    def key(self) -> str:
        """Name of the unit in the store: 24 hexadecimal digits of the SHA-256 of its settings."""
        text = json.dumps(self.settings, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:24]

    @property
    def title(self) -> str:
        """Name the unit for people."""
        return ", ".join(f"{name} {value}" for name, value in self.names.items())

    @property
    def kind(self) -> tuple:
        """What decides how long it takes, as far as it is known: units of one kind take about as long."""
        return ()

    def origin(self, device: torch.device) -> dict[str, Any]:
        """Say where its data come from (``data``) and on which further software its numbers rest (``versions``)."""
        return {"data": {}, "versions": {}}

    @property
    def kept(self) -> dict[str, Any]:
        """Say how much of what could be kept is: choices that decide no number and are not among the settings."""
        return {}

    def is_enough(self, kept: Mapping[str, Any]) -> bool:
        """Say whether a stored result of which so much was kept is all that is asked for."""
        return True

    def tracked(self, result: UnitResult) -> Tracked:
        """Choose what a tracker is told of its result."""
        main = result.tables[self.TABLES[0]]
        numbers = main.select_dtypes("float")
        metrics = [(column, float(value), row) for column in numbers for row, value in enumerate(numbers[column].dropna())]
        return Tracked({}, metrics, {self.TABLES[0]: main})

    def with_data(self, data: tuple[Any, ...]) -> Unit:
        """Return the same unit with the parts of its data put in, or with nothing in their place."""
        other = copy.copy(self)
        object.__setattr__(other, "data", data)
        return other

    @classmethod
    def prepare(cls, units: Sequence[Unit], device: torch.device, say: Callable[[str], None] | None) -> None:
        """Do once on a machine what units of this class need, and say so where it takes a while."""
        return  # most need nothing

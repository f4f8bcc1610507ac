"""Units of work: one network trained once under one scheme, and one rung of the ladder of baselines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from linear_signal.analysis.average_precision import (
    average_precision,
    average_precision_by_group,
    bootstrap_weights,
)
from linear_signal.data.source import Source
from linear_signal.errors import InputError
from linear_signal.experiment.unit import Unit
from linear_signal.software import NUMERICS_VERSION
from linear_signal.studies.schreiber2020.architectures import Architecture
from linear_signal.studies.schreiber2020.loci import LociTable
from linear_signal.studies.schreiber2020.partition import activity_groups
from linear_signal.studies.schreiber2020.protocol import Protocol
from linear_signal.studies.schreiber2020.schemes import Scheme
from linear_signal.studies.schreiber2020.work import Work

if TYPE_CHECKING:
    import torch

# From so many positions on a convolution is worth all cores.
_POSITIONS_FOR_ALL_THREADS = 1000
N_DRAWS = 200  # of the bootstrap over loci
# What is said of a network and not of a baseline, and how each is kept.
_OF_TRAINING = {
    "n_parameters": "Int64",
    "epochs": "Int64",
    "best_epoch": "Int64",
    "ended_at_last_epoch": "boolean",
    "failed_training": "boolean",
}


@dataclass(frozen=True, eq=False, kw_only=True)
class SchemeUnit(Unit):
    """Whatever scores the judged loci of a scheme. It leaves two tables.

    ``fits``, one row: average_precision and prevalence over the judged loci, lower and upper (95 %, over loci), n_loci and
    n_positives among them, train_pairs (of locus and cell type learnt from), data (fingerprint of the table); draws,
    float32, of a bootstrap over loci, which belong together for all fits of a table and scheme; of_groups, float32, the
    average precision among loci that are active in 1, 2, ... of the other cell types, NaN where these have one class. Of a
    network also n_parameters, epochs, best_epoch, ended_at_last_epoch, and failed_training (in no epoch was its training
    loss below that of a constant answer); missing for baselines.
    ``scores``, a row per judged locus: locus (int32, its row in the table) and score (float32; of a network before the
    sigmoid).

    Attributes:
        table: labels and inputs.
        scheme: made over that table.
    """

    TABLES: ClassVar[tuple[str, ...]] = ("fits", "scores")
    BULK: ClassVar[frozenset[str]] = frozenset({"scores"})

    table: LociTable
    scheme: Scheme

    @property
    def of_scheme(self) -> dict[str, Any]:
        """The part of the settings that says what is judged."""
        return {
            "numerics_version": NUMERICS_VERSION,
            "dataset": self.table.name,
            "fingerprint": self.table.fingerprint,
            "task": self.table.task,
            "scheme": self.scheme.name,
            "rows": self.scheme.digest,
        }

    def named(self, *, input: str, model: str, seed: int) -> dict[str, str | int]:
        """The columns that name the unit."""
        return {
            "dataset": self.table.name,
            "task": self.table.task,
            "target": self.table.cell_types[self.scheme.target],
            "scheme": self.scheme.name,
            "input": input,
            "model": model,
            "seed": seed,
        }

    @property
    def data(self) -> tuple[Any, ...]:
        """The table, and the rows of the scheme."""
        return self.table, self.scheme

    def with_data(self, data: tuple[Any, ...]) -> SchemeUnit:
        """Return the same unit with table and scheme put in, or with nothing in their place."""
        table, scheme = data or (None, None)
        return replace(self, table=table, scheme=scheme)

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """The large arrays of the table."""
        return self.table.signal, self.table.constant, self.table.labels

    @property
    def datasets(self) -> tuple[Source, ...]:
        """The table, described."""
        return (self.table.as_source(),)

    def origin(self, device: torch.device) -> dict[str, Any]:
        """Say where the table comes from."""
        table = self.table
        return {
            "data": {
                "name": table.name,
                "fingerprint": table.fingerprint,
                "source": table.source,
                "synthetic": table.synthetic,
                "notes": list(table.notes),
                "loci": table.n_loci,
                "cell_types": table.n_cell_types,
            },
            "versions": {},
        }

    @property
    def work(self) -> Work | None:
        """What its training costs; None where it trains nothing."""
        return None

    def judged(self, scores: np.ndarray, **of_training: Any) -> dict[str, pd.DataFrame]:
        """Lay out the tables of the unit.

        Args:
            scores: float [judged loci].
            of_training: what is known of a network beside it.
        """
        loci = self.scheme.judge.loci
        labels = self.table.labels[loci, self.scheme.target]
        scores = np.asarray(scores, dtype=np.float32)
        # The same loci are drawn for whoever is judged on them, which pairs all fits of a table and scheme.
        weights = bootstrap_weights(len(loci), N_DRAWS, names=(self.table.fingerprint, self.scheme.name))
        draws = average_precision(scores, labels, weights=weights).astype(np.float32)
        row = {
            "average_precision": average_precision(scores, labels),
            "prevalence": labels.mean(),
            **dict(zip(("lower", "upper"), np.quantile(draws, (0.025, 0.975)), strict=True)),
            "data": self.table.fingerprint,
            "n_loci": len(loci),
            "n_positives": int(labels.sum()),
            "train_pairs": len(self.scheme.train),
            **{name: pd.array([of_training.get(name)], dtype=dtype) for name, dtype in _OF_TRAINING.items()},
        }
        row |= {"draws": [draws], "of_groups": [self._of_groups(scores, labels)]}
        return {
            "fits": pd.DataFrame(row, index=[0]),
            "scores": pd.DataFrame({"locus": loci.astype(np.int32), "score": scores}),
        }

    def _of_groups(self, scores: np.ndarray, labels: np.ndarray) -> np.ndarray | None:
        """Average precision within the inner groups of the partition, float32; None where the scheme has none."""
        if self.scheme.name == "cross_chromosome":
            return None
        n_other = len(self.scheme.train.cell_types) + len(self.scheme.tune.cell_types)
        found = average_precision_by_group(scores, labels, activity_groups(self.table, self.scheme))
        of_groups = np.full(n_other - 1, np.nan, dtype=np.float32)
        inner = found.has_both & (found.groups > 0) & (found.groups < n_other)
        of_groups[found.groups[inner] - 1] = found.precision[0, inner]
        return of_groups


@dataclass(frozen=True, eq=False, kw_only=True)
class Fit(SchemeUnit):
    """One network, trained once.

    Attributes:
        architecture: its layers, and with them what it sees.
        seed: of its first weights, its mini-batches and its validation batch.
        protocol: how it is trained.

    Raises:
        InputError: it wants marks where the table has none, or more convolutions than its sequence has room for.
    """

    architecture: Architecture
    seed: int
    protocol: Protocol = field(default_factory=Protocol)

    def __post_init__(self) -> None:
        if self.table is None:  # on its way to a worker
            return
        if self.architecture.signal and not self.table.n_marks:
            raise InputError(
                f"{self.table.name} has no marks for a network over {self.architecture.input!r}. Leave that input out; "
                "'sequence' is what is left."
            )
        _ = self.work

    @cached_property
    def work(self) -> Work:
        """What its training costs."""
        shape = self.table.n_marks, self.table.constant.shape[1], 4 if self.table.is_sequence else 1
        return Work(
            is_dense=self.architecture.is_dense,
            n_parameters=self.architecture.n_parameters(*shape),
            n_multiplications=self.architecture.n_multiplications(*shape),
            protocol=self.protocol,
        )

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Everything that decides the numbers of this unit, as plain values."""
        of_network = {"architecture": self.architecture.as_dict(), "seed": self.seed, "protocol": self.protocol.as_dict()}
        return {"unit": "schreiber2020 fit", **self.of_scheme, **of_network}

    @property
    def names(self) -> dict[str, str | int | float]:
        """The columns that name the unit, in front of every row of its tables."""
        return self.named(input=self.architecture.input, model=self.architecture.name, seed=self.seed)

    @property
    def seed_names(self) -> tuple[str | int, ...]:
        """What its mini-batches are derived from: all architectures of a scheme meet the same ones."""
        names = self.names
        return tuple(names[name] for name in ("dataset", "task", "target", "scheme", "seed"))

    @property
    def is_large(self) -> bool:
        """Whether it is worth all cores: one stack of dense layers has a single thread in any case."""
        return not self.architecture.is_dense and self.table.constant.shape[1] >= _POSITIONS_FOR_ALL_THREADS

    @property
    def kind(self) -> tuple:
        """What decides how long it takes."""
        return self.table.name, self.scheme.name, self.architecture.input, self.architecture.name

    def compute(self, device: torch.device) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
        """Train the network, and score the judged loci in its best state."""
        from linear_signal.studies.schreiber2020.fitting import fit, has_learnt

        trained = fit(self, device)
        n_epochs = len(trained.tune_loss)
        tables = self.judged(
            trained.scores[:, 0],
            n_parameters=self.work.n_parameters,
            epochs=n_epochs,
            best_epoch=trained.best_epoch,
            ended_at_last_epoch=not trained.out_of_patience,
            failed_training=not has_learnt(trained),
        )
        return tables, {}

    @classmethod
    def prepare(cls, units: Sequence[Fit], device: torch.device, say: Callable[[str], None] | None) -> None:
        """Compile the training steps of dense networks where no earlier run has, here and not in every worker."""
        if device.type == "cpu" and any(unit.architecture.is_dense for unit in units):
            from linear_signal.training.cpu.processor import prepare_steps

            prepare_steps(say)


@dataclass(frozen=True, eq=False, kw_only=True)
class Baseline(SchemeUnit):
    """One rung of the ladder: a rule that needs no training.

    Attributes:
        baseline: one of ``baselines.BASELINES``.
    """

    baseline: str

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Everything that decides the numbers of this unit, as plain values."""
        return {"unit": "schreiber2020 baseline", **self.of_scheme, "baseline": self.baseline}

    @property
    def names(self) -> dict[str, str | int | float]:
        """The columns that name the unit; it sees labels alone, whatever else it may use, and has no seed but 0."""
        return self.named(input="baseline", model=self.baseline, seed=0)

    @property
    def kind(self) -> tuple:
        """What decides how long it takes."""
        return self.table.name, self.scheme.name, self.baseline

    def compute(self, device: torch.device) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
        """Score the judged loci."""
        from linear_signal.studies.schreiber2020.baselines import BASELINES

        return self.judged(BASELINES[self.baseline](self.table, self.scheme)), {}

"""The design: everything about an experiment that is the same for all of its units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from linear_signal.data.removal_ladder import LADDER, WITHOUT_TRACES
from linear_signal.data.signal_removal import ENGINES
from linear_signal.data.splits import Split, find_split
from linear_signal.errors import InputError, unknown
from linear_signal.training.settings import TrainingSettings

# "removed_on_all_data" is no rung of the ladder of removal: it is a mistake that a chapter shows. Nor is WITHOUT_TRACES.
SIGNALS = (*LADDER, WITHOUT_TRACES, "removed_on_all_data")
OF_ENGINE = ("removed", "removed_on_all_data")
PRETRAINING = ("none", "pretrained")
TUNE_ON = ("same", "full")
SCALE_ON = ("all", "train")
# What people may know by a former name.
RENAMED = {
    "condition": "'same'",
    "removed_full_dataset": "'removed_on_all_data'",
    "not_pretrained": "pretraining 'none'",
    "pretrained": "pretraining 'pretrained'",
}

# All settings of a fold are drawn at once and, on a GPU, trained at once.
MOST_TRIALS = 10_000


@dataclass(frozen=True, kw_only=True)
class Design:
    """How every unit of an experiment is split, tuned and trained.

    Attributes:
        split: "group" keeps a donor or study in one fold; "sample" does not; "transfer" learns on one data set and judges on
            another; or an object, such as one of :mod:`~linear_signal.data.given_split`. Once the design is made it is one.
        n_folds: outer folds.
        n_inner_folds: how many training folds are left out in turn for tuning; the paper: all, ``n_folds - 1``.
        fractions: shares of the training samples to train on, each a point of the learning curve.
        n_trials: settings tried per outer fold; 0 takes the two learning rates below and no weight decay.
        linear_learning_rate, network_learning_rate: of linear models and of networks, where nothing is tuned.
        learning_rate_range, weight_decay_range: the trials are log-uniform on these. For the exactly solved logistic
            regression the weight decay is the penalty.
        tune_on: "same" tunes on data with the signal that is trained on; "full" tunes with full signal whatever is
            trained on, as the paper did.
        tune_share: share of the training groups held out for early stopping.
        scale_on: "all" takes the genes as they were scaled over the whole data set; "train" scales each gene anew to run
            from 0 to 1 over the samples a model learns from (for tuning: those of its inner fold).
        removal_engine: "closed_form" or "limma", for the signals in ``OF_ENGINE``.
        covariance_components: within how many leading components of the training samples signal "covariances_removed" makes
            covariances equal, where the samples allow that many; 0 takes as many as they allow.
        set_aside_for_pretraining: whether half of the training folds are set aside, for pretraining or for nothing: a model
            without pretraining then trains on the samples that a pretrained one trains on.
        training: settings of the training loop.

    Raises:
        InputError: a value outside what is allowed.

    Source: Heil et al. 2023, Methods; learning rates without tuning from their code.
    """

    split: str | Split = "group"
    n_folds: int = 5
    n_inner_folds: int = 4
    fractions: tuple[float, ...] = tuple(round(0.1 * i, 1) for i in range(1, 11))
    n_trials: int = 25
    learning_rate_range: tuple[float, float] = (1e-6, 10.0)
    weight_decay_range: tuple[float, float] = (1e-6, 10.0)
    linear_learning_rate: float = 1e-3
    network_learning_rate: float = 1e-5
    tune_on: str = "same"
    tune_share: float = 0.2
    scale_on: str = "all"
    removal_engine: str = "closed_form"
    covariance_components: int = 0
    set_aside_for_pretraining: bool = False
    training: TrainingSettings = field(default_factory=TrainingSettings)

    def __post_init__(self) -> None:
        object.__setattr__(self, "split", find_split(self.split))
        choices = {"tune_on": TUNE_ON, "scale_on": SCALE_ON, "removal_engine": ENGINES}
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                raise unknown(name, getattr(self, name), allowed, renamed=RENAMED)
        self.split.check_folds(self.n_folds, self.n_inner_folds)
        if not self.fractions or not all(0 < fraction <= 1 for fraction in self.fractions):
            raise InputError(f"fractions are {list(self.fractions)}; each must be above 0 and at most 1.")
        if len(set(self.fractions)) < len(self.fractions):
            raise InputError(f"fractions are {list(self.fractions)}; one is named twice.")
        if not 0 <= self.n_trials <= MOST_TRIALS:
            raise InputError(f"n_trials is {self.n_trials}; it must be 0 (no tuning) or more, and at most {MOST_TRIALS:,}.")
        for name in ("linear_learning_rate", "network_learning_rate"):
            if not getattr(self, name) > 0:
                raise InputError(f"{name} is {getattr(self, name)}; it must be positive.")
        for name in ("learning_rate_range", "weight_decay_range"):
            bounds = getattr(self, name)
            if len(bounds) != 2 or not 0 < bounds[0] < bounds[1]:
                raise InputError(f"{name} is {list(bounds)}; two positive numbers, the smaller first, are needed.")
        if self.covariance_components < 0:
            raise InputError(
                f"covariance_components is {self.covariance_components}; it must be 1 or more, or 0 for as many as the "
                "samples allow."
            )
        if not 0 < self.tune_share < 1:
            raise InputError(f"tune_share is {self.tune_share}; it must lie between 0 and 1.")

    def as_dict(self) -> dict[str, Any]:
        """All settings as plain values, for hashing and for the record."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return values | {"split": self.split.settings, "training": asdict(self.training)}

    def for_pretraining(self, pretraining: Sequence[str]) -> Design:
        """Return the design with folds set aside where there is pretraining among what is asked for."""
        return replace(self, set_aside_for_pretraining=True) if "pretrained" in pretraining else self

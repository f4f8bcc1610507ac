"""How the study trains: balanced batches, epochs of so many of them, and one balanced batch that says when to stop."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from linear_signal.errors import InputError
from linear_signal.training.settings import TrainingSettings


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """The paper's training, which its values are the defaults of: Adam, without decay, clipping or class weights.

    First weights are those of Keras (Glorot's, biases zero); the small constant in Adam's denominator is 1e-8, as there, and
    added behind the correction of the moments instead of before it.

    Attributes:
        max_epochs: at most so many.
        steps_per_epoch: mini-batches of an epoch.
        batch_size: samples of a mini-batch, half of them active, drawn with replacement.
        patience: epochs without a better loss on the validation batch after which training stops.
        validation_samples: size of that batch, half of it active, drawn once with replacement.
        learning_rate: of Adam.

    Raises:
        InputError: a value outside its range.

    Source: Schreiber et al. 2020, Methods; Keras 2.0.8.
    """

    max_epochs: int = 100
    steps_per_epoch: int = 400
    batch_size: int = 32
    patience: int = 5
    validation_samples: int = 3200
    learning_rate: float = 1e-3

    def __post_init__(self) -> None:
        for name, most in (("steps_per_epoch", 1_000_000), ("validation_samples", 10_000_000)):
            if not 1 <= getattr(self, name) <= most:
                raise InputError(f"{name} is {getattr(self, name)}; it must be at least 1 and at most {most:,}.")
        for name in ("batch_size", "validation_samples"):
            if getattr(self, name) % 2:
                raise InputError(f"{name} is {getattr(self, name)}; it must be even: half of the samples are active.")
        if not 0 < self.learning_rate < 1:
            raise InputError(f"learning_rate is {self.learning_rate}; it must be above 0 and below 1.")
        _ = self.settings  # which refuses the others

    @property
    def settings(self) -> TrainingSettings:
        """As the training loops want it."""
        return TrainingSettings(
            max_epochs=self.max_epochs, batch_size=self.batch_size, patience=self.patience, clip_norm=float("inf")
        )

    @property
    def most_steps(self) -> int:
        """Steps of a training that nothing stops."""
        return self.max_epochs * self.steps_per_epoch

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for the settings of a unit."""
        return asdict(self)

"""Settings of the training loop, with the paper's values as defaults."""

from __future__ import annotations

from dataclasses import dataclass

from linear_signal.errors import InputError, unknown

PATIENCE_COUNTS = ("since_improvement", "total")


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """How a member is trained.

    Attributes:
        max_epochs: passes over the fit samples, at most.
        batch_size: samples per step; a last batch of one sample is dropped.
        patience: epochs without a better tune loss after which training stops.
        patience_counts: "since_improvement" starts the count anew at every improvement; "total" never does, which is
            what the authors' code does.
        clip_norm: the gradient of all weights together is shortened to this Euclidean norm; infinite: never.
        tf32: on a GPU, matrix products may round their inputs to TF32: about three decimal digits, several times faster
            on large batches; the processor takes no notice.

    Raises:
        InputError: a value outside its range.

    Source: Heil et al. 2023, Methods, "Model training", and their code for batch size, clipping and patience.
    """

    max_epochs: int = 50
    batch_size: int = 16
    patience: int = 7
    patience_counts: str = "since_improvement"
    clip_norm: float = 0.01
    tf32: bool = False

    def __post_init__(self) -> None:
        if self.patience_counts not in PATIENCE_COUNTS:
            raise unknown("patience_counts", self.patience_counts, PATIENCE_COUNTS)
        for name, smallest, largest in (("max_epochs", 1, 1_000_000), ("batch_size", 2, 65_536), ("patience", 1, 1_000_000)):
            if not smallest <= getattr(self, name) <= largest:
                raise InputError(f"{name} is {getattr(self, name)}; it must be at least {smallest} and at most {largest:,}.")
        if not self.clip_norm > 0:
            raise InputError(f"clip_norm is {self.clip_norm}; it must be positive.")

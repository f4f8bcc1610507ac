"""A member: one model to train, what becomes of it, and when its training stops."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from linear_signal.training.settings import TrainingSettings


@dataclass(frozen=True, eq=False, kw_only=True)
class Member:
    """One model to train. What it learns depends on these settings only, not on who is trained beside it.

    Attributes:
        names: what its random numbers (first weights, order of samples, dropout) are derived from. Members with the same
            names and rows see the same mini-batches: the trials of one inner fold are compared on equal terms.
        fit_rows: int64, rows of the feature matrix to learn from.
        tune_rows: int64, rows whose loss stops the training.
        judge_rows: int64, rows to predict in the best state.
        further_rows: int64, rows to predict besides; they take no part in any loss.
        learning_rate: of Adam.
        weight_decay: L2 penalty added to the gradient by Adam.
        first_weights: what the first weights are drawn from, where not from ``names``: members that share it start alike.
        start: a state (``Trained.state``) to start from in place of drawn weights; what an earlier training learnt.
        balanced_steps: steps of an epoch, each with as many fit rows of every class, drawn with replacement; classes then
            weigh the same in every loss. 0: an epoch is every fit row once, and classes weigh by their inverse frequency.
    """

    names: tuple[str | int, ...]
    fit_rows: np.ndarray
    tune_rows: np.ndarray
    judge_rows: np.ndarray
    learning_rate: float
    weight_decay: float
    further_rows: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    first_weights: tuple[str | int, ...] | None = None
    start: dict[str, np.ndarray] | None = None
    balanced_steps: int = 0


@dataclass(frozen=True, eq=False, kw_only=True)
class Trained:
    """What became of a member.

    Attributes:
        scores: float32 [judge rows, outputs], before softmax or sigmoid, in the best state.
        further_scores: float32 [further rows, outputs], likewise.
        judge_loss: class-weighted mean loss on the judge rows. Samples of a class that neither fit nor tune rows hold are
            left out, since no setting could do well on them; NaN where that leaves none.
        best_epoch: epoch (from 1) whose state was kept; 0 where no epoch had a finite tune loss, so that the first
            weights were kept.
        out_of_patience: whether patience stopped the training, and not its last epoch.
        train_loss: float64 [epochs], mean over the steps of an epoch.
        tune_loss: float64 [epochs].
        state: the best state by name (``layout.named_state``) where it was asked for; empty otherwise.
    """

    scores: np.ndarray
    further_scores: np.ndarray
    judge_loss: float
    best_epoch: int
    out_of_patience: bool
    train_loss: np.ndarray
    tune_loss: np.ndarray
    state: dict[str, np.ndarray] = field(default_factory=dict)


@dataclass(eq=False)
class EarlyStopping:
    """Follows a member's tune loss.

    Attributes:
        settings: patience and how it is counted.
        best_epoch: epoch of the smallest loss so far; 0 before any.
        losses: all so far.
    """

    settings: TrainingSettings
    best_epoch: int = 0
    losses: list[float] = field(default_factory=list)
    _best_loss: float = float("inf")
    _waited: int = 0

    def improves(self, loss: float) -> bool:
        """Take note of the next epoch's loss; say whether it is the best so far."""
        self.losses.append(loss)
        better = loss < self._best_loss
        if better:
            self._best_loss, self.best_epoch = loss, len(self.losses)
            if self.settings.patience_counts == "since_improvement":
                self._waited = 0
        else:
            self._waited += 1
        return better

    @property
    def out_of_patience(self) -> bool:
        """Whether the loss has not improved for as long as patience allows."""
        return self._waited >= self.settings.patience

    @property
    def stopped(self) -> bool:
        """Whether patience or epochs have run out."""
        return self.out_of_patience or len(self.losses) >= self.settings.max_epochs

"""Mini-batches of a member: which samples and which hidden units it sees in every step of an epoch."""

from __future__ import annotations

import numpy as np

from linear_signal.errors import InputError
from linear_signal.seeds import generator


def steps_per_epoch(n_samples: int, batch_size: int) -> int:
    """Steps of an epoch; a last batch of one sample is dropped."""
    full, rest = divmod(n_samples, batch_size)
    return full + (rest > 1)


class BalancedRows:
    """Rows of every class apart, from which as many of each can be drawn.

    Args:
        rows: int64 [samples]; dealt out by class once, so that a draw takes no longer where there are millions.
        classes: int64 [rows], of all rows.

    Raises:
        InputError: the samples are all of one class.
    """

    def __init__(self, rows: np.ndarray, classes: np.ndarray) -> None:
        of_rows = classes[rows]
        self.by_class = [rows[of_rows == one] for one in np.unique(of_rows)]
        if len(self.by_class) < 2:
            raise InputError(
                f"Balanced batches need samples of two classes or more; these {len(rows):,} are of {len(self.by_class)}."
            )

    def draw(self, random: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
        """Draw with replacement: int64 of this shape, (draws, samples of each), the classes one after the other in a row.

        Raises:
            InputError: the samples of a draw cannot be dealt out evenly.
        """
        n_draws, size = shape
        each, rest = divmod(size, len(self.by_class))
        if rest:
            raise InputError(
                f"A balanced batch of {size:,} cannot hold as many samples of each of {len(self.by_class)} classes. Choose "
                f"a multiple of {len(self.by_class)}."
            )
        return np.concatenate([one[random.integers(len(one), size=(n_draws, each))] for one in self.by_class], axis=1)


class Batches:
    """Random order of samples and dropout masks, drawn from the names of a member, epoch after epoch, step after step.

    Args:
        names: what the random numbers are derived from; members of the same names see the same batches.
        fit_rows: int64 [samples].
        batch_size: samples per step.
        dropout: share of hidden units set to zero.
        n_hidden: hidden units of all layers together.
        balanced_steps: steps of an epoch, each with as many samples of every class, drawn with replacement; 0: an epoch is
            every sample once.
        classes: int64 [rows], of all rows; needed for balanced steps.

    Raises:
        InputError: as :class:`BalancedRows`.
    """

    def __init__(
        self,
        names: tuple[str | int, ...],
        fit_rows: np.ndarray,
        *,
        batch_size: int,
        dropout: float,
        n_hidden: int,
        balanced_steps: int = 0,
        classes: np.ndarray | None = None,
    ) -> None:
        self.fit_rows, self.batch_size, self.n_hidden = fit_rows, batch_size, n_hidden
        self.balanced = BalancedRows(fit_rows, classes) if balanced_steps else None
        self.n_steps = balanced_steps or steps_per_epoch(len(fit_rows), batch_size)
        # A mask is a byte: dropout is rounded to a 256th, and units whose byte is below the threshold are dropped.
        self.threshold = round(256 * dropout) if n_hidden else 0
        self._order = generator("order", *names)
        self._masks = generator("dropout", *names)

    def epoch(self) -> tuple[np.ndarray, np.ndarray]:
        """Draw the order of samples for an epoch: rows, int64 [steps, batch], and each step's length, int64 [steps].

        A short last batch is filled up with its first sample.
        """
        if self.balanced:
            return self.balanced.draw(self._order, (self.n_steps, self.batch_size)), np.full(self.n_steps, self.batch_size)
        order = self._order.permutation(self.fit_rows)
        rows = np.zeros(self.n_steps * self.batch_size, dtype=np.int64)
        used = min(len(order), len(rows))
        rows[:used] = order[:used]
        rows = rows.reshape(self.n_steps, self.batch_size)
        lengths = np.full(self.n_steps, self.batch_size, dtype=np.int64)
        if used < rows.size:
            lengths[-1] = used - (self.n_steps - 1) * self.batch_size
            rows[-1, lengths[-1] :] = rows[-1, 0]
        return rows, lengths

    def masks(self, n_steps: int) -> np.ndarray:
        """Draw the masks of the next steps: uint8 [steps, batch, hidden units]; empty without dropout."""
        if not self.threshold:
            return np.empty((0, 0, 0), dtype=np.uint8)
        size = self.batch_size * self.n_hidden
        # Bytes are drawn by eights: whole eights per step make the draws the same for any number of steps.
        eights = -(-size // 8)
        drawn = self._masks.bit_generator.random_raw(n_steps * eights).astype("<u8", copy=False).view(np.uint8)
        drawn = drawn.reshape(n_steps, 8 * eights)[:, :size]
        return np.ascontiguousarray(drawn).reshape(n_steps, self.batch_size, self.n_hidden)

"""Mini-batches of a member: which samples and which hidden units it sees in every step of an epoch."""

from __future__ import annotations

import numpy as np

from linear_signal.seeds import generator


def steps_per_epoch(n_samples: int, batch_size: int) -> int:
    """Steps of an epoch; a last batch of one sample is dropped."""
    full, rest = divmod(n_samples, batch_size)
    return full + (rest > 1)


class Batches:
    """Random order of samples and dropout masks, drawn from the names of a member, epoch after epoch, step after step.

    Args:
        names: what the random numbers are derived from; members of the same names see the same batches.
        fit_rows: int64 [samples].
        batch_size: samples per step.
        dropout: share of hidden units set to zero.
        n_hidden: hidden units of all layers together.
    """

    def __init__(
        self, names: tuple[str | int, ...], fit_rows: np.ndarray, *, batch_size: int, dropout: float, n_hidden: int
    ) -> None:
        self.fit_rows, self.batch_size, self.n_hidden = fit_rows, batch_size, n_hidden
        self.n_steps = steps_per_epoch(len(fit_rows), batch_size)
        # A mask is a byte: dropout is rounded to a 256th, and units whose byte is below the threshold are dropped.
        self.threshold = round(256 * dropout) if n_hidden else 0
        self._order = generator("order", *names)
        self._masks = generator("dropout", *names)

    def epoch(self) -> tuple[np.ndarray, np.ndarray]:
        """Draw the order of samples for an epoch: rows, int64 [steps, batch], and each step's length, int64 [steps].

        A short last batch is filled up with its first sample.
        """
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
        # Bytes are drawn by fours: whole fours per step make the draws the same for any number of steps.
        padded = -(-size // 4) * 4
        drawn = np.frombuffer(self._masks.bytes(n_steps * padded), dtype=np.uint8).reshape(n_steps, padded)
        return np.ascontiguousarray(drawn[:, :size]).reshape(n_steps, self.batch_size, self.n_hidden)

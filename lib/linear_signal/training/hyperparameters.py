"""Trials: learning rates and weight decays, all drawn before anything is trained."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from linear_signal.errors import InputError
from linear_signal.seeds import generator


@dataclass(frozen=True)
class Trial:
    """One setting to try."""

    learning_rate: float
    weight_decay: float


def draw_trials(
    n_trials: int,
    *,
    learning_rate_range: tuple[float, float],
    weight_decay_range: tuple[float, float],
    names: tuple[str | int, ...],
) -> list[Trial]:
    """Draw settings at random, each log-uniform on its range.

    The range is cut into ``n_trials`` equal parts on the log scale and one value is drawn from each, in random order
    (Latin hypercube sampling, McKay, Beckman & Conover 1979): every draw is log-uniform, and few trials cover the range.

    Raises:
        InputError: no trials, or a range that is not positive and increasing.
    """
    if n_trials < 1:
        raise InputError(f"n_trials is {n_trials}; tuning needs at least 1.")
    columns = []
    for kind, (low, high) in (("learning_rate", learning_rate_range), ("weight_decay", weight_decay_range)):
        if not 0 < low < high:
            raise InputError(f"The {kind} range is {low} to {high}; it must be positive and increasing.")
        random = generator("trials", kind, n_trials, *names)
        places = (random.permutation(n_trials) + random.random(n_trials)) / n_trials
        columns.append(np.exp(np.log(low) + places * (np.log(high) - np.log(low))))
    return [Trial(float(rate), float(decay)) for rate, decay in zip(*columns, strict=True)]

"""How many doubles a network must learn from before it beats every linear model: a learning curve on module epistasis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from linear_signal.errors import InputError
from linear_signal.seeds import generator
from linear_signal.studies.ahlmann2025.additive import additive, additive_with_slope
from linear_signal.studies.ahlmann2025.evaluate import evaluate
from linear_signal.studies.ahlmann2025.networks import NetworkSettings, network_prediction
from linear_signal.studies.ahlmann2025.ridge import ridge_multi_hot
from linear_signal.studies.ahlmann2025.simulated_modules import SimulatedModules
from linear_signal.studies.ahlmann2025.splits import split_module_pairs

NORMAN_DOUBLES = 62  # of the Norman data that are learnt from
SIZES = (NORMAN_DOUBLES, 250, 1000, 2000, 3500)
PENALTIES = (0.1, 1.0, 10.0)
SETTINGS = NetworkSettings(hidden=(256, 256), epochs=150, batch_size=128, learning_rate=1e-3, weight_decay=1e-2)
RANDOM, MODULES = "random doubles", "whole module pairs"


def power_curve(
    made: SimulatedModules,
    *,
    sizes: Sequence[int] = SIZES,
    n_judged: int = 500,
    held_out: str = RANDOM,
    settings: NetworkSettings = SETTINGS,
    seed: int = 0,
) -> pd.DataFrame:
    """Errors by number of training doubles, all singles learnt from as well.

    The same doubles are judged at every size, and a smaller training set is part of a larger one.

    Args:
        made: simulated data.
        sizes: numbers of doubles to learn from.
        n_judged: how many doubles to judge on, at most.
        held_out: "random doubles", or "whole module pairs", of which no double is learnt from: what a network cannot know.
        settings: of the network.
        seed: which doubles.

    Returns:
        train_doubles, held_out, model ("additive", "additive_slope", "ridge <penalty>", "mlp", "repeat"), l2, pearson_delta.

    Raises:
        InputError: another word for ``held_out``, or fewer doubles than the sizes ask for.
    """
    if held_out not in (RANDOM, MODULES):
        raise InputError(f"held_out is {held_out!r}; allowed: {RANDOM!r}, {MODULES!r}.")
    data, random = made.data, generator("power", made.data.name, held_out, seed)
    if held_out == RANDOM:
        all_doubles = data.doubles
        shuffled = [all_doubles[place] for place in random.permutation(len(all_doubles))]
        judged, pool = shuffled[:n_judged], shuffled[n_judged:]
    else:
        split = split_module_pairs(data, made.modules, seed=seed, held_out=min(0.5, n_judged / len(data.doubles)))
        doubles, others = set(data.doubles), list(split.judged)
        judged = [others[place] for place in random.permutation(len(others))[:n_judged]]
        left = [one for one in split.train if one in doubles]
        pool = [left[place] for place in random.permutation(len(left))]
    if not sizes or min(sizes) < 1 or max(sizes) > len(pool):
        raise InputError(f"sizes are {list(sizes)}; from 1 to {len(pool)} doubles are there to learn from.")
    truth, parts = data.rows(judged), []
    for size in sizes:
        train = [data.control, *data.singles, *pool[:size]]
        said = {
            "additive": additive(data, train, judged),
            "additive_slope": additive_with_slope(data, train, judged),
            **{f"ridge {penalty:g}": ridge_multi_hot(data, train, judged, penalty=penalty) for penalty in PENALTIES},
            "mlp": network_prediction(data, train, judged, settings=settings, seed=seed),
            "repeat": made.repeat.rows(judged),
        }
        means = evaluate(said, truth, data.control_mean, metrics=("l2", "pearson_delta")).means
        parts.append(means.rename_axis("model").reset_index().assign(train_doubles=size, held_out=held_out))
    return pd.concat(parts, ignore_index=True)[["train_doubles", "held_out", "model", "l2", "pearson_delta"]]


def crossover(curve: pd.DataFrame) -> float:
    """Smallest number of training doubles from which on the network beats every linear model; infinite without one."""
    wide = curve.pivot(index="train_doubles", columns="model", values="l2").sort_index()
    linear = wide.drop(columns=["mlp", "repeat"]).min(axis=1)
    behind = np.flatnonzero(~(wide["mlp"] < linear))
    first = behind[-1] + 1 if len(behind) else 0
    return float(wide.index[first]) if first < len(wide) else np.inf

"""The positive control: doubles whose interactions follow a rule of modules, so that a network must win in the end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from linear_signal.errors import InputError
from linear_signal.seeds import generator
from linear_signal.studies.ahlmann2025.conditions import CONTROL
from linear_signal.studies.ahlmann2025.pseudobulk import Pseudobulk
from linear_signal.studies.ahlmann2025.simulated_doubles import CONTROL_CELLS, measured

RULES = ("additive", "masking", "synergy", "cancel")
NOISE = 0.3


@dataclass(frozen=True, eq=False, kw_only=True)
class SimulatedModules:
    """A made-up data set of all singles and many doubles, ruled by modules.

    Attributes:
        data: means with noise.
        repeat: the same conditions measured once more.
        truth: means without noise.
        modules: perturbed gene -> module, for splits that hold out pairs of modules.
    """

    data: Pseudobulk
    repeat: Pseudobulk
    truth: pd.DataFrame
    modules: dict[str, int]


def simulate_modules(
    *, n_genes: int = 100, n_singles: int = 100, n_doubles: int = 4000, n_modules: int = 6, seed: int = 0
) -> SimulatedModules:
    """Simulate epistasis between modules: what a pair does follows from the two modules that its genes belong to.

    Genes of a module change expression alike. Every pair of modules has one rule: the changes add up (additive), only the
    first module's counts (masking), the sum counts 1.6 times (synergy), or nothing changes (cancel). All of it can be
    learnt from enough doubles, and nothing of it from singles.

    Raises:
        InputError: sizes that make no such data.
    """
    n_pairs = n_singles * (n_singles - 1) // 2
    if not 2 <= n_modules <= n_singles or not 1 <= n_doubles <= n_pairs or n_genes < 2:
        raise InputError(
            f"n_modules {n_modules}, n_singles {n_singles}, n_doubles {n_doubles}, n_genes {n_genes}: from 2 modules to one "
            f"per single, at most {n_pairs} doubles, at least 2 genes."
        )
    random = generator("modules", n_genes, n_singles, n_doubles, n_modules, seed)
    module = random.permutation(np.arange(n_singles) % n_modules)
    centre = random.standard_normal((n_modules, n_genes))
    singles = 0.25 * (0.8 * centre[module] + 0.6 * random.standard_normal((n_singles, n_genes)))
    rule = random.integers(len(RULES), size=(n_modules, n_modules))
    first, second = np.triu_indices(n_singles, k=1)
    chosen = random.choice(n_pairs, size=n_doubles, replace=False)
    # The module with the lower number is the first one, so that the rule does not hang on the order of the genes.
    ends = np.stack([first[chosen], second[chosen]])
    ends = np.take_along_axis(ends, np.argsort(module[ends], axis=0, kind="stable"), axis=0)
    one, other = singles[ends[0]], singles[ends[1]]
    ruled = rule[module[ends[0]], module[ends[1]]][:, None]
    changes = np.choose(ruled, [one + other, one, 1.6 * (one + other), 0.0])

    names = np.array([f"T{place:03d}" for place in range(n_singles)])
    doubles = ["+".join(sorted(pair)) for pair in names[ends.T]]
    control = random.gamma(1.6, 0.55, n_genes) + 0.25
    truth = pd.DataFrame(
        np.vstack([control, control + singles, control + changes]),
        index=[CONTROL, *(f"{name}+{CONTROL}" for name in names), *doubles],
        columns=[f"G{place:04d}" for place in range(n_genes)],
    )
    cells = np.exp(random.uniform(np.log(120), np.log(700), len(truth))).astype(int)
    n_cells = pd.Series([CONTROL_CELLS, *cells[1:]], index=truth.index)
    name = f"modules, seed {seed}"
    data, repeat = (measured(truth, n_cells, NOISE, random, name=name) for _ in range(2))
    return SimulatedModules(
        data=data, repeat=repeat, truth=truth, modules=dict(zip(names.tolist(), module.tolist(), strict=True))
    )

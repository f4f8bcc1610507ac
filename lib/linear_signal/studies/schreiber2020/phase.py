"""Where does looking at a cell type's marks overtake the average of other cell types? A grid over simulated loci."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from linear_signal.analysis.average_precision import average_precision
from linear_signal.errors import InputError
from linear_signal.studies.schreiber2020.simulator import STANDARD, simulate_loci

SHARES = (0.05, 0.25, 0.5, 0.7, 0.85, 0.95)
NOISES = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
# Of z, baseline and deviation together; that of the standard preset is 5.2.
_VARIANCE = 5.0


def share_between_loci(values: np.ndarray) -> float:
    """Share of the variance that is the locus's own: var(a) / (var(a) + var(e)) in ``mean + a_locus + b_cell_type + e``.

    Where it is high, a score is mostly of what a model gets for remembering loci. The variances are estimated from the mean
    squares of the two-way table, so that few cell types do not pass noise off as the locus's own.

    Args:
        values: [loci, cell types], activity or labels, two or more of each.

    >>> share_between_loci(np.array([[0.0, 1.0], [5.0, 6.0], [9.0, 10.0]]))
    1.0
    """
    table = np.asarray(values, dtype=np.float64)
    if table.ndim != 2 or min(table.shape) < 2:
        raise InputError(f"Values have shape {table.shape}; two loci and two cell types are needed at least.")
    n_loci, n_cell_types = table.shape
    of_loci = table.mean(axis=1, keepdims=True)
    rest = table - of_loci - table.mean(axis=0) + table.mean()
    left = (rest**2).sum() / ((n_loci - 1) * (n_cell_types - 1))
    between = max(of_loci.var(ddof=1) - left / n_cell_types, 0.0)
    return float(between / (between + left)) if between + left > 0 else np.nan


def phase_grid(
    shares: Sequence[float] = SHARES,
    noises: Sequence[float] = NOISES,
    *,
    n_loci: int = 400,
    n_cell_types: int = 8,
    seed: int = 0,
) -> pd.DataFrame:
    """Average precision of the average label and of logistic regression on marks, over a grid of simulations.

    Every cell type is the target in turn, and both know the same: the other cell types at the same loci. The regression
    learns there what marks mean and sees the target's marks; the average looks at labels alone. Kinds of loci, marks and
    their weights are those of the standard simulation; baselines and deviations are scaled to the share, deviations for all
    kinds alike.

    Args:
        shares: of the variance that is between loci, above 0 and below 1.
        noises: standard deviation of the marks' noise.
        n_loci, n_cell_types: of each simulation.
        seed: of all simulations; noise alone differs along a row of the grid.

    Returns:
        One row per point: share_between_loci, mark_noise, prevalence, average_label, by_marks (means over targets),
        difference (by marks - average), and found_share, the share estimated from the activity, label noise included.

    Raises:
        InputError: a share out of range, or what the simulation refuses.
    """
    if not all(0 < share < 1 for share in shares):
        raise InputError(f"Shares of the variance between loci are {list(shares)}; each lies above 0 and below 1.")
    mix, means = np.array(STANDARD.mix), np.array(STANDARD.locus_means)
    of_baselines = mix @ means**2 - (mix @ means) ** 2 + STANDARD.locus_sd**2
    of_deviations = STANDARD.factor_sd**2 + STANDARD.own_sd**2
    rows = []
    for share in shares:
        wide = np.sqrt(share * _VARIANCE / of_baselines)
        own = np.sqrt((1 - share) * _VARIANCE / of_deviations)
        for noise in noises:
            table = simulate_loci(
                seed=seed,
                n_loci=n_loci,
                n_cell_types=n_cell_types,
                locus_means=tuple(means * wide),
                locus_sd=STANDARD.locus_sd * wide,
                deviation_sds=(own,) * 3,
                mark_noise=noise,
                sequence_length=1,
            )
            found = [_in_target(table.labels, table.signal, target) for target in range(n_cell_types)]
            average, by_marks = np.mean(found, axis=0).tolist()
            rows.append(
                {
                    "share_between_loci": share,
                    "mark_noise": noise,
                    "prevalence": table.labels.mean(),
                    "average_label": average,
                    "by_marks": by_marks,
                    "difference": by_marks - average,
                    "found_share": share_between_loci(table.activity),
                }
            )
    return pd.DataFrame(rows)


def _in_target(labels: np.ndarray, signal: np.ndarray, target: int) -> np.ndarray:
    """Average precision in one cell type of the others' average and of logistic regression on marks, [2]."""
    from sklearn.linear_model import LogisticRegression

    others = np.delete(np.arange(labels.shape[1]), target)
    marks = signal[:, others].reshape(-1, signal.shape[2])
    # Of so few features a step of Newton's method costs next to nothing.
    model = LogisticRegression(solver="newton-cholesky").fit(marks, labels[:, others].ravel())
    by_marks = model.decision_function(signal[:, target])
    return average_precision(np.stack([labels[:, others].mean(axis=1), by_marks]), labels[:, target])

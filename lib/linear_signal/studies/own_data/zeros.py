"""Do zeros alone, whether a gene was seen at all, tell classes apart?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from linear_signal.seeds import generator
from linear_signal.studies.own_data.cells import cells_of
from linear_signal.studies.own_data.design import parts_of
from linear_signal.studies.own_data.probes import auc
from linear_signal.studies.own_data.residuals import sample_set

_PERMUTATIONS = 39
_MOST_SAMPLES, _MOST_GENES = 1000, 2000


def zeros_tell_classes(
    mask: np.ndarray, labels: np.ndarray, groups: np.ndarray, *, names: Sequence[str | int] = ("data",)
) -> tuple[bool, float]:
    """Learn the classes' mean masks on whole groups and judge on others.

    Args:
        mask: bool [samples, genes], whether a gene was seen.
        labels, groups: [samples].
        names: what random numbers are derived from.

    Returns:
        Whether the area under the curve is larger than in all but one of 39 permutations of labels over groups; the area.
    """
    codes, of_group = (np.unique(some, return_inverse=True)[1] for some in (labels, groups))
    cells = cells_of(codes, of_group, most=_MOST_SAMPLES, names=(*names, "zeros"))
    parts = parts_of(cells, n_repeats=1, names=(*names, "zeros"))
    seen = mask[cells.rows].astype(np.float32)
    spread = seen.std(axis=0)
    chosen = np.argsort(-spread, kind="stable")[:_MOST_GENES]
    chosen = chosen[spread[chosen] > 0]
    if not parts or not len(chosen):
        return False, 0.5
    seen = (seen[:, chosen] - seen[:, chosen].mean(axis=0)) / spread[chosen]

    def area(of_sample: np.ndarray) -> float:
        areas = []
        for part in parts:
            fit, judged = (sample_set(cells, of_sample, some) for some in (part.fit, part.cuts[0]))
            means = fit.weights @ seen[fit.rows]
            scores = seen[judged.rows] @ means.T - np.square(means).sum(axis=1) / 2
            areas.append(auc(scores, judged.classes))
        return float(np.mean(areas))

    observed = area(cells.of_sample)
    draws = (generator(*names, "zeros", one) for one in range(_PERMUTATIONS))
    reached = sum(area(cells.permuted(random)) >= observed for random in draws)
    return reached < 2, observed

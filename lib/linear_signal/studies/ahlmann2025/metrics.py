"""What predictions are judged by: one table, of which the documentation is made as well."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from linear_signal.analysis.metrics import Metric

TOP_CHANGED = 20  # genes per condition whose direction is asked for, as in GEARS
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False, kw_only=True)
class Judged:
    """Predictions beside what was observed, on the genes that are judged.

    Attributes:
        predicted, observed: float64 [conditions, genes].
        control: control mean [genes].
        training_mean: mean of the training conditions [genes].
    """

    predicted: np.ndarray
    observed: np.ndarray
    control: np.ndarray
    training_mean: np.ndarray


@dataclass(frozen=True, kw_only=True)
class PerturbationMetric(Metric):
    """A metric of predicted perturbations, one number per condition.

    Attributes:
        quantity: what it measures, in words.
        formula: in TeX; m is observed, m-hat predicted, c the control, t the mean of the training conditions.
        empty: what counts where the formula has no value.
        floor: what a prediction without information about the condition gets.
        ceiling: what the same experiment done twice gets.
        without_value: number that stands for "no information" where the formula has none, when scores are calibrated.
        measure: from predictions to one number per condition, NaN where there is none.
    """

    quantity: str
    formula: str
    empty: str
    floor: str
    ceiling: str
    without_value: float = float("nan")
    measure: Callable[[Judged], np.ndarray]


def row_correlations(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Pearson correlation of each row with the same row of the other; NaN where one of them does not vary."""
    return row_cosines(left - left.mean(axis=1, keepdims=True), right - right.mean(axis=1, keepdims=True))


def row_cosines(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Cosine of the angle between each row and the same row of the other; NaN where one of them is zero up to rounding."""
    sizes = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    defined = (np.linalg.norm(left, axis=1) > _ROUNDING) & (np.linalg.norm(right, axis=1) > _ROUNDING)
    return np.where(defined, np.einsum("ij,ij->i", left, right) / np.where(defined, sizes, 1.0), np.nan)


def _distances(judged: Judged) -> np.ndarray:
    """Distance of every prediction (row) to every observation (column)."""
    # About the control, where numbers are small: a difference of large squares would lose digits.
    left, right = judged.predicted - judged.control, judged.observed - judged.control
    squares = (left**2).sum(axis=1)[:, None] + (right**2).sum(axis=1)[None] - 2 * left @ right.T
    return np.sqrt(np.maximum(squares, 0.0))


def _share_farther(distances: np.ndarray) -> np.ndarray:
    """Share of the other columns in which a row's distance is larger than on the diagonal; a tie counts half."""
    if len(distances) < 2:
        return np.full(len(distances), np.nan)
    beyond = distances - np.diag(distances)[:, None]
    tie = np.abs(beyond) <= _ROUNDING * (1 + distances)
    counts = ((beyond > 0) & ~tie).sum(axis=1) + 0.5 * (tie.sum(axis=1) - 1)  # its own place ties with itself
    return counts / (len(distances) - 1)


def _wrong_direction(judged: Judged) -> np.ndarray:
    seen, said = judged.observed - judged.control, judged.predicted - judged.control
    most = np.argsort(-np.abs(seen), axis=1, kind="stable")[:, :TOP_CHANGED]
    products = np.take_along_axis(seen * said, most, axis=1)
    return (products < 0).mean(axis=1)


_CORRELATED = {"lowest": -1.0, "highest": 1.0, "level": 0.02, "without_value": 0.0}
_SHARE = {"lowest": 0.0, "highest": 1.0, "level": 0.02}

METRICS: tuple[PerturbationMetric, ...] = (
    PerturbationMetric(
        column="l2",
        title="L2 distance",
        higher_is_better=False,
        lowest=0.0,
        level=0.05,
        quantity="Distance of the predicted from the observed means",
        formula=r"\lVert \hat m - m \rVert_2",
        empty="always has a value",
        floor="no change: the length of the observed change; the mean: what perturbations do not share",
        ceiling="the noise of two means; it falls with the number of cells and never reaches 0",
        measure=lambda judged: np.linalg.norm(judged.predicted - judged.observed, axis=1),
    ),
    PerturbationMetric(
        column="pearson",
        title="Pearson correlation",
        quantity="Correlation of predicted with observed means",
        formula=r"r(\hat m, m)",
        empty="no value where the prediction is the same for all genes",
        floor="near 1 for any prediction, as genes differ more than conditions",
        ceiling="near 1",
        measure=lambda judged: row_correlations(judged.predicted, judged.observed),
        **_CORRELATED | {"level": 0.005},
    ),
    PerturbationMetric(
        column="pearson_delta",
        title="Pearson delta",
        quantity="Correlation of predicted with observed changes from the control",
        formula=r"r(\hat m - c, m - c)",
        empty="no value where no change is predicted; counts as 0 when calibrated",
        floor="the mean gets as much as perturbations share a response: from 0 to .9",
        ceiling="below 1 by noise; near 0 for perturbations without an effect",
        measure=lambda judged: row_correlations(judged.predicted - judged.control, judged.observed - judged.control),
        **_CORRELATED,
    ),
    PerturbationMetric(
        column="cosine",
        title="Cosine of the changes",
        quantity="Angle between predicted and observed changes from the control",
        formula=r"\cos(\hat m - c, m - c)",
        empty="no value where no change is predicted; counts as 0 when calibrated",
        floor="as of Pearson delta; higher where all genes change one way",
        ceiling="below 1 by noise",
        measure=lambda judged: row_cosines(judged.predicted - judged.control, judged.observed - judged.control),
        **_CORRELATED,
    ),
    PerturbationMetric(
        column="pearson_from_mean",
        title="Pearson against the perturbed mean",
        quantity="Correlation of predicted with observed deviations from what perturbations do on average (Systema)",
        formula=r"r(\hat m - t, m - t)",
        empty="no value where the mean is predicted; counts as 0 when calibrated",
        floor="0 for the mean; −1 to 1 by chance for no change",
        ceiling="below 1 by noise",
        measure=lambda judged: row_correlations(
            judged.predicted - judged.training_mean, judged.observed - judged.training_mean
        ),
        **_CORRELATED,
    ),
    PerturbationMetric(
        column="centroid_accuracy",
        title="Centroid accuracy",
        quantity="Share of the other conditions to whose observation the prediction is farther than to its own (Systema)",
        formula=r"\frac{1}{n-1} \sum_{k \neq j} [\,\lVert \hat m_j - m_k \rVert > \lVert \hat m_j - m_j \rVert\,]",
        empty="no value with a single condition; a tie counts half",
        floor=".5 on average for a prediction that is the same for all conditions",
        ceiling="1 where conditions lie further apart than noise",
        measure=lambda judged: _share_farther(_distances(judged)),
        **_SHARE,
    ),
    PerturbationMetric(
        column="rank",
        title="Rank of the right perturbation",
        higher_is_better=False,
        quantity="Share of the other predictions that lie closer to the observation than the right one (PerturBench)",
        formula=r"\frac{1}{n-1} \sum_{k \neq j} [\,\lVert \hat m_k - m_j \rVert < \lVert \hat m_j - m_j \rVert\,]",
        empty="no value with a single condition; a tie counts half",
        floor=".5 for a prediction that is the same for all conditions",
        ceiling="0 where conditions lie further apart than noise",
        measure=lambda judged: 1 - _share_farther(_distances(judged).T),
        **_SHARE,
    ),
    PerturbationMetric(
        column="wrong_direction",
        title="Share in the wrong direction",
        higher_is_better=False,
        quantity=f"Share of the {TOP_CHANGED} genes that change most whose predicted change has the other sign (GEARS)",
        formula=r"\frac{1}{20} \sum_{g} [\,(\hat m_g - c_g)(m_g - c_g) < 0\,]",
        empty="a predicted change of exactly 0 is not wrong, so no change gets 0",
        floor=".5 by chance; less where perturbations share a response; 0 for no change",
        ceiling="0 where the largest changes are above noise",
        measure=_wrong_direction,
        **_SHARE,
    ),
)
BY_COLUMN = {metric.column: metric for metric in METRICS}


def metrics_table() -> pd.DataFrame:
    """Document the metrics, a row each: column, title, which way is better, limits, quantity, formula and conventions."""
    rows = [
        {
            "column": metric.column,
            "title": metric.title,
            "better": "higher" if metric.higher_is_better else "lower",
            "lowest": metric.lowest,
            "highest": metric.highest,
            **{name: getattr(metric, name) for name in ("quantity", "formula", "empty", "floor", "ceiling")},
        }
        for metric in METRICS
    ]
    return pd.DataFrame(rows)

"""Floors: how well the label is told from the group alone, and from how samples were measured alone."""

from __future__ import annotations

import numpy as np
import pandas as pd

from linear_signal.seeds import seed_of
from linear_signal.studies.own_data.covariates import features_of

_FOLDS = 5


def floors(
    classes: np.ndarray, groups: np.ndarray | None, depth: pd.DataFrame | None, covariates: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Balanced accuracy without a single gene: what any model has to beat.

    Args:
        classes: int64 [samples].
        groups: [samples], or None. From the group alone a sample has the commonest label of its group's other samples, which
            a split by groups hides and a split by samples does not.
        depth: [samples, features], such as total counts; a model of their logarithms and squares is judged on whole groups.
        covariates: [samples, columns], numbers or texts, such as age and sex; a model of these and their products, likewise.

    Returns:
        A row each, as ``OwnComparison.models``: model "group", "library_size", "covariates"; those that can be told.
    """
    rows = []
    chance = 1 / len(np.unique(classes))
    if groups is not None:
        rows.append({"model": "group", "title": "The group alone, split by samples", "mean": _from_group(classes, groups)})
    of_group = np.arange(len(classes)) if groups is None else groups
    if depth is not None and len(depth.columns):
        values = depth.to_numpy(dtype=np.float64)
        values = np.where(values.min(axis=0) >= 0, np.log1p(np.maximum(values, 0)), values)
        reached = _from_features(classes, of_group, values)
        rows.append({"model": "library_size", "title": "Library size and zeros alone", "mean": reached})
    if covariates is not None and len(covariates.columns):
        reached = _from_features(classes, of_group, features_of(covariates))
        rows.append({"model": "covariates", "title": f"{', '.join(map(str, covariates))} alone", "mean": reached})
    return (
        pd.DataFrame(rows).assign(lower=np.nan, upper=np.nan, chance=chance).dropna(subset=["mean"])
        if rows
        else pd.DataFrame()
    )


def _from_group(classes: np.ndarray, groups: np.ndarray) -> float:
    of_group = np.unique(groups, return_inverse=True)[1]
    n_classes = classes.max() + 1
    counts = np.zeros((of_group.max() + 1, n_classes))
    np.add.at(counts, (of_group, classes), 1)
    others = counts[of_group] - np.eye(n_classes)[classes]
    # A sample whose group holds no other is guessed: as often right as chance.
    alone = others.sum(axis=1) == 0
    best = others.max(axis=1)
    right = np.where(
        alone, 1 / n_classes, (others[np.arange(len(classes)), classes] == best) / (others == best[:, None]).sum(1)
    )
    return float(np.mean([right[classes == one].mean() for one in np.unique(classes)]))


def _from_features(classes: np.ndarray, groups: np.ndarray, values: np.ndarray) -> float:
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import PolynomialFeatures, StandardScaler

    if not np.isfinite(values).all() or not (values.std(axis=0) > 0).any() or len(np.unique(groups)) < _FOLDS:
        return float("nan")
    model = make_pipeline(
        StandardScaler(), PolynomialFeatures(2), StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=2000)
    )
    reached = []
    folds = GroupKFold(_FOLDS, shuffle=True, random_state=seed_of("floors") % 2**32)
    for learnt, judged in folds.split(values, groups=groups):
        truth = classes[judged]
        if len(np.unique(classes[learnt])) > 1 and len(np.unique(truth)) > 1:
            predicted = model.fit(values[learnt], classes[learnt]).predict(values[judged])
            reached.append(np.mean([(predicted[truth == one] == one).mean() for one in np.unique(truth)]))
    return float(np.mean(reached)) if reached else float("nan")

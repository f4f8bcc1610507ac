"""Contrasts between groups of runs: two kinds of splits, which share no folds, and two families of models, which do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from linear_signal.analysis.comparison import against_naive
from linear_signal.analysis.contrast_rows import RUN, Contrast, as_believed, contrast_table, resolution
from linear_signal.analysis.intervals import SAME, interval_of_mean
from linear_signal.analysis.metrics import BALANCED_ACCURACY, Metric
from linear_signal.errors import InputError, unknown
from linear_signal.models.titles import model_family

_SIZES = ("train_samples", "validation_samples", "smallest_class_groups")


def compare_splits(
    fits: pd.DataFrame,
    first: str = "sample",
    second: str = "group",
    *,
    by: Sequence[str] = ("task", "signal", "model"),
    fraction: float | None = None,
    confidence: float = 0.95,
    together: bool = False,
    metric: Metric = BALANCED_ACCURACY,
) -> pd.DataFrame:
    """Difference between two kinds of splits.

    Their folds differ, so runs cannot be paired. Each mean has the variance that allows for overlapping training sets
    (:func:`~linear_signal.analysis.intervals.corrected_interval`); the variances add up, and the degrees of freedom
    are Welch's (1947, Biometrika 34:28-35).

    Args:
        fits: the results table, with both splits in column ``split``.
        first, second: names of the splits.
        by: one comparison per combination of these columns.
        fraction: share of the training samples; None takes the largest in the table.
        confidence: of the intervals.
        together: whether all rows hold at once (Bonferroni), so that the largest may be picked afterwards.
        metric: one with a level of chance; differences are positive where the first split is better.

    Returns:
        One row per combination: comparison ("splits"), ``by``, first, second, fraction, n_first and n_second (runs), n_pairs
        (the smaller of the two), n_seeds, first_mean, second_mean, and from difference on the columns of
        :func:`~linear_signal.analysis.contrast_rows.contrast_table`.

    Raises:
        InputError: a split that is not in the table, or no combination that has both.
    """
    for name in (first, second):
        if name not in set(fits["split"]):
            raise unknown("split", name, dict.fromkeys(fits["split"]))
    fraction = fits["fraction"].max() if fraction is None else fraction
    sides = [
        against_naive(fits[fits["split"] == name], by=by, fraction=fraction, confidence=confidence, metric=metric).set_index(
            list(by)
        )
        for name in (first, second)
    ]
    shared = sides[0].index.intersection(sides[1].index, sort=False)
    if shared.empty:
        raise InputError(f"Nothing was run with both split {first!r} and split {second!r}; run both.")
    several = len(shared) if together else 1
    rows = []
    for key in shared:
        left, right = (side.loc[key] for side in sides)
        place = key if isinstance(key, tuple) else (key,)
        names = {"comparison": "splits", **dict(zip(by, place, strict=True)), "first": first, "second": second}
        rows.append(names | _between_splits(left, right, confidence, several, metric))
    return pd.DataFrame(rows)


def _between_splits(left: pd.Series, right: pd.Series, confidence: float, several: int, metric: Metric) -> dict[str, object]:
    difference = float(metric.advantage(left["first_mean"], right["first_mean"]))
    variances = np.array([left["standard_error"], right["standard_error"]]) ** 2
    freedoms = np.array([left["degrees_of_freedom"], right["degrees_of_freedom"]], dtype=float)
    row = {
        "fraction": left["fraction"],
        "n_first": left["n_pairs"],
        "n_second": right["n_pairs"],
        "n_pairs": min(left["n_pairs"], right["n_pairs"]),
        "n_seeds": min(left["n_seeds"], right["n_seeds"]),
        "first_mean": left["first_mean"],
        "second_mean": right["first_mean"],
        "difference": difference,
        "confidence": confidence,
        "adjusted_for": several,
        "smallest_class_groups": min(left["smallest_class_groups"], right["smallest_class_groups"]),
        "constant": False,
        "metric": metric.title,
        "best": metric.best,
        "margin": metric.margin(),
    }
    if not (freedoms > 0).all() or variances.sum() == 0:
        note = SAME if (freedoms > 0).all() else "a single run on one side: no interval"
        missing = ("lower", "upper", "p_value", "degrees_of_freedom", "standard_error", "level_lower", "level_upper")
        return row | dict.fromkeys((*missing, "resolution"), float("nan")) | {"note": note}
    freedom, error = float(variances.sum() ** 2 / (variances**2 / freedoms).sum()), float(np.sqrt(variances.sum()))
    # Bonferroni: the folds of the two sides differ, so there are no common runs to learn a correlation from.
    each = 1 - (1 - confidence) / several
    found = interval_of_mean(difference, error, freedom, within=metric.differences_within(), confidence=each)
    found = as_believed(found, row["smallest_class_groups"], confidence, of_accuracy=False)
    kept = ("lower", "upper", "p_value", "degrees_of_freedom", "standard_error", "level_lower", "level_upper", "note")
    return row | {name: getattr(found, name) for name in kept} | {"resolution": resolution(error, freedom, each)}


def gains(
    fits: pd.DataFrame,
    first: str = "pretrained",
    second: str = "none",
    *,
    of: str = "pretraining",
    fraction: float | None = None,
    metric: Metric = BALANCED_ACCURACY,
) -> pd.DataFrame:
    """Gain from pretraining or another change in every single run: one row per task, model, seed and fold with both.

    Args:
        fits: the results table.
        first, second: values of the column ``of``.
        of: what is changed: ``pretraining``, ``signal``.
        fraction: share of the training samples; None takes the largest in the table.
        metric: what is gained.

    Returns:
        task, model, seed, fold, fraction, gain (``first`` minus ``second``), train_samples, validation_samples, and
        smallest_class_groups where the table has it.

    Raises:
        InputError: a name that is not in the table, or several rows for one run.
    """
    for name in (first, second):
        if name not in set(fits[of]):
            raise unknown(of, name, dict.fromkeys(fits[of]))
    wanted = fits["fraction"].max() if fraction is None else fraction
    at = fits[np.isclose(fits["fraction"].astype(float), wanted)]
    keys = ["task", "model", *RUN]
    sides = [at[at[of] == name].set_index(keys) for name in (first, second)]
    if any(side.index.has_duplicates for side in sides):
        raise InputError(
            f"Several rows for one task, model, seed, fold and {of}; keep one kind of split, of scaling and of all else."
        )
    joined = sides[0].join(sides[1][[metric.column]], rsuffix="_second", how="inner")
    joined = joined.assign(gain=metric.advantage(joined[metric.column], joined[f"{metric.column}_second"]))
    kept = [name for name in ("fraction", "gain", *_SIZES) if name in joined]
    return joined[kept].dropna().reset_index()


def family_difference(
    fits: pd.DataFrame,
    first: str = "pretrained",
    second: str = "none",
    *,
    of: str = "pretraining",
    families: tuple[str, str] = ("network", "linear"),
    fraction: float | None = None,
    confidence: float = 0.95,
    metric: Metric = BALANCED_ACCURACY,
) -> pd.DataFrame:
    """Test whether one family of models gains more than another from pretraining, or from another change.

    Within every run (seed and fold) the gains are averaged over the models of a family, and the families subtracted; the
    interval is that of :func:`~linear_signal.analysis.intervals.corrected_interval`.

    Args:
        fits: the results table.
        first, second: values of the column ``of``; a gain is ``first`` minus ``second``.
        of: what is changed: ``pretraining``, ``signal``.
        families: of models; the difference is the first minus the second.
        fraction: share of the training samples; None takes the largest in the table.
        confidence: of the interval.

    Returns:
        One row per task: comparison ("gains"), task, first and second (families), and the columns of
        :func:`~linear_signal.analysis.contrast_rows.contrast_table`; the means are mean gains.

    Raises:
        InputError: no run has models of both families with both.
    """
    table = gains(fits, first, second, of=of, fraction=fraction, metric=metric)
    table["family"] = table["model"].map(model_family)
    rows = []
    for task, part in table.groupby("task", sort=False):
        part = part[part["family"].isin(families)]
        by_model = part.pivot(index=RUN, columns=["family", "model"], values="gain").dropna()
        if by_model.empty or not set(families) <= set(by_model.columns.get_level_values("family")):
            continue
        # Runs that lack a model would change what a family is made of.
        means = by_model.T.groupby(level="family").mean().T.reset_index()
        kept = [name for name in ("fraction", *_SIZES) if name in part]
        sizes = part.groupby(RUN)[kept].min().reset_index()
        pairs = means.rename(columns=dict(zip(families, ("left", "right"), strict=True))).merge(sizes, on=RUN)
        names = {"comparison": "gains", "task": task, "first": families[0], "second": families[1]}
        rows.append(Contrast(names=names, pairs=pairs, metric=metric))
    if not rows:
        raise InputError(
            f"No run has both {families[0]} and {families[1]} models with {of} {first!r} and {second!r}; run both."
        )
    return contrast_table(rows, confidence=confidence, together=False)
